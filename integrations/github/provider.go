package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// provider is a repository on a GitHub that answers.
//
//	Catalog   its workflows as tasks           Observer  runs of this branch, and mine
//	Runner    trigger, find the run, follow    Source    these runs and the pull requests, to be operated on
//	Attacher  follow a run that is known       Operator  cancel, rerun, approve, download
//	Querier   forms, branches, runs
type provider struct {
	t      target
	place  integrations.Place
	look   tasks.Lookout
	c      *rest.Client
	sys    system
	login  string
	from   string // where the token was found
	branch string // the default one
	// pullless: the repository has no pull requests.
	pullless bool

	news    news
	changes chan struct{} // one slot: the workflows of this checkout are others
	// dispatching keeps two triggers of one workflow apart, where runs must be
	// told apart by their time: one slot, taken while one is on its way.
	dispatching chan struct{}

	mu    sync.Mutex
	known map[string]known // workflows by the name of their task
	paths map[string]string
	files string              // how the workflows of this checkout were when Tasks read them
	plans map[string]workflow // by commit and file
	forms map[string]bool     // "return_run_details" and others that the server does not know
	// ended are runs that have ended, with what of them stands only in their jobs.
	ended map[int64]settled
}

// known is a workflow that the server has.
type known struct {
	api  apiWorkflow
	file workflow
}

var (
	_ tasks.Catalog   = (*provider)(nil)
	_ tasks.Changing  = (*provider)(nil)
	_ tasks.Runner    = (*provider)(nil)
	_ tasks.Resumer   = (*provider)(nil)
	_ tasks.Attacher  = (*provider)(nil)
	_ tasks.Observer  = (*provider)(nil)
	_ tasks.Source    = (*provider)(nil)
	_ tasks.Operator  = (*provider)(nil)
	_ tasks.Querier   = (*provider)(nil)
	_ tasks.Describer = (*provider)(nil)
)

// apiVersion is the one that these requests are written for.
const apiVersion = "2022-11-28"

// Requests are made a few at a time, and those that change something a second
// apart, as GitHub asks.
const (
	requestRate  = 10
	requestBurst = 30
	changesApart = time.Second
)

// connect tries the tokens that there are, and takes the first that is accepted.
func connect(ctx context.Context, t target, p integrations.Place, look tasks.Lookout) (any, error) {
	var connected *provider
	var refused error
	tried := false
	err := tokens(ctx, t, p, func(f found) bool {
		tried = true
		var err error
		connected, err = tryToken(ctx, t, p, look, f)
		if err == nil {
			return false
		}
		if refused == nil || !rest.Is(err, rest.Unauthorized) {
			refused = err
		}
		return rest.Is(err, rest.Unauthorized)
	})
	switch {
	case connected != nil:
		return connected, nil
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, err
	case !tried:
		e := &tasks.StartError{Reason: "there is no token for " + t.host, Hint: "sign in: gh auth login --hostname " + t.host + "   ·   or set GITHUB_TOKEN"}
		if t.host != "github.com" {
			e.Hint += "   ·   for a Gitea: set GITEA_TOKEN"
		}
		return nil, e
	}
	return nil, errors.New("not connected")
}

func tryToken(ctx context.Context, t target, place integrations.Place, look tasks.Lookout, f found) (*provider, error) {
	p := &provider{t: t, place: place, look: look, from: f.from, known: map[string]known{}, paths: map[string]string{}, plans: map[string]workflow{}, forms: map[string]bool{}, ended: map[int64]settled{}, dispatching: make(chan struct{}, 1), changes: make(chan struct{}, 1)}
	p.news.init()
	p.sys.name = "GitHub"
	if err := p.signIn(ctx, f.token); err != nil {
		if p.c != nil {
			p.c.Close()
		}
		return nil, err
	}
	return p, nil
}

// signIn greets GitHub, or what is like it, which has its API elsewhere and says what
// it can do.
func (p *provider) signIn(ctx context.Context, token string) error {
	api := p.t.api
	var not error
	if !strings.HasSuffix(api, likePath) {
		if err := p.reach(token, api); err != nil {
			return err
		}
		not = p.greet(ctx)
		root, ok := strings.CutSuffix(api, githubPath)
		if !ok || !rest.Is(not, rest.NotFound, rest.WebPage, rest.Unreadable, rest.Moved) {
			return not
		}
		api = root + likePath
	}
	p.sys = system{name: "Gitea", like: true}
	if err := p.reach(token, api); err != nil {
		return err
	}
	s, err := meet(ctx, p.c, api)
	switch {
	case err == nil:
		p.sys = s
	case not == nil || rest.Is(err, rest.Unauthorized):
		return err
	default:
		return not
	}
	if err := p.reach(token, api); err != nil { // by its own name
		return err
	}
	return p.greet(ctx)
}

