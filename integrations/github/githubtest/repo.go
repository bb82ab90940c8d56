package githubtest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// repo answers what is asked about a repository.
func (s *Server) repo(q question) answer {
	r := q.repo
	switch {
	case q.is("GET"):
		return ok(s.repository(r, true))
	case q.is("GET", "actions", "workflows"):
		var all []any
		for i := range r.Workflows {
			all = append(all, s.workflow(r, &r.Workflows[i]))
		}
		return s.page(q, "workflows", all)
	case len(q.rest) >= 3 && q.rest[0] == "actions" && q.rest[1] == "workflows":
		return s.ofWorkflow(q)
	case q.is("GET", "actions", "runs"):
		return s.listRuns(q, nil)
	case len(q.rest) >= 3 && q.rest[0] == "actions" && q.rest[1] == "runs":
		return s.ofRun(q)
	case len(q.rest) >= 3 && q.rest[0] == "actions" && q.rest[1] == "jobs":
		return s.ofJob(q)
	case len(q.rest) >= 3 && q.rest[0] == "actions" && q.rest[1] == "artifacts":
		return s.ofArtifact(q)
	case q.is("GET", "check-runs", "*", "annotations"):
		var all []any
		if x, _, j, ok := s.findJob(r, q.number(1)); ok {
			for _, a := range j.annotations() {
				all = append(all, s.annotation(r, x.sha, a))
			}
		}
		return s.page(q, "", all)
	case q.is("GET", "commits", "*", "check-runs"):
		return s.page(q, "check_runs", s.checkRuns(r, q.rest[1]))
	case q.is("GET", "commits", "*", "status"):
		return ok(object{
			"state": "success", "sha": q.rest[1], "total_count": 0, "statuses": []any{}, "repository": s.repository(r, false),
			"commit_url": s.base, "url": s.base,
		})
	case q.is("GET", "branches"):
		var all []any
		for _, name := range r.branches() {
			all = append(all, object{"name": name, "commit": object{"sha": r.Branches[name], "url": s.base}, "protected": name == r.Default})
		}
		return s.page(q, "", all)
	case q.is("GET", "environments"):
		var all []any
		for i, name := range r.Environments {
			all = append(all, object{
				"id": i + 1, "node_id": "E_1", "name": name, "url": s.base, "html_url": s.web, "created_at": stamp(s.born), "updated_at": stamp(s.born),
			})
		}
		return s.page(q, "environments", all)
	case q.Method == "GET" && len(q.rest) >= 2 && q.rest[0] == "contents":
		file := strings.Join(q.rest[1:], "/")
		text, found := r.file(q.query.Get("ref"), file)
		if all := r.below(q.query.Get("ref"), file); !found && len(all) > 0 {
			return ok(s.contents(r, all))
		}
		if !found {
			return message(http.StatusNotFound, "Not Found")
		}
		return ok(s.content(r, file, text))
	case len(q.rest) >= 1 && q.rest[0] == "pulls":
		return s.ofPulls(q)
	}
	return message(http.StatusNotFound, "Not Found")
}

func (s *Server) ofWorkflow(q question) answer {
	i := slices.IndexFunc(q.repo.Workflows, func(w Workflow) bool {
		return strconv.FormatInt(w.ID, 10) == q.rest[2] || strings.HasSuffix(w.Path, "/"+q.rest[2])
	})
	if i < 0 {
		return message(http.StatusNotFound, "Not Found")
	}
	w := &q.repo.Workflows[i]
	switch {
	case q.is("GET", "actions", "workflows", "*"):
		return ok(s.workflow(q.repo, w))
	case q.is("GET", "actions", "workflows", "*", "runs"):
		return s.listRuns(q, w)
	case q.is("POST", "actions", "workflows", "*", "dispatches"):
		return s.dispatch(q, w)
	}
	return message(http.StatusNotFound, "Not Found")
}

