package engine

import (
	"testing"
	"time"
)

func TestNewsIsToldAtOnceAndAMomentLaterWhileAProgramBegins(t *testing.T) {
	now := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, c := range map[string]struct {
		news news
		due  time.Time
	}{
		"nothing happened":             {news{}, time.Time{}},
		"nothing happened but a start": {news{begins: ago(0)}, time.Time{}},
		"nothing begins":               {news{since: now}, now},
		"a program begins":             {news{since: ago(time.Millisecond), begins: now}, now.Add(time.Millisecond)},
		"one began before it happened": {news{since: now, begins: ago(time.Millisecond)}, now.Add(time.Millisecond)},
		"one began some time ago":      {news{since: now, begins: ago(time.Minute)}, now.Add(newsWait - time.Minute)},
		"one begins after the other":   {news{since: ago(newsWait), begins: now}, now},
	} {
		if due := c.news.due(); !due.Equal(c.due) {
			t.Errorf("%s: due %v from now, want %v", name, due.Sub(now), c.due.Sub(now))
		}
	}
}
