package process

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// plan is all that is decided before a process starts.
type plan struct {
	argv []string
	path string // the program that argv[0] means
	dir  string
	env  []string
	tty  bool
	// shell runs lines in this unit; shellLine: argv is such a line.
	shell     []string
	shellLine bool
	ready     *config.Probe // references replaced; nil: none
	line      *lineWatch    // for a log probe
	pos       string        // where the unit stands, for messages
	changed   string        // a file to remove with the run; "": none
}

// discard removes what was made for the run.
func (p *plan) discard() {
	if p.changed != "" {
		_ = os.Remove(p.changed) // in the state directory; nobody misses it
	}
}

// prepare decides how a request becomes a process. Its errors are StartErrors.
func (r *Runner) prepare(req tasks.Request) (*plan, error) {
	u := req.Task.Spec
	p := &plan{dir: u.Dir, tty: u.TTY, shell: u.Shell, pos: u.Pos.String()}
	if p.dir == "" {
		p.dir = r.o.Root
	}
	if len(p.shell) == 0 {
		p.shell = r.o.Shell
	}
	if err := p.checkDir(); err != nil {
		return nil, err
	}
	params := paramValues(u.Params, req.Params)
	if err := r.setEnvironment(p, req, params); err != nil {
		return nil, err
	}
	fail := func(err error) (*plan, error) {
		p.discard()
		return nil, err
	}
	if err := p.setCommand(u, references{req.Ports, params, p.env}); err != nil {
		return fail(err)
	}
	path, err := findProgram(p.argv[0], p.dir, lookupEnv(p.env, "PATH"))
	if err != nil {
		if e := (*tasks.StartError)(nil); errors.As(err, &e) {
			if lack := r.o.Lacks(u, lookupEnv(p.env, "PATH"), -1); lack != "" {
				e.Hint = lack
			}
			e.Reason = p.at("%s", e.Reason)
		}
		return fail(err)
	}
	p.path = path
	return p, nil
}

func (p *plan) checkDir() error {
	info, err := os.Stat(p.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &tasks.StartError{Reason: p.at("directory %s does not exist", p.dir), Hint: "create it or change dir"}
	case err != nil:
		return &tasks.StartError{Reason: p.at("directory %s: %s", p.dir, plain(err)), Hint: "check its permissions or change dir"}
	case !info.IsDir():
		return &tasks.StartError{Reason: p.at("%s is not a directory", p.dir), Hint: "change dir"}
	}
	return nil
}

// at is a message with the unit's place in front.
func (p *plan) at(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	if p.pos == "" {
		return text
	}
	return p.pos + ": " + text
}

// setCommand makes the argv and the probe, with references replaced.
func (p *plan) setCommand(u config.Unit, refs references) error {
	var problem error
	expand := func(s string, quote func(string) string) string {
		out, err := config.Expand(s, refs.lookup(quote))
		if err != nil && problem == nil {
			problem = &tasks.StartError{Reason: p.at("%s", err), Hint: "name one of its own ports, ports.SERVICE.NAME, or a declared param"}
		}
		return out
	}
	switch {
	case u.Run != "":
		p.shellLine = true
		p.argv = append(slices.Clone(p.shell), expand(u.Run, config.ShellWord))
	case len(u.Command) > 0:
		for _, word := range u.Command {
			p.argv = append(p.argv, expand(word, nil))
		}
	default:
		return &tasks.StartError{Reason: p.at("%s has neither run nor command", u.Name), Hint: "give it one of them"}
	}
	if u.Ready != nil {
		probe := *u.Ready
		probe.HTTP, probe.TCP = expand(probe.HTTP, nil), expand(probe.TCP, nil)
		probe.Exec, probe.Log = expand(probe.Exec, config.ShellWord), expand(probe.Log, nil)
		p.ready = &probe
		if probe.Log != "" && problem == nil {
			watch, err := newLineWatch(probe.Log)
			if err != nil {
				return &tasks.StartError{Reason: p.at("ready.log: %s", err), Hint: "it is an RE2 regular expression"}
			}
			p.line = watch
		}
	}
	return problem
}

// references answers ${{ }} in what a unit runs.
type references struct {
	ports  map[string]int
	params map[string]string
	env    []string
}

// lookup answers references; quote, if any, is applied to the values that a
// person or the environment gives.
func (f references) lookup(quote func(string) string) func(string) (string, bool) {
	if quote == nil {
		quote = func(s string) string { return s }
	}
	return func(ref string) (string, bool) {
		kind, name, _ := strings.Cut(ref, ".")
		switch kind {
		case "ports":
			n, ok := f.ports[name]
			return strconv.Itoa(n), ok
		case "params":
			v, ok := f.params[name]
			return quote(v), ok
		case "env":
			return quote(lookupEnv(f.env, name)), true
		}
		return "", false
	}
}

// paramValues are the values of all declared parameters and of what else was
// given.
func paramValues(declared []config.Param, given map[string]string) map[string]string {
	values := make(map[string]string, len(declared)+len(given))
	for _, p := range declared {
		values[p.Name] = p.Default
	}
	maps.Copy(values, given)
	return values
}

// startError says why the operating system did not start the program.
func (p *plan) startError(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return &tasks.StartError{Reason: p.at("%s may not be executed: %s", p.path, plain(err)), Hint: "try chmod +x, or a file system that is not mounted noexec"}
	case errors.Is(err, fs.ErrNotExist):
		if interpreter := shebang(p.path); interpreter != "" {
			return &tasks.StartError{Reason: p.at("%s wants %s, which does not exist", p.path, interpreter), Hint: "install it or change the first line of the script"}
		}
		return &tasks.StartError{Reason: p.at("start %s: %s", p.path, plain(err)), Hint: "check that it is a program for this machine"}
	case notExecutableFormat(err):
		return &tasks.StartError{Reason: p.at("%s is not a program for this machine: %s", p.path, plain(err)), Hint: "a script needs a first line like #!/bin/sh"}
	}
	return fmt.Errorf("start %s: %w", filepath.Base(p.path), err)
}

// plain is an error without the operation and path that the message has already.
func plain(err error) string {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}
