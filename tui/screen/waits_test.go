package screen

import (
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestTheRowOfATaskSaysThatOneMoreRunWaits(t *testing.T) {
	s := tasks.NewState()
	s.Apply(tasks.Configured{Tasks: []tasks.Task{{Name: "test", Of: "test", Kind: config.Task, Title: "go test ./..."}}})
	s.Apply(tasks.RunQueued{Run: tasks.Run{ID: "test#1", Task: "test", Number: 1}})
	s.Apply(tasks.RunStarted{ID: "test#1"})
	look := func() string { return LookOf(&s, "test", time.Time{}, &theme.Inks{}).Detail }
	if got := look(); got != "go test ./..." {
		t.Errorf("before: %s", got)
	}
	s.Apply(tasks.RunQueued{Run: tasks.Run{ID: "test#2", Task: "test", Number: 2, Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"cart.go"}}}})
	if got := look(); got != "+1 waits: cart.go changed" {
		t.Error(got)
	}
}
