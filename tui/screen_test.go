package tui_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// shop is a workspace with something of everything.
func shop() []config.Unit {
	service := func(name string, port int, deps ...config.Dependency) config.Unit {
		return config.Unit{
			Name: name, Kind: config.Service, Run: "./bin/" + name, Autostart: true, TTY: true,
			Pos:     config.Position{File: "sawhorse.yml", Line: 4, Column: 3},
			Restart: config.Restart{When: config.RestartOnFailure, Min: 100 * time.Millisecond, Max: 30 * time.Second},
			Stop:    config.Stop{Signal: "TERM", Timeout: 10 * time.Second},
			Ports:   []config.Port{{Name: "http", Number: port}}, DependsOn: deps,
			Env: map[string]string{"LOG_LEVEL": "info", "API_TOKEN": "hunter2", "DATABASE_URL": "postgres://shop:hunter3@db/shop"},
		}
	}
	task := func(name, run string) config.Unit {
		return config.Unit{
			Name: name, Kind: config.Task, Run: run, Pos: config.Position{File: "sawhorse.yml", Line: 30, Column: 3},
			Stop: config.Stop{Signal: "TERM", Timeout: 10 * time.Second}, OnBusy: config.BusyRestart,
		}
	}
	test := task("test", "go test ./...")
	test.Watch = &config.Watch{Paths: []string{"**/*.go"}}
	deploy := task("deploy", "./deploy.sh")
	deploy.Params = []config.Param{
		{Name: "env", Type: config.ParamString, Choices: []string{"staging", "live"}, Default: "staging", HasDefault: true, Description: "where to"},
		{Name: "count", Type: config.ParamInt, Required: true, Description: "how many"},
		{Name: "token", Type: config.ParamString, Secret: true},
	}
	return []config.Unit{
		service("web", 8080), service("api", 8081, config.Dependency{Name: "db", Condition: config.Ready}), service("db", 5432),
		service("worker", 0), service("docs", 0),
		test, task("build", "go build ./..."), task("train", "python train.py"), deploy,
	}
}

// busy is the shop in the middle of a day: things up, waiting, broken, running.
func busy() *tuitest.Engine {
	e := tuitest.NewEngine(shop()...)
	e.Emit(tasks.Wanted{Task: "test", Up: true})
	web, db := e.Up("web"), e.Start("db", tasks.Cause{Kind: tasks.ByStart})
	e.Emit(tasks.ProbeFailed{ID: db, Error: "tcp :5432 refused"})
	e.Emit(tasks.Wanted{Task: "api", Up: true})
	e.Queue("api", tasks.Cause{Kind: tasks.ByStart}, tasks.Hold{On: "db", Why: "db is starting: tcp :5432 refused"})
	for range 3 {
		e.End(e.Start("worker", tasks.Cause{Kind: tasks.ByRestart, Detail: "exit 2"}), 2)
	}
	worker := e.Start("worker", tasks.Cause{Kind: tasks.ByRestart, Detail: "exit 2"})
	e.Emit(tasks.RunReady{ID: worker, At: time.Now()})
	run := e.Start("test", tasks.Cause{Kind: tasks.ByWatch, Files: []string{"internal/cart/cart.go", "go.mod"}})
	e.Emit(
		tasks.TestReported{ID: run, Test: tasks.TestResult{
			Suite: "internal/cart", Name: "TestTotal", Status: tasks.TestFailed, Duration: 12 * time.Millisecond,
			Message: "want 3, got 4", Location: tasks.Location{File: "internal/cart/cart_test.go", Line: 41}, Line: 7,
		}},
		tasks.TestReported{ID: run, Test: tasks.TestResult{
			Suite: "internal/pay", Name: "TestRefund", Status: tasks.TestFailed, Duration: time.Second,
			Message: "context deadline exceeded", Location: tasks.Location{File: "internal/pay/pay_test.go", Line: 88}, Line: 9,
		}},
		tasks.TestReported{ID: run, Test: tasks.TestResult{Suite: "internal/pay", Name: "TestPay", Status: tasks.TestPassed, Line: -1}},
	)
	e.End(run, 1)
	e.End(e.Start("build", tasks.Cause{Kind: tasks.ByPerson}), 0)
	train := e.Start("train", tasks.Cause{Kind: tasks.ByPerson})
	for i := range 40 {
		e.Emit(tasks.MetricReported{ID: train, Name: "loss", Point: tasks.Point{Step: float64(i), Value: 4 / float64(i+1), At: time.Now()}})
	}
	e.Emit(tasks.UsageSampled{At: time.Now(), Usage: map[tasks.RunID]tasks.Usage{
		web: {CPU: 2.2, Memory: 84 << 20, Threads: 9, Files: 21, Processes: 2, Ports: []int{8080}}, worker: {CPU: 0.4, Memory: 31 << 20, Threads: 4, Files: 8, Processes: 1},
	}})
	return e
}

