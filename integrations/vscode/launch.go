package vscode

import (
	"fmt"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// readLaunch turns what launch.json starts under a debugger into tasks that run
// the same program without one.
func readLaunch(dir string, file *declared.Value) integrations.Evidence {
	ev := integrations.Evidence{Where: launchFile}
	inputs := inputsOf(file)
	configurations := file.Get("configurations").Items
	for _, v := range configurations {
		v = forThis(v, &declared.Value{})
		name := v.Get("name").Text
		if name == "" {
			name = fmt.Sprintf("line %d", v.Line)
		}
		u, why := launch(dir, name, v, inputs)
		if why != "" {
			ev.Left = append(ev.Left, fmt.Sprintf("%s: %s", name, why))
			continue
		}
		u.Pos = config.Position{File: launchFile, Line: v.Line}
		ev.Units = append(ev.Units, u)
	}
	for _, v := range file.Get("compounds").Items {
		ev.Left = append(ev.Left, fmt.Sprintf("%s: it starts several configurations", v.Get("name").Text))
	}
	ev.What = fmt.Sprintf("%d of %d launch configurations", len(ev.Units), len(configurations))
	return ev
}

func launch(dir, name string, v *declared.Value, inputs map[string]input) (u config.Unit, why string) {
	kind := strings.TrimPrefix(v.Get("type").Text, "pwa-")
	if v.Get("request").Text != "launch" {
		return u, "it attaches to what runs already"
	}
	x := expansion{dir: dir, inputs: inputs}
	u = config.Unit{Name: name, Kind: config.Task, Description: "without its debugger"}
	u.Dir = x.dirOf(v.Get("cwd").Text)
	for _, e := range v.Get("env").Entries {
		if e.Value.Kind == declared.Scalar {
			if u.Env == nil {
				u.Env = map[string]string{}
			}
			u.Env[e.Key] = x.value(e.Value.Text)
		}
	}
	if file := v.Get("envFile").Text; file != "" {
		u.EnvFile = []string{x.replace(file, ".", false)}
	}
	if before := v.Get("preLaunchTask").Text; before != "" {
		if strings.HasPrefix(before, "${") {
			return u, "only the editor knows " + before
		}
		u.DependsOn = []config.Dependency{{Name: before}}
	}
	u.Run = x.program(kind, v)
	switch {
	case x.why != "":
		return u, x.why
	case u.Run == "":
		return u, fmt.Sprintf("what its debugger (%s) runs can't be told", kind)
	}
	u.Params = x.params
	return u, ""
}

// program is the line that starts the same program as the debugger would.
func (x *expansion) program(kind string, v *declared.Value) string {
	args := v.Get("args").Items
	if a := v.Get("args"); a.Kind == declared.Scalar {
		args = []*declared.Value{a}
	}
	program := v.Get("program")
	words := func(first string, then ...*declared.Value) string {
		line := []string{first}
		for _, w := range append(then, args...) {
			if s := text(w); s != "" {
				line = append(line, x.word(s))
			}
		}
		return strings.Join(line, " ")
	}
	switch kind {
	case "go":
		where := program
		if program.Text == "" {
			where = &declared.Value{Kind: declared.Scalar, Text: "${workspaceFolder}"}
		}
		switch v.Get("mode").Text {
		case "", "auto", "debug":
			return words("go run", local(where))
		case "test":
			return words("go test", local(where))
		}
		return ""
	case "node":
		runtime := v.Get("runtimeExecutable").Text
		if runtime == "" {
			runtime = "node"
		}
		if runtime == "node" && program.Text == "" && len(v.Get("runtimeArgs").Items) == 0 {
			return ""
		}
		return words(x.word(runtime), append(v.Get("runtimeArgs").Items, program)...)
	case "node-terminal":
		return x.replace(v.Get("command").Text, x.root(), true)
	case "python", "debugpy":
		python := v.First("python", "pythonPath").Text
		if python == "" || strings.Contains(python, "${command:") {
			python = "python3"
		}
		if module := v.Get("module"); module.Text != "" {
			return words(x.word(python)+" -m", module)
		}
		if program.Text == "" {
			return ""
		}
		return words(x.word(python), program)
	case "cppdbg", "lldb", "codelldb", "cppvsdbg", "gdb", "coreclr":
		if program.Text == "" {
			return ""
		}
		return words(x.word(text(program)))
	}
	return ""
}

// local writes a directory of Go so that go does not take it for an import path.
func local(v *declared.Value) *declared.Value {
	s := v.Text
	if !strings.HasPrefix(s, "$") && !strings.HasPrefix(s, ".") && !strings.HasPrefix(s, "/") {
		s = "./" + s
	}
	return &declared.Value{Kind: declared.Scalar, Text: s}
}
