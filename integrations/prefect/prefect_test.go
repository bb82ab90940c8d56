package prefect

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
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
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for a machine that does much else.
const patience = 3 * time.Minute

// always looks.
type always struct{}

func (always) Wait(ctx context.Context) error { return ctx.Err() }

// served starts a real server and the flows of testdata.
func served(t *testing.T) *Provider {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a server")
	}
	env := []string{"PREFECT_HOME={dir}", "PREFECT_SERVER_ANALYTICS_ENABLED=false", "PREFECT_LOGGING_TO_API_BATCH_INTERVAL=0.2", "PREFECT_RUNNER_POLL_FREQUENCY=1", "DO_NOT_TRACK=1"}
	url := integrationtest.Server{
		Program: "prefect/bin/prefect",
		Args:    []string{"server", "start", "--host", "127.0.0.1", "--port", "{port}", "--no-ui"},
		Env:     env, Ready: "/api/health",
	}.Start(t)
	flows, err := filepath.Abs("testdata/flows.py")
	if err != nil {
		t.Fatal(err)
	}
	integrationtest.Server{
		Program: "prefect/bin/python", Args: []string{flows}, Env: append(env, "PREFECT_API_URL="+url+"/api"),
	}.Start(t)
	p := connect(t, url+"/api")
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		all, err := p.Tasks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 2 {
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("the flows are not served: %d deployments", len(all))
		}
		<-tick.C
	}
}

// connect connects to the server that the environment names.
func connect(t *testing.T, url string) *Provider {
	t.Helper()
	return connectAs(t, integrations.Place{Getenv: func(name string) string { return map[string]string{"PREFECT_API_URL": url}[name] }})
}

// connectAs connects to the one server that there is from a place of its own.
func connectAs(t *testing.T, at integrations.Place) *Provider {
	t.Helper()
	at.Dir, at.Home = t.TempDir(), t.TempDir()
	all, err := connections(t.Context(), at)
	if err != nil || len(all) != 1 {
		t.Fatalf("connections: %v, %v", all, err)
	}
	p, err := all[0].Connect(t.Context(), always{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.(*Provider).Close() })
	return p.(*Provider)
}

// told is a sink that keeps everything.
type told struct {
	mu     sync.Mutex
	logs   map[string]*strings.Builder
	last   map[string]time.Time
	lines  int // of the last moment; 0: one
	events []tasks.Event
	news   chan struct{}
}

func newTold() *told {
	return &told{logs: map[string]*strings.Builder{}, last: map[string]time.Time{}, news: make(chan struct{}, 1)}
}

func (k *told) Log(_ logs.Stream, p []byte) { k.write("", p, time.Time{}) }

func (k *told) write(step string, p []byte, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.logs[step] == nil {
		k.logs[step] = &strings.Builder{}
	}
	k.logs[step].Write(p)
	k.last[step] = at
	k.tell()
}

func (k *told) tell() {
	select {
	case k.news <- struct{}{}:
	default:
	}
}

func (k *told) Emit(e tasks.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, e)
	k.tell()
}

func (k *told) StepLog(step string) (tasks.LogWriter, logs.Key, error) {
	return &stepLog{k, step}, logs.Key("run/" + step), nil
}

func (k *told) log(step string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.logs[step] == nil {
		return ""
	}
	return k.logs[step].String()
}

func (k *told) natives() (all []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.events {
		if n, ok := e.(tasks.RunNative); ok {
			all = append(all, n.Native)
		}
	}
	return all
}

// steps are those that were told of, by name.
func (k *told) steps() map[string]tasks.Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string]tasks.Status{}
	for _, e := range k.events {
		if s, ok := e.(tasks.StepChanged); ok {
			all[s.Step.Name] = s.Step.Status
		}
	}
	return all
}

// reason waits for one that has a text.
func (k *told) reason(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		k.mu.Lock()
		for _, e := range k.events {
			if n, ok := e.(tasks.RunNative); ok && strings.Contains(n.Reason, text) {
				k.mu.Unlock()
				return
			}
		}
		k.mu.Unlock()
		select {
		case <-k.news:
		case <-deadline:
			t.Fatalf("no reason with %q", text)
		}
	}
}

func (k *told) external() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.events {
		if l, ok := e.(tasks.RunLinked); ok {
			return l.External
		}
	}
	return ""
}

// until waits for the log to have a text.
func (k *told) until(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(patience)
	for !strings.Contains(k.log(""), text) {
		select {
		case <-k.news:
		case <-deadline:
			t.Fatalf("%q does not come: %q, %v", text, k.log(""), k.natives())
		}
	}
}

type stepLog struct {
	k    *told
	step string
}

func (l *stepLog) WriteAt(_ logs.Stream, p []byte, at time.Time) { l.k.write(l.step, p, at) }
func (l *stepLog) Note(text string)                              { l.k.write(l.step, []byte("# "+text+"\n"), time.Time{}) }

func (l *stepLog) Lines() int64   { return int64(strings.Count(l.k.log(l.step), "\n")) }
func (l *stepLog) Restart() error { return nil }
func (l *stepLog) Close() error   { return nil }

