package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// runOptions are the flags of run.
type runOptions struct {
	set, matrix         []string
	parallel, keepGoing bool
	fresh               bool
	extent              extent
	ci, junit           string
}

func (a *app) cmdRun() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use: "run TASK... [KEY=VALUE...]", Short: "Run tasks, stream their output, exit with the task's code",
		Long: `Run runs tasks once with what they depend on, prints their output as it comes and
exits with the code of the first that failed.

Several tasks run one after the other, up to the first failure; with --parallel as
many at once as jobs: in the workspace file allows.

It uses the workspace's host when one runs. Without one, as in CI, it runs the
tasks in this process and leaves nothing behind.`,
		Example: `  sawhorse run test
  sawhorse run lint test --parallel --junit report.xml
  sawhorse run train lr=0.01 --fresh
  sawhorse run test --failed        # what failed last time
  sawhorse run test --only TestPay  # one test
  sawhorse run test --matrix go=1.25,1.26 --matrix race=true,false`,
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			if err := o.extent.check(); err != nil {
				return err
			}
			if len(args) == 0 {
				return a.whichTask()
			}
			jobs, err := plan(args, o)
			if err != nil {
				return err
			}
			out, err := a.ciOutput(o.ci)
			if err != nil {
				return err
			}
			return a.run(cmd.Context(), jobs, o, out)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.set, "set", nil, "a parameter: --set name=value")
	f.StringArrayVar(&o.matrix, "matrix", nil, "run once for each value: --matrix name=a,b,c; several make all combinations")
	f.BoolVar(&o.parallel, "parallel", false, "run the tasks at once, as far as jobs: allows")
	f.BoolVar(&o.keepGoing, "keep-going", false, "run the other tasks although one failed")
	f.BoolVar(&o.extent.all, "all", false, "run all of the task, which is the default")
	f.BoolVar(&o.extent.failed, "failed", false, "run only the tests that failed last time, where the task's tool can")
	f.BoolVar(&o.extent.near, "near", false, "run only what the last changed files can affect; without a host: what git has not committed")
	f.StringArrayVar(&o.extent.only, "only", nil, "run only this test, by its name or a part of it; more than once: these tests")
	f.BoolVar(&o.fresh, "fresh", false, "run also when nothing of a task's inputs changed")
	f.StringVar(&o.ci, "ci", "auto", "mark up the output for a CI system: auto, github, gitlab, none")
	f.StringVar(&o.junit, "junit", "", "write the results as JUnit XML to this file")
	return cmd
}

// job is one run that was asked for.
type job struct {
	task    string
	params  map[string]string
	only    []tasks.TestName
	request string // the word by which its run is found
	run     tasks.Run
	asked   bool
	said    string // the last reason to wait that was printed
	shown   bool   // all that it printed is printed, where jobs are folded
}

// title names a job: with its parameters when a matrix tells several apart.
func (j *job) title() string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(j.params)) {
		parts = append(parts, k+"="+j.params[k])
	}
	return strings.TrimSpace(j.task + " " + strings.Join(parts, " "))
}

// plan turns words and flags into jobs.
func plan(args []string, o runOptions) ([]*job, error) {
	var names []string
	pairs := slices.Clone(o.set)
	for _, w := range args {
		if strings.Contains(w, "=") {
			pairs = append(pairs, w)
		} else {
			names = append(names, w)
		}
	}
	if len(names) == 0 {
		return nil, &fault{code: exitUsage, err: errors.New("no task is named"), hint: "sawhorse run TASK [KEY=VALUE...]"}
	}
	params, err := assignments(pairs)
	if err != nil {
		return nil, err
	}
	if len(names) > 1 && (len(params) > 0 || len(o.matrix) > 0) {
		return nil, &fault{code: exitUsage, err: errors.New("parameters for several tasks at once are ambiguous"), hint: "run the tasks one by one"}
	}
	sets, err := combinations(params, o.matrix)
	if err != nil {
		return nil, err
	}
	var jobs []*job
	for _, n := range names {
		for _, set := range sets {
			jobs = append(jobs, &job{task: n, params: set, request: rand.Text()})
		}
	}
	return jobs, nil
}

func assignments(words []string) (map[string]string, error) {
	params := map[string]string{}
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		if !ok || name == "" {
			return nil, &fault{code: exitUsage, err: fmt.Errorf("%q is not a parameter", w), hint: "parameters are name=value"}
		}
		params[name] = value
	}
	return params, nil
}

// combinations are the parameter sets that a matrix makes of base.
func combinations(base map[string]string, matrix []string) ([]map[string]string, error) {
	sets := []map[string]string{base}
	for _, m := range matrix {
		name, values, ok := strings.Cut(m, "=")
		if !ok || name == "" || values == "" {
			return nil, &fault{code: exitUsage, err: fmt.Errorf("--matrix %q has no values", m), hint: "--matrix name=a,b,c"}
		}
		var next []map[string]string
		for _, set := range sets {
			for v := range strings.SplitSeq(values, ",") {
				with := maps.Clone(set)
				with[name] = v
				next = append(next, with)
			}
		}
		sets = next
	}
	return sets, nil
}

