package github

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// seen is what Observe and Watch tell within d.
func (w *world) seen(p *provider, d time.Duration) (runs map[string]tasks.Run, things map[tasks.ResourceID]tasks.Resource) {
	w.t.Helper()
	runs, things = map[string]tasks.Run{}, map[tasks.ResourceID]tasks.Resource{}
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	done := make(chan struct{})
	lock := make(chan struct{}, 1)
	go func() {
		defer close(done)
		_ = p.Observe(ctx, func(r tasks.Run) { lock <- struct{}{}; runs[r.External] = r; <-lock })
	}()
	_ = p.Watch(ctx, func(c tasks.Changes) {
		lock <- struct{}{}
		defer func() { <-lock }()
		for _, r := range c.Changed {
			things[r.ID] = r
		}
		for _, id := range c.Gone {
			delete(things, id)
		}
	})
	<-done
	return runs, things
}

func TestWhatIsDoneWithARunOfAnotherBranchIsSeenAtOnce(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		if _, err := w.run(t.Context(), p, "ci", map[string]string{"ref": "main"}); err == nil {
			t.Fatal("it succeeded")
		}
		ctx, cancel := context.WithCancel(t.Context())
		told, ended := make(chan string, 100), make(chan struct{})
		go func() {
			defer close(ended)
			_ = p.Observe(ctx, func(r tasks.Run) { told <- r.External })
		}()
		pass(40 * time.Second) // a look at that branch is not due
		for len(told) > 0 {
			<-told
		}
		r := tasks.Resource{ID: tasks.NewResourceID("github", kindRun, "9000001"), Kind: kindRun}
		if err := p.Operate(t.Context(), r, "rerun", nil); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Second)
		if len(told) == 0 || <-told != "9000001/2" {
			t.Error("its second attempt was not told")
		}
		cancel()
		<-ended
	})
}

func TestRunsOfOthersShowUpAndAreRunAgain(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		w.task(p, "ci")
		w.s.Push(w.repo, "ci.yml", "fix", "bob")
		w.s.Push(w.repo, "ci.yml", "main", "bob") // of another branch and of somebody else
		pass(time.Minute)
		runs, things := w.seen(p, 2*time.Minute)
		r := runs["9000001"]
		if len(runs) != 1 || r.Task != "ci" || r.Status != tasks.Failed || r.Error != "failed" || r.Number != 1 || r.Cause.String() != "push to fix by bob" ||
			r.StartedAt.IsZero() || r.EndedAt.Before(r.StartedAt) {
			t.Fatalf("observed %+v", runs)
		}
		thing := things[tasks.NewResourceID("github", "run", "9000001")]
		off := map[string]string{"cancel": "it has ended (failure)", "force-cancel": "", "approve": "", "reject": ""}
		if diff := cmp.Diff(off, thing.Off); diff != "" || thing.Phase != tasks.PhaseFailed || thing.Name != "CI #1" {
			t.Errorf("%+v %s", thing, diff)
		}
		if err := p.Operate(t.Context(), thing, "rerun-failed", nil); err != nil {
			t.Fatal(err)
		}
		if err := p.Operate(t.Context(), thing, "rerun", nil); err == nil || !strings.HasSuffix(err.Error(), "wait for its end, or cancel it") {
			t.Errorf("run again while it runs: %v", err)
		}
		pass(time.Minute)
		runs, _ = w.seen(p, 2*time.Minute)
		if r := runs["9000001/2"]; r.Status != tasks.Succeeded || r.Cause.String() != "attempt 2 of run 1 by bob" || r.Number != 0 {
			t.Errorf("its second attempt: %+v", runs)
		}
		s := &integrationtest.Sink{}
		if err := p.Attach(t.Context(), tasks.Run{External: "9000001/2"}, s); err != nil {
			t.Errorf("the second attempt: %v", err)
		}
		if err := p.Attach(t.Context(), tasks.Run{External: "9000001"}, s); err == nil || err.Error() != "test failed" {
			t.Errorf("the first attempt: %v", err)
		}
	})
}

