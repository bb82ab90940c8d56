package curves

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// Two runs of a sweep write into one directory side by side.
func TestRunsThatGoOnBesideEachOtherKeepTheirOwnNumbers(t *testing.T) {
	p := place{t, t.TempDir()}
	one, two := hear(), hear()
	// Each file is held by who is named in it.
	held := func(file string, session int) writer {
		switch {
		case strings.HasSuffix(file, "free.num"):
			return unknown
		case strings.HasSuffix(file, fmt.Sprint(session, ".num")):
			return ours
		}
		return another
	}
	runner := New(nil, lines)
	of := func(h *heard, run tasks.RunID, pid int) *follower {
		f := &follower{
			Sink: h, open: lines, run: run, root: p.root, began: watch.FileClock(), files: map[string]*source{}, writerOf: held,
			alone: func() bool { return false }, owner: runner.owner, own: runner.own,
		}
		f.session.Store(int64(pid))
		return f
	}
	a := of(one, "train#1", 1)
	b := of(two, "train#2", 2)
	p.add("runs/a/1.num", "loss 1 1\n")
	p.add("runs/b/2.num", "loss 1 2\n")
	p.add("runs/free.num", "loss 1 3\n")
	p.add("runs/b/more-free.num", "acc 1 4\n") // in a directory of one of them
	files := []string{filepath.Join(p.root, "runs", "a", "1.num"), filepath.Join(p.root, "runs", "b", "2.num"), filepath.Join(p.root, "runs", "free.num"), filepath.Join(p.root, "runs", "b", "more-free.num")}
	for range 2 {
		a.look(files)
		b.look(files)
		p.add("runs/b/2.num", "loss 2 2\n")
	}
	if diff := cmp.Diff([]string{"loss 1 1"}, one.numbers); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"loss 1 2", "acc 1 4", "loss 2 2"}, two.numbers); diff != "" {
		t.Error(diff)
	}
	want := []string{"several runs go on, and which of them writes runs/free.num can't be told: give each a directory of its own"}
	if diff := cmp.Diff(want, one.notes); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatSaysWhoseItIsAndADatabaseAreAsked(t *testing.T) {
	p, h := place{t, t.TempDir()}, hear()
	var asked tasks.Written
	open := func(file string) (tasks.Growing, bool) {
		g, ok := lines(file)
		g.By = func() tasks.RunID { return tasks.RunID(strings.TrimSuffix(filepath.Base(file), ".num")) }
		if filepath.Ext(file) == ".db" {
			ok = true
			g = tasks.Growing{Home: filepath.Dir(file), Look: func(of tasks.Written, tell func(string, tasks.Point)) error {
				asked = of
				if text, err := os.ReadFile(file); err != nil || string(text) != "more\n" {
					return errors.New("no database")
				}
				tell("acc", tasks.Point{Step: 1, Value: 5})
				return nil
			}}
		}
		return g, ok
	}
	task := tasks.Task{Root: p.root, Kind: config.Task, Spec: config.Unit{Curves: []string{"runs"}}}
	does := script(func() error {
		p.add("runs/train#1.num", "loss 1 2\n")
		p.add("runs/train#2.num", "loss 1 3\n")
		p.add("runs/x.db", "more\n")
		h.await(t, 2)
		p.put("runs/x.db", "less\n")
		return nil
	})
	if err := New(does, open).Run(t.Context(), tasks.Request{Run: "train#1", Task: task}, h); err != nil {
		t.Fatal(err)
	}
	// At the end all are looked at once more, the database too.
	if diff := cmp.Diff([]string{"loss 1 2", "acc 1 5"}, h.numbers); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"runs/x.db: no database"}, h.notes); diff != "" {
		t.Error(diff)
	}
	if asked.Run != "train#1" || !asked.Alone || asked.Began.IsZero() {
		t.Errorf("asked for %+v", asked)
	}
}
