package steps

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"
	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func needing(st tasks.Step, needs ...string) tasks.Step {
	st.Needs = needs
	return st
}

// release is a run with a bit of everything: what failed, what goes on, what waits,
// and steps within steps.
func release() tasks.Run {
	unit := step("", "test (linux)", tasks.Failed, 95*time.Second)
	unit.Log = "ci#2/test"
	return tasks.Run{Status: tasks.Running, Steps: []tasks.Step{
		step("", "build", tasks.Succeeded, 40*time.Second), step("build", "make", tasks.Succeeded, 39*time.Second),
		step("", "lint", tasks.Succeeded, 4*time.Second),
		needing(unit, "build"), needing(step("", "test (mac)", tasks.Running, 0), "build"),
		needing(step("", "test (windows, with everything)", tasks.Succeeded, 3*time.Minute), "build"),
		needing(tasks.Step{Name: "package", Status: tasks.Queued}, "test (linux)", "test (mac)", "test (windows, with everything)", "lint"),
		needing(tasks.Step{Name: "deploy", Status: tasks.Queued}, "package", "build"),
		needing(tasks.Step{Name: "tell", Status: tasks.Skipped}, "lint"),
	}}
}

func before() tasks.Run {
	return tasks.Run{Status: tasks.Succeeded, Steps: []tasks.Step{
		step("", "test (linux)", tasks.Succeeded, 30*time.Second), step("", "test (mac)", tasks.Succeeded, 2*time.Minute),
		step("", "package", tasks.Succeeded, 20*time.Second), step("", "deploy", tasks.Succeeded, 50*time.Second),
	}}
}

// press does the action of a key, as far as it is on.
func press(t *testing.T, s *Screen, key string) any {
	t.Helper()
	for _, a := range s.Actions() {
		if len(a.Keys) > 0 && a.Keys[0] == key {
			if a.Disabled != "" {
				return a.Disabled
			}
			if cmd := a.Do(); cmd != nil {
				return cmd()
			}
		}
	}
	return nil
}

func TestTheGraphOfStepsLooksAsItDid(t *testing.T) {
	for _, size := range []struct{ w, h int }{{118, 16}, {83, 16}, {57, 18}, {30, 12}, {20, 10}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			s, f := New(), frame(size.w, size.h, before(), release())
			s.View(f)
			press(t, s, "m")
			var b strings.Builder
			show := func(title string) { b.WriteString("== " + title + "\n" + squeezed(drawn(s, f)) + "\n") }
			show("on what failed")
			press(t, s, "right")
			drawn(s, f)
			press(t, s, "right")
			show("two to the right")
			for range 3 {
				press(t, s, "left")
				drawn(s, f)
			}
			show("at its beginning")
			golden.RequireEqual(t, b.String())
		})
	}
}

func TestInTheGraphTheCursorFollowsTheLines(t *testing.T) {
	s, f := New(), frame(118, 16, before(), release())
	s.View(f)
	press(t, s, "m")
	s.View(f)
	var way []string
	at := func() string { return strings.TrimPrefix(s.selected, "/") }
	for _, key := range []string{"", "left", "left", "right", "down", "down", "right", "right", "right", "left", "left", "left"} {
		switch key {
		case "down":
			s.Move(1)
		case "":
		default:
			press(t, s, key)
		}
		s.View(f)
		way = append(way, key+" "+at())
	}
	want := []string{
		" test (linux)", "left build", "left build", "right test (linux)", "down test (mac)", "down test (windows, with everything)",
		"right package", "right deploy", "right deploy", "left package", "left test (linux)", "left build",
	}
	if diff := cmp.Diff(want, way); diff != "" {
		t.Error(diff)
	}
	if got := press(t, s, "n"); got != nil || at() != "test (linux)" {
		t.Errorf("the next failed step is %q (%v)", at(), got)
	}
	if got := press(t, s, "enter"); got != (OpenLog{Key: "ci#2/test", Name: "test (linux)"}) {
		t.Errorf("enter opens %v", got)
	}
	s.Move(1)
	if got := press(t, s, "enter"); got != "its system has no log of this step yet" {
		t.Errorf("a step without a log: %v", got)
	}
	// One whose log is not there yet has its own steps, which the tree shows.
	press(t, s, "left")
	s.View(f)
	press(t, s, "enter")
	if text := drawn(s, f); s.Graph() || !strings.Contains(text, "▌ ▾ ✓ build") || !strings.Contains(text, "✓ make") {
		t.Errorf("enter on build shows:\n%s", text)
	}
	// And from within it the graph shows what it is part of.
	s.Move(1)
	s.View(f)
	press(t, s, "m")
	s.View(f)
	if at() != "build" {
		t.Errorf("the graph stands at %q", at())
	}
	if !s.Click(30, 3) || at() != "test (windows, with everything)" {
		t.Errorf("a click chooses %q", at())
	}
}

