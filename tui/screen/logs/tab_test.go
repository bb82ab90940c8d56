package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fatal is what *testing.T and *rapid.T have in common here.
type fatal interface {
	Helper()
	Fatalf(string, ...any)
}

// desk is a tab with a real store behind it, run as the root would run it.
type desk struct {
	t     fatal
	store *logs.Store
	state tasks.State
	tab   *Tab
	names []string
	w, h  int
	clock atomic.Int64 // nanoseconds since noon; the store's timer reads it too
	sent  []tea.Msg    // to the root
}

// noon is when all test logs begin.
var noon = time.Date(2026, 11, 22, 12, 4, 29, 0, time.Local)

// at runs a test on a desk, in a bubble where time costs nothing.
func at(t *testing.T, w, h int, test func(t *testing.T, d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, t.TempDir(), w, h)
		test(t, d)
		d.close()
	})
}

func newDesk(t fatal, dir string, w, h int) *desk {
	t.Helper()
	d := &desk{t: t, state: tasks.NewState(), tab: New(theme.Dark()), w: w, h: h}
	store, err := logs.Open(dir, logs.Options{Now: d.now})
	if err != nil {
		t.Fatalf("%v", err)
	}
	d.store = store
	d.state.Workspace = tasks.Workspace{Root: dir, LogDir: dir}
	d.run(d.tab.Resized(w, h))
	return d
}

func (d *desk) now() time.Time { return noon.Add(time.Duration(d.clock.Load())) }

func (d *desk) wait(t time.Duration) { d.clock.Add(int64(t)) }

func (d *desk) close() {
	d.run(d.tab.Close())
	if err := d.store.Close(); err != nil {
		d.t.Fatalf("%v", err)
	}
}

// run executes a command and all that follow from it.
func (d *desk) run(cmd tea.Cmd) {
	for queue := []tea.Cmd{cmd}; len(queue) > 0; {
		next := queue[0]
		queue = queue[1:]
		if next == nil {
			continue
		}
		switch m := next().(type) {
		case nil:
		case tea.BatchMsg:
			queue = append(queue, m...)
		case Copy, OpenPlace, OpenText, Stream:
			d.sent = append(d.sent, m)
		case Resync:
			queue = append(queue, d.tab.Sync(&d.state, d.names...))
		default:
			queue = append(queue, d.tab.Update(m))
		}
	}
}

func (d *desk) declare(name string, kind config.Kind) {
	d.state.Order = append(d.state.Order, name)
	d.state.Units[name] = tasks.Unit{Task: tasks.Task{Name: name, Kind: kind, Of: name}}
}

// print appends to a log and tells the state, not the tab; a millisecond passes
// before each line.
func (d *desk) print(name string, lines ...string) {
	w, err := d.store.Writer(logs.Key(name))
	if err != nil {
		d.t.Fatalf("%v", err)
	}
	for _, l := range lines {
		d.wait(time.Millisecond)
		if _, err := w.Write(logs.Out, []byte(l+"\n")); err != nil {
			d.t.Fatalf("%v", err)
		}
		if err := w.Flush(); err != nil {
			d.t.Fatalf("%v", err)
		}
	}
	d.state.Lines[logs.Key(name)] = w.Lines()
}

func (d *desk) sync(names ...string) {
	if len(names) > 0 {
		d.names = names
	}
	d.run(d.tab.Sync(&d.state, d.names...))
}

func (d *desk) press(keys ...string) {
	for _, k := range keys {
		msg := tea.KeyPressMsg{Text: k, Code: []rune(k)[0]}
		switch k {
		case "enter":
			msg = tea.KeyPressMsg{Code: tea.KeyEnter}
		case "esc":
			msg = tea.KeyPressMsg{Code: tea.KeyEscape}
		case "up":
			msg = tea.KeyPressMsg{Code: tea.KeyUp}
		}
		if d.tab.Typing() {
			d.run(d.tab.Key(msg))
			continue
		}
		a, ok := action.Set{{Name: "log", Actions: d.tab.Actions()}}.Pressed(msg)
		if !ok || a.Disabled != "" {
			d.t.Fatalf("%s does nothing: %q", k, a.Disabled)
		}
		d.run(a.Do())
	}
}

func (d *desk) typeText(text string) {
	for _, r := range text {
		d.press(string(r))
	}
}

