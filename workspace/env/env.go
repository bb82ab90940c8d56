// Package env composes the environment of child processes, and says which of
// its values must not be shown. It never changes the environment of this
// process and never expands anything.
package env

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/joho/godotenv"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// The variables that Sawhorse itself gives to every process.
const (
	RunVariable     = "SAWHORSE_RUN"     // the id of the run
	TaskVariable    = "SAWHORSE_TASK"    // the name of the service or task
	ReplicaVariable = "SAWHORSE_REPLICA" // from 1, when there are several
	ChangedVariable = "SAWHORSE_CHANGED" // the changed paths, one a line
)

// Child is what the environment of one process is made of, the weakest first.
// Values are final: every ${{ ... }} is expanded.
type Child struct {
	// OS is the environment of the host, as os.Environ gives it.
	OS []string
	// WorkspaceFile and UnitFile are read from env_file, see ReadFiles.
	WorkspaceFile, Workspace map[string]string
	UnitFile                 map[string]string
	// Ports, with the numbers that were chosen, are NAME_PORT, and the first
	// one PORT. They win over a PORT in a dotenv file, which is meant for other
	// tools, and lose against the unit's own env, which is meant.
	Ports []config.Port
	Unit  map[string]string
	// Params are PARAM_NAME.
	Params map[string]string
	// Own are Sawhorse's own variables.
	Own map[string]string
}

// Environ is the whole environment as KEY=VALUE, sorted, each name once.
func (c Child) Environ() []string {
	return Build(c.OS, c.WorkspaceFile, c.Workspace, c.UnitFile, portVariables(c.Ports), c.Unit, paramVariables(c.Params), c.Own)
}

// Build puts layers of variables on top of base, KEY=VALUE lines; the last
// layer wins. The result is sorted, each name once.
func Build(base []string, layers ...map[string]string) []string {
	type variable struct{ name, value string }
	all := map[string]variable{}
	for _, line := range base {
		// Windows keeps the directory of each drive in "=C:=C:\dir".
		if cut := strings.Index(line[min(1, len(line)):], "=") + 1; cut > 0 {
			all[fold(line[:cut])] = variable{line[:cut], line[cut+1:]}
		}
	}
	for _, layer := range layers {
		for _, name := range slices.Sorted(maps.Keys(layer)) {
			all[fold(name)] = variable{name, layer[name]}
		}
	}
	out := make([]string, 0, len(all))
	for _, v := range all {
		out = append(out, v.name+"="+v.value)
	}
	slices.Sort(out)
	return out
}

// fold makes two spellings of one variable equal.
func fold(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

func portVariables(ports []config.Port) map[string]string {
	vars := map[string]string{}
	for _, p := range ports {
		vars[config.PortVariable(p.Name)] = strconv.Itoa(p.Number)
	}
	if len(ports) > 0 {
		vars["PORT"] = strconv.Itoa(ports[0].Number)
	}
	return vars
}

func paramVariables(params map[string]string) map[string]string {
	vars := map[string]string{}
	for name, value := range params {
		vars[config.ParamVariable(name)] = value
	}
	return vars
}

// maxChanged keeps SAWHORSE_CHANGED far below what a system lets one variable
// be (128 KiB on Linux), where the process could not be started at all.
const maxChanged = 32 << 10

// Changed is the value of SAWHORSE_CHANGED: one path a line. When there are too
// many it ends with the line "...", and a task must expect that anything changed.
func Changed(paths []string) string {
	var b strings.Builder
	for i, path := range paths {
		if i > 0 {
			b.WriteByte('\n')
		}
		if b.Len()+len(path) > maxChanged {
			b.WriteString("...")
			break
		}
		b.WriteString(path)
	}
	return b.String()
}

// ReadFiles reads dotenv files; the last one wins.
func ReadFiles(paths ...string) (map[string]string, error) {
	all := map[string]string{}
	for _, path := range paths {
		vars, err := godotenv.Read(path)
		if err != nil {
			return nil, fmt.Errorf("read env_file %s: %w", path, err)
		}
		maps.Copy(all, vars)
	}
	return all, nil
}
