package tui_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/exp/golden"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
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
			Env: map[string]string{"LOG_LEVEL": "info", "API_TOKEN": "hunter2"},
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
		tasks.TestReported{ID: run, Test: tasks.TestResult{Suite: "internal/cart", Name: "TestTotal", Status: tasks.TestFailed, Duration: 12 * time.Millisecond,
			Message: "want 3, got 4", Location: tasks.Location{File: "internal/cart/cart_test.go", Line: 41}, Line: 7}},
		tasks.TestReported{ID: run, Test: tasks.TestResult{Suite: "internal/pay", Name: "TestRefund", Status: tasks.TestFailed, Duration: time.Second,
			Message: "context deadline exceeded", Location: tasks.Location{File: "internal/pay/pay_test.go", Line: 88}, Line: 9}},
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

func TestTheScreenIsDrawnAtEverySize(t *testing.T) {
	for _, size := range [][2]int{{200, 50}, {120, 36}, {80, 24}, {50, 15}, {30, 8}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				u := tuitest.New(t, size[0], size[1], busy(), tui.Options{})
				u.Wait(100 * time.Millisecond)
				golden.RequireEqual(t, []byte(u.Screen()))
			})
		})
	}
}
