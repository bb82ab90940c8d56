package github

import (
	"context"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/secret"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// What a job waits for is not told by the API: it stands in the workflow as it was at
// the run's commit. Jobs are found there by their names, of which a matrix makes
// several and a workflow that is called makes "caller / job"; what is not found for
// certain has no needs.

const (
	// mostWorkflows bounds the workflows that are remembered, deepest how far calls of
	// workflows are followed (GitHub allows ten), mostNeeds what is told of a run.
	mostWorkflows = 100
	deepest       = 10
	mostNeeds     = 4000
	// mostPlans is how often a plan that could not be read is tried again.
	mostPlans = 3
)

// plan is a workflow with those that it calls; nil where one can't be read.
type plan struct {
	jobs   []fileJob
	called map[string]*plan
}

// hop is one level of where a job stands: the job in the file, and what is shown of it.
type hop struct{ key, shown string }

// spot is where a job of a run stands in its plan.
type spot []hop

// needs are the names that each job waits for; planned are jobs of the file that are
// not there yet, and whose names are certain.
func (p *plan) needs(names []string) (needs map[string][]string, planned []string) {
	spots := map[string]spot{}
	sure := p != nil
	for _, n := range names {
		if s, ok := p.find(n); ok {
			spots[n] = s
		} else {
			sure = false
		}
	}
	if sure {
		for _, j := range p.jobs {
			begun := slices.ContainsFunc(names, func(n string) bool { return spots[n][0].key == j.Key })
			if !begun && !j.Matrix && j.Uses == "" && !strings.Contains(j.Name, "${{") && !slices.Contains(names, j.Name) {
				planned = append(planned, j.Name)
				spots[j.Name] = spot{{j.Key, j.Name}}
			}
		}
	}
	all := slices.Concat(names, planned)
	needs, sum := map[string][]string{}, 0
	for _, n := range all {
		needs[n] = p.waits(all, spots, spots[n])
		if sum += len(needs[n]); sum > mostNeeds {
			return nil, planned
		}
	}
	return needs, planned
}

// find is where the job of a name stands; false where that is not certain.
func (p *plan) find(name string) (spot, bool) {
	if p == nil {
		return nil, false
	}
	var exact, like []spot
	for _, j := range p.jobs {
		switch {
		case j.Name == name:
			exact = append(exact, spot{{j.Key, name}})
		case j.fits(name):
			like = append(like, spot{{j.Key, name}})
		}
	}
	if len(exact) == 0 && len(like) == 0 {
		like = p.findCalled(name)
	}
	if len(exact) > 0 {
		like = exact
	}
	if len(like) != 1 {
		return nil, false
	}
	return like[0], true
}

// findCalled are the places of "caller / job", however the name is cut.
func (p *plan) findCalled(name string) (all []spot) {
	const between = " / "
	for from := 0; ; {
		i := strings.Index(name[from:], between)
		if i < 0 {
			return all
		}
		caller, inner := name[:from+i], name[from+i+len(between):]
		from += i + len(between)
		for _, j := range p.jobs {
			if j.Uses == "" || j.Name != caller && !j.fits(caller) {
				continue
			}
			below := p.called[j.Uses]
			if below == nil {
				all = append(all, spot{{j.Key, caller}, {"", inner}})
			} else if s, ok := below.find(inner); ok {
				all = append(all, append(spot{{j.Key, caller}}, s...))
			}
		}
	}
}

var expression = lazy.Regexp(`\$\{\{.*?\}\}`)

// fits says whether a name may be that of the job: with values for its expressions,
// and those of a matrix behind it.
func (j fileJob) fits(name string) bool {
	if !j.Matrix && !strings.Contains(j.Name, "${{") {
		return false
	}
	parts := expression().Split(j.Name, -1)
	if len(parts) > 1 && alike(parts, name) {
		return true
	}
	if !j.Matrix || !strings.HasSuffix(name, ")") {
		return false
	}
	for end := strings.LastIndex(name, " ("); end >= 0; end = strings.LastIndex(name[:end], " (") {
		if alike(parts, name[:end]) {
			return true
		}
	}
	return false
}

// alike says whether a name has the parts in their order, and anything between them.
func alike(parts []string, name string) bool {
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return name == first
	}
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
	return true
}

