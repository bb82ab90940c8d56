package engine

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAServiceRestartsWithTheOneItDependsOn(t *testing.T) {
	db := watching(service("db"), "db.conf")
	db.Restart.When = config.RestartOnFailure
	api, web := service("api", "db"), service("web", "api")
	api.DependsOn[0].Restart = true
	onEngine(t, []config.Unit{db, api, web}, func(b *bench) {
		runs := func() []int {
			var all []int
			for _, name := range []string{"db", "api", "web"} {
				r, _ := b.stateRun(name)
				all = append(all, r.Number)
			}
			return all
		}
		want := func(what string, numbers ...int) {
			b.Helper()
			pass(5 * time.Second)
			if diff := cmp.Diff(numbers, runs()); diff != "" {
				b.Errorf("%s (-want +got):\n%s", what, diff)
			}
			b.wantStatus("api", tasks.Ready)
		}
		b.do(tasks.Start{})
		want("they are up", 1, 1, 1)
		b.r.readyIn["db"] = 2 * time.Second
		b.do(tasks.Restart{Names: []string{"db"}})
		b.wantStatus("api", tasks.Queued) // until db is ready again
		want("a person restarted db", 2, 2, 1)
		if r, _ := b.stateRun("api"); r.Cause.String() != "db began anew" {
			b.Errorf("the cause is %q", r.Cause)
		}
		b.save("db.conf")
		want("a save restarted db", 3, 3, 1)
		b.do(tasks.Restart{Names: []string{"api"}})
		want("only api was restarted", 3, 4, 1)
		b.r.script["db"] = func(ctx context.Context, r tasks.Request, s tasks.Sink) error {
			if r.Run == "db#4" {
				s.Emit(tasks.RunReady{At: time.Now()})
				<-time.After(time.Second)
				return &tasks.ExitError{Exit: tasks.Exit{Code: 1}}
			}
			return busyReady(ctx, r, s)
		}
		b.do(tasks.Restart{Names: []string{"db"}})
		want("db ended by itself and came back", 5, 5, 1)
		b.do(tasks.Stop{Names: []string{"api"}})
		b.do(tasks.Restart{Names: []string{"db"}})
		pass(5 * time.Second)
		if diff := cmp.Diff([]int{6, 5, 1}, runs()); diff != "" {
			b.Errorf("one that is stopped stays so (-want +got):\n%s", diff)
		}
	})
}

func busyReady(ctx context.Context, _ tasks.Request, s tasks.Sink) error {
	s.Emit(tasks.RunReady{At: time.Now()})
	<-ctx.Done()
	return &tasks.ExitError{Exit: tasks.Exit{Code: 143, Signal: "TERM"}}
}

func TestAContainerHasStartedWhenItRuns(t *testing.T) {
	db, side := service("db"), service("side")
	db.Container = &config.Container{Image: "db"}
	side.DependsOn = []config.Dependency{{Name: "db", Condition: config.Started}}
	onEngine(t, []config.Unit{db, side}, func(b *bench) {
		b.r.script["db"] = func(ctx context.Context, _ tasks.Request, s tasks.Sink) error {
			s.Emit(tasks.ProbeFailed{Error: "2/3 RUN make"})
			takes(time.Second)
			s.Emit(tasks.RunNative{Native: "running"})
			<-ctx.Done()
			return nil
		}
		b.do(tasks.Start{})
		s := b.state()
		w, _ := s.Waiting("side")
		if diff := cmp.Diff([]tasks.Hold{{On: "db", Why: "db is not started yet: 2/3 RUN make"}}, w.Holds); diff != "" {
			b.Fatal(diff)
		}
		pass(2 * time.Second)
		b.wantStatus("side", tasks.Ready)
	})
}
