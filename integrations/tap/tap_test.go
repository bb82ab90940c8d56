package tap

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// recorded is output of Node 20, of Perl 5.36 and its prove, and of bats 1.8.2.
var recorded = []string{
	"testdata/node.txt", "testdata/node_strict.txt", "testdata/prove.txt", "testdata/prove_v.txt", "testdata/perl.txt", "testdata/bats.txt", "testdata/bats_timing.txt",
}

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

func TestRecordedOutputOfPerlAndBatsIsRead(t *testing.T) {
	said := []string{
		"failed t/cart.t adds up t/cart.t:3 got '2', expected '3'",
		"failed t/cart.t deep t/cart.t:4 Structures begin differing at:",
		"failed t/cart.t inner t/cart.t:5",
	}
	results := []string{
		"passed t/cart.t fine", "passed t/cart.t inner/in ok", "failed t/cart.t inner/in not ok t/cart.t:5",
		"skipped t/cart.t todo one  TODO later", "passed t/dies.t test 1",
	}
	var alone []string // without prove nobody says which script it is
	for _, row := range []string{"passed t/cart.t fine", said[0], said[1], results[1], results[2], said[2], results[3]} {
		alone = append(alone, strings.Replace(row, " t/cart.t ", "  ", 1))
	}
	bats := []string{
		"failed  adds up cart.bats:2 `[ $((1+1)) -eq 3 ]' failed", "passed  is fine", "skipped  skipped  skip not today",
		"failed  prints cart.bats:8 `[ \"$output\" = \"bye\" ]' failed",
	}
	for _, c := range []struct {
		dir, file string
		want      []string
	}{
		{"perl", "prove", said}, {"perl", "prove_v", slices.Concat(said, results)}, {"perl", "perl", alone}, {"bats", "bats", bats}, {"bats", "bats_timing", bats},
	} {
		got, _ := integrationtest.Recorded(t, Definition(), "testdata/"+c.dir, "testdata/"+c.file+".txt")
		if diff := cmp.Diff(c.want, got.Rows()); diff != "" {
			t.Errorf("%s: %s", c.file, diff)
		}
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
	var examples []string
	for _, file := range recorded {
		examples = append(examples, integrationtest.Lines(t, file, root)...)
	}
	integrationtest.Contract(t, Definition(), examples...)
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/web"), recorded...)
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