// waits are the names of what a spot waits for: what its own job needs, else what
// those need that call its workflow.
func (p *plan) waits(names []string, spots map[string]spot, s spot) []string {
	for level, here := range slices.Backward(s) {
		at := p
		for _, h := range s[:level] {
			at = at.called[at.job(h.key).Uses]
		}
		if at == nil || here.key == "" {
			continue
		}
		var found []string
		at.gather(here.key, map[string]bool{}, func(key string) (begun bool) {
			for _, n := range names {
				o := spots[n]
				if len(o) > level && slices.Equal(o[:level], s[:level]) && o[level].key == key {
					begun = true
					if !slices.Contains(found, n) {
						found = append(found, n)
					}
				}
			}
			return begun
		})
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func (p *plan) job(key string) fileJob {
	if i := slices.IndexFunc(p.jobs, func(j fileJob) bool { return j.Key == key }); i >= 0 {
		return p.jobs[i]
	}
	return fileJob{}
}

// gather offers the keys that a job needs; in place of one that has not begun, those
// that it needs itself.
func (p *plan) gather(key string, seen map[string]bool, offer func(key string) (begun bool)) {
	for _, need := range p.job(key).Needs {
		if seen[need] {
			continue
		}
		seen[need] = true
		if !offer(need) {
			p.gather(need, seen, offer)
		}
	}
}

// planOf is the plan of a run; nil with no error where there is none to be had.
func (p *provider) planOf(ctx context.Context, r apiRun) (*plan, error) {
	file, _, _ := strings.Cut(r.Path, "@")
	if r.Event == "pull_request_target" || !isCommit(r.SHA) { // its commit is not that of its workflow
		return nil, nil
	}
	return p.planAt(ctx, file, r.SHA, 0, map[string]*plan{})
}

// planAt reads a workflow with those that it calls, each once: known are those that
// were read, and nil those that are being read. One that leads back to itself is
// refused by GitHub, and was written by anybody.
func (p *provider) planAt(ctx context.Context, file, sha string, depth int, known map[string]*plan) (*plan, error) {
	if pl, read := known[file]; read {
		return pl, nil
	}
	if !inDirectory(file) || strings.Contains(file, "..") || depth > deepest || len(known) >= mostWorkflows {
		return nil, nil
	}
	known[file] = nil
	w, err := p.workflowAt(ctx, file, sha)
	if err != nil || len(w.Jobs) == 0 {
		return nil, err
	}
	pl := &plan{jobs: w.Jobs, called: map[string]*plan{}}
	for _, j := range w.Jobs {
		// That of another repository is another's: its callers' needs are known.
		if inner, here := strings.CutPrefix(j.Uses, "./"); here && pl.called[j.Uses] == nil {
			if pl.called[j.Uses], err = p.planAt(ctx, inner, sha, depth+1, known); err != nil {
				return nil, err
			}
		}
	}
	known[file] = pl
	return pl, nil
}

// workflowAt is a workflow at a commit: from git where the commit is here, else from
// the server. What is not there, or is no workflow, is an empty one.
func (p *provider) workflowAt(ctx context.Context, file, sha string) (workflow, error) {
	key := sha + ":" + file
	p.mu.Lock()
	w, known := p.plans[key]
	p.mu.Unlock()
	if known {
		return w, nil
	}
	text, err := committed(ctx, p.place.Dir, key)
	if err != nil {
		text, err = p.content(ctx, file, sha)
	}
	if err != nil && (rest.Passing(err) || ctx.Err() != nil) {
		return workflow{}, err
	}
	if err == nil || rest.Is(err, rest.NotFound) {
		w, _ = readWorkflow(file, text)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.plans) >= mostWorkflows {
		clear(p.plans)
	}
	p.plans[key] = w
	return w, nil
}

// committed is a file of a commit that this checkout has; nothing is fetched for it.
func committed(ctx context.Context, dir, object string) ([]byte, error) {
	out, err := secret.Output(ctx, dir, []string{"GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1"}, "", "git", "cat-file", "blob", object)
	return []byte(out), err
}

// isCommit says whether a word is a commit and nothing else to git.
func isCommit(sha string) bool {
	return len(sha) >= 40 && strings.Trim(sha, "0123456789abcdef") == ""
}

// planned finds what the jobs wait for, and returns those that are not there yet.
func (f *follower) planned(ctx context.Context, jobs []apiJob) (later []tasks.Step) {
	if f.plan == nil && f.plans < mostPlans {
		pl, err := f.p.planOf(ctx, f.run)
		if f.plan = pl; err != nil {
			f.plans++
		} else {
			f.plans = mostPlans
		}
	}
	if f.plan == nil || len(jobs) == 0 {
		return nil
	}
	names := make([]string, len(jobs))
	for i, j := range jobs {
		names[i] = j.Name
	}
	if !slices.Equal(names, f.names) {
		f.names = names
		f.needs, f.later = f.plan.needs(names)
	}
	for _, n := range f.later {
		st := tasks.Step{Name: n, Status: tasks.Queued, Needs: f.needs[n]}
		if f.run.Status == "completed" {
			st.Status = tasks.Skipped
		}
		later = append(later, st)
	}
	return later
}