// inBubble runs a test where time is the test's own.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// sizes are one of every kind of layout.
func sizes() [][2]int { return [][2]int{{200, 50}, {120, 36}, {80, 24}, {50, 15}, {30, 8}} }

func TestTheScreenIsDrawnAtEverySize(t *testing.T) {
	for _, size := range sizes() {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				e := busy()
				keep(t, e)
				u := tuitest.New(t, size[0], size[1], e, tui.Options{})
				u.Wait(2 * time.Second) // until the errors are counted
				golden.RequireEqual(t, []byte(u.Screen()))
			})
		})
	}
}

func TestEveryTabAndBoxIsDrawn(t *testing.T) {
	on := func(name string) []string { return []string{":", "type:go " + name, "enter"} }
	for name, keys := range map[string][]string{
		"service stats":  append(on("web"), "2"),
		"service env":    append(on("web"), "3"),
		"waiting events": append(on("api"), "4"),
		"worker events":  append(on("worker"), "4"),
		"service config": append(on("api"), "5"),
		"task tests":     append(on("test"), "2", "tab"),
		"task history":   append(on("test"), "3"),
		"task metrics":   append(on("train"), "4"),
		"task config":    append(on("deploy"), "6"),
		"services table": append(on("web"), "left"),
		"tasks table":    append(on("test"), "left", "tab"),
		"attention":      {"shift+tab", "down"},
		"help":           {"?"},
		"palette":        {":", "type:rest"},
		"palette words":  {":", "type:run deploy "},
		"parameters":     append(on("deploy"), "r", "tab"),
		"why":            append(on("api"), "w"),
		"leave":          {"q"},
		"toast":          append(on("docs"), "x"),
		"filter":         {"/", "type:d"},
		"filter misses":  {"/", "type:zzz", "enter"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				u := tuitest.New(t, 120, 36, busy(), tui.Options{Version: "1.2.3"})
				for _, k := range keys {
					if text, ok := strings.CutPrefix(k, "type:"); ok {
						u.Type(text)
						continue
					}
					u.Press(k)
				}
				golden.RequireEqual(t, []byte(u.Screen()))
			})
		})
	}
}

func TestTheColoursAreThoseOfTheTheme(t *testing.T) {
	for _, name := range []string{"dark", "light"} {
		for _, size := range sizes() {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					e := busy()
					keep(t, e)
					u := tuitest.New(t, size[0], size[1], e, tui.Options{Settings: tui.Settings{Theme: name}})
					u.Wait(2 * time.Second)
					// The links lead to a directory of the test's own.
					golden.RequireEqual(t, []byte(strings.ReplaceAll(u.Painted(), e.State().Workspace.Root, "/work/shop")))
				})
			})
		}
	}
}

func TestAnEmptyWorkspaceSaysWhatWouldFillIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, tuitest.NewEngine(), tui.Options{})
		u.See("no services and no tasks yet", "sawhorse.yml", "nothing needs you")
	})
}

