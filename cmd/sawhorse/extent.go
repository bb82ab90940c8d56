package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
)

// extent is how much of a task the flags of run ask for.
type extent struct {
	all, failed, near bool
	only              []string
}

// scope is all of it, unless a flag says otherwise: in CI a run is whole.
func (x extent) scope() tasks.Scope {
	switch {
	case x.failed:
		return tasks.ScopeFailed
	case x.near:
		return tasks.ScopeNear
	}
	return tasks.ScopeAll
}

// tests finds the tests that --only names among those that the task has ever
// reported: many tools report only those that fail.
func (x extent) tests(ctx context.Context, p place, task string) ([]tasks.TestName, error) {
	if len(x.only) == 0 {
		return nil, nil
	}
	store, err := history.Open(filepath.Join(p.state, "history.db"))
	if err != nil {
		return nil, err
	}
	defer store.Close()
	known, err := store.Known(ctx, task)
	if err != nil {
		return nil, err
	}
	var all []tasks.TestName
	for _, word := range x.only {
		found := matchTests(known, word)
		if len(found) == 0 {
			found = []tasks.TestName{{Name: word}} // the task's tool looks for it
		}
		for _, t := range found {
			if !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	return all, nil
}

// matchTests are the tests that a word names: exactly, as NAME, "SUITE NAME",
// SUITE/NAME or SUITE::NAME, else those with the word in their name.
func matchTests(known []tasks.TestName, word string) []tasks.TestName {
	var exact, part []tasks.TestName
	for _, t := range known {
		switch {
		case word == t.Name, word == t.Suite+" "+t.Name, word == t.Suite+"/"+t.Name, word == t.Suite+"::"+t.Name:
			exact = append(exact, t)
		case strings.Contains(strings.ToLower(t.Name), strings.ToLower(word)):
			part = append(part, t)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return part
}

// uncommitted are the files of the workspace that differ from the last commit,
// relative to it.
func uncommitted(ctx context.Context, root string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	top, err := git(ctx, root, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	status, err := git(ctx, root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all", "--", ".")
	if err != nil {
		return nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, err
	}
	var files []string
	for line := range strings.SplitSeq(string(status), "\x00") {
		if len(line) < 4 {
			continue
		}
		rel, err := filepath.Rel(root, filepath.Join(strings.TrimRight(string(top), "\n"), filepath.FromSlash(line[3:])))
		if err == nil && filepath.IsLocal(rel) {
			files = append(files, filepath.ToSlash(rel))
		}
	}
	return files, nil
}

// check refuses flags that contradict each other.
func (x extent) check() error {
	n := 0
	for _, set := range []bool{x.all, x.failed, x.near, len(x.only) > 0} {
		if set {
			n++
		}
	}
	if n > 1 {
		return &fault{code: exitUsage, err: errors.New("--all, --failed, --near and --only exclude each other"), hint: "give one of them"}
	}
	return nil
}
