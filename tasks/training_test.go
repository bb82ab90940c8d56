package tasks

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// losses are the events of a run's loss, a point a step.
func losses(n int, values ...float64) (all []Event) {
	for i, v := range values {
		all = append(all, MetricReported{ID: NewRunID("test", n), Name: "train/loss", Point: Point{Step: float64(i), Value: v}})
	}
	return all
}

// course is a loss made by a function of the step.
func course(n int, f func(i int) float64) (values []float64) {
	for i := range n {
		values = append(values, f(i))
	}
	return values
}

func TestATrainingThatGoesWrongIsARow(t *testing.T) {
	falls := func(i int) float64 { return 1 / float64(i+1) }
	wobble := func(i int) float64 { return 0.02 * float64(i*7%5-2) }
	for _, c := range []struct {
		name  string
		given [][]Event
		want  []string
	}{
		{"a loss that falls is none", [][]Event{begins("test", 1, ByPerson), losses(1, course(400, falls)...)}, nil},
		{
			"no number is one at once",
			[][]Event{begins("test", 1, ByPerson), losses(1, 0.5, 0.4, math.NaN(), math.NaN())},
			[]string{"error | task | test | train/loss is NaN since step 2"},
		},
		{
			"so is an infinity",
			[][]Event{begins("test", 1, ByPerson), losses(1, math.Inf(1))},
			[]string{"error | task | test | train/loss is +Inf since step 0"},
		},
		{"one bad batch is none", [][]Event{begins("test", 1, ByPerson), losses(1, append(course(40, falls), 90)...)}, nil},
		{"what became a number again is none", [][]Event{begins("test", 1, ByPerson), losses(1, 1, math.NaN(), 0.9)}, nil},
		{
			"a loss that climbs above where it began",
			[][]Event{begins("test", 1, ByPerson), losses(1, 1, 0.9, 0.8, 0.7, 0.6, 0.7, 0.9, 1.4, 2, 3, 4, 5)},
			[]string{"warning | task | test | train/loss diverges: 3, and it was 0.7 at step 3"},
		},
		{"a loss that wobbles where it began is none", [][]Event{begins("test", 1, ByPerson), losses(1, course(60, func(i int) float64 { return 1 + wobble(i) })...)}, nil},
		{
			"a loss that stays where it is",
			[][]Event{begins("test", 1, ByPerson), losses(1, course(200, func(i int) float64 { return max(0.2, 1-float64(i)/40) })...)},
			[]string{"warning | task | test | train/loss has not fallen since step 32 (0.2), now at step 197"},
		},
		{
			"a plateau ends with the run",
			[][]Event{
				begins("test", 1, ByPerson), losses(1, course(200, func(i int) float64 { return max(0.2, 1-float64(i)/40) })...), ends("test", 1, Succeeded, ""),
			},
			nil,
		},
		{
			"no number stays, although the run succeeded",
			[][]Event{begins("test", 1, ByPerson), losses(1, 0.5, math.NaN()), ends("test", 1, Succeeded, "")},
			[]string{"error | task | test | train/loss is NaN since step 1"},
		},
		{
			"until the next run begins",
			[][]Event{begins("test", 1, ByPerson), losses(1, math.NaN()), ends("test", 1, Succeeded, ""), begins("test", 2, ByPerson)},
			nil,
		},
		{"a cancelled run says nothing", [][]Event{begins("test", 1, ByPerson), losses(1, math.NaN()), ends("test", 1, Cancelled, "")}, nil},
		{
			"other metrics may do as they like",
			[][]Event{begins("test", 1, ByPerson), {MetricReported{ID: "test#1", Name: "glossary", Point: Point{Value: math.NaN()}}}},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, rowsAfter(c.given)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALossThatFallsNeverNeedsAPerson(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Float64Range(-100, 100).Draw(t, "begins")
		steps := rapid.SliceOfN(rapid.Float64Range(1e-6, 1), 0, 2*keptPoints/3).Draw(t, "falls by")
		s := NewState()
		for _, e := range append([]Event{shop()}, begins("test", 1, ByPerson)...) {
			s.Apply(e)
		}
		for i, by := range steps {
			value -= by
			s.Apply(MetricReported{ID: "test#1", Name: "loss", Point: Point{Step: float64(i), Value: value}})
			if i%50 == 0 || i == len(steps)-1 {
				if all := s.Alerts(); len(all) > 0 {
					t.Fatalf("after %d points: %s", i+1, all[0].Message)
				}
			}
		}
	})
}

func TestALossThatIsNoNumberAlwaysNeedsAPerson(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64(), 0, 50).Draw(t, "values")
		s := NewState()
		for _, e := range append(append([]Event{shop()}, begins("test", 1, ByPerson)...), losses(1, append(values, math.NaN())...)...) {
			s.Apply(e)
		}
		if all := s.Alerts(); len(all) != 1 || all[0].Severity != Error {
			t.Fatalf("%v", all)
		}
	})
}
