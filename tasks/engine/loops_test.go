package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// during is a task that takes a while, unless it is stopped.
func during(d time.Duration) func(context.Context, tasks.Request, tasks.Sink) error {
	return func(ctx context.Context, _ tasks.Request, _ tasks.Sink) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func TestATaskThatWritesWhatItWatchesIsPausedAndNamed(t *testing.T) {
	for _, busy := range []config.OnBusy{config.BusyRestart, config.BusyQueue} {
		for _, takes := range []time.Duration{time.Millisecond, time.Second} {
			t.Run(fmt.Sprintf("%s %s", busy, takes), func(t *testing.T) {
				u := watching(task("gen"), "**/*.go")
				u.OnBusy = busy
				onEngine(t, []config.Unit{u}, func(b *bench) {
					b.r.script["gen"] = during(takes)
					b.do(tasks.Start{})
					seen := 0
					for range 100 {
						if n := len(b.r.order()); n > seen { // each run writes once, soon after its start
							seen = n
							pass(10 * time.Millisecond)
							b.save("out/gen.go")
							continue
						}
						pass(time.Second)
					}
					if n := len(b.r.order()); n != loopLimit+loopCalms {
						t.Fatalf("it ran %d times", n)
					}
					alerts := b.state().Alerts()
					if len(alerts) != 1 || !strings.Contains(alerts[0].Message, "out/gen.go") || alerts[0].Task != "gen" {
						t.Fatalf("alerts: %+v", alerts)
					}
					before := len(b.r.order())
					b.do(tasks.RunTask{Name: "gen"})
					if len(b.r.order()) != before+1 || len(b.state().Alerts()) != 0 {
						t.Fatal("a run by hand did not end the pause")
					}
				})
			})
		}
	}
}

func TestEditingWhileATaskRunsIsNoLoop(t *testing.T) {
	for _, busy := range []config.OnBusy{config.BusyRestart, config.BusyQueue} {
		for _, every := range []time.Duration{100 * time.Millisecond, 700 * time.Millisecond, 3 * time.Second, 10 * time.Second} {
			t.Run(fmt.Sprintf("%s every %s", busy, every), func(t *testing.T) {
				u := watching(task("test"), "**/*.go")
				u.OnBusy = busy
				onEngine(t, []config.Unit{u}, func(b *bench) {
					b.r.script["test"] = during(4 * time.Second)
					b.do(tasks.Start{})
					for range 40 {
						pass(every)
						b.save("cart.go")
					}
					saved := time.Now()
					pass(time.Minute)
					s := b.state()
					if a := s.Alerts(); len(a) != 0 {
						t.Fatalf("alerts: %+v", a)
					}
					if r, _ := b.stateRun("test"); r.StartedAt.Before(saved) || r.Status != tasks.Succeeded {
						t.Fatalf("the last save was at %s, the last run began at %s and %s", saved, r.StartedAt, r.Status)
					}
				})
			})
		}
	}
}

func TestAServiceRestartsWithEverySaveHoweverMany(t *testing.T) {
	onEngine(t, []config.Unit{watching(service("api"), "**/*.go")}, func(b *bench) {
		b.do(tasks.Start{})
		for range 20 {
			pass(loopSoon + time.Second)
			b.save("cart.go")
		}
		if n, a := len(b.r.order()), b.state().Alerts(); n != 21 || len(a) != 0 {
			t.Fatalf("it was started %d times, want 21; alerts %+v", n, a)
		}
	})
}

func TestAServiceThatWritesWhatItWatchesAtItsStartIsPaused(t *testing.T) {
	onEngine(t, []config.Unit{watching(service("api"), "**/*.go")}, func(b *bench) {
		b.do(tasks.Start{})
		seen := 0
		for range 100 {
			if n := len(b.r.order()); n > seen {
				seen = n
				pass(10 * time.Millisecond)
				b.save("out/gen.go")
				continue
			}
			pass(time.Second)
		}
		if n, a := len(b.r.order()), b.state().Alerts(); n != loopLimit+loopCalms || len(a) != 1 || a[0].Source != "watch" {
			t.Fatalf("it was started %d times; alerts %+v", n, a)
		}
	})
}

func TestASaveBetweenTwoRunsEndsTheWait(t *testing.T) {
	onEngine(t, []config.Unit{watching(task("test"), "**/*.go")}, func(b *bench) {
		b.r.script["test"] = during(time.Second)
		b.do(tasks.Start{})
		for range loopLimit {
			pass(500 * time.Millisecond)
			b.save("cart.go")
		}
		pass(time.Second) // the run was left to its end, and the next one waits
		s := b.state()
		w, waits := s.Waiting("test")
		if _, active := s.Active("test"); active || !waits || len(w.Holds) != 1 || !strings.HasPrefix(w.Holds[0].Why, "files changed during each of its last runs") {
			t.Fatalf("runs: %+v", s.Runs)
		}
		b.save("cart.go")
		if r, _ := b.stateRun("test"); r.ID != w.ID || r.Status != tasks.Running {
			t.Fatalf("%s is %s", r.ID, r.Status)
		}
	})
}

func TestWhatATasksToolWritesByItselfBeginsNoRun(t *testing.T) {
	onEngineWith(t, []config.Unit{watching(task("test"), "**/*.rs", "Cargo.lock")}, func(o *Options) {
		o.Writes = func(_ tasks.Task, file string) bool { return file == "Cargo.lock" }
	}, func(b *bench) {
		b.r.script["test"] = during(4 * time.Second)
		b.do(tasks.Start{})
		pass(time.Second)
		b.save("Cargo.lock")
		want := []string{"Cargo.lock changed while it runs: its tool writes that by itself, so that it begins no other run"}
		if diff := cmp.Diff(want, b.lines("test")); diff != "" {
			t.Error(diff)
		}
		pass(10 * time.Second)
		if n := len(b.r.order()); n != 1 {
			t.Fatalf("it ran %d times", n)
		}
		b.save("lib.rs") // which knows of it
		if r, _ := b.stateRun("test"); r.Number != 2 || !slices.Equal(r.Cause.Files, []string{"lib.rs", "Cargo.lock"}) {
			t.Fatalf("run %d: %v", r.Number, r.Cause.Files)
		}
		pass(10 * time.Second)
		b.save("Cargo.lock") // nothing runs: a person's
		if r, _ := b.stateRun("test"); r.Number != 3 {
			t.Fatalf("a change between the runs began none")
		}
		pass(time.Second)
		b.save("Cargo.lock", "lib.rs") // a checkout
		if r, _ := b.stateRun("test"); r.Number != 4 {
			t.Fatalf("a checkout began none")
		}
	})
}
