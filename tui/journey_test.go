package tui_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
)

// trip is a person on the busy shop's screen at 120x36.
type trip struct {
	*tuitest.User
	e *tuitest.Engine
	t *testing.T
}

// sent checks the last command.
func (p trip) sent(want tasks.Command) {
	p.t.Helper()
	p.Wait(50 * time.Millisecond)
	all := p.e.Commands()
	if len(all) == 0 {
		p.t.Fatalf("no command was sent; want %#v\n%s", want, p.Screen())
	}
	if diff := cmp.Diff(want, all[len(all)-1]); diff != "" {
		p.t.Error(diff)
	}
}

// on selects a task in the tree.
func (p trip) on(name string) trip {
	p.t.Helper()
	p.Press(":").Type("go " + name).Press("enter")
	p.See("▌")
	return p
}

// journeys is one walk for every action: press, see.
func journeys() map[string]func(p trip) {
	all := map[string]func(p trip){
		"task.toggle": func(p trip) {
			p.on("web").Press("s")
			p.sent(tasks.Stop{Names: []string{"web"}})
			p.See("stopping web")
			p.on("docs").Press("s")
			p.sent(tasks.Start{Names: []string{"docs"}})
			p.e.End("worker#4", 2) // for good: nothing restarts it
			p.on("worker").See("s start").Press("s")
			p.sent(tasks.Start{Names: []string{"worker"}})
		},
		"task.restart": func(p trip) {
			p.on("web").Press("r")
			p.sent(tasks.Restart{Names: []string{"web"}})
			p.on("build").See("rerun").Press("r")
			p.sent(tasks.RunTask{Name: "build", Detail: "started by hand"})
		},
		"task.terminal": func(p trip) {
			p.on("docs").Press("x").See("docs is not running")
			p.on("web").Press("x").Wait(50 * time.Millisecond)
			if p.Ran != 1 {
				p.t.Error("the terminal was not handed over")
			}
		},
		"task.logs": func(p trip) {
			p.on("test").Press("2").See("2 failed").Press("l").Gone("2 failed")
			p.on("web").Press("left", "l").See("web + api + db + wor…  1")
		},
		"task.why": func(p trip) {
			p.on("api").Press("w").See("Why api?", "db is starting", "not ready yet").Press("esc").Gone("Why api?")
		},
		"task.cancel": func(p trip) { p.on("train").Press("c"); p.sent(tasks.Cancel{ID: "train#1"}) },
		"edit": func(p trip) {
			p.on("test").Press("e").Wait(50 * time.Millisecond)
			if p.Ran != 1 {
				p.t.Error("no editor was opened")
			}
		},
		"copy": func(p trip) {
			p.on("build").Press("y").See("copied: go build ./...")
			if !strings.Contains(strings.Join(p.Sent, ""), "\x1b]52;c;") {
				p.t.Errorf("no OSC 52 in %q", p.Sent)
			}
		},
		"alert.next": func(p trip) {
			p.Press(".").See("▌internal/cart/cart_test.go:41").Press(".").See("▌internal/pay/pay_test.go:88").Press(".").See("worker  1")
		},
		"alert.previous": func(p trip) { p.Press(",").See("▌internal/cart/cart_test.go:41").Press(",").See("worker  1") },
		"alert.expand": func(p trip) {
			for i := range 12 {
				p.e.Emit(tasks.NoticeRaised{Notice: tasks.Notice{ID: fmt.Sprint(i), Severity: tasks.Warning, Source: "watch", Message: fmt.Sprintf("notice %02d", i), At: time.Now()}})
			}
			p.See("ATTENTION 15").Gone("notice 11").Press("a").See("notice 00", "notice 11").Press("a").Gone("notice 11")
		},
		"alert.acknowledge-all": func(p trip) {
			p.Press("D").See("acknowledged")
			ack := p.e.Commands()[0].(tasks.Acknowledge)
			p.e.Emit(tasks.Acknowledged(ack))
			p.See("nothing needs you")
		},
		"alert.open": func(p trip) { p.Press("shift+tab", "enter").See("test  1", "▌internal/cart/cart_test.go:41") },
		"alert.acknowledge": func(p trip) {
			p.Press("shift+tab", "d")
			p.sent(tasks.Acknowledge{Alerts: []tasks.AlertID{"test/test/internal/cart/TestTotal"}})
		},
		"tree.open": func(p trip) { p.on("docs").Press("enter", "5").See("declared in") },
		"tree.filter": func(p trip) {
			p.Press("/").Type("dep").See("deploy").Gone("worker  r").Press("enter", "esc").See("worker")
		},
		"tree.out": func(p trip) { p.on("web").Press("left").See("RESTARTS").Press("left").See("▸ SERVICES") },
		"tree.in": func(p trip) {
			p.on("web").Press("left", "left").See("▸ SERVICES").Press("right").See("▾ SERVICES").Press("right").See("1 Logs")
		},
		"tree.toggle": func(p trip) { p.on("web").Press("space").See("▸ SERVICES").Press("space").See("▾ SERVICES") },
		"view.zoom": func(p trip) {
			p.on("web").Press("z").Gone("ATTENTION").See("SERVICES").Press("z", "enter", "z").See("esc back").Press("esc").See("ATTENTION")
		},
		"view.focus": func(p trip) {
			p.on("test").Press("2", "tab").See("run this").Press("tab").See("acknowledge").Press("tab").See("filter")
		},
		"view.focus-back": func(p trip) {
			p.on("test").Press("2", "shift+tab").See("acknowledge").Press("shift+tab").See("run this").Press("shift+tab").See("filter")
		},
		"view.tree":     func(p trip) { p.See("SERVICES").Press("b").Gone("SERVICES").See("b tree").Press("b").See("SERVICES") },
		"view.wider":    func(p trip) { p.See("db is start…").Press(">").See("db is starting:") },
		"view.narrower": func(p trip) { p.See("db is start…").Press("<").Gone("db is start…") },
		"view.mouse": func(p trip) {
			p.Press("M").See("the mouse is the terminal's")
			if p.View().MouseMode != 0 {
				p.t.Error("the mouse is still taken")
			}
			p.Press("M").See("the mouse selects")
		},
		"view.theme": func(p trip) {
			before := p.Painted()
			p.Press("T").See("theme ")
			p.Wait(8 * time.Second)
			if p.Painted() == before {
				p.t.Error("nothing changed its colour")
			}
		},
		"pin.toggle": func(p trip) {
			p.on("api").Press("p").See("─ ◌ api waiting")
			p.on("web").See("web  1 Logs", "─ ◌ api waiting").Press("tab", "tab")
			p.Press("p").Gone("─ ◌ api waiting")
			p.command("pin db worker").See("─ ◐ db", "─ ▲ worker")
			p.command("pin web api docs").See("at most 3 logs are pinned").Press("esc")
		},
		"pin.clear": func(p trip) {
			p.command("pin db worker").See("─ ◐ db").Press("P").Gone("─ ◐ db").Press("P").See("no log is pinned")
		},
		"notify": func(p trip) {
			p.command("notify").See("notifications by bell")
			p.command("notify off").See("notifications are off")
			p.command("notify osc777").See("notifications by osc777")
			p.command("notify smoke").See("not \"smoke\"").Press("esc")
			p.Sent = nil
			p.command("notify test")
			if !strings.Contains(strings.Join(p.Sent, ""), "\x1b]777;notify;shop;this is how it looks\a") {
				p.t.Errorf("sent %q", p.Sent)
			}
		},
		"tab.1": func(p trip) { p.on("web").Press("5").See("declared in").Press("1").Gone("declared in") },
		"tab.2": func(p trip) { p.on("web").Press("2").See("listens on", "memory") },
		"tab.3": func(p trip) {
			p.on("web").Press("3").See("LOG_LEVEL=info", "not shown", "postgres://shop:").Gone("hunter2").Gone("hunter3")
			p.on("test").Press("3").See("OUTCOME")
		},
		"tab.4":          func(p trip) { p.on("api").Press("4").See("WHY", "waits since") },
		"tab.5":          func(p trip) { p.on("web").Press("5").See("./bin/web") },
		"tab.6":          func(p trip) { p.on("test").Press("6").See("**/*.go"); p.on("web").Press("6").See("no such tab") },
		"move.up":        func(p trip) { p.on("api").Press("up").See("▌  ● web") },
		"move.down":      func(p trip) { p.on("web").Press("down").See("▌  ◌ api").Press("j").See("▌  ◐ db") },
		"move.page-up":   func(p trip) { p.on("deploy").Press("pgup").See("▌▾ SERVICES") },
		"move.page-down": func(p trip) { p.on("web").Press("pgdown").See("▌  ○ deploy") },
		"move.top":       func(p trip) { p.on("docs").Press("g").See("▌▾ SERVICES") },
		"move.bottom":    func(p trip) { p.on("docs").Press("G").See("▌  ○ deploy") },
		"move.back":      func(p trip) { p.on("test").Press("2", "enter").See("run this").Press("esc").See("/ filter") },
		"palette": func(p trip) {
			p.Press(":").See("Commands").Type("zoo").See("Zoom the focused pane").Press("enter").Gone("ATTENTION")
		},
		"help": func(p trip) {
			p.Press("?").See("Keys", "TASKS").Type("zoom").See("Zoom the focused pane").Gone("Fold or open").Press("esc").Gone("type to")
		},
		"quit": func(p trip) {
			p.Press("q").See("Leave shop", "web", "remembered").Wait(dialog.Grace).Press("l").Wait(time.Millisecond)
			if r, left := p.Left(); !left || r.StopAll {
				p.t.Errorf("left %v, %+v", left, r)
			}
		},
		"suspend":          func(p trip) { p.Press("ctrl+z").See("no shell waits behind this screen") },
		"workspace.reload": func(p trip) { p.Press("R"); p.sent(tasks.Reload{}) },
		"workspace.start":  func(p trip) { p.Press("U"); p.sent(tasks.Start{}) },
		"workspace.stop": func(p trip) {
			p.Press("K", "tab", "enter").See("Stop everything in shop?", "/work/shop")
			if n := len(p.e.Commands()); n > 0 {
				p.t.Fatal("a stray enter stopped everything")
			}
			p.Wait(dialog.Grace).Press("enter")
			p.sent(tasks.Stop{})
		},
		"workspace.edit": func(p trip) {
			p.Press("E").Wait(50 * time.Millisecond)
			if p.Ran != 1 {
				p.t.Error("no editor was opened")
			}
		},
		"host.reconnect": func(p trip) {
			p.e.Leave("stopped by a person")
			p.See("host is gone: stopped by a person", "^r reconnect").Press("ctrl+r").See("attached again").Gone("host is gone")
		},
		"table.open":    func(p trip) { p.on("web").Press("left", "tab", "down", "enter").See("▌  ◌ api", "api  1 Logs") },
		"history.open":  func(p trip) { p.on("test").Press("3", "tab", "enter").See("test  1 Logs").See("follow") },
		"table.sort":    func(p trip) { p.on("web").Press("left", "tab", "o").See("NAME↑").Press("o", "o").See("CPU↓") },
		"table.reverse": func(p trip) { p.on("web").Press("left", "tab", "o", "O").See("NAME↓") },
		"tests.open": func(p trip) {
			p.tests().Press("enter").See("▌internal/cart/cart_test.go:41").Press("esc", "up", "enter").See("▸ ✖ internal/cart")
		},
		"tests.fold": func(p trip) {
			p.tests().Press("g", "space").See("▸ ✖ internal/cart").Press("space").See("▾ ✖ internal/cart")
		},
		"tests.in": func(p trip) {
			p.tests().Press("g", "space", "right").See("▾ ✖ internal/cart").Press("right", "right").See("▌internal/cart/cart_test.go:41")
		},
		"tests.out": func(p trip) {
			p.tests().Press("left").See("▌▾ ✖ internal/cart").Press("left").See("▸ ✖ internal/cart")
		},
		"tests.filter": func(p trip) {
			p.tests().Press("/").Type("refu").Gone("✖ TestTotal").Press("enter").See("/ refu", "esc clears", "TestRefund")
		},
		"tests.unfilter": func(p trip) {
			p.tests().Press("/").Type("refu").Press("enter").Gone("✖ TestTotal").Press("esc").See("✖ TestTotal")
		},
		"tests.view": func(p trip) {
			p.tests().Press("v").See("failures only", "internal/cart  TestTotal").Gone("TestPay")
			p.Press("v").See("slowest first").Press("v").See("no test is known to be").Press("v").See("TestPay")
		},
		"tests.order": func(p trip) {
			p.tests().Press("O").See("as they ran").Press("O").See("by name").Press("O").See("slowest first")
		},
		"tests.fold-all": func(p trip) {
			p.tests().Press("Z").See("▸ ✖ internal/cart", "▸ ✖ internal/pay").Press("Z").See("▾ ✖ internal/pay")
		},
		"tests.this": func(p trip) {
			p.tests().Press("r").See("running only TestTotal of test")
			p.sent(tasks.RunTask{Name: "test", Only: []tasks.TestName{{Suite: "internal/cart", Name: "TestTotal"}}, Detail: "only TestTotal"})
			p.Press("G", "left", "r")
			p.sent(tasks.RunTask{
				Name: "test", Detail: "only internal/pay",
				Only: []tasks.TestName{{Suite: "internal/pay", Name: "TestRefund"}, {Suite: "internal/pay", Name: "TestPay"}},
			})
		},
		"tree.failed": func(p trip) {
			p.on("test").Press("f").See("running what failed of test")
			p.sent(tasks.RunTask{Name: "test", Scope: tasks.ScopeFailed, Detail: "what failed"})
		},
		"tree.near": func(p trip) {
			p.on("test").Press("n")
			p.sent(tasks.RunTask{Name: "test", Scope: tasks.ScopeNear, Detail: "what is near the last change"})
		},
		"tree.all": func(p trip) {
			p.on("test")
			p.e.Emit(tasks.TestsPinned{Task: "test", Tests: []tasks.TestName{{Suite: "cart", Name: "TestTotal"}}})
			p.See("only TestTo").Press("a")
			p.sent(tasks.RunTask{Name: "test", Scope: tasks.ScopeAll, Detail: "all"})
		},
		"tests.failed": func(p trip) {
			p.tests().Press("f")
			p.sent(tasks.RunTask{Name: "test", Scope: tasks.ScopeFailed, Detail: "what failed"})
		},
		"tests.all": func(p trip) {
			p.tests().Press("a")
			p.sent(tasks.RunTask{Name: "test", Scope: tasks.ScopeAll, Detail: "all"})
		},
		"tests.near": func(p trip) {
			p.tests().Press("n")
			p.sent(tasks.RunTask{Name: "test", Scope: tasks.ScopeNear, Detail: "what is near the last change"})
		},
		"tests.pin": func(p trip) {
			pin := []tasks.TestName{{Suite: "internal/cart", Name: "TestTotal"}}
			p.tests().Press("t").See("saves run only TestTotal")
			p.sent(tasks.PinTests{Task: "test", Tests: pin})
			p.e.Emit(tasks.TestsPinned{Task: "test", Tests: pin})
			p.See("pinned").Press("t")
			p.sent(tasks.PinTests{Task: "test"})
		},
		"tests.output": func(p trip) { p.tests().Press("o").Gone("2 failed").See("follow") },
		"failure.back": func(p trip) { p.tests().Press("enter", "esc").See("↵ open").Press("enter", "left").See("↵ open") },
		"failure.edit": func(p trip) {
			u := p.broken().Press("enter", "enter").Wait(50 * time.Millisecond)
			if u.Ran != 1 {
				p.t.Error("no editor was opened")
			}
		},
		"failure.next": func(p trip) {
			p.broken().Press("enter", "n").See("▌    cart_test.go:10").Press("n").See("▌cart/cart_test.go:10")
		},
		"failure.previous": func(p trip) {
			p.broken().Press("enter", "n", "N").See("▌cart/cart_test.go:10").Press("N").See("▌    cart_test.go:10")
		},
		"failure.unfold": func(p trip) {
			p.broken().Press(".", ".").See("▌pay/pay.go:3").Wait(50 * time.Millisecond).ClickOn("2 frames").See("▌    ▸ 2 frames of libraries").Press("space").See("testing/testing.go:1734")
		},
		"history.sort":    func(p trip) { p.on("test").Press("3", "tab", "o").See("RUN↓") },
		"history.reverse": func(p trip) { p.on("test").Press("3", "tab", "o", "O").See("RUN↑") },
		"verb.start":      func(p trip) { p.command("start docs"); p.sent(tasks.Start{Names: []string{"docs"}}) },
		"verb.stop":       func(p trip) { p.command("stop web worker"); p.sent(tasks.Stop{Names: []string{"web", "worker"}}) },
		"verb.restart": func(p trip) {
			p.command("restart apu").See("there is no service, task or group")
			p.Press("ctrl+u").Type("restart api").Press("enter")
			p.sent(tasks.Restart{Names: []string{"api"}})
		},
		"verb.run": func(p trip) {
			p.command("run deploy env=live").See("deploy needs count=")
			p.Type(" count=3").Press("enter")
			p.sent(tasks.RunTask{Name: "deploy", Params: map[string]string{"env": "live", "count": "3"}, Detail: "started by hand"})
		},
		"verb.logs": func(p trip) {
			j := keeping(p)
			j.print("worker", "INFO request from the worker")
			p.command("logs worker").See("worker  1", "request from the worker")
			p.command("logs web since=1d level=debug grep=request where=level>=info -39").See("≥debug  filter level>=info -39", "39 matches", "▌ INFO request 00")
			p.command("logs web|worker").See("web + worker  1", "from the worker")
			p.command("logs web level=loud").See(`"loud" is no level`).Press("esc")
			p.command("logs web until=5m").See("not until=5m").Press("esc")
		},
		"verb.down": func(p trip) {
			p.command("down").See("Stop everything in shop and leave?").Wait(dialog.Grace).Press("tab", "enter").Wait(time.Millisecond)
			if r, left := p.Left(); !left || !r.StopAll {
				p.t.Errorf("left %v, %+v", left, r)
			}
		},
		"verb.trust": func(p trip) {
			p.command("trust").See("Trust the workspace file?").Wait(dialog.Grace).Press("tab", "enter").See("[trust] was run")
		},
		"verb.why":    func(p trip) { p.command("why db").See("Why db?", "tcp :5432 refused") },
		"verb.attach": func(p trip) { p.command("attach docs").See("docs is not running") },
		"verb.go":     func(p trip) { p.command("go build").See("▌  ✓ build") },
	}
	for _, line := range []string{
		"ps", "history", "runs", "compare train#1 train#2", "promote shop@champion --version 7", "ask docker top", "feedback", "doctor", "validate", "keys", "version",
	} {
		word, _, _ := strings.Cut(line, " ")
		all["verb."+word] = func(p trip) {
			p.command(line).See("─ sawhorse "+line+" ", "["+line+"] was run").Press("esc").Gone("was run")
		}
	}
	for _, word := range []string{"trigger", "train"} {
		all["verb."+word] = func(p trip) {
			p.command(word + " deploy env=live count=3")
			p.sent(tasks.RunTask{Name: "deploy", Params: map[string]string{"env": "live", "count": "3"}, Detail: "started by hand"})
		}
	}
	for id, walk := range logJourneys() {
		all[id] = func(p trip) { walk(keeping(p)) }
	}
	maps.Copy(all, trainingJourneys())
	maps.Copy(all, sweepJourneys())
	maps.Copy(all, comparingJourneys())
	return all
}

