package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// refresher is a runner that takes files into what runs.
type refresher struct {
	*runner
	took  []string
	again bool
	err   error
}

func (f *refresher) Refresh(_ context.Context, id tasks.RunID, files []string) (bool, error) {
	f.took = append(f.took, string(id)+" "+strings.Join(files, " "))
	return f.again, f.err
}

func onRefresher(t *testing.T, f func(b *bench, r *refresher)) {
	t.Helper()
	u := service("api")
	u.Watch = &config.Watch{Paths: []string{"Dockerfile"}, Live: []config.Live{{Paths: []string{"src/**"}, Ignore: []string{"**/*.tmp"}}, {Paths: []string{"conf"}}}}
	r := &refresher{}
	change := func(o *Options) { r.runner = o.Runners[""].(*runner); o.Runners[""] = r }
	onEngineWith(t, []config.Unit{u}, change, func(b *bench) {
		b.do(tasks.Start{})
		pass(time.Second)
		f(b, r)
	})
}

func TestAChangedFileGoesIntoARunThatGoesOn(t *testing.T) {
	onRefresher(t, func(b *bench, r *refresher) {
		b.save("src/a.go", "src/b.tmp", "conf/c", "other")
		if diff := cmp.Diff([]string{"api#1 src/a.go conf/c"}, r.took); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		b.wantStatus("api", tasks.Ready)
		// What makes it anew takes the other files along.
		b.save("src/a.go", "Dockerfile")
		synctest.Wait()
		run, _ := b.stateRun("api")
		if run.Number != 2 || cmp.Diff([]string{"Dockerfile", "src/a.go"}, run.Cause.Files) != "" || len(r.took) != 1 {
			t.Errorf("run %d because of %+v; took %v", run.Number, run.Cause, r.took)
		}
	})
}

func TestARunBeginsAnewForFilesThatAskForIt(t *testing.T) {
	onRefresher(t, func(b *bench, r *refresher) {
		r.again = true
		b.save("src/a.go")
		run, _ := b.stateRun("api")
		if run.Number != 2 || run.Cause.String() != "src/a.go changed" {
			t.Errorf("run %d: %s", run.Number, run.Cause)
		}
	})
}

func TestFilesThatDoNotGoIntoARunNeedAttentionAndComeWithTheNext(t *testing.T) {
	onRefresher(t, func(b *bench, r *refresher) {
		r.err = errors.New("src/a.go can't be synced: no space")
		b.save("src/a.go")
		alerts := b.state().Alerts()
		if len(alerts) != 1 || alerts[0].Task != "api" || alerts[0].Source != "svc" || alerts[0].Message != "src/a.go can't be synced: no space" {
			t.Errorf("%+v", alerts)
		}
		b.wantStatus("api", tasks.Ready)
		r.err = nil
		b.save("src/b.go")
		if diff := cmp.Diff([]string{"api#1 src/a.go", "api#1 src/a.go src/b.go"}, r.took); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if alerts := b.state().Alerts(); len(alerts) != 0 {
			t.Errorf("it still stands: %+v", alerts)
		}
	})
}

func TestAServiceThatHasFailedBeginsAnewForTheFiles(t *testing.T) {
	onRefresher(t, func(b *bench, r *refresher) {
		r.script["api"] = func(context.Context, tasks.Request, tasks.Sink) error {
			return &tasks.ExitError{Exit: tasks.Exit{Code: 1}}
		}
		b.do(tasks.Restart{Names: []string{"api"}})
		b.wantStatus("api", tasks.Failed)
		delete(r.script, "api")
		b.save("src/a.go")
		pass(time.Second)
		b.wantStatus("api", tasks.Ready)
		if len(r.took) != 0 {
			t.Errorf("a run that has ended took %v", r.took)
		}
	})
}