func TestADeploymentWaitsForApprovalAndGoesOnWithIt(t *testing.T) {
	inBubble(t, githubtest.Options{MayApprove: true}, "main", func(t *testing.T, w *world, p *provider) {
		s := &integrationtest.Sink{}
		done := make(chan error, 1)
		task := w.task(p, "deploy")
		go func() {
			done <- p.Run(t.Context(), tasks.Request{Run: "deploy#1", Task: task, Params: map[string]string{"version": "v1", "env": "production"}}, s)
		}()
		_, things := w.seen(p, time.Minute)
		thing := things[tasks.NewResourceID("github", "run", "9000001")]
		if r := s.Run(); r.Native != "waiting" || r.Reason != "the deployment to production waits for approval, which you may give" {
			t.Errorf("it says %s: %s", r.Native, r.Reason)
		}
		if _, off := thing.Off["approve"]; off || thing.Reason == "" {
			t.Errorf("%+v", thing)
		}
		if err := p.Operate(t.Context(), thing, "approve", map[string]string{"comment": "go"}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := <-done; err != nil || !strings.Contains(s.Text("deploy"), "deploying v1 to production") {
			t.Errorf("%v %s", err, s.Text("deploy"))
		}
		if took := time.Since(began); took > followLast/2 {
			t.Errorf("it was looked at only %v after its approval", took)
		}
		if err := p.Operate(t.Context(), thing, "approve", nil); err == nil || err.Error() != "run 9000001 waits for no approval; look at its state" {
			t.Errorf("approve what has ended: %v", err)
		}
	})
	inBubble(t, githubtest.Options{}, "main", func(t *testing.T, w *world, p *provider) {
		ctx, leave := context.WithCancelCause(t.Context())
		done := make(chan error, 1)
		task := w.task(p, "deploy")
		go func() {
			done <- p.Run(ctx, tasks.Request{Run: "deploy#1", Task: task, Params: map[string]string{"version": "v1", "env": "production"}}, &integrationtest.Sink{})
		}()
		_, things := w.seen(p, time.Minute)
		thing := things[tasks.NewResourceID("github", "run", "9000001")]
		if why := thing.Off["approve"]; why != "the deployment to production waits for approval by ada" {
			t.Errorf("why it can't be approved: %q", why)
		}
		leave(tasks.ErrLeaving)
		if err := <-done; err == nil {
			t.Error("it ended by itself")
		}
	})
}

func TestArtifactsAreUnpackedBelowTheWorkspace(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		w.task(p, "ci")
		w.s.Push(w.repo, "ci.yml", "fix", "bob")
		pass(time.Minute)
		run := tasks.Resource{ID: tasks.NewResourceID("github", "run", "9000001"), Kind: kindRun}
		if err := p.Operate(t.Context(), run, "download", nil); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(w.place.Dir, "artifacts", "9000001", "coverage", "html", "index.html"))
		if err != nil || string(text) != "<p>" {
			t.Errorf("%q, %v", text, err)
		}
		for args, want := range map[string]string{
			"artifact=old":  "GitHub has it no more: old expired; run the workflow again",
			"artifact=none": `there is no artifact "none"; there are: coverage, old, test-results`,
			"to=../x":       "../x is outside of the workspace; name a directory below it",
		} {
			name, value, _ := strings.Cut(args, "=")
			if err := p.Operate(t.Context(), run, "download", map[string]string{name: value}); err == nil || err.Error() != want {
				t.Errorf("%s\ngot  %v\nwant %s", args, err, want)
			}
		}
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		f, _ := z.Create("../../evil")
		_, _ = f.Write([]byte("x"))
		z.Close()
		w.s.Fault("/zip", 1, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(b.Bytes()) })
		err = p.Operate(t.Context(), run, "download", map[string]string{"artifact": "coverage"})
		if err == nil || !strings.Contains(err.Error(), "leads outside of the directory") {
			t.Errorf("an archive that leads outside: %v", err)
		}
	})
}

func TestTheLogsOfManyJobsComeInOneFile(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		const jobs = 200
		w.repo.Workflows[0].Plan = func(map[string]string, int) githubtest.Plan {
			var plan githubtest.Plan
			for i := range jobs {
				plan.Jobs = append(plan.Jobs, githubtest.Job{Name: fmt.Sprintf("unit (%d/%d)", i, jobs), Steps: []githubtest.Step{
					{Name: "Run", Takes: time.Second, Log: []string{fmt.Sprintf("part %d", i)}, Fails: i == 7},
				}})
			}
			return plan
		}
		w.s.Push(w.repo, "ci.yml", "fix", "bob")
		pass(time.Minute)
		s := &integrationtest.Sink{}
		err := p.Attach(t.Context(), tasks.Run{External: "9000001"}, s)
		if err == nil || err.Error() != "unit (7/200) failed" {
			t.Errorf("ended with %v", err)
		}
		for _, i := range []int{0, 7, 199} {
			if text := s.Text(fmt.Sprintf("unit (%d/%d)", i, jobs)); text != fmt.Sprintf("part %d\n", i) {
				t.Errorf("the log of job %d: %q", i, text)
			}
		}
		if n := w.s.Counts("200") + w.s.Counts("302"); n > 20 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestALogThatIsGoneSaysSo(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		w.repo.Workflows[0].Plan = func(map[string]string, int) githubtest.Plan {
			return githubtest.Plan{Jobs: []githubtest.Job{{Name: "old", Expired: true, Steps: []githubtest.Step{{Name: "Run", Takes: time.Second}}}}}
		}
		w.s.Push(w.repo, "ci.yml", "fix", "bob")
		pass(time.Minute)
		s := &integrationtest.Sink{}
		if err := p.Attach(t.Context(), tasks.Run{External: "9000001"}, s); err != nil || s.Text("old") != "── GitHub has this log no more: it has expired\n" {
			t.Errorf("%v %q", err, s.Text("old"))
		}
	})
}

