package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestUsageIsSampledWhileSomethingRunsAndSomebodyLooks(t *testing.T) {
	var samples atomic.Int64
	measure := func(o *Options) {
		o.Usage = func(context.Context) map[tasks.RunID]tasks.Usage { samples.Add(1); return nil }
	}
	onEngineWith(t, []config.Unit{service("api")}, measure, func(b *bench) {
		// taken is how many samples an hour takes.
		taken := func() int64 {
			pass(time.Second) // what has just changed is measured soon
			before := samples.Load()
			pass(time.Hour)
			return samples.Load() - before
		}
		if n := taken(); n != 0 {
			t.Errorf("%d samples of nothing, for nobody", n)
		}
		b.do(tasks.Start{Names: []string{"api"}})
		if n := taken(); n != 0 {
			t.Errorf("%d samples for nobody", n)
		}
		ctx, leave := context.WithCancel(context.Background())
		_, events := b.e.Subscribe(ctx)
		go func() {
			for range events {
			}
		}()
		if n := taken(); n < 300 {
			t.Errorf("%d samples of a service in an hour", n)
		}
		b.do(tasks.Stop{Names: []string{"api"}})
		pass(time.Minute)
		if n := taken(); n != 0 {
			t.Errorf("%d samples of nothing", n)
		}
		b.do(tasks.Start{Names: []string{"api"}})
		if n := taken(); n < 300 {
			t.Errorf("%d samples of a service that runs again", n)
		}
		leave()
		synctest.Wait()
	})
}
