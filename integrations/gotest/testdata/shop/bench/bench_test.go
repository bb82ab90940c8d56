package bench

import "testing"

func BenchmarkTotal(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Total([]int{1, 2, 3})
	}
	b.ReportMetric(3, "items/op")
}

func BenchmarkSizes(b *testing.B) {
	b.Run("n=1", func(b *testing.B) {
		for b.Loop() {
			Total([]int{1})
		}
	})
}

func TestTotal(t *testing.T) {
	if Total([]int{1}) != 1 {
		t.Error("one")
	}
}