func (l *stepLog) Last() (time.Time, int) {
	l.k.mu.Lock()
	defer l.k.mu.Unlock()
	if l.k.last[l.step].IsZero() {
		return time.Time{}, 0
	}
	return l.k.last[l.step], max(1, l.k.lines)
}

func request(name string, params map[string]string) tasks.Request {
	return tasks.Request{Run: tasks.NewRunID(name, 1), Task: tasks.Task{Name: name, Provider: Name}, Params: params}
}

func TestOnARealServer(t *testing.T) {
	p := served(t)
	if !strings.HasPrefix(p.About(), "Prefect 3.") {
		t.Errorf("about %q", p.About())
	}

	t.Run("deployments are tasks with the form of their flow", func(t *testing.T) {
		all, err := p.Tasks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []tasks.Task{
			task("sleep/nap", deployment{}), task("train/nightly", deployment{}),
		}
		want[0].Spec.Params = []config.Param{{Name: "seconds", Type: config.ParamFloat, Required: true}}
		want[1].Title, want[1].Spec.Description = "The nightly training", "The nightly training"
		want[1].Spec.Params = []config.Param{
			{Name: "rows", Type: config.ParamInt, Default: "10", HasDefault: true},
			{Name: "fail", Type: config.ParamBool, Default: "false", HasDefault: true},
			{Name: "size", Type: config.ParamString, Default: "s", HasDefault: true, Choices: []string{"s", "m"}},
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("a run is triggered and followed to its end", func(t *testing.T) {
		k := newTold()
		if err := p.Run(t.Context(), request("train/nightly", map[string]string{"rows": "7", "size": "m"}), k); err != nil {
			t.Fatalf("it failed: %v\n%s", err, k.log(""))
		}
		text := k.log("")
		for _, want := range []string{"INFO training m\n", "loaded 7 rows", "fitted 7 rows"} {
			if strings.Count(text, want) != 1 {
				t.Errorf("%q is not once in:\n%s", want, text)
			}
		}
		needs := map[string][]string{}
		for _, e := range k.events {
			if s, ok := e.(tasks.StepChanged); ok {
				needs[s.Step.Name] = s.Step.Needs
			}
		}
		if diff := cmp.Diff(map[string][]string{"load": nil, "fit": {"load"}}, needs); diff != "" {
			t.Errorf("what the steps wait for: %s", diff)
		}
		if diff := cmp.Diff(map[string]tasks.Status{"load": tasks.Succeeded, "fit": tasks.Succeeded}, k.steps()); diff != "" {
			t.Error(diff)
		}

		// The workspace file may give it another name.
		pinned := request("nightly", map[string]string{"fail": "true"})
		pinned.Task.Spec.Use, pinned.Task.Spec.With = Name, map[string]string{"deployment": "train/nightly"}
		if d, err := p.of(pinned.Task); err != nil || d.Name != "nightly" {
			t.Errorf("the pinned task is %+v, %v", d, err)
		}
		pinned.Task.Spec.With["deployment"] = "train/hourly"
		if _, err := p.of(pinned.Task); err == nil || !strings.Contains(err.Error(), `Prefect has no deployment "train/hourly"`) {
			t.Errorf("what is not there is answered with %v", err)
		}

		// Looked at again, nothing is told twice.
		again := newTold()
		again.logs, again.last = k.logs, k.last
		if err := p.Attach(t.Context(), tasks.Run{External: k.external()}, again); err != nil {
			t.Fatal(err)
		}
		if got := again.log(""); got != text {
			t.Errorf("followed again:\n%s", got)
		}
	})

	t.Run("the form and the runs are answered", func(t *testing.T) {
		form, err := p.Query(t.Context(), tasks.Query{Name: "form", Args: map[string]string{"task": "train/nightly"}})
		if err != nil {
			t.Fatal(err)
		}
		facts := []tasks.Fact{{Name: "target", Value: "Prefect on " + p.host}, {Name: "workflow", Value: "train/nightly"}}
		if diff := cmp.Diff(facts, form.Facts); diff != "" || len(form.Params) != 3 {
			t.Errorf("%s %+v", diff, form.Params)
		}
		runs, err := p.Query(t.Context(), tasks.Query{Name: "runs", Args: map[string]string{"task": "train/nightly", "limit": "5"}})
		if err != nil || len(runs.Rows) != 1 || runs.Rows[0][2] != "Completed" || runs.Rows[0][3] != "train/nightly" {
			t.Errorf("%v, %v", runs.Rows, err)
		}
	})

	t.Run("a failure says what failed", func(t *testing.T) {
		k := newTold()
		err := p.Run(t.Context(), request("train/nightly", map[string]string{"fail": "true"}), k)
		if _, ok := errors.AsType[*tasks.ExitError](err); !ok || !strings.Contains(err.Error(), "loss is not a number") {
			t.Errorf("it ended with %v", err)
		}
	})

	t.Run("what the schema refuses is told before anything runs", func(t *testing.T) {
		k := newTold()
		err := p.Run(t.Context(), request("train/nightly", map[string]string{"rows": "many"}), k)
		if err == nil || k.external() != "" || !strings.Contains(err.Error(), "rows") {
			t.Errorf("answered %v", err)
		}
	})

	t.Run("a run is cancelled, and seen to be", func(t *testing.T) {
		k := newTold()
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx, request("sleep/nap", map[string]string{"seconds": "600"}), k) }()
		k.until(t, "INFO tick 3")
		observed := make(chan tasks.Run, 100)
		looking, stop := context.WithCancel(t.Context())
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			_ = p.Observe(looking, func(r tasks.Run) { observed <- r })
		}()
		for r := range observed {
			if r.External == k.external() {
				if r.Task != "sleep/nap" || r.Status != tasks.Running || r.URL == "" {
					t.Errorf("observed %+v", r)
				}
				break
			}
		}
		stop()
		<-watched
		cancel(tasks.ErrCancelled)
		err := <-ended
		if err == nil || !strings.Contains(err.Error(), "cancelled") {
			t.Errorf("it ended with %v: %v", err, k.natives())
		}
		if err := p.Operate(t.Context(), tasks.Resource{ID: tasks.NewResourceID(Name, tasks.RunKind, k.external())}, "resume", nil); err == nil {
			t.Error("a cancelled run was resumed")
		}
	})

	t.Run("the contract is kept", func(t *testing.T) {
		server := p.base
		integrationtest.Connected(t, func(t *testing.T) integrationtest.Outside {
			t.Helper()
			url, revoke := integrationtest.Revocable(t, server)
			return integrationtest.Outside{
				Definition: Definition(), Task: "train/nightly", Break: revoke, Secrets: []string{"open-sesame"},
				Place: integrations.Place{Dir: t.TempDir(), Home: t.TempDir(), Getenv: func(name string) string { return map[string]string{"SECRET": "open-sesame"}[name] }, Declared: []integrations.Declared{
					{Name: Name, Options: map[string]string{"url": url + "/api", "auth": "env:SECRET"}},
				}},
			}
		}, nil)
	})
}