// screen is what is shown, without colours, scrollbar and blanks at the end.
func (d *desk) screen() []string {
	d.t.Helper()
	out := d.tab.View(Frame{d.w, d.h, true})
	lines := strings.Split(out, "\n")
	if len(lines) != d.h {
		d.t.Fatalf("%d lines instead of %d", len(lines), d.h)
	}
	for i, l := range lines {
		if n := ansi.StringWidth(l); n != d.w {
			d.t.Fatalf("line %d has %d cells instead of %d: %q", i, n, d.w, l)
		}
		l = strings.TrimRight(ansi.Strip(l), " ")
		l = strings.TrimRight(l, "▏█●◂◆ ")
		lines[i] = l
	}
	last := &lines[len(lines)-1]
	*last = strings.Join(strings.Fields(*last), " ")
	return lines
}

func (d *desk) shows(want ...string) {
	d.t.Helper()
	if diff := cmp.Diff(want, d.screen()); diff != "" {
		d.t.Fatalf("screen (-want +got):\n%s", diff)
	}
}

func numbered(from, to int) []string {
	var lines []string
	for i := from; i < to; i++ {
		lines = append(lines, fmt.Sprintf("line %d", i))
	}
	return lines
}

func TestFollowsALogAndCountsWhatIsNewWhileFrozen(t *testing.T) {
	at(t, 50, 5, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.sync("api")
		d.shows("", "  No output yet. What it prints is shown here.", "", "", "0 lines ● live")
		d.print("api", numbered(0, 30)...)
		d.sync()
		d.shows("  line 26", "  line 27", "  line 28", "  line 29", "30 lines ● live")
		d.press("k", "k")
		d.print("api", numbered(30, 1050)...)
		d.sync()
		d.shows("  line 26", "▌ line 27", "  line 28", "  line 29", "1 050 lines ‖ 1 020 new f follow")
		d.press("g")
		d.shows("▌ line 0", "  line 1", "  line 2", "  line 3", "1 050 lines ‖ 1 020 new f follow")
		d.press("f")
		d.shows("  line 1046", "  line 1047", "  line 1048", "  line 1049", "1 050 lines ● live")
	})
}

func TestFilterHidesLinesAndCountsThem(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		for i := range 5000 {
			d.print("api", fmt.Sprintf(`{"level":"%s","msg":"m%d"}`, []string{"info", "debug", "warn", "error"}[i%4], i))
		}
		d.sync("api")
		d.press("&")
		d.typeText("level>=warn -m4")
		d.press("enter")
		d.shows(
			"✖ ERROR m3995                                         ▸json",
			"▲ WARN  m3998                                         ▸json",
			"✖ ERROR m3999                                         ▸json",
			"1 946 lines · 973 err · 973 warn · 3 054 hidden ● live",
		)
	})
}

func TestSearchCountsEverywhereAndJumps(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 3000)...)
		d.sync("api")
		d.press("/")
		d.typeText("line [12]5$")
		d.shows("  line 2997", "  line 2998", "  line 2999", "/line [12]5$ 2 matches")
		d.press("enter")
		d.shows("  line 24", "▌ line 25", "  line 26", "3 000 lines · 2 matches ‖ frozen f follow")
		d.press("N")
		d.shows("  line 14", "▌ line 15", "  line 16", "3 000 lines · 2 matches ‖ frozen f follow")
		d.press("N")
		d.shows("  line 14", "▌ line 15", "  line 16", "no match above; once more goes round ‖ frozen f follow")
		d.press("N")
		d.shows("  line 24", "▌ line 25", "  line 26", "3 000 lines · 2 matches ‖ frozen f follow")
		d.press("n")
		d.shows("  line 24", "▌ line 25", "  line 26", "no match below; once more goes round ‖ frozen f follow")
		d.press("n")
		d.shows("  line 14", "▌ line 15", "  line 16", "3 000 lines · 2 matches ‖ frozen f follow")
		d.press("/")
		d.typeText("a(")
		d.shows("  line 14", "▌ line 15", "  line 16", "/a( missing closing ) (column 1)")
		d.press("esc")
	})
}

func TestNextErrorIsFoundWithoutASearch(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 100)...)
		d.print("api", "ERROR boom", "WARN hm")
		d.print("api", numbered(102, 6000)...)
		d.sync("api")
		d.press("N")
		d.shows("  line 99", "▌ ERROR boom", "▲ WARN hm", "6 000 lines · 1 err · 1 warn ‖ frozen f follow")
	})
}

