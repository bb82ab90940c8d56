package githubtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Like is the same world as served by what is only like GitHub, as a Gitea is: below
// /api/v1, with fewer endpoints, other fields and no ETags, with the log of a job while
// it runs, and with a description of what it can do.
type Like struct {
	*Server
	// Mute: it keeps its description to itself.
	Mute bool
	// Without are endpoints that it does not have: "GET actions/workflows".
	Without []string
}

// LikePaths are its endpoints of a repository.
func (l Like) LikePaths() []string {
	return slices.DeleteFunc([]string{
		"GET", "GET branches", "GET contents/*", "GET commits/*/status", "GET pulls", "GET pulls/*", "GET pulls/*/reviews",
		"GET actions/workflows", "POST actions/workflows/*/dispatches", "GET actions/runs", "GET actions/runs/*", "GET actions/runs/*/jobs",
		"GET actions/runs/*/artifacts", "GET actions/artifacts/*/zip", "POST actions/runs/*/rerun", "POST actions/runs/*/rerun-failed-jobs",
		"GET actions/jobs/*/logs",
	}, func(p string) bool { return slices.Contains(l.Without, p) })
}

// never is how a time is told that is none.
const never = "1970-01-01T00:00:00Z"

// ServeHTTP answers one request.
func (l Like) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if serve := l.faulty(r.URL.EscapedPath()); serve != nil {
		serve(w, r)
		return
	}
	below, api := strings.CutPrefix(r.URL.EscapedPath(), "/api/v1/")
	switch {
	case !api && r.URL.Path == "/swagger.v1.json" && !l.Mute:
		likeJSON(w, l.description())
		return
	case strings.HasPrefix(r.URL.Path, "/_blob/"):
		l.Server.ServeHTTP(w, r)
		return
	case !api:
		http.Error(w, "Not found.", http.StatusNotFound)
		return
	case r.Header.Get("Authorization") != "Bearer "+l.o.Token:
		w.WriteHeader(http.StatusUnauthorized)
		likeJSON(w, object{"message": "invalid username, password or token"})
		return
	case below == "version":
		likeJSON(w, object{"version": "1.26.0"})
		return
	}
	parts := strings.Split(below, "/")
	if parts[0] == "repos" && len(parts) >= 3 {
		asked := strings.TrimSpace(r.Method + " " + strings.Join(parts[3:], "/"))
		if !slices.ContainsFunc(l.LikePaths(), func(p string) bool { return reaches(p, asked) }) {
			http.Error(w, "404 page not found", http.StatusNotFound)
			return
		}
		switch {
		case reaches("GET actions/jobs/*/logs", asked):
			l.log(w, r, parts[1], parts[2], parts[5])
			return
		case reaches("GET commits/*/status", asked):
			likeJSON(w, l.statuses(parts[1], parts[2], parts[4]))
			return
		}
	}
	l.translated(w, r, below)
}

// reaches says whether a request is to an endpoint: * is a part, at the end also several.
func reaches(endpoint, asked string) bool {
	want, got := strings.Split(endpoint, "/"), strings.Split(asked, "/")
	if strings.HasPrefix(endpoint, "GET contents/") && len(got) > len(want) {
		got = got[:len(want)]
	}
	return slices.EqualFunc(want, got, func(w, g string) bool { return w == "*" || w == g })
}

// description is what it says of itself.
func (l Like) description() object {
	paths := map[string]object{}
	for _, p := range l.LikePaths() {
		method, rest, _ := strings.Cut(p, " ")
		full := strings.TrimSuffix("/repos/{owner}/{repo}/"+strings.ReplaceAll(rest, "*", "{id}"), "/")
		if paths[full] == nil {
			paths[full] = object{}
		}
		operation := object{"parameters": []any{object{"name": "owner", "in": "path"}}}
		if strings.HasSuffix(rest, "dispatches") {
			operation["parameters"] = []any{object{"name": "return_run_details", "in": "query"}}
		}
		paths[full][strings.ToLower(method)] = operation
	}
	return object{"swagger": "2.0", "info": object{"title": "Gitea API"}, "paths": paths}
}

func likeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}

// repoNamed is a repository. l.mu is held.
func (l Like) repoNamed(owner, name string) *Repo {
	i := slices.IndexFunc(l.repos, func(r *Repo) bool { return r.Owner == owner && r.Name == name })
	if i < 0 {
		return &Repo{}
	}
	return l.repos[i]
}

