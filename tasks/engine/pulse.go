package engine

import (
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// When the metrics of a run stand still for so long that a person wants to know.
const (
	// stallTimes is how many times as long as usual it takes, stallGap how many times
	// as long as it ever took: a training that stores its model, or looks at data that
	// was held out, says nothing meanwhile.
	stallTimes = 10
	stallGap   = 3
	// stallLeast is how long it takes at least.
	stallLeast = 10 * time.Second
	// sameBeat is how close numbers are that come in one go, stallBeats how often they
	// must have come for anything to be usual, keptGaps how many say what is usual.
	sameBeat   = 50 * time.Millisecond
	stallBeats = 3
	keptGaps   = 16
)

// pulse is when the metrics of a run come. The time of here counts, and not the one
// that is told with a number: another machine's clock is another one.
type pulse struct {
	last    time.Time
	gaps    []time.Duration // the newest
	longest time.Duration
	// due is when it stands still for too long unless a number comes before; zero:
	// never, or that was told.
	due time.Time
}

// beat notes that a number came.
func (p *pulse) beat(now time.Time) {
	gap := now.Sub(p.last)
	first := p.last.IsZero()
	p.last = now
	if !first && gap >= sameBeat {
		p.longest = max(p.longest, gap)
		if p.gaps = append(p.gaps, gap); len(p.gaps) > keptGaps {
			p.gaps = p.gaps[1:]
		}
	}
	if len(p.gaps) >= stallBeats {
		p.due = now.Add(max(stallLeast, stallTimes*p.usual(), stallGap*p.longest))
	}
}

// usual is how long it takes until the next number.
func (p *pulse) usual() time.Duration {
	sorted := slices.Sorted(slices.Values(p.gaps))
	return sorted[len(sorted)/2]
}

// stalls tells of runs whose metrics stand still, and says when the next may be to
// be told. Where no run that goes on has metrics, that is never.
func (e *Engine) stalls(now time.Time) (next time.Time) {
	for id, l := range e.live {
		due := l.pulse.due
		switch {
		case due.IsZero() || l.why != nil || e.state.Units[id.Task()].Task.IsService():
		case due.After(now):
			next = sooner(next, due)
		default:
			l.pulse.due = time.Time{}
			e.emit(tasks.RunStalled{ID: id, Stall: tasks.Stall{Since: l.pulse.last, Usual: l.pulse.usual()}})
		}
	}
	return next
}
