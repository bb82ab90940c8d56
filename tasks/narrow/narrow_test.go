package narrow

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

type recorder struct {
	spec  config.Unit
	notes string
	told  []tasks.Event
}

func (r *recorder) Run(_ context.Context, q tasks.Request, _ tasks.Sink) error {
	r.spec = q.Task.Spec
	return nil
}
func (r *recorder) Log(_ logs.Stream, p []byte) { r.notes += string(p) }
func (r *recorder) Emit(e tasks.Event)          { r.told = append(r.told, e) }

// knows is a Narrower for commands that begin with "tool".
func knows(t tasks.Task, only []tasks.TestName) (config.Unit, bool) {
	u := t.Spec
	if !strings.HasPrefix(u.Run, "tool") {
		return u, false
	}
	for _, o := range only {
		u.Run += " " + o.Name
	}
	return u, true
}

func ran(t *testing.T, q tasks.Request) *recorder {
	t.Helper()
	r := &recorder{}
	if err := New(r, knows).Run(t.Context(), q, r); err != nil {
		t.Fatal(err)
	}
	return r
}

func request(u config.Unit) tasks.Request { return tasks.Request{Task: tasks.Task{Spec: u}} }

func TestOnlyWhatFailedRunsAgain(t *testing.T) {
	q := request(config.Unit{Run: "tool test"})
	q.Scope, q.Failed = tasks.ScopeFailed, []tasks.TestName{{Name: "A"}, {Name: "B"}}
	r := ran(t, q)
	if r.spec.Run != "tool test A B" || !strings.Contains(r.notes, "only 2 tests: A, B") {
		t.Errorf("ran %q, said %q", r.spec.Run, r.notes)
	}
	want := []tasks.Event{tasks.RunNarrowed{Narrowing: tasks.Narrowing{What: "2 tests", Why: "failed last time"}}}
	if diff := cmp.Diff(want, r.told); diff != "" {
		t.Error(diff)
	}
}

func TestAllOfItRunsAndSaysSoWhenLessIsNotPossible(t *testing.T) {
	for name, q := range map[string]tasks.Request{
		"no test failed": {Task: tasks.Task{Spec: config.Unit{Run: "tool test"}}, Scope: tasks.ScopeFailed},
		"is not known":   {Task: tasks.Task{Spec: config.Unit{Run: "make test"}}, Only: []tasks.TestName{{Name: "A"}}},
	} {
		r := ran(t, q)
		if r.spec.Run != q.Task.Spec.Run || !strings.Contains(r.notes, name) || len(r.told) > 0 {
			t.Errorf("%s: ran %q, said %q, told %v", name, r.spec.Run, r.notes, r.told)
		}
	}
}

func TestChangedFilesAreWordsOfTheCommand(t *testing.T) {
	files := []string{"a b.py", "x/it's.py", "x/$(touch gone).py"}
	q := request(config.Unit{Run: "printf '%s\\n' {changed} -- {changed.dirs}"})
	q.Cause.Files = files
	out, err := exec.CommandContext(t.Context(), "sh", "-c", ran(t, q).spec.Run).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join(files, "\n") + "\n--\n./.\n./x\n"
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
	q = request(config.Unit{Command: []string{"ruff", "check", "{changed}"}})
	q.Cause.Files = files
	if diff := cmp.Diff(append([]string{"ruff", "check"}, files...), ran(t, q).spec.Command); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutAChangeTheWordsStandForNothing(t *testing.T) {
	if got := ran(t, request(config.Unit{Run: "ruff check {changed}"})).spec.Run; got != "ruff check " {
		t.Errorf("ran %q", got)
	}
	if diff := cmp.Diff([]string{"ruff"}, ran(t, request(config.Unit{Command: []string{"ruff", "{changed}"}})).spec.Command); diff != "" {
		t.Error(diff)
	}
}
