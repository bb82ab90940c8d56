package pytest

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// lacks looks whether the tool that a unit runs is where its command says: in a
// virtual environment, or on PATH. What python -m finds only Python knows.
func lacks(root string, u config.Unit, pathOf string) (integrations.Lack, bool) {
	line, ok := command.Read(u)
	if !ok {
		return integrations.Lack{}, false
	}
	dir := u.Dir
	if dir == "" {
		dir = root
	}
	word := filepath.ToSlash(line.Words[0])
	tool := command.Program(word)
	env, in := strings.CutSuffix(path.Dir(word), "/bin")
	switch {
	case in:
		file, home := filepath.FromSlash(word), filepath.FromSlash(env)
		if !filepath.IsAbs(file) {
			file, home = filepath.Join(dir, file), filepath.Join(dir, home)
		}
		if !ofPython(tool) && !declared.Has(home, "pyvenv.cfg") || exists(file) {
			return integrations.Lack{}, false
		}
		if !exists(home) {
			return integrations.Lack{What: "there is no virtual environment " + env, Fix: command.In(root, dir, environment(dir, env, tool))}, true
		}
		return integrations.Lack{What: env + " has no " + tool, Fix: command.In(root, dir, environment(dir, env, tool))}, true
	case !strings.Contains(word, "/") && ofPython(tool) && !strings.HasPrefix(tool, "python") && !onPath(tool, pathOf):
		return integrations.Lack{What: tool + " is not installed", Fix: command.In(root, dir, environment(dir, "", tool))}, true
	}
	return integrations.Lack{}, false
}

// ofPython says whether a program is one that a project's environment has.
func ofPython(tool string) bool {
	switch tool {
	case "pytest", "py.test", "ruff", "mypy", "coverage", "tox", "nox", "black", "flake8", "pyright":
		return true
	}
	return strings.HasPrefix(tool, "python")
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func onPath(program, list string) bool {
	return slices.ContainsFunc(filepath.SplitList(list), func(dir string) bool { return exists(filepath.Join(dir, program)) })
}

// environment is the command that brings a tool into a project's environment: what
// its manager makes of the lock file, or pip in env; "": in one that is to be made.
func environment(dir, env, tool string) string {
	for _, m := range [...]struct{ file, line string }{
		{"uv.lock", "uv sync"}, {"poetry.lock", "poetry install"}, {"pdm.lock", "pdm install"}, {"Pipfile", "pipenv install --dev"},
	} {
		if declared.Has(dir, m.file) {
			return m.line
		}
	}
	line := ""
	if env == "" || !exists(filepath.Join(dir, filepath.FromSlash(env))) && !filepath.IsAbs(env) {
		if env == "" {
			env = ".venv"
		}
		if !declared.Has(dir, env) {
			line = "python3 -m venv " + config.ShellWord(env) + " && "
		}
	}
	line += config.ShellWord(env+"/bin/pip") + " install"
	what := " " + config.ShellWord(tool)
	if strings.HasPrefix(tool, "python") {
		what = ""
	}
	for _, file := range [...]string{"requirements-dev.txt", "dev-requirements.txt", "requirements-test.txt", "requirements/dev.txt", "requirements/test.txt"} {
		if declared.Has(dir, file) {
			return line + " -r " + file
		}
	}
	switch {
	case declared.Has(dir, "requirements.txt"):
		return line + " -r requirements.txt" + what
	case declared.Has(dir, "pyproject.toml"), declared.Has(dir, "setup.py"):
		return line + " -e ." + what
	}
	return line + what
}

// Install is the command that brings a tool of Python into the project's environment.
func Install(dir, tool string) string { return environment(dir, "", tool) }

// noModule is what python -m says of a module that it has not:
//
//	/usr/bin/python3: No module named pytest
func (r *reader) noModule(line string) bool {
	if line[0] != '/' {
		return false
	}
	python, module, ok := strings.Cut(line, ": No module named ")
	if !ok || !strings.HasPrefix(command.Program(python), "python") || strings.ContainsAny(module, " .'") {
		return false
	}
	dir := r.task.Spec.Dir
	if dir == "" {
		dir = r.task.Root
	}
	home := filepath.Dir(filepath.Dir(python))
	if !declared.Has(home, "pyvenv.cfg") {
		home = ""
	}
	lack := integrations.Lack{What: module + " is not installed for " + python, Fix: environment(dir, home, module)}
	r.sink.Emit(tasks.DiagnosticReported{Diagnostic: tasks.Diagnostic{
		Severity: tasks.Error, Message: lack.String(), Line: -1,
	}})
	return true
}
