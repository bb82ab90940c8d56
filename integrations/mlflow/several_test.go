package mlflow

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// fake is as much of a server as tells several apart. What a real one says is tested
// with a real one.
type fake struct {
	name string
	auth string // what requests must show; empty: nothing
	page bool   // it answers with a page for people

	mu     sync.Mutex
	seen   map[string]bool // what was shown
	killed []string
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	shown := r.Header.Get("Authorization")
	f.seen[shown] = true
	switch {
	case f.page:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><title>Sign in</title>")
		return
	case f.auth != "" && shown != f.auth:
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var asked map[string]any
	_ = json.NewDecoder(r.Body).Decode(&asked)
	run := map[string]any{"info": map[string]any{"run_id": "r1", "run_name": "of " + f.name, "experiment_id": "1", "status": statusRunning}}
	answer := map[string]any{}
	switch r.URL.Path {
	case "/version":
		w.Header().Set("Content-Type", "text/html; charset=utf-8") // as the real one does
		_, _ = io.WriteString(w, "3.17.2")
		return
	case api + "experiments/search":
		answer["experiments"] = []any{map[string]any{"experiment_id": "1", "name": "of " + f.name, "lifecycle_stage": "active"}}
	case api + "runs/search":
		answer["runs"] = []any{run}
	case api + "runs/get":
		answer["run"] = run
	case api + "runs/update":
		f.killed = append(f.killed, asked["run_id"].(string)+" "+asked["status"].(string))
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *fake) at(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

func (f *fake) told(t *testing.T, seen map[string]bool, killed ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if diff := cmp.Diff(seen, f.seen); diff != "" {
		t.Errorf("%s was shown %s", f.name, diff)
	}
	if diff := cmp.Diff(killed, f.killed); diff != "" {
		t.Errorf("%s was told to end %s", f.name, diff)
	}
}

// several connects to each declared server.
func several(t *testing.T, env map[string]string, declared ...integrations.Declared) (all []*Provider, errs []error) {
	t.Helper()
	found, err := connections(t.Context(), integrations.Place{
		Dir: t.TempDir(), Home: t.TempDir(), Getenv: func(name string) string { return env[name] }, Declared: declared,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found {
		connected, err := c.Connect(t.Context(), always{})
		p, _ := connected.(*Provider)
		if err == nil {
			t.Cleanup(func() { _ = p.Close() })
		}
		all, errs = append(all, p), append(errs, err)
	}
	return all, errs
}

func TestSeveralServersAreToldApartByWhatTheyAreGiven(t *testing.T) {
	first, second, login := &fake{name: "first", auth: "Bearer one"}, &fake{name: "second", auth: "Bearer two"}, &fake{name: "login", page: true}
	options := func(f *fake, token string) map[string]string {
		return map[string]string{"url": f.at(t), "proxy": "none", "token": "env:" + token}
	}
	all, errs := several(t, map[string]string{"ONE": "one", "TWO": "two"},
		integrations.Declared{Name: "login", Options: options(login, "ONE")},
		integrations.Declared{Name: "one", Options: options(first, "ONE")},
		integrations.Declared{Name: "two", Options: options(second, "TWO")},
	)
	if errs[0] == nil || !strings.Contains(errs[0].Error(), `answered with a web page ("Sign in") instead of data`) {
		t.Errorf("a page for people is told as %v", errs[0])
	}
	for i, f := range []*fake{first, second} {
		if errs[i+1] != nil {
			t.Fatal(errs[i+1])
		}
		p := all[i+1]
		things, err := p.resources(t.Context())
		if err != nil || len(things) != 1 || things[0].Name != "of "+f.name || things[0].ID.Provider() != p.name {
			t.Errorf("%s has %+v, %v", f.name, things, err)
		}
		runs, err := p.Query(t.Context(), tasks.Query{Name: "runs", Args: map[string]string{"id": "1"}})
		if err != nil || len(runs.Rows) != 1 || runs.Rows[0][1] != "of "+f.name {
			t.Errorf("%s has the runs %v, %v", f.name, runs.Rows, err)
		}
	}
	if err := all[2].Operate(t.Context(), tasks.Resource{}, "kill", map[string]string{"run": "r1"}); err != nil {
		t.Error(err)
	}
	first.told(t, map[string]bool{"Bearer one": true})
	second.told(t, map[string]bool{"Bearer two": true}, "r1 KILLED")
}

func TestWhatTheEnvironmentKnowsOfOneServerIsShownToNoOther(t *testing.T) {
	usual, other := &fake{name: "usual"}, &fake{name: "other"}
	_, errs := several(t, map[string]string{"MLFLOW_TRACKING_URI": usual.at(t), "MLFLOW_TRACKING_TOKEN": "hush"},
		integrations.Declared{Name: "usual", Options: map[string]string{"proxy": "none"}},
		integrations.Declared{Name: "other", Options: map[string]string{"url": other.at(t), "proxy": "none"}},
	)
	if errs[0] != nil || errs[1] != nil {
		t.Fatal(errs)
	}
	usual.told(t, map[string]bool{"Bearer hush": true})
	other.told(t, map[string]bool{"": true})
}

func TestThePasswordOfAnAddressIsShownNowhere(t *testing.T) {
	f := &fake{name: "lab"}
	url := strings.Replace(f.at(t), "://", "://ada:hush@", 1)
	all, errs := several(t, nil,
		integrations.Declared{Name: "lab", Options: map[string]string{"url": url, "proxy": "none"}},
		integrations.Declared{Name: "odd", Options: map[string]string{"url": "http://ada:hu/hush@lab"}},
	)
	if errs[0] != nil || errs[1] == nil || strings.Contains(errs[1].Error(), "hush") {
		t.Fatal(errs)
	}
	things, err := all[0].resources(t.Context())
	if err != nil || len(things) != 1 || strings.Contains(things[0].URL, "hush") || !strings.HasSuffix(things[0].URL, "/#/experiments/1") {
		t.Errorf("%+v, %v", things, err)
	}
	f.told(t, map[string]bool{"Basic YWRhOmh1c2g=": true})
}
