package gotest

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// narrower puts the packages that a change can affect in the place of ./...
//
//	changed files ── meaning ──> nodes ── importers ──> packages of the command
//	                   graph: read once, checked at every save, read again when
//	                          an import, a file or a go.mod is new
type narrower struct {
	around integrations.Surroundings

	mu     sync.Mutex
	graphs map[string]*reading // by what the command asks of the go command
}

// reading is a graph, or one that is being read.
type reading struct {
	graph *graph
	err   error
	ready chan struct{} // closed when both are there
}

func narrow(s integrations.Surroundings) tasks.Narrower {
	return &narrower{around: s, graphs: map[string]*reading{}}
}

// Prepare reads the graph that the next save will need, and reads it again when
// it is more than it was.
func (n *narrower) Prepare(q tasks.Request) {
	v, ok := dissect(q.Task)
	if !ok || v.partial != "" {
		return
	}
	r := n.reading(v, q, false)
	n.around.Aside(func(ctx context.Context) {
		select {
		case <-r.ready:
		case <-ctx.Done():
			return
		}
		if r.err != nil || r.graph.check() != fresh || r.graph.doubtful() {
			n.reading(v, q, true)
		}
	})
}

// doubtful says whether go list could not tell all about some package.
func (g *graph) doubtful() bool {
	for _, p := range g.nodes {
		if p.doubtful() {
			return true
		}
	}
	return false
}

// reading is the graph for a command; again: read it anew, unless that is going on.
func (n *narrower) reading(v invocation, q tasks.Request, again bool) *reading {
	parts := slices.Concat([]string{v.dir}, v.build, []string{"--"}, v.packages, []string{"--"})
	for _, k := range slices.Sorted(maps.Keys(q.Task.Spec.Env)) {
		parts = append(parts, k+"="+q.Task.Spec.Env[k])
	}
	key := strings.Join(parts, "\x00")
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.graphs[key]
	if r != nil {
		select {
		case <-r.ready:
			if !again {
				return r
			}
		default:
			return r
		}
	}
	fresh := &reading{ready: make(chan struct{})}
	n.graphs[key] = fresh
	unit := v.line.With(v.unit, v.line.Words)
	n.around.Aside(func(ctx context.Context) {
		defer close(fresh.ready)
		env, err := n.around.Env(unit)
		if err == nil {
			fresh.graph, err = readGraph(ctx, v, env)
		}
		fresh.err = err
	})
	return fresh
}

// Narrow answers for commands of the go tool.
func (n *narrower) Narrow(ctx context.Context, q tasks.Request) (tasks.Narrowed, bool) {
	v, ok := dissect(q.Task)
	if !ok {
		return tasks.Narrowed{}, false
	}
	if len(q.Only) > 0 {
		return single(q.Task, v, q.Only)
	}
	if v.partial != "" {
		return whole(v.partial)
	}
	files := make([]string, 0, len(q.Cause.Files))
	for _, f := range slices.Concat(q.Cause.Files, q.Broken) {
		files = append(files, filepath.Join(q.Task.Root, filepath.FromSlash(f)))
	}
	g, err := n.current(ctx, v, q, files)
	if err != nil {
		return whole("who imports whom is not known: " + err.Error())
	}
	var starts []string
	for _, f := range files {
		c := g.meaning(v.verb, f)
		if c.guess && q.Scope == tasks.ScopeNear {
			continue
		}
		if c.all != "" {
			return whole(c.all)
		}
		starts = append(starts, c.starts...)
	}
	for _, t := range q.Failed {
		module, base := findModule(v.dir)
		dirs := suiteDirs(module, base, t.Suite)
		if len(dirs) == 0 {
			return whole("the package of " + t.Name + ", which failed, is not known")
		}
		for _, d := range dirs {
			if p := g.byDir[d]; p != nil {
				starts = append(starts, testOf(p.ImportPath))
			}
		}
	}
	return g.answer(v, g.affected(v.verb, starts))
}

// current is a graph that knows all of what is on the disk.
func (n *narrower) current(ctx context.Context, v invocation, q tasks.Request, files []string) (*graph, error) {
	r := n.reading(v, q, false)
	for try := 0; ; try++ {
		select {
		case <-r.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		// A second look is not taken: what go list itself does not know is in
		// none of the packages.
		if try > 0 || r.err == nil && r.graph.check() != stale && !slices.ContainsFunc(files, func(f string) bool { return r.graph.meaning(v.verb, f).new }) {
			return r.graph, r.err
		}
		r = n.reading(v, q, true)
	}
}

func whole(why string) (tasks.Narrowed, bool) {
	return tasks.Narrowed{Narrowing: tasks.Narrowing{Why: why}}, false
}

// answer is the command for the affected packages.
func (g *graph) answer(v invocation, affected []*listed) (tasks.Narrowed, bool) {
	if len(affected) == len(g.requested) {
		if len(affected) == 1 {
			return whole("it is of one package")
		}
		return whole(fmt.Sprintf("the change is part of all %d packages", len(affected)))
	}
	n := tasks.Narrowed{Narrowing: tasks.Narrowing{What: fmt.Sprintf("%d of %s", len(affected), tasks.Counted(len(g.requested), "package"))}}
	var packages []string
	for _, p := range g.requested {
		if slices.Contains(affected, p) {
			packages = append(packages, relative(v.dir, p.Dir))
		} else if len(n.Narrowing.Skipped) < mostSkipped {
			n.Narrowing.Skipped = append(n.Narrowing.Skipped, relative(v.dir, p.Dir))
		}
	}
	n.Spec = v.of(packages...)
	if len(packages) == 0 {
		n.Spec = v.nothing()
	}
	return n, true
}

// mostSkipped bounds what is told of what is left out.
const mostSkipped = 200