func TestMergedLogsStandInTheOrderOfTheirArrival(t *testing.T) {
	at(t, 60, 7, func(_ *testing.T, d *desk) {
		for _, n := range []string{"api", "db"} {
			d.declare(n, config.Service)
		}
		d.print("api", "a1")
		d.print("db", "d1", "d2")
		d.print("api", "a2")
		d.sync("api", "db")
		d.shows("  api a1", "  db  d1", "  db  d2", "  api a2", "", "", "4 lines ● live")
		d.print("db", "d3")
		d.sync()
		d.press("t")
		d.shows("  12:04:29.001 api a1", "  12:04:29.002 db  d1", "  12:04:29.003 db  d2", "  12:04:29.004 api a2", "  12:04:29.005 db  d3", "", "time: clock ● live")
	})
}

func TestLinesThatSayTheirTimeArePutInThatOrder(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		for _, n := range []string{"api", "db"} {
			d.declare(n, config.Service)
		}
		d.print("api", "12:04:29.500 second")
		d.print("db", "12:04:29.400 first")
		d.print("api", "12:04:29.600 third")
		d.sync("api", "db")
		d.shows("  db  12:04:29.400 first", "  api 12:04:29.500 second", "  api 12:04:29.600 third", "3 lines ● live")
	})
}

func TestATaskShowsItsLastRunOrAllOfThem(t *testing.T) {
	at(t, 60, 6, func(_ *testing.T, d *desk) {
		d.declare("test", config.Task)
		d.print("test", "old 1", "old 2", "new 1", "new 2")
		start := time.Date(2026, 11, 22, 12, 4, 11, 0, time.Local)
		u := d.state.Units["test"]
		for i, first := range []int64{0, 2} {
			id := tasks.NewRunID("test", i+1)
			u.Runs = append(u.Runs, id)
			d.state.Runs[id] = tasks.Run{
				ID: id, Task: "test", Number: i + 1, Status: tasks.Succeeded, Log: "test", FirstLine: first, EndLine: first + 2,
				StartedAt: start, Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"cart.go"}},
			}
		}
		d.state.Units["test"] = u
		d.sync("test")
		d.shows("  new 1", "  new 2", "", "", "", "2 lines ● live")
		d.press("C")
		d.shows("  old 1", "  old 2", "── run 2 · 12:04:11 · cart.go changed ─────────────────────", "  new 1", "  new 2", "4 lines ● live")
	})
}

func TestCopyIsWhatWasPrintedAndNotWhatIsDrawn(t *testing.T) {
	at(t, 40, 6, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", "one", "\x1b[31mtab\there\x1b[0m 👨\u200d👩", `{"msg":"x","level":"info"}`, "\x1b]52;c;aGk=\x07last")
		d.sync("api")
		d.run(d.tab.Click(2, 1))
		d.run(d.tab.Drag(2, 3))
		d.run(d.tab.Release())
		want := []tea.Msg{Copy{Text: "tab\there 👨\u200d👩\n{\"msg\":\"x\",\"level\":\"info\"}\nlast", Lines: 3}}
		if diff := cmp.Diff(want, d.sent); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADragWithinALineCopiesItsCharactersAsTheyAreShown(t *testing.T) {
	at(t, 40, 6, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", "GET /cart id=7f3a ok", "日本語 ログ", `{"level":"warn","msg":"slow","ms":42}`)
		d.sync("api")
		for _, drag := range [][4]int{
			{15, 0, 18, 0}, // the id
			{18, 0, 15, 0}, // and backwards
			{38, 0, 11, 0}, // from behind the end
			{4, 1, 8, 1},   // halves of wide characters
			{8, 2, 0, 2},   // of what is shown of JSON, from the margin on
		} {
			d.run(d.tab.Click(drag[0], drag[1]))
			d.run(d.tab.Drag(drag[2], drag[3]))
			d.run(d.tab.Release())
		}
		// Over several lines it is the lines, also when it comes back to the first.
		d.run(d.tab.Click(15, 0))
		d.run(d.tab.Drag(18, 0))
		if got := d.screen()[5]; got != "3 lines · 1 warn 4 characters selected" {
			t.Error(got)
		}
		d.run(d.tab.Drag(18, 1))
		d.run(d.tab.Release())
		want := []tea.Msg{
			Copy{Text: "7f3a", Lines: 1},
			Copy{Text: "7f3a", Lines: 1},
			Copy{Text: " id=7f3a ok", Lines: 1},
			Copy{Text: "本語 ", Lines: 1},
			Copy{Text: "WARN  s", Lines: 1},
			Copy{Text: "GET /cart id=7f3a ok\n日本語 ログ", Lines: 2},
		}
		if diff := cmp.Diff(want, d.sent); diff != "" {
			t.Error(diff)
		}
	})
}

func TestExportWritesWhatTheFilterShows(t *testing.T) {
	at(t, 60, 4, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 100)...)
		d.sync("api")
		d.press("&")
		d.typeText("/5$/")
		d.press("enter", "X")
		d.run(d.tab.Key(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl}))
		d.typeText("out.log")
		d.press("enter")
		path := filepath.Join(d.state.Workspace.Root, "out.log")
		got, err := os.ReadFile(path)
		if err != nil || string(got) != "line 5\nline 15\nline 25\nline 35\nline 45\nline 55\nline 65\nline 75\nline 85\nline 95\n" {
			t.Errorf("%q, %v; %s", got, err, d.screen()[3])
		}
		d.press("X")
		d.run(d.tab.Key(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl}))
		d.typeText("out.log")
		d.press("enter")
		if s := d.screen()[3]; !strings.Contains(s, "export: open") {
			t.Errorf("an existing file was written over: %s", s)
		}
	})
}

