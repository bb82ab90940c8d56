package narrow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// place is a task with what stands behind it: what was run last, what was said,
// and how runs end.
type place struct {
	*testing.T
	r     *Runner
	task  tasks.Task
	spec  config.Unit
	ran   bool
	notes string
	told  []tasks.Event
	ends  error
}

func newPlace(t *testing.T, u config.Unit) *place {
	t.Helper()
	p := &place{T: t, task: tasks.Task{Name: "test", Kind: config.Task, Root: t.TempDir(), Spec: u}}
	p.r = New(p, Options{Narrower: narrower(tool)})
	return p
}

func (p *place) Run(_ context.Context, q tasks.Request, _ tasks.Sink) error {
	p.spec, p.ran = q.Task.Spec, true
	return p.ends
}
func (p *place) Log(_ logs.Stream, b []byte) { p.notes += string(b) }
func (p *place) Emit(e tasks.Event)          { p.told = append(p.told, e) }

// ask runs the task once.
func (p *place) ask(q tasks.Request) string {
	p.Helper()
	p.spec, p.ran, p.notes, p.told = config.Unit{}, false, "", nil
	q.Task = p.task
	if err := p.r.Run(p.Context(), q, p); !errors.Is(err, p.ends) && err != nil {
		p.Fatal(err)
	}
	return p.spec.Run + strings.Join(p.spec.Command, " ")
}

// save runs it because files changed.
func (p *place) save(files ...string) string {
	p.Helper()
	return p.ask(tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: files}})
}

func (p *place) touch(files ...string) {
	p.Helper()
	for _, f := range files {
		name := filepath.Join(p.task.Root, f)
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			p.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			p.Fatal(err)
		}
	}
}

type narrower func(context.Context, tasks.Request) (tasks.Narrowed, bool)

func (f narrower) Narrow(ctx context.Context, q tasks.Request) (tasks.Narrowed, bool) {
	return f(ctx, q)
}
func (narrower) Prepare(tasks.Request) {}

// tool narrows commands that begin with "tool"; on "docs" nothing depends, and
// "go.mod" is in everything.
func tool(_ context.Context, q tasks.Request) (tasks.Narrowed, bool) {
	n := tasks.Narrowed{Spec: q.Task.Spec, Empty: 5}
	if !strings.HasPrefix(q.Task.Spec.Run, "tool") {
		return n, false
	}
	for _, t := range q.Only {
		n.Spec.Run += " " + t.Name
	}
	n.Narrowing.What = fmt.Sprintf("%d of 31", len(q.Only))
	if len(q.Only) > 0 {
		return n, true
	}
	for _, f := range q.Cause.Files {
		switch f {
		case "go.mod":
			return tasks.Narrowed{Narrowing: tasks.Narrowing{Why: "go.mod changed"}}, false
		case "docs":
			n.Spec.Run = ""
		default:
			n.Spec.Run += " ~" + f
		}
	}
	for _, t := range q.Failed {
		n.Spec.Run += " +" + t.Name
	}
	for _, f := range q.Broken {
		n.Spec.Run += " !" + f
	}
	n.Narrowing = tasks.Narrowing{What: "2 of 31", Skipped: []string{"a", "b", "c", "d"}}
	return n, true
}

func names(all ...string) (tests []tasks.TestName) {
	for _, n := range all {
		tests = append(tests, tasks.TestName{Name: n})
	}
	return tests
}

func failed() error { return &tasks.ExitError{Exit: tasks.Exit{Code: 1}} }

func TestASaveRunsWhatItCanAffect(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	if got := p.save("a.go"); got != "tool ~a.go" {
		t.Errorf("ran %q", got)
	}
	if want := "2 of 31: a.go changed (skipped: a, b, c and 1 more)\n"; p.notes != want {
		t.Errorf("said %q, want %q", p.notes, want)
	}
	want := []tasks.Event{tasks.RunNarrowed{Narrowing: tasks.Narrowing{What: "2 of 31", Why: "a.go changed", Skipped: []string{"a", "b", "c", "d"}}}}
	if diff := cmp.Diff(want, p.told); diff != "" {
		t.Error(diff)
	}
}

