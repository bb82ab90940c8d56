// Package env composes the environment of child processes, and says which of
// its values must not be shown. It never changes the environment of this
// process and never expands anything.
package env

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/joho/godotenv"
)

// The variables that Sawhorse itself gives to every process.
const (
	RunVariable     = "SAWHORSE_RUN"     // the id of the run
	TaskVariable    = "SAWHORSE_TASK"    // the name of the service or task
	ReplicaVariable = "SAWHORSE_REPLICA" // from 1, when there are several
	ChangedVariable = "SAWHORSE_CHANGED" // the changed paths, one a line
)

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