func TestGoesToATimeAndToALine(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 500)...)
		d.wait(time.Hour)
		d.print("api", numbered(500, 1000)...)
		d.sync("api")
		d.press("@")
		d.typeText("2026-11-22 13:00")
		d.press("enter")
		d.shows("  line 499", "▌ line 500", "  line 501", "1 000 lines ‖ frozen f follow")
		d.run(d.tab.Show("api", 42))
		d.shows("  line 41", "▌ line 42", "  line 43", "1 000 lines ‖ frozen f follow")
	})
}

func TestEditGoesToTheFileThatTheLineNames(t *testing.T) {
	at(t, 60, 4, func(t *testing.T, d *desk) {
		d.declare("test", config.Task)
		d.print("test", "no place", "    cart_test.go:41: want 3, got 4")
		d.sync("test")
		d.press("e")
		want := []tea.Msg{OpenPlace{tasks.Location{File: "cart_test.go", Line: 41}}}
		if diff := cmp.Diff(want, d.sent); diff != "" {
			t.Error(diff)
		}
		d.press("k")
		for _, a := range d.tab.Actions() {
			if a.ID == "log.edit" && a.Disabled != "the line under the cursor names no file" {
				t.Errorf("edit is off because %q", a.Disabled)
			}
		}
	})
}

func TestActionsHaveKeysOfTheirOwn(t *testing.T) {
	tab := New(theme.Dark())
	if d := action.Duplicates([]action.Layer{{Name: "log", Actions: tab.Actions()}}); len(d) > 0 {
		t.Error(d)
	}
	for _, a := range tab.Actions() {
		if a.Title == "" || a.Do == nil || len(a.Keys) == 0 {
			t.Errorf("%+v", a)
		}
	}
}