func TestWhereNothingIsToldOfWhatWaitsTheGraphIsOff(t *testing.T) {
	s, f := New(), frame(80, 10, tasks.Run{Status: tasks.Running, Steps: []tasks.Step{step("", "load", tasks.Running, 0)}})
	s.SetGraph(true)
	if text := drawn(s, f); !strings.Contains(text, "◐ load  running") {
		t.Error(text)
	}
	for _, key := range []string{"m", "left"} {
		want := map[string]string{"m": "nothing is told of what waits for what in this run", "left": "the steps are shown as a tree"}[key]
		if got := press(t, s, key); got != want {
			t.Errorf("%s: %v", key, got)
		}
	}
}

func TestTheChainThatTakesLongestIsFound(t *testing.T) {
	now := began.Add(time.Minute)
	usual := map[string]time.Duration{"wait": 30 * time.Second, "on": 10 * time.Second}
	for _, tt := range []struct {
		name  string
		steps []tasks.Step
		chain []int
		sum   time.Duration
	}{
		{"none", nil, nil, 0},
		{"what has no times", []tasks.Step{{Name: "a", Status: tasks.Queued}}, nil, 0},
		{
			"the slower of two, and what is usual of what waits",
			[]tasks.Step{
				step("", "a", tasks.Succeeded, 10*time.Second), step("", "b", tasks.Succeeded, 20*time.Second),
				needing(tasks.Step{Name: "wait", Status: tasks.Queued}, "a", "b"),
			},
			[]int{1, 2},
			50 * time.Second,
		},
		{
			"what goes on for longer than is usual",
			[]tasks.Step{needing(step("", "on", tasks.Running, 0), "gone"), needing(tasks.Step{Name: "wait", Status: tasks.Cancelled}, "on")},
			[]int{0},
			time.Minute,
		},
		{
			"a circle ends",
			[]tasks.Step{needing(step("", "a", tasks.Succeeded, time.Second), "b", "a"), needing(step("", "b", tasks.Succeeded, time.Second), "a")},
			[]int{1, 0},
			2 * time.Second,
		},
	} {
		chain, sum := critical(tt.steps, func(st tasks.Step) time.Duration { return usual[st.Name] }, now)
		if !cmp.Equal(tt.chain, chain) || sum != tt.sum {
			t.Errorf("%s: %v %v, want %v %v", tt.name, chain, sum, tt.chain, tt.sum)
		}
	}
}

// waiting is a run of n steps, each of which needs all before it.
func waiting(n int) tasks.Run {
	r := tasks.Run{Status: tasks.Running}
	names := make([]string, n)
	for i := range n {
		names[i] = fmt.Sprintf("step %d", i)
		r.Steps = append(r.Steps, needing(tasks.Step{Name: names[i], Status: tasks.Queued}, names[:i]...))
	}
	return r
}

func TestStepsThatWaitForEachOtherInTooManyWaysAreATreeAndItSaysWhy(t *testing.T) {
	s, f := New(), frame(100, 12, waiting(600))
	s.SetGraph(true)
	if got := drawn(s, f); !strings.Contains(got, "step 0") || !strings.Contains(got, "─ ○ step 1") && !strings.Contains(got, "─ ◌ step 1") {
		t.Errorf("600 steps of which each needs all before it:\n%s", got)
	}
	s, f = New(), frame(100, 12, waiting(700))
	s.SetGraph(true)
	why := "the steps wait for each other in 244650 ways, too many for a graph"
	if got := drawn(s, f); !strings.Contains(got, why+": they are shown as a tree") || !strings.Contains(got, "step 3") {
		t.Errorf("700 steps:\n%s", got)
	}
	if got := press(t, s, "m"); got != why {
		t.Errorf("m says %q", got)
	}
}

func BenchmarkEachStepNeedsAllBefore(b *testing.B) {
	s, f := New(), frame(100, 30, waiting(600))
	s.SetGraph(true)
	for b.Loop() {
		s.View(f)
	}
}
