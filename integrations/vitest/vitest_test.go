package vitest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// recorded is output of vitest 4.1.12, and of 5.1.2 in the files v5.
var recorded = []string{
	"testdata/vitest.txt", "testdata/verbose.txt", "testdata/tty.txt", "testdata/color.txt",
	"testdata/v5.txt", "testdata/v5_verbose.txt", "testdata/v5_tty.txt", "testdata/v5_color.txt",
}

// read gives recorded lines to the reader; their workspace is testdata/shop.
func read(t *testing.T, file string) (*integrationtest.Found, []string) {
	t.Helper()
	root := integrationtest.Root(t, "testdata/shop")
	lines := integrationtest.Lines(t, file, root)
	for i, line := range lines { // of a terminal
		line = strings.TrimSuffix(line, "\r")
		lines[i] = line[strings.LastIndexByte(line, '\r')+1:]
	}
	return integrationtest.Read(Definition(), integrationtest.Task(root, ""), lines), lines
}

var results = []string{
	"failed src/broken.test.ts (file) src/broken.test.ts:1:1 Error: Cannot find module './nothing' imported from $ROOT/src/broken.test.ts",
	"failed src/cart.test.ts cart > adds up src/cart.test.ts:7:30 AssertionError: expected 5 to be 6",
	"failed src/cart.test.ts cart > has a first item src/cart.test.ts:10:50 AssertionError: expected { name: 'apple', count: 1 } to deeply equal { name: 'pear', count: 1, weight: 3 }",
	"failed src/cart.test.ts cart > when empty > has none src/cart.ts:8:33 Error: the cart is empty",
	"failed src/cart.test.ts waits src/cart.test.ts:24:1 Error: Test timed out in 100ms.",
	"passed src/cart.test.ts cart > is fine",
	"passed src/price.test.ts (file)",
	"skipped src/cart.test.ts cart > is skipped",
	"skipped src/cart.test.ts cart > is written later",
}

func TestEveryReporterSaysTheSame(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	for _, file := range recorded {
		want := slices.Clone(results)
		want[0] = strings.ReplaceAll(want[0], "$ROOT", root)
		if strings.Contains(file, "verbose") {
			want[6] = "passed src/price.test.ts a price"
		}
		if strings.Contains(file, "v5") {
			want[4] = strings.Replace(want[4], "Error: Test", "TestTimeoutError: Test", 1)
		}
		got, _ := read(t, file)
		rows := got.Rows()
		slices.Sort(rows)
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestAFileThatDoesNotParseLeadsToTheMistake(t *testing.T) {
	got, _ := read(t, "testdata/transform.txt")
	want := []string{"failed src/cart.test.ts (file) src/cart.ts:12:19 Unexpected token"} // its other files are not here
	if diff := cmp.Diff(want, got.Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestAnErrorOfNoTestIsToldOnceAndItsReportIsTheReadersToItsEnd(t *testing.T) {
	got, lines := read(t, "testdata/related.txt")
	if diff := cmp.Diff([]string{"error src/cart.ts:12:19  Unexpected token"}, got.Rows()); diff != "" {
		t.Error(diff)
	}
	for _, l := range lines {
		if strings.Contains(l, "Serialized Error") && !slices.Contains(got.Own, l) {
			t.Errorf("%q is left to others", l)
		}
	}
}

func TestAFailureIsToldWhenItsFileHasEnded(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split(` RUN  v4.1.12 `+root+`

 ❯ src/cart.test.ts (7 tests | 4 failed) 119ms
     × adds up 8ms
     ✓ is fine 0ms
   × waits 106ms`, "\n")).Rows()
	want := []string{
		"failed src/cart.test.ts cart > adds up src/cart.test.ts:5",
		"passed src/cart.test.ts cart > is fine",
		"failed src/cart.test.ts waits src/cart.test.ts:24",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestATestThatItsFileDoesNotSpellOutHasTheGroupsAboveIt(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split(` RUN  v5.1.2 `+root+`

 ❯ src/cart.test.ts (5 tests | 2 failed) 119ms
   ✓ each (2)
     ✓ item 1 1ms
     ✓ item 2 (3) 0ms
   ❯ others (2)
     ❯ deep (1)
       × item 1 0ms
     × item 2 1ms
   ✓ alone 1ms`, "\n")).Rows()
	want := []string{
		"passed src/cart.test.ts each > item 1", "passed src/cart.test.ts each > item 2 (3)",
		"failed src/cart.test.ts others > deep > item 1", "failed src/cart.test.ts others > item 2", "passed src/cart.test.ts alone",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestATestHasItsOwnOutputAndWhatItCompared(t *testing.T) {
	for _, file := range recorded {
		got, lines := read(t, file)
		if diff := cmp.Diff(map[string]string{
			"cart > adds up":          "-6\n+5",
			"cart > has a first item": " {\n   \"count\": 1,\n-  \"name\": \"pear\",\n-  \"weight\": 3,\n+  \"name\": \"apple\",\n }",
		}, got.Diffs()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		own := got.Output(lines)
		want := []string{
			"three prices", " FAIL  src/cart.test.ts > cart > adds up", "AssertionError: expected 5 to be 6 // Object.is equality", "",
			"- Expected", "+ Received", "", "- 6", "+ 5", "", " ❯ src/cart.test.ts:7:30",
		}
		if up := own["cart > adds up"]; len(up) != len(want)+7 || !slices.Equal(up[:len(want)], want) {
			t.Errorf("%s: %q", file, up)
		}
		if none := own["cart > when empty > has none"]; len(none) < 3 || !strings.HasPrefix(none[0], " FAIL ") || strings.HasPrefix(none[len(none)-1], "⎯") {
			t.Errorf("%s: %q", file, none)
		}
	}
}

func TestOneReportMayBeOfSeveralTests(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split(` RUN  v4.1.12 `+root+`
 FAIL  |unit| src/cart.test.ts > cart > adds up
 FAIL  |unit| src/cart.test.ts > waits
Error: no server
 ❯ start src/cart.ts:3:9
⎯⎯⎯⎯[1/2]⎯
⎯⎯⎯⎯ Unhandled Errors ⎯⎯⎯⎯
Vitest caught 1 unhandled error during the test run.
⎯⎯⎯⎯ Unhandled Rejection ⎯⎯⎯⎯
Error: late
 ❯ Timeout._onTimeout src/cart.ts:4:2
 RERUN  src/cart.test.ts x1`, "\n")).Rows()
	want := []string{
		"failed src/cart.test.ts cart > adds up src/cart.ts:3:9 Error: no server",
		"failed src/cart.test.ts waits src/cart.ts:3:9 Error: no server",
		"error src/cart.ts:4:2  Error: late",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheSummaryMayComeInTheMiddleOfAReport(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	lines := integrationtest.Lines(t, "testdata/v5.txt", root)
	sum := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, " Test Files ") })
	reports, summary := lines[:sum], lines[sum:]
	first := slices.IndexFunc(reports, func(line string) bool { return strings.HasPrefix(line, " FAIL ") })
	want := integrationtest.Read(Definition(), integrationtest.Task(root, ""), lines).Rows()
	for i := first + 1; i < sum; i++ {
		mixed := slices.Concat(reports[:i], summary, reports[i:])
		if diff := cmp.Diff(want, integrationtest.Read(Definition(), integrationtest.Task(root, ""), mixed).Rows()); diff != "" {
			t.Fatalf("before %q: %s", reports[i], diff)
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
