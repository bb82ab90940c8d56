package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// newLike is a world whose server is only like GitHub, named by its address alone.
func newLike(t *testing.T, mute bool) *world {
	t.Helper()
	w := newWorld(t, githubtest.Options{}, "fix")
	w.h = githubtest.Like{Server: w.s, Mute: mute}
	w.place.Declared[0].Options["url"] = "http://127.0.0.1:7979"
	return w
}

// onLike runs a test against such a server, in virtual time.
func onLike(t *testing.T, mute bool, f func(t *testing.T, w *world, p *provider)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newLike(t, mute)
		p := w.connect()
		defer p.Close()
		f(t, w, p)
	})
}

func TestContractOnAServerThatIsLikeGitHub(t *testing.T) {
	integrationtest.Connected(t, func(t *testing.T) integrationtest.Outside {
		w := newLike(t, false)
		return integrationtest.Outside{
			Definition: w.definition(), Place: w.place, Secrets: []string{token}, Task: "ci",
			Break: func() {
				w.s.Fault("", 1_000_000, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) })
			},
		}
	}, func(t *testing.T, part func(t *testing.T)) { synctest.Test(t, part) })
}

func TestAServerThatIsLikeGitHubSaysWhatItCanDo(t *testing.T) {
	onLike(t, false, func(t *testing.T, _ *world, p *provider) {
		if got, want := p.About(), "127.0.0.1:7979 Gitea 1.26.0 as ada (token from the option token)"; got != want {
			t.Errorf("connected to %s, want %s", got, want)
		}
		var lacks []string
		for a := range endpoints {
			if !p.has(a) {
				lacks = append(lacks, string(a))
			}
		}
		slices.Sort(lacks)
		want := []string{"annotations", "approvals", "archives", "attempts", "cancel", "checks", "environments", "force-cancel", "runs of a workflow"}
		if diff := cmp.Diff(want, lacks); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAServerThatDoesNotDescribeItselfIsAskedForLess(t *testing.T) {
	onLike(t, true, func(t *testing.T, w *world, p *provider) {
		s, err := w.run(t.Context(), p, "deploy", map[string]string{"version": "v1", "env": "staging"})
		if r := s.Run(); err != nil || r.External != "9000001" || r.Native != "success" {
			t.Errorf("%v: run %s %s", err, r.External, r.Native)
		}
		err = p.Operate(t.Context(), tasks.Resource{ID: tasks.NewResourceID("github", kindRun, "9000001"), Kind: kindRun}, "rerun", nil)
		if want := "Gitea 1.26.0 can't be asked to run a run again; do it in the browser"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestWhatSuchAServerLacksLeavesTheRestAlone(t *testing.T) {
	for _, lacking := range []string{
		"GET actions/workflows", "POST actions/workflows/*/dispatches", "GET actions/runs/*/jobs", "GET actions/jobs/*/logs", "GET actions/runs/*/artifacts",
		"GET pulls", "GET pulls/*/reviews", "GET commits/*/status", "GET branches", "POST actions/runs/*/rerun",
	} {
		t.Run(lacking, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLike(t, false)
				w.h = githubtest.Like{Server: w.s, Without: []string{lacking}}
				p := w.connect()
				defer p.Close()
				s, err := w.run(t.Context(), p, "deploy", map[string]string{"version": "v1", "env": "staging"})
				wanted := ""
				if lacking == "POST actions/workflows/*/dispatches" {
					wanted = "Gitea 1.26.0 can't be asked to run a workflow; do it in the browser"
				}
				if got := fmt.Sprint(err); (err != nil || wanted != "") && got != wanted {
					t.Errorf("triggered: %v", err)
				}
				if wanted == "" && s.Run().Native != "success" {
					t.Errorf("the run ended as %s", s.Run().Native)
				}
				w.s.Push(w.repo, "ci.yml", "fix", "bob")
				pass(time.Minute)
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				seen := make(chan error, 2) // buffered: one for each that ends
				var runs, things atomic.Int32
				go func() { seen <- p.Observe(ctx, func(tasks.Run) { runs.Add(1) }) }()
				go func() {
					seen <- p.Watch(ctx, func(c tasks.Changes) {
						for _, r := range c.Changed {
							if r.Kind == kindPull {
								things.Add(1)
							}
						}
					})
				}()
				for range 2 {
					if err := <-seen; ctx.Err() == nil {
						t.Errorf("it ended: %v", err)
					}
				}
				if runs.Load() == 0 || things.Load() == 0 {
					t.Errorf("%d runs and %d pull requests were told", runs.Load(), things.Load())
				}
			})
		})
	}
}

func TestATokenThatSuchAServerRefusesIsSaidToBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLike(t, false)
		w.place.Declared[0].Options["token"] = "env:OTHER"
		w.place.Getenv = func(string) string { return "old" }
		all, err := w.definition().Connections(t.Context(), w.place)
		if err != nil {
			t.Fatal(err)
		}
		_, err = all[0].Connect(t.Context(), integrationtest.Looking{})
		want := "sign in: Gitea (127.0.0.1:7979) does not accept the token from the option token (401: invalid username, password or token); make a new one in its settings, under Applications"
		if err == nil || err.Error() != want || all[0].Title != "127.0.0.1:7979 ada/shop" {
			t.Errorf("%s: got %v", all[0].Title, err)
		}
	})
}