func TestFilteredAndMergedViewsAgreeWithANaiveOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "logs") //nolint:usetesting // one a check, and there are many
		if err != nil {
			rt.Fatalf("%v", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		synctest.Test(t, func(*testing.T) {
			d := newDesk(rt, dir, 60, rapid.IntRange(2, 12).Draw(rt, "height"))
			defer d.close()
			names := []string{"api", "db", "web"}[:rapid.IntRange(1, 3).Draw(rt, "logs")]
			var truth []string
			write := func() {
				for range rapid.IntRange(0, 12).Draw(rt, "lines") {
					n := rapid.SampledFrom(names).Draw(rt, "log")
					l := fmt.Sprintf("%s %d %s", n, len(truth), rapid.SampledFrom([]string{"ok", "no", "ERROR x"}).Draw(rt, "text"))
					d.print(n, l)
					truth = append(truth, l)
				}
			}
			for _, n := range names {
				d.declare(n, config.Service)
			}
			write()
			d.sync(names...)
			query := rapid.SampledFrom([]string{"", "ok", "-ok", "level>=error", "/[13579] /", "nothing"}).Draw(rt, "filter")
			if query != "" {
				d.press("&")
				d.typeText(query)
				d.press("enter")
			}
			for range rapid.IntRange(0, 5).Draw(rt, "steps") {
				write()
				d.sync()
				switch rapid.IntRange(0, 5).Draw(rt, "step") {
				case 0:
					d.run(d.tab.Wheel(rapid.IntRange(-20, 20).Draw(rt, "wheel")))
				case 1:
					d.run(d.tab.Click(rapid.IntRange(0, 90).Draw(rt, "x"), rapid.IntRange(0, 10).Draw(rt, "y")))
				case 2:
					d.run(d.tab.Resized(d.w, d.h))
				}
				d.screen()
			}
			q, _ := parse.ParseQuery(query)
			var want []string
			for _, l := range truth {
				if q.Match(parse.Line{Text: l}) {
					want = append(want, l)
				}
			}
			b, err := d.tab.src.bounds()
			if err != nil {
				rt.Fatalf("%v", err)
			}
			if n := b.End - b.First; n != int64(len(want)) || d.tab.view.Bounds() != b {
				rt.Fatalf("%d lines instead of %d; the view has %+v of %+v", n, len(want), d.tab.view.Bounds(), b)
			}
			if len(want) == 0 {
				return
			}
			from := rapid.IntRange(0, len(want)-1).Draw(rt, "from")
			n := rapid.IntRange(1, len(want)).Draw(rt, "n")
			lines, err := d.tab.src.read(t.Context(), b.First+int64(from), n, 1000)
			if err != nil {
				rt.Fatalf("%v", err)
			}
			var got []string
			for i, l := range lines {
				if l.pos != b.First+int64(from+i) {
					rt.Fatalf("line %d has position %d", from+i, l.pos-b.First)
				}
				got = append(got, l.text)
			}
			if diff := cmp.Diff(want[from:min(len(want), from+n)], got); diff != "" {
				rt.Fatalf("lines %d..: %s", from, diff)
			}
			// What is drawn are lines that follow one another.
			d.run(d.tab.Resized(d.w, d.h))
			shown := d.screen()
			shown = shown[:len(shown)-1]
			cell := regexp.MustCompile(`^[▌✖▲╎·◆ ] (?:(?:api|db|web) +)?((?:api|db|web) \d+ .*)$`)
			start := -1
			for i, l := range shown {
				m := cell.FindStringSubmatch(l)
				if m == nil {
					continue
				}
				k := slices.Index(want, m[1])
				if start < 0 {
					start = k - i
				}
				if k < 0 || k-i != start {
					rt.Fatalf("%q is out of place in\n%s", m[1], strings.Join(shown, "\n"))
				}
			}
			if start < 0 {
				rt.Fatalf("nothing is shown of %d lines:\n%s", len(want), strings.Join(shown, "\n"))
			}
		})
	})
}

func TestUnchangedTabIsNotDrawnAgain(t *testing.T) {
	at(t, 120, 30, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 200)...)
		d.sync("api")
		first := d.tab.View(Frame{120, 30, true})
		again := d.tab.View(Frame{120, 30, true})
		if unsafe.StringData(first) != unsafe.StringData(again) {
			t.Error("drawn again")
		}
		if cmd := d.tab.Sync(&d.state, "api"); cmd != nil {
			t.Error("reads although nothing has changed")
		}
	})
}

func TestARestartIsMarkedInTheLogOfAService(t *testing.T) {
	at(t, 60, 6, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", "up", "down")
		d.sync("api")
		u := d.state.Units["api"]
		u.Runs = []tasks.RunID{"api#2"}
		d.state.Units["api"] = u
		d.state.Runs["api#2"] = tasks.Run{
			ID: "api#2", Task: "api", Number: 2, Status: tasks.Running, Log: "api", FirstLine: 2, EndLine: -1,
			StartedAt: noon, Cause: tasks.Cause{Kind: tasks.ByRestart, Detail: "exit 1"},
		}
		d.print("api", "up again")
		d.sync()
		d.shows("  up", "  down", "── run 2 · 12:04:29 · restart after exit 1 ────────────────", "  up again", "", "3 lines ● live")
	})
}

