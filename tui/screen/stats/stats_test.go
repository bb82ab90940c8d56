package stats_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/screen/stats"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestUsageIsAwaitedOnlyOfWhatRunsHere(t *testing.T) {
	for provider, want := range map[string]bool{"": true, "github": false} {
		s := tasks.NewState()
		s.Units["ship"] = tasks.Unit{Task: tasks.Task{Name: "ship", Kind: config.Task, Provider: provider}, Runs: []tasks.RunID{"ship#1"}}
		s.Runs["ship#1"] = tasks.Run{ID: "ship#1", Task: "ship", Status: tasks.Running, StartedAt: time.Now()}
		f := screen.Frame{W: 60, H: 10, State: &s, Unit: "ship", Ink: theme.Dark().Inks(), Now: time.Now()}
		text := ansi.Strip(strings.Join(stats.Lines(f), "\n"))
		if !strings.Contains(text, "up since") || strings.Contains(text, "not sampled yet") != want {
			t.Errorf("of a run of %q it says\n%s", provider, text)
		}
	}
}
