package curves

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heard is a sink that remembers.
type heard struct {
	mu      sync.Mutex
	numbers []string
	params  []map[string]string
	notes   []string
	news    chan struct{} // one slot
}

func hear() *heard { return &heard{news: make(chan struct{}, 1)} }

func (h *heard) Log(stream logs.Stream, p []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if stream == logs.Note {
		h.notes = append(h.notes, strings.TrimSpace(string(p)))
	}
}

func (h *heard) Emit(ev tasks.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m := ev.(type) {
	case tasks.ParamsReported:
		h.params = append(h.params, m.Params)
	case tasks.MetricReported:
		h.numbers = append(h.numbers, fmt.Sprint(m.Name, " ", m.Point.Step, " ", m.Point.Value))
	}
	select {
	case h.news <- struct{}{}:
	default:
	}
}

// await waits until so many numbers were told.
func (h *heard) await(t *testing.T, n int) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		h.mu.Lock()
		told := len(h.numbers)
		h.mu.Unlock()
		if told >= n {
			return
		}
		select {
		case <-h.news:
		case <-deadline:
			t.Fatalf("%d numbers were told, not %d", told, n)
		}
	}
}

// script is a runner that does what a test says.
type script func() error

func (f script) Run(context.Context, tasks.Request, tasks.Sink) error { return f() }

// lines reads files *.num, of which each line is a name, a step and a value, and
// *.last, of which only the newest content counts; given.txt is a parameter.
func lines(file string) (tasks.Growing, bool) {
	if filepath.Base(file) == "given.txt" {
		return tasks.Growing{Home: filepath.Dir(file), Params: func(text []byte) (map[string]string, error) {
			name, v, ok := strings.Cut(string(text), "=")
			if !ok {
				return nil, errors.New("half written")
			}
			return map[string]string{name: v}, nil
		}}, true
	}
	g := tasks.Growing{Home: filepath.Dir(file), Whole: filepath.Ext(file) == ".last"}
	var rest string
	g.Read = func(p []byte, tell func(string, tasks.Point)) error {
		rest += string(p)
		for {
			line, more, ok := strings.Cut(rest, "\n")
			if !ok {
				return nil
			}
			rest = more
			var name string
			var at tasks.Point
			if _, err := fmt.Sscan(line, &name, &at.Step, &at.Value); err != nil {
				return errors.New("a damaged line")
			}
			tell(name, at)
		}
	}
	return g, g.Whole || filepath.Ext(file) == ".num"
}

type place struct {
	*testing.T
	root string
}

func (p place) add(file, text string) {
	p.Helper()
	name := filepath.Join(p.root, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		p.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		p.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		p.Fatal(err)
	}
	if err := f.Close(); err != nil {
		p.Fatal(err)
	}
}

func (p place) remove(file string) {
	p.Helper()
	if err := os.Remove(filepath.Join(p.root, filepath.FromSlash(file))); err != nil && !errors.Is(err, os.ErrNotExist) {
		p.Fatal(err)
	}
}

func (p place) put(file, text string) {
	p.Helper()
	p.remove(file)
	p.add(file, text)
}

func (p place) run(h *heard, declared []string, does script) error {
	p.Helper()
	task := tasks.Task{Root: p.root, Kind: config.Task, Spec: config.Unit{Curves: declared}}
	return New(does, lines).Run(p.Context(), tasks.Request{Task: task}, h)
}

