package gotest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// read gives a recorded run to the reader; its workspace is testdata/shop.
func read(t *testing.T, file string) *integrationtest.Found {
	t.Helper()
	root := integrationtest.Root(t, "testdata/shop")
	return integrationtest.Read(Definition(), integrationtest.Task(root, ""), integrationtest.Lines(t, "testdata/"+file, root))
}

// readText gives lines to the reader.
func readText(t *testing.T, dir, text string) *integrationtest.Found {
	t.Helper()
	root := integrationtest.Root(t, "testdata/shop")
	return integrationtest.Read(Definition(), integrationtest.Task(root, dir), strings.Split(text, "\n"))
}

func wantRows(t *testing.T, got *integrationtest.Found, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got.Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestTextOfSeveralPackagesIsRead(t *testing.T) {
	wantRows(t, read(t, "plain.txt"),
		"failed cart TestTotal cart/cart_test.go:12 want 4, got 3",
		"failed cart TestTable cart/cart_test.go:20",
		"failed cart TestTable/two cart/cart_test.go:25 want two",
		"failed cart ExampleTotal cart/cart_test.go:33 got: 3, want: 4",
		"passed price (file)",
		`error broken/broken.go:4:9  cannot use "one" (untyped string constant) as int value in return statement`,
		"error broken/broken_test.go:5:34  undefined: g",
		`error lint/lint.go:6:24  fmt.Printf format %d has arg "x" of wrong type string`,
	)
}

func TestVerboseTextSaysMore(t *testing.T) {
	wantRows(t, read(t, "v.txt"),
		"failed cart TestTotal cart/cart_test.go:12 want 4, got 3",
		"passed cart TestPasses",
		"skipped cart TestSkipped cart/cart_test.go:18 not today",
		"failed cart TestTable cart/cart_test.go:20",
		"passed cart TestTable/empty",
		"passed cart TestTable/one_item",
		"failed cart TestTable/two cart/cart_test.go:25 want two",
		"failed cart ExampleTotal cart/cart_test.go:33 got: 3, want: 4",
	)
}

func TestEventsAreRead(t *testing.T) {
	got := read(t, "json.txt")
	got.Tests = slices.DeleteFunc(got.Tests, func(r tasks.TestResult) bool { return r.Status == "passed" || r.Suite == "price" })
	wantRows(t, got,
		"failed cart TestTotal cart/cart_test.go:12 want 4, got 3",
		"skipped cart TestSkipped cart/cart_test.go:18 not today",
		"failed cart TestTable cart/cart_test.go:20",
		"failed cart TestTable/two cart/cart_test.go:25 want two",
		"failed cart ExampleTotal cart/cart_test.go:33 got: 3, want: 4",
		`error broken/broken.go:4:9  cannot use "one" (untyped string constant) as int value in return statement`,
		"error broken/broken_test.go:5:34  undefined: g",
		`error lint/lint.go:6:24  fmt.Printf format %d has arg "x" of wrong type string`,
	)
}

func TestEventsOfSeveralPackagesMayBeMixed(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	lines := integrationtest.Lines(t, "testdata/json.txt", root)
	byPackage := map[string][]string{}
	for _, line := range lines {
		_, pkg, _ := strings.Cut(line, `"Package":"`)
		pkg, _, _ = strings.Cut(pkg, `"`)
		byPackage[pkg] = append(byPackage[pkg], line)
	}
	var mixed []string
	for more := true; more; {
		more = false
		for pkg, rest := range byPackage {
			if len(rest) > 0 {
				mixed, byPackage[pkg], more = append(mixed, rest[0]), rest[1:], true
			}
		}
	}
	want, got := read(t, "json.txt").Rows(), integrationtest.Read(Definition(), integrationtest.Task(root, ""), mixed).Rows()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestACrashIsItsTestsFailure(t *testing.T) {
	for file, want := range map[string][]string{
		"panic.txt":      {"failed price TestTotal price/price_test.go:16 panic: assignment to entry in nil map"},
		"panic_json.txt": {"failed price TestTotal price/price_test.go:16 panic: assignment to entry in nil map"},
		"timeout.txt":    {"failed price TestSlow price/price_test.go:33 timed out after 300ms"},
		"goroutine.txt":  {"failed price TestOther price/price_test.go:37 panic: boom in a goroutine"},
		"race.txt":       {"failed price TestRace price/price_test.go:23 data race"},
		"race_talks.txt": {
			"failed price TestRaceThatTalks price/price_test.go:66 counting",
			"failed price TestRaceThatTalks/sub price/price_test.go:70 data race",
		},
		"race_talks_v.txt": {
			"failed price TestRaceThatTalks price/price_test.go:66 counting",
			"failed price TestRaceThatTalks/sub price/price_test.go:70 data race",
		},
		"race_talks_json.txt": {
			"failed price TestRaceThatTalks price/price_test.go:66 counting",
			"failed price TestRaceThatTalks/sub price/price_test.go:70 data race",
		},
		"fuzz.txt": {
			"failed price FuzzPrice price/price_test.go:41",
			"failed price FuzzPrice/seed#0 price/price_test.go:44 price of 7 is odd",
		},
	} {
		t.Run(file, func(t *testing.T) { wantRows(t, read(t, file), want...) })
	}
}

func TestAPanicOutsideOfTestsIsADiagnostic(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	wantRows(t, readText(t, "", `panic: no prices

goroutine 1 [running]:
example.com/shop/cart.First(...)
	`+root+`/cart/cart.go:14
main.main()
	/elsewhere/main.go:5 +0x17
exit status 2`),
		"error cart/cart.go:14  panic: no prices")
}

func TestTestifysReportIsOneMessage(t *testing.T) {
	wantRows(t, read(t, "testify.txt"), "failed sum TestSum sum/sum_test.go:11 sums differ: Not equal: expected: 3 actual : 4")
}

func TestATestOfNoPackageHasItsPlace(t *testing.T) {
	wantRows(t, readText(t, "", `=== RUN   TestDiscount
    cart/cart.go:4: want 32, got 40 from total = price * quantity
--- FAIL: TestDiscount (0.12s)
FAIL
1 of 1 failed`),
		"failed  TestDiscount cart/cart.go:4 want 32, got 40 from total = price * quantity")
}

func TestAFailureIsToldAsSoonAsItIsKnown(t *testing.T) {
	wantRows(t, readText(t, "", "--- FAIL: TestTable (0.10s)"), "failed cart TestTable cart/cart_test.go:20")
	wantRows(t, readText(t, "", "=== RUN   TestTable"), "running cart TestTable")
}

func TestATestThatTwoPackagesHaveWaitsForItsPackage(t *testing.T) {
	wantRows(t, readText(t, "", "--- FAIL: TestTotal (0.10s)\nsomething"))
	wantRows(t, readText(t, "", "--- FAIL: TestTotal (0.10s)\nFAIL\nFAIL\texample.com/shop/price\t0.1s"), "failed price TestTotal price/price_test.go:10")
}

func TestTheTaskMayRunInAFolderOfTheModule(t *testing.T) {
	wantRows(t, readText(t, "cart", "--- FAIL: TestTable (0.10s)\n    cart_test.go:25: want two\nFAIL\nFAIL\texample.com/shop/cart\t0.1s"),
		"failed cart TestTable cart/cart_test.go:25 want two")
	wantRows(t, readText(t, "cart", "# example.com/shop/cart\n./cart.go:4:2: undefined: y\nmake: *** [all] Error 1"), "error cart/cart.go:4:2  undefined: y")
}

func TestOutputThatEndsWithoutANewlineHidesNoResult(t *testing.T) {
	wantRows(t, readText(t, "", "=== RUN   TestTable\n50% done--- FAIL: TestTable (0.10s)\nFAIL"), "failed cart TestTable cart/cart_test.go:20")
}

func TestADiffIsPartOfTheMessage(t *testing.T) {
	wantRows(t, readText(t, "", `--- FAIL: TestTable (0.10s)
    cart_test.go:25: total mismatch (-want +got):
          int(
        - 	3,
        + 	4,
          )
FAIL`), "failed cart TestTable cart/cart_test.go:25 total mismatch (-want +got): - 3, + 4,")
}

func TestAMessageMayBeginOnItsNextLine(t *testing.T) {
	wantRows(t, readText(t, "", "--- FAIL: TestTable (0.10s)\n    cart_test.go:25: \n        the basket is empty\n        really"),
		"failed cart TestTable cart/cart_test.go:25 the basket is empty")
}

func TestAnEventMayBePartOfALine(t *testing.T) {
	wantRows(t, readText(t, "", `{"Action":"run","Package":"example.com/shop/cart","Test":"TestTable"}
{"Action":"output","Package":"example.com/shop/cart","Test":"TestTable","Output":"    cart_te"}
{"Action":"output","Package":"example.com/shop/cart","Test":"TestTable","Output":"st.go:25: want two\n"}
{"Action":"attr","Package":"example.com/shop/cart","Test":"TestTable","Key":"a","Value":"b"}
{"Action":"fail","Package":"example.com/shop/cart","Test":"TestTable","Elapsed":0.5}`),
		"failed cart TestTable cart/cart_test.go:25 want two")
}

func TestWhatATestPrintsIsNobodyElses(t *testing.T) {
	got := readText(t, "cart", "=== RUN   TestPasses\n    cart_test.go:16: fine\ncart.go:3: as logged\n--- PASS: TestPasses (0.00s)\nPASS\nok  \texample.com/shop/cart\t0.1s\ncart.go:4: after it")
	if len(got.Own) != 6 {
		t.Errorf("own: %q", got.Own)
	}
	wantRows(t, got, "passed cart TestPasses")
}

func TestTheContractHolds(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	var examples []string
	for _, file := range recorded {
		examples = append(examples, integrationtest.Lines(t, "testdata/"+file, root)...)
	}
	integrationtest.Contract(t, Definition(), examples...)
}

var recorded = []string{"plain.txt", "v.txt", "json.txt", "panic.txt", "timeout.txt", "goroutine.txt", "race.txt", "race_talks.txt", "race_talks_v.txt", "race_talks_json.txt", "fuzz.txt", "testify.txt", "basket.txt", "basket_v.txt", "basket_json.txt", "bench.txt", "bench_json.txt", "died.txt", "died_v.txt", "died_json.txt", "died_trimmed.txt", "unbuilt.txt", "unbuilt_test.txt", "unbuilt_json.txt", "inner.txt", "inner_json.txt", "inner_after_json.txt"}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	var files []string
	for _, file := range recorded {
		files = append(files, "testdata/"+file)
	}
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/shop"), files...)
}
