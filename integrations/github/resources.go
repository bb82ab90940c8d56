package github

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// The kinds of resources. A run is one so that it can be operated on: its id is
// tasks.NewResourceID(connection, kindRun, Run.External).
const (
	kindRun  = tasks.RunKind
	kindPull = "pull"
)

// Kinds are the runs, which have rows elsewhere, and the pull requests.
func (p *provider) Kinds() []tasks.Kind {
	return []tasks.Kind{
		{Name: kindRun, Operations: []tasks.Operation{
			{Name: "cancel", Title: "Cancel", Dangerous: true, Confirm: "Cancel {name}? " + p.sys.name + " may take a while, and steps may refuse."},
			{Name: "force-cancel", Title: "Cancel by force", Dangerous: true, Confirm: "Cancel {name} without its cleaning up?"},
			{Name: "rerun-failed", Title: "Rerun the failed jobs of", Key: "f"},
			{Name: "rerun", Title: "Rerun all jobs of", Key: "F"},
			{
				Name: "approve", Title: "Approve", Key: "A", Dangerous: true, Confirm: "Approve the deployment of {name}?",
				Params: []config.Param{{Name: "comment", Type: config.ParamString, Description: "Shown with the approval"}},
			},
			{
				Name: "reject", Title: "Reject", Dangerous: true, Confirm: "Reject the deployment of {name}?",
				Params: []config.Param{{Name: "comment", Type: config.ParamString, Description: "Shown with the rejection"}},
			},
			{Name: "download", Title: "Download the artifacts of", Params: []config.Param{
				{Name: "artifact", Type: config.ParamString, Description: "Its name; none: all of them"},
				{Name: "to", Type: config.ParamString, Description: "A directory of the workspace", Default: downloads, HasDefault: true},
			}},
		}},
		{
			Name: kindPull, Title: "PULL REQUESTS", Unused: "a pull request from the branch that is checked out",
			Operations: []tasks.Operation{{Name: "rerun-failed", Title: "Rerun the failed checks of", Key: "f"}},
		},
	}
}

// Watch tells of the runs, as Observe finds them, and of the pull requests of
// the branch that is checked out.
func (p *provider) Watch(ctx context.Context, tell func(tasks.Changes)) error {
	told, pulls := map[tasks.ResourceID]tasks.Resource{}, pullList{p: p}
	wait, failed := listFirst, 0
	for {
		if err := p.look.Wait(ctx); err != nil {
			return err
		}
		all := p.runResources(ctx)
		mine, changed, err := pulls.look(ctx)
		if rest.Is(err, rest.Forbidden, rest.NotFound) { // all else goes on
			mine, err = []tasks.Resource{p.unseen(err)}, nil
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && (!rest.Passing(err) || failed >= failures):
			return err
		case err != nil:
			failed++
		default:
			failed = 0
		}
		wait = listWait(wait, changed)
		all = append(all, mine...)
		if c := changes(told, all); len(c.Changed)+len(c.Gone) > 0 {
			tell(c)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.news.changed:
		case <-time.After(p.news.frugal(p.c.Budget(), wait)):
		}
	}
}

func listWait(wait time.Duration, changed bool) time.Duration {
	if changed {
		return listFirst
	}
	return min(max(wait, listFirst)*3/2, listLast)
}

// changes are what is another than what was told, which it keeps up.
func changes(told map[tasks.ResourceID]tasks.Resource, now []tasks.Resource) tasks.Changes {
	var c tasks.Changes
	here := map[tasks.ResourceID]bool{}
	for _, r := range now {
		here[r.ID] = true
		if old, known := told[r.ID]; !known || fmt.Sprint(old) != fmt.Sprint(r) {
			told[r.ID] = r
			c.Changed = append(c.Changed, r)
		}
	}
	for id := range told {
		if !here[id] {
			delete(told, id)
			c.Gone = append(c.Gone, id)
		}
	}
	slices.Sort(c.Gone)
	return c
}

// runResources are the runs that are known of, as things to operate on.
func (p *provider) runResources(ctx context.Context) []tasks.Resource {
	var all []tasks.Resource
	for _, r := range p.news.all() {
		all = append(all, p.runResource(ctx, r))
	}
	return all
}

func (p *provider) runResource(ctx context.Context, r apiRun) tasks.Resource {
	name := r.Title
	if name == "" {
		name = "run"
	}
	res := tasks.Resource{
		ID: tasks.NewResourceID(p.t.name, kindRun, r.external().String()), Kind: kindRun, Name: fmt.Sprintf("%s #%d", name, r.Number),
		Native: native(r.Status, r.Conclusion), Detail: r.Branch, URL: r.URL, Own: true, Task: p.taskOf(r.Path), Since: r.Updated, Off: map[string]string{},
	}
	if res.Task == "" {
		res.Task = name
	}
	switch s := runStatus(r); {
	case s == tasks.Failed:
		res.Phase = tasks.PhaseFailed
	case s.Done():
		res.Phase = tasks.PhaseOff
	default:
		res.Phase = tasks.PhaseBusy
	}
	p.switchOff(ctx, r, &res)
	return res
}

