package github

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// What the API says, as far as it is needed here.

type apiWorkflow struct {
	ID    workflowID
	Name  string
	Path  string
	State string
	URL   string `json:"html_url"`
}

func (w apiWorkflow) file() string { return w.Path[strings.LastIndexByte(w.Path, '/')+1:] }

type apiRun struct {
	ID         int64
	Number     int `json:"run_number"`
	Attempt    int `json:"run_attempt"`
	Event      string
	Status     string
	Conclusion string
	Title      string    `json:"display_title"`
	Branch     string    `json:"head_branch"`
	SHA        string    `json:"head_sha"`
	Path       string    // of its workflow
	URL        string    `json:"html_url"`
	Created    time.Time `json:"created_at"`
	Started    time.Time `json:"run_started_at"`
	Updated    time.Time `json:"updated_at"`
	Actor      apiUser
	Triggering apiUser `json:"triggering_actor"`
	// What servers that are like GitHub say instead; settle puts it in its place.
	Began     time.Time `json:"started_at"`
	Completed time.Time `json:"completed_at"`
	Trigger   apiUser   `json:"trigger_actor"`
}

type apiUser struct{ Login string }

type apiJob struct {
	ID         int64
	Name       string
	Status     string
	Conclusion string
	Attempt    int       `json:"run_attempt"`
	Created    time.Time `json:"created_at"`
	Started    time.Time `json:"started_at"`
	Completed  time.Time `json:"completed_at"`
	URL        string    `json:"html_url"`
	Labels     []string
	RunnerName string `json:"runner_name"`
	Steps      []apiStep
}

type apiStep struct {
	Number     int
	Name       string
	Status     string
	Conclusion string
	Started    time.Time `json:"started_at"`
	Completed  time.Time `json:"completed_at"`
}

type apiAnnotation struct {
	Path      string
	StartLine int    `json:"start_line"`
	Column    int    `json:"start_column"`
	Level     string `json:"annotation_level"`
	Title     string
	Message   string
}

type apiArtifact struct {
	ID      int64
	Name    string
	Size    int64 `json:"size_in_bytes"`
	Expired bool
}

type apiDeployment struct {
	Environment struct {
		ID   int64
		Name string
	}
	MayApprove bool      `json:"current_user_can_approve"`
	Timer      int       `json:"wait_timer"`
	TimerSince time.Time `json:"wait_timer_started_at"`
	Reviewers  []struct {
		Type     string
		Reviewer struct{ Login, Name string }
	}
}

type apiPull struct {
	Number         int
	Title          string
	URL            string `json:"html_url"`
	Draft          bool
	State          string
	Mergeable      *bool
	MergeableState string    `json:"mergeable_state"`
	Updated        time.Time `json:"updated_at"`
	User           apiUser
	Head, Base     struct{ Ref, SHA string }
	Reviewers      []apiUser `json:"requested_reviewers"`
}

type apiReview struct {
	User  apiUser
	State string
}

type apiCheck struct {
	ID         int64
	Name       string
	Status     string
	Conclusion string
	URL        string `json:"html_url"`
	Started    time.Time
}

