package githubtest

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Repo is a repository of the fake.
type Repo struct {
	Owner, Name string
	// Branches are their heads' commits; the first of Default is the default one.
	Default  string
	Branches map[string]string
	// Files are their contents by branch; "" is for every branch.
	Files     map[string]map[string]string
	Workflows []Workflow
	Pulls     []Pull
	// Environments are those that deployments go to.
	Environments []string
}

// Workflow is one of a repository.
type Workflow struct {
	ID   int64
	Path string // ".github/workflows/ci.yml"
	Name string
	// Dispatch: it has workflow_dispatch; Inputs are its inputs, true for those
	// that must be given. RunName makes the title of a run.
	Dispatch bool
	Inputs   map[string]bool
	Disabled bool
	RunName  func(inputs map[string]string) string
	// Plan is how its runs go.
	Plan func(inputs map[string]string, attempt int) Plan
}

// Plan is how a run goes, from the moment that it was made.
type Plan struct {
	Jobs      []Job
	Artifacts []Artifact
	// Stubborn runs are told to cancel and go on.
	Stubborn bool
}

// faster is the plan with everything so many times shorter.
func (p Plan) faster(n int) Plan {
	if n <= 1 {
		return p
	}
	p.Jobs = slices.Clone(p.Jobs)
	for i := range p.Jobs {
		j := &p.Jobs[i]
		j.Queue /= time.Duration(n)
		j.Steps = slices.Clone(j.Steps)
		for k := range j.Steps {
			j.Steps[k].Takes /= time.Duration(n)
		}
	}
	return p
}

// Job is a job of a plan.
type Job struct {
	Name  string
	Needs []string
	// Queue is how long it waits for a runner; NoRunner: for ever.
	Queue    time.Duration
	NoRunner bool
	// Environment holds it until somebody approves.
	Environment string
	Steps       []Step
	Annotations []Annotation
	// Expired logs are gone.
	Expired bool
}

// Step is a step of a job.
type Step struct {
	Name  string
	Takes time.Duration
	Fails bool
	Log   []string // "##[group]…" and others as a runner writes them
}

// Annotation is told when its step, counted from 1, has ended.
type Annotation struct {
	Step    int
	Level   string // "failure", "warning", "notice"
	Path    string
	Line    int
	Title   string
	Message string
}

// Artifact is there when its run has ended.
type Artifact struct {
	Name    string
	Files   map[string]string
	Expired bool
}

// Pull is a pull request.
type Pull struct {
	Number              int
	Title, Head, Base   string
	Draft               bool
	Mergeable           *bool
	MergeableState      string
	Reviews             []Review
	Checks              []Check // beside those of the workflows
	Author, HeadOwner   string
	Reviewers           []string
	CommitStatusContext string
}

// Review is one of a pull request.
type Review struct{ User, State string }

// Check is a check run that no workflow made.
type Check struct{ Name, Status, Conclusion string }

// run is one of a workflow.
type run struct {
	id, number int64
	w          *Workflow
	branch     string
	sha        string
	event      string
	actor      string
	inputs     map[string]string
	created    time.Time
	visible    time.Time // from when lists have it
	attempts   []*attempt
}

type attempt struct {
	n         int
	began     time.Time
	plan      Plan
	first     int64 // the id of its first job
	kept      map[string]jobState
	approved  map[string]time.Time // environment -> when
	rejected  map[string]time.Time
	cancelled time.Time
}

func (r *run) last() *attempt { return r.attempts[len(r.attempts)-1] }

// jobState is a job at a moment.
type jobState struct {
	id                 int64
	job                Job
	status             string
	conclusion         string
	created            time.Time
	started, completed time.Time
	steps              []stepState
}

type stepState struct {
	number             int
	name               string
	status, conclusion string
	started, completed time.Time
	log                []string
}

// jobs are the jobs of an attempt at a moment: all of it follows from the plan,
// so that time is the only thing that moves.
func (a *attempt) jobs(now time.Time) []jobState {
	done := map[string]jobState{}
	var all []jobState
	for i, j := range a.plan.Jobs {
		if k, ok := a.kept[j.Name]; ok {
			done[j.Name], all = k, append(all, k)
			continue
		}
		js := a.job(a.first+int64(i), j, done, now)
		done[j.Name] = js
		if js.status != "" {
			all = append(all, js)
		}
	}
	return all
}