// log is a job's log as far as it goes.
func (l Like) log(w http.ResponseWriter, r *http.Request, owner, name, id string) {
	l.mu.Lock()
	n, _ := strconv.ParseInt(id, 10, 64)
	_, _, j, ok := l.findJob(l.repoNamed(owner, name), n)
	text := j.sofar(l.now())
	l.mu.Unlock()
	if !ok || j.started.IsZero() {
		w.WriteHeader(http.StatusNotFound)
		likeJSON(w, object{"message": "not found", "errors": []string{"job not started"}})
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	http.ServeContent(w, r, "job.log", time.Time{}, strings.NewReader(text))
}

// sofar is what a job has printed by then, with the word of the runner for a step that
// failed.
func (j jobState) sofar(now time.Time) string {
	var b strings.Builder
	for _, s := range j.steps {
		if s.started.IsZero() || s.started.After(now) {
			continue
		}
		say := func(at time.Time, line string) {
			if !at.After(now) {
				fmt.Fprintf(&b, "%s %s\n", at.UTC().Format("2006-01-02T15:04:05.0000000Z"), line)
			}
		}
		for i, line := range s.log {
			say(s.started.Add(time.Duration(i)*10*time.Millisecond), line)
		}
		if s.conclusion == "failure" {
			say(s.completed, "  ❌  Failure - Main "+s.name)
		}
	}
	return b.String()
}

// statuses are what it has in place of check runs.
func (l Like) statuses(owner, name, sha string) object {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []any
	for _, c := range l.checkRuns(l.repoNamed(owner, name), sha) {
		run := c.(object)
		state := run["conclusion"]
		if run["status"] != "completed" {
			state = "pending"
		}
		all = append(all, object{"id": run["id"], "context": run["name"], "status": state, "target_url": run["html_url"], "created_at": run["started_at"]})
	}
	return object{"state": "pending", "sha": sha, "total_count": len(all), "statuses": all}
}

// translated has GitHub answer, and tells it in other words.
func (l Like) translated(w http.ResponseWriter, r *http.Request, below string) {
	in := r.Clone(r.Context())
	in.URL.Path, in.URL.RawPath = "/api/v3/"+below, ""
	for _, name := range []string{"If-None-Match", "X-Github-Api-Version"} {
		in.Header.Del(name)
	}
	q := in.URL.Query()
	if n := q.Get("limit"); n != "" {
		q.Set("per_page", n)
	}
	if strings.HasSuffix(below, "/pulls") {
		q.Del("head") // it tells them all
	}
	details := q.Get("return_run_details")
	for _, name := range []string{"limit", "return_run_details"} {
		q.Del(name)
	}
	in.URL.RawQuery = q.Encode()
	if strings.HasSuffix(below, "/dispatches") {
		var body object
		_ = json.NewDecoder(r.Body).Decode(&body)
		delete(body, "return_run_details") // it knows no such field
		if details == "true" {
			body["return_run_details"] = true
		}
		text, _ := json.Marshal(body)
		in.Body, in.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	}
	rec := httptest.NewRecorder()
	l.Server.ServeHTTP(rec, in)
	for _, name := range []string{"Content-Type", "Date", "Location"} {
		if v := rec.Header().Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	if next := rec.Header().Get("Link"); next != "" {
		w.Header().Set("Link", strings.ReplaceAll(next, "/api/v3/", "/api/v1/"))
	}
	text := rec.Body.Bytes()
	var v any
	if json.Unmarshal(text, &v) == nil {
		text, _ = json.Marshal(translate(v))
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(text)
}

// translate says it in the words of a Gitea, however deep.
func translate(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = translate(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = translate(v[name])
		}
		switch {
		case v["run_number"] != nil:
			translateRun(v)
		case v["steps"] != nil:
			translateJob(v)
		case v["badge_url"] != nil:
			v["id"] = path.Base(v["path"].(string))
		case v["mergeable_state"] != nil:
			delete(v, "mergeable_state")
		case v["state"] == "CHANGES_REQUESTED":
			v["state"] = "REQUEST_CHANGES"
		}
	}
	return v
}

func translateRun(run map[string]any) {
	run["path"] = fmt.Sprintf("%s@refs/heads/%s", path.Base(run["path"].(string)), run["head_branch"])
	run["started_at"], run["completed_at"] = run["run_started_at"], never
	switch run["status"] {
	case "completed":
		run["completed_at"] = run["updated_at"]
	case "queued":
		run["started_at"] = never
	}
	run["trigger_actor"], run["run_attempt"] = run["triggering_actor"], 0
	for _, name := range []string{"created_at", "updated_at", "run_started_at", "triggering_actor", "workflow_id"} {
		delete(run, name)
	}
}

// translateJob gives each step the state of the job, and counts from 0.
func translateJob(job map[string]any) {
	if n, ok := job["run_attempt"].(float64); ok && job["status"] == "queued" {
		job["run_attempt"] = n - 1
	}
	times := func(v map[string]any) {
		for _, name := range []string{"started_at", "completed_at"} {
			if v[name] == nil {
				v[name] = never
			}
		}
	}
	times(job)
	if job["conclusion"] == "skipped" {
		job["started_at"], job["completed_at"] = never, never
	}
	steps, _ := job["steps"].([]any)
	for i, s := range steps {
		step := s.(map[string]any)
		times(step)
		if step["conclusion"] == "skipped" {
			step["started_at"], step["completed_at"] = never, never
		}
		step["number"], step["status"], step["conclusion"] = i, job["status"], job["conclusion"]
	}
}
