package integrations

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// settled is everything that was found, made to fit together in one file.
type settled struct {
	found []Evidence
	units []settledUnit
	left  []string
}

// settledUnit is a unit under the name that it has in the file.
type settledUnit struct {
	config.Unit        // Name is still the one that its tool knows
	evidence    int    // which one of found
	name        string // in the file
	text        string // as it is written there
}

// settle gives every unit a name of its own, and drops what could not be in a
// file: dependencies on what is not there, a port that another one has, a unit
// that says what no file can.
func settle(found []Evidence) *settled {
	s := &settled{found: found}
	s.name()
	s.connect()
	s.ports()
	s.write()
	for _, ev := range found {
		for _, l := range ev.Left {
			s.left = append(s.left, ev.Where+": "+l)
		}
	}
	return s
}

// name takes the units in the order of the file: services, then tasks. What
// somebody has written down is called as its own tool calls it before what a tool
// always offers takes a name: test is the Makefile's, and cargo-test is Cargo's.
func (s *settled) name() {
	kinds := [...]config.Kind{config.Service, config.Task}
	taken, names := map[string]bool{}, map[[2]int]string{}
	for _, usual := range [...]bool{false, true} {
		for _, kind := range kinds {
			for i, ev := range s.found {
				for k, u := range ev.Units {
					if u.Kind == kind && usual == (ev.Usual != "") {
						name := unitName(u.Name, cmp.Or(ev.Usual, ev.By), taken)
						taken[name], names[[2]int{i, k}] = true, name
					}
				}
			}
		}
	}
	for _, kind := range kinds {
		for i, ev := range s.found {
			for k, u := range ev.Units {
				if u.Kind == kind {
					s.units = append(s.units, settledUnit{Unit: u, evidence: i, name: names[[2]int{i, k}]})
				}
			}
		}
	}
}

// connect makes dependencies point at the names in the file. One that its own
// evidence does not have is another's, if only by that name.
func (s *settled) connect() {
	named := map[int]map[string]*settledUnit{}
	all := map[string]*settledUnit{}
	for i := range s.units {
		u := &s.units[i]
		if named[u.evidence] == nil {
			named[u.evidence] = map[string]*settledUnit{}
		}
		named[u.evidence][u.Name] = u
		for _, name := range []string{u.name, u.Name} {
			if _, known := all[name]; !known {
				all[name] = u
			}
		}
	}
	index := map[string]int{}
	for i := range s.units {
		index[s.units[i].name] = i
	}
	needs := make([][]int, len(s.units))
	for i := range s.units {
		u := &s.units[i]
		var kept []config.Dependency
		for _, d := range u.DependsOn {
			other := named[u.evidence][d.Name]
			if other == nil {
				other = all[d.Name]
			}
			switch {
			case other == nil:
				s.leave(u, fmt.Sprintf("it depends on %q, which is not here", d.Name))
			case other.name == u.name || slices.ContainsFunc(kept, func(k config.Dependency) bool { return k.Name == other.name }):
			case !reachable(other.Unit, d.Condition):
				s.leave(u, fmt.Sprintf("it waits for %q to be %s, which never happens", d.Name, d.Condition))
			case leads(needs, index[other.name], i):
				s.leave(u, fmt.Sprintf("it depends on %q, which depends on it", d.Name))
			default:
				needs[i] = append(needs[i], index[other.name])
				kept = append(kept, config.Dependency{Name: other.name, Condition: d.Condition})
			}
		}
		if slices.ContainsFunc(kept, func(d config.Dependency) bool { return d.Condition != "" }) {
			for k, d := range kept { // then each has to say its own
				if d.Condition == "" {
					kept[k].Condition = usual(s.units[index[d.Name]].Kind)
				}
			}
		}
		u.DependsOn = kept
	}
}

// usual is the condition that depends_on means without a word.
func usual(kind config.Kind) config.Condition {
	if kind == config.Task {
		return config.Succeeded
	}
	return config.Ready
}

func reachable(u config.Unit, c config.Condition) bool {
	switch c {
	case config.Ready:
		return u.Kind == config.Service
	case config.Succeeded, config.Completed:
		return u.Kind == config.Task || u.Restart.When != config.RestartAlways
	}
	return true
}

// leads says whether one unit depends on another, over others too.
func leads(needs [][]int, from, to int) bool {
	seen := map[int]bool{}
	next := []int{from}
	for len(next) > 0 {
		at := next[len(next)-1]
		next = next[:len(next)-1]
		if at == to {
			return true
		}
		if !seen[at] {
			seen[at] = true
			next = append(next, needs[at]...)
		}
	}
	return false
}

// ports keeps a number for the first who has it.
func (s *settled) ports() {
	owners := map[int]string{}
	for i := range s.units {
		u := &s.units[i]
		var kept []config.Port
		variables := map[string]bool{}
		for _, p := range u.Ports {
			v := config.PortVariable(p.Name)
			owner, taken := owners[p.Number]
			switch {
			case variables[v]:
				continue
			case p.Number != 0 && taken:
				s.leave(u, fmt.Sprintf("its port %d, which %s has too", p.Number, owner))
				continue
			case p.Number != 0:
				owners[p.Number] = u.name
			}
			variables[v] = true
			kept = append(kept, p)
		}
		u.Ports = kept
	}
}

// write makes each unit's text, and drops those that no file can hold.
func (s *settled) write() {
	gone := map[string]bool{}
	kept := s.units[:0]
	for _, u := range s.units {
		alone := u.Unit
		alone.DependsOn = nil // they are looked at together
		if why := rejected(string(u.Kind)+"s", unitText(alone, u.name)); why != "" {
			s.left = append(s.left, fmt.Sprintf("%s: %s %q: %s", s.found[u.evidence].Where, u.Kind, u.Name, why))
			gone[u.name] = true
			continue
		}
		kept = append(kept, u)
	}
	s.units = kept
	for i := range s.units {
		u := &s.units[i]
		u.DependsOn = slices.DeleteFunc(u.DependsOn, func(d config.Dependency) bool { return gone[d.Name] })
		u.text = unitText(u.Unit, u.name)
		if u.Kind == config.Task && u.Watch != nil && s.found[u.evidence].Below {
			u.text += "    autostart: false\n" // one for each of many directories would be too much
		}
	}
}

func (s *settled) leave(u *settledUnit, what string) {
	s.left = append(s.left, fmt.Sprintf("%s: %s: %s", s.found[u.evidence].Where, u.Name, what))
}

// rejected says why a unit can't be in a file.
func rejected(section, unit string) string {
	text := fmt.Sprintf("version: %d\n%s:\n%s", config.Version, section, unit)
	if _, err := config.LoadBytes(config.FileName, []byte(text)); err != nil {
		why, _, _ := strings.Cut(err.Error(), "\n")
		return why
	}
	return ""
}

var notInName = lazy.Regexp(`[^A-Za-z0-9_.-]+`)

// unitName makes a name that the file does not have yet; of two with one name,
// the second is called after who found it.
func unitName(name, by string, taken map[string]bool) string {
	clean := func(s string) string { return strings.Trim(notInName().ReplaceAllString(s, "-"), "-._") }
	if name = clean(name); name == "" {
		name = "unit"
	}
	if by = clean(by); taken[name] && by != "" {
		name = by + "-" + name
	}
	for n, base := 2, name; taken[name]; n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	return name
}
