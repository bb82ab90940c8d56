package notify_test

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/notify"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// day is a state that events happen to, with what was told of each.
type day struct {
	state tasks.State
	now   time.Time
	runs  map[string]int
}

func newDay() *day {
	d := &day{state: tasks.NewState(), now: time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC), runs: map[string]int{}}
	d.state.Apply(tasks.Configured{Tasks: []tasks.Task{
		{Name: "api", Of: "api", Kind: config.Service}, {Name: "test", Of: "test", Kind: config.Task},
	}})
	return d
}

// run is a run of the task that takes a time and ends; it returns what is told.
func (d *day) run(task string, cause tasks.CauseKind, took time.Duration, end tasks.Status, why string, results ...tasks.TestResult) string {
	d.runs[task]++
	id := tasks.NewRunID(task, d.runs[task])
	d.state.Apply(tasks.RunQueued{Run: tasks.Run{ID: id, Task: task, Number: d.runs[task], QueuedAt: d.now, Cause: tasks.Cause{Kind: cause}}})
	d.state.Apply(tasks.RunStarted{ID: id, At: d.now})
	for _, t := range results {
		e := tasks.TestReported{ID: id, Test: t}
		d.state.Apply(e)
		if told := notify.News(&d.state, e, 10*time.Second); told != "" {
			return told
		}
	}
	d.now = d.now.Add(took)
	e := tasks.RunEnded{ID: id, At: d.now, Status: end, Error: why}
	d.state.Apply(e)
	return notify.News(&d.state, e, 10*time.Second)
}

func result(name string, s tasks.TestStatus) tasks.TestResult {
	return tasks.TestResult{Suite: "cart", Name: name, Status: s}
}

