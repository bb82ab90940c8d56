package watch

import (
	"testing"
	"testing/synctest"
	"time"
)

// settled runs a settler as the loop does, with a timer, and returns when each
// batch settled after the start. script is the time of each event; files that
// differ have different names.
func settled(t *testing.T, s settler, script []step) (batches []time.Duration) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		start := time.Now()
		seen := map[string]bool{}
		timer := time.NewTimer(time.Hour)
		for len(script) > 0 || s.open {
			wait := time.Hour
			if len(script) > 0 {
				wait = script[0].at - time.Since(start)
			}
			if s.open {
				timer.Reset(time.Until(s.due()))
			}
			select {
			case <-time.After(wait):
				s.saw(time.Now(), !seen[script[0].file])
				seen[script[0].file] = true
				script = script[1:]
			case <-timer.C:
				batches = append(batches, time.Since(start))
				clear(seen)
				s.close(time.Now())
			}
		}
	})
	return batches
}

type step struct {
	at   time.Duration
	file string
}

const ms = time.Millisecond

func TestALoneSaveSettlesInTwoMilliseconds(t *testing.T) {
	got := settled(t, newSettler(0, 0), []step{{0, "a"}, {ms / 5, "a"}, {ms / 4, "a"}})
	if len(got) != 1 || got[0] > 3*ms {
		t.Errorf("settled at %v, want once within 3ms", got)
	}
}

func TestManyFilesAreOneBatchDespiteGaps(t *testing.T) {
	var script []step
	at := time.Duration(0)
	for i := range 40 {
		script = append(script, step{at, string(rune('a' + i))})
		at += min(time.Duration(i+1)*ms, 25*ms) // slower and slower
	}
	if got := settled(t, newSettler(0, 0), script); len(got) != 1 {
		t.Errorf("%d batches at %v, want 1", len(got), got)
	}
}

func TestASlowBurstFallsIntoTwoBatchesAtMost(t *testing.T) {
	var script []step
	for i := range 50 {
		script = append(script, step{time.Duration(i) * 10 * ms, string(rune('a' + i))})
	}
	if got := settled(t, newSettler(0, 0), script); len(got) > 2 {
		t.Errorf("%d batches at %v, want at most 2", len(got), got)
	}
}

func TestChangesWithoutEndSettleAtTheLongestWait(t *testing.T) {
	var script []step
	for i := range 500 {
		script = append(script, step{time.Duration(i) * 5 * ms, "log"})
	}
	got := settled(t, newSettler(30*ms, 500*ms), script)
	last := time.Duration(0)
	for _, at := range got {
		if at-last > 510*ms {
			t.Errorf("nothing settled between %v and %v", last, at)
		}
		last = at
	}
	if len(got) < 4 {
		t.Errorf("%d batches in 2.5s with a longest wait of 500ms", len(got))
	}
}

func TestTwoSavesFarApartAreTwoBatches(t *testing.T) {
	if got := settled(t, newSettler(0, 0), []step{{0, "a"}, {200 * ms, "a"}}); len(got) != 2 {
		t.Errorf("batches at %v, want 2", got)
	}
}

func TestATemporaryFileDoesNotCount(t *testing.T) {
	now := time.Unix(0, 0)
	s := newSettler(0, 0)
	s.saw(now, true) // a.go.tmp appears
	s.vanished()     // and is renamed
	s.saw(now, false)
	s.saw(now, true) // to a.go
	if got := s.due().Sub(now); got != quietStep {
		t.Errorf("an atomic save settles after %v, want %v", got, quietStep)
	}
}
