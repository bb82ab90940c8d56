package spark_test

import (
	"math"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tui/widget/spark"
)

func TestALineShowsTheCourse(t *testing.T) {
	for _, tt := range []struct {
		values    []float64
		w         int
		low, high float64
		want      string
	}{
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, 8, 0, 7, "▁▁▂▃▅▆▇█"},
		{[]float64{1, 2}, 4, 0, 2, "  ▄█"},
		{[]float64{9, 9, 9, 0}, 2, 0, 9, "█▁"},
		{[]float64{3, 3, 3}, 3, 0, 0, "▄▄▄"},
		{[]float64{math.NaN(), 1}, 2, 0, 1, " █"},
	} {
		if got := spark.Block(tt.values, tt.w, 1, tt.low, tt.high)[0]; got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.values, got, tt.want)
		}
	}
}

func TestAnyCourseFitsItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Float64()).Draw(t, "values")
		w, h := rapid.IntRange(1, 50).Draw(t, "w"), rapid.IntRange(1, 5).Draw(t, "h")
		for _, line := range spark.Block(spark.Squeeze(values, w), w, h, 0, 0) {
			if n := utf8.RuneCountInString(line); n != w {
				t.Fatalf("%d cells, want %d: %q", n, w, line)
			}
		}
	})
}
