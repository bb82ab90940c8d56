package tui_test

import (
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestALogWithoutLinesSaysWhyItHasNone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := hub(t, deployForm)
		run := tasks.Run{
			ID: "deploy#7", Task: "deploy", Number: 7, External: "9", Observed: true, Status: tasks.Running, StartedAt: time.Now(),
			Native: "Pending", Reason: "no worker polls the pool main",
		}
		e.Emit(tasks.RunObserved{Run: run})
		u.Press(":").Type("go deploy").Press("enter").Wait(time.Second).See("No output yet. It is Pending: no worker polls the pool main.")
		run.Status, run.EndedAt, run.Error = tasks.Failed, time.Now(), "it was deleted there"
		e.Emit(tasks.RunObserved{Run: run})
		u.Wait(time.Second).See("It printed nothing: it was deleted there").Gone("No output yet")
	})
}

func TestATaskWhoseNumbersAreRecordedHasCurvesFromTheBeginning(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(config.Unit{Name: "fit", Kind: config.Task, Run: "fit", Track: "mlflow"}, config.Unit{Name: "try", Kind: config.Task, Run: "try"})
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.Press(":").Type("go fit").Press("enter").See("2 Curves").Gone("2 Tests").Press("2").See("No numbers yet.")
		u.Press(":").Type("go try").Press("enter").See("2 Tests").Gone("Curves")
	})
}
