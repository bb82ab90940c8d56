package process

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/env"
)

// setEnvironment makes the process's environment: the unit's, then its ports as
// NAME_PORT and PORT where the unit does not set them itself, then what only
// Sawhorse knows.
func (r *Runner) setEnvironment(p *plan, req tasks.Request, params map[string]string) error {
	u := req.Task.Spec
	base, err := r.unitEnvironment(u, references{ports: req.Ports, params: params, env: os.Environ()}.lookup(nil))
	if err != nil {
		return &tasks.StartError{Reason: p.at("environment: %s", err), Hint: "fix env or env_file"}
	}
	e := newEnvironment(base)
	for i, port := range u.Ports {
		n, ok := req.Ports[port.Name]
		if !ok {
			n = port.Number
		}
		if n == 0 {
			continue
		}
		if i == 0 {
			e.suggest("PORT", strconv.Itoa(n), u.Env)
		}
		e.suggest(config.PortVariable(port.Name), strconv.Itoa(n), u.Env)
	}
	for name, value := range params {
		e.set(config.ParamVariable(name), value)
	}
	if p.tty && (e.value("TERM") == "" || e.value("TERM") == "dumb") {
		e.set("TERM", "xterm-256color")
	}
	e.drop(env.ReplicaVariable, env.ChangedVariable, changedFileVariable) // of a host that runs this host
	e.set(env.RunVariable, markOf(r.token, req.Run))
	e.set(env.TaskVariable, req.Task.Name)
	if req.Replica > 0 {
		e.set(env.ReplicaVariable, strconv.Itoa(req.Replica))
	}
	if len(req.Cause.Files) > 0 {
		list := env.Changed(req.Cause.Files)
		e.set(env.ChangedVariable, list)
		if strings.HasSuffix(list, "\n...") { // there are more
			if p.changed, err = r.writeChanged(req); err != nil {
				return fmt.Errorf("write the list of changed files: %w", err)
			}
			e.set(changedFileVariable, p.changed)
		}
	}
	p.env = e.list()
	return nil
}

func (r *Runner) unitEnvironment(u config.Unit, lookup func(string) (string, bool)) ([]string, error) {
	if r.o.Env != nil {
		return r.o.Env(u, lookup)
	}
	base := os.Environ()
	for name, value := range u.Env {
		v, err := config.Expand(value, lookup)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		base = append(base, name+"="+v)
	}
	return base, nil
}

// changedFileVariable names a file with all changed paths, when the variable
// could not hold them.
const changedFileVariable = "SAWHORSE_CHANGED_FILE"

// writeChanged writes all changed files, one a line, in the
// state directory.
func (r *Runner) writeChanged(req tasks.Request) (string, error) {
	sum := sha256.Sum256([]byte(r.token + string(req.Run)))
	dir := r.o.StateDir
	if dir == "" {
		dir = os.TempDir()
	}
	path := filepath.Join(dir, "changed-"+hex.EncodeToString(sum[:8]))
	return path, os.WriteFile(path, []byte(strings.Join(req.Cause.Files, "\n")+"\n"), 0o600)
}

// vars is an environment without duplicates, in the order of first mention.
type vars struct {
	names  []string
	values map[string]string
}

func newEnvironment(list []string) *vars {
	e := &vars{values: make(map[string]string, len(list)+8)}
	for _, kv := range list {
		// Windows has names that begin with =.
		if i := strings.IndexByte(kv[min(1, len(kv)):], '='); i >= 0 {
			e.set(kv[:i+1], kv[i+2:])
		}
	}
	return e
}

func (e *vars) set(name, value string) {
	if strings.IndexByte(value, 0) >= 0 {
		value, _, _ = strings.Cut(value, "\x00") // the system would refuse the whole environment
	}
	if _, ok := e.values[name]; !ok {
		e.names = append(e.names, name)
	}
	e.values[name] = value
}

// suggest sets a variable unless the unit does so itself.
func (e *vars) suggest(name, value string, own map[string]string) {
	if _, ok := own[name]; !ok {
		e.set(name, value)
	}
}

func (e *vars) drop(names ...string) {
	for _, n := range names {
		delete(e.values, n)
		e.names = slices.DeleteFunc(e.names, func(have string) bool { return have == n })
	}
}

func (e *vars) value(name string) string { return e.values[name] }

func (e *vars) list() []string {
	list := make([]string, 0, len(e.names))
	for _, n := range e.names {
		list = append(list, n+"="+e.values[n])
	}
	return list
}

func lookupEnv(env []string, name string) string {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}
