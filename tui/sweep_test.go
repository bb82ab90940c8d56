package tui_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/screen/history"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// sweep has the build swept over lr: the first of its three runs has ended, the
// second goes on, the third waits. Its tab has the focus.
func (p trip) sweep() trip {
	p.t.Helper()
	emitSweep(p.e)
	p.on("build").See("sweep 1/3").Press("3", "tab").See("build#7  1 of 3 ended  ◐ 1 of 1 at once  ★ loss 0.5  lr=0.1")
	return p
}

func emitSweep(e *tuitest.Engine) {
	w := &tasks.Sweep{ID: "build#7", Swept: []string{"lr"}, Parallel: 1, Runs: 3}
	for i, lr := range []string{"0.1", "0.2", "0.3"} {
		id := tasks.NewRunID("build", 7+i)
		e.Emit(tasks.RunQueued{Run: tasks.Run{ID: id, Task: "build", Number: 7 + i, Params: map[string]string{"lr": lr}, Sweep: w, Log: logs.Key(id), QueuedAt: time.Now()}})
	}
	point := func(id tasks.RunID, name string, step, v float64) {
		e.Emit(tasks.MetricReported{ID: id, Name: name, Point: tasks.Point{Step: step, Value: v, At: time.Now()}})
	}
	e.Emit(tasks.RunStarted{ID: "build#7", At: time.Now()})
	point("build#7", "loss", 0, 0.4)
	point("build#7", "loss", 1, 0.5)
	point("build#7", "acc", 1, 0.9)
	e.Emit(tasks.RunEnded{ID: "build#7", At: time.Now(), Status: tasks.Succeeded}, tasks.RunStarted{ID: "build#8", At: time.Now()})
	point("build#8", "loss", 0, 0.3)
	point("build#8", "acc", 1, 0.8)
}

// sweepJourneys are those of the Sweep tab.
func sweepJourneys() map[string]func(p trip) {
	return map[string]func(p trip){
		"sweep.open": func(p trip) {
			p.sweep().Press("enter").See("build#7  1 Logs", "loss  0.5 at step 1").Press("3", "down", "down", "enter").See("build#9  1 Logs")
			p.on("web").See("web").Gone("build#9")
		},
		"sweep.best": func(p trip) {
			p.sweep().See("▌★    7 0.1").Press("m").See("BEST↑", "▌★    7").Press("up").See("▌◐    8 0.2").Press("m").Gone("BEST↑")
		},
		"sweep.metric":  func(p trip) { p.sweep().See("loss  BEST").Press("M").See("★ acc 0.9") },
		"sweep.sort":    func(p trip) { p.sweep().Press("o").See("RUN↓") },
		"sweep.reverse": func(p trip) { p.sweep().Press("o", "O").See("RUN↑") },
		"sweep.cancel": func(p trip) {
			p.sweep().Press("c").See("build#7 has ended already").Press("down", "c")
			p.sent(tasks.Cancel{ID: "build#8"})
		},
		"sweep.stop": func(p trip) {
			p.sweep().Press("x").See("Stop the sweep build#7?", "1 of its 3 runs go on and are stopped; 1 have not begun").Wait(dialog.Grace).Press("tab", "enter")
			p.sent(tasks.Cancel{ID: "build#7", Sweep: true})
		},
	}
}

