package tasks

import (
	"testing"
	"time"
)

func TestFeedbackIsFromTheFirstChangeToTheResult(t *testing.T) {
	saved := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return saved.Add(d) }
	watched := Cause{Kind: ByWatch, Files: []string{"cart.go"}, Changed: saved}
	for name, c := range map[string]struct {
		run  Run
		want time.Duration
		ok   bool
	}{
		"a task that succeeded":              {Run{Status: Succeeded, Cause: watched, StartedAt: at(time.Second), EndedAt: at(3 * time.Second)}, 3 * time.Second, true},
		"a task that failed":                 {Run{Status: Failed, Cause: watched, EndedAt: at(time.Second)}, time.Second, true},
		"a service that is ready":            {Run{Status: Ready, Cause: watched, ReadyAt: at(2 * time.Second)}, 2 * time.Second, true},
		"a service that was ready and ended": {Run{Status: Failed, Cause: watched, ReadyAt: at(2 * time.Second), EndedAt: at(time.Hour)}, 2 * time.Second, true},
		"a clock that was set back":          {Run{Status: Succeeded, Cause: watched, EndedAt: at(-time.Second)}, 0, true},
		"a task that runs":                   {Run{Status: Running, Cause: watched, StartedAt: at(time.Second)}, 0, false},
		"a run that a newer change ended":    {Run{Status: Stale, Cause: watched, EndedAt: at(time.Second)}, 0, false},
		"a run that a person began":          {Run{Status: Succeeded, Cause: Cause{Kind: ByPerson}, EndedAt: at(time.Second)}, 0, false},
	} {
		if got, ok := c.run.Feedback(); got != c.want || ok != c.ok {
			t.Errorf("%s: %v, %v, want %v, %v", name, got, ok, c.want, c.ok)
		}
	}
}
