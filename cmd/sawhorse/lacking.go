package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/integrations/pytest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// notFound is how a shell ends that did not find a command.
const notFound = 127

// lacking is what a unit that failed needs and is not installed here, with the
// command that installs it: what its tool keeps in the workspace, or a program.
func lacking(root string, u config.Unit, path string, exit int) string {
	if lack, ok := all.Lacks(root, u, path); ok {
		return lack.String()
	}
	name := program(u)
	if exit != notFound && exit != -1 || name == "" || strings.ContainsRune(name, '/') || onPath(name, path) {
		return ""
	}
	if _, known := programs()[name]; !known || strings.HasPrefix(howToInstall(name), "install ") {
		return "" // who runs it says as much
	}
	return integrations.Lack{What: name + " is not installed", Fix: howToInstall(name)}.String()
}

// onPath says whether a program is in one of these directories.
func onPath(name, path string) bool {
	return slices.ContainsFunc(filepath.SplitList(path), func(dir string) bool {
		info, err := os.Stat(filepath.Join(dir, name))
		return err == nil && !info.IsDir()
	})
}

// examineInstalled looks for what the tools of the units keep in the workspace, and
// asks Python for the modules that it is to run.
func examineInstalled(ctx context.Context, root string, f *config.File) (found []finding) {
	said, rows, others := map[string]bool{}, map[string]int{}, map[int]int{}
	for _, u := range f.Units {
		lack, ok := all.Lacks(root, u, os.Getenv("PATH"))
		if !ok {
			lack, ok = lacksModule(ctx, root, u)
		}
		if !ok || said[lack.What] {
			continue
		}
		said[lack.What] = true
		if row, known := rows[lack.Fix]; known {
			others[row]++
			continue
		}
		rows[lack.Fix] = len(found)
		found = append(found, finding{What: "install", Text: fmt.Sprintf("%s, and %s needs it (%s)", lack.What, u.Name, u.Pos), Hint: lack.Fix})
	}
	for row, n := range others {
		found[row].Text += fmt.Sprintf("; the same brings what %d more need", n)
	}
	return found
}

// lacksModule asks the python on PATH for the module of `python -m MODULE`, from a
// directory where no file of the workspace can be taken for it.
func lacksModule(ctx context.Context, root string, u config.Unit) (integrations.Lack, bool) {
	words := u.Command
	if len(words) == 0 {
		words = strings.Fields(u.Run)
	}
	if len(words) < 3 || words[1] != "-m" || words[0] != "python3" && words[0] != "python" || !slices.Contains([]string{"pytest", "ruff", "mypy"}, words[2]) {
		return integrations.Lack{}, false
	}
	python, err := exec.LookPath(words[0])
	if err != nil {
		return integrations.Lack{}, false // it is missing itself
	}
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "-c", "import importlib.util, sys; sys.exit(3 if importlib.util.find_spec(sys.argv[1]) is None else 0)", words[2])
	cmd.Dir, cmd.WaitDelay = nobodys(), time.Second
	if exit, ok := errors.AsType[*exec.ExitError](cmd.Run()); !ok || exit.ExitCode() != 3 {
		return integrations.Lack{}, false // it is there, or can't be asked
	}
	dir := u.Dir
	if dir == "" {
		dir = root
	}
	return integrations.Lack{What: words[2] + " is not installed for " + python, Fix: pytest.Install(dir, words[2])}, true
}
