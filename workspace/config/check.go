package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// check looks at what several keys, or several units, say together.
func (r *reader) check(w *workspaceDraft) {
	units := r.checkNames(w)
	names := slices.Sorted(maps.Keys(units))
	// What a whole Compose file declares is known only once that is read.
	open := slices.ContainsFunc(w.units, func(d *draft) bool {
		return d.container.compose != "" && !strings.Contains(d.container.compose, "#") && !d.container.viaCLI
	})
	for _, d := range w.units {
		if r.full() {
			break
		}
		r.unit, r.path = d, nil
		r.checkDependencies(d, units, names, open)
		r.checkRestart(d)
		r.checkPorts(d)
		r.checkContainer(d)
		r.checkParams(d)
	}
	r.unit = nil
	r.checkSharedPorts(w)
	r.checkCycles(w, units)
	r.checkReferences(units, names, open)
}

// checkNames returns the units by name; a name stands for one unit only.
func (r *reader) checkNames(w *workspaceDraft) map[string]*draft {
	units := map[string]*draft{}
	for _, d := range w.units {
		first, taken := units[d.name]
		if !taken {
			units[d.name] = d
			continue
		}
		if before(d.pos, first.pos) {
			first, d = d, first
		}
		r.at(d.pos, d.length, fmt.Sprintf("the name %q is taken by a %s", d.name, first.kind),
			"services and tasks share their names; rename one of them",
			Related{Pos: first.pos, Message: fmt.Sprintf("the %s", first.kind)})
	}
	return units
}

func before(a, b Position) bool {
	return a.File == b.File && (a.Line < b.Line || a.Line == b.Line && a.Column < b.Column)
}

func (r *reader) checkDependencies(d *draft, units map[string]*draft, names []string, open bool) {
	for _, dep := range d.dependsOn {
		other, known := units[dep.name]
		switch {
		case dep.name == d.name:
			r.at(dep.pos, dep.length, fmt.Sprintf("%s depends on itself", d.title()), "remove it from depends_on")
		case !known && open:
		case !known:
			others := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == d.name })
			hint := didYouMean(dep.name, others)
			if hint == "" {
				hint = "name a service or task of this file"
			}
			r.at(dep.pos, dep.length, fmt.Sprintf("%s depends on %q, which is neither a service nor a task", d.title(), dep.name), hint)
		default:
			if why, hint := impossible(other, dep.condition); why != "" {
				r.at(dep.pos, dep.length, fmt.Sprintf("%s waits for %q to be %s, but %s", d.title(), dep.name, dep.condition, why), hint)
			}
		}
	}
}

// impossible says why a unit never reaches a condition.
func impossible(d *draft, c Condition) (why, hint string) {
	always := d.kind == Service && d.restart.v.When == RestartAlways
	switch {
	case c == Ready && d.kind == Task:
		return fmt.Sprintf("%q is a task, which ends instead of becoming ready", d.name), "use succeeded, or started"
	case (c == Succeeded || c == Completed) && always:
		return fmt.Sprintf("%q is restarted whenever it ends", d.name), "use ready or started, or change its restart"
	}
	return "", ""
}

func (r *reader) checkRestart(d *draft) {
	if v := d.restart.v; v.Min > 0 && v.Max > 0 && v.Min > v.Max {
		r.problem(d.restart.n, fmt.Sprintf("restart of %s: min is %s, more than max, which is %s", d.title(), v.Min, v.Max), "")
	}
}

func (r *reader) checkPorts(d *draft) {
	variables := map[string]placed[Port]{}
	for _, p := range d.ports {
		name := PortVariable(p.v.Name)
		if first, taken := variables[name]; taken {
			r.problem(p.n, fmt.Sprintf("ports %q and %q of %s would both be %s", first.v.Name, p.v.Name, d.title(), name), "rename one of them",
				Related{Pos: first.n.pos, Message: "the first one"})
			continue
		}
		variables[name] = p
		if p.v.Number != 0 && d.replicas.v > 1 {
			r.problem(p.n, fmt.Sprintf("%d replicas of %s cannot share port %d", d.replicas.v, d.title(), p.v.Number), "use auto, and each has its own")
		}
	}
}

func (r *reader) checkParams(d *draft) {
	variables := map[string]placed[Param]{}
	for _, p := range d.params {
		name := ParamVariable(p.v.Name)
		if first, taken := variables[name]; taken {
			r.problem(p.n, fmt.Sprintf("params %q and %q of %s would both be %s", first.v.Name, p.v.Name, d.title(), name), "rename one of them",
				Related{Pos: first.n.pos, Message: "the first one"})
			continue
		}
		variables[name] = p
	}
}

