package tasks

import (
	"math"
	"slices"
	"testing"
)

func TestLessIsBetterOfALossAnErrorAndATime(t *testing.T) {
	for _, name := range []string{"loss", "val_loss", "train/Loss", "crossentropyloss", "rmse", "val.mae", "word_error_rate", "wer", "step time", "perplexity", "p95-latency", "took_ms"} {
		if MoreIsBetter(name) {
			t.Errorf("more of %s is said to be better", name)
		}
	}
	for _, name := range []string{"acc", "val_auc", "f1", "maestro_score", "sometimes", "interrupts", "platform", "tokens_per_s"} {
		if !MoreIsBetter(name) {
			t.Errorf("less of %s is said to be better", name)
		}
	}
	if !Better("loss", 1, math.NaN()) || Better("loss", math.NaN(), 1) || Better("acc", 1, 1) {
		t.Error("what is no number is not the worst")
	}
}

func TestTheBestOfASeriesIsItsEarliestBestNumber(t *testing.T) {
	s := Series{Last: Point{Step: 4, Value: math.NaN()}, Points: []Point{{Step: 0, Value: math.NaN()}, {Step: 1, Value: 2}, {Step: 2, Value: 1}, {Step: 3, Value: 1}, {Step: 4, Value: math.NaN()}}}
	if p, ok := s.Best(false); !ok || p.Step != 2 {
		t.Errorf("the lowest is %v, %v", p, ok)
	}
	if p, ok := s.Best(true); !ok || p.Step != 1 {
		t.Errorf("the highest is %v, %v", p, ok)
	}
	if _, ok := (Series{Last: Point{Value: math.NaN()}}).Best(true); ok {
		t.Error("no number is the best")
	}
	if p, ok := (Series{Last: Point{Step: 9, Value: 3}}).Best(true); !ok || p.Step != 9 {
		t.Errorf("of a series whose points are not kept it is %v, %v", p, ok)
	}
}

func TestThinnedPointsKeepTheirEndsAndTheirPeaks(t *testing.T) {
	var all []Point
	for i := range 10_000 {
		all = append(all, Point{Step: float64(i), Value: math.Sin(float64(i) / 500)})
	}
	all[4321].Value, all[8765].Value = 99, -99
	thin := Thin(all, 200)
	if len(thin) > 200 || thin[0] != all[0] || thin[len(thin)-1] != all[9999] {
		t.Errorf("%d points from %v to %v", len(thin), thin[0], thin[len(thin)-1])
	}
	if !slices.Contains(thin, all[4321]) || !slices.Contains(thin, all[8765]) {
		t.Error("a peak is lost")
	}
	if !slices.IsSortedFunc(thin, func(a, b Point) int { return int(a.Step - b.Step) }) {
		t.Error("they are out of order")
	}
	if got := Thin(all[:100], 200); len(got) != 100 {
		t.Errorf("%d of 100", len(got))
	}
	all[5000].Value = math.NaN()
	if thin = Thin(all, 200); !slices.ContainsFunc(thin, func(p Point) bool { return math.IsNaN(p.Value) }) {
		t.Error("a gap is lost")
	}
}
