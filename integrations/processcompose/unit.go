package processcompose

import (
	"fmt"
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// understood are the keys of a process that have a meaning here; those that are
// not are named, so that nobody believes in a rule that nobody follows.
var understood = []string{
	"command", "entrypoint", "environment", "env_file", "working_dir", "description", "depends_on", "availability", "readiness_probe",
	"ready_log_line", "shutdown", "namespace", "namespaces", "replicas", "disabled", "is_disabled", "is_tty", "is_interactive", "is_foreground",
	"vars", "schedule", "watch", "log_location", "log_configuration", "disable_ansi_colors",
}

// unit is a process as a service, or as a task where its end is what counts.
func (p *project) unit(one process, awaited bool) (config.Unit, bool) {
	v := one.v
	r := rendering{vars: p.whole.Get("vars").Texts(), own: v.Get("vars").Texts()}
	u := config.Unit{
		Name: one.name, Kind: config.Service, Autostart: true, Pos: one.pos,
		Description: r.text(v.Get("description").Text), Dir: r.text(v.Get("working_dir").Text), EnvFile: v.Get("env_file").Strings(),
		Env: variables(p.whole.Get("environment"), v.Get("environment")), TTY: v.Get("is_tty").Is() || v.Get("is_interactive").Is(),
		Shell: p.shell(),
	}
	if declared.Has(p.dir, ".env") { // process-compose reads it unasked
		u.EnvFile = append([]string{".env"}, u.EnvFile...)
	}
	if n := v.Get("replicas").Number(); n > 1 {
		u.Replicas = n
	} else {
		r.replica = "0"
	}
	if awaited || v.Has("schedule") {
		u.Kind = config.Task
	}
	u.Run = dollars(r.text(v.Get("command").Text))
	if entry := v.Get("entrypoint").Strings(); u.Run == "" {
		u.Command, u.Shell = entry, nil
	}
	leave := func(what string) { p.leave(one.name + ": " + what) }
	if u.Run == "" && len(u.Command) == 0 {
		leave("it has no command")
		return u, false
	}
	disabled := v.Get("disabled").Is()
	if word := v.Get("is_disabled").Text; word != "" {
		disabled = word == "true"
	}
	u.Autostart = !disabled && !v.Get("is_foreground").Is()
	u.TTY = u.TTY || v.Get("is_foreground").Is()
	for _, group := range append(v.Get("namespaces").Strings(), v.Get("namespace").Text) {
		if group != "" {
			u.Groups = append(u.Groups, group)
		}
	}
	for _, d := range v.Get("depends_on").Entries {
		u.DependsOn = append(u.DependsOn, config.Dependency{Name: d.Key, Condition: condition(d.Value)})
	}
	p.watch(v.Get("watch"), &u, leave)
	if u.Kind == config.Task {
		p.task(v, &u, leave)
	} else {
		p.service(v, &u, &r, leave)
	}
	for _, key := range v.Unknown(understood...) {
		leave(key + " is not supported")
	}
	if v.Has("log_location") {
		leave("log_location: its output is kept in the logs of Sawhorse")
	}
	if r.failed != "" {
		leave("the template " + r.failed + " is kept as it is")
	}
	return u, true
}

// shell is what runs commands: bash, unless the file says otherwise.
func (p *project) shell() []string {
	if program := p.whole.Get("shell", "shell_command").Text; program != "" {
		argument := p.whole.Get("shell", "shell_argument").Text
		if argument == "" {
			argument = "-c"
		}
		return []string{program, argument}
	}
	return []string{"bash", "-c"}
}

func (p *project) task(v *declared.Value, u *config.Unit, leave func(string)) {
	s := v.Get("schedule")
	switch {
	case s.Get("cron").Text != "":
		u.Schedule = s.Get("cron").Text
		if zone := s.Get("timezone").Text; zone != "" {
			u.Schedule = "CRON_TZ=" + zone + " " + u.Schedule
		}
	case s.Get("interval").Text != "":
		u.Schedule = "@every " + s.Get("interval").Text
	}
	u.Autostart = u.Autostart && (s.Kind == declared.Missing || s.Get("run_on_start").Is())
	if s.Kind != declared.Missing {
		u.OnBusy = config.BusyIgnore
		if s.Get("max_concurrent").Number() > 1 {
			leave("max_concurrent: one run at a time")
		}
	}
	for _, key := range []string{"availability", "readiness_probe", "shutdown", "replicas"} {
		if v.Has(key) && (key != "replicas" || v.Get(key).Number() > 1) {
			leave(key + ": it is run once, because others wait for its end")
		}
	}
	u.Replicas = 0
}

func (p *project) service(v *declared.Value, u *config.Unit, r *rendering, leave func(string)) {
	a := v.Get("availability")
	switch a.Get("restart").Text {
	case "always":
		u.Restart.When = config.RestartAlways
	case "on_failure":
		u.Restart.When = config.RestartOnFailure
	case "exit_on_failure":
		leave("exit_on_failure: its failure stops nothing else")
	}
	if a.Get("exit_on_end").Is() {
		leave("exit_on_end: its end stops nothing else")
	}
	if u.Restart.When != "" {
		wait := time.Duration(max(1, a.Get("backoff_seconds").Number())) * time.Second
		u.Restart.Min, u.Restart.Max = wait, wait
		u.Restart.Limit = max(0, a.Get("max_restarts").Number())
	}
	if line := v.Get("ready_log_line").Text; line != "" {
		u.Ready = &config.Probe{Log: regexp.QuoteMeta(line)}
	}
	if probe := v.Get("readiness_probe"); probe.Kind == declared.Map {
		u.Ready = readiness(probe, r, leave)
	}
	s := v.Get("shutdown")
	if n := s.Get("signal").Number(); n != 0 && n != 15 {
		if name := signals[n]; name != "" {
			u.Stop.Signal = name
		} else {
			leave(fmt.Sprintf("shutdown.signal %d has no name here", n))
		}
	}
	u.Stop.Timeout = time.Duration(max(0, s.Get("timeout_seconds").Number())) * time.Second
	if s.Has("command") {
		leave("shutdown.command: it is ended by a signal")
	}
	if s.Get("parent_only").Is() {
		leave("shutdown.parent_only: the whole process group is ended")
	}
}

// readiness is a probe with process-compose's own defaults.
func readiness(v *declared.Value, r *rendering, leave func(string)) *config.Probe {
	or := func(key string, usual int) time.Duration {
		if n := v.Get(key).Number(); n > 0 {
			return time.Duration(n) * time.Second
		}
		return time.Duration(usual) * time.Second
	}
	p := &config.Probe{Every: or("period_seconds", 10), Timeout: or("timeout_seconds", 1)}
	tries := max(1, v.Get("failure_threshold").Number())
	if !v.Has("failure_threshold") {
		tries = 3
	}
	p.Within = or("initial_delay_seconds", 0) + time.Duration(tries)*p.Every
	switch {
	case v.Has("exec"):
		p.Exec = dollars(r.text(v.Get("exec", "command").Text))
		if dir := v.Get("exec", "working_dir").Text; dir != "" {
			p.Exec = "cd " + config.ShellWord(dir) + " && " + p.Exec
		}
	case v.Has("http_get"):
		h := v.Get("http_get")
		get := func(key, usual string) string {
			if text := r.text(h.Get(key).Text); text != "" {
				return text
			}
			return usual
		}
		host := get("host", "127.0.0.1")
		if port := get("port", ""); port != "" {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		p.HTTP = strings.ToLower(get("scheme", "http")) + "://" + host + "/" + strings.TrimPrefix(get("path", "/"), "/")
		for _, key := range h.Unknown("host", "port", "scheme", "path") {
			leave("http_get." + key + " is not supported")
		}
		if strings.ContainsAny(p.HTTP, "$ ") {
			leave("its readiness_probe, whose address is made of variables")
			return nil
		}
	default:
		leave("its readiness_probe, which is neither exec nor http_get")
		return nil
	}
	return p
}

// watch takes over what restarts it; patterns without a slash fit at any depth.
func (p *project) watch(v *declared.Value, u *config.Unit, leave func(string)) {
	if v.Kind != declared.Map {
		return
	}
	w := &config.Watch{}
	for _, item := range v.Get("paths").Items {
		root := path.Join(u.Dir, item.Get("path").Text)
		if path.IsAbs(root) || strings.HasPrefix(root, "..") {
			leave("it watches " + root + ", which is not in this directory")
			continue
		}
		below := func(patterns []string) []string {
			var all []string
			for _, g := range patterns {
				if !strings.Contains(g, "/") {
					g = "**/" + g
				}
				all = append(all, path.Join(root, g))
			}
			return all
		}
		include := item.Get("include").Strings()
		if len(include) == 0 {
			include = []string{"**/*"}
		}
		w.Paths = append(w.Paths, below(include)...)
		w.Ignore = append(w.Ignore, below(item.Get("exclude").Strings())...)
	}
	if v.Get("cascade").Is() {
		leave("watch.cascade: what depends on it is not restarted with it")
	}
	if len(w.Paths) > 0 {
		u.Watch = w
	}
}

// variables are lists of NAME=value, or maps; the later one wins.
func variables(lists ...*declared.Value) map[string]string {
	env := map[string]string{}
	for _, v := range lists {
		for name, value := range v.Texts() {
			env[name] = dollars(value)
		}
		for _, pair := range v.Strings() {
			if name, value, ok := strings.Cut(pair, "="); ok {
				env[strings.TrimSpace(name)] = dollars(value)
			}
		}
	}
	if len(env) == 0 {
		return nil
	}
	return env
}

// dollars undoes the doubling that keeps $ from being expanded early: here the
// shell alone expands.
func dollars(s string) string { return strings.ReplaceAll(s, "$$", "$") }

// rendering replaces {{.NAME}} by the file's vars.
type rendering struct {
	vars, own map[string]string
	replica   string // the number of the only replica
	failed    string // the first template that is more than a name
}

var template = lazy.Regexp(`\{\{(\s*"(?:[^"\\]|\\.)*"\s*|.*?)\}\}`)

func (r *rendering) text(s string) string {
	return template().ReplaceAllStringFunc(s, func(whole string) string {
		name, isName := strings.CutPrefix(strings.TrimSpace(whole[2:len(whole)-2]), ".")
		if isName {
			if name == "PC_REPLICA_NUM" && r.replica != "" {
				return r.replica
			}
			if value, ok := r.own[name]; ok {
				return value
			}
			if value, ok := r.vars[name]; ok {
				return value
			}
		}
		if literal, err := strconv.Unquote(strings.TrimSpace(whole[2 : len(whole)-2])); err == nil {
			return literal // {{ "{{ .this }}" }}
		}
		if r.failed == "" {
			r.failed = whole
		}
		return whole
	})
}

// signals by their numbers, where they are the same on all systems.
var signals = map[int]string{1: "HUP", 2: "INT", 3: "QUIT", 6: "ABRT", 9: "KILL", 14: "ALRM", 15: "TERM"}
