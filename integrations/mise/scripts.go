package mise

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// mostScripts bounds how many files of a directory of tasks are looked at.
const mostScripts = 500

// files finds the programs of a directory of tasks; one in a directory of its
// own is called "directory:name".
func files(dir, sub string, known map[string]bool) integrations.Evidence {
	ev := integrations.Evidence{Where: sub}
	root := filepath.Join(dir, filepath.FromSlash(sub))
	if filepath.IsAbs(sub) || strings.HasPrefix(path.Clean(sub), "..") {
		return ev
	}
	n := 0
	_ = fs.WalkDir(os.DirFS(root), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || n >= mostScripts {
			return fs.SkipAll
		}
		if name != "." && strings.HasPrefix(e.Name(), ".") {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() {
			return nil
		}
		n++
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || runtime.GOOS != "windows" && info.Mode()&0o111 == 0 {
			return nil
		}
		text, ok, err := declared.Read(root, filepath.FromSlash(name))
		if !ok || err != nil {
			return nil //nolint:nilerr // what can't be read is no task
		}
		task := taskName(name)
		u, hidden := script(task, text)
		if known[task] || hidden {
			return nil
		}
		known[task] = true
		u.Pos = config.Position{File: path.Join(sub, name), Line: 1}
		ev.Units = append(ev.Units, u)
		ev.Files = append(ev.Files, u.Pos.File)
		return nil
	})
	ev.What = fmt.Sprintf("%d scripts", len(ev.Units))
	return ev
}

// taskName is a script's: its path with colons, without its ending; that of
// _default is its directory's.
func taskName(file string) string {
	name := strings.TrimSuffix(file, path.Ext(file))
	if path.Base(name) == "_default" {
		name = path.Dir(name)
	}
	return strings.ReplaceAll(name, "/", ":")
}

// header is a line like: #MISE description="build it"
var header = lazy.Regexp(`^\s*(?:#|//|--|;)\s*(?:MISE|\[MISE\])\s+([a-z_.]+)\s*=\s*(.+?)\s*$`)

// script reads what the head of a script says of the task.
func script(name string, text []byte) (u config.Unit, hidden bool) {
	const longest = 100
	u = config.Unit{Name: name, Kind: config.Task, Run: "mise run " + config.ShellWord(name)}
	for i, line := range strings.Split(string(text), "\n") {
		if i > longest {
			break
		}
		m := header().FindStringSubmatch(line)
		if m == nil {
			continue
		}
		value := strings.Trim(m[2], `"'`)
		switch m[1] {
		case "description":
			u.Description = value
		case "hide":
			hidden = value == "true"
		case "raw":
			u.TTY = value == "true"
		}
	}
	return u, hidden
}
