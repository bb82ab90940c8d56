package screen

import (
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks"
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
