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

// The groups of the tree.
const (
	servicesGroup = "group:services"
	tasksGroup    = "group:tasks"
	// sourceGroup begins the id of a group of what another tool's file declares.
	sourceGroup = "group:in:"
	// headGroup begins the id of a group that tasks name themselves: PIPELINES.
	headGroup = "group:of:"
)

// groupOf is the group that a task is listed in.
func groupOf(t tasks.Task) string {
	switch {
	case t.Group != "":
		return headGroup + t.Group
	case t.Spec.Source != "":
		return sourceGroup + t.Spec.Source
	case t.IsService():
		return servicesGroup
	}
	return tasksGroup
}

// groups are those of the tree: the workspace's own, then those of other files,
// the ones at the top of the directory first.
func (s *Screen) groups() []string {
	groups := []string{servicesGroup, tasksGroup}
	for _, name := range s.state.Order {
		if g := groupOf(s.state.Units[name].Task); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	depth := func(group string) int {
		source, found := strings.CutPrefix(group, sourceGroup)
		switch {
		case !found:
			return -1
		case strings.HasPrefix(source, "."): // .vscode/tasks.json is about all of it
			return 0
		}
		return strings.Count(source, "/")
	}
	slices.SortStableFunc(groups, func(a, b string) int { return cmp.Compare(depth(a), depth(b)) })
	return groups
}

// members are the tasks of a group, in the order of the workspace file.
func (s *Screen) members(group string) []string {
	names := []string{}
	for _, name := range s.state.Order {
		t := s.state.Units[name].Task
		if t.Spec.Hidden || groupOf(t) != group {
			continue
		}
		names = append(names, name)
	}
	return names
}

// rebuild makes the tree's rows and the digest anew from the state.
func (s *Screen) rebuild() {
	looks := make(map[string]screen.Look, len(s.state.Order))
	s.digest = digest{}
	for _, name := range s.state.Order {
		looks[name] = screen.LookOf(&s.state, name, s.now, s.ink)
		s.digest.add(&s.state, name, looks[name])
	}
	var nodes []tree.Node
	for _, group := range s.groups() {
		names := s.members(group)
		if len(names) == 0 {
			continue
		}
		heading := len(nodes)
		nodes = append(nodes, tree.Node{})
		good, bad := 0, 0
		for _, name := range names {
			look := looks[name]
			switch look.Rank {
			case 0:
				bad++
			case 4, 5:
				good++
			}
			nodes = append(nodes, tree.Node{
				ID: name, Group: group, Glyph: look.Glyph, GlyphInk: look.Ink, Label: name,
				Detail: look.Detail, Value: look.Number, ValueInk: look.NumberInk,
			})
		}
		nodes[heading] = s.heading(group, len(names), good, bad)
	}
	s.outside = outsideGroups(&s.state)
	s.tree.SetNodes(append(nodes, s.outsideNodes(len(nodes) > 0)...))
	s.digest.ticks = s.digest.ticks || s.troubleCounts()
}

func (s *Screen) heading(group string, all, good, bad int) tree.Node {
	n := tree.Node{ID: group, ValueInk: s.ink.Muted}
	head, named := strings.CutPrefix(group, headGroup)
	switch source, found := strings.CutPrefix(group, sourceGroup); {
	case found:
		n.Label, n.Value = source, fmt.Sprint(all)
	case named:
		n.Label, n.Value = head, fmt.Sprint(all)
	case group == servicesGroup:
		n.Label, n.Value = "SERVICES", fmt.Sprintf("%d/%d", good, all)
	default:
		n.Label, n.Value = "TASKS", fmt.Sprint(all)
	}
	if bad > 0 {
		n.ValueInk = s.ink.Failed
		n.Value = fmt.Sprintf("✖ %d  %s", bad, n.Value)
	}
	return n
}

// digest is what the whole state comes to, made once for each state.
type digest struct {
	up, warn, fail, running, waiting int
	// ticks: something counts seconds.
	ticks bool
	// active names what has work going on; queued says that something waits.
	active []string
	queued bool
}

func (d *digest) add(s *tasks.State, name string, look screen.Look) {
	d.count(look)
	d.ticks = d.ticks || look.Ticks
	if _, ok := s.Active(name); ok {
		d.active = append(d.active, name)
	}
	if _, ok := s.Waiting(name); ok {
		d.queued = true
	}
}

// count counts one thing by how it looks.
func (d *digest) count(look screen.Look) {
	switch look.Rank {
	case 0:
		d.fail++
	case 1:
		d.warn++
	case 2:
		d.running++
	case 3:
		d.waiting++
	case 4:
		d.up++
	}
}
