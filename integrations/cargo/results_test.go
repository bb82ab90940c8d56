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
thread 'tests::old' panicked at 'boom', src/lib.rs:3:4
`, "\n"))
	want := []string{"passed all bench_total", "passed all tests::slow", "failed shop tests::crashes  sigsegv", "passed shop tests::flaky", "running shop tests::sleeps"}
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
	for _, file := range recorded {
		examples = append(examples, integrationtest.Lines(t, file, root)...)
	}
	integrationtest.Contract(t, Definition(), examples...)
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/shop"), recorded...)
}
