package mlflow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// always looks.
type always struct{}

func (always) Wait(ctx context.Context) error { return ctx.Err() }

// lab is a real server and what a test does with it.
type lab struct {
	*testing.T
	*Provider
}

func (l lab) srv() *server { return l.store.(*server) }

func startServer(t *testing.T) string {
	t.Helper()
	return integrationtest.Server{
		Program: "mlflow/bin/mlflow",
		Args: []string{
			"server", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1",
			"--backend-store-uri", "sqlite:///{dir}/m.db", "--artifacts-destination", "{dir}/artifacts",
		},
		Env:   []string{"MLFLOW_DISABLE_TELEMETRY=true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false"},
		Ready: "/health",
	}.Start(t)
}

func at(t *testing.T, url string) lab {
	t.Helper()
	all, err := connections(t.Context(), integrations.Place{
		Dir: t.TempDir(), Home: t.TempDir(),
		Getenv: func(name string) string { return map[string]string{"MLFLOW_TRACKING_URI": url}[name] },
	})
	if err != nil || len(all) != 1 {
		t.Fatalf("connections: %v, %v", all, err)
	}
	p, err := all[0].Connect(t.Context(), always{})
	if err != nil {
		t.Fatal(err)
	}
	l := lab{t, p.(*Provider)}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// train makes a finished run with a loss that ends as said.
func (l lab) train(experiment string, lr string, losses ...float64) string {
	l.Helper()
	ctx := l.Context()
	id, err := l.srv().experimentID(ctx, experiment)
	if err != nil {
		l.Fatal(err)
	}
	r, err := l.srv().create(ctx, id, "lr "+lr, tags{{"mlflow.source.git.commit", "abc" + lr}}, time.UnixMilli(1_700_000_000_000))
	if err != nil {
		l.Fatal(err)
	}
	var metrics []metric
	for i, v := range losses {
		metrics = append(metrics, metric{Key: "loss", Value: number(v), Step: millis(i), Timestamp: millis(1_700_000_000_000 + 1000*i)})
	}
	body := map[string]any{"run_id": r.Info.ID, "metrics": metrics, "params": tags{{"lr", lr}, {"epochs", "3"}}}
	if err := l.srv().post(ctx, "log", "runs/log-batch", body, nil, false); err != nil {
		l.Fatal(err)
	}
	if err := l.update(ctx, r.Info.ID, statusFinished, time.UnixMilli(1_700_000_060_000)); err != nil {
		l.Fatal(err)
	}
	return r.Info.ID
}

func (l lab) ask(name string, args map[string]string) tasks.Result {
	l.Helper()
	r, err := l.Query(l.Context(), tasks.Query{Name: name, Args: args})
	if err != nil {
		l.Fatalf("%s: %v", name, err)
	}
	return r
}

func TestOnARealServer(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	l := at(t, startServer(t))
	if !strings.HasPrefix(l.About(), "MLflow 3.") {
		t.Errorf("about %q", l.About())
	}
	good := l.train("shop", "0.1", 2, 1, 0.5)
	bad := l.train("shop", "10", 2, math.NaN(), math.Inf(1))

	t.Run("runs are a table with their numbers", func(t *testing.T) {
		l := lab{t, l.Provider}
		got := l.ask("runs", map[string]string{"experiment": "shop", "order": "params.lr ASC"})
		var names []string
		for _, c := range got.Columns {
			names = append(names, c.Name)
		}
		if diff := cmp.Diff([]string{"id", "name", "status", "started", "took", "user", "metrics.loss", "params.epochs", "params.lr"}, names); diff != "" {
			t.Error(diff)
		}
		want := [][]string{
			{good, "lr 0.1", "finished", "2023-11-14T22:13:20Z", "60", "", "0.5", "3", "0.1"},
			{bad, "lr 10", "finished", "2023-11-14T22:13:20Z", "60", "", "+Inf", "3", "10"},
		}
		if diff := cmp.Diff(want, got.Rows); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a filter is the server's own", func(t *testing.T) {
		l := lab{t, l.Provider}
		if got := l.ask("runs", map[string]string{"experiment": "shop", "filter": "metrics.loss < 1"}); len(got.Rows) != 1 || got.Rows[0][0] != good {
			t.Errorf("found %v", got.Rows)
		}
		_, err := l.Query(t.Context(), tasks.Query{Name: "runs", Args: map[string]string{"experiment": "shop", "filter": "loss <"}})
		if err == nil || !strings.Contains(err.Error(), "list runs") {
			t.Errorf("a wrong filter: %v", err)
		}
	})
	t.Run("curves keep what is no number", func(t *testing.T) {
		l := lab{t, l.Provider}
		got := l.ask("curves", map[string]string{"runs": good + "," + bad, "metric": "loss"}).Curves
		if len(got) != 2 || len(got[0].Points) != 3 || got[0].Points[2].Value != 0.5 || len(got[1].Points) != 3 {
			t.Fatalf("curves %+v", got)
		}
		if v := got[1].Points; !math.IsNaN(v[1].Value) || !math.IsInf(v[2].Value, 1) {
			t.Errorf("not numbers: %+v", v)
		}
		tail, err := l.srv().history(t.Context(), good, "loss", 2)
		if err != nil || len(tail) != 1 || tail[0].Value != 0.5 {
			t.Errorf("from the third on: %+v, %v", tail, err)
		}
	})
	t.Run("a comparison shows what differs", func(t *testing.T) {
		l := lab{t, l.Provider}
		got := l.ask("compare", map[string]string{"runs": good + "," + bad})
		c := tasks.Compare(got.Runs, got.Greater)
		if diff := cmp.Diff([]tasks.ComparedText{{Name: "lr", Values: []string{"0.1", "10"}, Number: true}}, c.Params); diff != "" {
			t.Error(diff)
		}
		loss := c.Metrics[0]
		if c.Same != 1 || loss.BestLast != 0 || loss.Of[1].Best.Value != 2 || !math.IsInf(loss.Of[1].Last.Value, 1) || got.Runs[1].Code.Commit != "abc10" {
			t.Errorf("%d are the same; loss %+v; %+v", c.Same, loss, got.Runs[1])
		}
	})
	t.Run("the best run needs a primary metric", func(t *testing.T) {
		l := lab{t, l.Provider}
		_, err := l.Query(t.Context(), tasks.Query{Name: "best", Args: map[string]string{"experiment": "shop"}})
		if why, ok := errors.AsType[*tasks.StartError](err); !ok || !strings.Contains(why.Hint, primaryMetric) {
			t.Errorf("without one: %v", err)
		}
		id, err := l.srv().experimentID(t.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		body := map[string]string{"experiment_id": id, "key": primaryMetric, "value": "loss"}
		if err := l.srv().post(t.Context(), "tag", "experiments/set-experiment-tag", body, nil, true); err != nil {
			t.Fatal(err)
		}
		if got := l.ask("best", map[string]string{"experiment": "shop"}); got.Text != "loss 0.5" {
			t.Errorf("best %+v", got)
		}
	})
	t.Run("what there is, is told", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var told tasks.Changes
		err := l.Watch(ctx, func(c tasks.Changes) { told = c; cancel() })
		if !errors.Is(err, context.Canceled) || !told.All {
			t.Fatalf("ended with %v, told %+v", err, told)
		}
		var shop tasks.Resource
		for _, r := range told.Changed {
			if r.Name == "shop" {
				shop = r
			}
		}
		if shop.Kind != kindExperiment || shop.Phase != tasks.PhaseOff || shop.Detail != "loss" || shop.Since.IsZero() {
			t.Errorf("shop is %+v", shop)
		}
	})
	t.Run("a model is registered, promoted and taken back", func(t *testing.T) { promotes(lab{t, l.Provider}, good, bad) })
	t.Run("a checkpoint of a run is registered", func(t *testing.T) { registers(lab{t, l.Provider}) })
	t.Run("a task's run is recorded, its numbers are told, and its end is said", func(t *testing.T) { tracks(lab{t, l.Provider}) })
	t.Run("a run is marked as killed once", func(t *testing.T) {
		id, err := l.srv().experimentID(t.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		r, err := l.srv().create(t.Context(), id, "long", nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		kill := func() error {
			return l.Operate(t.Context(), tasks.Resource{}, "kill", map[string]string{"run": r.Info.ID})
		}
		if err := kill(); err != nil {
			t.Fatal(err)
		}
		if err := kill(); err == nil || !strings.Contains(err.Error(), "killed already") {
			t.Errorf("again: %v", err)
		}
	})

	t.Run("the contract is kept", func(t *testing.T) {
		server := l.srv().base
		integrationtest.Connected(t, func(t *testing.T) integrationtest.Outside {
			t.Helper()
			url, revoke := integrationtest.Revocable(t, server)
			return integrationtest.Outside{
				Definition: Definition(), Break: revoke, Secrets: []string{"open-sesame"},
				Place: integrations.Place{Dir: t.TempDir(), Home: t.TempDir(), Getenv: func(name string) string { return map[string]string{"SECRET": "open-sesame"}[name] }, Declared: []integrations.Declared{
					{Name: Name, Options: map[string]string{"url": url, "token": "env:SECRET"}},
				}},
			}
		}, nil)
	})
}

// program stands for a training script: what it does with the run it is given.
type program func(ctx context.Context, env map[string]string) error

func (f program) Run(ctx context.Context, q tasks.Request, _ tasks.Sink) error {
	return f(ctx, q.Task.Spec.Env)
}

// kept is a sink that keeps what is told.
type kept struct {
	mu     sync.Mutex
	points []float64
	linked string
	news   chan struct{}
}

func (k *kept) Log(logs.Stream, []byte) {}
func (k *kept) Emit(ev tasks.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch e := ev.(type) {
	case tasks.MetricReported:
		k.points = append(k.points, e.Point.Value)
	case tasks.RunLinked:
		k.linked = e.External
	}
	select {
	case k.news <- struct{}{}:
	default:
	}
}

func tracks(l lab) {
	t := l.T
	t.Helper()
	place := integrations.Place{
		Dir: t.TempDir(), Home: t.TempDir(),
		Getenv: func(name string) string { return map[string]string{"MLFLOW_TRACKING_URI": l.srv().base}[name] },
	}
	q := tasks.Request{Run: "fit#3", Task: tasks.Task{Name: "fit", Title: "python fit.py"}}
	q.Task.Spec.Track = Name
	log := func(env map[string]string, step int, v float64) error {
		body := map[string]any{"run_id": env["MLFLOW_RUN_ID"], "metrics": []metric{{Key: "loss", Value: number(v), Step: millis(step), Timestamp: millis(1000 * step)}}}
		return l.srv().post(t.Context(), "log", "runs/log-batch", body, nil, false)
	}
	status := func(id string) run {
		r, err := l.run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}

	k := &kept{news: make(chan struct{}, 1)}
	train := program(func(_ context.Context, env map[string]string) error {
		if err := log(env, 1, 2); err != nil {
			return err
		}
		<-k.news // linked
		<-k.news // the first point is told while it runs
		return log(env, 2, 1)
	})
	if err := Track(train, func() integrations.Place { return place }).Run(t.Context(), q, k); err != nil {
		t.Fatal(err)
	}
	r := status(k.linked)
	if diff := cmp.Diff([]float64{2, 1}, k.points); diff != "" || r.Info.Status != statusFinished || r.Data.Tags.get("sawhorse.run") != "fit#3" {
		t.Errorf("%s: %+v", diff, r)
	}

	stopped := &kept{news: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	long := program(func(ctx context.Context, _ map[string]string) error {
		cancel()
		<-ctx.Done()
		return &tasks.ExitError{Exit: tasks.Exit{Code: 143, Signal: "TERM"}}
	})
	_ = Track(long, func() integrations.Place { return place }).Run(ctx, q, stopped)
	if got := status(stopped.linked).Info.Status; got != statusKilled {
		t.Errorf("a stopped run is %s", got)
	}

	// The runs of a sweep are nested in one.
	q.Sweep = &tasks.Sweep{ID: "fit#4", Swept: []string{"lr"}, Parallel: 2, Runs: 3}
	tracker := Track(program(func(context.Context, map[string]string) error { return nil }), func() integrations.Place { return place })
	parents := map[string]bool{}
	for _, id := range []tasks.RunID{"fit#4", "fit#5"} {
		k := &kept{news: make(chan struct{}, 1)}
		q.Run = id
		if err := tracker.Run(t.Context(), q, k); err != nil {
			t.Fatal(err)
		}
		parents[status(k.linked).Data.Tags.get("mlflow.parentRunId")] = true
	}
	if len(parents) != 1 {
		t.Fatalf("the parents are %v", parents)
	}
	var parent string
	for id := range parents {
		parent = id
	}
	if got := status(parent).Info.Status; got != statusRunning {
		t.Errorf("before its last run began the sweep is %s", got)
	}
	ends := func(want string, runs ...tasks.Run) {
		t.Helper()
		if err := tracker.(tasks.Sweeper).SweepEnded(t.Context(), q.Task, *q.Sweep, runs); err != nil {
			t.Fatal(err)
		}
		if got := status(parent).Info.Status; got != want {
			t.Errorf("the sweep is %s, want %s", got, want)
		}
	}
	at := time.Now()
	ends(statusFinished, tasks.Run{Status: tasks.Cancelled, EndedAt: at}, tasks.Run{Status: tasks.Failed, EndedAt: at.Add(time.Second)})
	if r := status(parent); r.Info.Name != "sweep fit#4" || r.Data.Tags.get("sawhorse.swept") != "lr" {
		t.Errorf("the sweep is %+v", r)
	}
	q.Run, q.Sweep = "fit#7", &tasks.Sweep{ID: "fit#7", Swept: []string{"lr"}, Parallel: 1, Runs: 2}
	if err := tracker.Run(t.Context(), q, k); err != nil {
		t.Fatal(err)
	}
	parent = status(k.linked).Data.Tags.get("mlflow.parentRunId")
	ends(statusKilled, tasks.Run{Status: tasks.Succeeded, EndedAt: at}, tasks.Run{Status: tasks.Skipped, EndedAt: at})

	// A host that is killed leaves them as they were: the next one ends them.
	q.Run, q.Sweep = "fit#9", &tasks.Sweep{ID: "fit#9", Swept: []string{"lr"}, Parallel: 1, Runs: 2}
	if err := tracker.Run(t.Context(), q, k); err != nil {
		t.Fatal(err)
	}
	parent = status(k.linked).Data.Tags.get("mlflow.parentRunId")
	if err := l.update(t.Context(), k.linked, statusRunning, at); err != nil {
		t.Fatal(err)
	}
	left := tasks.Run{Task: "fit", External: k.linked, Status: tasks.Cancelled, EndedAt: at, Sweep: q.Sweep}
	heir := Track(program(nil), func() integrations.Place { return place }).(tasks.Heir)
	never := tasks.Run{Task: "fit", Status: tasks.Skipped, Sweep: q.Sweep}
	for range 2 { // once more is no harm
		if err := heir.HostKilled(t.Context(), q.Task, []tasks.Run{left, never}); err != nil {
			t.Fatal(err)
		}
	}
	child, over := status(k.linked).Info, status(parent).Info
	if got := fmt.Sprint(child.Status, " ", over.Status, " ", int64(over.End) == at.UnixMilli()); got != "KILLED KILLED true" {
		t.Errorf("they are %s", got)
	}
	if err := heir.HostKilled(t.Context(), q.Task, []tasks.Run{{Task: "fit", External: strings.Repeat("0", 32), Status: tasks.Cancelled}}); err != nil {
		t.Errorf("of one that was deleted: %v", err)
	}
	q.Sweep = nil

	q.Task.Spec.Track = "lab"
	err := Track(long, func() integrations.Place { return place }).Run(t.Context(), q, stopped)
	if why, ok := errors.AsType[*tasks.StartError](err); !ok || !strings.Contains(why.Reason, "track: lab") {
		t.Errorf("an unknown tracker: %v", err)
	}
}

func TestAStoreIsToldFromAServer(t *testing.T) {
	for url, want := range map[string]string{
		"sqlite:///none.db":             "it comes with the first run",
		"file:none":                     "it comes with the first run",
		"postgresql://me:hidden@db/lab": "mlflow server --backend-store-uri postgresql://me:xxxxx@db/lab",
		"":                              "MLFLOW_TRACKING_URI",
	} {
		_, err := settings{name: "lab", url: url, place: integrations.Place{Dir: t.TempDir(), Getenv: func(string) string { return "" }}}.connect(t.Context(), always{})
		if why, ok := errors.AsType[*tasks.StartError](err); !ok || !strings.Contains(why.Hint, want) {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestNumbersThatJSONHasNoneOf(t *testing.T) {
	for text, want := range map[string]float64{
		`0.5`: 0.5, `"Infinity"`: math.Inf(1), `"-Infinity"`: math.Inf(-1), `1.7976931348623157e308`: math.Inf(1), `null`: 0,
	} {
		var n number
		if err := n.UnmarshalJSON([]byte(text)); err != nil || float64(n) != want {
			t.Errorf("%s is %v, %v", text, n, err)
		}
	}
	var n number
	if err := n.UnmarshalJSON([]byte(`"NaN"`)); err != nil || !math.IsNaN(float64(n)) {
		t.Errorf("NaN is %v, %v", n, err)
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e-9} {
		b, err := number(v).MarshalJSON()
		var back number
		if err != nil || back.UnmarshalJSON(b) != nil || fmt.Sprint(float64(back)) != fmt.Sprint(v) {
			t.Errorf("%v is written %s: %v", v, b, err)
		}
	}
}