func told(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestALongRunThatEndedIsTold(t *testing.T) {
	d := newDay()
	told(t, "", d.run("test", tasks.ByWatch, 10*time.Second, tasks.Succeeded, ""))
	told(t, "✓ test succeeded after 1m12s", d.run("test", tasks.ByWatch, 72*time.Second, tasks.Succeeded, ""))
	told(t, "✖ test failed after 11s: exit 2", d.run("test", tasks.ByWatch, 11*time.Second, tasks.Failed, "exit 2"))
	told(t, "", d.run("test", tasks.ByWatch, time.Minute, tasks.Cancelled, ""))
	told(t, "", d.run("test", tasks.ByWatch, time.Minute, tasks.Stale, ""))
}

func TestATestThatBrokeIsToldOnce(t *testing.T) {
	d := newDay()
	pass, fail := tasks.TestPassed, tasks.TestFailed
	told(t, "", d.run("test", tasks.ByWatch, time.Second, tasks.Succeeded, "", result("A", pass), result("B", pass)))
	told(t, "✖ test: 1 test broke: A", d.run("test", tasks.ByWatch, time.Second, tasks.Failed, "exit 1", result("A", fail), result("B", pass)))
	told(t, "", d.run("test", tasks.ByWatch, time.Second, tasks.Failed, "exit 1", result("A", fail), result("B", pass)))
	// A run of a part of the tests says nothing of the others.
	told(t, "", d.run("test", tasks.ByWatch, time.Second, tasks.Succeeded, "", result("B", pass)))
	told(t, "", d.run("test", tasks.ByWatch, time.Second, tasks.Failed, "exit 1", result("A", fail), result("B", tasks.TestSkipped)))
	told(t, "", d.run("test", tasks.ByWatch, time.Second, tasks.Succeeded, "", result("A", pass), result("B", pass)))
	told(t, "✖ test: 5 tests broke: A, B, C and 2 more", d.run("test", tasks.ByWatch, time.Second, tasks.Failed, "exit 1",
		result("A", fail), result("B", fail), result("C", fail), result("D", fail), result("E", fail)))
}

func TestATestThatWasMendedWithItsWholeFileBreaksAnew(t *testing.T) {
	d := newDay()
	fails := func() string {
		return d.run("test", tasks.ByWatch, time.Second, tasks.Failed, "exit 1", result("A", tasks.TestFailed))
	}
	told(t, "✖ test: 1 test broke: A", fails())
	told(t, "", fails())
	told(t, "", d.run("test", tasks.ByWatch, time.Second, tasks.Succeeded, "", result(tasks.WholeFile, tasks.TestPassed)))
	told(t, "✖ test: 1 test broke: A", fails())
	told(t, "✖ test: 1 test broke: B", d.run("test", tasks.ByWatch, time.Second, tasks.Failed, "exit 1", result("B", tasks.TestFailed)))
	told(t, "✖ test: 1 test broke: A", fails())
}

func TestATestThatOnlyItsSubtestBreaksIsNotNamed(t *testing.T) {
	d := newDay()
	sub := result("A/x", tasks.TestFailed)
	sub.Message = "no"
	told(t, "✖ test: 1 test broke: A/x", d.run("test", tasks.ByWatch, time.Second, tasks.Failed, "exit 1", result("A", tasks.TestFailed), sub))
}

func TestAServiceThatWentDownIsToldOnceWhileItCrashesOnAndOn(t *testing.T) {
	d := newDay()
	told(t, "✖ api went down: exit 2", d.run("api", tasks.ByStart, time.Second, tasks.Failed, "exit 2"))
	told(t, "", d.run("api", tasks.ByRestart, time.Second, tasks.Failed, "exit 2"))
	told(t, "", d.run("api", tasks.ByRestart, time.Second, tasks.Failed, "exit 2"))
	told(t, "✖ api went down: exit 3", d.run("api", tasks.ByRestart, time.Minute, tasks.Failed, "exit 3"))
	told(t, "", d.run("api", tasks.ByPerson, time.Minute, tasks.Cancelled, ""))
	told(t, "✖ api went down: killed by KILL", d.run("api", tasks.ByPerson, time.Second, tasks.Failed, "killed by KILL"))
}

func TestOnlyWhoLooksElsewhereIsTold(t *testing.T) {
	for _, tt := range []struct {
		when notify.When
		want [3]bool // unknown, focused, blurred
	}{
		{"", [3]bool{false, false, true}},
		{notify.Unfocused, [3]bool{false, false, true}},
		{notify.Always, [3]bool{true, true, true}},
		{notify.Never, [3]bool{}},
	} {
		for f, want := range tt.want {
			if got := tt.when.Wanted(notify.Focus(f)); got != want {
				t.Errorf("%s with focus %d: %v", tt.when, f, got)
			}
		}
	}
}

func TestTheTerminalIsKnownByItsEnvironment(t *testing.T) {
	for _, tt := range []struct {
		env  string
		want notify.How
	}{
		{"TERM_PROGRAM=iTerm.app TERM=xterm-256color", notify.OSC9},
		{"TERM_PROGRAM=WezTerm", notify.OSC777},
		{"TERM_PROGRAM=ghostty TERM=xterm-ghostty", notify.OSC777},
		{"TERM=xterm-kitty KITTY_WINDOW_ID=1", notify.OSC99},
		{"TERM=foot", notify.OSC777},
		{"TERM=foot-extra", notify.OSC777},
		{"TERM=rxvt-unicode-256color", notify.OSC777},
		{"TERM=xterm-256color KONSOLE_VERSION=250400", notify.OSC777},
		{"TERM=tmux-256color TERM_PROGRAM=tmux KITTY_PID=77", notify.OSC99},
		{"TERM=tmux-256color TERM_PROGRAM=tmux ITERM_SESSION_ID=w0t0", notify.OSC9},
		{"TERM=tmux-256color TERM_PROGRAM=tmux", notify.Bell},
		{"TERM_PROGRAM=Apple_Terminal", notify.Bell},
		{"TERM_PROGRAM=vscode", notify.Bell},
		{"WT_SESSION=1", notify.Bell},
		{"TERM=linux", notify.Bell},
		{"", notify.Bell},
	} {
		env := func(name string) string {
			for pair := range strings.FieldsSeq(tt.env) {
				if n, v, _ := strings.Cut(pair, "="); n == name {
					return v
				}
			}
			return ""
		}
		if got := notify.Auto.Or(env); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.env, got, tt.want)
		}
		if got := notify.Off.Or(env); got != notify.Off {
			t.Errorf("off became %s", got)
		}
	}
}

func TestEachTerminalIsToldInItsWords(t *testing.T) {
	for _, tt := range []struct {
		how  notify.How
		tmux bool
		want string
	}{
		{notify.OSC9, false, "\x1b]9;Sawhorse: a;b: c\a"},
		{notify.OSC777, false, "\x1b]777;notify;a,b;c\a"},
		{notify.OSC99, false, "\x1b]99;i=sawhorse:d=0:p=title;a;b\a\x1b]99;i=sawhorse:d=1:p=body;c\a"},
		{notify.Bell, false, "\a"},
		{notify.Bell, true, "\a"},
		{notify.Off, false, ""},
		{notify.OSC777, true, "\x1bPtmux;\x1b\x1b]777;notify;a,b;c\a\x1b\\\a"},
	} {
		told(t, tt.want, notify.Sequence(tt.how, "a;b", "c", tt.tmux))
	}
}

func TestNoNameCanEndASequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"\x1b]52;c;eA==\a", "\x1b\\", "\a", "\x9c", "\u009c", "\x07", "\n", "\x1b[2J", "\u202e", "\x18", ";",
		})))
		hostile := strings.Join(parts.Draw(t, "hostile"), "")
		for _, how := range []notify.How{notify.OSC9, notify.OSC777, notify.OSC99} {
			harmless := notify.Sequence(how, "t", "x", false)
			got := notify.Sequence(how, hostile, hostile, false)
			if a, b := controls(harmless), controls(got); a != b {
				t.Fatalf("%s: %q has the controls %q, want %q", how, got, b, a)
			}
		}
	})
}

