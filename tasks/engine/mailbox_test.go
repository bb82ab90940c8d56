package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
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

func TestASlowSubscriberGetsEverythingInOrder(t *testing.T) {
	onEngine(t, []config.Unit{task("t")}, func(b *bench) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		mine, events := b.e.Subscribe(ctx)
		for range 30 {
			b.do(tasks.RunTask{Name: "t"})
		}
		want := b.state()
		for {
			select {
			case batch := <-events:
				for _, ev := range batch {
					mine.Apply(ev)
				}
				synctest.Wait()
				continue
			default:
			}
			break
		}
		if diff := cmp.Diff(want, mine); diff != "" {
			t.Fatal(diff)
		}
	})
}