func (s *Server) dispatch(q question, w *Workflow) answer {
	var asked struct {
		Ref     string
		Inputs  map[string]any
		Details *bool `json:"return_run_details"`
	}
	if err := json.Unmarshal(q.body, &asked); err != nil {
		return message(http.StatusBadRequest, "Problems parsing JSON")
	}
	modern := q.version == "2026-03-10"
	if asked.Details != nil && (s.o.Old || modern) {
		return message(http.StatusUnprocessableEntity, `Invalid request. "return_run_details" is not a permitted key.`)
	}
	if _, known := q.repo.Branches[asked.Ref]; !known {
		return message(http.StatusUnprocessableEntity, "No ref found for: "+asked.Ref)
	}
	if !w.Dispatch {
		return message(http.StatusUnprocessableEntity, "Workflow does not have 'workflow_dispatch' trigger")
	}
	if w.Disabled {
		return message(http.StatusUnprocessableEntity, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
	}
	inputs := map[string]string{}
	for name, v := range asked.Inputs {
		if _, known := w.Inputs[name]; !known {
			return message(http.StatusUnprocessableEntity, fmt.Sprintf("Unexpected inputs provided: [%q]", name))
		}
		inputs[name] = fmt.Sprint(v)
	}
	for name, needed := range w.Inputs {
		if needed && inputs[name] == "" {
			return message(http.StatusUnprocessableEntity, fmt.Sprintf("Required input '%s' not provided", name))
		}
	}
	x := s.begin(q.repo, w, asked.Ref, "workflow_dispatch", s.o.Login, inputs)
	if !modern && (asked.Details == nil || !*asked.Details) {
		return answer{status: http.StatusNoContent}
	}
	u := fmt.Sprintf("%s/repos/%s/%s/actions/runs/%d", s.base, q.repo.Owner, q.repo.Name, x.id)
	return ok(object{"workflow_run_id": x.id, "run_url": u, "html_url": fmt.Sprintf("%s/%s/%s/actions/runs/%d", s.web, q.repo.Owner, q.repo.Name, x.id)})
}

// listRuns are the newest first, as the query filters them.
func (s *Server) listRuns(q question, of *Workflow) answer {
	now := s.now()
	var all []any
	for _, x := range slices.Backward(s.runs[q.repo]) {
		status, conclusion, _ := x.last().state(now)
		switch {
		case x.visible.After(now), of != nil && x.w != of,
			differs(q.query.Get("branch"), x.branch), differs(q.query.Get("event"), x.event),
			differs(q.query.Get("actor"), x.actor), differs(q.query.Get("head_sha"), x.sha):
			continue
		case q.query.Get("status") != "" && q.query.Get("status") != status && q.query.Get("status") != conclusion:
			continue
		}
		if from, has := strings.CutPrefix(q.query.Get("created"), ">="); has {
			if at, err := time.Parse(time.RFC3339, from); err == nil && x.created.Before(at) {
				continue
			}
		}
		all = append(all, s.run(q.repo, x, x.last()))
	}
	return s.page(q, "workflow_runs", all)
}

func differs(want, is string) bool { return want != "" && want != is }

func (s *Server) find(r *Repo, id int64) *run {
	for _, x := range s.runs[r] {
		if x.id == id && !x.visible.After(s.now()) {
			return x
		}
	}
	return nil
}

func (s *Server) findJob(r *Repo, id int64) (*run, *attempt, jobState, bool) {
	for _, x := range s.runs[r] {
		for _, a := range x.attempts {
			for _, j := range a.jobs(s.now()) {
				if j.id == id {
					return x, a, j, true
				}
			}
		}
	}
	return nil, nil, jobState{}, false
}

func (s *Server) ofRun(q question) answer {
	x := s.find(q.repo, q.number(2))
	if x == nil {
		return message(http.StatusNotFound, "Not Found")
	}
	a, now := x.last(), s.now()
	rest := q.rest[3:]
	if len(rest) >= 2 && rest[0] == "attempts" {
		n, _ := strconv.Atoi(rest[1])
		if n < 1 || n > len(x.attempts) {
			return message(http.StatusNotFound, "Not Found")
		}
		a, rest = x.attempts[n-1], rest[2:]
	}
	status, _, _ := a.state(now)
	switch q.Method + " " + strings.Join(rest, "/") {
	case "GET ":
		return ok(s.run(q.repo, x, a))
	case "GET jobs":
		var all []any
		for _, j := range a.jobs(now) {
			all = append(all, s.job(q.repo, x, a, j))
		}
		return s.page(q, "jobs", all)
	case "GET logs":
		if status != "completed" {
			return message(http.StatusNotFound, "Not Found")
		}
		return s.moved(fmt.Sprintf("/_blob/runs/%d/%d", x.id, a.n))
	case "GET artifacts":
		var all []any
		if status == "completed" {
			for i, f := range a.plan.Artifacts {
				all = append(all, s.artifact(q.repo, x, i, f))
			}
		}
		return s.page(q, "artifacts", all)
	case "GET pending_deployments":
		all := []any{}
		for _, j := range a.jobs(now) {
			if j.status == "waiting" {
				all = append(all, s.deployment(q.repo, j.job.Environment))
			}
		}
		return ok(all)
	case "POST pending_deployments":
		return s.approve(q, a)
	case "POST cancel", "POST force-cancel":
		if status == "completed" {
			return message(http.StatusConflict, "Cannot cancel a workflow run that is completed.")
		}
		if rest[0] == "force-cancel" {
			a.plan.Stubborn = false
		}
		if a.cancelled.IsZero() || rest[0] == "force-cancel" {
			a.cancelled = now
		}
		return answer{status: http.StatusAccepted, body: object{}}
	case "POST rerun", "POST rerun-failed-jobs":
		if status != "completed" {
			return message(http.StatusForbidden, "This workflow is already running")
		}
		kept := map[string]jobState{}
		if rest[0] == "rerun-failed-jobs" {
			for _, j := range a.jobs(now) {
				if j.conclusion == "success" {
					kept[j.job.Name] = j
				}
			}
			if len(kept) == len(a.plan.Jobs) {
				return message(http.StatusForbidden, "The workflow run has no failed jobs to rerun")
			}
		}
		s.attempt(x, kept)
		return answer{status: http.StatusCreated, body: object{}}
	}
	return message(http.StatusNotFound, "Not Found")
}

func (s *Server) approve(q question, a *attempt) answer {
	var asked struct {
		IDs   []int64 `json:"environment_ids"`
		State string
	}
	if err := json.Unmarshal(q.body, &asked); err != nil {
		return message(http.StatusUnprocessableEntity, "Problems parsing JSON")
	}
	if !s.o.MayApprove {
		return message(http.StatusForbidden, "You are not a reviewer of this environment")
	}
	all := []any{}
	for _, j := range a.jobs(s.now()) {
		if j.status != "waiting" {
			continue
		}
		if asked.State == "approved" {
			a.approved[j.job.Environment] = s.now()
		} else {
			a.rejected[j.job.Environment] = s.now()
		}
		all = append(all, object{
			"url": s.base, "id": 1, "node_id": "D_1", "sha": "abc", "ref": "main", "task": "deploy", "payload": object{}, "environment": j.job.Environment,
			"description": nil, "creator": s.user(s.o.Login), "created_at": stamp(s.now()), "updated_at": stamp(s.now()), "statuses_url": s.base,
			"repository_url": s.base,
		})
	}
	return ok(all)
}

func (s *Server) ofJob(q question) answer {
	x, a, j, found := s.findJob(q.repo, q.number(2))
	if !found {
		return message(http.StatusNotFound, "Not Found")
	}
	switch {
	case q.is("GET", "actions", "jobs", "*"):
		return ok(s.job(q.repo, x, a, j))
	case q.is("GET", "actions", "jobs", "*", "logs"):
		switch {
		case j.job.Expired:
			return message(http.StatusGone, "The logs have expired")
		case j.status != "completed" || len(j.steps) == 0:
			return message(http.StatusNotFound, "Not Found") // no log while it runs
		}
		return s.moved(fmt.Sprintf("/_blob/jobs/%d", j.id))
	case q.is("POST", "actions", "jobs", "*", "rerun"):
		if status, _, _ := x.last().state(s.now()); status != "completed" {
			return message(http.StatusForbidden, "This workflow is already running")
		}
		kept := map[string]jobState{}
		for _, other := range a.jobs(s.now()) {
			if other.id != j.id && other.conclusion == "success" {
				kept[other.job.Name] = other
			}
		}
		s.attempt(x, kept)
		return answer{status: http.StatusCreated, body: object{}}
	}
	return message(http.StatusNotFound, "Not Found")
}

func (s *Server) moved(to string) answer {
	return answer{status: http.StatusFound, header: http.Header{"Location": {s.store + to + "?sig=short-lived"}}}
}

func (s *Server) ofArtifact(q question) answer {
	id := q.number(2)
	for _, x := range s.runs[q.repo] {
		for i, f := range x.last().plan.Artifacts {
			if x.id*10+int64(i) != id {
				continue
			}
			switch {
			case q.is("GET", "actions", "artifacts", "*"):
				return ok(s.artifact(q.repo, x, i, f))
			case f.Expired:
				return message(http.StatusGone, "Artifact has expired")
			case q.is("GET", "actions", "artifacts", "*", "zip"):
				return s.moved(fmt.Sprintf("/_blob/artifacts/%d", id))
			}
		}
	}
	return message(http.StatusNotFound, "Not Found")
}

// checkRuns are the checks of a commit or branch.
func (s *Server) checkRuns(r *Repo, ref string) []any {
	sha := ref
	if head, branch := r.Branches[ref]; branch {
		sha = head
	}
	now := s.now()
	var all []any
	for _, x := range s.runs[r] {
		if x.sha != sha || x.visible.After(now) {
			continue
		}
		for _, j := range x.last().jobs(now) {
			all = append(all, s.checkRun(r, j.id, sha, j.job.Name, j.status, j.conclusion, j.started, j.completed, len(j.annotations())))
		}
	}
	for _, p := range r.Pulls {
		if r.Branches[p.Head] != sha {
			continue
		}
		for i, c := range p.Checks {
			done := time.Time{}
			if c.Status == "completed" {
				done = s.born
			}
			all = append(all, s.checkRun(r, int64(500+i), sha, c.Name, c.Status, c.Conclusion, s.born, done, 0))
		}
	}
	return all
}

func (s *Server) ofPulls(q question) answer {
	if q.is("GET", "pulls") {
		var all []any
		for _, p := range q.repo.Pulls {
			owner := p.HeadOwner
			if owner == "" {
				owner = q.repo.Owner
			}
			if !differs(q.query.Get("head"), owner+":"+p.Head) {
				all = append(all, s.pull(q.repo, p, false))
			}
		}
		return s.page(q, "", all)
	}
	i := slices.IndexFunc(q.repo.Pulls, func(p Pull) bool { return len(q.rest) > 1 && strconv.Itoa(p.Number) == q.rest[1] })
	if i < 0 {
		return message(http.StatusNotFound, "Not Found")
	}
	p := q.repo.Pulls[i]
	switch {
	case q.is("GET", "pulls", "*"):
		return ok(s.pull(q.repo, p, true))
	case q.is("GET", "pulls", "*", "reviews"):
		var all []any
		for n, v := range p.Reviews {
			all = append(all, s.review(q.repo, p, n, v))
		}
		return s.page(q, "", all)
	}
	return message(http.StatusNotFound, "Not Found")
}

// blob is the storage that logs and artifacts are read from.
func (s *Server) blob(path string) answer {
	parts := strings.Split(strings.TrimPrefix(path, "/_blob/"), "/")
	id, _ := strconv.ParseInt(parts[len(parts)-1], 10, 64)
	for r, runs := range s.runs {
		switch parts[0] {
		case "jobs":
			if _, _, j, ok := s.findJob(r, id); ok {
				return answer{status: http.StatusOK, raw: []byte(j.text()), kind: "text/plain; charset=utf-8"}
			}
		case "runs":
			runID, _ := strconv.ParseInt(parts[1], 10, 64)
			for _, x := range runs {
				if x.id == runID {
					files := map[string]string{}
					for i, j := range x.attempts[id-1].jobs(s.now()) {
						files[fmt.Sprintf("%d_%s.txt", i, strings.ReplaceAll(j.job.Name, "/", ""))] = j.text()
					}
					return zipped(files)
				}
			}
		case "artifacts":
			for _, x := range runs {
				for i, f := range x.last().plan.Artifacts {
					if x.id*10+int64(i) == id {
						return zipped(f.Files)
					}
				}
			}
		}
	}
	return answer{status: http.StatusNotFound, raw: []byte(`<?xml version="1.0"?><Error><Code>BlobNotFound</Code></Error>`), kind: "application/xml"}
}

func zipped(files map[string]string) answer {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			return message(http.StatusInternalServerError, err.Error())
		}
	}
	if err := z.Close(); err != nil {
		return message(http.StatusInternalServerError, err.Error())
	}
	return answer{status: http.StatusOK, raw: b.Bytes(), kind: "application/zip"}
}
