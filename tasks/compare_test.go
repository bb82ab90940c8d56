package tasks

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func series(values ...float64) Series {
	var s Series
	for i, v := range values {
		s.Last = Point{Step: float64(i), Value: v}
		s.Points = append(s.Points, s.Last)
	}
	return s
}

func TestAComparisonHasOnlyTheParametersThatDiffer(t *testing.T) {
	c := Compare([]Subject{
		{ID: "a", Params: map[string]string{"lr": "0.10", "eps": "1e-3", "opt": "adam", "seed": "1"}},
		{ID: "b", Params: map[string]string{"lr": "0.1", "eps": "0.001", "opt": "sgd"}},
		{ID: "c", Params: map[string]string{"lr": "0.1", "eps": "0.002", "opt": "sgd"}},
	}, nil)
	want := []ComparedText{
		{Name: "eps", Values: []string{"1e-3", "0.001", "0.002"}, Number: true},
		{Name: "opt", Values: []string{"adam", "sgd", "sgd"}},
		{Name: "seed", Values: []string{"1", "", ""}, Number: true},
	}
	if diff := cmp.Diff(want, c.Params); diff != "" {
		t.Error(diff)
	}
	if c.Same != 1 {
		t.Errorf("%d are the same", c.Same)
	}
	alone := Compare([]Subject{{ID: "a", Params: map[string]string{"lr": "0.1"}}}, nil)
	if len(alone.Params) != 1 || alone.Same != 0 {
		t.Errorf("of one run: %v", alone.Params)
	}
}

func TestAComparisonMarksTheBetterOfLastAndBest(t *testing.T) {
	c := Compare([]Subject{
		{ID: "a", Metrics: map[string]Series{"loss": series(3, 1, 2), "acc": series(0.5), "score": series(7)}},
		{ID: "b", Metrics: map[string]Series{"loss": series(3, 1.5), "acc": series(0.5), "score": series(9)}},
		{ID: "c", Metrics: map[string]Series{"loss": series(math.NaN())}},
	}, map[string]bool{"score": false})
	type row struct {
		Name             string
		More             bool
		LastAt, BestAt   int
		BestStep, BestOf float64
	}
	var got []row
	for _, m := range c.Metrics {
		got = append(got, row{m.Name, m.More, m.BestLast, m.BestBest, m.Of[0].Best.Step, m.Of[0].Best.Value})
	}
	want := []row{
		{"loss", false, 1, 0, 1, 1},
		{"acc", true, -1, -1, 0, 0.5},
		{"score", false, 0, 0, 0, 7},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if m := c.Metrics[1]; m.Of[2].Has {
		t.Error("a run has a metric that it never reported")
	}
}
