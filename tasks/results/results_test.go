package results

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heard is a sink that remembers.
type heard struct {
	mu    sync.Mutex
	tests []string
	notes []string
}

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
	h.tests = append(h.tests, ev.(tasks.TestReported).Test.Name)
}

// script is a runner that does what a test says.
type script func(s tasks.Sink) error

func (f script) Run(_ context.Context, _ tasks.Request, s tasks.Sink) error { return f(s) }

// names reads a file of which every line but "?" is the name of a test.
func names(_ tasks.Task, text []byte, s tasks.Sink) bool {
	if strings.HasPrefix(string(text), "?") {
		return false
	}
	for name := range strings.FieldsSeq(string(text)) {
		s.Emit(tasks.TestReported{Test: tasks.TestResult{Name: name}})
	}
	return true
}

func TestFilesThatTheRunWritesAreRead(t *testing.T) {
	failed := errors.New("exit 1")
	for _, c := range []struct {
		about        string
		before, does map[string]string
		err          error
		tests, notes []string
	}{
		{"written", nil, map[string]string{"out/a.xml": "one two", "out/deep/b.xml": "three"}, failed, []string{"one", "three", "two"}, nil},
		{"of an earlier run", map[string]string{"out/a.xml": "old"}, nil, failed, nil, nil},
		{"written again", map[string]string{"out/a.xml": "old"}, map[string]string{"out/a.xml": "new"}, nil, []string{"new"}, nil},
		{"not declared", nil, map[string]string{"other.xml": "one"}, failed, nil, nil},
		{
			"promised and not written", nil, nil, nil, nil,
			[]string{"it has written no results: nothing that fits out/**/*.xml has changed"},
		},
		{
			"of another kind", nil,
			map[string]string{"out/a.xml": "?"},
			nil, nil,
			[]string{"out/a.xml is no file of results that is known: JUnit XML, SARIF, JSON of jest or vitest"},
		},
	} {
		root := t.TempDir()
		writeAll(t, root, c.before)
		h := &heard{}
		r := New(script(func(s tasks.Sink) error {
			s.Log(logs.Out, []byte("testing\n"))
			writeAll(t, root, c.does)
			return c.err
		}), names)
		task := tasks.Task{Root: root, Spec: config.Unit{Results: []string{"out/**/*.xml"}}}
		if err := r.Run(t.Context(), tasks.Request{Task: task}, h); !errors.Is(err, c.err) {
			t.Errorf("%s: it ended with %v", c.about, err)
		}
		slices.Sort(h.tests)
		if !slices.Equal(h.tests, c.tests) || !slices.Equal(h.notes, c.notes) {
			t.Errorf("%s: tests %q, notes %q", c.about, h.tests, h.notes)
		}
	}
}

// A tool that goes on, and writes its file after every round, is read while it
// runs: when it prints something.
func TestFilesAreReadWhileTheRunPrints(t *testing.T) {
	root := t.TempDir()
	h := &heard{}
	var f *follower
	r := New(script(func(s tasks.Sink) error {
		f = s.(*follower)
		s.Log(logs.Out, []byte("round one\n"))
		writeAll(t, root, map[string]string{"out.xml": "one"})
		f.mu.Lock()
		f.last = f.last.Add(-2 * restLeast) // time passes
		f.mu.Unlock()
		s.Log(logs.Out, []byte("round two\n"))
		f.looking.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		if !slices.Equal(h.tests, []string{"one"}) {
			t.Errorf("while it runs: %q", h.tests)
		}
		return nil
	}), names)
	task := tasks.Task{Root: root, Spec: config.Unit{Results: []string{"*.xml"}}}
	if err := r.Run(t.Context(), tasks.Request{Task: task}, h); err != nil || len(h.tests) != 1 {
		t.Errorf("%v, %q", err, h.tests)
	}
}

func TestATaskWithoutResultsIsLeftAlone(t *testing.T) {
	h := &heard{}
	next := script(func(s tasks.Sink) error {
		if s != tasks.Sink(h) {
			t.Error("its sink is another one")
		}
		return nil
	})
	r := New(next, names)
	if err := r.Run(t.Context(), tasks.Request{}, h); err != nil {
		t.Error(err)
	}
}

func writeAll(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
