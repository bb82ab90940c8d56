package vscode

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// input is what the editor would ask for.
type input struct{ param config.Param }

// inputsOf are the file's inputs by their ids; those that a command of the
// editor answers are not among them.
func inputsOf(file *declared.Value) map[string]input {
	all := map[string]input{}
	for _, v := range file.Get("inputs").Items {
		id := v.Get("id").Text
		p := config.Param{Name: paramName(id), Type: config.ParamString, Description: v.Get("description").Text}
		if d := v.Get("default"); d.Kind == declared.Scalar {
			p.Default, p.HasDefault = d.Text, true
		}
		switch v.Get("type").Text {
		case "promptString":
			p.Secret = v.Get("password").Is()
		case "pickString":
			for _, o := range v.Get("options").Items {
				if o.Kind == declared.Map {
					o = o.Get("value")
				}
				p.Choices = append(p.Choices, o.Text)
			}
		default:
			continue
		}
		p.Required = !p.HasDefault
		all[id] = input{p}
	}
	return all
}

var notInParam = lazy.Regexp(`[^A-Za-z0-9_-]+`)

func paramName(id string) string {
	name := strings.Trim(notInParam().ReplaceAllString(id, "_"), "_-")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "input_" + name
	}
	return name
}

// expansion replaces the editor's variables by what they are here. why says
// which one only the editor knows.
type expansion struct {
	dir    string
	cwd    string // where the task runs, below the workspace
	inputs map[string]input
	params []config.Param
	why    string
}

// dirOf is where a task runs, relative to the workspace.
func (x *expansion) dirOf(cwd string) string {
	if cwd == "" {
		return ""
	}
	dir := x.replace(cwd, "", false)
	if path.IsAbs(filepath.ToSlash(dir)) || strings.HasPrefix(dir, "$") {
		if strings.HasPrefix(dir, "$") && x.why == "" {
			x.why = "the directory that it runs in is only known later: " + cwd
		}
		x.cwd = ""
		return dir
	}
	if x.cwd = path.Clean(filepath.ToSlash(dir)); x.cwd == "." {
		x.cwd = ""
	}
	return x.cwd
}

// root leads from where the task runs to the workspace.
func (x *expansion) root() string {
	if x.cwd == "" {
		return "."
	}
	up, err := filepath.Rel(filepath.FromSlash(x.cwd), ".")
	if err != nil {
		return "."
	}
	return filepath.ToSlash(up)
}

// value is a text that no shell reads: variables of the environment stay unknown.
func (x *expansion) value(s string) string { return x.replace(s, x.root(), false) }

// line is a command with its arguments, for the shell. A process has no shell:
// each of its words is quoted whole.
func (x *expansion) line(command *declared.Value, args []*declared.Value, process bool) string {
	first := text(command)
	if first == "" {
		return ""
	}
	var words []string
	switch {
	case process:
		words = append(words, x.word(first))
	default:
		words = append(words, x.replace(first, x.root(), true)) // may be a whole line
	}
	for _, a := range args {
		s := text(a)
		if process || a.Kind == declared.Map || strings.ContainsAny(s, " \t") || s == "" {
			words = append(words, x.word(s))
			continue
		}
		words = append(words, x.replace(s, x.root(), true))
	}
	return strings.Join(words, " ")
}

// word is one word of a shell line, with what comes from variables inside of it.
func (x *expansion) word(s string) string {
	expanded := x.replace(s, x.root(), true)
	if !strings.Contains(expanded, "$") || !variable().MatchString(s) {
		return config.ShellWord(expanded)
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(expanded) + `"`
}

var variable = lazy.Regexp(`\$\{([^}]*)\}`)

// replace writes what a variable stands for; shell: text that a shell expands.
func (x *expansion) replace(s, root string, shell bool) string {
	if root == "" {
		root = "."
	}
	return variable().ReplaceAllStringFunc(s, func(whole string) string {
		name := whole[2 : len(whole)-1]
		kind, rest, _ := strings.Cut(name, ":")
		switch kind {
		case "workspaceFolder", "workspaceRoot", "cwd", "fileWorkspaceFolder":
			if rest == "" {
				return root
			}
		case "workspaceFolderBasename":
			return filepath.Base(x.dir)
		case "pathSeparator", "/":
			return string(filepath.Separator)
		case "userHome":
			if shell {
				return "$HOME"
			}
		case "env":
			if shell && rest != "" {
				return "${" + rest + "}"
			}
		case "input":
			if in, ok := x.inputs[rest]; ok && shell {
				x.ask(in.param)
				return "$" + config.ParamVariable(in.param.Name)
			}
		}
		if x.why == "" {
			x.why = "only the editor knows " + whole
		}
		return whole
	})
}

func (x *expansion) ask(p config.Param) {
	for _, known := range x.params {
		if known.Name == p.Name {
			return
		}
	}
	x.params = append(x.params, p)
}

// readyPattern is the line by which a background task says that it is done with
// what it began.
func readyPattern(v *declared.Value) *config.Probe {
	if v.Kind == declared.List && len(v.Items) > 0 {
		v = v.Items[0]
	}
	end := v.First("background", "watching").First("endsPattern")
	pattern := end.Text
	if end.Kind == declared.Map {
		pattern = end.Get("regexp").Text
	}
	if pattern == "" {
		return nil
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return nil
	}
	return &config.Probe{Log: pattern}
}