func controls(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return r
		}
		return -1
	}, s)
}

func TestNewsThatComeTogetherAreOneMessage(t *testing.T) {
	told(t, "a; b", notify.Text([]string{"a", "b"}))
	told(t, "a; b; c; and 2 more", notify.Text([]string{"a", "b", "c", "d", "e"}))
}

func TestProgressIsShownOnlyWhereItIsKnown(t *testing.T) {
	for pairs, want := range map[string]bool{
		"":                       false,
		"TERM_PROGRAM=ghostty":   true,
		"TERM=xterm-ghostty":     true,
		"WT_SESSION=x":           true,
		"VTE_VERSION=7901":       true,
		"VTE_VERSION=7600":       false,
		"ConEmuANSI=ON":          true,
		"TERM_PROGRAM=iTerm.app": false,
		"TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=3.5.14": false,
		"TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=3.6.6":  true,
		"TERM_PROGRAM=iTerm.app TERM_PROGRAM_VERSION=4.0":    true,
		"TERM_PROGRAM=ghostty TMUX=/tmp/x":                   false,
	} {
		env := func(name string) string {
			for pair := range strings.FieldsSeq(pairs) {
				if n, v, _ := strings.Cut(pair, "="); n == name {
					return v
				}
			}
			return ""
		}
		if got := notify.ShowsProgress(env); got != want {
			t.Errorf("%s: %v", pairs, got)
		}
	}
}

func TestTheEndOfATriggeredRunIsToldHoweverShortItWas(t *testing.T) {
	d := newDay()
	d.state.Apply(tasks.Provided{Provider: "gh", Tasks: []tasks.Task{{Name: "deploy", Of: "deploy", Kind: config.Task}}})
	told(t, "✓ deploy#1 succeeded after 2s", d.run("deploy", tasks.ByPerson, 2*time.Second, tasks.Succeeded, ""))
	told(t, "✖ deploy#2 failed after 3s: job lint failed", d.run("deploy", tasks.ByPerson, 3*time.Second, tasks.Failed, "job lint failed"))
	told(t, "", d.run("deploy", tasks.ByPerson, 3*time.Second, tasks.Cancelled, "cancelled"))
	d.state.Apply(tasks.RunObserved{Run: tasks.Run{ID: "deploy#9", Task: "deploy", Status: tasks.Failed, Observed: true}})
	told(t, "", notify.News(&d.state, tasks.RunObserved{}, time.Second)) // not mine
}

func TestTheEndOfATrainingIsToldWithItsNumber(t *testing.T) {
	d := newDay()
	end := func(took time.Duration) string {
		d.runs["test"]++
		id := tasks.NewRunID("test", d.runs["test"])
		d.state.Apply(tasks.RunQueued{Run: tasks.Run{ID: id, Task: "test"}})
		d.state.Apply(tasks.RunStarted{ID: id, At: d.now})
		d.state.Apply(tasks.MetricReported{ID: id, Name: "val_loss", Point: tasks.Point{Value: 0.25}})
		e := tasks.RunEnded{ID: id, At: d.now.Add(took), Status: tasks.Succeeded}
		d.state.Apply(e)
		return notify.News(&d.state, e, 10*time.Second)
	}
	told(t, "✓ test succeeded after 11s, val_loss 0.25", end(11*time.Second))
	told(t, "", end(9*time.Second))
}

func TestOfASweepTheEndIsToldAndNotEachRun(t *testing.T) {
	d := newDay()
	begin := func(first int, ends ...tasks.Status) (news []string) {
		w := &tasks.Sweep{ID: tasks.NewRunID("test", first), Runs: len(ends)}
		for i := range ends {
			d.state.Apply(tasks.RunQueued{Run: tasks.Run{ID: tasks.NewRunID("test", first+i), Task: "test", Sweep: w}})
		}
		for i, end := range ends {
			id := tasks.NewRunID("test", first+i)
			d.state.Apply(tasks.RunStarted{ID: id, At: d.now})
			d.state.Apply(tasks.MetricReported{ID: id, Name: "loss", Point: tasks.Point{Value: 1 / float64(i+1)}})
			d.now = d.now.Add(8 * time.Second)
			e := tasks.RunEnded{ID: id, At: d.now, Status: end}
			d.state.Apply(e)
			news = append(news, notify.News(&d.state, e, 10*time.Second))
		}
		return news
	}
	want := [][]string{
		{"", "", "✓ the sweep test#1: 3 of 3 succeeded, best loss 0.3333 in test#3"},
		{"", "✖ the sweep test#4: 1 of 2 failed, best loss 1 in test#4"},
		{"", ""}, // who stopped it knows
		{""},     // it was short
	}
	got := [][]string{
		begin(1, tasks.Succeeded, tasks.Succeeded, tasks.Succeeded), begin(4, tasks.Succeeded, tasks.Failed),
		begin(6, tasks.Succeeded, tasks.Cancelled), begin(8, tasks.Succeeded),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
