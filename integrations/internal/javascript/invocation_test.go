package javascript

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func world(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const manifest = `{"scripts": {
	"test": "vitest run --reporter=verbose", "unit": "npm run test -- --bail 1", "ci": "cross-env CI=1 TZ=UTC vitest",
	"both": "vitest run && eslint .", "lint": "eslint .", "e2e": "vitest", "pree2e": "make db", "env": "TZ=UTC vitest --run", "loop": "npm run loop"
}}`

func TestAToolIsFoundBehindScriptsAndRunners(t *testing.T) {
	root := world(t, map[string]string{
		"node_modules/.bin/vitest": "", "package.json": manifest,
		"web/package.json": `{"scripts": {"test": "vitest run src/only"}}`,
	})
	bin := filepath.Join(root, "node_modules", ".bin", "vitest")
	type found struct {
		Command []string
		Dir     string
		Env     map[string]string
	}
	for line, want := range map[string]found{
		"vitest run":                   {Command: []string{bin, "run", "X"}},
		"npx vitest --run":             {Command: []string{bin, "--run", "X"}},
		"node_modules/.bin/vitest run": {Command: []string{bin, "run", "X"}},
		"npm test":                     {Command: []string{bin, "run", "--reporter=verbose", "X"}},
		"npm t -- -t cart":             {Command: []string{bin, "run", "--reporter=verbose", "-t", "cart", "X"}},
		"npm run -s unit":              {Command: []string{bin, "run", "--reporter=verbose", "--bail", "1", "X"}},
		"yarn ci --bail 1":             {Command: []string{bin, "--bail", "1", "X"}, Env: map[string]string{"CI": "1", "TZ": "UTC"}},
		"pnpm vitest run":              {Command: []string{bin, "run", "X"}},
		"pnpm exec vitest run":         {Command: []string{bin, "run", "X"}},
		"A=b npm run env":              {Command: []string{bin, "--run", "X"}, Env: map[string]string{"A": "b", "TZ": "UTC"}},
		"npm --prefix web test":        {Command: []string{bin, "run", "src/only", "X"}, Dir: filepath.Join(root, "web")},
		"npm run both":                 {},
		"npm run e2e":                  {},
		"npm run lint":                 {},
		"npm run gone":                 {},
		"npm run loop":                 {},
		"npm test --silent":            {},
		"bun test":                     {},
		"vitest run | tee out":         {},
		"npm":                          {},
		"npx":                          {},
		"npm run":                      {},
		"npm -w web test":              {},
	} {
		var got found
		v, why, ok := Invoked(tasks.Task{Root: root, Spec: config.Unit{Run: line}}, "vitest")
		if ok {
			u := v.With(append(append([]string{}, v.Words...), "X")...)
			got = found{u.Command, u.Dir, u.Env}
			if want.Dir == "" {
				want.Dir = root
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || why != "" {
			t.Errorf("%q: %s %s", line, why, diff)
		}
	}
	_, why, ok := Invoked(tasks.Task{Root: root, Spec: config.Unit{Run: "jest"}}, "jest")
	if ok || why != "jest is not in node_modules/.bin" {
		t.Errorf("a tool that is not installed: %v, %q", ok, why)
	}
}

func TestTheFilesOfAChange(t *testing.T) {
	root := world(t, map[string]string{
		"web/src/a.ts": "", "web/src/a.test.ts": "", "web/src/b.test.ts": "", "lib/c.js": "", "web/-d.js": "", "web/notes.md": "",
	})
	v := Invocation{Dir: filepath.Join(root, "web")}
	ask := func(files ...string) tasks.Request {
		return tasks.Request{Task: tasks.Task{Root: root}, Cause: tasks.Cause{Files: files}}
	}
	type answer struct {
		Files []string
		Why   string
	}
	near, red := ask("web/notes.md", "web/src/a.ts"), ask("web/src/a.ts")
	near.Scope = tasks.ScopeNear
	red.Failed = []tasks.TestName{{Suite: "src/b.test.ts", Name: "x"}}
	red.Broken = []string{"lib/c.js"}
	lost := ask("web/src/a.ts")
	lost.Failed = []tasks.TestName{{Suite: "src/gone.test.ts", Name: "x"}}
	for name, c := range map[string]struct {
		q    tasks.Request
		want answer
	}{
		"modules, here and beside":  {ask("web/src/a.ts", "lib/c.js", "web/-d.js"), answer{Files: []string{"src/a.ts", "../lib/c.js", "./-d.js"}}},
		"a snapshot is its test":    {ask("web/src/__snapshots__/a.test.ts.snap"), answer{Files: []string{"src/a.test.ts"}}},
		"the manifest":              {ask("web/src/a.ts", "web/package.json"), answer{Why: "package.json changed"}},
		"a configuration":           {ask("web/vitest.config.ts"), answer{Why: "vitest.config.ts changed"}},
		"tsconfig":                  {ask("web/tsconfig.node.json"), answer{Why: "tsconfig.node.json changed"}},
		"a file that is no module":  {ask("web/notes.md"), answer{Why: "notes.md is not a module, and any test may read it"}},
		"near, it does not count":   {near, answer{Files: []string{"src/a.ts"}}},
		"a file that is gone":       {ask("web/src/gone.ts"), answer{Why: "web/src/gone.ts is gone, and what imported it is not known"}},
		"what failed and is broken": {red, answer{Files: []string{"src/a.ts", "../lib/c.js", "src/b.test.ts"}}},
		"a failure that is lost":    {lost, answer{Why: "the file of x, which failed, is not known"}},
	} {
		files, why := v.Files(c.q)
		if diff := cmp.Diff(c.want, answer{files, why}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestThePatternOfSingleTests(t *testing.T) {
	root := world(t, map[string]string{"src/a.test.ts": ""})
	v := Invocation{Dir: root}
	for name, c := range map[string]struct {
		names   []tasks.TestName
		files   []string
		pattern string
		ok      bool
	}{
		"one":              {[]tasks.TestName{{Suite: "src/a.test.ts", Name: "cart > adds (up)"}}, []string{"src/a.test.ts"}, `(^| )(cart( > | )adds \(up\)$)`, true},
		"cut off":          {[]tasks.TestName{{Suite: "src/a.test.ts", Name: "long…"}}, []string{"src/a.test.ts"}, `(^| )(long)`, true},
		"a whole file":     {[]tasks.TestName{{Suite: "src/a.test.ts", Name: Whole}, {Suite: "src/a.test.ts", Name: "x"}}, []string{"src/a.test.ts"}, "", true},
		"anywhere":         {[]tasks.TestName{{Name: "adds"}}, nil, `(^| )(adds$)`, true},
		"a file that gone": {[]tasks.TestName{{Suite: "src/gone.test.ts", Name: "x"}}, nil, "", false},
	} {
		files, pattern, ok := v.Tests(c.names)
		if diff := cmp.Diff(c.files, files); diff != "" || pattern != c.pattern || ok != c.ok {
			t.Errorf("%s: %v %q %s", name, ok, pattern, diff)
		}
	}
}
