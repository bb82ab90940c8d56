package javascript

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Invocation is a task's command as that of one tool of JavaScript: where the
// tool is, where it runs, and the words that it is given.
type Invocation struct {
	Dir   string   // absolute
	Words []string // behind the tool's name

	bin  string
	line command.Line
	unit config.Unit
}

// Invoked finds the tool that a task's command comes to, also through a script
// of package.json whose line is plain. why says what stands in the way when it
// is this tool's and still can't be changed.
func Invoked(t tasks.Task, tool string) (v Invocation, why string, ok bool) {
	line, ok := command.Read(t.Spec)
	if !ok {
		return v, "", false
	}
	v = Invocation{Dir: t.Spec.Dir, line: line, unit: t.Spec}
	if v.Dir == "" {
		v.Dir = t.Root
	}
	words, ok := v.tool(line.Words, tool, deepestScript)
	if !ok {
		return v, "", false
	}
	v.Words = words
	if v.bin == "" {
		if v.bin = installed(v.Dir, tool); v.bin == "" {
			return v, tool + " is not in node_modules/.bin", false
		}
	}
	return v, "", true
}

// deepestScript is how many scripts may call each other.
const deepestScript = 3

// tool follows words to the tool, and returns what is behind its name.
func (v *Invocation) tool(words []string, tool string, deep int) ([]string, bool) {
	if deep == 0 || len(words) == 0 {
		return nil, false
	}
	program, rest := command.Program(words[0]), words[1:]
	switch program {
	case tool:
		if strings.ContainsAny(words[0], `/\`) {
			v.bin = words[0]
			if !filepath.IsAbs(v.bin) {
				v.bin = filepath.Join(v.Dir, filepath.FromSlash(v.bin))
			}
		}
		return rest, true
	case "cross-env":
		for len(rest) > 0 && strings.Contains(rest[0], "=") {
			name, value, _ := strings.Cut(rest[0], "=")
			v.set(name, value)
			rest = rest[1:]
		}
		return v.tool(rest, tool, deep)
	case "npx", "bunx", "pnpx":
		return v.tool(trimFlags(rest, "--yes", "-y", "--no", "--no-install", "--bun", "--"), tool, deep)
	case "npm", "pnpm", "yarn", "bun":
		return v.managed(program, rest, tool, deep)
	}
	return nil, false
}

// managed is a command of a package manager: a script, or a tool by its name.
func (v *Invocation) managed(manager string, words []string, tool string, deep int) ([]string, bool) {
	for len(words) > 1 && slices.Contains([]string{"--prefix", "-C", "--cwd", "--dir"}, words[0]) {
		if !filepath.IsAbs(words[1]) {
			words[1] = filepath.Join(v.Dir, words[1])
		}
		v.Dir, words = words[1], words[2:]
	}
	words = trimFlags(words, "--silent", "-s", "--if-present")
	if len(words) == 0 {
		return nil, false
	}
	name, rest := words[0], words[1:]
	switch {
	case name == "exec" || name == "x" || name == "dlx":
		return v.tool(trimFlags(rest, "--", "--no", "--yes"), tool, deep)
	case name == "run" || name == "run-script":
		rest = trimFlags(rest, "--silent", "-s", "--if-present", "--bun")
		if len(rest) == 0 {
			return nil, false
		}
		name, rest = rest[0], rest[1:]
	case name == "t" || name == "tst":
		name = "test"
	case name == "test" && manager == "bun":
		return nil, false // bun's own
	case manager == "npm" && name != "test":
		return nil, false
	case strings.HasPrefix(name, "-"):
		return nil, false
	}
	if manager == "npm" {
		// What npm does not hand on are its own options.
		if len(rest) > 0 && rest[0] != "--" {
			return nil, false
		}
	}
	rest = trimFlags(rest, "--")
	line, ok := script(v.Dir, name)
	if !ok {
		if name == tool && manager != "npm" { // pnpm vitest, yarn jest
			return rest, true
		}
		return nil, false
	}
	l, ok := command.Split(line)
	if !ok {
		return nil, false
	}
	for name, value := range l.Env {
		v.set(name, value)
	}
	return v.tool(append(slices.Clone(l.Words), rest...), tool, deep-1)
}

func (v *Invocation) set(name, value string) {
	if v.line.Env == nil {
		v.line.Env = map[string]string{}
	}
	v.line.Env[name] = value
}

func trimFlags(words []string, flags ...string) []string {
	for len(words) > 0 && slices.Contains(flags, words[0]) {
		words = words[1:]
	}
	return words
}

// script is a line of package.json, unless others run before or after it.
func script(dir, name string) (string, bool) {
	text, ok, err := declared.Read(dir, "package.json")
	if !ok || err != nil {
		return "", false
	}
	var m struct{ Scripts map[string]string }
	if err := json.Unmarshal(text, &m); err != nil {
		return "", false
	}
	if m.Scripts["pre"+name] != "" || m.Scripts["post"+name] != "" {
		return "", false
	}
	line, ok := m.Scripts[name]
	return line, ok
}

// installed is the tool that node would find from a directory.
func installed(dir, tool string) string {
	for {
		bin := filepath.Join(dir, "node_modules", ".bin", tool)
		if info, err := os.Stat(bin); err == nil && !info.IsDir() {
			return bin
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// With is the unit that gives the tool these words.
func (v Invocation) With(words ...string) config.Unit {
	u := v.line.With(v.unit, append([]string{v.bin}, words...))
	u.Dir = v.Dir
	return u
}

// Files are the files that a request is about, as the tool is to be given them:
// what changed, and the tests that failed. why: it can't be said by files, and
// everything has to run.
func (v Invocation) Files(q tasks.Request) (files []string, why string) {
	add := func(p string) {
		if p = v.from(p); !slices.Contains(files, p) {
			files = append(files, p)
		}
	}
	for _, f := range slices.Concat(q.Cause.Files, q.Broken) {
		base := path.Base(f)
		p := filepath.Join(q.Task.Root, filepath.FromSlash(f))
		if strings.HasSuffix(base, ".snap") && path.Base(path.Dir(f)) == "__snapshots__" {
			p = filepath.Join(filepath.Dir(filepath.Dir(p)), strings.TrimSuffix(base, ".snap"))
		}
		_, err := os.Stat(p)
		switch {
		case decides(base):
			return nil, base + " changed"
		case !isModule(p) && q.Scope == tasks.ScopeNear:
		case !isModule(p):
			return nil, base + " is not a module, and any test may read it"
		case err != nil:
			return nil, f + " is gone, and what imported it is not known"
		default:
			add(p)
		}
	}
	for _, t := range q.Failed {
		p, ok := v.suite(t.Suite)
		if !ok {
			return nil, "the file of " + t.Name + ", which failed, is not known"
		}
		add(p)
	}
	return files, ""
}

// from is a file as seen from where the tool runs; never like a flag.
func (v Invocation) from(p string) string {
	rel, err := filepath.Rel(v.Dir, p)
	if err != nil {
		return p
	}
	if strings.HasPrefix(rel, "-") {
		rel = "./" + rel
	}
	return filepath.ToSlash(rel)
}

// suite is the file that results are named after.
func (v Invocation) suite(name string) (string, bool) {
	if name == "" {
		return "", false
	}
	p := filepath.FromSlash(name)
	if !filepath.IsAbs(p) {
		p = filepath.Join(v.Dir, p)
	}
	info, err := os.Stat(p)
	return p, err == nil && !info.IsDir()
}

// Tests are the files of these tests, and a pattern that fits their names;
// empty: all that is in the files. false: the file of one is not known.
func (v Invocation) Tests(names []tasks.TestName) (files []string, pattern string, ok bool) {
	var titles []string
	whole := false
	for _, n := range names {
		if n.Suite != "" {
			p, found := v.suite(n.Suite)
			if !found {
				return nil, "", false
			}
			if p = v.from(p); !slices.Contains(files, p) {
				files = append(files, p)
			}
		}
		whole = whole || n.Name == "" || n.Name == Whole
		// The runners join titles by a blank; what is cut off may go on.
		end := "$"
		title, cut := strings.CutSuffix(n.Name, "…")
		if cut {
			end = ""
		}
		title = strings.ReplaceAll(regexp.QuoteMeta(title), Between, "( > | )") + end
		if !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	if whole {
		return files, "", len(files) > 0
	}
	// The titles around a test may be missing in its name.
	return files, "(^| )(" + strings.Join(titles, "|") + ")", true
}

// isModule says whether a runner sees who imports such a file.
func isModule(file string) bool {
	switch filepath.Ext(file) {
	case ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte", ".astro", ".css", ".scss", ".sass", ".less":
		return true
	}
	return false
}

// decides says whether a file decides how everything runs.
func decides(base string) bool {
	switch base {
	case "package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "yarn.lock", "bun.lock", "bun.lockb":
		return true
	}
	name, _, _ := strings.Cut(base, ".")
	switch name {
	case "vite", "vitest", "jest", "babel", "svelte", "astro", "postcss", "tailwind", "webpack", "rollup":
		return strings.Contains(base, ".config.") || strings.Contains(base, ".workspace.") || strings.Contains(base, ".setup.") || strings.Contains(base, ".preset.")
	case "setupTests", "setup-tests", "tsconfig", "jsconfig":
		return true
	}
	return strings.HasPrefix(base, "tsconfig") || strings.HasPrefix(base, ".env") || strings.HasPrefix(base, ".babelrc") || strings.HasPrefix(base, ".swcrc")
}