func (a *attempt) job(id int64, j Job, done map[string]jobState, now time.Time) jobState {
	js := jobState{id: id, job: j, created: a.began}
	begin, skip := a.began, false
	for _, need := range j.Needs {
		d := done[need]
		if d.status != "completed" {
			return js // not created yet
		}
		if d.completed.After(begin) {
			begin = d.completed
		}
		skip = skip || d.conclusion != "success"
	}
	js.created = begin
	end := func(conclusion string, at time.Time) jobState {
		js.status, js.conclusion, js.completed = "completed", conclusion, at
		if js.started.IsZero() {
			js.started = at
		}
		return js
	}
	stopped := func(at time.Time) bool { // whether the cancelling came before
		return !a.cancelled.IsZero() && !a.plan.Stubborn && !a.cancelled.After(now) && a.cancelled.Before(at)
	}
	if skip {
		return end("skipped", begin)
	}
	if j.Environment != "" {
		ok, no := a.approved[j.Environment], a.rejected[j.Environment]
		switch {
		case !no.IsZero():
			return end("failure", no)
		case ok.IsZero() && stopped(now.Add(1)):
			return end("cancelled", a.cancelled)
		case ok.IsZero():
			js.status = "waiting"
			return js
		case ok.After(begin):
			begin = ok
		}
	}
	begin = begin.Add(j.Queue)
	if stopped(begin) || j.NoRunner && stopped(now.Add(1)) {
		return end("cancelled", a.cancelled)
	}
	js.status = "queued"
	if now.Before(begin) || j.NoRunner {
		return js
	}
	js.status, js.started = "in_progress", begin
	failed := false
	for i, st := range j.Steps {
		s := stepState{number: i + 1, name: st.Name, status: "queued", log: st.Log}
		switch {
		case failed:
			s.status, s.conclusion, s.started, s.completed = "completed", "skipped", begin, begin
		case stopped(begin.Add(st.Takes)):
			at := a.cancelled
			if at.Before(begin) {
				at = begin
			}
			s.status, s.conclusion, s.started, s.completed = "completed", "cancelled", begin, at
			js.steps = append(js.steps, s)
			return end("cancelled", at)
		case now.Before(begin):
		case now.Before(begin.Add(st.Takes)):
			s.status, s.started = "in_progress", begin
			begin = begin.Add(st.Takes)
		default:
			s.status, s.conclusion, s.started = "completed", "success", begin
			begin = begin.Add(st.Takes)
			s.completed = begin
			if st.Fails {
				s.conclusion, failed = "failure", true
			}
		}
		js.steps = append(js.steps, s)
		if s.status == "in_progress" || s.status == "queued" {
			begin = now.Add(time.Hour)
		}
	}
	if slices.ContainsFunc(js.steps, func(s stepState) bool { return s.status != "completed" }) {
		return js
	}
	if failed {
		return end("failure", begin)
	}
	return end("success", begin)
}

// state is a run's status and conclusion at a moment.
func (a *attempt) state(now time.Time) (status, conclusion string, updated time.Time) {
	jobs := a.jobs(now)
	updated = a.began
	counts := map[string]int{}
	for _, j := range jobs {
		if j.status == "completed" {
			counts[j.conclusion]++
		} else {
			counts[j.status]++
		}
		for _, at := range []time.Time{j.started, j.completed} {
			if at.After(updated) {
				updated = at
			}
		}
	}
	ended := len(jobs) == len(a.plan.Jobs) && counts["in_progress"]+counts["queued"]+counts["waiting"] == 0
	switch {
	case ended && counts["failure"] > 0:
		return "completed", "failure", updated
	case ended && counts["cancelled"] > 0:
		return "completed", "cancelled", updated
	case ended:
		return "completed", "success", updated
	case counts["in_progress"] > 0:
		return "in_progress", "", updated
	case counts["waiting"] > 0:
		return "waiting", "", updated
	case counts["success"]+counts["failure"]+counts["skipped"] > 0:
		return "in_progress", "", updated
	}
	return "queued", "", updated
}

// text is a job's log, as a runner leaves it: a byte order mark, times, and
// marks of groups and errors.
func (j jobState) text() string {
	var b strings.Builder
	b.WriteString("\ufeff")
	for _, s := range j.steps {
		at := s.started
		for _, l := range s.log {
			fmt.Fprintf(&b, "%s %s\r\n", at.UTC().Format("2006-01-02T15:04:05.0000000Z"), l)
			at = at.Add(10 * time.Millisecond)
		}
	}
	return b.String()
}

// annotations are those whose step has ended.
func (j jobState) annotations() []Annotation {
	var all []Annotation
	for _, a := range j.job.Annotations {
		if a.Step <= 0 || a.Step <= len(j.steps) && j.steps[a.Step-1].status == "completed" {
			all = append(all, a)
		}
	}
	return all
}

// file is a file's content at a branch, tag or commit.
func (r *Repo) file(ref, name string) (string, bool) {
	branch := ref
	if branch == "" {
		branch = r.Default
	}
	for b, sha := range r.Branches {
		if sha == ref {
			branch = b
		}
	}
	if _, known := r.Branches[branch]; !known {
		return "", false
	}
	if text, ok := r.Files[branch][name]; ok {
		return text, true
	}
	text, ok := r.Files[""][name]
	return text, ok
}

// below are the files of a directory, sorted.
func (r *Repo) below(ref, dir string) (all []string) {
	names := map[string]bool{}
	for _, files := range r.Files {
		for name := range files {
			if _, there := r.file(ref, name); there && path.Dir(name) == dir {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// branches are their names, sorted.
func (r *Repo) branches() []string { return slices.Sorted(maps.Keys(r.Branches)) }
