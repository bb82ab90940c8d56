package github

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Run triggers a workflow, finds the run that came of it and follows it to its
// end. When the host leaves, the run goes on.
func (p *provider) Run(ctx context.Context, r tasks.Request, s tasks.Sink) error {
	k, err := p.workflowOf(ctx, r.Task)
	if err != nil {
		return err
	}
	if !k.file.Dispatch {
		return &tasks.StartError{
			Reason: fmt.Sprintf("%s can't be triggered: it has no workflow_dispatch", k.api.Path),
			Hint:   "add workflow_dispatch: to its on:, on the branch " + p.branch,
		}
	}
	if strings.HasPrefix(k.api.State, "disabled") {
		return &tasks.StartError{Reason: fmt.Sprintf("%s is %s on %s", k.api.Path, strings.ReplaceAll(k.api.State, "_", " "), p.sys.name), Hint: "enable it: " + k.api.URL}
	}
	if err := p.need(dispatches); err != nil {
		return err
	}
	t := p.ticketFor(ctx, k, r)
	out := newTicks(s)
	for _, w := range t.warnings {
		out.say("warning: " + w)
	}
	out.say(strings.TrimSpace(fmt.Sprintf("triggering %s at %s %s", k.file.Name, t.ref, t.text())))
	s.Emit(tasks.RunNative{Native: "triggering"})
	id, link, err := p.dispatch(ctx, t)
	if err != nil {
		return err
	}
	s.Emit(tasks.RunLinked{External: id.String(), URL: link})
	out.say(link)
	p.news.mine(id)
	p.news.poke()
	return p.followOwn(ctx, id, r.Task, s)
}

// ticket is a trigger that is to become exactly one run.
type ticket struct {
	known    known
	ref      string
	inputs   map[string]string
	marker   string // the value that the run's title will show; "" for none
	warnings []string
}

// text is what is asked for, for people.
func (t ticket) text() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(t.inputs)) {
		parts = append(parts, name+"="+t.inputs[name])
	}
	return strings.Join(parts, " ")
}

// ticketFor makes a ticket of a request.
func (p *provider) ticketFor(ctx context.Context, k known, r tasks.Request) ticket {
	t := ticket{known: k, inputs: map[string]string{}}
	maps.Copy(t.inputs, r.Task.Spec.Values)
	refName := k.file.refName()
	for name, v := range r.Params {
		if name != refName {
			t.inputs[name] = v
		}
	}
	for _, in := range k.file.Inputs {
		if t.inputs[in.Name] == "" && (in.Type != "string" || !in.HasDefault) {
			delete(t.inputs, in.Name) // the server has its own default
		}
	}
	if name := k.file.marker(); name != "" {
		if t.inputs[name] == "" {
			t.inputs[name] = "sawhorse-" + strings.ToLower(rand.Text()[:10])
		}
		t.marker = t.inputs[name]
	}
	t.ref, t.warnings = p.where(ctx, r.Params[refName], r.Task.Spec.With["ref"])
	return t
}

// where is the ref of a run: what was asked for, what is declared, the branch
// that is checked out, the default branch; and what of here is not part of it.
func (p *provider) where(ctx context.Context, asked, declared string) (ref string, warnings []string) {
	here := lookAtCheckout(ctx, p.place.Dir)
	for _, ref := range []string{asked, declared, here.branch, p.branch} {
		if ref != "" {
			return ref, here.warnings(ref, p.sys.name)
		}
	}
	return "main", nil
}

// dispatch triggers, and finds the run: told by the answer where the server can,
// else by what is new afterwards.
func (p *provider) dispatch(ctx context.Context, t ticket) (external, string, error) {
	body := map[string]any{"ref": t.ref}
	if len(t.inputs) > 0 {
		body["inputs"] = t.inputs
	}
	doing := "trigger " + t.known.file.Name
	path := p.path("actions/workflows", t.known.api.ID, "dispatches")
	if p.sys.like {
		if p.has(dispatchQuery) {
			path += "?return_run_details=true"
		}
	} else if !p.lacks("details") {
		body["return_run_details"] = true
		id, link, err := p.detailed(ctx, doing, path, body, nil)
		switch {
		case unknownKey(err):
			p.learn("details")
			delete(body, "return_run_details")
		case err != nil:
			return external{}, "", p.plainly(err, t)
		case id.run != 0:
			return id, link, nil
		default: // it was taken, and not said what came of it
			return p.correlate(ctx, t, nil, p.c.Now().Add(-clockDoubt))
		}
	}
	// Two triggers of one workflow at once could not be told apart afterwards.
	if t.marker == "" {
		select {
		case p.dispatching <- struct{}{}:
			defer func() { <-p.dispatching }()
		case <-ctx.Done():
			return external{}, "", context.Cause(ctx)
		}
	}
	before, err := p.candidates(ctx, t, time.Time{})
	if err != nil {
		return external{}, "", err
	}
	since := p.c.Now().Add(-clockDoubt)
	id, link, err := p.detailed(ctx, doing, path, body, nil)
	if err != nil || id.run != 0 {
		return id, link, p.plainly(err, t)
	}
	return p.correlate(ctx, t, before, since)
}