func TestALogThatBreaksOffGoesOnWhereItEnded(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		w.s.Push(w.repo, "ci.yml", "fix", "bob")
		pass(time.Minute)
		whole, broken := &integrationtest.Sink{}, &integrationtest.Sink{}
		_ = p.Attach(t.Context(), tasks.Run{External: "9000001"}, whole)
		w.s.Fault("/jobs/9000101/logs", 1, func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = rw.Write([]byte("2026-11-26T00:00:00.0000000Z Current runner version: '2.330.0'\r\n"))
		})
		_ = p.Attach(t.Context(), tasks.Run{External: "9000001"}, broken) // as far as it came
		if n := strings.Count(broken.Text("test"), "\n"); n != 1 {
			t.Fatalf("%d lines came", n)
		}
		_ = p.Attach(t.Context(), tasks.Run{External: "9000001"}, broken)
		if diff := cmp.Diff(whole.Text("test"), broken.Text("test")); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(whole.Text("test"), "##[group]Run go test ./...\n") || !strings.Contains(whole.Text("test"), "\nerror: Process completed with exit code 1.\n") {
			t.Errorf("%s", whole.Text("test"))
		}
	})
}

func TestAnnotationsArePlacesInThisCheckout(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		s, _ := w.run(t.Context(), p, "ci", nil)
		want := []tasks.Diagnostic{{Severity: tasks.Error, Location: tasks.Location{File: "cart/cart_test.go", Line: 4}, Message: "want 32, got 40", Line: -1}}
		if diff := cmp.Diff(want, s.Run().Diagnostics); diff != "" {
			t.Error(diff)
		}
		var artifacts []string
		for _, a := range s.Run().Artifacts {
			artifacts = append(artifacts, a.Name)
		}
		if !slices.Equal(artifacts, []string{"coverage", "old (expired)", "test-results"}) {
			t.Errorf("artifacts %v", artifacts)
		}
		// Reports of tests among them are read, once.
		if files := s.Files(); len(files) != 1 || !strings.Contains(files[0], `<testcase classname="shop/cart" name="TestDiscount"`) {
			t.Errorf("%d reports were read: %v", len(files), files)
		}
	})
}

func TestAPullRequestSaysHowItStands(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		w.task(p, "ci")
		w.s.Push(w.repo, "ci.yml", "fix", "bob")
		pass(time.Minute)
		_, things := w.seen(p, time.Minute)
		got := things[tasks.NewResourceID("github", "pull", "5")]
		want := tasks.Resource{
			ID: "github/pull/5", Kind: "pull", Name: "#5 Discounts add up", Phase: tasks.PhaseFailed, Native: "open", Reason: "1 failed, 3 passed",
			Detail: "fix → main", Number: "3/4", Own: true, Since: got.Since, URL: "http://127.0.0.1:7979/ada/shop/pull/5",
			Facts: []tasks.Fact{
				{Name: "checks", Value: "1 failed, 3 passed"},
				{Name: "reviews", Value: "approved by bob, eve"},
				{Name: "mergeable", Value: "yes, with checks that did not pass"},
				{Name: "author", Value: "ada"},
				{Name: "failed", Value: "test"},
			},
			Off: map[string]string{},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if err := p.Operate(t.Context(), got, "rerun-failed", nil); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		_, things = w.seen(p, time.Minute)
		if got = things[got.ID]; got.Phase != tasks.PhaseUp || got.Off["rerun-failed"] != "no check failed" {
			t.Errorf("after its checks were run again: %+v", got)
		}
	})
}