func TestTheSelectionStaysWhenTasksComeAndGo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := busy()
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.Press(":").Type("go worker").Press("enter").See("▌  ▲ worker")
		units := shop()
		e.Configure(append([]config.Unit{{Name: "aaa", Kind: config.Service, Run: "true"}}, units[1:]...)...)
		u.See("aaa", "▌  ▲ worker")
	})
}

func TestAReadOnlyScreenChangesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := busy()
		u := tuitest.New(t, 120, 36, e, tui.Options{ReadOnly: true})
		u.See("read-only").Press("s").See("this screen is read-only").Press("K").See("Stop everything: this screen is read-only").Gone("╭")
		u.Press(":").Type("stop web").Press("enter").See("✖ this screen is read-only").Press("esc")
		u.Press("q").Wait(time.Millisecond)
		if r, left := u.Left(); !left || r.StopAll || len(e.Commands()) > 0 {
			t.Errorf("left %v, %+v, commands %v", left, r, e.Commands())
		}
	})
}

func TestARefusedCommandSaysWhy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := busy()
		e.Refuse = func(tasks.Command) error { return fmt.Errorf("docs needs db, which is not declared") }
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.Press(":").Type("go docs").Press("enter", "s").See("docs needs db")
		u.Wait(8 * time.Second).Gone("docs needs db")
	})
}

func TestKeysCanBeReboundAndAClashIsNamed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := busy()
		u := tuitest.New(t, 120, 36, e, tui.Options{Settings: tui.Settings{Keys: action.Keymap{
			"task.restart": {"ctrl+y"}, "view.zoom": {"q"}, "task.rstart": {"j"},
		}}})
		u.See("view.zoom can't be bound to q: that is the key of quit", `there is no action "task.rstart"`)
		u.Press("ctrl+y").See("restarting web").Press("z").Gone("ATTENTION")
	})
}

func TestADragInTheLogCopiesItsLines(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "TMUX"} {
			t.Setenv(name, "")
		}
		e := busy()
		keep(t, e)
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.See("INFO last")
		x, y := 60, 0
		for i, line := range strings.Split(u.Screen(), "\n") {
			if strings.Contains(line, "INFO request 37") {
				y = i
			}
		}
		u.Send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
		for i := range 3 {
			u.Wait(20 * time.Millisecond)
			u.Send(tea.MouseMotionMsg{X: x, Y: y + i, Button: tea.MouseLeft})
		}
		u.See("3 lines selected")
		u.Send(tea.MouseReleaseMsg{X: x, Y: y + 2, Button: tea.MouseLeft})
		u.See("copied 3 lines")
		if want := ansi.SetSystemClipboard("INFO request 37\nINFO request 38\nINFO request 39"); !slices.Contains(u.Sent, want) {
			t.Errorf("sent %q", u.Sent)
		}
		u.Wheel(x, y, -3).Gone("INFO last").See("INFO request 17")
	})
}

func TestAKeyWithoutAMeaningSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, busy(), tui.Options{Settings: tui.Settings{Keys: action.Keymap{"help": {"f1"}}}})
		u.Press("é").See("é means nothing here; f1 shows every key").Press("ctrl+y").See("^y means nothing here")
		u.Press("m").See("m means nothing here; in the log: Mark the line")
		u.Press("b", "<").See("Lower the lowest level shown: lines of all levels are shown")
	})
}

