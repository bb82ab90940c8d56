package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestWhySaysThatOneMoreRunFollows(t *testing.T) {
	s := tasks.NewState()
	s.Apply(tasks.Configured{Tasks: []tasks.Task{{Name: "test", Of: "test", Kind: config.Task}}})
	s.Apply(tasks.RunQueued{Run: tasks.Run{ID: "test#1", Task: "test", Number: 1, Cause: tasks.Cause{Kind: tasks.ByStart}}})
	s.Apply(tasks.RunStarted{ID: "test#1"})
	s.Apply(tasks.RunQueued{Run: tasks.Run{ID: "test#2", Task: "test", Number: 2, Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"cart.go"}}}})
	want := link{Name: "test", Status: "running", Why: []string{"began because: workspace came up", "after it, test#2 runs: cart.go changed"}}
	if diff := cmp.Diff(want, chain(&s, "test", nil)); diff != "" {
		t.Error(diff)
	}
}