func TestAPersonsRunIsAllOfIt(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	for name, q := range map[string]tasks.Request{
		"by a key":              {Cause: tasks.Cause{Kind: tasks.ByPerson}},
		"all, although changed": {Scope: tasks.ScopeAll, Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"a.go"}}},
		"at the start":          {Cause: tasks.Cause{Kind: tasks.ByStart}},
	} {
		if got := p.ask(q); got != "tool" || p.notes != "" || len(p.told) > 0 {
			t.Errorf("%s: ran %q, said %q, told %v", name, got, p.notes, p.told)
		}
	}
}

func TestWhatNothingDependsOnIsASuccessAtOnce(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	p.save("docs")
	if p.ran || !strings.Contains(p.notes, "nothing to run") {
		t.Errorf("ran %v, said %q", p.ran, p.notes)
	}
}

func TestOnlyWhatFailedRunsAgain(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	q := tasks.Request{Scope: tasks.ScopeFailed, Failed: names("A", "B")}
	if got := p.ask(q); got != "tool A B" || p.notes != "only 2 of 31, failed last time: A, B\n" {
		t.Errorf("ran %q, said %q", got, p.notes)
	}
	q = tasks.Request{Only: names("C"), Failed: names("A")}
	if got := p.ask(q); got != "tool C" {
		t.Errorf("ran %q", got)
	}
}

func TestWhatIsNearIsWhatChangedLast(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	near := tasks.Request{Scope: tasks.ScopeNear, Cause: tasks.Cause{Kind: tasks.ByPerson}}
	if got := p.ask(near); got != "tool" || !strings.Contains(p.notes, "no file has changed yet") {
		t.Errorf("ran %q, said %q", got, p.notes)
	}
	p.save("a.go")
	if got := p.ask(near); got != "tool ~a.go" {
		t.Errorf("ran %q", got)
	}
}

func TestWhatEarlierHostsLeftRedCounts(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	past := func(context.Context, string) ([]tasks.TestName, []string, bool, error) {
		return names("A"), []string{"x.go"}, true, nil
	}
	p.r = New(p, Options{Narrower: narrower(tool), Past: past})
	if got := p.ask(tasks.Request{Scope: tasks.ScopeFailed}); got != "tool A" {
		t.Errorf("ran %q", got)
	}
	p.r = New(p, Options{Narrower: narrower(tool), Past: past})
	if got := p.save("a.go"); got != "tool ~a.go +A !x.go" {
		t.Errorf("ran %q", got)
	}
	if got := p.save("b.go"); got != "tool ~b.go" {
		t.Errorf("ran %q after a success", got)
	}
}

func TestBeforeTheFirstSaveWhatIsNearIsWhatIsNotCommitted(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	p.r = New(p, Options{Narrower: narrower(tool), Uncommitted: func(context.Context) ([]string, error) { return []string{"a.go"}, nil }})
	if got := p.ask(tasks.Request{Scope: tasks.ScopeNear}); got != "tool ~a.go" {
		t.Errorf("ran %q", got)
	}
}

func TestAllOfItRunsAndSaysSoWhenLessIsNotPossible(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		q    tasks.Request
	}{
		"no test failed": {"tool", tasks.Request{Scope: tasks.ScopeFailed}},
		"is not known":   {"make", tasks.Request{Only: names("A")}},
		"single tests":   {"ruff {changed}", tasks.Request{Only: names("A")}},
		"go.mod changed": {"tool", tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"go.mod"}}}},
	} {
		p := newPlace(t, config.Unit{Run: c.line})
		if got := p.ask(c.q); got != strings.TrimSuffix(c.line, "{changed}") || !strings.Contains(p.notes, name) || len(p.told) > 0 {
			t.Errorf("%s: ran %q, said %q, told %v", name, got, p.notes, p.told)
		}
	}
}