// tests goes to the Tests tab.
func (p trip) tests() *tuitest.User {
	p.t.Helper()
	return p.on("test").Press("2", "tab").See("✖ 2 failed")
}

// broken is another person, in the Tests tab of a workspace that is on disk.
func (p trip) broken() *tuitest.User {
	p.t.Helper()
	u, _ := onTests(p.t, 120, 36, tui.Options{})
	return u
}

// command types a line into the palette.
func (p trip) command(line string) *tuitest.User {
	return p.Press(":").Type(line).Press("enter")
}

// terminals gives everybody the same silent terminal.
type terminals struct{}

func (terminals) Terminal(context.Context, tasks.RunID) (tasks.Terminal, error) { return silent{}, nil }

type silent struct{}

func (silent) Read([]byte) (int, error)    { select {} }
func (silent) Write(p []byte) (int, error) { return len(p), nil }
func (silent) Close() error                { return nil }
func (silent) Resize(int, int) error       { return nil }

func travel(t *testing.T, walk func(trip)) {
	t.Setenv("VISUAL", "vi")
	t.Setenv("TMPDIR", t.TempDir()) // of texts for the pager
	inBubble(t, func(t *testing.T) {
		for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "TMUX", "TERM", "TERM_PROGRAM"} {
			t.Setenv(name, "")
		}
		e := busy()
		o := tui.Options{Interactor: terminals{}}
		o.Verb = func(_ context.Context, words []string) (string, error) { return fmt.Sprint(words, " was run\n"), nil }
		o.Reconnect = func(context.Context) (tasks.Engine, tasks.Interactor, error) { return busy(), terminals{}, nil }
		walk(trip{tuitest.New(t, 120, 36, e, o), e, t})
	})
}

func TestEveryActionHasAJourneyThatWorks(t *testing.T) {
	all := journeys()
	var layers []action.Layer
	inBubble(t, func(t *testing.T) {
		layers = tuitest.New(t, 120, 36, busy(), tui.Options{}).Model().Layers()
	})
	for _, l := range layers {
		for _, a := range l.Actions {
			walk, ok := all[a.ID]
			if !ok {
				t.Errorf("%s (%s) has no journey", a.ID, a.Title)
				continue
			}
			delete(all, a.ID)
			t.Run(a.ID, func(t *testing.T) { travel(t, walk) })
		}
	}
	for id := range all {
		t.Errorf("there is a journey for %s, which is no action", id)
	}
}

func TestNoTwoActionsOfAPlaceShareAKey(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, clash := range action.Duplicates(tuitest.New(t, 120, 36, busy(), tui.Options{}).Model().Layers()) {
			t.Error(clash)
		}
	})
}