// path is one below the repository; words are escaped as they come.
func (p *provider) path(words ...any) string {
	parts := []string{"repos", url.PathEscape(p.t.owner), url.PathEscape(p.t.repo)}
	for _, w := range words {
		parts = append(parts, strings.Split(fmt.Sprint(w), "/")...)
	}
	for i := 3; i < len(parts); i++ {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

func query(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

// list reads the pages of a list that an object holds under a name; "" for a
// list by itself. more says that there are others.
func list[T any](ctx context.Context, p *provider, doing, path string, q url.Values, name string, most int) (all []T, more bool, err error) {
	if p.sys.like {
		q.Set("limit", q.Get("per_page"))
	}
	more, err = p.c.Pages(ctx, rest.Request{Path: path, Query: q, Doing: doing, Into: &json.RawMessage{}}, most, func(a *rest.Answer) (bool, error) {
		var page []T
		body := a.Body
		if name != "" {
			var whole map[string]json.RawMessage
			if err := json.Unmarshal(body, &whole); err != nil {
				return false, p.unexpected(doing, err)
			}
			body = whole[name]
		}
		if len(body) > 0 {
			if err := json.Unmarshal(body, &page); err != nil {
				return false, p.unexpected(doing, err)
			}
		}
		all = append(all, page...)
		return false, nil
	})
	return all, more, err
}

func (p *provider) unexpected(doing string, err error) error {
	return &rest.Error{Kind: rest.Unreadable, Reason: doing + ": " + p.sys.name + " sent what can't be read: " + err.Error(), Hint: "is the address that of a GitHub API?"}
}

func (p *provider) workflows(ctx context.Context) ([]apiWorkflow, error) {
	if !p.has(listsWorkflows) {
		return p.workflowFiles(ctx)
	}
	all, _, err := list[apiWorkflow](ctx, p, "list the workflows of "+p.name(), p.path("actions/workflows"), query("per_page", "100"), "workflows", 5)
	return all, err
}

// workflowFiles are the workflows as the default branch has them, where the server tells
// of files only. The first directory that there is is the one that it reads.
func (p *provider) workflowFiles(ctx context.Context) (all []apiWorkflow, err error) {
	type entry struct {
		Name, Path string
		URL        string `json:"html_url"`
	}
	for _, dir := range []string{".forgejo/workflows", ".gitea/workflows", workflowDir} {
		files, _, err := list[entry](ctx, p, "list the workflows of "+p.name(), p.path("contents", dir), query("ref", p.branch), "", 1)
		switch {
		case rest.Is(err, rest.NotFound):
			continue
		case err != nil:
			return nil, err
		}
		for _, f := range files {
			if ext := path.Ext(f.Name); ext == ".yml" || ext == ".yaml" {
				all = append(all, apiWorkflow{ID: workflowID(f.Name), Name: f.Path, Path: f.Path, State: "active", URL: f.URL})
			}
		}
		break
	}
	return all, nil
}

// runs are a page of the newest; of nil is every workflow's.
func (p *provider) runs(ctx context.Context, of *apiWorkflow, q url.Values) ([]apiRun, error) {
	path, pages := p.path("actions/runs"), 1
	sort := of != nil && !p.has(workflowRuns)
	switch {
	case sort:
		pages = 3 // those of others are among them
	case of != nil:
		path = p.path("actions/workflows", of.ID, "runs")
	}
	if q.Get("per_page") == "" {
		q.Set("per_page", "20")
	}
	q.Set("exclude_pull_requests", "true")
	all, _, err := list[apiRun](ctx, p, "list the runs of "+p.name(), path, q, "workflow_runs", pages)
	if sort {
		all = slices.DeleteFunc(all, func(r apiRun) bool { file, _, _ := strings.Cut(r.Path, "@"); return p.pathOf(file) != of.Path })
	}
	for i := range all {
		if err == nil {
			err = p.settle(ctx, &all[i])
		}
	}
	return all, err
}

// run is a run's attempt: the run itself while it is the last one, since not
// every server that is like GitHub keeps the others.
func (p *provider) run(ctx context.Context, id external) (r apiRun, same, last bool, err error) {
	doing, q := fmt.Sprintf("look at run %d", id.run), query("exclude_pull_requests", "true")
	same, err = p.c.Get(ctx, doing, p.path("actions/runs", id.run), q, &r)
	if err == nil {
		err = p.settle(ctx, &r)
	}
	if err != nil || r.Attempt <= id.attempt {
		return r, same, true, err
	}
	if !p.has(attempts) {
		return r, same, false, &tasks.StartError{
			Reason: fmt.Sprintf("attempt %d of run %d is no more: %s %s", id.attempt, id.run, p.sys, endpoints[attempts].without),
			Hint:   fmt.Sprintf("look at attempt %d: %s", r.Attempt, r.URL),
		}
	}
	r = apiRun{}
	same, err = p.c.Get(ctx, doing, p.path("actions/runs", id.run, "attempts", id.attempt), q, &r)
	return r, same, false, err
}

// jobs are those of a run's attempt; last says that it is the last one.
func (p *provider) jobs(ctx context.Context, id external, last bool) ([]apiJob, error) {
	if !p.has(runJobs) {
		return nil, nil
	}
	path := p.path("actions/runs", id.run, "jobs")
	if !last {
		path = p.path("actions/runs", id.run, "attempts", id.attempt, "jobs")
	}
	all, _, err := list[apiJob](ctx, p, fmt.Sprintf("list the jobs of run %d", id.run), path, query("per_page", "100"), "jobs", 20)
	for i := range all {
		p.settleJob(&all[i])
	}
	distinguish(all)
	return all, err
}

// distinguish counts the jobs of one name, and the steps of one name in a job, as
// GitHub does not: a step that is run by the same action twice has the same name.
func distinguish(jobs []apiJob) {
	order := make([]int, len(jobs))
	for i := range order {
		order[i] = i
	}
	// The order of the answer may change, that in which they were made does not.
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(jobs[a].ID, jobs[b].ID) })
	names := make([]*string, len(jobs))
	for i, k := range order {
		names[i] = &jobs[k].Name
	}
	counted(names)
	for _, j := range jobs {
		names := make([]*string, len(j.Steps))
		for i := range j.Steps {
			names[i] = &j.Steps[i].Name
		}
		counted(names)
	}
}

// counted puts a number behind names that stand for others too: "build", "build 2".
func counted(names []*string) {
	taken := make(map[string]bool, len(names))
	for _, n := range names {
		taken[*n] = true
	}
	seen := make(map[string]int, len(names))
	for _, n := range names {
		name := *n
		for seen[name]++; seen[name] > 1; seen[name]++ {
			if other := fmt.Sprintf("%s %d", name, seen[name]); !taken[other] {
				*n, taken[other] = other, true
				break
			}
		}
	}
}

func (p *provider) annotations(ctx context.Context, job int64) ([]apiAnnotation, error) {
	if !p.has(annotates) {
		return nil, nil
	}
	all, _, err := list[apiAnnotation](ctx, p, "read the annotations of a job", p.path("check-runs", job, "annotations"), query("per_page", "100"), "", 5)
	return all, err
}

func (p *provider) artifacts(ctx context.Context, run int64) ([]apiArtifact, error) {
	if err := p.need(artifactLists); err != nil {
		return nil, err
	}
	all, _, err := list[apiArtifact](ctx, p, fmt.Sprintf("list the artifacts of run %d", run), p.path("actions/runs", run, "artifacts"), query("per_page", "100"), "artifacts", 2)
	return all, err
}

func (p *provider) pending(ctx context.Context, run int64) ([]apiDeployment, error) {
	if err := p.need(approvals); err != nil {
		return nil, err
	}
	var all []apiDeployment
	_, err := p.c.Get(ctx, fmt.Sprintf("see what run %d waits for", run), p.path("actions/runs", run, "pending_deployments"), nil, &all)
	return all, err
}

func (p *provider) branches(ctx context.Context) (names []string, more bool, err error) {
	type branch struct{ Name string }
	all, more, err := list[branch](ctx, p, "list the branches of "+p.name(), p.path("branches"), query("per_page", "100"), "", 3)
	for _, b := range all {
		names = append(names, b.Name)
	}
	return names, more, err
}

func (p *provider) environments(ctx context.Context) (names []string, err error) {
	if !p.has(environments) {
		return nil, nil
	}
	type environment struct{ Name string }
	all, _, err := list[environment](ctx, p, "list the environments of "+p.name(), p.path("environments"), query("per_page", "100"), "environments", 1)
	for _, e := range all {
		names = append(names, e.Name)
	}
	return names, err
}

// content is a file's text at a ref.
func (p *provider) content(ctx context.Context, file, ref string) ([]byte, error) {
	var v struct{ Encoding, Content string }
	doing := "read " + file
	if ref != "" {
		doing += " at " + ref
	}
	if _, err := p.c.Get(ctx, doing, p.path("contents", file), query("ref", ref), &v); err != nil {
		return nil, err
	}
	if v.Encoding != "base64" {
		return nil, &rest.Error{Kind: rest.Unreadable, Reason: fmt.Sprintf("%s: it is sent as %q", doing, v.Encoding), Hint: "is it an ordinary file?"}
	}
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(v.Content, "\n", ""))
	if err != nil {
		return nil, p.unexpected(doing, err)
	}
	return text, nil
}

func (p *provider) post(ctx context.Context, doing, path string, body any) (*rest.Answer, error) {
	return p.c.Do(ctx, rest.Request{Method: http.MethodPost, Path: path, Body: body, Doing: doing})
}

// external is what GitHub calls a run here: its id, and the attempt from the
// second on, which is a run of its own to people: "9000001", "9000001/2".
type external struct {
	run     int64
	attempt int
}

func (r apiRun) external() external { return external{r.ID, max(1, r.Attempt)} }

func (e external) String() string {
	if e.attempt <= 1 {
		return strconv.FormatInt(e.run, 10)
	}
	return fmt.Sprintf("%d/%d", e.run, e.attempt)
}

func readExternal(s string) (external, bool) {
	id, attempt, has := strings.Cut(s, "/")
	e := external{attempt: 1}
	var err error
	if e.run, err = strconv.ParseInt(id, 10, 64); err != nil || e.run <= 0 {
		return e, false
	}
	if has {
		e.attempt, err = strconv.Atoi(attempt)
	}
	return e, err == nil && e.attempt > 0
}
