package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// lasting is a system whose runs outlive the host.
type lasting struct {
	*system
	resumed []string
	deaf    error // whoever keeps something of runs elsewhere can't be told
	goesOn  func(ctx context.Context, s tasks.Sink) error
}

func (l *lasting) Resume(ctx context.Context, r tasks.Run, t tasks.Task, s tasks.Sink) error {
	l.resumed = append(l.resumed, fmt.Sprintf("%s as %s for %s", r.External, r.ID, t.Name))
	return l.goesOn(ctx, s)
}

// afterRestart runs a test on an engine that is told of runs of an earlier host.
func afterRestart(t *testing.T, l *lasting, units []config.Unit, earlier []tasks.Run, f func(b *bench)) {
	t.Helper()
	onEngineWith(t, units, func(o *Options) {
		l.begin()
		o.Runners[""].(*runner).deaf = l.deaf
		o.Connections = func(context.Context, *config.File) ([]tasks.Connection, error) {
			c := l.connection()
			c.Connect = func(context.Context, tasks.Lookout) (any, error) {
				l.mu.Lock()
				defer l.mu.Unlock()
				return l, l.refuses
			}
			return []tasks.Connection{c}, nil
		}
		o.Earlier = func(context.Context) ([]tasks.Run, error) {
			takes(time.Second) // the systems answer sooner
			return earlier, nil
		}
	}, func(b *bench) {
		pass(2 * time.Second)
		f(b)
	})
}

// yard is a system with a plan that "deploy" stands for, and its runs of an earlier
// host: 8 has ended, 9 has not.
func yard() (*lasting, []config.Unit, []tasks.Run) {
	ship := build("ship")
	ship.Spec.With = map[string]string{"plan": "ship.yml"}
	l := &lasting{system: &system{catalog: []tasks.Task{ship}}}
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Hour)
	run := func(n int, external string, status tasks.Status) tasks.Run {
		id := tasks.NewRunID("deploy", n)
		return tasks.Run{
			ID: id, Task: "deploy", Number: n, External: external, Status: status, Cause: tasks.Cause{Kind: tasks.ByPerson, Detail: "key r"},
			QueuedAt: began, StartedAt: began, Log: logs.Key(id), EndLine: -1, Params: map[string]string{"to": "staging"},
		}
	}
	ended := run(1, "8", tasks.Succeeded)
	ended.EndedAt = began.Add(time.Minute)
	return l, []config.Unit{pinned("deploy", map[string]string{"plan": "ship.yml"}, nil)}, []tasks.Run{ended, run(2, "9", tasks.Running)}
}

