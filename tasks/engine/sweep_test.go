package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// trainable is a task with a parameter whose runs take a minute.
func trainable(b *bench) {
	b.r.script["train"] = func(ctx context.Context, q tasks.Request, s tasks.Sink) error {
		s.Log(logs.Out, []byte("lr is "+q.Params["lr"]+"\n"))
		select {
		case <-time.After(time.Minute):
			return nil
		case <-ctx.Done():
			return &tasks.ExitError{Exit: tasks.Exit{Code: 143, Signal: "TERM"}}
		}
	}
}

func train() config.Unit {
	u := task("train")
	u.Params = []config.Param{{Name: "lr", Type: config.ParamFloat, HasDefault: true, Default: "1"}}
	return u
}

func rates(values ...string) []map[string]string {
	var sets []map[string]string
	for _, v := range values {
		sets = append(sets, map[string]string{"lr": v})
	}
	return sets
}

// standing is each run of a task with its status.
func (b *bench) standing(task string) string {
	s := b.state()
	var all []string
	for _, id := range s.Units[task].Runs {
		all = append(all, fmt.Sprintf("%d %s", s.Runs[id].Number, s.Runs[id].Status))
	}
	return strings.Join(all, ", ")
}

func (b *bench) stands(task, want string) {
	b.Helper()
	if diff := cmp.Diff(want, b.standing(task)); diff != "" {
		b.Fatal(diff)
	}
}

func TestTheRunsOfASweepGoOnBesideEachOtherAsManyAsItSays(t *testing.T) {
	onEngine(t, []config.Unit{train()}, func(b *bench) {
		trainable(b)
		b.do(tasks.RunSweep{Name: "train", Sets: rates("0.1", "0.2", "0.3"), Swept: []string{"lr"}, Parallel: 2})
		b.stands("train", "1 running, 2 running, 3 queued")
		s := b.state()
		if diff := cmp.Diff([]tasks.Hold{{On: "train", Why: "2 of its sweep run at once; its turn comes"}}, s.Runs["train#3"].Holds); diff != "" {
			t.Fatal(diff)
		}
		want := &tasks.Sweep{ID: "train#1", Swept: []string{"lr"}, Parallel: 2, Runs: 3}
		for i, rate := range []string{"0.1", "0.2", "0.3"} {
			r := s.Runs[tasks.NewRunID("train", i+1)]
			if diff := cmp.Diff(want, r.Sweep); diff != "" || r.Params["lr"] != rate || r.Log != logs.Key(r.ID) {
				t.Errorf("%s has lr %s and its log is %s\n%s", r.ID, r.Params["lr"], r.Log, diff)
			}
		}
		pass(90 * time.Second)
		b.stands("train", "1 succeeded, 2 succeeded, 3 running")
		pass(time.Minute)
		b.stands("train", "1 succeeded, 2 succeeded, 3 succeeded")
		if s := b.state(); s.Lines["train#3"] != 1 {
			t.Errorf("the log of the third has %d lines", s.Lines["train#3"])
		}
		var past []string // each also before it begins: a host that is killed keeps it
		for _, r := range b.past {
			past = append(past, fmt.Sprint(r.ID, " ", r.Status))
		}
		slices.Sort(past) // the first two end at the same time
		all := []string{
			"train#1 queued", "train#1 running", "train#1 succeeded", "train#2 queued", "train#2 running", "train#2 succeeded",
			"train#3 queued", "train#3 running", "train#3 succeeded",
		}
		if diff := cmp.Diff(all, past); diff != "" {
			t.Error(diff)
		}
	})
}

func TestASweepNeverTakesMoreThanJobsAllows(t *testing.T) {
	onEngine(t, []config.Unit{train(), task("lint")}, func(b *bench) {
		trainable(b)
		b.r.script["lint"] = func(ctx context.Context, _ tasks.Request, _ tasks.Sink) error { <-ctx.Done(); return nil }
		b.file.Jobs = 3
		b.do(tasks.Reload{})
		b.do(tasks.RunTask{Name: "lint"})
		b.do(tasks.RunSweep{Name: "train", Sets: rates("1", "2", "3", "4"), Parallel: 4})
		b.stands("train", "1 running, 2 running, 3 queued, 4 queued")
		if h := b.state().Runs["train#3"].Holds; len(h) != 1 || h[0].Why != "3 tasks run already, which is as many as jobs: allows" {
			t.Errorf("it waits because of %v", h)
		}
		// Without a number it is as many as jobs.
		b.do(tasks.Cancel{ID: "train#1", Sweep: true})
		b.do(tasks.RunSweep{Name: "train", Sets: rates("1", "2", "3", "4")})
		if w, _ := b.state().LastSweep("train"); w.Parallel != 3 {
			t.Errorf("%d at once", w.Parallel)
		}
	})
}

