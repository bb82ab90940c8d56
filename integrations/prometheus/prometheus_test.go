package prometheus

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// password is what the recorded server wants of ada.
const password = "hush-hush"

// recorded is a server that gives the answers of testdata, which a Prometheus 2.42
// gave, to ada.
type recorded struct {
	url    string
	broken atomic.Bool // a login page stands before it

	mu    sync.Mutex
	asked []string
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	r := &recorded{}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

func (s *recorded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.Path+" "+r.Form.Get("query"))
	s.mu.Unlock()
	if s.broken.Load() {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html><title>Sign in to corp</title>"))
		return
	}
	if _, given, _ := r.BasicAuth(); given != password {
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	status, file := http.StatusOK, map[string]string{
		"/api/v1/status/buildinfo":      "buildinfo",
		"/api/v1/targets":               "targets",
		"/api/v1/rules":                 "rules",
		"/api/v1/query_range":           "range",
		"/api/v1/label/__name__/values": "names",
	}[r.URL.Path]
	if r.URL.Path == "/api/v1/query" {
		switch expr := r.Form.Get("query"); {
		case strings.HasSuffix(expr, "("):
			status, file = http.StatusBadRequest, "parse-error"
		case strings.HasPrefix(expr, "{"):
			file = "api"
		default:
			file = "up"
		}
	}
	text, err := os.ReadFile(filepath.Join("testdata", file+".json"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// place is one from which the server is found, by variables.
func (s *recorded) place(t *testing.T) integrations.Place {
	t.Helper()
	env := map[string]string{"PROMETHEUS_URL": s.url, "PROMETHEUS_USERNAME": "ada", "PROMETHEUS_PASSWORD": password}
	dir := t.TempDir()
	return integrations.Place{Dir: dir, State: filepath.Join(dir, "state"), Home: dir, Getenv: func(name string) string { return env[name] }}
}

// declared is the same with a connection in the workspace file.
func (s *recorded) declared(t *testing.T, options map[string]string) integrations.Place {
	t.Helper()
	p := s.place(t)
	p.Declared = []integrations.Declared{{Name: "prom", Options: options}}
	return p
}

func connect(t *testing.T, at integrations.Place) *Provider {
	t.Helper()
	all, err := connections(t.Context(), at)
	if err != nil || len(all) != 1 {
		t.Fatalf("connections: %v, %v", all, err)
	}
	p, err := all[0].Connect(t.Context(), integrationtest.Looking{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.(*Provider).Close() })
	return p.(*Provider)
}

// rows are resources as a person sees them.
func rows(all []tasks.Resource) (rows []string) {
	for _, r := range all {
		own := ""
		if r.Own {
			own = "own "
		}
		rows = append(rows, strings.TrimSpace(fmt.Sprintf("%s%s %s %s [%s] %s %s", own, r.Kind, r.Name, r.Phase, r.Number, r.Detail, r.Reason)))
	}
	return rows
}

func resources(t *testing.T, p *Provider) []tasks.Resource {
	t.Helper()
	all, err := p.resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAPrometheusKeepsTheContract(t *testing.T) {
	integrationtest.Connected(t, func(t *testing.T) integrationtest.Outside {
		t.Helper()
		s := newRecorded(t)
		return integrationtest.Outside{
			Definition: Definition(), Place: s.place(t), Secrets: []string{password}, Break: func() { s.broken.Store(true) },
		}
	}, nil)
}

func TestWhatIsDownFiresOrCantBeEvaluatedSaysWhy(t *testing.T) {
	p := connect(t, newRecorded(t).declared(t, nil))
	want := []string{
		`own alert AlwaysPending busy [] instance=127.0.0.1:19090 job=prometheus fires when it has been so for 1h: waits`,
		`own alert TargetDown failed [critical] instance=127.0.0.1:1 job=api team=shop 127.0.0.1:1 of api is down`,
		`own alert Watchdog up [none]  vector(1)`,
		`own target 127.0.0.1:1 failed [] api dial tcp 127.0.0.1:1: connect: connection refused`,
		`own target 127.0.0.1:19090 up [] prometheus`,
		`own rules broken warning [2]  bad: found duplicate series for the match group {job="api"} on the right hand-side of the operation: ` +
			`[{__name__="up", instance="127.0.0.1:1", job="api", team="shop"}, {__name__="up", instance="a", job="api", team="shop"}];many-to-many matching not allowed: matching labels must be unique on one side`,
		`own rules shop up [4]`,
		`own query up up [2 series]`,
	}
	if diff := cmp.Diff(want, rows(resources(t, p))); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTheWorkspacesOwnStandsInAttention(t *testing.T) {
	s := newRecorded(t)
	own := func(at integrations.Place) (names []string) {
		for _, r := range resources(t, connect(t, at)) {
			if r.Own && r.Kind != kindQuery {
				names = append(names, r.Name)
			}
		}
		return names
	}
	for name, test := range map[string]struct {
		at   integrations.Place
		want []string
	}{
		"of a server that was only found nothing is": {s.place(t), nil},
		"of a declared one what has the labels":      {s.declared(t, map[string]string{"own": `job = api, team="shop"`}), []string{"TargetDown", "127.0.0.1:1"}},
	} {
		if diff := cmp.Diff(test.want, own(test.at)); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestOfVeryManyThoseAreToldThatNeedAPerson(t *testing.T) {
	p := &Provider{name: "prom", base: "http://prom"}
	var all []tasks.Resource
	for i := range mostShown + 7 {
		all = append(all, tasks.Resource{ID: tasks.NewResourceID("prom", kindTarget, fmt.Sprintf("%04d", i)), Kind: kindTarget, Phase: tasks.PhaseUp})
	}
	all[mostShown+3].Phase, all[mostShown+4].Own = tasks.PhaseFailed, true
	got := p.most(all, "/targets")
	if len(got) != mostShown+1 || got[0].ID.Native() != "0204" || got[1].ID.Native() != "0203" || got[mostShown].Name != "and 7 more" {
		t.Errorf("%d: %v, %v … %v", len(got), got[0].ID, got[1].ID, got[len(got)-1])
	}
}

func ask(t *testing.T, p *Provider, name string, args map[string]string) tasks.Result {
	t.Helper()
	r, err := p.Query(t.Context(), tasks.Query{Name: name, Args: args})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestATableHasTheLabelsInWhichSeriesDiffer(t *testing.T) {
	p := connect(t, newRecorded(t).place(t))
	want := tasks.Result{
		Facts:   []tasks.Fact{{Name: "metric", Value: "up"}},
		Columns: []tasks.Column{{Name: "instance"}, {Name: "job"}, {Name: "team"}, {Name: "value", Number: true}},
		Rows:    [][]string{{"127.0.0.1:1", "api", "shop", "0"}, {"127.0.0.1:19090", "prometheus", "", "1"}},
	}
	if diff := cmp.Diff(want, ask(t, p, "query", map[string]string{"expr": "up"})); diff != "" {
		t.Error(diff)
	}
	curves := ask(t, p, "range", map[string]string{"expr": "up", "for": "6h"})
	var names []string
	for _, c := range curves.Curves {
		names = append(names, fmt.Sprintf("%s: %d points to %v", c.Name, len(c.Points), c.Points[len(c.Points)-1].Value))
	}
	wantNames := []string{"instance=127.0.0.1:1 job=api team=shop: 4 points to 0", "instance=127.0.0.1:19090 job=prometheus: 4 points to 1"}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		t.Error(diff)
	}
}

func TestAnAnswerOfAnyKindIsReadAsSeries(t *testing.T) {
	for text, want := range map[string]string{
		`{"resultType":"scalar","result":[1795773232.919,"1"]}`:                                                        "[] 1",
		`{"resultType":"string","result":[1795773232.9,"a"]}`:                                                          "[] a",
		`{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[[1,"3"],[2,"NaN"]]}]}`:                       "[{job a}] NaN",
		`{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"7","sum":"2.5","buckets":[]}]}]}`:      "[] count 7 sum 2.5",
		`{"resultType":"matrix","result":[{"metric":{},"histograms":[[1,{"count":"7","sum":"2.5","buckets":[[]]}]]}]}`: "[] count 7 sum 2.5",
	} {
		var s samples
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		all, err := s.all()
		if err != nil || len(all) != 1 {
			t.Errorf("%s: %v, %v", text, all, err)
			continue
		}
		if got := fmt.Sprint(factsOf(all[0].Labels), " ", all[0].Value.Text); got != want {
			t.Errorf("%s is read as %s, want %s", text, got, want)
		}
	}
}

func TestWhatIsAskedIsKeptUntilItIsForgotten(t *testing.T) {
	s := newRecorded(t)
	at := s.place(t)
	p := connect(t, at)
	any1 := tasks.Resource{ID: tasks.NewResourceID("prometheus", kindQuery, first), Kind: kindQuery, Name: first}
	operate := func(r tasks.Resource, operation, expr string) (string, error) {
		o, err := p.OperateTelling(t.Context(), r, operation, map[string]string{"expr": expr})
		return o.Text, err
	}
	if text, err := operate(any1, "query", " rate(x_total[5m]) "); err != nil || text != "rate(x_total[5m]): 2 series; it stands in QUERIES" {
		t.Errorf("%q, %v", text, err)
	}
	_, err := operate(any1, "query", "up + (")
	want := "ask up + (: Prometheus (" + strings.TrimPrefix(s.url, "http://") + ") does not understand it at character 7: unclosed left parenthesis; correct the expression"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	p = connect(t, at) // as the next host does
	if diff := cmp.Diff([]string{"rate(x_total[5m])", "up"}, p.kept.all()); diff != "" {
		t.Error(diff)
	}
	for i := range mostKept + 3 {
		if _, err := operate(any1, "query", fmt.Sprintf("x%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if all := p.kept.all(); len(all) != mostKept || all[0] != "x22" || all[mostKept-1] != first {
		t.Errorf("kept: %v", all)
	}
	if _, err := operate(any1, "forget", ""); err == nil {
		t.Error("there is no place to ask from any more")
	}
	one := tasks.Resource{ID: tasks.NewResourceID("prometheus", kindQuery, "x22"), Kind: kindQuery}
	if _, err := operate(one, "forget", ""); err != nil || p.kept.all()[0] != "x21" {
		t.Errorf("%v, %v", err, p.kept.all())
	}
}

func TestAnExpressionIsAskedForWithTheNamesThatThereAre(t *testing.T) {
	p := connect(t, newRecorded(t).place(t))
	for name, test := range map[string]struct {
		args map[string]string
		want string
	}{
		"at a query":  {map[string]string{"kind": kindQuery, "id": "sum(up)"}, "sum(up)"},
		"at a target": {map[string]string{"kind": kindTarget, "id": "api/http://127.0.0.1:1/metrics"}, `up{instance="127.0.0.1:1",job="api"}`},
		"at an alert": {map[string]string{"kind": kindAlert, "id": `{alertname="Watchdog",severity="none"}`}, "vector(1)"},
		"at rules":    {map[string]string{"kind": kindRules, "id": "rules.yml/shop"}, ""},
	} {
		r := ask(t, p, "query form", test.args)
		if got := r.Params[0].Default; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		want := []string{"go_gc_duration_seconds", "go_gc_duration_seconds_count", "rate(go_gc_duration_seconds_count[5m])", "process_cpu_seconds_total", "rate(process_cpu_seconds_total[5m])", "up"}
		if diff := cmp.Diff(want, r.Suggest["expr"]); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAFailureIsOneSentenceWithTheNextStep(t *testing.T) {
	s := newRecorded(t)
	fail := func(env map[string]string, options map[string]string) string {
		at := s.declared(t, options)
		at.Getenv = func(name string) string { return env[name] }
		all, err := connections(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		_, err = all[0].Connect(t.Context(), integrationtest.Looking{})
		if err == nil {
			t.Fatal("it connects")
		}
		return strings.ReplaceAll(err.Error(), strings.TrimPrefix(s.url, "http://"), "SERVER")
	}
	closed := "ask for its version: Prometheus (SERVER) wants a password or a token, or other ones (401); give them in the connection's options, in PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD, or in PROMETHEUS_TOKEN"
	for _, test := range []struct {
		env, options map[string]string
		want         string
	}{
		{nil, nil, "prom does not say where its server is; write url: in sawhorse.yml, or set PROMETHEUS_URL"},
		{nil, map[string]string{"url": s.url}, closed},
		{nil, map[string]string{"url": s.url, "own": "shop"}, `own of prom is "shop", which is no label; write name=value, several with a comma between them`},
		{nil, map[string]string{"url": s.url, "password": "env:NONE"}, "the variable NONE is not set; set it before the host starts, or name another place"},
		{map[string]string{"PROMETHEUS_URL": "http://other", "PROMETHEUS_PASSWORD": password}, map[string]string{"url": s.url}, closed},
	} {
		if got := fail(test.env, test.options); got != test.want {
			t.Errorf("%v, %v:\n%s\nwant\n%s", test.env, test.options, got, test.want)
		}
	}
	s.broken.Store(true)
	want := `ask for its version: Prometheus (SERVER) answered with a web page ("Sign in to corp") instead of data; a login or a proxy stands before it: check the address, and sign in`
	if got := fail(nil, map[string]string{"url": s.url}); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// resting is a lookout of a screen that has left.
type resting struct{}

func (resting) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestNothingIsAskedWhileNobodyLooks(t *testing.T) {
	s := newRecorded(t)
	p := connect(t, s.place(t))
	p.look = resting{}
	s.mu.Lock()
	before := len(s.asked)
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Watch(ctx, func(tasks.Changes) { t.Error("it tells") }) }()
	cancel()
	if err := <-ended; err == nil {
		t.Error("it ended without a reason")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.asked[before:]; len(now) > 0 {
		t.Errorf("asked: %q", now)
	}
}
