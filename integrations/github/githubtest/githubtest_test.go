package githubtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fake is a running server that fails the test when the description disagrees.
func fake(t *testing.T, o Options) (*Server, *Repo, func(method, path string, body any) (int, map[string]any)) {
	t.Helper()
	o.Wrong = func(err error) { t.Errorf("not as GitHub describes it: %v", err) }
	o.Token = "t"
	r := Shop()
	s, err := New(o, r)
	if err != nil {
		t.Fatal(err)
	}
	api, stop := s.Start()
	t.Cleanup(stop)
	return s, r, func(method, path string, body any) (int, map[string]any) {
		t.Helper()
		var text []byte
		if body != nil {
			text, _ = json.Marshal(body)
		}
		req, err := http.NewRequestWithContext(t.Context(), method, api+path, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer t")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		all, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if json.Unmarshal(all, &v) != nil {
			v = map[string]any{"text": string(all)}
		}
		return res.StatusCode, v
	}
}

func TestEveryAnswerIsAsGitHubDescribesIt(t *testing.T) {
	s, r, ask := fake(t, Options{MayApprove: true})
	id := s.Push(r, "ci.yml", "fix", "bob")
	s.Pass(time.Minute)
	run := "/repos/ada/shop/actions/runs/9000001"
	for _, path := range []string{
		"/user", "/rate_limit", "/repos/ada/shop", "/repos/ada/shop/actions/workflows", "/repos/ada/shop/actions/workflows/deploy.yml",
		"/repos/ada/shop/actions/runs?branch=fix&per_page=5", "/repos/ada/shop/actions/workflows/ci.yml/runs?event=push", run, run + "/jobs?filter=latest",
		run + "/attempts/1", run + "/attempts/1/jobs", run + "/artifacts", run + "/pending_deployments", run + "/logs",
		"/repos/ada/shop/actions/jobs/9000101", "/repos/ada/shop/actions/jobs/9000101/logs", "/repos/ada/shop/check-runs/9000101/annotations",
		"/repos/ada/shop/commits/fix/check-runs", "/repos/ada/shop/commits/fix/status", "/repos/ada/shop/branches", "/repos/ada/shop/environments",
		"/repos/ada/shop/contents/.github/workflows/ci.yml?ref=fix", "/repos/ada/shop/actions/artifacts/90000010/zip",
		"/repos/ada/shop/pulls?head=ada:fix&state=open", "/repos/ada/shop/pulls/5", "/repos/ada/shop/pulls/5/reviews",
	} {
		if status, v := ask("GET", path, nil); status != 200 {
			t.Errorf("%s: %d %v", path, status, v)
		}
	}
	for path, want := range map[string]int{
		"/repos/ada/none": 404, run + "/attempts/9": 404, "/repos/ada/shop/actions/jobs/1/logs": 404, "/repos/ada/shop/actions/artifacts/90000011/zip": 410,
		"/repos/ada/shop/contents/none?ref=main": 404,
	} {
		if status, v := ask("GET", path, nil); status != want {
			t.Errorf("%s: %d %v", path, status, v)
		}
	}
	if status, _ := ask("POST", run+"/cancel", nil); status != 409 {
		t.Errorf("cancelling what has ended: %d", status)
	}
	if status, _ := ask("POST", run+"/rerun-failed-jobs", nil); status != 201 {
		t.Errorf("rerun: %d", status)
	}
	if id != 9_000_001 {
		t.Errorf("the first run is %d", id)
	}
}

func TestTheVersionsOfTheAPIAnswerADispatchDifferently(t *testing.T) {
	_, _, ask := fake(t, Options{})
	path := "/repos/ada/shop/actions/workflows/ci.yml/dispatches"
	if status, _ := ask("POST", path, object{"ref": "main"}); status != 204 {
		t.Errorf("without details: %d", status)
	}
	if status, v := ask("POST", path, object{"ref": "main", "return_run_details": true}); status != 200 || v["workflow_run_id"] != 9001001.0 {
		t.Errorf("with details: %d %v", status, v)
	}
	for body, want := range map[string]string{
		`{"ref":"none"}`: "No ref found for: none", `{"ref":"main","inputs":{"x":"1"}}`: `Unexpected inputs provided: ["x"]`,
	} {
		if status, v := ask("POST", path, json.RawMessage(body)); status != 422 || v["message"] != want {
			t.Errorf("%s: %d %v", body, status, v)
		}
	}
	_, _, ask = fake(t, Options{Old: true})
	if status, _ := ask("POST", path, object{"ref": "main", "return_run_details": true}); status != 422 {
		t.Errorf("an old server took the details: %d", status)
	}
}

func TestARunGoesAsItsPlanSays(t *testing.T) {
	s, r, ask := fake(t, Options{MayApprove: true})
	_, v := ask("POST", "/repos/ada/shop/actions/workflows/deploy.yml/dispatches",
		object{"ref": "main", "return_run_details": true, "inputs": object{"env": "production", "version": "v1"}})
	run := strings.TrimPrefix(v["run_url"].(string), s.base)
	state := func() string {
		_, v := ask("GET", run, nil)
		_, jobs := ask("GET", run+"/jobs", nil)
		text := v["status"].(string)
		for _, j := range jobs["jobs"].([]any) {
			text += " " + j.(object)["name"].(string) + "=" + j.(object)["status"].(string)
		}
		return text
	}
	var got []string
	for _, d := range []time.Duration{0, 2 * time.Second, 2 * time.Second} {
		s.Pass(d)
		got = append(got, state())
	}
	if status, _ := ask("POST", run+"/pending_deployments", object{"environment_ids": []int{5}, "state": "approved", "comment": ""}); status != 200 {
		t.Errorf("approve: %d", status)
	}
	s.Pass(time.Second)
	got = append(got, state())
	s.Pass(time.Minute)
	got = append(got, state())
	want := []string{
		"queued build=queued", "in_progress build=in_progress", "waiting build=completed deploy=waiting",
		"in_progress build=completed deploy=in_progress", "completed build=completed deploy=completed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_ = r
}
