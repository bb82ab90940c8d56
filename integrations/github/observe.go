package github

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// How often the lists are looked at while somebody looks: sooner while a run
// goes on, more seldom the longer nothing changes.
const (
	listBusy  = 10 * time.Second
	listFirst = 30 * time.Second
	listLast  = 2 * time.Minute
	// mineEvery: every so many looks the runs of other branches are asked for too.
	mineEvery = 4
	// failures in a row after which the connection is said to be lost.
	failures = 3
	// keptRuns are the newest that are known of.
	keptRuns = 100
)

// news is what the lists told last, for those who tell of it.
type news struct {
	poked   chan struct{} // one slot: look now
	changed chan struct{} // one slot: the runs are others

	mu   sync.Mutex
	runs map[external]apiRun
	own  map[external]bool // triggered here
	// looks counts the looks at the lists, seen has the last one that had a run in it.
	looks int
	seen  map[external]int
	// stirred is closed, and another one, whenever a run may be another.
	stirred chan struct{}
}

func (n *news) init() {
	n.stirred = make(chan struct{})
	n.poked, n.changed = make(chan struct{}, 1), make(chan struct{}, 1)
	n.runs, n.own, n.seen = map[external]apiRun{}, map[external]bool{}, map[external]int{}
}

// poke makes the lists be looked at soon.
func (n *news) poke() { signal(n.poked) }

// stir has runs that are followed looked at now.
func (n *news) stir() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.stirred)
	n.stirred = make(chan struct{})
}

// stirs is closed at the next stir.
func (n *news) stirs() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stirred
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// mine notes a run that was triggered here, wherever it runs.
func (n *news) mine(id external) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.own[id] = true
}

// frugal stretches a wait where few requests are left.
func (n *news) frugal(b rest.Budget, wait time.Duration) time.Duration {
	switch {
	case b.Limit == 0 || !b.Reset.IsZero() && time.Now().After(b.Reset):
		return wait
	case b.Remaining < b.Limit/20:
		return max(10*wait, time.Minute)
	case b.Remaining < b.Limit/5:
		return 4 * wait
	}
	return wait
}

// Observe tells of the runs of the branch that is checked out, and of mine on
// other branches.
func (p *provider) Observe(ctx context.Context, tell func(tasks.Run)) error {
	wait, failed := listFirst, 0
	poked := false // what was done may be about a run of another branch
	for n := 0; ; n++ {
		if err := p.look.Wait(ctx); err != nil {
			return err
		}
		p.compare()
		changed, busy, err := p.lists(ctx, poked || n%mineEvery == 0, tell)
		poked = false
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && (!rest.Passing(err) || failed >= failures):
			return err
		case err != nil:
			failed++
			wait = min(wait*2, listLast)
		default:
			failed = 0
			switch {
			case busy:
				wait = listBusy
			case changed:
				wait = listFirst
			default:
				wait = min(max(wait, listFirst)*3/2, listLast)
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.news.poked:
			poked = true
			if err := pause(ctx, time.Second); err != nil { // several are one
				return err
			}
		case <-time.After(p.news.frugal(p.c.Budget(), wait)):
		}
	}
}

// lists looks once and tells what is new.
func (p *provider) lists(ctx context.Context, others bool, tell func(tasks.Run)) (changed, busy bool, err error) {
	branch := lookAtCheckout(ctx, p.place.Dir).branch
	runs, err := p.runs(ctx, nil, query("branch", branch))
	if err != nil {
		return false, false, err
	}
	if others && p.login != "" && branch != "" {
		mine, err := p.runs(ctx, nil, query("actor", p.login, "per_page", "10"))
		if err != nil {
			return false, false, err
		}
		runs = append(runs, mine...)
	}
	p.news.begin()
	// What is tells its number first, so that numbers grow with time.
	slices.SortStableFunc(runs, func(a, b apiRun) int { return a.Created.Compare(b.Created) })
	for _, r := range runs {
		busy = busy || r.Status != "completed"
		if task := p.taskOf(r.Path); task != "" && p.news.take(r) {
			changed = true
			tell(p.observed(task, r))
		}
	}
	if changed {
		signal(p.news.changed)
		p.news.stir()
	}
	return changed, busy, nil
}

// begin begins a look at the lists.
func (n *news) begin() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.looks++
}

// take keeps a run, and says whether it is another than before. Of too many it forgets
// one that was in no list for long, never one that is in them now.
func (n *news) take(r apiRun) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := r.external()
	old, known := n.runs[id]
	n.runs[id], n.seen[id] = r, n.looks
	for len(n.runs) > keptRuns {
		oldest := id
		for other, o := range n.runs {
			if cmp.Or(n.seen[other]-n.seen[oldest], o.Created.Compare(n.runs[oldest].Created)) < 0 {
				oldest = other
			}
		}
		delete(n.runs, oldest)
		delete(n.seen, oldest)
	}
	return !known || old.differs(r)
}

// differs says whether a run is another than it was.
func (r apiRun) differs(now apiRun) bool {
	return r.Status != now.Status || r.Conclusion != now.Conclusion || !r.Updated.Equal(now.Updated)
}

// all are the runs that are known of, the newest first.
func (n *news) all() []apiRun {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []apiRun
	for _, r := range n.runs {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b apiRun) int { return b.Created.Compare(a.Created) })
	return all
}

// observed is a run as the engine takes it.
func (p *provider) observed(task string, r apiRun) tasks.Run {
	run := tasks.Run{
		Task: task, External: r.external().String(), URL: r.URL, Native: native(r.Status, r.Conclusion),
		Status: runStatus(r), QueuedAt: r.Created, Cause: tasks.Cause{Kind: tasks.ByOthers, Detail: cause(r)},
	}
	if r.Attempt <= 1 {
		run.Number = r.Number
	} else {
		run.QueuedAt = r.Started
	}
	if run.Status != tasks.Queued {
		run.StartedAt = r.Started
	}
	if run.Status.Done() {
		run.EndedAt = r.Updated
		if run.Status == tasks.Failed {
			run.Error = p.words(r.Conclusion)
		}
	}
	return run
}

// runStatus is that of a whole run: one that waits for somebody waits.
func runStatus(r apiRun) tasks.Status {
	if r.Status != "completed" {
		return status(r.Status, "")
	}
	if s := status(r.Status, r.Conclusion); s != tasks.Queued {
		return s
	}
	return tasks.Failed
}

// cause is why a run began: "push to fix by bob".
func cause(r apiRun) string {
	who := r.Triggering.Login
	if who == "" {
		who = r.Actor.Login
	}
	what := strings.ReplaceAll(r.Event, "_", " ")
	switch r.Event {
	case "workflow_dispatch":
		what = "triggered on " + r.Branch
	case "push":
		what = "push to " + r.Branch
	case "pull_request":
		what = "pull request of " + r.Branch
	}
	if r.Attempt > 1 {
		what = fmt.Sprintf("attempt %d of run %d", r.Attempt, r.Number)
	}
	if who != "" {
		what += " by " + who
	}
	return what
}
