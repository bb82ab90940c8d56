package nodetest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

var recorded = []string{"testdata/spec.txt", "testdata/color.txt"}

func TestTheSpecReporterIsRead(t *testing.T) {
	want := []string{
		"failed  cart/adds up src/cart.test.mjs:12:12 AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: 3 !== 4",
		"failed  cart/has a first item src/cart.test.mjs:15:12 AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:",
		"failed  cart/when empty/has none src/cart.test.mjs:5:33 Error: the cart is empty",
		"failed  cart/when empty",
		"passed  cart/is fine",
		"skipped  cart/is skipped  SKIP",
		"skipped  cart/is written later  TODO",
		"failed  cart",
		"failed  fails alone src/cart.test.mjs:28:10 AssertionError [ERR_ASSERTION]: nothing is there",
	}
	for _, file := range recorded {
		got, _ := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		if diff := cmp.Diff(want, got.Rows()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestATestHasItsOwnOutputAndWhatItCompared(t *testing.T) {
	for _, file := range recorded {
		got, lines := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		if diff := cmp.Diff(map[string]string{
			"cart/adds up":          "+3\n-4",
			"cart/has a first item": " {\n   count: 1,\n+  name: 'apple'\n-  name: 'pear'\n }",
			"fails alone":           "+false\n-true",
		}, got.Diffs()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		own := got.Output(lines)["cart/adds up"]
		if len(own) < 8 || !strings.HasPrefix(own[0], "  ✖ adds up (") || strings.Contains(strings.Join(own, "\n"), "has a first item") {
			t.Errorf("%s: %q", file, own)
		}
	}
}

func TestWhatATestIsNotToldByItsReportTheEndTells(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split(`▶ cart
  ✖ waits (12.5ms)
    'test timed out after 10ms'

✖ cart (13ms)
ℹ tests 2

✖ failing tests:

test at src/cart.test.mjs:10:3
✖ waits (12.5ms)
  'test timed out after 10ms'`, "\n")).Rows()
	want := []string{"failed  cart/waits src/cart.test.mjs:10:3 'test timed out after 10ms'", "failed  cart"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOtherMarksAreNoResults(t *testing.T) {
	for _, line := range []string{"✔ done", "✖ 3 problems (2 errors, 1 warning)", "▶ Running it", "✔ built (in 3s)", "✖ (ms)", "✔ deployed in (12 ms)"} {
		if got := integrationtest.Read(Definition(), integrationtest.Task(t.TempDir(), ""), []string{line}); len(got.Rows())+len(got.Own) > 0 {
			t.Errorf("%q: %q", line, got.Rows())
		}
	}
}

func TestTheContractHolds(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	var examples []string
	for _, file := range recorded {
		examples = append(examples, integrationtest.Lines(t, file, root)...)
	}
	integrationtest.Contract(t, Definition(), examples...)
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/shop"), recorded...)
}
