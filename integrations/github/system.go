package github

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// system is what a server is and can do. GitHub can do all that is written here; one
// that is only like it, as Gitea and Forgejo are, is asked for the description of its
// own API, and has what stands there.
type system struct {
	name    string // "GitHub", "Gitea": what it calls itself
	version string // "" on github.com
	// like: it is not GitHub. Its answers have the fields that settle fills in, a log
	// can be read while its job runs, and lists are cut by "limit".
	like  bool
	lacks map[ability]bool
}

// ability is a part of GitHub's API that not every server has which is like it.
type ability string

const (
	listsWorkflows ability = "workflows"
	dispatches     ability = "dispatches"
	dispatchQuery  ability = "dispatch query" // a dispatch says which run it became, when its query asks
	workflowRuns   ability = "runs of a workflow"
	runJobs        ability = "jobs"
	attempts       ability = "attempts"
	jobLogs        ability = "logs"
	archives       ability = "archives"
	annotates      ability = "annotations"
	checks         ability = "checks"
	environments   ability = "environments"
	artifactLists  ability = "artifacts"
	cancels        ability = "cancel"
	forces         ability = "force-cancel"
	reruns         ability = "rerun"
	rerunsFailed   ability = "rerun-failed"
	approvals      ability = "approvals"
)

// endpoint is where an ability stands in a description, and what a person is told who
// wants it where there is none; "" where something else is done instead.
type endpoint struct{ method, path, without string }

var endpoints = map[ability]endpoint{
	listsWorkflows: {"get", "actions/workflows", ""},
	dispatches:     {"post", "actions/workflows/*/dispatches", "can't be asked to run a workflow"},
	dispatchQuery:  {"post", "actions/workflows/*/dispatches?return_run_details", ""},
	workflowRuns:   {"get", "actions/workflows/*/runs", ""},
	runJobs:        {"get", "actions/runs/*/jobs", "does not tell the jobs of a run"},
	attempts:       {"get", "actions/runs/*/attempts/*", "keeps the last attempt of a run only"},
	jobLogs:        {"get", "actions/jobs/*/logs", "does not give the logs of jobs away"},
	archives:       {"get", "actions/runs/*/logs", ""},
	annotates:      {"get", "check-runs/*/annotations", ""},
	checks:         {"get", "commits/*/check-runs", ""},
	environments:   {"get", "environments", ""},
	artifactLists:  {"get", "actions/runs/*/artifacts", "does not tell the artifacts of a run"},
	cancels:        {"post", "actions/runs/*/cancel", "can't be asked to cancel a run"},
	forces:         {"post", "actions/runs/*/force-cancel", "can't be asked to cancel a run by force"},
	reruns:         {"post", "actions/runs/*/rerun", "can't be asked to run a run again"},
	rerunsFailed:   {"post", "actions/runs/*/rerun-failed-jobs", "can't be asked to run failed jobs again"},
	approvals:      {"get", "actions/runs/*/pending_deployments", "has no deployments that wait for approval"},
}

// has says whether the server can do something.
func (p *provider) has(a ability) bool { return !p.sys.lacks[a] }

// need is what a person is told who wants what the server can't do; nil where it can.
func (p *provider) need(a ability) error {
	if p.has(a) {
		return nil
	}
	return &tasks.StartError{Reason: p.sys.String() + " " + endpoints[a].without, Hint: "do it in the browser"}
}

// String is the server's name and version.
func (s system) String() string { return strings.TrimSpace(s.name + " " + s.version) }

// The paths of the APIs below a server's address.
const (
	githubPath = "/api/v3"
	likePath   = "/api/v1"
)

// meet asks a server that is not GitHub who it is and what it can do.
func meet(ctx context.Context, c *rest.Client, api string) (system, error) {
	var v struct{ Version string }
	if _, err := c.Get(ctx, "sign in", "version", nil, &v); err != nil {
		return system{}, err
	}
	s := system{name: "Gitea", version: v.Version, like: true, lacks: map[ability]bool{}}
	d, err := describe(ctx, c, strings.TrimSuffix(api, likePath)+"/swagger.v1.json")
	if err != nil {
		d = slimmest // it keeps its description to itself
	}
	if d.name != "" {
		s.name = d.name
	}
	for a, e := range endpoints {
		s.lacks[a] = !d.has[e.method+" "+e.path]
	}
	return s, nil
}

// description is what a server says of its API.
type description struct {
	name string
	has  map[string]bool // "get actions/runs/*/jobs", and with "?name" what its query may say
}

// slimmest is taken of a server that does not describe itself: what any has that
// answers to the rest.
var slimmest = description{has: map[string]bool{
	"get actions/workflows": true, "post actions/workflows/*/dispatches": true, "get actions/runs/*/jobs": true, "get actions/jobs/*/logs": true,
}}

var placeholder = lazy.Regexp(`\{[^}]*\}`)

// describe reads the description at an address: what it says of a repository.
func describe(ctx context.Context, c *rest.Client, address string) (description, error) {
	d := description{has: map[string]bool{}}
	body, _, err := c.Stream(ctx, rest.Request{Path: address, Doing: "ask what it can do", Header: http.Header{"Accept": {"application/json"}}})
	if err != nil {
		return d, err
	}
	defer body.Close()
	var v struct {
		Info  struct{ Title string }
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.NewDecoder(body).Decode(&v); err != nil {
		return d, err
	}
	d.name = strings.TrimSuffix(v.Info.Title, " API")
	for path, methods := range v.Paths {
		rest, ok := strings.CutPrefix(placeholder().ReplaceAllString(path, "*"), "/repos/*/*/")
		if !ok {
			continue
		}
		for method, text := range methods {
			d.has[method+" "+rest] = true
			var operation struct{ Parameters []struct{ Name, In string } }
			_ = json.Unmarshal(text, &operation) // "parameters" of all methods is a list
			for _, q := range operation.Parameters {
				if q.In == "query" {
					d.has[method+" "+rest+"?"+q.Name] = true
				}
			}
		}
	}
	return d, nil
}