func TestWhatAPersonDidIsRememberedForTheNextScreen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		kept := map[string][]byte{}
		o := tui.Options{
			Save: func(name string, v any) (err error) { kept[name], err = json.Marshal(v); return err },
			Load: func(name string, v any) error {
				if kept[name] == nil {
					return fs.ErrNotExist
				}
				return json.Unmarshal(kept[name], v)
			},
		}
		later := busy()
		u := tuitest.New(t, 120, 36, busy(), o)
		u.Press(":").Type("go test").Press("enter", "2").See("2 failed")
		u.Press(":").Type("theme light").Press("enter")
		// It is saved without leaving: a screen may be killed.
		u.Wait(5 * time.Second)
		next := tuitest.New(t, 120, 36, later, o)
		next.See("2 failed", "▌  ✖ test")
		if a, b := u.Painted(), next.Painted(); a != b {
			t.Error("the next screen looks different")
		}
		u.Press("q").Wait(time.Second).Press("s").Wait(time.Millisecond)
		if r, left := u.Left(); !left || !r.StopAll {
			t.Fatalf("left %v, %+v", left, r)
		}
		again := tuitest.New(t, 120, 36, busy(), o)
		again.Press("q").Wait(time.Millisecond)
		if r, left := again.Left(); !left || !r.StopAll {
			t.Errorf("asked again: left %v, %+v\n%s", left, r, again.Screen())
		}
	})
}

func TestWhatIsSavedIsNotWhatGoesOnChanging(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var given []any // to Save, which may take its time over it
		var texts []string
		text := func(v any) string {
			b, err := json.Marshal(v)
			if err != nil {
				t.Error(err)
			}
			return string(b)
		}
		u := tuitest.New(t, 120, 36, busy(), tui.Options{Save: func(_ string, v any) error {
			given, texts = append(given, v), append(texts, text(v))
			return nil
		}})
		u.Press(":").Type("go test").Press("enter", "3", "tab").Press("/").Type("outcome=failed").Press("enter").Wait(5 * time.Second)
		u.Press("/").Type(" x").Press("enter").Press(":").Type("go api").Press("enter").Wait(5 * time.Second)
		u.Press(":").Type("go test").Press("enter").Wait(5 * time.Second)
		if len(texts) < 2 || !strings.Contains(texts[0], "outcome=failed") {
			t.Fatalf("saved: %q", texts)
		}
		for i, v := range given {
			if now := text(v); now != texts[i] {
				t.Errorf("what was saved as\n%s\nis now\n%s", texts[i], now)
			}
		}
	})
}

func TestAScreenWhoseTreeIsHiddenBeginsInTheDetail(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		o := keeps(tui.Options{})
		u := tuitest.New(t, 120, 36, busy(), o)
		u.Press("b").Gone("SERVICES").Wait(5 * time.Second)
		next := tuitest.New(t, 120, 36, busy(), o)
		next.Gone("SERVICES").See("b tree  f follow").Press("w").See("wrap ●")
	})
}

func TestTheMouseSelectsScrollsAndOpens(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u := tuitest.New(t, 120, 36, busy(), tui.Options{})
		u.ClickOn("worker").See("▌  ▲ worker")
		u.ClickOn("5 Config").See("declared in")
		u.ClickOn("TestTotal").ClickOn("TestTotal").See("test  1 Logs")
		u.ClickOn("▾ TASKS").ClickOn("▾ TASKS").See("▸ TASKS")
	})
}

func TestAnIdleScreenDrawsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(shop()...)
		e.Up("web")
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.Wait(time.Second)
		before := u.Messages
		u.Wait(50 * time.Second)
		if n := u.Messages - before; n > 1 {
			t.Errorf("%d messages in 50 s of rest, want at most the clock's one", n)
		}
	})
}

func TestEventsThatComeTogetherAreOneMessage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(shop()...)
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.Wait(time.Second)
		before := u.Messages
		for i := range 1000 {
			e.Emit(tasks.LogGrew{Key: "web", Lines: int64(i)})
		}
		u.Wait(10 * time.Millisecond)
		for i := range 1000 {
			e.Emit(tasks.LogGrew{Key: "web", Lines: int64(1000 + i)})
		}
		u.Wait(100 * time.Millisecond)
		if n := u.Messages - before; n > 8 {
			t.Errorf("%d messages for 2000 events", n)
		}
	})
}