func TestAValueThatIsARangeOrAListMakesTheFormASweep(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		unit := config.Unit{Name: "train", Kind: config.Task, Run: "python train.py", Params: []config.Param{
			{Name: "lr", Type: config.ParamFloat, Default: "0.1", HasDefault: true},
			{Name: "optimizer", Choices: []string{"sgd", "adam", "lion"}, Default: "sgd", HasDefault: true},
			{Name: "note"},
		}}
		e := tuitest.NewEngine(unit)
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.Press("down", "t").See("Run train", "LOW..HIGH log COUNT").Gone("at once")
		u.Type("1e-3..1e-1 log").See("it does not say how many values").Press("enter").See("✖ lr: it does not say how many values")
		u.Type(" 3").See("0.001 0.01 0.1", "3 runs  lr 3", "Run 3 times", "at once")
		u.Press("down").Type(",").Press("right", "right").Type(",").See("6 runs  lr 3 × optimizer 2").Press("down").Type("a,b")
		u.Press("down").Type("2").Press("enter")
		var sets []map[string]string
		for _, lr := range []string{"0.001", "0.01", "0.1"} {
			for _, o := range []string{"sgd", "lion"} {
				sets = append(sets, map[string]string{"lr": lr, "optimizer": o, "note": "a,b"})
			}
		}
		want := []tasks.Command{tasks.RunSweep{Name: "train", Sets: sets, Swept: []string{"lr", "optimizer"}, Parallel: 2, Detail: "started by hand"}}
		if diff := cmp.Diff(want, e.Commands()); diff != "" {
			t.Error(diff)
		}
		// What was swept is there again, as it was written. A mark is taken back, and one
		// value is one run.
		u.Press("t").See("1e-3..1e-1 log 3", "6 runs  lr 3 × optimizer 2", "a,b", "at once      2", "Run 6 times")
		u.Type("7").Press("down").Type(",").Press("right", "right").Type(",").Press("enter")
		last := e.Commands()[len(e.Commands())-1]
		if diff := cmp.Diff(tasks.Command(tasks.RunTask{Name: "train", Params: map[string]string{"lr": "7", "optimizer": "lion", "note": "a,b"}, Detail: "started by hand"}), last); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheFormTakesTheValuesOfTheBestRunAndGivesThemBack(t *testing.T) {
	train := config.Unit{Name: "train", Kind: config.Task, Run: "python train.py", Params: []config.Param{
		{Name: "lr", Type: config.ParamFloat, Default: "0.1", HasDefault: true},
		{Name: "optimizer", Choices: []string{"sgd", "adam"}, Default: "sgd", HasDefault: true},
		{Name: "token", Secret: true},
	}}
	run := func(n int, loss float64, lr string, end tasks.Status) history.Past {
		return history.Past{Run: tasks.Run{
			ID: tasks.NewRunID("train", n), Task: "train", Number: n, Status: end, Params: map[string]string{"lr": lr, "optimizer": "adam", "token": "••••"},
			Metrics: map[string]tasks.Series{"loss": {Last: tasks.Point{Value: loss}}},
		}}
	}
	remember := func(context.Context, string) ([]history.Past, error) {
		return []history.Past{run(3, 0.1, "0.3", tasks.Failed), run(2, 0.2, "0.2", tasks.Succeeded), run(1, 0.5, "0.5", tasks.Succeeded)}, nil
	}
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(train)
		u := tuitest.New(t, 120, 36, e, tui.Options{Runs: remember})
		u.Press("down", "r").Type("7").Press("ctrl+r").See("as the best run, train#2: loss 0.2", "lr           0.2", "optimizer    adam")
		u.Press("ctrl+r").Gone("as the best run").See("lr           7", "optimizer    sgd").Press("ctrl+r").See("0.2").Press("enter")
		want := []tasks.Command{tasks.RunTask{Name: "train", Params: map[string]string{"lr": "0.2", "optimizer": "adam"}, Detail: "started by hand"}}
		if diff := cmp.Diff(want, e.Commands()); diff != "" {
			t.Error(diff)
		}
	})
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, tuitest.NewEngine(train), tui.Options{})
		u.Press("down", "r", "ctrl+r").See("no run of train that succeeded has reported a number")
	})
	tracked := train
	tracked.Track = "mlflow"
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(tracked)
		e.Answer = func(q tasks.Query) (tasks.Result, error) {
			if q.Provider != "mlflow" || q.Name != "best" || q.Args["experiment"] != "train" {
				return tasks.Result{}, fmt.Errorf("asked for %+v", q)
			}
			return tasks.Result{
				Text: "auc 0.9", Facts: []tasks.Fact{{Name: "name", Value: "train#9"}},
				Rows: [][]string{{"metric", "auc", "0.9"}, {"param", "lr", "0.05"}, {"param", "batch", "32"}},
			}, nil
		}
		u := tuitest.New(t, 120, 36, e, tui.Options{Runs: remember})
		u.Press("down", "r").See("ctrl+r best run's values").Press("ctrl+r").See("as the best run, train#9: auc 0.9", "lr           0.05")
	})
}

func TestTheFormOfAPipelineTakesTheValuesOfItsBestRunWhoeverBeganIt(t *testing.T) {
	observed := func(n int, params map[string]string, loss float64) tasks.Event {
		return tasks.RunObserved{Run: tasks.Run{
			ID: tasks.NewRunID("deploy", n), Task: "deploy", Number: n, External: fmt.Sprint(n), Observed: true, Status: tasks.Succeeded, Params: params,
			StartedAt: time.Now(), EndedAt: time.Now(), Metrics: map[string]tasks.Series{"loss": {Last: tasks.Point{Value: loss}}},
		}}
	}
	form := func(u *tuitest.User) *tuitest.User {
		return u.Press(":").Type("go ship").Press("enter", "t").Wait(time.Second).See("Run ship")
	}
	inBubble(t, func(t *testing.T) {
		u, _ := hub(t, deployForm)
		form(u).Gone("ctrl+r").Press("ctrl+r").See("no run of ship that is known here has succeeded and told a number", "read when it is looked at")
	})
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, deployForm)
		e.Emit(observed(1, nil, 0.1))
		form(u).See("ctrl+r best run's values").Press("ctrl+r").See("the best run is deploy#1: loss 0.1; it was begun elsewhere, and its", "system does not tell its values")
	})
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, deployForm)
		e.Emit(
			observed(1, map[string]string{"env": "live", "version": "v7", "ref": "old", "other": "x"}, 0.2),
			observed(2, map[string]string{"env": "staging", "version": "v8", "ref": "old"}, 0.3),
		)
		form(u).Press("ctrl+r").See("as the best run, deploy#1: loss 0.2", "(live)", "version    v7", "ref        fix")
	})
}

func TestASweepIsStoppedAfterAQuestionAndItsEndIsShown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := busy()
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		emitSweep(e)
		p := trip{u, e, t}
		p.on("build").Press("s").See("Stop the sweep build#7?").Press("esc")
		e.Emit(tasks.RunEnded{ID: "build#8", At: time.Now(), Status: tasks.Failed, Error: "exit 2"})
		u.See("1 of the 3 runs of its sweep failed; build#8: exit 2")
		e.Emit(tasks.RunEnded{ID: "build#9", At: time.Now(), Status: tasks.Skipped})
		u.See("✖ build", "1/3 failed")
		for i := range 3 { // the next sweep
			id := tasks.NewRunID("build", 10+i)
			w := &tasks.Sweep{ID: "build#10", Swept: []string{"depth"}, Parallel: 3, Runs: 3}
			e.Emit(tasks.RunQueued{Run: tasks.Run{ID: id, Task: "build", Number: 10 + i, Params: map[string]string{"depth": fmt.Sprint(i)}, Sweep: w, Log: logs.Key(id)}})
			e.Emit(tasks.RunStarted{ID: id, At: time.Now()}, tasks.MetricReported{ID: id, Name: "acc", Point: tasks.Point{Value: float64(i)}})
			e.Emit(tasks.RunEnded{ID: id, At: time.Now(), Status: tasks.Succeeded})
		}
		u.See("★ 2").Gone("of its sweep failed").Press("3", "tab").See("depth", "★   12 2")
	})
}
