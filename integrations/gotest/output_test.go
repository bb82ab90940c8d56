package gotest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// printed is what each failed test of a recorded run printed.
func printed(t *testing.T, file string) map[string][]string {
	t.Helper()
	lines := integrationtest.Lines(t, "testdata/"+file, integrationtest.Root(t, "testdata/shop"))
	return read(t, file).Output(lines)
}

func TestATestHasItsOwnOutputOnly(t *testing.T) {
	names := []string{
		"    basket_test.go:26: mismatch (-got +want):", "              string(", "            - \t\"plum\",", "            + \t\"pear\",", "              )",
		"        basket_test.go:28: after it",
	}
	names[0] = "    " + names[0]
	got := printed(t, "basket.txt")
	for name, want := range map[string][]string{
		"TestFlipped":       {"--- FAIL: TestFlipped (0.00s)"},
		"TestFlipped/names": append([]string{"    --- FAIL: TestFlipped/names (0.00s)"}, names...),
		"TestFirst": {
			"--- FAIL: TestFirst (0.00s)", "    basket_test.go:36: first step 0", "    basket_test.go:36: first step 1", "    basket_test.go:36: first step 2",
			"    basket_test.go:38: first failed",
		},
		"Example_items": {"--- FAIL: Example_items (0.00s)", "got:", "apple", "plum", "want:", "apple", "pear"},
	} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	// With -v what a test prints itself is known to be its own, as are the lines
	// of a test that was paused.
	want := []string{
		"=== RUN   TestFirst", "=== PAUSE TestFirst", "=== CONT  TestFirst", "first 0", "    basket_test.go:36: first step 0", "first 1",
		"    basket_test.go:36: first step 1", "first 2", "    basket_test.go:36: first step 2", "    basket_test.go:38: first failed",
		"--- FAIL: TestFirst (0.00s)",
	}
	if diff := cmp.Diff(want, printed(t, "basket_v.txt")["TestFirst"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, printed(t, "basket_json.txt")["TestFirst"]); diff != "" {
		t.Error(diff)
	}
}

func TestTheReportOfARaceIsPartOfItsTestsOutput(t *testing.T) {
	for file, first := range map[string]string{
		"race_talks.txt":      "WARNING: DATA RACE",
		"race_talks_v.txt":    "=== RUN   TestRaceThatTalks/sub",
		"race_talks_json.txt": "=== RUN   TestRaceThatTalks/sub",
	} {
		got := printed(t, file)["TestRaceThatTalks/sub"]
		if got[0] != first || !slices.Contains(got, "WARNING: DATA RACE") || !strings.Contains(strings.Join(got, "\n"), "race detected") {
			t.Errorf("%s: %q", file, got)
		}
	}
}

func TestEventsThatComeMixedAreToldApart(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	lines := integrationtest.Lines(t, "testdata/basket_json.txt", root)
	var mixed []string
	for _, line := range lines {
		// Another package has a test of the same name.
		mixed = append(mixed, line, strings.NewReplacer("shop/basket", "shop/cart", "step", "other step").Replace(line))
	}
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), mixed)
	got.Tests = slices.DeleteFunc(got.Tests, func(r tasks.TestResult) bool { return r.Suite != "basket" })
	if diff := cmp.Diff(printed(t, "basket_json.txt"), got.Output(mixed)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAnAssertionComparedIsADiff(t *testing.T) {
	items := " []basket.item{\n \t{Name: \"apple\", Count: 1},\n \t{\n-\t\tName:  \"pear\",\n+\t\tName:  \"plum\",\n \t\tCount: 2,\n \t},\n }"
	want := map[string]string{
		"TestItems":         items,
		"TestFlipped/names": " string(\n+\t\"plum\",\n-\t\"pear\",\n )",
		"Example_items":     "+apple\n+plum\n-apple\n-pear",
	}
	for _, file := range []string{"basket.txt", "basket_v.txt", "basket_json.txt"} {
		if diff := cmp.Diff(want, read(t, file).Diffs()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
	if diff := cmp.Diff(map[string]string{"TestSum": "-3\n+4"}, read(t, "testify.txt").Diffs()); diff != "" {
		t.Error(diff)
	}
	second := strings.Split(strings.Join(integrationtest.Lines(t, "testdata/testify.txt", "/"), "\n"), "    sum_test.go:16: ")[1]
	if diff := cmp.Diff(map[string]string{"TestSum": "-a\n+b"}, readText(t, "", "--- FAIL: TestSum (0.00s)\n    sum_test.go:16: "+second).Diffs()); diff != "" {
		t.Error(diff)
	}
}

func TestATestSaysInWhichFileItIs(t *testing.T) {
	for _, file := range []string{"basket.txt", "basket_v.txt", "basket_json.txt"} {
		for _, r := range read(t, file).Tests {
			if r.File != "basket/basket_test.go" {
				t.Errorf("%s: %s is in %q", file, r.Name, r.File)
			}
		}
	}
	for _, r := range read(t, "basket.txt").Tests {
		if r.Name == "TestFlipped/names" && !slices.Equal(r.Path(), []string{"TestFlipped", "names"}) {
			t.Errorf("its parts are %q", r.Path())
		}
	}
}