func (a *app) run(ctx context.Context, jobs []*job, o runOptions, ci ciOutput) error {
	p, err := a.find()
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.only, err = o.extent.tests(ctx, p, j.task); err != nil {
			return err
		}
	}
	c, err := attach.Dial(ctx, p.socket, versionText())
	if err == nil {
		defer c.Close()
		if err := a.unlock(ctx, p, c); err != nil {
			return err
		}
		return a.runOn(ctx, p, c, jobs, o, ci)
	}
	if !errors.Is(err, attach.ErrNoHost) {
		return err
	}
	f, err := p.load()
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if err := declares(f, j.task); err != nil && len(all.Offering(ctx, f, surroundings(p))) == 0 {
			return err // before a person reads what it would not need
		}
	}
	if err := a.ensureTrusted(p, f); err != nil {
		return err
	}
	return a.withoutHost(ctx, p, func(e outside) error { return a.runOn(ctx, p, e, jobs, o, ci) })
}

// declares says whether a workspace file can mean something by the word: a unit,
// one of its replicas, a group. What a directory declares without a file may
// be more than is known so early.
func declares(f *config.File, word string) error {
	var names []string
	for _, u := range f.Units {
		if u.Name == word || u.Name == tasks.Spelled(word) || strings.HasPrefix(word, u.Name+"-") || slices.Contains(u.Groups, word) {
			return nil
		}
		if !u.Hidden {
			names = append(names, u.Name)
		}
	}
	if f.Detected {
		return nil
	}
	return &fault{
		code: exitUsage, err: fmt.Errorf("no service, task or group is called %q", word),
		hint: "there are: " + joinNames(names),
	}
}

// runOn asks an engine for the jobs and follows them to their ends.
func (a *app) runOn(ctx context.Context, p place, e tasks.Engine, jobs []*job, o runOptions, ci ciOutput) error {
	out := a.out
	if a.json {
		out = io.Discard
	}
	for _, j := range jobs {
		if err := a.awaitName(ctx, p, e, j.task); err != nil {
			return err
		}
	}
	t := a.newTail(p, out)
	defer t.close()
	d := &drive{app: a, e: e, jobs: jobs, o: o, tail: t, ci: ci, named: o.parallel && len(jobs) > 1}
	err := follow(ctx, e, func(s *tasks.State) (bool, error) { return d.step(ctx, s) })
	if ctx.Err() != nil {
		d.cancel(ctx)
		return silent(130)
	}
	if err != nil {
		return err
	}
	return a.finish(jobs, o, ci)
}

// drive carries a list of jobs through an engine: each task's jobs one after the
// other, the tasks one after the other too unless they are to run at once.
type drive struct {
	*app
	e     tasks.Engine
	jobs  []*job
	o     runOptions
	tail  *tail
	ci    ciOutput
	named bool // lines carry their task's name
	front *job // whose lines are printed now, where jobs are folded
}

// step looks at the state, prints what is new, and asks for what is next.
func (d *drive) step(ctx context.Context, s *tasks.State) (done bool, err error) {
	failed, busy := false, map[string]bool{}
	for _, j := range d.jobs {
		if !j.asked {
			if failed && !d.o.keepGoing || busy[j.task] || !d.o.parallel && len(busy) > 0 {
				continue
			}
			if err := d.ask(ctx, j); err != nil {
				return true, err
			}
			busy[j.task] = true
			continue
		}
		if j.run.Status.Done() {
			failed = failed || j.run.Status != tasks.Succeeded
			continue
		}
		busy[j.task] = true
		if err := d.watch(s, j); err != nil {
			return true, err
		}
		if j.run.Status.Done() {
			delete(busy, j.task)
			failed = failed || j.run.Status != tasks.Succeeded
			if d.ci.folds() {
				continue
			}
			if err := d.tail.out.Flush(); err != nil {
				return true, err
			}
		}
	}
	if d.ci.folds() {
		if err := d.fold(s); err != nil {
			return true, err
		}
	}
	return len(busy) == 0, nil
}

func (d *drive) ask(ctx context.Context, j *job) error {
	j.asked = true
	err := d.e.Do(ctx, tasks.RunTask{
		Name: j.task, Params: j.params, Request: j.request, Scope: d.o.extent.scope(), Only: j.only, Fresh: d.o.fresh, Detail: "sawhorse run",
	})
	if err != nil {
		return &fault{code: exitUsage, err: err}
	}
	return nil
}

