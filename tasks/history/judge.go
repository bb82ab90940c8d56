package history

import (
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Flaky says that a test both passed and failed with the same code.
type Flaky struct {
	// Failures are those that were not the code's fault: it passed as well. Runs
	// are all runs of code that the test has passed with, Rate their share.
	Failures int     `json:"failures"`
	Runs     int     `json:"runs"`
	Rate     float64 `json:"rate"`
	// Last is the newest such failure, of the run Run.
	Last time.Time   `json:"last"`
	Run  tasks.RunID `json:"run"`
}

// flaky judges results, oldest first; nil: nothing shows that the test is flaky.
func flaky(results []Result) *Flaky {
	passed := passing(results)
	var f Flaky
	for _, r := range results {
		if !passed[r.code] {
			continue
		}
		f.Runs++
		if r.Status == tasks.TestFailed {
			f.Failures++
			f.Last, f.Run = r.At, r.Run
		}
	}
	if f.Failures == 0 {
		return nil
	}
	f.Rate = float64(f.Failures) / float64(f.Runs)
	return &f
}

// passing is the code that a test passed with. Code that is not known is never
// among it.
func passing(results []Result) map[string]bool {
	codes := map[string]bool{}
	for _, r := range results {
		if r.code != "" && r.Status == tasks.TestPassed {
			codes[r.code] = true
		}
	}
	return codes
}

// Slow says that a test takes longer than it used to.
type Slow struct {
	Took  time.Duration `json:"took"`  // median of the newest passes
	Usual time.Duration `json:"usual"` // median of those before
	Ratio float64       `json:"ratio"`
	// Since is the first of the slow passes, Commit what it ran, perhaps with
	// changes on top.
	Since  time.Time   `json:"since"`
	Run    tasks.RunID `json:"run"`
	Commit string      `json:"commit,omitempty"`
	Dirty  bool        `json:"dirty,omitempty"`
}

// When a test is slow: by the median of its newest passes, so that one run on a
// busy machine is none, measured against how much the ones before scatter.
const (
	slowNewest = 3
	slowPast   = 60                    // at most so many passes are its past
	slowKnown  = 5                     // and at least so many
	slowSpread = 5                     // times the deviation (MAD, scaled to a standard deviation)
	slowFactor = 1.5                   // times what three of four took
	slowLeast  = 20 * time.Millisecond // nobody waits for less
)

// slow judges results, oldest first; nil: it is not slow, or has no past yet.
func slow(results []Result) *Slow {
	var passes []Result
	for _, r := range results {
		if r.Status == tasks.TestPassed && !r.Whole {
			passes = append(passes, r)
		}
	}
	at := len(passes) - slowNewest
	if at < slowKnown {
		return nil
	}
	past := durations(passes[max(0, at-slowPast):at])
	usual, took := median(past), median(durations(passes[at:]))
	scatter := make([]time.Duration, len(past))
	for i, d := range past {
		scatter[i] = (d - usual).Abs()
	}
	spread := time.Duration(slowSpread * 1.4826 * float64(median(scatter)))
	limit := max(usual+spread, time.Duration(slowFactor*float64(percentile(past, 75))), usual+slowLeast)
	if took <= limit {
		return nil
	}
	first := passes[len(passes)-1]
	for _, r := range slices.Backward(passes) {
		if r.Duration > limit {
			first = r
		} else if r.At.Before(passes[at].At) {
			break
		}
	}
	s := &Slow{Took: took, Usual: usual, Since: first.At, Run: first.Run, Commit: first.Commit, Dirty: first.Dirty}
	s.Ratio = float64(took) / float64(max(usual, time.Millisecond))
	return s
}

// Broken says since when a test has failed.
type Broken struct {
	Run    tasks.RunID `json:"run"` // the first that failed
	At     time.Time   `json:"at"`
	Commit string      `json:"commit,omitempty"`
	Dirty  bool        `json:"dirty,omitempty"`
	// Good is the run before it, the last that passed; empty: none is remembered.
	Good       tasks.RunID `json:"good,omitempty"`
	GoodCommit string      `json:"good_commit,omitempty"`
	GoodDirty  bool        `json:"good_dirty,omitempty"`
}

// broken judges results, oldest first; nil: it passes.
func broken(results []Result) *Broken {
	var b *Broken
	for _, r := range slices.Backward(results) {
		if r.Status == tasks.TestPassed {
			if b != nil {
				b.Good, b.GoodCommit, b.GoodDirty = r.Run, r.Commit, r.Dirty
			}
			break
		}
		b = &Broken{Run: r.Run, At: r.At, Commit: r.Commit, Dirty: r.Dirty}
	}
	return b
}

func durations(results []Result) []time.Duration {
	all := make([]time.Duration, len(results))
	for i, r := range results {
		all[i] = r.Duration
	}
	return all
}

func median(all []time.Duration) time.Duration { return percentile(all, 50) }

// percentile is the smallest of the values that p percent of them do not
// exceed; 0 of none.
func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}
