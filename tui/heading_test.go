package tui

import (
	"context"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestTabsKeepAsMuchOfTheirNamesAsThereIsRoomFor(t *testing.T) {
	all := taskTabs(tells{tests: true, numbers: true, steps: true})
	tests := []struct {
		names   []string
		w       int
		gap     string
		letters int
	}{
		{serviceTabs(), 80, "  ", len("Config")},
		{serviceTabs(), 44, " ", len("Config")},
		{taskTabs(tells{}), 50, " ", 4},
		{all, 54, " ", 3},
		{all, 48, " ", 2},
		{all, 40, " ", 0},
	}
	for _, tt := range tests {
		gap, letters := tabRoom(tt.names, tt.names[1], tt.w)
		if gap != tt.gap || letters != tt.letters {
			t.Errorf("%s in %d: %q between, %d letters", strings.Join(tt.names, " "), tt.w, gap, letters)
		}
	}
}

func TestTheHeaderNamesTheBranchAndSeesThatItChanged(t *testing.T) {
	branch := "main"
	s := blank()
	s.opt.Branch = func() string { return branch }
	s.state.Workspace.Name = "shop"
	s.w, s.h = 120, 36
	s.Update(s.askBranch()())
	if got := s.headerLine("12:04"); !strings.Contains(ansi.Strip(got), " shop ▸ main ") {
		t.Errorf("%q", got)
	}
	s.opt.Uncommitted = func(context.Context) bool { return true }
	_, look := s.Update(gitMsg{})
	s.Update(look())
	if got := s.headerLine("12:04"); !strings.Contains(ansi.Strip(got), " shop ▸ main* ") {
		t.Errorf("not committed: %q", got)
	}
	branch = "fix/\x1b]0;cart\a"
	s.Update(s.askBranch()())
	s.w = 80
	if got := ansi.Strip(s.header()[0]); !strings.Contains(got, " shop ▸ fix/* ") {
		t.Errorf("%q", got)
	}
	s.w = 50
	if got := ansi.Strip(s.header()[0]); strings.Contains(got, "▸") {
		t.Errorf("%q", got)
	}
}

func TestTheHeaderSeesABranchThatWasCheckedOutWhileItIsTested(t *testing.T) {
	s := blank()
	s.state.Workspace.Name = "shop"
	s.w, s.h = 120, 36
	asked := 0
	s.opt.Branch = func() string { asked++; return "fix" }
	s.Apply(tasks.Configured{Tasks: []tasks.Task{{Name: "test", Of: "test", Kind: config.Task}}})
	run := func(id tasks.RunID, files ...string) tasks.Event {
		return tasks.RunQueued{Run: tasks.Run{ID: id, Task: "test", Cause: tasks.Cause{Kind: tasks.ByWatch, Files: files}}}
	}
	s.Apply(run("test#1", "a.go", "b.go"))
	s.Update(s.Apply(tasks.RunStarted{ID: "test#1"})())
	if got := ansi.Strip(s.headerLine("12:04")); !strings.Contains(got, " ▸ fix ") {
		t.Errorf("%q", got)
	}
	s.Apply(tasks.RunEnded{ID: "test#1", Status: tasks.Succeeded}, run("test#2", "a.go"))
	if cmd := s.Apply(tasks.RunStarted{ID: "test#2"}); cmd != nil || asked != 1 {
		t.Errorf("asked for one save: %d times", asked)
	}
}