// watch takes over what became of a job's run.
func (d *drive) watch(s *tasks.State, j *job) error {
	if j.run.ID == "" {
		j.run.ID = requested(s, j.request)
	}
	r, ok := s.Runs[j.run.ID]
	if !ok {
		return nil
	}
	j.run = r
	ownTurn := r.Sweep != nil && len(r.Holds) == 1 && r.Holds[0].On == r.Task
	if r.Status == tasks.Queued && len(r.Holds) > 0 && r.Holds[0].Why != j.said && !ownTurn {
		j.said = r.Holds[0].Why
		fmt.Fprintf(d.err, "%s waits: %s\n", r.Task, j.said)
		for _, h := range r.Holds {
			if h.Stuck {
				return fmt.Errorf("%s can't run: %s", r.Task, h.Why)
			}
		}
	}
	if r.StartedAt.IsZero() || d.ci.folds() {
		return nil
	}
	return d.tail.updateRun(s, r, d.named)
}

// stopPatience is how long what was interrupted may take to stop.
const stopPatience = time.Minute

// cancel ends what still runs of the jobs.
func (d *drive) cancel(ctx context.Context) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer done()
	for _, j := range d.jobs {
		if j.run.ID != "" && !j.run.Status.Done() {
			_ = d.e.Do(ctx, tasks.Cancel{ID: j.run.ID, Sweep: true})
		}
	}
	_ = follow(ctx, d.e, func(s *tasks.State) (bool, error) {
		for _, j := range d.jobs {
			if j.run.ID == "" || j.run.Status.Done() {
				continue
			}
			if err := d.watch(s, j); err != nil || !j.run.Status.Done() {
				return false, err
			}
		}
		return true, nil
	})
}

// requested is the run that carries a client's word.
func requested(s *tasks.State, request string) tasks.RunID {
	for id, r := range s.Runs {
		if r.Cause.Request == request {
			return id
		}
	}
	return ""
}

// finish says how the jobs ended and turns that into an exit code.
func (a *app) finish(jobs []*job, o runOptions, ci ciOutput) error {
	if o.junit != "" {
		if err := writeJUnit(o.junit, jobs); err != nil {
			return err
		}
	}
	var first error
	for _, j := range jobs {
		switch {
		case !j.asked:
			if !a.json {
				fmt.Fprintf(a.err, "○ %s was not run\n", j.title())
			}
			continue
		case !a.json:
			ci.annotate(a.out, j.run)
		}
		switch err := a.verdict(j); {
		case err == nil:
		case first == nil:
			first = err // said by who called this
		case !a.json:
			fmt.Fprintf(a.err, "✖ %v\n", err)
		}
	}
	if a.json {
		var runs []tasks.Run
		for _, j := range jobs {
			if j.asked {
				runs = append(runs, j.run)
			}
		}
		var v any = runs
		if len(jobs) == 1 {
			v = runs[0]
		}
		if err := a.printJSON(v); err != nil {
			return err
		}
	}
	return first
}

// verdict is how one job ended: nil, or a fault with the task's own code.
func (a *app) verdict(j *job) error {
	r := j.run
	if r.Status == tasks.Succeeded {
		return nil
	}
	failures := r.Failures()
	for _, t := range failures {
		if !a.json {
			fmt.Fprintf(a.err, "✖ %s %s  %s  %s\n", t.Suite, t.Shown(), t.Location, t.Message)
		}
	}
	code := exitFailure
	switch {
	case strings.HasPrefix(r.Error, tasks.ErrTimeout.Error()):
		code = exitTimeout
	case r.Exit != nil && r.Exit.Code != 0:
		code = r.Exit.Code
	}
	if a.json {
		return silent(code)
	}
	text := fmt.Sprintf("%s %s", j.title(), r.Status)
	if r.Error != "" {
		text += ": " + r.Error
	}
	if why := remedy(r); why != "" && len(failures) == 0 {
		text += ": " + why
	}
	if n := len(failures); n > 0 {
		text += fmt.Sprintf(" (%s failed)", tasks.Counted(n, "test"))
		if r.BrokeOff() {
			text += "; it ends with its first failure: what comes after that was not run"
		}
	}
	return &fault{code: code, err: errors.New(text)}
}

// remedy is what was found in the output of a run that says no more of itself than
// its code: what is wrong with no file, as a module that was never installed.
func remedy(r tasks.Run) string {
	i := slices.IndexFunc(r.Diagnostics, func(d tasks.Diagnostic) bool { return d.Severity == tasks.Error && d.Location.File == "" })
	if i < 0 || r.Exit == nil || r.Error != r.Exit.String() {
		return ""
	}
	return r.Diagnostics[i].Message
}

// updateRun prints what a run has said so far.
func (t *tail) updateRun(s *tasks.State, r tasks.Run, named bool) error {
	src, err := t.source(r.Log)
	if err != nil {
		return err
	}
	src.next, t.prefix = max(src.next, r.FirstLine), named
	src.end = s.Lines[r.Log]
	if r.EndLine >= 0 {
		src.end = r.EndLine
	}
	return t.flush(r.Status.Done())
}
