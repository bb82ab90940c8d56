package mocha

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// What mocha 11.8 has printed with node 22, by its reporters.
var recorded = []string{"testdata/spec.txt", "testdata/color.txt", "testdata/dot.txt", "testdata/list.txt"}

func TestTheTreeAndTheFailuresAreRead(t *testing.T) {
	tree := []string{
		"passed  stands alone", "passed  cart > adds up", "failed  cart > is empty", "passed  cart > waits",
		"failed  cart > with a discount > says who", "failed  cart > with a discount > breaks: badly",
		`failed  hooks > "before each" hook for "never runs"`, "failed  slow > takes too long",
		"skipped  cart > is written later", "skipped  cart > is left out",
	}
	failures := map[string]string{
		"failed  cart > is empty":                             " test/cart.test.js:10:12 AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: 0 !== 1",
		"failed  cart > with a discount > says who":           " test/cart.test.js:21:14 AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:",
		"failed  cart > with a discount > breaks: badly":      " cart.js:2:39 TypeError: Cannot read properties of undefined (reading 'name')",
		`failed  hooks > "before each" hook for "never runs"`: " test/cart.test.js:31:11 Error: no database",
		"failed  slow > takes too long":                       " test/cart.test.js:1 Error: Timeout of 20ms exceeded. For async tests and hooks, ensure \"done()\" is called;",
	}
	for _, file := range recorded {
		got, _ := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		rows := map[string]bool{}
		for _, row := range got.Rows() {
			if i := strings.Index(row, " if returning a Promise"); i > 0 {
				row = row[:i] // what follows names the directory of this test
			}
			rows[row] = true
		}
		want := map[string]bool{}
		for _, row := range tree {
			switch said := failures[row]; {
			case said != "":
				want[row+said] = true
			case file == "testdata/dot.txt":
			case file == "testdata/list.txt": // which has no tree, and here draws over its own lines
				if name, skipped := strings.CutPrefix(row, "skipped  cart > "); skipped {
					want["skipped  cart "+name] = true
				}
			default:
				want[row] = true
			}
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestATestHasItsOwnOutputAndWhatItCompared(t *testing.T) {
	for _, file := range recorded {
		got, lines := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		if diff := cmp.Diff(map[string]string{
			"cart > is empty":                   "+0\n-1",
			"cart > with a discount > says who": " {\n   \"items\": [\n     1\n+    2\n     3\n   ]\n+  \"who\": \"ada\"\n-  \"who\": \"bob\"\n }",
		}, got.Diffs()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		own := strings.Join(got.Output(lines)["cart > is empty"], "\n")
		if !strings.HasPrefix(own, "  1) cart\n       is empty:\n") || strings.Contains(own, "with a discount") {
			t.Errorf("%s: its own are\n%s", file, own)
		}
	}
}

func TestATreeOfSomebodyElseIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"\n  Steps\n    1) do this\n    2) do that\n    - and this\n",
		"▶ cart\n  ✔ adds up (1ms)\n  inner\n    ✔ too (1ms)\n",
		"✔ built\n  - a list\n",
		" ✔ Container shop-db-1  Started\n",
		"12 passing (1s)\n",
	} {
		got := integrationtest.Read(Definition(), integrationtest.Task(t.TempDir(), ""), strings.Split(text, "\n"))
		if len(got.Tests) > 0 {
			t.Errorf("%q: %v", text, got.Rows())
		}
	}
}

func TestWhatATestPrintsIsNoResultAndNoTitle(t *testing.T) {
	text := "\n  cart\n  printed\n    ✔ adds up\n    - printed\n    7) printed\n    inner\n      printed\n    printed\n      ✔ too\n\n\n  2 passing (3ms)\n"
	got := integrationtest.Read(Definition(), integrationtest.Task(t.TempDir(), ""), strings.Split(text, "\n"))
	want := []string{"passed  cart > adds up", "passed  cart > inner > too"}
	if diff := cmp.Diff(want, got.Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) {
	var examples []string
	for _, file := range recorded {
		_, lines := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		examples = append(examples, lines...)
	}
	integrationtest.Contract(t, Definition(), examples...)
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/shop"), recorded...)
}
