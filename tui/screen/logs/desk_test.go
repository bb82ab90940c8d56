package logs

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
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
