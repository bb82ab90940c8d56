package github

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// ports are the servers of this machine: a network without one.
type ports map[string]http.RoundTripper

func (p ports) RoundTrip(req *http.Request) (*http.Response, error) {
	return p[req.URL.Port()].RoundTrip(req)
}

// mute answers nobody.
type mute struct{}

func (mute) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestSeveralGitHubsAreToldApartAndOneThatFailsTouchesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network, servers, repos := ports{"4": mute{}}, map[string]*githubtest.Server{}, map[string]*githubtest.Repo{}
		declared := []integrations.Declared{{Name: "unsaid", Options: map[string]string{"url": "http://127.0.0.1:1"}}}
		for i, name := range []string{"one", "two", "login", "slow"} {
			port := strconv.Itoa(i + 1)
			declared = append(declared, integrations.Declared{Name: name, Options: map[string]string{
				"url": "http://127.0.0.1:" + port, "repo": "ada/shop", "token": "env:TOKEN_" + name,
			}})
			if name == "slow" {
				continue
			}
			repos[name] = githubtest.Shop()
			s, err := githubtest.New(githubtest.Options{
				Token: "ghp_of_" + name, Running: true, Wrong: func(err error) { t.Errorf("not as GitHub describes it: %v", err) },
			}, repos[name])
			if err != nil {
				t.Fatal(err)
			}
			s.At("http://127.0.0.1:" + port)
			servers[name], network[port] = s, wire{s}
		}
		servers["login"].Fault("", 1_000_000, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html><title>Sign in</title>"))
		})
		// The first has another run than the second.
		servers["one"].Push(repos["one"], "ci.yml", "main", "bob")

		dir := t.TempDir()
		put(t, dir, map[string]string{".git/HEAD": "ref: refs/heads/main\n"})
		all, err := definition(network).Connections(t.Context(), integrations.Place{
			Dir: dir, Home: dir, Declared: declared, Getenv: func(name string) string {
				if of, ok := strings.CutPrefix(name, "TOKEN_"); ok {
					return "ghp_of_" + of
				}
				return ""
			},
		})
		if err != nil || len(all) != 5 {
			t.Fatalf("%v, %v", all, err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		defer stop()
		reached := map[string]*provider{}
		for _, c := range all {
			p, err := c.Connect(ctx, integrationtest.Looking{})
			switch c.Name {
			case "unsaid":
				if err == nil || !strings.Contains(err.Error(), "no git remote here says which repository it is") {
					t.Errorf("what is not said of it: %v", err)
				}
			case "login":
				if err == nil || !strings.Contains(err.Error(), `GitHub (127.0.0.1:3) answered with a web page ("Sign in") instead of data`) {
					t.Errorf("a page for people is told as %v", err)
				}
			case "slow":
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("who does not answer is told as %v", err)
				}
			default:
				if err != nil {
					t.Fatal(err)
				}
				reached[c.Name] = p.(*provider)
				defer reached[c.Name].Close()
			}
		}
		for name, want := range map[string][]string{"one": {"9000001"}, "two": nil} {
			table, err := reached[name].Query(t.Context(), tasks.Query{Name: "runs"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range table.Rows {
				got = append(got, row[0])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s has the runs %s", name, diff)
			}
		}
		// What is begun and ended on the second is none of the first's.
		w := &world{t: t, place: integrations.Place{Dir: dir}}
		s, err := w.run(t.Context(), reached["two"], "deploy", map[string]string{"version": "v1", "env": "staging", "ref": "main"})
		if err != nil || s.Run().URL != "http://127.0.0.1:2/ada/shop/actions/runs/9000001" || s.Run().Native != "success" {
			t.Errorf("%v: %+v", err, s.Run())
		}
		run := tasks.Resource{ID: tasks.NewResourceID("two", kindRun, "9000001")}
		if err := reached["two"].Operate(t.Context(), run, "rerun", nil); err != nil {
			t.Error(err)
		}
		for name, want := range map[string]int{"one": 0, "two": 1} {
			for _, path := range []string{"POST /repos/ada/shop/actions/workflows/12/dispatches", "POST /repos/ada/shop/actions/runs/9000001/rerun"} {
				if n := servers[name].Counts(path); n != want {
					t.Errorf("%s was asked %d times for %s", name, n, path)
				}
			}
		}
	})
}

// Who checks out an old branch has a list of runs that are all older than those that
// are known: they are told of once, and can be operated on.
func TestOldRunsThatAreInTheListAreToldOnce(t *testing.T) {
	var n news
	n.init()
	run := func(id int64, day int) apiRun {
		return apiRun{ID: id, Created: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC), Status: "completed"}
	}
	n.begin()
	for i := range keptRuns {
		n.take(run(int64(1000+i), 20))
	}
	for look, fresh := range []bool{true, false, false} {
		n.begin()
		for i := range 30 {
			if n.take(run(int64(i+1), 1)) != fresh {
				t.Errorf("look %d: run %d is news: %v", look, i+1, !fresh)
			}
		}
	}
	if all := n.all(); len(all) != keptRuns || all[keptRuns-1].ID > 30 {
		t.Errorf("%d runs are known, the oldest is %d", len(all), all[len(all)-1].ID)
	}
}