// reach makes the client for an API.
func (p *provider) reach(token, api string) error {
	system := p.sys.name
	if p.t.host != "github.com" {
		system += " (" + p.t.host + ")"
	}
	o := rest.Options{
		Base: api, System: system, CA: p.t.ca, Proxy: p.t.proxy, Accept: "application/vnd.github+json",
		Header: http.Header{"Authorization": {"Bearer " + token}, "X-Github-Api-Version": {apiVersion}},
		Rate:   requestRate, Burst: requestBurst, Apart: changesApart, Explain: p.explain, Transport: p.t.network,
	}
	if p.sys.like {
		o.Accept, o.Apart = "application/json", 0
	}
	c, err := rest.New(o)
	if err != nil {
		return err
	}
	if p.c != nil {
		p.c.Close()
	}
	p.c = c
	return nil
}

// greet asks who we are and whether the repository is there.
func (p *provider) greet(ctx context.Context) error {
	var who apiUser
	a, err := p.c.Do(ctx, rest.Request{Path: "user", Doing: "sign in", Into: &who})
	switch {
	case err == nil:
		p.login = who.Login
		if v := a.Header.Get("X-GitHub-Enterprise-Version"); v != "" {
			p.sys.version = v
		}
	case rest.Is(err, rest.Forbidden):
		// A token of an Actions job or of an app is nobody: it may do the rest.
	default:
		return err
	}
	var repo struct {
		Default string `json:"default_branch"`
		Pulls   *bool  `json:"has_pull_requests"`
	}
	if _, err := p.c.Get(ctx, "look at "+p.name(), p.path(), nil, &repo); err != nil {
		return err
	}
	p.branch, p.pullless = repo.Default, repo.Pulls != nil && !*repo.Pulls
	return nil
}

// explain says what GitHub means by a failure.
func (p *provider) explain(e *rest.Error, a *rest.Answer) {
	switch e.Kind {
	case rest.Unauthorized:
		e.Reason = fmt.Sprintf("does not accept the token from %s (%d: %s)", p.from, e.Status, e.Said)
		e.Hint = "sign in again: gh auth login --hostname " + p.t.host + "   ·   or set a new token"
		if p.sys.like {
			e.Hint = "make a new one in its settings, under Applications"
		}
	case rest.Forbidden:
		if p.sys.like { // it has said which scopes it wants
			e.Hint = fmt.Sprintf("give the token from %s more rights: read:user and write:repository", p.from)
			return
		}
		if sso := a.Header.Get("X-GitHub-SSO"); strings.HasPrefix(sso, "required") {
			e.Hint = "authorize the token for the organization"
			if _, address, ok := strings.Cut(sso, "url="); ok {
				e.Hint += ": " + address
			}
			return
		}
		e.Hint = fmt.Sprintf("the token from %s needs more rights: repo and workflow, or Actions: read and write", p.from)
		if needs := a.Header.Get("X-Accepted-GitHub-Permissions"); needs != "" {
			e.Hint = fmt.Sprintf("the token from %s needs the permission %s", p.from, strings.ReplaceAll(needs, "=", ": "))
		} else if needs := a.Header.Get("X-Accepted-OAuth-Scopes"); needs != "" {
			e.Hint = fmt.Sprintf("the token from %s needs the scope %s: gh auth refresh --scopes %s", p.from, needs, needs)
		}
	case rest.NotFound:
		e.Hint = fmt.Sprintf("check the name; what the token from %s may not see is also said not to exist", p.from)
	}
}

// name is the repository's.
func (p *provider) name() string { return p.t.owner + "/" + p.t.repo }

// About says what answered; how many requests are left is the question "budget".
func (p *provider) About() string {
	text := p.t.host
	if s := p.sys.version; s != "" {
		if p.sys.like {
			s = p.sys.String()
		}
		text += " " + s
	}
	if p.login != "" {
		text += " as " + p.login
	}
	return text + " (token from " + p.from + ")"
}

// Close ends what is idle.
func (p *provider) Close() error {
	p.c.Close()
	return nil
}
