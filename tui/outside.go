package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/tree"
)

// outsideGroup is a heading of the tree with resources below it, or with a
// connection's trouble.
type outsideGroup struct {
	id       string
	title    string
	provider tasks.Provider
	kind     tasks.Kind // its zero: the group stands for the whole connection
	own      bool
	members  []tasks.Resource
}

// outsideGroups are the groups of all connections: of each kind the workspace's
// own first, then the others.
func outsideGroups(s *tasks.State) []outsideGroup {
	byKind := map[string][]tasks.Resource{}
	for _, r := range s.Resources {
		if _, known := s.Units[r.Task]; r.Task != "" && known {
			continue // the task's row stands for it
		}
		key := r.ID.Provider() + "/" + r.Kind
		byKind[key] = append(byKind[key], r)
	}
	providers := make([]tasks.Provider, 0, len(s.Providers))
	titles := map[string]int{}
	for _, p := range s.Providers {
		providers = append(providers, p)
		for _, k := range p.Kinds {
			titles[k.Title]++
		}
	}
	slices.SortFunc(providers, func(a, b tasks.Provider) int {
		if a.Wanted != b.Wanted {
			return pick(a.Wanted, -1, 1)
		}
		return cmp.Compare(a.Name, b.Name)
	})
	offers := map[string]bool{} // its tasks stand for it
	for _, u := range s.Units {
		offers[u.Task.Provider] = offers[u.Task.Provider] || u.Task.Found
	}
	var groups []outsideGroup
	for _, p := range providers {
		before := len(groups)
		headings := 0
		for _, k := range p.Kinds {
			if k.Title == "" {
				continue
			}
			headings++
			title := k.Title
			if titles[title] > 1 {
				title += " " + p.Name
			}
			groups = append(groups, kindGroups(p, k, title, byKind[p.Name+"/"+k.Name])...)
		}
		// What was only found, and was never reached, is nobody's trouble where the
		// workspace has something of its own.
		needed := p.Wanted || len(p.Kinds) > 0 || len(s.Order) == 0
		if len(groups) == before && needed && (p.Phase != tasks.PhaseUp || headings == 0 && p.Wanted && !offers[p.Name]) {
			groups = append(groups, outsideGroup{id: "group:" + p.Name, title: strings.ToUpper(p.Title), provider: p})
		}
	}
	return groups
}

// kindGroups are the groups of a kind: one of the workspace's own, one of all others.
func kindGroups(p tasks.Provider, k tasks.Kind, title string, all []tasks.Resource) (groups []outsideGroup) {
	g := outsideGroup{id: "group:" + p.Name + "/" + k.Name, title: title, provider: p, kind: k}
	slices.SortFunc(all, byStanding)
	mine := slices.IndexFunc(all, func(r tasks.Resource) bool { return !r.Own })
	if mine < 0 {
		mine = len(all)
	}
	if mine > 0 {
		own := g
		own.id, own.own, own.members = own.id+"/own", true, all[:mine]
		groups = append(groups, own)
		g.title = "OTHER " + g.title
	}
	g.members = all[mine:]
	if len(g.members) > 0 || mine == 0 && p.Phase == tasks.PhaseUp && p.Wanted { // an empty one says what would fill it
		groups = append(groups, g)
	}
	return groups
}

// byStanding orders resources: the workspace's own, what belongs together, names.
func byStanding(a, b tasks.Resource) int {
	if a.Own != b.Own {
		return pick(a.Own, -1, 1)
	}
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

// outsideNodes are the tree's rows of the groups.
// Those of others are folded where the workspace has anything of its own.
func (s *Screen) outsideNodes(fold bool) []tree.Node {
	var nodes []tree.Node
	for _, g := range s.outside {
		up, bad := 0, 0
		heading := len(nodes)
		nodes = append(nodes, tree.Node{})
		for _, r := range g.members {
			look := screen.ResourceLook(&s.state, r, s.ink)
			switch look.Rank {
			case 0:
				bad++
			case 4:
				up++
			}
			if g.own {
				s.digest.count(look)
			}
			label := r.Name
			if !g.own && r.Group != "" {
				label = r.Group + "/" + r.Name
			}
			nodes = append(nodes, tree.Node{
				ID: string(r.ID), Group: g.id, Glyph: look.Glyph, GlyphInk: look.Ink, Label: label,
				Detail: look.Detail, Value: look.Number, ValueInk: look.NumberInk,
			})
		}
		nodes[heading] = s.outsideHeading(g, up, bad)
		nodes[heading].Folded = fold && !g.own && len(g.members) > 0
	}
	return nodes
}

func (s *Screen) outsideHeading(g outsideGroup, up, bad int) tree.Node {
	n := tree.Node{
		ID: g.id, Label: g.title, ValueInk: s.ink.Muted, Value: fmt.Sprintf("%d/%d", up, len(g.members)),
	}
	switch {
	case g.provider.Phase == tasks.PhaseFailed:
		n.Value = "not reached"
		if g.provider.Wanted {
			n.Value, n.ValueInk = "✖ not reached", s.ink.Failed
		}
	case g.provider.Phase == tasks.PhaseBusy:
		n.Value = "connecting…"
	case bad > 0 && g.own:
		n.ValueInk = s.ink.Failed
		n.Value = fmt.Sprintf("✖ %d  %s", bad, n.Value)
	}
	return n
}

// outsideAt is the selected group of outside things.
func (s *Screen) outsideAt() (outsideGroup, bool) {
	n, ok := s.tree.Selected()
	if !ok || n.Group != "" {
		return outsideGroup{}, false
	}
	return s.outsideGroup(n.ID)
}

func (s *Screen) outsideGroup(id string) (outsideGroup, bool) {
	i := slices.IndexFunc(s.outside, func(g outsideGroup) bool { return g.id == id })
	if i < 0 {
		return outsideGroup{}, false
	}
	return s.outside[i], true
}

// resourceAt is the resource under the tree's cursor.
func (s *Screen) resourceAt() (tasks.Resource, bool) {
	n, ok := s.tree.Selected()
	if !ok || n.Group == "" {
		return tasks.Resource{}, false
	}
	r, ok := s.state.Resources[tasks.ResourceID(n.ID)]
	return r, ok
}

// resource is what resource actions are about: the alert's in the strip, the
// row's in a group's table, else the selection.
func (s *Screen) resource() (tasks.Resource, bool) {
	switch {
	case s.focus == stripPane:
		a, _ := s.strip.selected()
		r, ok := s.state.Resources[a.Resource]
		return r, ok && a.Resource != ""
	case s.focus >= firstPin:
		return tasks.Resource{}, false
	}
	if r, ok := s.resourceAt(); ok {
		return r, true
	}
	if u := s.state.Units[s.selected()]; u.Task.Provider != "" {
		if run, ok := s.state.Current(u.Task.Name); ok && run.External != "" {
			r, known := s.state.Resources[run.Outside(u.Task.Provider)]
			return r, known
		}
	}
	if _, ok := s.outsideAt(); ok && s.focus == detailPane {
		id, _ := s.detail.outside.table.Selected()
		r, ok := s.state.Resources[id]
		return r, ok
	}
	return tasks.Resource{}, false
}

// kindOf is the kind of a resource.
func (s *Screen) kindOf(r tasks.Resource) tasks.Kind {
	k, _ := s.state.Providers[r.ID.Provider()].Kind(r.Kind)
	return k
}