func TestFindingOutTakesNoLongerThanTwoSeconds(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	synctest.Test(t, func(t *testing.T) {
		p.T = t
		p.r = New(p, Options{Narrower: narrower(func(ctx context.Context, _ tasks.Request) (tasks.Narrowed, bool) {
			<-ctx.Done()
			return tasks.Narrowed{}, true
		})})
		if got := p.save("a.go"); got != "tool" || !strings.Contains(p.notes, "more than 2s") {
			t.Errorf("ran %q, said %q", got, p.notes)
		}
	})
}

func TestAToolThatFoundNothingToDoHasNotFailed(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	p.ends = &tasks.ExitError{Exit: tasks.Exit{Code: 5}}
	if p.save("a.go"); !strings.Contains(p.notes, "no test to run") {
		t.Errorf("said %q", p.notes)
	}
	q := tasks.Request{Task: p.task}
	if err := p.r.Run(t.Context(), q, p); err == nil {
		t.Error("all of it found nothing to do, and that was a success")
	}
}

func TestWhatFailedIsPartOfTheNextRunUntilItPasses(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	p.ends = failed()
	p.save("a.go")
	again := func(files ...string) tasks.Request {
		return tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: files}, Failed: names("A"), Broken: []string{"x.go"}}
	}
	if got := p.ask(again("b.go")); got != "tool ~a.go ~b.go +A !x.go" {
		t.Errorf("ran %q", got)
	}
	p.ends = nil
	p.ask(again("c.go"))
	if got := p.ask(again("d.go")); got != "tool ~d.go" {
		t.Errorf("ran %q after a success", got)
	}
}

func TestAFailureThatSaidNothingIsFollowedByAllOfIt(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	p.ends = failed()
	p.ask(tasks.Request{})
	if got := p.save("a.go"); got != "tool" {
		t.Errorf("ran %q", got)
	}
	p.ends = nil
	p.save("a.go")
	if got := p.save("a.go"); got != "tool ~a.go" {
		t.Errorf("ran %q", got)
	}
}

func TestARunThatWasCutOffAnswersForNothing(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	ctx, cancel := context.WithCancelCause(t.Context())
	p.r.next = runnerFunc(func() error { cancel(tasks.ErrStale); return failed() })
	_ = p.r.Run(ctx, tasks.Request{Task: p.task, Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"a.go"}}}, p)
	p.r.next = p
	if got := p.save("b.go"); got != "tool ~a.go ~b.go" {
		t.Errorf("ran %q", got)
	}
}

type runnerFunc func() error

func (f runnerFunc) Run(context.Context, tasks.Request, tasks.Sink) error { return f() }

func TestSingleTestsThatPassSettleNothingElse(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool"})
	p.ends = failed()
	p.save("a.go")
	p.ends = nil
	p.ask(tasks.Request{Only: names("B"), Failed: names("A")})
	if got := p.save("b.go"); got != "tool ~a.go ~b.go +A" {
		t.Errorf("ran %q", got)
	}
}

// Whatever happens, in a world of tests that each depend on one file: after a
// save that succeeded, nothing is red that turned red since the first success.
func TestAGreenSaveLeavesNothingRed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlace(t, config.Unit{Run: "tool"})
		files := []string{"a", "b", "c"}
		red := map[string]bool{}
		var last []tasks.TestName
		run := func(q tasks.Request, cut bool) error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			q.Task, q.Failed = p.task, last
			var err error
			p.r.next = runnerOf(func(q tasks.Request) error {
				if cut {
					cancel()
					return failed()
				}
				words := strings.Fields(q.Task.Spec.Run)[1:]
				last = nil
				for _, f := range files {
					in := len(words) == 0
					for _, w := range words {
						in = in || strings.TrimLeft(w, "~+!") == f
					}
					if in && red[f] {
						last = append(last, tasks.TestName{Name: f})
					}
				}
				if len(last) > 0 {
					return failed()
				}
				return nil
			})
			err = p.r.Run(ctx, q, p)
			return err
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			f := rapid.SampledFrom(files).Draw(rt, "file")
			cut := rapid.IntRange(0, 4).Draw(rt, "cut") == 0
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				_ = run(tasks.Request{}, cut)
			case 1:
				_ = run(tasks.Request{Scope: tasks.ScopeFailed}, cut)
			case 2:
				_ = run(tasks.Request{Only: names(f)}, cut)
			default:
				red[f] = rapid.Bool().Draw(rt, "red")
				err := run(tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{f}}}, cut)
				if err == nil && (red["a"] || red["b"] || red["c"]) {
					rt.Fatalf("green, although %v", red)
				}
			}
		}
	})
}

