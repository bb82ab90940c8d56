package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// lines are those of a task's log.
func (b *bench) lines(task string) (all []string) {
	b.Helper()
	pass(time.Second) // what is written is kept a moment later
	r, err := b.e.o.Logs.Reader(logs.Key(task))
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	lines, err := r.Lines(0, 100, 1000, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, l := range lines {
		all = append(all, string(l.Text))
	}
	return all
}

// until is a task that ends when it is told to, or stopped.
func until(finish <-chan struct{}) func(context.Context, tasks.Request, tasks.Sink) error {
	return func(ctx context.Context, _ tasks.Request, _ tasks.Sink) error {
		select {
		case <-finish:
		case <-ctx.Done():
		}
		return nil
	}
}

func TestAWatchedTaskRerunsWithTheChangedFilesAsItsCause(t *testing.T) {
	onEngine(t, []config.Unit{watching(task("test"), "**/*.go")}, func(b *bench) {
		b.do(tasks.Start{})
		b.wantStatus("test", tasks.Succeeded)
		b.save("README.md")
		if n := len(b.r.order()); n != 1 {
			t.Fatalf("a file it does not watch started it: %d runs", n)
		}
		b.save("cart/cart.go", "README.md")
		r, _ := b.stateRun("test")
		if r.Cause.Kind != tasks.ByWatch || cmp.Diff([]string{"cart/cart.go"}, r.Cause.Files) != "" || r.Number != 2 {
			t.Fatalf("got run %d with cause %+v", r.Number, r.Cause)
		}
	})
}

func TestTheFirstRecordWaitsForTheWatchingButNotForLong(t *testing.T) {
	for name, want := range map[string]struct {
		ready, kept time.Duration
		down        bool // right after the run
	}{
		"watched soon": {ready: 300 * time.Millisecond, kept: 300 * time.Millisecond},
		"watched late": {ready: time.Minute, kept: recordWait},
		"down":         {ready: time.Minute, kept: 0, down: true},
	} {
		t.Run(name, func(t *testing.T) {
			var begun time.Time
			kept := time.Duration(-1)
			onEngineWith(t, []config.Unit{task("test")}, func(o *Options) {
				begun = time.Now()
				o.Watch = func(ctx context.Context, status func(watch.Status), _ func(watch.Batch)) error {
					select {
					case <-time.After(want.ready):
						status(watch.Status{Ready: true})
						<-ctx.Done()
					case <-ctx.Done():
					}
					return nil
				}
				o.Record = func(context.Context, tasks.Run) error { kept = time.Since(begun); return nil }
			}, func(b *bench) {
				b.do(tasks.RunTask{Name: "test"})
				b.wantStatus("test", tasks.Succeeded)
				if want.down {
					b.do(tasks.Down{})
				}
				pass(2 * want.kept)
			})
			if kept != want.kept {
				t.Errorf("recorded after %s instead of %s", kept, want.kept)
			}
		})
	}
}

func TestOnBusyRestartEndsTheRunAsStaleAndStartsAgain(t *testing.T) {
	onEngine(t, []config.Unit{watching(task("test"), "**/*.go")}, func(b *bench) {
		b.r.script["test"] = busyTask
		b.do(tasks.Start{})
		pass(time.Second)
		b.save("a.go")
		pass(time.Second)
		b.save("b.go")
		s := b.state()
		runs := s.Units["test"].Runs
		if len(runs) != 3 || s.Runs[runs[0]].Status != tasks.Stale || s.Runs[runs[0]].Error != tasks.ErrStale.Error()+": a.go changed" || s.Runs[runs[2]].Status != tasks.Running {
			t.Fatalf("runs: %v", s.Runs)
		}
		if r := s.Runs[runs[2]]; !slices.Equal(r.Cause.Files, []string{"b.go", "a.go"}) {
			t.Fatalf("it does not know of what the run before it did not answer for: %v", r.Cause.Files)
		}
	})
}

func TestOnBusyQueueKeepsOneRunForLaterWithAllChanges(t *testing.T) {
	u := watching(task("test"), "**/*.go")
	u.OnBusy = config.BusyQueue
	onEngine(t, []config.Unit{u}, func(b *bench) {
		finish := make(chan struct{})
		b.r.script["test"] = until(finish)
		b.do(tasks.Start{})
		b.save("a.go")
		b.save("b.go")
		finish <- struct{}{}
		synctest.Wait()
		r, _ := b.stateRun("test")
		if diff := cmp.Diff([]string{"a.go", "b.go"}, r.Cause.Files); diff != "" || r.Number != 2 || r.Status != tasks.Running {
			t.Fatalf("run %d is %s: %s", r.Number, r.Status, diff)
		}
	})
}

func TestOnBusyIgnoreDropsTheChangeAndRefusesAPerson(t *testing.T) {
	u := watching(task("test"), "**/*.go")
	u.OnBusy = config.BusyIgnore
	onEngine(t, []config.Unit{u}, func(b *bench) {
		b.r.script["test"] = busyTask
		b.do(tasks.Start{})
		b.save("a.go")
		b.refused(tasks.RunTask{Name: "test"}, "running already")
		if n := len(b.r.order()); n != 1 {
			t.Fatalf("it was started %d times", n)
		}
	})
}

func TestAChangeThatWasIgnoredIsPartOfTheNextRun(t *testing.T) {
	u := watching(task("test"), "**/*.go")
	u.OnBusy = config.BusyIgnore
	onEngine(t, []config.Unit{u}, func(b *bench) {
		finish := make(chan struct{})
		b.r.script["test"] = until(finish)
		b.do(tasks.Start{})
		b.save("ignored.go")
		b.save("ignored.go")
		want := []string{"ignored.go changed while it runs: ignored (on_busy: ignore), the next run knows of it"}
		if diff := cmp.Diff(want, b.lines("test")); diff != "" {
			t.Fatal(diff)
		}
		finish <- struct{}{}
		synctest.Wait()
		b.save("a.go")
		r, _ := b.stateRun("test")
		if diff := cmp.Diff([]string{"a.go", "ignored.go"}, r.Cause.Files); diff != "" {
			t.Fatal(diff)
		}
		finish <- struct{}{}
		synctest.Wait()
		b.save("b.go")
		if r, _ := b.stateRun("test"); len(r.Cause.Files) != 1 {
			t.Fatalf("told again of %v", r.Cause.Files)
		}
	})
}

func TestARunOfAllStaysOneWhenFilesChangeWhileItWaits(t *testing.T) {
	u := watching(task("test"), "**/*.go")
	u.OnBusy = config.BusyQueue
	onEngine(t, []config.Unit{u}, func(b *bench) {
		b.r.script["test"] = busyTask
		b.do(tasks.Start{})
		b.do(tasks.RunTask{Name: "test", Detail: "key r"})
		b.save("a.go")
		s := b.state()
		w, _ := s.Waiting("test")
		if w.Cause.Kind != tasks.ByPerson || !slices.Equal(w.Cause.Files, []string{"a.go"}) {
			t.Fatalf("waits because of %+v", w.Cause)
		}
	})
}

func TestWhatIsToBeWatchedOutsideOfTheWorkspaceIsNamed(t *testing.T) {
	web := service("web")
	web.Watch = &config.Watch{Outside: []string{"../shared"}}
	onEngine(t, []config.Unit{web}, func(b *bench) {
		alerts := b.state().Alerts()
		if len(alerts) != 1 || alerts[0].Task != "web" || !strings.HasPrefix(alerts[0].Message, "saves in ../shared are not seen") {
			t.Fatalf("alerts: %+v", alerts)
		}
		b.setFile(declare(service("web")), nil)
		b.save("sawhorse.yml")
		if a := b.state().Alerts(); len(a) != 0 {
			t.Fatalf("the alert stayed after it was taken out: %+v", a)
		}
	})
}

func TestAFileThatCanNotBeReadEndsTheWatchingToo(t *testing.T) {
	store, err := logs.Open(t.TempDir(), logs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	wrong, ended := errors.New("sawhorse.yml:1:1: what is this?"), false
	var reads atomic.Int32
	e := New(Options{
		Logs:     store,
		Load:     func(context.Context) (*config.File, error) { reads.Add(1); return nil, wrong },
		Declares: func(string) bool { return true },
		Watch: func(ctx context.Context, status func(watch.Status), f func(watch.Batch)) error {
			status(watch.Status{Ready: true})
			<-ctx.Done()
			f(watch.Batch{Paths: []watch.Change{{Path: "sawhorse.yml", Op: watch.Modified}}})
			ended = true
			return nil
		},
	})
	if err := e.Run(t.Context()); !errors.Is(err, wrong) || !ended || reads.Load() != 1 {
		t.Errorf("%v; watching has ended: %v; the file was read %d times", err, ended, reads.Load())
	}
}
