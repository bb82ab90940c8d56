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
	t       target
	place   integrations.Place
	look    tasks.Lookout
	c       *rest.Client
	login   string
	from    string // where the token was found
	branch  string // the default one
	version string // of an Enterprise server; "" on github.com

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
		return nil, &tasks.StartError{Reason: "there is no token for " + t.host, Hint: "sign in: gh auth login --hostname " + t.host + "   ·   or set GITHUB_TOKEN"}
	}
	return nil, errors.New("not connected")
}

func tryToken(ctx context.Context, t target, place integrations.Place, look tasks.Lookout, f found) (*provider, error) {
	p := &provider{t: t, place: place, look: look, from: f.from, known: map[string]known{}, paths: map[string]string{}, plans: map[string]workflow{}, forms: map[string]bool{}, dispatching: make(chan struct{}, 1), changes: make(chan struct{}, 1)}
	p.news.init()
	system := "GitHub"
	if t.host != "github.com" {
		system = "GitHub (" + t.host + ")"
	}
	c, err := rest.New(rest.Options{
		Base: t.api, System: system, CA: t.ca, Proxy: t.proxy, Accept: "application/vnd.github+json",
		Header: http.Header{"Authorization": {"Bearer " + f.token}, "X-Github-Api-Version": {apiVersion}},
		Rate:   requestRate, Burst: requestBurst, Apart: changesApart, Explain: p.explain, Transport: t.network,
	})
	if err != nil {
		return nil, err
	}
	p.c = c
	if err := p.greet(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return p, nil
}

// greet asks who we are and whether the repository is there.
func (p *provider) greet(ctx context.Context) error {
	var who apiUser
	a, err := p.c.Do(ctx, rest.Request{Path: "user", Doing: "sign in", Into: &who})
	switch {
	case err == nil:
		p.login, p.version = who.Login, a.Header.Get("X-GitHub-Enterprise-Version")
	case rest.Is(err, rest.Forbidden):
		// A token of an Actions job or of an app is nobody: it may do the rest.
	default:
		return err
	}
	var repo struct {
		Default string `json:"default_branch"`
	}
	if _, err := p.c.Get(ctx, "look at "+p.name(), p.path(), nil, &repo); err != nil {
		return err
	}
	p.branch = repo.Default
	return nil
}

// explain says what GitHub means by a failure.
func (p *provider) explain(e *rest.Error, a *rest.Answer) {
	switch e.Kind {
	case rest.Unauthorized:
		e.Reason = fmt.Sprintf("does not accept the token from %s (%d: %s)", p.from, e.Status, e.Said)
		e.Hint = "sign in again: gh auth login --hostname " + p.t.host + "   ·   or set a new token"
	case rest.Forbidden:
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

// About says what answered, and how many requests are left.
func (p *provider) About() string {
	text := p.t.host
	if p.version != "" {
		text += " " + p.version
	}
	if p.login != "" {
		text += " as " + p.login
	}
	text += " (token from " + p.from + ")"
	if b := p.c.Budget().String(); b != "" {
		text += ", " + b
	}
	return text
}

// Close ends what is idle.
func (p *provider) Close() error {
	p.c.Close()
	return nil
}