type runnerOf func(tasks.Request) error

func (f runnerOf) Run(_ context.Context, q tasks.Request, _ tasks.Sink) error { return f(q) }

func TestChangedFilesAreWordsOfTheCommand(t *testing.T) {
	files := []string{"a b.py", "x/it's.py", "x/$(touch gone).py", "-rf.py"}
	p := newPlace(t, config.Unit{Run: "printf '%s\\n' {changed} -- {changed.dirs}"})
	p.touch(files...)
	out, err := exec.CommandContext(t.Context(), "sh", "-c", p.save(append(files, "gone.py")...)).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "a b.py\nx/it's.py\nx/$(touch gone).py\n./-rf.py\n--\n.\n./x\n"
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
	p.r, p.task.Spec = New(p, Options{Narrower: narrower(tool)}), config.Unit{Command: []string{"ruff", "check", "{changed}"}, Dir: filepath.Join(p.task.Root, "x")}
	p.save("a b.py", "x/it's.py")
	if diff := cmp.Diff([]string{"ruff", "check", "../a b.py", "it's.py"}, p.spec.Command); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]tasks.Event{tasks.RunNarrowed{Narrowing: tasks.Narrowing{What: "2 changed files", Why: "a b.py and 1 more changed"}}}, p.told); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutAChangeTheWordsStandForNothing(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "ruff check {changed}"})
	if got := p.ask(tasks.Request{}); got != "ruff check " {
		t.Errorf("ran %q", got)
	}
	p.task.Spec = config.Unit{Command: []string{"ruff", "{changed}"}}
	if got := p.ask(tasks.Request{}); got != "ruff" {
		t.Errorf("ran %q", got)
	}
}

func TestACommandThatEndsWithItsFirstFailureIsSaidToDoSo(t *testing.T) {
	for command, want := range map[string]bool{
		"tool ./...": false, "tool -failfast ./...": true, "tool -failfast=false": false, "tool -x": false, "uv run pytest -x": true,
		"pytest --maxfail=2": true, "npx vitest --bail 1": true, "vitest --bailiff": false, "python -m unittest -f": true, "make -f other.mk": false,
	} {
		p := newPlace(t, config.Unit{Run: command})
		p.save("a.go")
		for _, ev := range p.told {
			if got := ev.(tasks.RunNarrowed).Narrowing.Breaks; got != want {
				t.Errorf("%s: %v", command, got)
			}
		}
		if got := tasks.Breaks(p.task.Spec); got != want {
			t.Errorf("%s: %v", command, got)
		}
	}
}

func TestARunOfAllThatEndsWithItsFirstFailureIsOwedAsAWhole(t *testing.T) {
	p := newPlace(t, config.Unit{Run: "tool -failfast ./..."})
	p.ends = &tasks.ExitError{Exit: tasks.Exit{Code: 1}}
	p.ask(tasks.Request{})
	p.ends = nil
	failed := []tasks.TestName{{Suite: "cart", Name: "TestA"}}
	cause := tasks.Cause{Kind: tasks.ByWatch, Files: []string{"cart.go"}}
	if got := p.ask(tasks.Request{Cause: cause, Failed: failed}); got != "tool -failfast ./..." {
		t.Errorf("behind the first failure nobody has looked, and %q ran", got)
	}
	if got := p.ask(tasks.Request{Cause: cause}); got == "tool -failfast ./..." {
		t.Errorf("after all of it has passed, %q ran", got)
	}
}