func TestRefusedFilterStaysOpenAndSaysWhy(t *testing.T) {
	at(t, 60, 4, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", "one")
		d.sync("api")
		d.press("&")
		d.typeText("level>=loud")
		d.press("enter")
		if !d.tab.Typing() || !strings.Contains(d.screen()[3], `"loud" is not a level`) {
			t.Errorf("%q", d.screen())
		}
		d.run(d.tab.Key(tea.KeyPressMsg{Code: 'w', Mod: tea.ModCtrl}))
		d.typeText("none")
		d.press("enter")
		d.shows("", "  No line passes the filter none. F takes it away.", "", "0 lines · 1 hidden ● live")
		d.press("&", "up", "enter", "F")
		d.shows("  one", "", "", "1 line ● live")
	})
}

func TestALogThatGrowsWhileItIsReadIsNotReadInCircles(t *testing.T) {
	at(t, 60, 6, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 500)...)
		d.sync("api")
		d.print("api", numbered(500, 600)...)
		cmd := d.tab.Sync(&d.state, "api")
		// More comes before the command looks; nobody has told the tab of it.
		told := d.state.Lines["api"]
		d.print("api", numbered(600, 700)...)
		d.state.Lines["api"] = told
		reads := 0
		for queue := []tea.Cmd{cmd}; len(queue) > 0 && reads < 5; queue = queue[1:] {
			if queue[0] == nil {
				continue
			}
			switch m := queue[0]().(type) {
			case tea.BatchMsg:
				queue = append(queue, m...)
			case windowRead:
				reads++
				d.print("api", "more")
				d.state.Lines["api"] = told
				queue = append(queue, d.tab.Update(m))
			case tea.Msg:
				queue = append(queue, d.tab.Update(m))
			}
		}
		if reads != 1 {
			t.Errorf("%d reads for one piece of news", reads)
		}
		d.shows("  line 695", "  line 696", "  line 697", "  line 698", "  line 699", "700 lines ● live")
		if cmd := d.tab.Sync(&d.state, "api"); cmd != nil {
			t.Error("old news are read again")
		}
	})
}

func TestAFoldedTraceShowsWhatItIsAbout(t *testing.T) {
	at(t, 60, 20, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api",
			"Traceback (most recent call last):",
			`  File "main.py", line 7, in run`, "    total()",
			`  File "cart.py", line 41, in total`, "    return price / count", "           ~~~~~~^~~~~~~",
			"ZeroDivisionError: division by zero",
			"",
			"During handling of the above exception, another exception occurred:",
			"",
			"Traceback (most recent call last):",
			`  File "main.py", line 9, in run`, "    log(e)",
			"ValueError: bad price",
			"served",
			`Exception in thread "main" java.lang.IllegalStateException: no stock`,
			"    at shop.Cart.total(Cart.java:41)", "    at shop.Main.run(Main.java:9)", "    at shop.Main.main(Main.java:3)",
			"Caused by: java.io.IOException: disk full",
			"    at shop.Store.read(Store.java:12)",
			"    ... 3 more",
			"served",
		)
		d.sync("api")
		want := strings.Split(`✖ Traceback (most recent call last):               [2 more]
    ↳ File "cart.py", line 41, in total
    ↳ return price / count                         [1 more]
    ↳ ZeroDivisionError: division by zero          [4 more]
    ↳ File "main.py", line 9, in run
    ↳ log(e)
    ↳ ValueError: bad price
  served
✖ Exception in thread "main" java.lang.IllegalStateExcepti…
    ↳ at shop.Cart.total(Cart.java:41)
    ↳ at shop.Main.run(Main.java:9)                [1 more]
    ↳ Caused by: java.io.IOException: disk full    [2 more]
  served`, "\n")
		if diff := cmp.Diff(want, d.screen()[:len(want)]); diff != "" {
			t.Errorf("%s\n%s", diff, strings.Join(d.screen(), "\n"))
		}
	})
}

func TestALogFromBeforeTheHostBeganIsShown(t *testing.T) {
	at(t, 40, 4, func(_ *testing.T, d *desk) {
		d.declare("test", config.Task)
		d.print("test", "yesterday", "failed")
		d.state.Lines = map[logs.Key]int64{}
		d.sync("test")
		d.shows("  yesterday", "  failed", "", "2 lines ● live")
		d.print("test", "today")
		d.sync()
		d.shows("  yesterday", "  failed", "  today", "3 lines ● live")
	})
}
