package tests

import (
	"slices"
	"strings"
)

// Prefs is what is remembered between sessions.
type Prefs struct {
	Mode  int `json:"mode,omitempty"`
	Order int `json:"order,omitempty"`
	// Tasks are how a person looks at the tests of each.
	Tasks map[string]TaskPrefs `json:"tasks,omitempty"`
}

// TaskPrefs is how a person looks at the tests of a task.
type TaskPrefs struct {
	At     string   `json:"at,omitempty"`
	Filter string   `json:"filter,omitempty"`
	Opened []string `json:"opened,omitempty"`
	Folded []string `json:"folded,omitempty"`
}

// mostRemembered bounds the folds that are kept of a task.
const mostRemembered = 500

// Prefs is what to remember.
func (s *Screen) Prefs() Prefs {
	p := Prefs{Mode: int(s.mode), Order: int(s.order), Tasks: map[string]TaskPrefs{}}
	for unit, v := range s.views {
		t := TaskPrefs{Filter: v.filter}
		if v.chosen {
			t.At = v.at.text()
		}
		for id, open := range v.opened {
			if open {
				t.Opened = append(t.Opened, id.text())
			} else {
				t.Folded = append(t.Folded, id.text())
			}
		}
		if len(t.Opened)+len(t.Folded) > mostRemembered {
			t.Opened, t.Folded = nil, nil
		}
		slices.Sort(t.Opened)
		slices.Sort(t.Folded)
		if t.At != "" || t.Filter != "" || len(t.Opened)+len(t.Folded) > 0 {
			p.Tasks[unit] = t
		}
	}
	if len(p.Tasks) == 0 {
		p.Tasks = nil
	}
	return p
}

// SetPrefs brings back what was remembered; call it before the first Follow.
func (s *Screen) SetPrefs(p Prefs) {
	s.mode, s.order = mode(max(0, min(p.Mode, int(modes)-1))), order(max(0, min(p.Order, int(orders)-1)))
	for unit, t := range p.Tasks {
		v := s.viewOf(unit)
		v.at, v.chosen, v.filter = nodeIDOf(t.At), t.At != "", t.Filter
		for _, id := range t.Opened {
			v.opened[nodeIDOf(id)] = true
		}
		for _, id := range t.Folded {
			v.opened[nodeIDOf(id)] = false
		}
	}
}

// text is the id as it is remembered.
func (id nodeID) text() string { return id.suite + "\n" + id.name }

func nodeIDOf(text string) nodeID {
	suite, name, _ := strings.Cut(text, "\n")
	return nodeID{suite, name}
}
