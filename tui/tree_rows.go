package tui

import (
	"fmt"

	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/tree"
)

// The groups of the tree.
const (
	servicesGroup = "group:services"
	tasksGroup    = "group:tasks"
)

// members are the tasks of a group, in the order of the workspace file.
func (s *Screen) members(group string) []string {
	names := []string{}
	for _, name := range s.state.Order {
		t := s.state.Units[name].Task
		if t.Spec.Hidden || t.IsService() != (group == servicesGroup) {
			continue
		}
		names = append(names, name)
	}
	return names
}

// rebuild makes the tree's rows anew from the state.
func (s *Screen) rebuild() {
	var nodes []tree.Node
	for _, group := range []string{servicesGroup, tasksGroup} {
		names := s.members(group)
		if len(names) == 0 {
			continue
		}
		heading := len(nodes)
		nodes = append(nodes, tree.Node{})
		good, bad := 0, 0
		for _, name := range names {
			look := screen.LookOf(&s.state, name, s.now, s.ink)
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
	s.tree.SetNodes(nodes)
}

func (s *Screen) heading(group string, all, good, bad int) tree.Node {
	n := tree.Node{ID: group, ValueInk: s.ink.Muted}
	if group == servicesGroup {
		n.Label, n.Value = "SERVICES", fmt.Sprintf("%d/%d", good, all)
	} else {
		n.Label, n.Value = "TASKS", fmt.Sprint(all)
	}
	if bad > 0 {
		n.ValueInk = s.ink.Failed
		n.Value = fmt.Sprintf("✖%d %s", bad, n.Value)
	}
	return n
}

// counts says whether something on the screen counts seconds now.
func (s *Screen) counts() bool {
	for _, name := range s.state.Order {
		if screen.LookOf(&s.state, name, s.now, s.ink).Ticks {
			return true
		}
	}
	return false
}

// tally is how many services and tasks are in which condition, for the header.
type tally struct{ up, warn, fail, running, waiting int }

func (s *Screen) tally() tally {
	var t tally
	for _, name := range s.state.Order {
		look := screen.LookOf(&s.state, name, s.now, s.ink)
		switch {
		case look.Rank == 0:
			t.fail++
		case look.Rank == 1:
			t.warn++
		case look.Rank == 2:
			t.running++
		case look.Rank == 3:
			t.waiting++
		case look.Rank == 4:
			t.up++
		}
	}
	return t
}

func pick(c bool, a, b theme.Ink) theme.Ink {
	if c {
		return a
	}
	return b
}
