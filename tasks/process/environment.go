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
		e.suggest(variableName(port.Name)+"_PORT", strconv.Itoa(n), u.Env)
	}
	for name, value := range params {
		e.set("PARAM_"+variableName(name), value)
	}
	if p.tty && (e.value("TERM") == "" || e.value("TERM") == "dumb") {
		e.set("TERM", "xterm-256color")
	}
	e.set(markVariable, markOf(r.token, req.Run))
	if req.Replica > 0 {
		e.set("SAWHORSE_REPLICA", strconv.Itoa(req.Replica))
	}
	e.drop("SAWHORSE_CHANGED", "SAWHORSE_CHANGED_FILE") // of a host that runs this host
	if len(req.Cause.Files) > 0 {
		list, whole := changedList(req.Cause.Files)
		e.set("SAWHORSE_CHANGED", list)
		if !whole {
			if p.changed, err = r.writeChanged(req); err != nil {
				return fmt.Errorf("write the list of changed files: %w", err)
			}
			e.set("SAWHORSE_CHANGED_FILE", p.changed)
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

// changedLimit keeps SAWHORSE_CHANGED under what the system takes for one
// variable (128 KiB on Linux), with room for other big ones.
const changedLimit = 64 << 10

// changedList is the files, one a line, as far as they fit; whole says whether
// all did.
func changedList(files []string) (list string, whole bool) {
	var b strings.Builder
	for i, f := range files {
		if b.Len()+len(f)+1 > changedLimit {
			return b.String(), false
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(f)
	}
	return b.String(), true
}

// writeChanged writes all changed files, one a line, for a task that asks by
// SAWHORSE_CHANGED_FILE because the variable could not hold them.
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

// variableName is a name as the shell can use it: "http-admin" is HTTP_ADMIN.
func variableName(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return c - 'a' + 'A'
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_':
			return c
		}
		return '_'
	}, name)
}