func TestWhatARunWritesIsToldAndNothingOfEarlierOnes(t *testing.T) {
	for about, c := range map[string]struct {
		before func(p place)
		does   func(p place)
		want   []string
	}{
		"a new file": {does: func(p place) { p.add("runs/a/x.num", "loss 1 2\nloss 2 1\n") }, want: []string{"loss 1 2", "loss 2 1"}},
		"one that goes on": {
			func(p place) { p.add("runs/a/x.num", "loss 1 2\n") },
			func(p place) { p.add("runs/a/x.num", "loss 2 1\n") },
			[]string{"loss 2 1"},
		},
		"one that is there": {before: func(p place) { p.add("runs/a/x.num", "loss 1 2\n") }, does: func(place) {}},
		"one that is written anew": {
			func(p place) { p.add("runs/a/x.num", "loss 1 2\nloss 2 1\n") },
			func(p place) { p.put("runs/a/x.num", "loss 1 9\n") },
			[]string{"loss 1 9"},
		},
		"one that is written anew and is as long": {
			func(p place) { p.add("runs/a/x.num", "loss 1 2\nloss 2 1\n") },
			func(p place) { p.put("runs/a/x.num", "loss 1 9\nloss 2 8\n") },
			[]string{"loss 1 9", "loss 2 8"},
		},
		"other kinds": {does: func(p place) { p.add("runs/a/x.txt", "loss 1 2\n") }},
		"another directory": {does: func(p place) {
			p.add("runs/a/x.num", "loss 1 2\n")
			p.add("elsewhere/x.num", "loss 1 3\n")
		}, want: []string{"loss 1 2"}},
	} {
		t.Run(about, func(t *testing.T) {
			p := place{t, t.TempDir()}
			if c.before != nil {
				c.before(p)
			}
			h := hear()
			if err := p.run(h, []string{"runs"}, func() error { c.does(p); return errors.New("exit 1") }); err == nil {
				t.Error("how it ended is not told")
			}
			if diff := cmp.Diff(c.want, h.numbers); diff != "" || len(h.notes) > 0 {
				t.Errorf("%s %q", diff, h.notes)
			}
		})
	}
}