func TestTheFormIsThatOfTheSchema(t *testing.T) {
	text, err := os.ReadFile("testdata/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	got := s.params(json.RawMessage(`{"count": 3}`))
	want := []config.Param{
		{Name: "name", Type: config.ParamString, Required: true, Description: "whose"},
		{Name: "count", Type: config.ParamInt, Default: "3", HasDefault: true},
		{Name: "color", Type: config.ParamString, Choices: []string{"red", "blue"}, Default: "red", HasDefault: true},
		{Name: "rate", Type: config.ParamFloat},
		{Name: "secret", Type: config.ParamString, Secret: true},
		{Name: "options", Type: config.ParamString, Default: `{"a": [1]}`, HasDefault: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	sent, err := json.Marshal(s.values(map[string]string{"name": "12", "count": "4", "options": `{"b": 2}`, "rate": "many"}))
	if err != nil || string(sent) != `{"count":4,"name":"12","options":{"b":2},"rate":"many"}` {
		t.Errorf("sent %s, %v", sent, err)
	}
	shown := s.shown(json.RawMessage(`{"name": "ada", "count": 4, "rate": null, "secret": "hush", "options": {"password": "hush"}, "more": 1}`))
	if diff := cmp.Diff(map[string]string{"name": "ada", "count": "4", "color": "red"}, shown); diff != "" {
		t.Errorf("shown of a run: %s", diff)
	}
}

func TestTheActiveProfileSaysWhereTheServerIs(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".prefect"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "active = \"lab\"\n[profiles.lab]\nPREFECT_API_URL = \"http://lab:4200/api\"\nPREFECT_API_AUTH_STRING = \"ada:hush\"\n[profiles.other]\n"
	if err := os.WriteFile(filepath.Join(home, ".prefect", "profiles.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) string { return "" }
	all, err := connections(t.Context(), integrations.Place{Home: home, Getenv: none})
	if err != nil || len(all) != 1 || all[0].Title != "Prefect lab:4200" || all[0].Wanted {
		t.Fatalf("found %+v, %v", all, err)
	}
	all, err = connections(t.Context(), integrations.Place{
		Home: home, Declared: []integrations.Declared{{Name: "work", Options: map[string]string{"url": "http://work:4200/api"}}},
		Getenv: func(name string) string { return map[string]string{"PREFECT_PROFILE": "other"}[name] },
	})
	if err != nil || len(all) != 1 || all[0].Name != "work" || !all[0].Wanted {
		t.Fatalf("declared %+v, %v", all, err)
	}
	if err := os.WriteFile(filepath.Join(home, ".prefect", "profiles.toml"), []byte("active = \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = connections(t.Context(), integrations.Place{Home: home, Getenv: none}); err == nil || !strings.Contains(err.Error(), "profiles.toml") {
		t.Errorf("a broken file: %v", err)
	}
}
