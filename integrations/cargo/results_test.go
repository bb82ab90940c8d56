package cargo

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

var recorded = []string{"testdata/cargo.txt", "testdata/quiet.txt", "testdata/color.txt", "testdata/nextest.txt"}

func TestEveryFormSaysTheSame(t *testing.T) {
	results := []string{
		"failed shop tests::adds_up src/lib.rs:24:9 assertion `left == right` failed, left: 5, right: 6",
		"failed shop tests::has_a_first src/lib.rs:29:9 assertion `left == right` failed: first of 1, left: \"apple\", right: \"pear\"",
		"failed shop tests::should_panic src/lib.rs:12:9 the cart is empty",
		"failed shop tests::when_empty::errs src/lib.rs:54 Error: \"no such item\"",
		"failed shop tests::when_empty::has_none src/lib.rs:12:9 the cart is empty",
		"failed whole fails_too tests/whole.rs:8:5 want two",
		"passed shop tests::is_fine",
		"passed whole a_price",
	}
	doc := "failed shop (doc) src/lib.rs - total (line 3) src/lib.rs:5:1 assertion `left == right` failed, left: 2, right: 4"
	for _, file := range recorded {
		want := slices.Clone(results)
		switch file {
		case "testdata/nextest.txt":
			for i := range want {
				want[i] = strings.Replace(want[i], " whole ", " shop::whole ", 1)
			}
		case "testdata/quiet.txt":
			want = append(want[:6], doc)
			for i := range want {
				want[i] = strings.Replace(strings.Replace(strings.Replace(want[i], " shop ", "  ", 1), " whole ", "  ", 1), " (doc) ", " ", 1)
			}
		default:
			want = append(want, "skipped shop tests::is_ignored  not today", doc)
		}
		got, _ := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		rows := got.Rows()
		slices.Sort(rows)
		slices.Sort(want)
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestATestIsInTheFileThatDeclaresItHoweverItEnds(t *testing.T) {
	for _, file := range []string{"testdata/cargo.txt", "testdata/nextest.txt"} {
		got, _ := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		for _, r := range got.Tests {
			want := "src/lib.rs"
			switch {
			case strings.HasPrefix(r.Name, "src/"):
				want = "" // of the docs
			case strings.Contains(r.Suite, "whole"):
				want = "tests/whole.rs"
			}
			if r.File != want {
				t.Errorf("%s: %s %s %s is in %q, want %q", file, r.Status, r.Suite, r.Name, r.File, want)
			}
		}
	}
}

func TestATestHasItsOwnOutputAndWhatItCompared(t *testing.T) {
	for _, file := range recorded {
		got, lines := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		diffs := got.Diffs()
		delete(diffs, "src/lib.rs - total (line 3)")
		want := map[string]string{"tests::adds_up": "+5\n-6", "tests::has_a_first": "+\"apple\"\n-\"pear\""}
		if diff := cmp.Diff(want, diffs); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		own := strings.Join(got.Output(lines)["tests::adds_up"], "\n")
		if !strings.Contains(own, "three prices") || !strings.Contains(own, "right: 6") || strings.Contains(own, "apple") || strings.Contains(own, "errs") {
			t.Errorf("%s: %s", file, own)
		}
	}
}

// ends is recorded output of nextest 0.9.151 and, in died.txt, of cargo 1.95, in
// testdata/ends: tests that end in all the ways there are.
var ends = []string{"testdata/ends.txt", "testdata/retries.txt", "testdata/retries_color.txt", "testdata/died.txt"}

func TestEveryEndOfATestIsTold(t *testing.T) {
	all := []string{
		"failed shop tests::aborts src/lib.rs:33 sigabrt",
		"failed shop tests::adds_up src/lib.rs:10:9 assertion `left == right` failed, left: 3, right: 4",
		"failed shop tests::flaky src/lib.rs:22:9 flaked",
		"failed shop tests::prints src/lib.rs:45:18 index out of bounds: the len is 0 but the index is 3",
		`failed shop tests::returns_error src/lib.rs:37 Error: "no stock"`,
		"failed shop tests::slow src/lib.rs:25 timeout",
		"passed shop tests::is_fine",
		"passed shop tests::leaks",
	}
	for _, file := range ends {
		want := slices.Clone(all)
		switch file {
		case "testdata/retries.txt":
			want[2] = strings.Replace(want[2], "flaked", "flaky: flaked", 1)
		case "testdata/retries_color.txt":
			want[2] = strings.Replace(want[2], "failed", "passed", 1)
		case "testdata/died.txt":
			want = []string{"failed shop (file)  signal: 6, SIGABRT: process abort signal"}
		}
		got, _ := integrationtest.Recorded(t, Definition(), "testdata/ends", file)
		rows := got.Rows()
		slices.Sort(rows)
		slices.Sort(want)
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestOtherFormsAreRead(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split(`     Running benches/all.rs (target/release/deps/all-0c6a)

running 2 tests
test bench_total ... bench:       1,204 ns/iter (+/- 36)
test tests::slow ... ok <0.012s>

test result: ok. 0 passed; 0 failed; 0 ignored; 1 measured; 0 filtered out
     SIGSEGV [   0.004s] shop tests::crashes
   FLAKY 2/3 [   0.003s] shop tests::flaky
        SLOW [> 60.000s] shop tests::sleeps
 FAIL + LEAK [   0.004s] shop tests::forks
TRY 1 SIG 40 [   0.004s] shop tests::odd
  SETUP PASS [   0.004s] shop prepare
   DELAY 2/3 [   5.000s] shop tests::again
thread 'tests::old' panicked at 'boom', src/lib.rs:3:4
`, "\n"))
	want := []string{
		"passed all bench_total", "passed all tests::slow", "failed shop tests::crashes  sigsegv", "passed shop tests::flaky", "running shop tests::sleeps",
		"failed shop tests::forks", "failed shop tests::odd src/lib.rs:3:4 boom",
	}
	if diff := cmp.Diff(want, got.Rows()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][]float64{"bench_total ns/iter": {1204}}, got.Metrics); diff != "" {
		t.Error(diff)
	}
}

func TestResultsKeepTheContract(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	var examples []string
	for _, file := range slices.Concat(recorded, ends) {
		examples = append(examples, integrationtest.Lines(t, file, root)...)
	}
	integrationtest.Contract(t, Definition(), examples...)
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/shop"), slices.Concat(recorded, ends)...)
}
