package tui_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/screen/history"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
)

// printed is what web has printed in the log journeys: 40 requests, then lines
// of every kind.
func printed() []string {
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("INFO request %02d", i))
	}
	return append(lines,
		`{"level":"warn","msg":"cache miss","ratio":0.62,"service":"cart"}`,
		`level=error msg="dial failed" service=cart attempt=3`,
		"cart.go:41:7: bad price",
		"panic: boom", "", "goroutine 1 [running]:", "main.run(0x1)", "\t/src/main.go:41 +0x1d", "main.main()", "\t/src/main.go:7 +0x20",
		"a line that is much longer than the pane in which it stands, and whose end nobody sees before they scroll sideways or wrap: the end",
		"INFO last",
	)
}

// journal keeps logs for a trip.
type journal struct {
	trip
	store *logs.Store
}

// keeping gives the trip a log store, in which web has printed.
func keeping(p trip) journal { return journal{p, keep(p.t, p.e)} }

// keep gives the workspace a log store, in which web has printed.
func keep(t *testing.T, e *tuitest.Engine) *logs.Store {
	t.Helper()
	dir := t.TempDir()
	store, err := logs.Open(dir, logs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	e.Emit(tasks.WorkspaceOpened{Workspace: tasks.Workspace{Name: "shop", Root: dir, LogDir: dir, Started: time.Now()}})
	printTo(t, e, store, "web", printed()...)
	return store
}

// print has a task print lines, a millisecond each.
func (j journal) print(name string, lines ...string) {
	j.t.Helper()
	printTo(j.t, j.e, j.store, name, lines...)
}

func printTo(t *testing.T, e *tuitest.Engine, store *logs.Store, name string, lines ...string) {
	t.Helper()
	w, err := store.Writer(logs.Key(name))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		time.Sleep(time.Millisecond)
		if _, err := w.Write(logs.Out, []byte(l+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	e.Emit(tasks.LogGrew{Key: logs.Key(name), Lines: w.Lines()})
}

// reading opens the log of web and puts the cursor on the last line with the
// text.
func (j journal) reading(text string) journal {
	j.t.Helper()
	j.on("web").Press("enter").See("INFO last", "● live")
	if text != "" {
		j.Press("/").Type(text).Press("enter").See("match").Press("esc")
	}
	return j
}

// logJourneys are the walks for the actions of the log.
func logJourneys() map[string]func(j journal) {
	return map[string]func(j journal){
		"log.follow": func(j journal) {
			j.reading("").Press("f").See("frozen")
			j.print("web", "one more")
			j.See("1 new").Gone("one more").Press("f").See("● live", "one more")
		},
		"log.search": func(j journal) {
			j.reading("").Press("/").Type("request 0").See("10 matches").Press("enter").See("▌ INFO request 09")
		},
		"log.next": func(j journal) {
			j.reading("").Press("/").Type("request 0").Press("enter", "N", "N").See("▌ INFO request 07").Press("n").See("▌ INFO request 08")
			j.Press("esc", "n").See("▌ ERROR dial failed")
		},
		"log.previous": func(j journal) {
			j.reading("").Press("/").Type("request 0").Press("enter", "N").See("▌ INFO request 08")
		},
		"log.error.next": func(j journal) {
			j.reading("request 39").Press("}").See("▌ ERROR dial failed").Press("}").See("▌ panic: boom")
		},
		"log.error.previous": func(j journal) {
			j.reading("last").Press("{").See("▌ panic: boom").Press("{").See("▌ ERROR dial failed")
		},
		"log.clear": func(j journal) {
			j.reading("").Press("/").Type("request 0").Press("enter").See("10 matches").Press("esc").Gone("10 matches")
			j.Press("v", "up").See("2 lines selected").Press("esc").Gone("selected")
		},
		"log.filter": func(j journal) {
			j.reading("").Press("&").See("tab level>=warn").Press("tab").Type(" serv").See("tab service=").Press("tab").Type("cart").Press("enter").See("cache miss", "dial failed", "50 hidden").Gone("INFO last")
		},
		"log.unfilter": func(j journal) {
			j.reading("").Press("&").Type("boom").Press("enter").See("hidden").Press("F").Gone("hidden").See("INFO last")
		},
		"log.level.up": func(j journal) {
			j.reading("").Press(">", ">", ">", ">").See("≥warn").Gone("INFO last").See("cache miss")
		},
		"log.level.down": func(j journal) {
			j.reading("").Press(">", ">", ">", ">").See("≥warn").Press("<").See("≥info", "INFO last")
		},
		"log.open": func(j journal) {
			j.reading("cache miss").Gone("service: cart").Press("enter").See("ratio: 0.62", "service: cart").Press("space").Gone("service: cart")
		},
		"log.wrap": func(j journal) { j.reading("").Gone(": the end").Press("w").See("wrap ●", ": the end") },
		"log.time": func(j journal) {
			j.reading("").Press("t").See("time: clock", ":00.0").Press("t").See("time: since").Press("t").See("time: off")
		},
		"log.printed": func(j journal) {
			j.reading("").See("cache miss ratio=0.62").Press("i").See(`{"level":"warn","msg":"cache miss"`)
		},
		"log.fields": func(j journal) {
			j.reading("").See("ratio=").Press("H").See("tab ratio service").Press("tab", "enter").Gone("ratio=").See("service=cart")
		},
		"log.run": func(j journal) {
			j.print("test", "go test", "ok", "three", "four")
			j.on("test").Press("enter").See("last run").Press("C").See("all runs", "three").Press("C").See("last run")
			j.on("web").Press("enter").See("INFO last").Press("C").See("last run").Press("C").Gone("last run")
		},
		"log.goto": func(j journal) { j.reading("").Press("@").Type("-1d").Press("enter").See("▌ INFO request 00") },
		"log.mark": func(j journal) {
			j.reading("dial").Press("m", "down").See("◆ ERROR dial failed").Press("up", "m", "down").Gone("◆ ERROR")
		},
		"log.select": func(j journal) { j.reading("last").Press("v", "up").See("2 lines selected") },
		"log.mark.next": func(j journal) {
			j.reading("dial").Press("m", "g").See("▌ INFO request 00").Press("'").See("◆ ERROR dial failed")
		},
		"log.mark.previous": func(j journal) {
			j.reading("request 02").Press("m", "G").Gone("request 02").Press("\"").See("◆ INFO request 02")
		},
		"log.copy": func(j journal) { j.reading("cache").Press("y").See(`copied: {"level":"warn","msg":"cache miss"`) },
		"log.export": func(j journal) {
			j.reading("").Press("X").See("export to: web-").Press("enter").See("exported 52 lines to")
		},
		"log.pager":  func(j journal) { j.reading("").Press("o").Wait(50 * time.Millisecond); j.ran() },
		"log.editor": func(j journal) { j.reading("").Press("O").Wait(50 * time.Millisecond); j.ran() },
		"log.edit": func(j journal) {
			j.reading("bad price").Press("e").Wait(50 * time.Millisecond)
			j.ran()
		},
		"log.stream": func(j journal) { j.reading("").Press("S").Wait(50 * time.Millisecond); j.ran() },
		"log.up": func(j journal) {
			j.reading("request 39").Press("up").See("▌ INFO request 38").Press("k").See("▌ INFO request 37")
		},
		"log.down": func(j journal) {
			j.reading("request 37").Press("down").See("▌ INFO request 38").Press("j").See("▌ INFO request 39")
		},
		"log.page.up": func(j journal) { j.reading("last").Press("pgup").Gone("INFO last").See("request 10") },
		"log.page.down": func(j journal) {
			j.reading("").Press("g").See("▌ INFO request 00").Press("pgdown").Gone("request 00")
		},
		"log.top": func(j journal) { j.reading("").Press("g").See("▌ INFO request 00") },
		"log.end": func(j journal) {
			j.reading("").Press("g").See("▌ INFO request 00").Press("G").See("● live", "INFO last")
		},
		"log.left": func(j journal) { j.reading("").Press("right").Gone("INFO last").Press("left").See("INFO last") },
		"log.right": func(j journal) {
			j.reading("").Gone(": the end").Press("right", "right", "right", "right", "right", "right", "right", "right").See(": the end")
		},
	}
}

// ran checks that another program got the terminal.
func (j journal) ran() {
	j.t.Helper()
	if j.Ran != 1 {
		j.t.Errorf("%d programs got the terminal\n%s", j.Ran, j.Screen())
	}
}

func TestTheRunsOfEarlierHostsAreMarkedInTheLogOfAService(t *testing.T) {
	remember := func(_ context.Context, task string) ([]history.Past, error) {
		if task != "web" {
			return nil, nil
		}
		r := tasks.Run{ID: "web#7", Task: "web", Number: 7, Status: tasks.Cancelled, Log: "web", FirstLine: 40, EndLine: 45, StartedAt: time.Now(), Cause: tasks.Cause{Kind: tasks.ByStart}}
		return []history.Past{{Run: r}}, nil
	}
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(shop()...)
		keep(t, e)
		u := tuitest.New(t, 120, 36, e, tui.Options{Runs: remember})
		u.See("INFO last", "── run 7 · Jan 1 ", "· workspace came up ──")
	})
}