// needed is what the server has to have for an operation.
var needed = map[string]ability{
	"cancel": cancels, "force-cancel": forces, "rerun": reruns, "rerun-failed": rerunsFailed, "approve": approvals, "reject": approvals, "download": artifactLists,
}

// switchOff says what can't be done with a run now, and why.
func (p *provider) switchOff(ctx context.Context, r apiRun, res *tasks.Resource) {
	off := res.Off
	defer func() {
		for operation, a := range needed {
			reason, isOff := off[operation]
			switch {
			case p.has(a) || isOff && reason == "":
			case a == forces || a == approvals:
				off[operation] = "" // nobody misses it
			default:
				off[operation] = p.sys.String() + " " + endpoints[a].without
			}
		}
	}()
	if r.Status == "completed" {
		off["cancel"], off["force-cancel"] = "it has ended ("+r.Conclusion+")", ""
		if c := r.Conclusion; c == "success" || c == "skipped" || c == "neutral" {
			off["rerun-failed"] = "nothing of it failed"
		}
		off["approve"], off["reject"] = "", ""
		return
	}
	off["rerun"], off["rerun-failed"], off["download"] = "it goes on", "it goes on", "artifacts are there when it has ended"
	off["approve"], off["reject"] = "", ""
	if r.Status != "waiting" {
		return
	}
	pending, err := p.pending(ctx, r.ID)
	if err != nil || len(pending) == 0 {
		return
	}
	res.Reason = waitsFor(pending)
	if slices.ContainsFunc(pending, func(d apiDeployment) bool { return d.MayApprove }) {
		delete(off, "approve")
		delete(off, "reject")
		res.Phase = tasks.PhaseWarning // somebody here can let it go on
		return
	}
	off["approve"], off["reject"] = res.Reason, res.Reason
}

// unseen stands in the place of pull requests that the server does not show, and says why.
func (p *provider) unseen(err error) tasks.Resource {
	return tasks.Resource{
		ID: tasks.NewResourceID(p.t.name, kindPull, "unseen"), Kind: kindPull, Name: "not shown", Phase: tasks.PhaseOff, Own: true,
		Reason: err.Error(), Off: map[string]string{"rerun-failed": ""},
	}
}

// pullList looks at the pull requests of the branch that is checked out.
type pullList struct {
	p    *provider
	last []tasks.Resource
}

func (l *pullList) look(ctx context.Context) (all []tasks.Resource, changed bool, err error) {
	p := l.p
	branch := lookAtCheckout(ctx, p.place.Dir).branch
	if branch == "" || branch == p.branch || p.pullless {
		changed = len(l.last) > 0
		l.last = nil
		return nil, changed, nil
	}
	q := query("head", p.t.owner+":"+branch, "state", "open", "per_page", "5")
	if p.sys.like { // whose lists may be of every branch
		q.Set("per_page", "50")
	}
	pulls, _, err := list[apiPull](ctx, p, "list the pull requests of "+branch, p.path("pulls"), q, "", 1)
	if err != nil {
		return l.last, false, err
	}
	for _, found := range pulls {
		if found.Head.Ref != branch {
			continue
		}
		r, err := p.pull(ctx, found.Number)
		if err != nil {
			return l.last, false, err
		}
		all = append(all, r)
	}
	changed = fmt.Sprint(all) != fmt.Sprint(l.last)
	l.last = all
	return all, changed, nil
}

// pull is a pull request with its checks and reviews.
func (p *provider) pull(ctx context.Context, number int) (tasks.Resource, error) {
	var v apiPull
	doing := fmt.Sprintf("look at pull request %d", number)
	if _, err := p.c.Get(ctx, doing, p.path("pulls", number), nil, &v); err != nil {
		return tasks.Resource{}, err
	}
	reviews, _, err := list[apiReview](ctx, p, doing, p.path("pulls", number, "reviews"), query("per_page", "100"), "", 2)
	if err != nil && !rest.Is(err, rest.Forbidden, rest.NotFound) {
		return tasks.Resource{}, err
	}
	checks, err := p.checksOf(ctx, doing, v.Head.SHA)
	if err != nil && !rest.Is(err, rest.Forbidden, rest.NotFound) {
		return tasks.Resource{}, err
	}
	r := p.pullResource(v, reviews, checks)
	if err != nil {
		r.Facts[0].Value, r.Number = "not shown: "+err.Error(), ""
	}
	return r, nil
}

