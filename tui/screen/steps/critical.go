package steps

import (
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// critical is the chain of steps that takes longest, first to last, and how long: what
// has ended counts as it was, what goes on or waits as is usual. No steps with times:
// none.
func critical(steps []tasks.Step, usual func(tasks.Step) time.Duration, now time.Time) (chain []int, sum time.Duration) {
	byName := map[string]int{}
	for i, st := range steps {
		byName[st.Name] = i
	}
	type best struct {
		sum  time.Duration
		from int
		done bool
	}
	all := make([]best, len(steps))
	walking := make([]bool, len(steps))
	var to func(int) time.Duration
	to = func(i int) time.Duration {
		if all[i].done || walking[i] {
			return all[i].sum
		}
		walking[i] = true
		b := best{from: -1, done: true}
		for _, name := range steps[i].Needs {
			if n, ok := byName[name]; ok && !walking[n] {
				if d := to(n); d > b.sum {
					b.sum, b.from = d, n
				}
			}
		}
		b.sum += length(steps[i], usual(steps[i]), now)
		all[i], walking[i] = b, false
		return b.sum
	}
	last := -1
	for i := range steps {
		if d := to(i); d > sum {
			sum, last = d, i
		}
	}
	for i := last; i >= 0; i = all[i].from {
		chain = append(chain, i)
	}
	slices.Reverse(chain)
	return chain, sum
}

// length is how long a step took, or is to take.
func length(st tasks.Step, usual time.Duration, now time.Time) time.Duration {
	switch {
	case st.Status == tasks.Skipped, st.Status.Done() && st.StartedAt.IsZero():
		return 0
	case st.StartedAt.IsZero():
		return usual
	case !st.EndedAt.IsZero():
		return max(0, st.EndedAt.Sub(st.StartedAt))
	}
	return max(0, usual, now.Sub(st.StartedAt))
}