// checkSharedPorts reports fixed ports that two services want.
func (r *reader) checkSharedPorts(w *workspaceDraft) {
	type owner struct {
		unit *draft
		port placed[Port]
	}
	owners := map[int]owner{}
	for _, d := range w.units {
		for _, p := range d.ports {
			first, taken := owners[p.v.Number]
			switch {
			case p.v.Number == 0:
			case taken && first.unit == d:
				r.problem(p.n, fmt.Sprintf("port %d is given twice in %s", p.v.Number, d.title()), "remove one of them, or use auto",
					Related{Pos: first.port.n.pos, Message: "the first one"})
			case taken:
				r.problem(p.n, fmt.Sprintf("port %d of %s is also that of %s", p.v.Number, d.title(), first.unit.title()), "change one of them, or use auto",
					Related{Pos: first.port.n.pos, Message: "the first one"})
			default:
				owners[p.v.Number] = owner{d, p}
			}
		}
	}
}

// edge is "from depends on name".
type edge struct {
	from string
	dependency
}

// checkCycles reports cycles, each with the place of every edge.
func (r *reader) checkCycles(w *workspaceDraft, units map[string]*draft) {
	const visiting, done = 1, 2
	state := map[*draft]int{}
	var chain []edge // from where the visit began to the unit
	var visit func(d *draft)
	visit = func(d *draft) {
		state[d] = visiting
		for _, dep := range d.dependsOn {
			other := units[dep.name]
			if other == nil || other == d || state[other] == done {
				continue
			}
			chain = append(chain, edge{d.name, dep})
			if state[other] == visiting {
				first := slices.IndexFunc(chain, func(e edge) bool { return e.from == other.name })
				r.reportCycle(chain[max(first, 0):])
			} else {
				visit(other)
			}
			chain = chain[:len(chain)-1]
		}
		state[d] = done
	}
	for _, d := range w.units {
		if state[d] == 0 {
			visit(d)
		}
	}
}

func (r *reader) reportCycle(edges []edge) {
	names := []string{edges[0].from}
	var related []Related
	for _, e := range edges {
		names = append(names, e.name)
		related = append(related, Related{Pos: e.pos, Message: fmt.Sprintf("%s depends on %s", e.from, e.name)})
	}
	last := edges[len(edges)-1]
	r.at(last.pos, last.length, "dependency cycle: "+strings.Join(names, " -> "), "remove one of these dependencies", related...)
}

// checkReferences reports ${{ ... }} to what is not there.
func (r *reader) checkReferences(units map[string]*draft, names []string, open bool) {
	for _, ref := range r.references {
		if r.full() {
			return
		}
		message, hint := "", ""
		switch space, rest, _ := strings.Cut(ref.name, "."); space {
		case "ports":
			service, _, _ := portReference(ref.name)
			if owner := units[service]; service != "" && (owner == nil && open || owner != nil && owner.container.compose != "") {
				continue
			}
			message, hint = checkPortReference(ref, units, names)
		case "params":
			message, hint = checkParamReference(ref, rest)
		case "env":
			// Any name may come from the environment of the host.
		default:
			message, hint = fmt.Sprintf("%q is not known", ref.name), didYouMean(space, []string{"ports", "params", "env"})
		}
		if message != "" {
			r.at(ref.pos, ref.length, "${{ "+ref.name+" }}: "+message, hint)
		}
	}
}

func checkPortReference(ref reference, units map[string]*draft, names []string) (message, hint string) {
	service, port, _ := portReference(ref.name)
	owner := ref.unit
	if service != "" {
		owner = units[service]
		if owner == nil {
			var services []string
			for name, d := range units {
				if len(d.ports) > 0 {
					services = append(services, name)
				}
			}
			return fmt.Sprintf("there is no service %q", service), didYouMean(service, services)
		}
	}
	var here, everywhere []string
	if owner != nil {
		for _, p := range owner.ports {
			if p.v.Name == port {
				return "", ""
			}
			here = append(here, p.v.Name)
		}
	}
	for _, name := range names {
		for _, p := range units[name].ports {
			if p.v.Name == port {
				everywhere = append(everywhere, "ports."+name+"."+port)
			}
		}
	}
	switch {
	case len(here) == 0 && len(everywhere) > 0:
		return fmt.Sprintf("%s has no port %q", ownerTitle(owner), port), fmt.Sprintf("did you mean %q?", everywhere[0])
	case len(here) == 0:
		return ownerTitle(owner) + " has no ports", "add ports: {" + port + ": auto}"
	}
	return fmt.Sprintf("%s has no port %q", ownerTitle(owner), port), didYouMean(port, here)
}

func ownerTitle(d *draft) string {
	if d == nil {
		return "the workspace"
	}
	return d.title()
}

func checkParamReference(ref reference, name string) (message, hint string) {
	if ref.unit == nil || ref.unit.kind != Task {
		return ownerTitle(ref.unit) + " has no params", "only tasks have params"
	}
	var names []string
	for _, p := range ref.unit.params {
		if p.v.Name == name {
			return "", ""
		}
		names = append(names, p.v.Name)
	}
	if len(names) == 0 {
		return ref.unit.title() + " has no params", "add params: {" + name + ": {required: true}}"
	}
	return fmt.Sprintf("%s has no param %q", ref.unit.title(), name), didYouMean(name, names)
}