// checksOf are the checks of a commit, else its statuses.
func (p *provider) checksOf(ctx context.Context, doing, sha string) ([]apiCheck, error) {
	if p.has(checks) {
		all, _, err := list[apiCheck](ctx, p, doing, p.path("commits", sha, "check-runs"), query("per_page", "100"), "check_runs", 3)
		return all, err
	}
	all, _, err := list[apiStatus](ctx, p, doing, p.path("commits", sha, "status"), query("per_page", "100"), "statuses", 3)
	var checks []apiCheck
	for _, s := range all {
		checks = append(checks, s.check())
	}
	return checks, err
}

func (p *provider) pullResource(v apiPull, reviews []apiReview, checks []apiCheck) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(p.t.name, kindPull, fmt.Sprint(v.Number)), Kind: kindPull, Name: fmt.Sprintf("#%d %s", v.Number, v.Title),
		Detail: v.Head.Ref + " → " + v.Base.Ref, URL: v.URL, Own: true, Since: v.Updated, Native: v.State, Phase: tasks.PhaseUp, Off: map[string]string{},
	}
	passed, running, failed := tally(checks)
	review := reviewState(reviews, v.Reviewers)
	mergeable := mergeState(v)
	r.Facts = append(r.Facts, tasks.Fact{Name: "checks", Value: checkText(passed, running, failed)})
	if review != "" {
		r.Facts = append(r.Facts, tasks.Fact{Name: "reviews", Value: review})
	}
	r.Facts = append(r.Facts, tasks.Fact{Name: "mergeable", Value: mergeable}, tasks.Fact{Name: "author", Value: v.User.Login})
	for _, name := range failed {
		r.Facts = append(r.Facts, tasks.Fact{Name: "failed", Value: name})
	}
	switch {
	case len(failed) > 0:
		r.Phase, r.Reason = tasks.PhaseFailed, checkText(passed, running, failed)
	case strings.Contains(review, "changes requested"), v.MergeableState == "dirty":
		r.Phase, r.Reason = tasks.PhaseWarning, review
		if v.MergeableState == "dirty" {
			r.Reason = mergeable
		}
	case running > 0:
		r.Phase = tasks.PhaseBusy
	}
	if v.Draft {
		r.Native = "draft"
	}
	r.Number = fmt.Sprintf("%d/%d", passed, passed+running+len(failed))
	if len(failed) == 0 {
		r.Off["rerun-failed"] = "no check failed"
	}
	return r
}

func tally(checks []apiCheck) (passed, running int, failed []string) {
	for _, c := range checks {
		switch status(c.Status, c.Conclusion) {
		case tasks.Failed, tasks.Cancelled:
			failed = append(failed, c.Name)
		case tasks.Running, tasks.Queued:
			running++
		default:
			passed++
		}
	}
	slices.Sort(failed)
	return passed, running, failed
}

func checkText(passed, running int, failed []string) string {
	var parts []string
	if len(failed) > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", len(failed)))
	}
	if running > 0 {
		parts = append(parts, fmt.Sprintf("%d running", running))
	}
	if passed > 0 {
		parts = append(parts, fmt.Sprintf("%d passed", passed))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// reviewState is each person's last word.
func reviewState(reviews []apiReview, asked []apiUser) string {
	last, order := map[string]string{}, []string{}
	for _, r := range reviews {
		switch r.State {
		case "COMMENTED", "COMMENT", "PENDING", "REQUEST_REVIEW":
			continue
		}
		if _, known := last[r.User.Login]; !known {
			order = append(order, r.User.Login)
		}
		last[r.User.Login] = r.State
	}
	var approved, changes, waiting []string
	for _, who := range order {
		switch last[who] {
		case "APPROVED":
			approved = append(approved, who)
		case "CHANGES_REQUESTED", "REQUEST_CHANGES":
			changes = append(changes, who)
		}
	}
	for _, u := range asked {
		waiting = append(waiting, u.Login)
	}
	var parts []string
	for _, part := range []struct {
		what string
		who  []string
	}{{"changes requested by ", changes}, {"approved by ", approved}, {"waits for ", waiting}} {
		if len(part.who) > 0 {
			parts = append(parts, part.what+strings.Join(part.who, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

func mergeState(v apiPull) string {
	switch v.MergeableState {
	case "clean", "has_hooks":
		return "yes"
	case "dirty":
		return "no: it conflicts with " + v.Base.Ref
	case "behind":
		return "no: it is behind " + v.Base.Ref
	case "blocked":
		return "no: a check or a review is missing"
	case "unstable":
		return "yes, with checks that did not pass"
	case "draft":
		return "no: it is a draft"
	}
	if v.Mergeable == nil {
		return "not known yet"
	}
	if *v.Mergeable {
		return "yes"
	}
	return "no"
}
