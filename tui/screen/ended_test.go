package screen

import (
	"slices"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestTheTreeSaysWhyARunWasStoppedAndNotOnlyThatItWas(t *testing.T) {
	for _, c := range []struct {
		run  tasks.Run
		want string
	}{
		{tasks.Run{Exit: &tasks.Exit{Code: 143, Signal: "TERM"}, Error: "not ready within 8s: tcp :5432 refused"}, "not ready within 8s"},
		{tasks.Run{Exit: &tasks.Exit{Code: 137, Signal: "KILL"}, Error: "killed by KILL"}, "killed by KILL"},
		{tasks.Run{Exit: &tasks.Exit{Code: 2}, Error: "exit 2: panic: boom"}, "exit 2"},
		{tasks.Run{Error: "command not found: gunicorn"}, "failed"},
	} {
		if got := ended(c.run); got != c.want {
			t.Errorf("%q: %q, want %q", c.run.Error, got, c.want)
		}
	}
}

func TestARunThatNobodyFollowsIsSaidToBeOutOfSight(t *testing.T) {
	u := tasks.Unit{Task: tasks.Task{Name: "ship", Kind: config.Task, Provider: "hub"}, Runs: []tasks.RunID{"ship#1"}}
	for _, c := range []struct {
		hold tasks.Hold
		want string
	}{
		{tasks.Hold{Why: "GitHub ada/shop is being connected"}, "◐ out of sight: GitHub ada/shop is being connected"},
		{tasks.Hold{Why: "GitHub ada/shop can't be reached: no route", Stuck: true}, "▲ out of sight: GitHub ada/shop can't be reached: no route"},
	} {
		s := tasks.NewState()
		r := tasks.Run{ID: "ship#1", Task: "ship", Status: tasks.Running, External: "9", Holds: []tasks.Hold{c.hold}}
		s.Units["ship"], s.Runs[r.ID] = u, r
		l := taskLook(&s, u, time.Time{}, theme.Dark().Inks())
		if got := l.Glyph + " " + l.Number + ": " + l.Detail; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		var said []string
		for _, line := range Why(&s, "ship", time.Time{}) {
			said = append(said, line.Text)
		}
		if !slices.Contains(said, c.hold.Why) {
			t.Errorf("why says %q", said)
		}
	}
}