func TestNumbersAreToldWhileTheRunGoesOn(t *testing.T) {
	p, h := place{t, t.TempDir()}, hear()
	err := p.run(h, []string{"runs"}, func() error {
		p.add("runs/a/x.num", "loss 1 2\nloss 2")
		h.await(t, 1)
		p.add("runs/a/x.num", " 1\n")
		h.await(t, 2)
		return nil
	})
	if diff := cmp.Diff([]string{"loss 1 2", "loss 2 1"}, h.numbers); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestFilesThatNobodyNamedAreFoundWhenARunGoesOnForLong(t *testing.T) {
	p, h := place{t, t.TempDir()}, hear()
	p.add("logs/fit/old.num", "loss 1 9\n")
	p.add("src/deep/x.num", "loss 1 8\n")
	past := time.Now().Add(-time.Hour)
	for _, name := range []string{"logs/fit/old.num", "src/deep", "src"} {
		if err := os.Chtimes(filepath.Join(p.root, name), past, past); err != nil {
			t.Fatal(err)
		}
	}
	err := p.run(h, nil, func() error {
		p.add("fresh/x.num", "a 1 1\n") // a new directory, before anybody looks
		h.await(t, 1)
		p.add("logs/fit/x.num", "b 1 1\n") // a directory that tools call so
		p.add("other/x.num", "c 1 1\n")    // a new one
		p.add("src/deep/x.num", "loss 2 8\n")
		h.await(t, 3)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(h.numbers)
	if diff := cmp.Diff([]string{"a 1 1", "logs/fit/b 1 1", "other/c 1 1"}, h.numbers); diff != "" {
		t.Error(diff)
	}
}

func TestAShortRunOfATaskThatNamesNothingIsNotLookedAt(t *testing.T) {
	p, h := place{t, t.TempDir()}, hear()
	if err := p.run(h, nil, func() error { p.add("runs/x.num", "loss 1 2\n"); return nil }); err != nil || len(h.numbers)+len(h.notes) > 0 {
		t.Errorf("%v, %q, %q", err, h.numbers, h.notes)
	}
}

func TestNumbersOfSeveralDirectoriesAreToldApart(t *testing.T) {
	p, h := place{t, t.TempDir()}, hear()
	err := p.run(h, []string{"runs"}, func() error {
		for i, file := range []string{"fit/a/x.num", "fit/a/deep/x.num", "fit/b/x.num", "fit/a/train/x.num", "fit/a/validation/x.num"} {
			p.add("runs/"+file, "loss 1 2\n")
			h.await(t, i+1)
		}
		return nil
	})
	if diff := cmp.Diff([]string{"loss 1 2", "deep/loss 1 2", "b/loss 1 2", "train/loss 1 2", "validation/loss 1 2"}, h.numbers); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestASummaryTellsOnlyWhatNoOtherFileDoes(t *testing.T) {
	p, h := place{t, t.TempDir()}, hear()
	err := p.run(h, []string{"runs"}, func() error {
		p.add("runs/x.num", "loss 1 2\n")
		h.await(t, 1)
		p.put("runs/all.last", "loss 1 2\nacc 1 5\n")
		h.await(t, 2)
		p.put("runs/all.last", "loss 1 2\nacc 1 5\n")
		p.put("runs/all.last", "loss 2 1\nacc 2 6\n")
		h.await(t, 3)
		return nil
	})
	if diff := cmp.Diff([]string{"loss 1 2", "acc 1 5", "acc 2 6"}, h.numbers); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestParametersAreToldOnceTheirDirectoryHasToldANumber(t *testing.T) {
	p, h := place{t, t.TempDir()}, hear()
	p.add("runs/given.txt", "seed=1") // whoever wrote that, no training is there
	p.add("runs/old/given.txt", "lr=1")
	err := p.run(h, []string{"runs"}, func() error {
		p.add("runs/a/given.txt", "lr=0.1")
		p.add("runs/a/x.num", "loss 1 2\n")
		h.await(t, 1)
		p.put("runs/a/given.txt", "lr") // half of it
		p.remove("runs/a/given.txt")
		p.add("runs/a/y.num", "acc 1 2\n")
		h.await(t, 2)
		p.put("runs/a/given.txt", "lr=0.2")
		p.add("runs/b/x.num", "loss 1 2\n")
		p.add("runs/b/given.txt", "lr=0.3")
		p.add("runs/old/x.num", "loss 1 2\n")
		p.put("runs/given.txt", "seed=2")
		h.await(t, 4)
		return nil
	})
	if len(h.params) == 0 {
		t.Fatal("no parameter was told")
	}
	want := map[string]string{"lr": "0.2", "b/lr": "0.3"}
	if diff := cmp.Diff(want, h.params[len(h.params)-1]); diff != "" || err != nil || len(h.notes) > 0 {
		t.Errorf("%v %q %s", err, h.notes, diff)
	}
}

func TestWhatCantBeReadIsSaidOnce(t *testing.T) {
	p, h := place{t, t.TempDir()}, hear()
	err := p.run(h, []string{"runs"}, func() error { p.add("runs/x.num", "loss 1 2\n?\nloss 2 1\n"); return nil })
	if diff := cmp.Diff([]string{"runs/x.num: a damaged line"}, h.notes); diff != "" || err != nil || len(h.numbers) != 1 {
		t.Errorf("%v %q %s", err, h.numbers, diff)
	}
	silent := hear()
	if err := p.run(silent, []string{"runs", "dvclive"}, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	want := []string{"it has written no numbers: nothing new is in runs, dvclive (event files of TensorBoard, DVCLive, a store of MLflow)"}
	if diff := cmp.Diff(want, silent.notes); diff != "" {
		t.Error(diff)
	}
}

func TestATaskMaySayThatNothingIsLookedFor(t *testing.T) {
	p, h := place{t, t.TempDir()}, hear()
	next := script(func() error { return nil })
	task := tasks.Task{Root: p.root, Kind: config.Task, Spec: config.Unit{Curves: []string{"none"}}}
	r := New(next, func(string) (tasks.Growing, bool) { t.Error("a file was asked about"); return tasks.Growing{}, false })
	if err := r.Run(t.Context(), tasks.Request{Task: task}, h); err != nil || len(h.notes) > 0 {
		t.Errorf("%v %q", err, h.notes)
	}
}
