package tests

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// sequence is the runs of a task of cart's and pay's tests, and how they stand after
// the last of them.
type sequence struct {
	n     int
	state *tasks.State
	s     *Screen
}

// run adds one. A report is "cart TestA ok", or "cart TestB" with what it failed with.
func (q *sequence) run(status tasks.Status, r tasks.Run, reports ...string) {
	q.n++
	ran(q.state, q.n, tasks.Running, "")
	id := tasks.NewRunID("test", q.n)
	run := q.state.Runs[id]
	run.Scope, run.Only, run.Narrowed, run.Breaks = r.Scope, r.Only, r.Narrowed, r.Breaks
	q.state.Runs[id] = run
	for _, text := range reports {
		words := strings.SplitN(text, " ", 3)
		t := tasks.TestResult{Suite: words[0], Name: words[1], Separator: "/", Status: tasks.TestFailed, Line: -1}
		if len(words) > 2 {
			t.Message = words[2]
		}
		if t.Message == "ok" {
			t.Status, t.Message = tasks.TestPassed, ""
		}
		q.state.Apply(tasks.TestReported{ID: id, Test: t})
	}
	q.state.Apply(tasks.RunEnded{ID: id, Status: status, Exit: r.Exit, Error: r.Error})
}

// stands is every result: "cart TestA ✓".
func (q *sequence) stands() (got []string) {
	q.s.Follow(screen.Frame{W: 120, H: 12, State: q.state, Unit: "test", Now: time.Now(), Ink: theme.Dark().Inks()})
	for _, r := range q.s.rows {
		if r.node.has {
			glyph, _, _ := look(rank(r.node.result.Status), theme.Dark().Inks())
			got = append(got, r.node.id.suite+" "+r.node.id.name+" "+glyph)
		}
	}
	return got
}