func TestOneRunOfASweepOrAllOfItIsCancelled(t *testing.T) {
	onEngine(t, []config.Unit{train()}, func(b *bench) {
		trainable(b)
		b.do(tasks.RunSweep{Name: "train", Sets: rates("1", "2", "3", "4", "5"), Parallel: 2})
		b.do(tasks.Cancel{ID: "train#1"})
		b.do(tasks.Cancel{ID: "train#4"})
		b.stands("train", "1 cancelled, 2 running, 3 running, 4 skipped, 5 queued")
		b.do(tasks.Cancel{ID: "train#2", Sweep: true})
		b.stands("train", "1 cancelled, 2 cancelled, 3 cancelled, 4 skipped, 5 skipped")
		b.refused(tasks.Cancel{ID: "train#2", Sweep: true}, "the sweep train#1 has ended already")
	})
}

func TestAnotherRunWaitsForASweepAndASweepForAnotherRun(t *testing.T) {
	u := watching(train(), "*.py")
	onEngine(t, []config.Unit{u}, func(b *bench) {
		trainable(b)
		b.do(tasks.RunTask{Name: "train"})
		b.do(tasks.RunSweep{Name: "train", Sets: rates("1", "2"), Parallel: 2})
		b.do(tasks.RunTask{Name: "train", Params: map[string]string{"lr": "7"}}) // it takes the place of the first
		b.stands("train", "1 cancelled, 2 running, 3 running, 4 queued")
		b.save("train.py") // a save ends no sweep: on_busy is about what runs alone
		b.stands("train", "1 cancelled, 2 running, 3 running, 4 queued")
		if h := b.state().Runs["train#4"].Holds; len(h) != 1 || h[0].Why != "the sweep train#2 is not at its end" {
			t.Errorf("it waits because of %v", h)
		}
		b.do(tasks.RunSweep{Name: "train", Sets: rates("1", "2"), Parallel: 2})
		if h := b.state().Runs["train#5"].Holds; len(h) != 1 || h[0].Why != "the sweep train#2 is not at its end" {
			t.Errorf("it waits because of %v", h)
		}
		pass(61 * time.Second)
		b.stands("train", "1 cancelled, 2 succeeded, 3 succeeded, 4 running, 5 queued, 6 queued")
		if h := b.state().Runs["train#6"].Holds; len(h) != 1 || h[0].Why != "train#4 is still running" {
			t.Errorf("it waits because of %v", h)
		}
		pass(time.Minute)
		b.stands("train", "1 cancelled, 2 succeeded, 3 succeeded, 4 succeeded, 5 running, 6 running")
		b.do(tasks.Stop{Names: []string{"train"}})
		b.stands("train", "1 cancelled, 2 succeeded, 3 succeeded, 4 succeeded, 5 cancelled, 6 cancelled")
	})
}

func TestASweepIsRefusedAsAWholeWhereOneOfItsRunsCantBe(t *testing.T) {
	onEngine(t, []config.Unit{train(), service("web")}, func(b *bench) {
		b.refused(tasks.RunSweep{Name: "train", Sets: rates("1", "fast")}, `parameter lr of train: "fast" is not of type float`)
		b.refused(tasks.RunSweep{Name: "train"}, "needs at least one set of parameters")
		b.refused(tasks.RunSweep{Name: "train", Sets: slices.Repeat(rates("1"), 201)}, "a sweep is at most 200 runs, and this one is 201")
		b.refused(tasks.RunSweep{Name: "web", Sets: rates("1")}, "web is a service: only tasks are swept")
		b.stands("train", "")
	})
}

func TestASweepStopsWithTheHost(t *testing.T) {
	onEngine(t, []config.Unit{train()}, func(b *bench) {
		trainable(b)
		b.do(tasks.RunSweep{Name: "train", Sets: rates("1", "2", "3"), Parallel: 2})
		b.do(tasks.Down{})
		synctest.Wait()
		b.stands("train", "1 cancelled, 2 cancelled, 3 skipped")
	})
}

func TestTheRunnerIsToldOfTheEndOfASweepOnce(t *testing.T) {
	onEngine(t, []config.Unit{train()}, func(b *bench) {
		trainable(b)
		b.do(tasks.RunSweep{Name: "train", Sets: rates("1", "2"), Parallel: 1})
		b.do(tasks.RunSweep{Name: "train", Sets: rates("3", "4", "5"), Parallel: 1})
		takes(90 * time.Second) // the first run has ended, the second goes on
		if told := b.r.sweeps(); len(told) > 0 {
			t.Errorf("told too early: %v", told)
		}
		takes(time.Minute)
		b.do(tasks.Cancel{ID: "train#5"}) // the last of the second sweep, which has not begun
		b.do(tasks.Cancel{ID: "train#3", Sweep: true})
		takes(time.Minute)
		if diff := cmp.Diff([]string{"train#1 succeeded succeeded", "train#3 cancelled skipped skipped"}, b.r.sweeps()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheRunnerIsToldOfTheEndOfASweepWhoseTaskIsNoMore(t *testing.T) {
	onEngine(t, []config.Unit{train(), task("lint")}, func(b *bench) {
		trainable(b)
		b.do(tasks.RunSweep{Name: "train", Sets: rates("1", "2"), Parallel: 1})
		b.setFile(declare(task("lint")), nil)
		b.do(tasks.Reload{})
		takes(3 * time.Minute)
		if diff := cmp.Diff([]string{"train#1"}, b.r.sweeps()); diff != "" {
			t.Error(diff)
		}
	})
}
