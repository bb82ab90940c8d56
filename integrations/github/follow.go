package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func readJSON(text []byte, v any) error { return json.Unmarshal(text, v) }

// How often a run that is followed is looked at: soon after a change, more
// seldom the longer nothing changes or the fewer requests are left.
const (
	followFirst = 3 * time.Second
	followLast  = 15 * time.Second
	// followLive is how often a log is looked at that grows, where there are such.
	followLive = 2 * time.Second
	// cancelling is how long a cancelled run is watched for its end.
	cancelling = 2 * time.Minute
)

// Attach follows a run that somebody else started, or that was lost sight of.
func (p *provider) Attach(ctx context.Context, r tasks.Run, s tasks.Sink) error {
	id, ok := readExternal(r.External)
	if !ok {
		return p.noRun(r.External)
	}
	return p.newFollower(id, tasks.Task{Name: r.Task, Root: p.place.Dir}, s).toEnd(ctx)
}

// Resume follows a run that an earlier host triggered.
func (p *provider) Resume(ctx context.Context, r tasks.Run, t tasks.Task, s tasks.Sink) error {
	id, ok := readExternal(r.External)
	if !ok {
		return p.noRun(r.External)
	}
	p.news.mine(id)
	return p.followOwn(ctx, id, t, s)
}

func (p *provider) noRun(external string) error {
	return &tasks.StartError{Reason: fmt.Sprintf("%q is no run of %s", external, p.sys.name), Hint: "look at it in the browser"}
}

// followOwn follows a run that was triggered here. To cancel it is to ask
// GitHub, and to see what it makes of that.
func (p *provider) followOwn(ctx context.Context, id external, t tasks.Task, s tasks.Sink) error {
	f := p.newFollower(id, t, s)
	err := f.toEnd(ctx)
	if ctx.Err() == nil || errors.Is(context.Cause(ctx), tasks.ErrLeaving) {
		return err
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelling)
	defer stop()
	if err := p.cancel(ctx, id, false); err != nil {
		f.out.say("not cancelled: " + err.Error())
		p.news.poke() // it goes on, and is seen to
		if !rest.Is(err, rest.Conflict) {
			return err
		}
	} else {
		f.out.say(p.sys.name + " was asked to cancel it")
	}
	err = f.toEnd(ctx)
	if ctx.Err() != nil {
		return &tasks.ExitError{Exit: tasks.Exit{Code: 1}, Reason: fmt.Sprintf("%s was asked to cancel it %v ago, and it goes on: %s", p.sys.name, cancelling, f.run.URL)}
	}
	return err
}

// follower tells what becomes of a run.
type follower struct {
	p     *provider
	id    external
	task  tasks.Task
	s     tasks.Sink
	out   *ticks
	files *place.Files

	run     apiRun
	native  string
	told    map[string]tasks.Step // by parent and name
	fetched map[int64]bool        // jobs whose log was told, or never will be
	tried   map[int64]int
	noted   map[string]bool // annotations that were told
	looked  map[int64]time.Time
	live    map[int64]*live // logs that are read while their jobs run
	// reported are the artifacts that were read for tests.
	reported map[int64]bool
	jobs     int
	lags     int  // looks at which the run had ended and one of its jobs had not
	zipped   bool // the archive was tried
	last     bool // it is the run's last attempt
	// plan is what the workflow says of its jobs; plans, how often it was asked for.
	plan  *plan
	plans int
	// names are the jobs that needs and later were found for: what each waits for, and
	// the names of those that are not there yet.
	names []string
	needs map[string][]string
	later []string
}

func (p *provider) newFollower(id external, t tasks.Task, s tasks.Sink) *follower {
	if t.Root == "" {
		t.Root = p.place.Dir
	}
	return &follower{
		p: p, id: id, task: t, s: s, out: newTicks(s), files: place.NewFiles(tasks.Task{Root: t.Root, Spec: t.Spec}),
		told: map[string]tasks.Step{}, fetched: map[int64]bool{}, tried: map[int64]int{}, noted: map[string]bool{}, looked: map[int64]time.Time{}, live: map[int64]*live{},
		reported: map[int64]bool{},
	}
}

