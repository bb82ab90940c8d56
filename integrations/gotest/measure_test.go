package gotest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBenchmarksAndCoverageAreMetrics(t *testing.T) {
	for file, ns := range map[string][2]float64{"bench.txt": {13.92, 11.72}, "bench_json.txt": {10.92, 10.02}} {
		got := read(t, file)
		want := map[string][]float64{
			"BenchmarkTotal ns/op": {ns[0]}, "BenchmarkTotal items/op": {3}, "BenchmarkTotal B/op": {0}, "BenchmarkTotal allocs/op": {0},
			"BenchmarkSizes/n=1 ns/op": {ns[1]},
			"coverage bench":           {75},
		}
		if diff := cmp.Diff(want, got.Metrics); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
	wantRows(t, read(t, "bench_json.txt"),
		"passed bench TestTotal", "passed bench BenchmarkTotal", "passed bench BenchmarkSizes", "passed bench BenchmarkSizes/n=1")
	// With packages whose tests pass, the line of each says it.
	got := readText(t, "", "ok  \texample.com/shop/cart\t0.1s\tcoverage: 81.2% of statements\nok  \texample.com/shop/price\t(cached)\tcoverage: 9.0% of statements in ./...")
	if diff := cmp.Diff(map[string][]float64{"coverage cart": {81.2}, "coverage price": {9}}, got.Metrics); diff != "" {
		t.Error(diff)
	}
}