func TestALogIsToldWhileItsJobRunsWhereTheServerGivesIt(t *testing.T) {
	onLike(t, false, func(t *testing.T, w *world, p *provider) {
		s := &integrationtest.Sink{}
		task := w.task(p, "ci")
		done := make(chan error, 1) // buffered: it may end before it is waited for
		go func() { done <- p.Run(t.Context(), tasks.Request{Run: "ci#1", Task: task}, s) }()
		var told []string
		for len(done) == 0 {
			pass(time.Second)
			if text := s.Text("test"); s.Run().Native == "in_progress" && (len(told) == 0 && text != "" || len(told) > 0 && text != told[len(told)-1]) {
				told = append(told, text)
			}
		}
		whole := s.Text("test")
		if len(told) < 2 {
			t.Errorf("while it ran it was told %q", told)
		}
		for _, text := range told {
			if !strings.HasPrefix(whole, text) || text == whole {
				t.Errorf("while it ran:\n%s\nat the end:\n%s", text, whole)
			}
		}
		if n := strings.Count(whole, "\n"); n != 17 || strings.Count(whole, "Failure - Main") != 1 {
			t.Errorf("%d lines, want 17:\n%s", n, whole)
		}
	})
}

func TestStepsHaveEndsOfTheirOwnWhereTheServerTellsThatOfTheJob(t *testing.T) {
	onLike(t, false, func(t *testing.T, w *world, p *provider) {
		s, err := w.run(t.Context(), p, "ci", nil)
		if err == nil || err.Error() != "test failed" {
			t.Errorf("got %v", err)
		}
		got := map[string]tasks.Status{}
		for _, st := range s.Run().Steps {
			got[strings.TrimPrefix(st.Parent+" › "+st.Name, " › ")] = st.Status
		}
		want := map[string]tasks.Status{
			"test": tasks.Failed, "test › Set up job": tasks.Succeeded, "test › Run go test ./...": tasks.Failed, "test › Complete job": tasks.Skipped,
			"vet": tasks.Succeeded, "vet › Run go vet ./...": tasks.Succeeded, "build": tasks.Skipped,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAJobThatHearsOfItsRunsEndLateIsWaitedFor(t *testing.T) {
	onLike(t, false, func(t *testing.T, w *world, p *provider) {
		if _, err := w.run(t.Context(), p, "ci", nil); err == nil {
			t.Fatal("it succeeded")
		}
		w.s.Fault("/actions/runs/9000001/jobs", 1, func(rw http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			w.h.ServeHTTP(rec, r)
			var v struct {
				Jobs []map[string]any `json:"jobs"`
			}
			if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
				t.Error(err)
			}
			for _, j := range v.Jobs {
				if j["name"] == "build" {
					j["status"], j["conclusion"] = "waiting", nil
				}
			}
			rw.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(rw).Encode(v)
		})
		s := &integrationtest.Sink{}
		_ = p.Attach(t.Context(), tasks.Run{Task: "ci", External: "9000001"}, s)
		var was []tasks.Status
		for _, ev := range s.Events() {
			if st, ok := ev.(tasks.StepChanged); ok && st.Step.Name == "build" {
				was = append(was, st.Step.Status)
			}
		}
		if diff := cmp.Diff([]tasks.Status{tasks.Queued, tasks.Skipped}, was); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARunThatIsRunAgainIsAnAttemptWhereTheServerCountsNone(t *testing.T) {
	onLike(t, false, func(t *testing.T, w *world, p *provider) {
		if _, err := w.run(t.Context(), p, "ci", nil); err == nil {
			t.Fatal("it succeeded")
		}
		first := tasks.Resource{ID: tasks.NewResourceID("github", kindRun, "9000001"), Kind: kindRun}
		if err := p.Operate(t.Context(), first, "rerun-failed", nil); err != nil {
			t.Fatal(err)
		}
		runs, things := w.seen(p, 2*time.Minute)
		if r := runs["9000001/2"]; r.Status != tasks.Succeeded || r.QueuedAt.IsZero() || r.EndedAt.IsZero() {
			t.Errorf("the second attempt is %+v of %v", r, runs)
		}
		want := map[string]string{
			"cancel": "Gitea 1.26.0 can't be asked to cancel a run", "force-cancel": "", "approve": "", "reject": "", "rerun-failed": "nothing of it failed",
		}
		if diff := cmp.Diff(want, things[tasks.NewResourceID("github", kindRun, "9000001/2")].Off); diff != "" {
			t.Error(diff)
		}
		pull := things[tasks.NewResourceID("github", kindPull, "5")]
		if pull.Phase != tasks.PhaseUp || pull.Facts[0].Value != "4 passed" || pull.Facts[1].Value != "approved by bob, eve" {
			t.Errorf("the pull request: %+v", pull)
		}
		err := p.Attach(t.Context(), tasks.Run{Task: "ci", External: "9000001"}, &integrationtest.Sink{})
		wanted := "attempt 1 of run 9000001 is no more: Gitea 1.26.0 keeps the last attempt of a run only; look at attempt 2: "
		if err == nil || !strings.HasPrefix(err.Error(), wanted) {
			t.Errorf("got %v", err)
		}
	})
}