func TestARunInAnotherSystemIsFollowedToItsEndByTheNextHost(t *testing.T) {
	l, units, earlier := yard()
	var end chan error // made in the bubble of the test
	l.goesOn = func(ctx context.Context, s tasks.Sink) error {
		end = make(chan error)
		s.Log(logs.Out, []byte("it goes on\n"))
		select {
		case err := <-end:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	afterRestart(t, l, units, earlier, func(b *bench) {
		b.stands("deploy", "1 succeeded, 2 running")
		if diff := cmp.Diff([]string{"9 as deploy#2 for deploy"}, l.resumed); diff != "" {
			t.Error(diff)
		}
		// Its system tells of both, as runs of its own task.
		s := l.system
		for _, external := range []string{"8", "9"} {
			s.observed(tasks.Run{Task: "ship", External: external, Status: tasks.Running, Cause: tasks.Cause{Kind: tasks.ByOthers, Detail: "by ada"}})
		}
		synctest.Wait()
		if runs := b.state().Units["ship"].Runs; len(runs) > 0 {
			t.Errorf("they are runs of ship, too: %v", runs)
		}
		end <- &tasks.ExitError{Exit: tasks.Exit{Code: 1}, Reason: "no room"}
		synctest.Wait()
		r := b.state().Runs["deploy#2"]
		got := fmt.Sprint(r.Status, ", ", r.Error, ", ", r.Cause, ", ", r.Params["to"], ", ", b.state().Lines["deploy#2"], " line")
		if diff := cmp.Diff("failed, no room, key r, staging, 1 line", got); diff != "" {
			t.Error(diff)
		}
		if len(b.past) != 1 || b.past[0].ID != "deploy#2" {
			t.Errorf("recorded: %+v", b.past)
		}
	})
}

func TestARunOfAnEarlierHostIsCancelledAsOneOfThisOne(t *testing.T) {
	l, units, earlier := yard()
	var why error
	l.goesOn = func(ctx context.Context, _ tasks.Sink) error {
		<-ctx.Done()
		why = context.Cause(ctx)
		return why
	}
	afterRestart(t, l, units, earlier, func(b *bench) {
		b.do(tasks.Stop{Names: []string{"deploy"}})
		b.stands("deploy", "1 succeeded, 2 cancelled")
		if !errors.Is(why, tasks.ErrCancelled) {
			t.Errorf("it ended by %v", why)
		}
	})
}

func TestARunOfAnEarlierHostSaysWhatItWaitsForUntilItsSystemAnswers(t *testing.T) {
	l, units, earlier := yard()
	earlier[1].URL = "http://yard/9"
	l.goesOn = func(ctx context.Context, _ tasks.Sink) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	l.refuses = errors.New("no route")
	afterRestart(t, l, units, earlier, func(b *bench) {
		want := []tasks.Hold{{Why: "The yard can't be reached: no route", Stuck: true}}
		if diff := cmp.Diff(want, b.state().Runs["deploy#2"].Holds); diff != "" {
			t.Error(diff)
		}
		// A stop says that it is none.
		err := b.e.Do(context.Background(), tasks.Stop{Names: []string{"deploy"}})
		said := "deploy#2 can't be cancelled now: The yard can't be reached: no route; stop it again when it is connected   ·   http://yard/9"
		if err == nil || err.Error() != said {
			t.Errorf("stop said  %v\nwant       %s", err, said)
		}
		if err := b.e.Do(context.Background(), tasks.Cancel{ID: "deploy#2"}); err == nil || err.Error() != "The yard is not connected: no route" {
			t.Errorf("cancel said %v", err)
		}
		b.stands("deploy", "1 succeeded, 2 running")
		l.mu.Lock()
		l.refuses = nil
		l.mu.Unlock()
		pass(retryLast)
		if got := b.state().Runs["deploy#2"].Holds; len(got) > 0 || len(l.resumed) != 1 {
			t.Errorf("it waits for %v, resumed %v", got, l.resumed)
		}
		b.do(tasks.Stop{Names: []string{"deploy"}})
		b.stands("deploy", "1 succeeded, 2 cancelled")
	})
}

func TestARunThatIsKnownInAnotherSystemIsKeptAtOnceAndNotEndedByAHostThatLeaves(t *testing.T) {
	l, units, _ := yard()
	l.run = func(ctx context.Context, s tasks.Sink) error {
		s.Emit(tasks.RunLinked{External: "10"})
		<-ctx.Done()
		return context.Cause(ctx)
	}
	var b *bench
	afterRestart(t, l, units, nil, func(on *bench) {
		b = on
		b.do(tasks.RunTask{Name: "deploy"})
	})
	var got []string
	for _, r := range b.past {
		got = append(got, fmt.Sprint(r.ID, " is ", r.External, ", ", r.Status))
	}
	if diff := cmp.Diff([]string{"deploy#1 is 10, running"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAKilledHostTookAlongIsRecordedAndThoseWhoKeptItAreTold(t *testing.T) {
	w := &tasks.Sweep{ID: "train#3", Swept: []string{"lr"}, Parallel: 1, Runs: 3}
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Hour)
	var earlier []tasks.Run
	for n, status := range []tasks.Status{tasks.Succeeded, tasks.Running, tasks.Queued} {
		id := tasks.NewRunID("train", 3+n)
		r := tasks.Run{ID: id, Task: "train", Number: 3 + n, Status: status, Sweep: w, Log: logs.Key(id), QueuedAt: began, EndLine: -1}
		if status != tasks.Queued {
			r.External, r.StartedAt = fmt.Sprint("x", n), began.Add(time.Minute)
		}
		earlier = append(earlier, r)
	}
	earlier = append(earlier, tasks.Run{ID: "fit#7", Task: "fit", Number: 7, Status: tasks.Running, External: "x7", Log: "fit", StartedAt: began, EndLine: -1})
	for name, c := range map[string]struct {
		deaf error
		past []string
	}{
		"told":        {nil, []string{"fit#7 cancelled: the host was killed while it ran", "train#4 cancelled: the host was killed while it ran", "train#5 skipped: the host was killed before it began"}},
		"not reached": {errors.New("the server was not told"), nil},
	} {
		l := &lasting{system: &system{}, deaf: c.deaf}
		afterRestart(t, l, []config.Unit{train(), task("fit")}, slices.Clone(earlier), func(b *bench) {
			var shown []string
			st := b.state()
			for _, r := range st.SweepRuns(w.ID) {
				shown = append(shown, fmt.Sprint(r.Number, " ", r.Status, " ", r.Duration(time.Time{})))
			}
			if diff := cmp.Diff([]string{"3 succeeded 0s", "4 cancelled 0s", "5 skipped 0s"}, shown); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			slices.Sort(b.r.buried)
			if diff := cmp.Diff([]string{"fit, 7 cancelled", "train, 3 succeeded, 4 cancelled, 5 skipped"}, b.r.buried); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			if _, said := st.Notices["killed/train"]; said != (c.deaf != nil) {
				t.Errorf("%s: notices are %v", name, st.Notices)
			}
			var past []string
			for _, r := range b.past {
				past = append(past, fmt.Sprint(r.ID, " ", r.Status, ": ", r.Error))
			}
			slices.Sort(past)
			if diff := cmp.Diff(c.past, past); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		})
	}
}

func TestASweepOfAnEarlierHostIsLookedAtUntilThereIsANewerOne(t *testing.T) {
	w := &tasks.Sweep{ID: "train#3", Swept: []string{"lr"}, Parallel: 1, Runs: 2}
	var earlier []tasks.Run
	for n := 3; n <= 4; n++ {
		id := tasks.NewRunID("train", n)
		earlier = append(earlier, tasks.Run{ID: id, Task: "train", Number: n, Status: tasks.Failed, Error: "exit 1", Sweep: w, Log: logs.Key(id)})
	}
	l := &lasting{system: &system{}}
	afterRestart(t, l, []config.Unit{train()}, earlier, func(b *bench) {
		trainable(b)
		b.e.numbers["train"] = 4
		st := b.state()
		if got, ok := st.LastSweep("train"); !ok || got.ID != w.ID || len(st.SweepRuns(w.ID)) != 2 || st.Sweeping(got) {
			t.Errorf("the last sweep is %+v of %d runs", got, len(st.SweepRuns(w.ID)))
		}
		if _, ran := st.Current("train"); ran || len(st.Alerts()) > 0 {
			t.Errorf("it counts as what the task is now: %v", st.Alerts())
		}
		b.do(tasks.RunTask{Name: "train"})
		takes(2 * time.Minute)
		st = b.state()
		if got, _ := st.LastSweep("train"); got.ID != w.ID {
			t.Errorf("after another run the last sweep is %+v", got)
		}
		b.do(tasks.RunSweep{Name: "train", Sets: rates("1", "2")})
		takes(2 * time.Minute)
		st = b.state()
		if got, _ := st.LastSweep("train"); got.ID != "train#6" || len(st.SweepRuns(w.ID)) != 0 {
			t.Errorf("after another sweep the last one is %+v", got)
		}
	})
}

func TestARunThatEndedWhileNoHostWasThereEndedThen(t *testing.T) {
	l, units, earlier := yard()
	then := earlier[1].StartedAt.Add(5 * time.Minute)
	l.goesOn = func(_ context.Context, s tasks.Sink) error {
		s.Emit(tasks.StepChanged{Step: tasks.Step{Name: "build", Status: tasks.Succeeded, EndedAt: then.Add(-time.Minute)}})
		s.Emit(tasks.StepChanged{Step: tasks.Step{Name: "push", Status: tasks.Succeeded, EndedAt: then}})
		return nil
	}
	afterRestart(t, l, units, earlier, func(b *bench) {
		r := b.state().Runs["deploy#2"]
		if r.Status != tasks.Succeeded || !r.EndedAt.Equal(then) {
			t.Errorf("%s at %v, want %v", r.Status, r.EndedAt, then)
		}
	})
}

func TestAStopEndsTheRunsOfThisHostBesideThoseOfOthers(t *testing.T) {
	l, _, _ := yard()
	l.run = func(ctx context.Context, s tasks.Sink) error {
		s.Emit(tasks.RunLinked{External: fmt.Sprint(10 + len(l.resumed))})
		<-ctx.Done()
		return context.Cause(ctx)
	}
	afterRestart(t, l, nil, nil, func(b *bench) {
		b.do(tasks.RunTask{Name: "ship"})
		b.do(tasks.RunTask{Name: "ship"})
		l.observed(tasks.Run{Task: "ship", External: "20", Status: tasks.Running, QueuedAt: b.e.o.Now(), Cause: tasks.Cause{Kind: tasks.ByOthers, Detail: "by ada"}})
		synctest.Wait()
		b.do(tasks.Stop{Names: []string{"ship"}})
		b.stands("ship", "1 cancelled, 2 cancelled, 3 running")
	})
}

func TestANumberOfAnEarlierHostIsNotGivenAgain(t *testing.T) {
	l, units, earlier := yard()
	l.goesOn = func(ctx context.Context, _ tasks.Sink) error { <-ctx.Done(); return context.Cause(ctx) }
	l.run = func(context.Context, tasks.Sink) error { return nil }
	afterRestart(t, l, units, earlier, func(b *bench) {
		b.do(tasks.RunTask{Name: "deploy"})
		b.stands("deploy", "1 succeeded, 2 running, 3 succeeded")
	})
}
