package config

import (
	"cmp"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// The defaults of what a unit does not say.
const (
	probeEvery   = time.Second
	probeTimeout = 2 * time.Second
	probeWithin  = 2 * time.Minute

	restartMin   = 100 * time.Millisecond
	restartMax   = 30 * time.Second
	restartReset = 10 * time.Second

	stopSignal  = "TERM"
	stopTimeout = 10 * time.Second

	logSize  = 1_000_000_000
	logTotal = 4_000_000_000
	logAge   = 14 * 24 * time.Hour
)

func defaultShell() []string { return []string{"sh", "-c"} }

// resolve fills in defaults and makes paths absolute below dir.
func (w *workspaceDraft) resolve(dir string) *File {
	f := &File{
		Name:    cmp.Or(w.name, filepath.Base(dir)),
		Dir:     dir,
		Env:     w.env,
		EnvFile: paths(dir, w.envFile),
		Shell:   w.shell,
		Logs: Logs{
			Size:  cmp.Or(w.logs.Size, logSize),
			Total: cmp.Or(w.logs.Total, logTotal),
			Age:   cmp.Or(w.logs.Age, logAge),
		},
		Jobs: cmp.Or(w.jobs, runtime.NumCPU()),

		Integrations: w.integrations,
		Units:        make([]Unit, 0, len(w.units)),
	}
	if f.Shell == nil {
		f.Shell = defaultShell()
	}
	kinds := map[string]Kind{}
	for _, d := range w.units {
		kinds[d.name] = d.kind
	}
	for _, d := range w.units {
		u := d.resolve(dir, kinds)
		if u.Shell == nil {
			u.Shell = slices.Clone(f.Shell)
		}
		f.Units = append(f.Units, u)
	}
	return f
}

func (d *draft) resolve(dir string, kinds map[string]Kind) Unit {
	u := Unit{
		Name: d.name, Kind: d.kind, Pos: d.pos,
		Description: d.description, Hidden: d.hidden, Groups: d.groups,
		Run: d.run, Command: d.command, Shell: d.shell,
		Dir: absolute(dir, d.dir.v), Env: d.env, EnvFile: paths(dir, d.envFile),
		TTY:   d.kind == Service,
		Watch: d.watch,
		Stop:  Stop{Signal: cmp.Or(d.stop.Signal, stopSignal), Timeout: cmp.Or(d.stop.Timeout, stopTimeout)},
	}
	u.Autostart = (d.kind == Service || d.watch != nil) && !d.profiles
	if d.autostart.given() {
		u.Autostart = d.autostart.v
	}
	if d.tty.given() {
		u.TTY = d.tty.v
	}
	for _, dep := range d.dependsOn {
		condition := Ready
		if kinds[dep.name] == Task {
			condition = Succeeded
		}
		u.DependsOn = append(u.DependsOn, Dependency{Name: dep.name, Condition: cmp.Or(dep.condition, condition), Restart: dep.restart})
	}
	if d.kind == Service {
		d.resolveService(&u)
		d.resolveContainer(dir, &u)
	} else {
		u.Timeout, u.Schedule, u.OnBusy = d.timeout, d.schedule, cmp.Or(d.onBusy, BusyRestart)
		u.Inputs, u.Format, u.Results = d.inputs, d.format, d.results
		u.Track, u.Curves, u.Metrics = d.track, d.curves, d.metrics
		u.After = d.after
		u.Confirm, u.SameAs = d.confirm, d.sameAs
		d.resolvePinned(&u)
		for _, p := range d.params {
			u.Params = append(u.Params, p.v)
		}
	}
	return u
}

// resolvePinned takes over what a task of another system says.
func (d *draft) resolvePinned(u *Unit) {
	if !d.use.given() {
		return
	}
	u.Use, u.With, u.Values, u.At = d.use.v, d.with, d.values, map[string]Position{"use": d.use.n.pos}
	maps.Copy(u.At, d.withAt)
	for name, pos := range d.valuesAt {
		u.At["inputs."+name] = pos
	}
}

func (d *draft) resolveService(u *Unit) {
	if d.ready != nil {
		p := d.ready.Probe
		p.Every, p.Timeout, p.Within = cmp.Or(p.Every, probeEvery), cmp.Or(p.Timeout, probeTimeout), probeWithin
		if d.ready.within.given() {
			p.Within = d.ready.within.v
		}
		u.Ready = &p
	}
	r := d.restart.v
	// One bound alone moves the other's default along.
	u.Restart = Restart{
		When:  cmp.Or(r.When, RestartNo),
		Min:   cmp.Or(r.Min, min(restartMin, cmp.Or(r.Max, restartMin))),
		Max:   cmp.Or(r.Max, max(restartMax, r.Min)),
		Reset: cmp.Or(r.Reset, restartReset),
		Limit: r.Limit,
	}
	for _, p := range d.ports {
		u.Ports = append(u.Ports, p.v)
	}
	u.Replicas = 1
	if d.replicas.given() {
		u.Replicas = d.replicas.v
	}
}

// absolute is path below dir, unless it is absolute.
func absolute(dir, path string) string {
	if path == "" {
		return dir
	}
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

func paths(dir string, files []placed[string]) []string {
	var out []string
	for _, f := range files {
		out = append(out, absolute(dir, f.v))
	}
	return out
}

// PortVariable is the name of the environment variable of a port: "http" is
// HTTP_PORT.
func PortVariable(port string) string { return variable(port) + "_PORT" }

// ParamVariable is the name of the environment variable of a parameter:
// "target" is PARAM_TARGET.
func ParamVariable(param string) string { return "PARAM_" + variable(param) }

func variable(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
}
