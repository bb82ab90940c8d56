package tasks

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// When the course of a loss needs a person. The curve is judged by the medians of
// neighbours, so that one bad batch is no alert, and by its own scale, since losses
// have none in common. A loss that falls never meets any of it.
const (
	// around is of how many neighbours the median is taken.
	around = 5
	// leastDiverged and leastPlateau are how many points must be there before a
	// divergence or a plateau is told: the first steps of a training are wild.
	leastDiverged = 10
	leastPlateau  = 100
	// climb is how far a diverged loss is above its best: by so much of where it began,
	// and it is above where it began.
	climb = 0.5
	// flat is the share of the steps, the newest ones, in which a loss on a plateau has
	// found no new best.
	flat = 2.0 / 3
	// mostJudged bounds what a look at a curve costs; of more points some are left out.
	mostJudged = 240
)

// ailment is what is wrong with a training.
type ailment struct {
	what     string // "nan", "diverged", "stall", "plateau"
	severity Severity
	message  string
	hint     string
}

// ailing is the worst that a run's losses show, the run still going on or not.
func (r Run) ailing() (worst ailment, ok bool) {
	order := []string{"plateau", "stall", "diverged", "nan"}
	if r.Stall != nil {
		worst, ok = ailment{
			"stall", Warning, fmt.Sprintf("no number since %s; usually one comes every %v", r.Stall.Since.Local().Format("15:04:05"), r.Stall.Usual.Round(rounding(r.Stall.Usual))),
			"see what it does: its log, its CPU in Stats; stop it, or go on knowingly",
		}, true
	}
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		if !isLoss(name) {
			continue
		}
		a, ill := judge(name, r.Metrics[name])
		if a.what == "plateau" && r.Status.Done() {
			continue // where it ended is where it converged
		}
		if ill && (!ok || slices.Index(order, a.what) > slices.Index(order, worst.what)) {
			worst, ok = a, true
		}
	}
	return worst, ok
}

// rounding is how exactly a person wants to know a time.
func rounding(d time.Duration) time.Duration {
	if d < time.Second {
		return 10 * time.Millisecond
	}
	return time.Second / 10
}

// isLoss says whether less of a metric is what a training is for.
func isLoss(name string) bool {
	return slices.Contains(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("/_.-", r) }), "loss")
}

// judge looks at one loss.
func judge(name string, s Series) (ailment, bool) {
	if v := s.Last.Value; math.IsNaN(v) || math.IsInf(v, 0) {
		return ailment{
			"nan", Error, fmt.Sprintf("%s is %g%s", name, v, since(s)),
			"it does not come back by itself: stop it; a smaller step, clipped gradients, or look for a log or a division of 0",
		}, true
	}
	curve := smoothed(s.Points)
	if len(curve) == 0 {
		return ailment{}, false
	}
	first, last := curve[0], curve[len(curve)-1]
	best := slices.MinFunc(curve, func(a, b Point) int { return cmp.Compare(a.Value, b.Value) }) // the first of equal ones
	switch {
	case len(s.Points) >= leastDiverged && last.Value > first.Value && last.Value-best.Value > climb*math.Abs(first.Value):
		return ailment{
			"diverged", Warning, fmt.Sprintf("%s diverges: %.4g, and it was %.4g at step %g", name, last.Value, best.Value, best.Step),
			"a smaller step may help",
		}, true
	case len(s.Points) >= leastPlateau && last.Step > first.Step && (last.Step-best.Step) > flat*(last.Step-first.Step):
		return ailment{
			"plateau", Warning, fmt.Sprintf("%s has not fallen since step %g (%.4g), now at step %g", name, best.Step, best.Value, last.Step),
			"stop it, or go on knowingly",
		}, true
	}
	return ailment{}, false
}

// since says from which step on a loss is no number.
func since(s Series) string {
	at := s.Last.Step
	for _, p := range slices.Backward(s.Points) {
		if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			break
		}
		at = p.Step
	}
	return fmt.Sprintf(" since step %g", at)
}

// smoothed are the medians of neighbours, at the step of the middle one, of what is a
// number.
func smoothed(points []Point) []Point {
	finite := make([]Point, 0, mostJudged)
	every := max(1, (len(points)+mostJudged-1)/mostJudged)
	for i, p := range points {
		// Counted from the end, so that the newest are never left out.
		if (len(points)-1-i)%every == 0 && !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			finite = append(finite, p)
		}
	}
	if len(finite) < around {
		return nil
	}
	var window [around]float64
	curve := make([]Point, 0, len(finite))
	for i := range len(finite) - around + 1 {
		for j := range around {
			window[j] = finite[i+j].Value
		}
		slices.Sort(window[:])
		curve = append(curve, Point{Step: finite[i+around/2].Step, Value: window[around/2]})
	}
	return curve
}

// trainingAlerts are the rows of trainings that go wrong: of those that run, else of
// the last that ended by itself.
func (s State) trainingAlerts(u Unit) []Alert {
	r, active := s.Active(u.Task.Name)
	switch {
	case active && r.Sweep != nil:
		var all []Alert
		for _, r := range s.SweepRuns(r.Sweep.ID) {
			if r.Status.Active() {
				all = append(all, r.trainingAlerts(string(r.ID))...)
			}
		}
		return all
	case active:
		return r.trainingAlerts(r.Task)
	}
	if r, ok := s.verdict(u.Task.Name); ok {
		return r.trainingAlerts(r.Task)
	}
	return nil
}

// trainingAlerts is the row of a run that goes wrong, under the name that tells it
// from others.
func (r Run) trainingAlerts(name string) []Alert {
	ill, ok := r.ailing()
	if !ok {
		return nil
	}
	a := rowOf(r)
	a.ID = AlertID("training/" + name + "/" + ill.what)
	a.Source, a.Severity, a.Title, a.Message, a.Hint, a.Line = "task", ill.severity, name, ill.message, ill.hint, -1
	if ill.what == "stall" {
		a.At = r.Stall.Since
	}
	return []Alert{a}
}
