package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// repo is a repository in which everything is old.
type repo struct {
	t    *testing.T
	root string
	code *code
}

// yesterday is when everything in a repo was written, later when a run began.
func yesterday() time.Time { return time.Now().Add(-24 * time.Hour) }
func later() time.Time     { return time.Now().Add(-time.Hour) }

func newRepo(t *testing.T) repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not here")
	}
	r := repo{t: t, root: t.TempDir()}
	r.code = newCode(r.root, func() []string { return []string{filepath.Join(r.root, "sawhorse.local.yml")} })
	r.git("init", "-q")
	r.write(".gitignore", "*.out\nsawhorse.local.yml\n")
	r.write("cart.go", "package cart")
	r.write("pay/pay.go", "package pay")
	r.commit()
	return r
}

func (r repo) git(args ...string) {
	r.t.Helper()
	args = append([]string{"-C", r.root, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)
	if out, err := exec.CommandContext(r.t.Context(), "git", args...).CombinedOutput(); err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (r repo) commit() {
	r.t.Helper()
	r.git("add", ".")
	r.git("commit", "-q", "--allow-empty", "-m", "x")
	r.age()
	r.git("update-index", "-q", "--refresh") // the index remembers how old it all is
	r.age()
}

func (r repo) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r repo) remove(name string) {
	r.t.Helper()
	if err := os.Remove(filepath.Join(r.root, name)); err != nil {
		r.t.Fatal(err)
	}
}

// age makes everything as old as if it had been written yesterday.
func (r repo) age() {
	r.t.Helper()
	err := filepath.WalkDir(r.root, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, yesterday(), yesterday())
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// mark is what a run that began an hour ago and has just ended is told.
func (r repo) mark() string {
	r.t.Helper()
	return r.code.of(r.t.Context(), ranTests()).Print
}

func ranTests() tasks.Run {
	return tasks.Run{ID: "test#1", StartedAt: later(), Tests: []tasks.TestResult{{Name: "Pay"}}}
}

func TestCodeIsTheSameWhenNothingThatCountsIsDifferent(t *testing.T) {
	for name, change := range map[string]func(repo){
		"nothing":                    func(repo) {},
		"a save without a change":    func(r repo) { r.write("cart.go", "package cart") },
		"a file that git ignores":    func(r repo) { r.write("test.out", "x") },
		"a change and back":          func(r repo) { r.write("cart.go", "broken"); r.age(); r.write("cart.go", "package cart") },
		"a branch of the same":       func(r repo) { r.git("checkout", "-q", "-b", "topic") },
		"a file that came and went":  func(r repo) { r.write("new.go", "x"); r.age(); r.remove("new.go") },
		"the same changes once more": func(r repo) { r.git("add", "."); r.git("reset", "-q") },
	} {
		r := newRepo(t)
		before := r.mark()
		change(r)
		r.age()
		if after := r.mark(); before == "" || after != before {
			t.Errorf("%s: %q, before %q", name, after, before)
		}
	}
}

func TestCodeIsAnotherWhenAnythingIsDifferent(t *testing.T) {
	for name, change := range map[string]func(repo){
		"a changed file":             func(r repo) { r.write("cart.go", "package card") },
		"a new file":                 func(r repo) { r.write("new.go", "x") },
		"a new file in a new folder": func(r repo) { r.write("a/b/new.go", "x") },
		"a file with a strange name": func(r repo) { r.write("a b\u00e9.go", "x") },
		"a removed file":             func(r repo) { r.remove("cart.go") },
		"another commit":             func(r repo) { r.write("cart.go", "package card"); r.commit() },
		"the workspace's own file":   func(r repo) { r.write("sawhorse.local.yml", "version: 1") },
		"a staged change":            func(r repo) { r.write("cart.go", "package card"); r.git("add", ".") },
	} {
		r := newRepo(t)
		before := r.mark()
		change(r)
		r.age()
		if after := r.mark(); before == "" || after == "" || after == before {
			t.Errorf("%s: %q, before %q", name, after, before)
		}
	}
}

func TestChangedFilesAreToldByWhatTheyHold(t *testing.T) {
	r := newRepo(t)
	seen := map[string]string{}
	for _, text := range []string{"package cart // a", "package cart // b", "package cart // a"} {
		r.write("cart.go", text)
		r.write("new.go", text)
		r.age()
		mark := r.mark()
		if before, ok := seen[text]; ok && before != mark {
			t.Errorf("%q: %q, before %q", text, mark, before)
		}
		seen[text] = mark
	}
	if len(seen) != 2 || seen["package cart // a"] == seen["package cart // b"] {
		t.Errorf("prints: %q", seen)
	}
}

func TestCodeThatChangedDuringTheRunIsNotKnown(t *testing.T) {
	for name, change := range map[string]func(repo){
		"a changed file":            func(r repo) { r.write("cart.go", "package card") },
		"a new file":                func(r repo) { r.write("pay/new.go", "x") },
		"a removed file":            func(r repo) { r.remove("pay/pay.go") },
		"a change that was undone":  func(r repo) { r.write("cart.go", "broken"); r.age(); r.write("cart.go", "package cart") },
		"another commit":            func(r repo) { r.write("cart.go", "package card"); r.commit(); r.git("checkout", "-q", "HEAD~1") },
		"the workspace's own file":  func(r repo) { r.write("sawhorse.local.yml", "version: 1") },
		"what only the watch heard": func(r repo) { r.code.heard(watch.Batch{Settled: time.Now()}) },
	} {
		r := newRepo(t)
		change(r)
		if mark := r.mark(); mark != "" {
			t.Errorf("%s: %q", name, mark)
		}
	}
}

func TestACommitIsKnownWithWhetherThereWereChangesOnTop(t *testing.T) {
	r := newRepo(t)
	clean := r.code.of(t.Context(), ranTests())
	if len(clean.Commit) != 40 || clean.Dirty {
		t.Errorf("clean: %+v", clean)
	}
	r.write("cart.go", "package card")
	if dirty := r.code.of(t.Context(), ranTests()); dirty.Commit != clean.Commit || !dirty.Dirty {
		t.Errorf("with changes: %+v", dirty)
	}
}

func TestAnotherRepositoryInsideIsNotGuessedAt(t *testing.T) {
	r := newRepo(t)
	r.write("inner/x.go", "x")
	r.git("-C", "inner", "init", "-q")
	r.age()
	if mark := r.mark(); mark != "" {
		t.Errorf("mark: %q", mark)
	}
}

func TestARunWithoutTestsCostsNothing(t *testing.T) {
	r := newRepo(t)
	run := ranTests()
	run.Tests = nil
	if at := r.code.of(t.Context(), run); at.Commit != "" || at.Print != "" {
		t.Errorf("code: %+v", at)
	}
}

func TestWithoutGitTheWatchTellsWhetherCodeIsTheSame(t *testing.T) {
	root := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(root))
	c := newCode(root, func() []string { return nil })
	now := time.Now()
	printAfter := func(d time.Duration) string {
		r := ranTests()
		r.StartedAt = now.Add(d)
		return c.of(t.Context(), r).Print
	}
	if mark := printAfter(time.Hour); mark != "" {
		t.Errorf("before the watch is ready: %q", mark)
	}
	c.watched(watch.Status{Ready: true})
	first := printAfter(time.Hour)
	if first == "" || printAfter(2*time.Hour) != first {
		t.Errorf("nothing changed: %q", first)
	}
	if mark := printAfter(-time.Hour); mark != "" {
		t.Errorf("a run from before the watch: %q", mark)
	}
	c.heard(watch.Batch{Settled: now.Add(3 * time.Hour)})
	if mark := printAfter(2 * time.Hour); mark != "" {
		t.Errorf("it changed during the run: %q", mark)
	}
	if mark := printAfter(4 * time.Hour); mark == "" || mark == first {
		t.Errorf("after a change: %q, before %q", mark, first)
	}
	for _, s := range []watch.Status{{Ready: true, Polling: []string{"."}}, {Ready: true, Problem: "no more watches"}} {
		c.watched(s)
		if mark := printAfter(4 * time.Hour); mark != "" {
			t.Errorf("%+v: %q", s, mark)
		}
	}
}

func TestLinesOfGitsStatusHaveTheirPath(t *testing.T) {
	for line, want := range map[string]string{
		"1 .M N... 100644 100644 100644 aa bb a file.go":           "a file.go",
		"1 .M SC.. 160000 160000 160000 aa bb module":              "module *",
		"u UU N... 100644 100644 100644 100644 aa bb cc both ways": "both ways",
		"? new file.go":  "new file.go",
		"? inner/":       "inner/ *",
		"# branch.ab +1": "",
		"garbage":        "",
		"1 .M":           "",
	} {
		got, module := entry(line)
		if module {
			got += " *"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestPeriodsAreDaysAndWeeksToo(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"7d": "2026-03-03T12:00", "2w": "2026-02-24T12:00", "90m": "2026-03-10T10:30", "2026-01-02": "2026-01-02T00:00",
		"": "0001-01-01T00:00", "d": "", "-1d": "2026-03-09T12:00", "soon": "",
	} {
		got, err := period(text, now)
		if (err != nil) != (want == "") || err == nil && !strings.HasPrefix(got.Format(time.RFC3339), want) {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
}
