package tap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestTheOutputOfNodeIsRead(t *testing.T) {
	root := integrationtest.Root(t, "testdata/web")
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), integrationtest.Lines(t, "testdata/node.txt", root)).Rows()
	want := []string{
		"failed  total src/cart.test.mjs:3:30 1 == 2",
		"passed  fine",
		"failed  cart/first item src/cart.test.mjs:6:44 boom",
		"skipped  cart/skipped  SKIP",
		"failed  cart src/cart.test.mjs:5:1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestATestHasItsOwnOutputAndWhatItCompared(t *testing.T) {
	root := integrationtest.Root(t, "testdata/web")
	lines := integrationtest.Lines(t, "testdata/node.txt", root)
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), lines)
	if diff := cmp.Diff(map[string]string{"total": "-2\n+1"}, got.Diffs()); diff != "" {
		t.Error(diff)
	}
	own := got.Output(lines)["total"]
	if len(own) < 3 || own[0] != "not ok 1 - total" || own[len(own)-1] != "  ..." {
		t.Errorf("%q", own)
	}
}

func TestTheOutputOfBatsIsRead(t *testing.T) {
	root := integrationtest.Root(t, "testdata/web")
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split(`1..4
not ok 1 adds up in 12ms
# (in test file src/cart.test.mjs, line 3)
#   `+"`[ 1 = 2 ]' failed"+`
ok 2 fine
ok 3 later # skip no network
not ok 4 one day # TODO write it`, "\n")).Rows()
	want := []string{
		"failed  adds up src/cart.test.mjs:3 `[ 1 = 2 ]' failed",
		"passed  fine",
		"skipped  later  skip no network",
		"skipped  one day  TODO write it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTAPIsRead(t *testing.T) {
	root := integrationtest.Root(t, "testdata/web")
	for _, line := range []string{"ok", "ok then", "not ok at all", "ok  \texample.com/cart\t0.1s", "ok 12 files", "1..", "1..a", "  ok 1 - x"} {
		if got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), []string{line}); len(got.Rows())+len(got.Own) > 0 {
			t.Errorf("%q: %q", line, got.Rows())
		}
	}
	if got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), []string{"not ok 1 - x"}); len(got.Tests) != 1 {
		t.Errorf("%q", got.Rows())
	}
}

func TestTheContractHolds(t *testing.T) {
	root := integrationtest.Root(t, "testdata/web")
	integrationtest.Contract(t, Definition(), strings.Join(integrationtest.Lines(t, "testdata/node.txt", root), "\n"))
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/web"), "testdata/node.txt")
}

func TestAMessageMayBeOfSeveralLines(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), integrationtest.Lines(t, "testdata/node_strict.txt", root)).Rows()
	want := []string{
		"failed  cart/adds up src/cart.test.mjs:12:12 Expected values to be strictly equal: 3 !== 4",
		"failed  cart/has a first item src/cart.test.mjs:15:12 Expected values to be strictly deep-equal:",
		"failed  cart/when empty/has none src/cart.test.mjs:5:33 the cart is empty",
		"failed  cart/when empty src/cart.test.mjs:17:3",
		"passed  cart/is fine",
		"skipped  cart/is skipped  SKIP",
		"skipped  cart/is written later  TODO",
		"failed  cart src/cart.test.mjs:9:1",
		"failed  fails alone src/cart.test.mjs:28:10 nothing is there",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