// toEnd follows the run until it has ended and all of it is told. What passes by
// itself, a lost connection or a limit, is waited for.
func (f *follower) toEnd(ctx context.Context) error {
	defer f.close()
	wait := followFirst
	for {
		stirred := f.p.news.stirs() // before it is looked at: nothing is missed
		changed, err := f.step(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && !rest.Passing(err):
			return err
		case err != nil:
			f.reason(f.run.Status, err.Error())
			wait = min(wait*2, time.Minute)
			if e, ok := errors.AsType[*rest.Error](err); ok && !e.Retry.IsZero() {
				wait = max(wait, time.Until(e.Retry))
			}
		case f.run.Status == "completed" && f.complete():
			return f.outcome()
		case changed && f.p.sys.like:
			wait = followLive
		case changed:
			wait = followFirst
		default:
			wait = min(wait*3/2, followLast)
		}
		if err != nil {
			stirred = nil // who is limited is not asked sooner
		}
		timer := time.NewTimer(f.p.news.frugal(f.p.c.Budget(), wait))
		select {
		case <-timer.C:
		case <-stirred:
			wait = followFirst
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// step looks once.
func (f *follower) step(ctx context.Context) (changed bool, err error) {
	run, same, last, err := f.p.run(ctx, f.id)
	if err != nil {
		return false, err
	}
	changed = !same && f.run.differs(run)
	f.run, f.last = run, last
	jobs, err := f.p.jobs(ctx, f.id, f.last)
	if err != nil {
		return false, err
	}
	f.jobs = len(jobs)
	if run.Status == "completed" {
		f.archive(ctx, jobs)
	}
	later := f.planned(ctx, jobs)
	f.skipped(jobs)
	for _, j := range jobs {
		changed = f.job(ctx, j) || changed
	}
	for _, st := range later {
		changed = f.tell(st) || changed
	}
	f.out.flush()
	f.reason(native(run.Status, run.Conclusion), f.why(ctx, jobs))
	if run.Status == "completed" && !f.lagging(jobs) {
		f.told[ended] = tasks.Step{}
		f.artifacts(ctx)
	}
	return changed, ctx.Err()
}

// mostLags is how often a job is looked at that goes on although its run has ended.
const mostLags = 5

// lagging says whether a job has yet to hear of its run's end: one that is left out since
// another one failed is told of it a moment later.
func (f *follower) lagging(jobs []apiJob) bool {
	if !slices.ContainsFunc(jobs, func(j apiJob) bool { return j.Status != "completed" }) {
		return false
	}
	f.lags++
	return f.lags <= mostLags
}

// ended marks, among what was told, that jobs were looked at after the end.
const ended = "\x00ended"

// complete says whether every log that there is has been told.
func (f *follower) complete() bool {
	if _, looked := f.told[ended]; !looked {
		return false
	}
	for _, n := range f.tried {
		if n > 0 {
			return false
		}
	}
	return true
}

func native(status, conclusion string) string {
	if conclusion != "" {
		return conclusion
	}
	return status
}

// reason tells GitHub's own word for where the run is, when it is another one.
func (f *follower) reason(native, why string) {
	if now := native + "\n" + why; now != f.native {
		f.native = now
		f.s.Emit(tasks.RunNative{Native: native, Reason: why})
	}
}

// why is the reason that a run waits.
func (f *follower) why(ctx context.Context, jobs []apiJob) string {
	if f.run.Status == "waiting" && f.p.has(approvals) {
		pending, err := f.p.pending(ctx, f.id.run)
		if err == nil && len(pending) > 0 {
			return waitsFor(pending)
		}
	}
	if f.run.Status == "completed" || slices.ContainsFunc(jobs, func(j apiJob) bool { return j.Status == "in_progress" }) {
		return ""
	}
	for _, j := range jobs {
		if j.Status == "queued" {
			return fmt.Sprintf("%s waits for a runner (%s)", j.Name, strings.Join(j.Labels, ", "))
		}
	}
	if f.run.Status == "pending" {
		return "waits for another run of its concurrency group"
	}
	return ""
}

// waitsFor says whom deployments wait for.
func waitsFor(pending []apiDeployment) string {
	var parts []string
	for _, d := range pending {
		var who []string
		for _, r := range d.Reviewers {
			if name := r.Reviewer.Login + r.Reviewer.Name; name != "" {
				who = append(who, name)
			}
		}
		text := "the deployment to " + d.Environment.Name + " waits for approval"
		switch {
		case d.MayApprove:
			text += ", which you may give"
		case len(who) > 0:
			text += " by " + strings.Join(who, ", ")
		case d.Timer > 0:
			text = fmt.Sprintf("the deployment to %s waits %d minutes", d.Environment.Name, d.Timer)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// job tells a job, its steps, its annotations and, when it has ended, its log.
func (f *follower) job(ctx context.Context, j apiJob) (changed bool) {
	if f.p.sys.like {
		changed = f.grown(ctx, &j)
	}
	changed = f.steps(j) || changed
	f.annotations(ctx, j)
	if j.Status == "completed" && !f.fetched[j.ID] {
		f.log(ctx, j)
		changed = true
	}
	return changed
}

// steps tells a job and its steps.
func (f *follower) steps(j apiJob) (changed bool) {
	step := tasks.Step{Name: j.Name, Status: status(j.Status, j.Conclusion), EndedAt: j.Completed, Needs: f.needs[j.Name]}
	if step.Status != tasks.Queued && step.Status != tasks.Skipped {
		step.StartedAt = j.Started
	}
	step.Log = f.told["\n"+j.Name].Log
	first := len(f.out.pending)
	changed = f.tell(step)
	for _, st := range j.Steps {
		part := tasks.Step{Name: st.Name, Parent: j.Name, Status: status(st.Status, st.Conclusion), StartedAt: st.Started, EndedAt: st.Completed}
		changed = f.tell(part) || changed
	}
	// Its steps end before it does, and times have whole seconds.
	if p := f.out.pending; len(p) > first+1 && p[first].Parent == "" {
		job := p[first]
		f.out.pending = append(slices.Delete(p, first, first+1), job)
	}
	return changed
}

// tell tells a step when it is another than before.
func (f *follower) tell(st tasks.Step) bool {
	key := st.Parent + "\n" + st.Name
	old, known := f.told[key]
	if known && old.Equal(st) {
		return false
	}
	f.told[key] = st
	f.s.Emit(tasks.StepChanged{Step: st})
	if st.Status.Done() && !old.Status.Done() {
		f.out.pending = append(f.out.pending, st)
	}
	return true
}

// fewJobs is how many jobs are asked for one by one.
const fewJobs = 10

// annotations tells what a job complains of: while it runs, now and then.
func (f *follower) annotations(ctx context.Context, j apiJob) {
	now := time.Now()
	running := j.Status == "in_progress"
	last := f.looked[j.ID]
	switch {
	case running && now.Sub(last) < followLast:
		return
	case !running && (j.Status != "completed" || j.Conclusion == "skipped" || f.fetched[j.ID]):
		return
	case !f.p.has(annotates):
		return // they stand in the log
	case j.Conclusion == "success" && f.jobs > fewJobs:
		return // hundreds of requests, for warnings
	}
	f.looked[j.ID] = now
	all, err := f.p.annotations(ctx, j.ID)
	if err != nil {
		return // it is asked again, or the token may not see them: the log has them too
	}
	for _, a := range all {
		if d, ok := f.diagnostic(j, a); ok {
			f.s.Emit(tasks.DiagnosticReported{Diagnostic: d})
		}
	}
}

// diagnostic is an annotation as a place in this checkout. What has none is told
// only where it is a failure's own message.
func (f *follower) diagnostic(j apiJob, a apiAnnotation) (tasks.Diagnostic, bool) {
	d := tasks.Diagnostic{Severity: tasks.Info, Message: place.Clip(a.Message), Line: -1}
	switch a.Level {
	case "failure":
		d.Severity = tasks.Error
	case "warning":
		d.Severity = tasks.Warning
	}
	if a.Title != "" && !strings.HasPrefix(d.Message, a.Title) {
		d.Message = place.Clip(a.Title + ": " + d.Message)
	}
	file, here := f.files.Find(a.Path)
	if !here {
		return d, false // ".github" stands for the workflow as a whole, which the job tells
	}
	d.Location = tasks.Location{File: file, Line: a.StartLine, Column: a.Column}
	key := fmt.Sprint(j.Name, d)
	if d.Message == "" || f.noted[key] {
		return d, false
	}
	f.noted[key] = true
	return d, true
}

// artifacts tells what the run has left behind.
func (f *follower) artifacts(ctx context.Context) {
	all, err := f.p.artifacts(ctx, f.id.run)
	if err != nil {
		return // they can be seen in the browser
	}
	for _, a := range all {
		name := a.Name
		if a.Expired {
			name += " (expired)"
		}
		f.s.Emit(tasks.ArtifactReported{Artifact: tasks.Artifact{Name: name, Size: a.Size, URL: fmt.Sprintf("%s/artifacts/%d", f.run.URL, a.ID)}})
	}
	f.reports(ctx, all)
}

// outcome is the run's end as a Runner says it.
func (f *follower) outcome() error {
	var failed []string
	for _, st := range f.told {
		if st.Parent == "" && st.Status == tasks.Failed && st.Name != "" {
			failed = append(failed, st.Name)
		}
	}
	slices.Sort(failed)
	switch c := f.run.Conclusion; c {
	case "success", "neutral", "skipped":
		return nil
	default:
		reason := f.p.words(c)
		if len(failed) > 0 && c == "failure" {
			reason = strings.Join(failed, ", ") + " failed"
		}
		return &tasks.ExitError{Exit: tasks.Exit{Code: 1}, Reason: reason}
	}
}

func (p *provider) words(conclusion string) string {
	switch conclusion {
	case "failure":
		return "failed"
	case "cancelled":
		return "cancelled on " + p.sys.name
	case "timed_out":
		return "timed out on " + p.sys.name
	case "action_required":
		return "needs somebody's approval on " + p.sys.name
	case "startup_failure":
		return "could not start: the workflow file has an error"
	case "stale":
		return "given up by " + p.sys.name
	}
	return strings.ReplaceAll(conclusion, "_", " ")
}

// status is GitHub's word as one of ours.
func status(native, conclusion string) tasks.Status {
	switch conclusion {
	case "success", "neutral":
		return tasks.Succeeded
	case "failure", "timed_out", "startup_failure", "action_required":
		return tasks.Failed
	case "cancelled":
		return tasks.Cancelled
	case "skipped":
		return tasks.Skipped
	case "stale":
		return tasks.Stale
	}
	if native == "in_progress" {
		return tasks.Running
	}
	return tasks.Queued
}
