package tui_test

import (
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestTheKeysThatRunAPartOfATaskStartNoTraining(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(config.Unit{Name: "train", Kind: config.Task, Run: "python train.py", Params: []config.Param{
			{Name: "lr", Type: config.ParamFloat, Default: "0.1", HasDefault: true},
		}})
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		e.Emit(
			tasks.RunQueued{Run: tasks.Run{ID: "train#1", Task: "train", Number: 1, QueuedAt: time.Now()}},
			tasks.RunStarted{ID: "train#1", At: time.Now()},
			tasks.MetricReported{ID: "train#1", Name: "loss", Point: tasks.Point{Value: 0.5, At: time.Now()}},
			tasks.RunEnded{ID: "train#1", At: time.Now(), Status: tasks.Failed},
		)
		const why = "it tells of no tests: r asks" // for its parameters and runs it
		u.Press("down", "f").See("Run only what failed last time: " + why).Press("n").See("the last change can affect: " + why)
		if got := e.Commands(); len(got) > 0 {
			t.Errorf("sent %v", got)
		}
	})
}