func TestWhatIsRedIsWhatFailedWhenItLastRan(t *testing.T) {
	t.Parallel()
	part := &tasks.Narrowing{What: "1 of 2 packages", Why: "a reason"}
	save, failed := tasks.Run{Narrowed: part}, tasks.Run{Scope: tasks.ScopeFailed, Narrowed: part}
	near := tasks.Run{Scope: tasks.ScopeNear, Narrowed: part}
	only := tasks.Run{Only: []tasks.TestName{{Suite: "cart", Name: "TestA"}, {Suite: "cart", Name: "TestB"}}, Narrowed: part}
	killed := tasks.Run{Narrowed: part, Exit: &tasks.Exit{Code: 137, Signal: "KILL"}}
	late := tasks.Run{Narrowed: part, Error: "timed out after 3s: exit 1"}
	failfast := tasks.Run{Breaks: true}
	bail := tasks.Run{Narrowed: &tasks.Narrowing{What: "1 of 2 packages", Breaks: true}}
	for _, tt := range []struct {
		name   string
		first  []string // reported by the run of all; nil: A, B, C of cart fail, and pay passes
		run    tasks.Run
		second []string
		want   []string
	}{
		{"a save names what still fails", nil, save, []string{"cart TestB no"}, []string{"cart TestB ✖", "cart TestA ✓", "cart TestC ✓", "pay (file) ✓"}},
		{"so does f", nil, failed, []string{"cart TestB no"}, []string{"cart TestB ✖", "cart TestA ✓", "cart TestC ✓", "pay (file) ✓"}},
		{"and n, of the packages that it runs", []string{"cart TestA no", "cart TestB no", "pay TestPay no"}, near, []string{"cart TestB no"}, []string{"cart TestB ✖", "pay TestPay ✖", "cart TestA ✓"}},
		{"single tests say nothing of others", nil, only, []string{"cart TestB no"}, []string{"cart TestB ✖", "cart TestC ✖", "cart TestA ✓", "pay (file) ✓"}},
		{"what is not told of stays", nil, save, []string{"pay TestPay no"}, []string{"cart TestA ✖", "cart TestB ✖", "cart TestC ✖", "pay TestPay ✖"}},
		{"nor is it known behind a panic", nil, save, []string{"cart TestB panic: boom"}, []string{"cart TestA ✖", "cart TestB ✖", "cart TestC ✖", "pay (file) ✓"}},
		{"or behind a first failure that ends all", nil, bail, []string{"cart TestB no"}, []string{"cart TestA ✖", "cart TestB ✖", "cart TestC ✖", "pay (file) ✓"}},
		{"also in a run of everything", nil, failfast, []string{"cart TestB no", "cart TestA ok"}, []string{"cart TestA ✓", "cart TestB ✖", "cart TestC ✖", "pay (file) ✓"}},
		{"or where the run was killed", nil, killed, []string{"cart TestB no"}, []string{"cart TestA ✖", "cart TestB ✖", "cart TestC ✖", "pay (file) ✓"}},
		{"or took too long", nil, late, []string{"cart TestB no"}, []string{"cart TestA ✖", "cart TestB ✖", "cart TestC ✖", "pay (file) ✓"}},
		{"a test that has another name now is no more", nil, save, []string{"cart TestB no", "cart TestOther ok"}, []string{"cart TestB ✖", "cart TestOther ✓", "pay (file) ✓"}},
		{"nor are its subtests", []string{"cart TestA", "cart TestA/x no", "cart TestB no"}, save, []string{"cart TestB ok"}, []string{"cart TestB ✓"}},
	} {
		q := &sequence{state: newState(), s: New()}
		if tt.first == nil {
			tt.first = []string{"cart TestA no", "cart TestB no", "cart TestC no", "pay (file) ok"}
		}
		q.run(tasks.Failed, tasks.Run{}, tt.first...)
		q.stands()
		q.run(tasks.Failed, tt.run, tt.second...)
		got := q.stands()
		if tt.run.Breaks && q.s.behind() != "ended at its first failure: 2 tests of before were not run" {
			t.Errorf("%s: it says %q", tt.name, q.s.behind())
		}
		failing := 0
		for _, row := range got {
			failing += strings.Count(row, "✖")
		}
		if diff := cmp.Diff(sorted(tt.want), sorted(got)); diff != "" || q.s.Failed() != failing {
			t.Errorf("%s: %d are counted as failed, -want +got\n%s", tt.name, q.s.Failed(), diff)
		}
	}
}

func sorted(rows []string) string {
	all := append([]string{}, rows...)
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestATestThatFailedForNothingButASubtestIsCountedOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reports []string
		want    string
	}{
		{[]string{"cart TestA/x no", "cart TestA", "cart TestB ok"}, "1 failed, 1 passed"},
		{[]string{"cart TestA", "cart TestA/x no", "cart TestB ok"}, "1 failed, 1 passed"},
		{[]string{"cart TestA", "cart TestA/x", "cart TestA/x/1", "cart TestA/x/2"}, "2 failed, 0 passed"},
		{[]string{"cart TestA itself", "cart TestA/x no"}, "2 failed, 0 passed"},
		{[]string{"cart TestA"}, "1 failed, 0 passed"},
		{[]string{"cart TestA", "cart TestA/x no", "cart TestA/x ok", "cart TestA ok"}, "0 failed, 2 passed"},
		{[]string{"cart TestA", "pay TestA/x"}, "2 failed, 0 passed"},
	} {
		q := &sequence{state: newState(), s: New()}
		q.run(tasks.Failed, tasks.Run{}, tt.reports...)
		q.stands()
		c := q.s.model.root.count
		got := strconv.Itoa(c[failed]) + " failed, " + strconv.Itoa(c[passed]) + " passed"
		if r := q.state.Runs["test#1"]; got != tt.want || r.Failed() != c[failed] || len(r.Failures()) != c[failed] {
			t.Errorf("%v: %s, want %s; the run says %d", tt.reports, got, tt.want, r.Failed())
		}
	}
}