// detailed triggers once, and reads the run's details where there are any.
func (p *provider) detailed(ctx context.Context, doing, path string, body map[string]any, header http.Header) (external, string, error) {
	a, err := p.c.Do(ctx, rest.Request{Method: http.MethodPost, Path: path, Body: body, Doing: doing, Header: header})
	if err != nil {
		return external{}, "", err
	}
	var told struct {
		ID  int64  `json:"workflow_run_id"`
		URL string `json:"html_url"`
	}
	if a.Status == http.StatusNoContent || readJSON(a.Body, &told) != nil || told.ID == 0 {
		return external{}, "", nil
	}
	return external{told.ID, 1}, told.URL, nil
}

// unknownKey says whether a server complains of a field that it does not know.
func unknownKey(err error) bool {
	e, ok := errors.AsType[*rest.Error](err)
	return ok && (e.Status == http.StatusUnprocessableEntity || e.Status == http.StatusBadRequest) && strings.Contains(e.Said, "return_run_details")
}

func (p *provider) lacks(what string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.forms[what]
}

func (p *provider) learn(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forms[what] = true
}

// plainly adds the next step to what GitHub says of a trigger.
func (p *provider) plainly(err error, t ticket) error {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || e.Kind != rest.Invalid {
		return err
	}
	switch {
	case strings.Contains(e.Said, "No ref found"):
		e.Hint = fmt.Sprintf("push the branch first: git push -u origin %s; or choose another ref", t.ref)
	case strings.Contains(e.Said, "Unexpected inputs"), strings.Contains(e.Said, "Required input"), strings.Contains(e.Said, "not in the list"):
		e.Hint = fmt.Sprintf("the form is that of %s at %s, which may differ from the one here", t.known.api.Path, t.ref)
	case strings.Contains(e.Said, "workflow_dispatch"):
		e.Hint = fmt.Sprintf("add workflow_dispatch: to on: in %s and push it to %s and %s", t.known.api.Path, p.branch, t.ref)
	}
	return e
}

// How a run is looked for that no answer named.
const (
	clockDoubt = 5 * time.Second // clocks differ, and times have whole seconds
	appears    = time.Minute     // within this it shows up in the lists
	settles    = 3 * time.Second // another one that began at the same time shows up too
	lookEvery  = 1500 * time.Millisecond
)

// candidates are the runs that may be ours.
func (p *provider) candidates(ctx context.Context, t ticket, since time.Time) ([]apiRun, error) {
	q := query("event", "workflow_dispatch", "branch", t.ref, "actor", p.login, "per_page", "30")
	if !since.IsZero() {
		q.Set("created", ">="+since.UTC().Format(time.RFC3339))
	}
	return p.runs(ctx, &t.known.api, q)
}

// correlate finds the one run that is new since the trigger. When there are
// several it says so: the newest is never guessed to be ours.
func (p *provider) correlate(ctx context.Context, t ticket, before []apiRun, since time.Time) (external, string, error) {
	old := map[int64]bool{}
	for _, r := range before {
		old[r.ID] = true
	}
	deadline := time.Now().Add(appears)
	var seen time.Time // when the first one was
	for {
		all, err := p.candidates(ctx, t, since)
		if err != nil && !rest.Is(err, rest.Server, rest.TimedOut, rest.Cut, rest.Unreachable, rest.Limited) {
			return external{}, "", err
		}
		fresh := slices.DeleteFunc(all, func(r apiRun) bool {
			// What the query asked for, not every server that is like GitHub heeds.
			return old[r.ID] || r.Created.Before(since.Truncate(time.Second)) || r.Event != "workflow_dispatch" || r.Branch != t.ref ||
				t.marker != "" && !strings.Contains(r.Title, t.marker)
		})
		if len(fresh) > 0 && seen.IsZero() {
			seen = time.Now()
		}
		switch {
		case len(fresh) == 1 && (t.marker != "" || time.Since(seen) >= settles):
			return fresh[0].external(), fresh[0].URL, nil
		case len(fresh) > 1 && time.Since(seen) >= settles:
			return external{}, "", ambiguous(t, fresh)
		case len(fresh) == 0 && time.Now().After(deadline):
			return external{}, "", &tasks.StartError{
				Reason: fmt.Sprintf("%s took the trigger of %s, and no run of it showed up within %v", p.sys.name, t.known.file.Name, appears),
				Hint:   "look there before you trigger it again: " + t.known.api.URL,
			}
		}
		if err := pause(ctx, lookEvery); err != nil {
			return external{}, "", err
		}
	}
}

func ambiguous(t ticket, runs []apiRun) error {
	var links []string
	for _, r := range runs {
		links = append(links, r.URL)
	}
	return &tasks.StartError{
		Reason: fmt.Sprintf("%s was triggered, and %d runs of it began at that time: which one is this can't be told", t.known.file.Name, len(runs)),
		Hint: fmt.Sprintf("they are %s; to tell them apart, give %s an input distinct_id and put ${{ inputs.distinct_id }} into its run-name",
			strings.Join(links, " "), t.known.api.Path),
	}
}

// pause waits, or returns what ended ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
