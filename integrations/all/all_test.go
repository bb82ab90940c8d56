package all

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestEveryFolderIsListedOnce(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, e := range entries {
		if e.IsDir() && !slices.Contains([]string{"all", "internal", "integrationtest"}, e.Name()) {
			want = append(want, e.Name())
		}
	}
	for _, d := range Definitions() {
		got = append(got, d.Name)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("folders and Definitions differ: %s", diff)
	}
}

// write makes a directory of files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestADirectoryOfManyKindsMakesAFileThatCanBeRead(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod":         "module example.com/shop\n",
		"package.json":   `{"scripts": {"dev": "vite", "test": "vitest", "build:all": "vite build"}}`,
		"Procfile":       "web: serve -p $PORT\n",
		"Makefile":       ".PHONY: test\ntest: ## run the tests\n\tgo test\n",
		"Cargo.toml":     "[package]\nname = \"shop\"\n",
		"pyproject.toml": "[tool.pytest.ini_options]\n",
	})
	found, err := Detect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	text := Draft("shop", found)
	f, err := config.LoadBytes("sawhorse.yml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var got []string
	for _, u := range f.Units {
		got = append(got, u.Name)
	}
	want := []string{"web", "dev", "go-test", "build", "vet", "test", "build-all", "cargo-test", "check", "cargo-build", "lint", "python-test", "makefile-test"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if dev := f.Unit("dev"); dev.Autostart || dev.Kind != config.Service {
		t.Errorf("dev is offered, not started: %+v", dev)
	}
}

func TestWhatCantBeReadHidesNothingElse(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": "module example.com/shop\n", "package.json": "{", "Cargo.toml": "[", "pyproject.toml": "="})
	found, err := Detect(t.Context(), dir)
	if err == nil || len(found) != 1 || found[0].By != "gotest" {
		t.Fatalf("%+v, %v", found, err)
	}
	for _, file := range []string{"package.json", "Cargo.toml", "pyproject.toml"} {
		if !strings.Contains(err.Error(), file) {
			t.Errorf("the error does not name %s: %v", file, err)
		}
	}
}

// read gives lines to all readers together.
func read(root, text string) *integrationtest.Found {
	f := &integrationtest.Found{}
	task := integrationtest.Task(root, "")
	line := Parser(task).Parse(task, f)
	for l := range strings.SplitSeq(text, "\n") {
		line(0, l)
	}
	return f
}

func TestTheDiffsOfARunAreBounded(t *testing.T) {
	var output strings.Builder
	for n := range 400 {
		fmt.Fprintf(&output, "--- FAIL: TestBig%d (0.00s)\n    a_test.go:1: differs (-want +got):\n", n)
		for range 30 {
			output.WriteString("        - " + strings.Repeat("x", 300) + "\n")
		}
	}
	bytes, without := 0, 0
	for _, r := range read(t.TempDir(), output.String()).Tests {
		if bytes += len(r.Diff); r.Diff == "" {
			without++
		}
	}
	if bytes < mostDiffs/2 || bytes > mostDiffs || without == 0 {
		t.Errorf("%d bytes of diffs; %d tests without", bytes, without)
	}
}

func TestWhatATestRunnerSaysIsToldByItAlone(t *testing.T) {
	for _, c := range []struct{ of, file, root string }{
		{"vitest", "vitest.txt", "shop"},
		{"vitest", "verbose.txt", "shop"},
		{"jest", "jest.txt", "shop"},
		{"jest", "verbose.txt", "shop"},
		{"nodetest", "spec.txt", "shop"},
		{"mocha", "spec.txt", "shop"},
		{"mocha", "dot.txt", "shop"},
		{"cargo", "cargo.txt", "shop"},
		{"cargo", "color.txt", "shop"},
		{"cargo", "nextest.txt", "shop"},
		{"pytest", "compared.txt", "compared"},
		{"unittest", "v_3.9.txt", "shop"},
		{"unittest", "plain.txt", "shop"},
		{"gotest", "basket.txt", "shop"},
		{"gotest", "basket_v.txt", "shop"},
		{"gotest", "basket_json.txt", "shop"},
	} {
		root := integrationtest.Root(t, "../"+c.of+"/testdata/"+c.root)
		lines := integrationtest.Lines(t, "../"+c.of+"/testdata/"+c.file, root)
		i := slices.IndexFunc(Definitions(), func(d integrations.Definition) bool { return d.Name == c.of })
		want := integrationtest.Read(Definitions()[i], integrationtest.Task(root, ""), lines).Rows()
		if diff := cmp.Diff(want, read(root, strings.Join(lines, "\n")).Rows()); diff != "" {
			t.Errorf("%s of %s: %s", c.file, c.of, diff)
		}
	}
}

func TestATaskThatNamesAFormatIsReadByItAlone(t *testing.T) {
	dir := write(t, map[string]string{"cart.py": "", "cart_test.go": "package cart\n\nfunc TestTotal(t *testing.T) {}\n"})
	output := "--- FAIL: TestTotal (0.00s)\n    cart_test.go:3: want 4\ncart.py:7: error: no\ncart.py [9] odd\nstep=1 loss=2\nFAIL\tcart\t0.1s"
	const test = "failed cart TestTotal cart_test.go:3 want 4"
	named := func(names ...string) (all []config.Format) {
		for _, name := range names {
			all = append(all, config.Format{Name: name})
		}
		return all
	}
	for _, c := range []struct {
		about  string
		format []config.Format
		want   []string
	}{
		{"recognised", nil, []string{test, "error cart.py:7  no"}},
		{"its tool", named("go"), []string{test}},
		{"another", named("tap"), nil},
		{"places", named("diagnostics"), []string{"error cart_test.go:3  want 4", "error cart.py:7  no"}},
		{"two", named("go", "$gcc"), []string{test, "error cart.py:7  no"}},
		{"nothing", named("none"), nil},
		{"its own", []config.Format{{Errorformat: []string{"%f [%l] %m"}}}, []string{"error cart.py:9  odd"}},
	} {
		task := integrationtest.Task(dir, "")
		task.Spec.Format = c.format
		f := &integrationtest.Found{}
		line := Parser(task).Parse(task, f)
		for n, l := range strings.Split(output, "\n") {
			line(int64(n), l)
		}
		got := f.Rows()
		for i := range got {
			got[i] = strings.Replace(got[i], filepath.Base(dir), "cart", 1)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.about, diff)
		}
		if counted := len(f.Metrics) > 0; counted != (c.about != "nothing") {
			t.Errorf("%s: metrics are read: %v", c.about, counted)
		}
	}
}

func TestEveryFormatHasAReader(t *testing.T) {
	for _, name := range config.Formats() {
		task := tasks.Task{Spec: config.Unit{Format: []config.Format{{Name: name}}}}
		n := 0
		for _, d := range Definitions() {
			if d.Parse != nil && reads(task, d.Name) && d.Parse(task, &integrationtest.Found{}) != nil {
				n++
			}
		}
		want := 2 // itself and metrics
		switch name {
		case "none":
			want = 0
		case "metrics":
			want = 1
		}
		if n != want {
			t.Errorf("%s has %d readers, want %d", name, n, want)
		}
	}
}

func TestAFileThatAToolSaysItHasWrittenIsRead(t *testing.T) {
	dir := write(t, map[string]string{
		"test_cart.py":  "",
		"out/junit.xml": `<testsuites><testsuite name="pytest"><testcase classname="test_cart" name="test_passes" time="0.5"/></testsuite></testsuites>`,
		"jest.json":     `{"testResults": [{"name": "a.test.js", "status": "passed", "assertionResults": [{"title": "adds up", "status": "passed"}]}]}`,
	})
	for line, want := range map[string][]string{
		"------- generated xml file: " + dir + "/out/junit.xml --------": {"passed test_cart.py test_passes"},
		"JUNIT report written to " + dir + "/out/junit.xml":              {"passed test_cart.py test_passes"},
		"Test results written to: jest.json":                             {"passed a.test.js adds up"},
		"JSON report written to none.json":                               nil,
		"- generated xml file: ":                                         nil,
	} {
		if diff := cmp.Diff(want, read(dir, line).Rows()); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

func TestFilesOfResultsAreReadByThoseWhoKnowThem(t *testing.T) {
	for file, want := range map[string]bool{
		"../junit/testdata/pytest.xml": true, "../sarif/testdata/ruff.sarif": true, "../jest/testdata/jest.json": true, "all.go": false,
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := ReadFile(integrationtest.Task(t.TempDir(), ""), text, &integrationtest.Found{}); got != want {
			t.Errorf("%s is read: %v", file, got)
		}
	}
}

func TestAServicesOutputIsNobodysResult(t *testing.T) {
	if Parser(tasks.Task{Kind: config.Service}) != nil {
		t.Error("a service has a parser")
	}
}

func TestTheExamplesOutputIsAFailedTest(t *testing.T) {
	root := write(t, map[string]string{"cart/cart_test.txt": "\n"})
	got := read(root, `=== RUN   TestSubtotal
--- PASS: TestSubtotal (0.12s)
=== RUN   TestDiscount
    cart/cart_test.txt:4: want 32, got 40 from total = price * quantity + discount
--- FAIL: TestDiscount (0.12s)
FAIL
1 of 3 failed`)
	want := []string{
		"passed  TestSubtotal",
		"failed  TestDiscount cart/cart_test.txt:4 want 32, got 40 from total = price * quantity + discount",
	}
	if diff := cmp.Diff(want, got.Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedTestIsNotToldAgainAsADiagnostic(t *testing.T) {
	root := write(t, map[string]string{"go.mod": "module shop\n", "cart_test.go": "package shop\n\nfunc TestTotal(t *testing.T) {}\n", "cart.go": "package shop\n"})
	got := read(root, `--- FAIL: TestTotal (0.12s)
    cart_test.go:4: want 32, got 40
FAIL
FAIL	shop	0.1s
summary: cart_test.go:4: want 32, got 40
cart.go:4:1: unused variable`)
	want := []string{
		"failed shop TestTotal cart_test.go:4 want 32, got 40",
		"error cart.go:4:1  unused variable",
	}
	if diff := cmp.Diff(want, got.Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestOneRunMayHaveSeveralTools(t *testing.T) {
	root := write(t, map[string]string{"cart.ts": "", "test_cart.py": ""})
	got := read(root, `cart.ts(3,5): error TS2322: no
step=1 loss=0.5
===== FAILURES =====
____ test_total ____
E   assert 3 == 4
test_cart.py:14: AssertionError
===== short test summary info =====
FAILED test_cart.py::test_total - assert 3 == 4
===== 1 failed in 0.10s =====
TAP version 13
not ok 1 - adds up
1..1
10%|#  | 1/10`+"\r"+`epoch 2 loss: 0.4`)
	want := []string{
		"failed test_cart.py test_total test_cart.py:14 assert 3 == 4",
		"failed  adds up",
		"error cart.ts:3:5 TS2322 no",
	}
	if diff := cmp.Diff(want, got.Rows()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string][]float64{"loss": {0.5, 0.4}}, got.Metrics); diff != "" {
		t.Error(diff)
	}
}

func TestLinesThatAreNoResultsCostNoMemory(t *testing.T) {
	task := integrationtest.Task(t.TempDir(), "")
	line := Parser(task).Parse(task, &integrationtest.Found{})
	for _, text := range irrelevant {
		if n := testing.AllocsPerRun(100, func() { line(0, text) }); n > 0 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}

var irrelevant = []string{
	"12345",
	"2026-11-22T12:00:00Z INFO GET /api/cart 200 12ms id=7f3a user=alice path=/shop/cart",
	`{"time":"2026-11-22T12:00:00Z","level":"INFO","msg":"request","status":200,"took":"12ms","path":"/shop/cart"}`,
	"    indented text of no importance",
	"y",
	"listening on 127.0.0.1:8080: all is well",
}

func BenchmarkALineThatIsNoResult(b *testing.B) {
	for _, text := range irrelevant {
		b.Run(strings.ReplaceAll(text[:min(len(text), 12)], " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			task := integrationtest.Task(b.TempDir(), "")
			line := Parser(task).Parse(task, &integrationtest.Found{})
			for b.Loop() {
				line(0, text)
			}
		})
	}
}

// seeds are files that each detector knows.
var seeds = []string{
	"web: serve\ntest: build ## run\n",
	"[package]\nname = \"a\"\n[tool.pytest]\n[tool.ruff]\n",
	`{"name": "a", "scripts": {"dev": "vite", "a b": "x", "": "y", "${{": "z"}, "workspaces": ["*"]}`,
	"module example.com/shop\n",
	"processes:\n  a: {command: x, depends_on: {b: {condition: process_completed}}, readiness_probe: {http_get: {port: 1}}}\n  b: {command: y, depends_on: {a: {}}, schedule: {cron: \"* * * * *\"}}\n",
	"procs:\n  a: {shell: x, env: {A: b}, stop: SIGINT, cwd: /}\n  b: [x]\n",
	"tasks:\n  a: {desc: x, requires: {vars: [A, {name: B, enum: [c]}]}, deps: [a]}\n  \"b c\": d\n",
	"[tasks]\na = \"x\"\n[tasks.b]\nrun = \"y\"\n[tasks.\"c d\"]\nrun = [\"z\"]\n",
	"# doc\n[group('x')]\na b='c' +d: e\n  x\n_e:\n",
	`{"tasks": [{"label": "a", "command": "x ${input:i}", "dependsOn": ["a", "b"], "options": {"cwd": "${workspaceFolder}"}}, {"label": "b", "isBackground": true, "command": "y"}], "inputs": [{"id": "i", "type": "pickString", "options": ["a"], "default": "b"}]}`,
	`{"configurations": [{"name": "a", "type": "go", "request": "launch", "program": "${workspaceFolder}"}]}`,
	`{"postCreateCommand": {"a": "x", "b": ["y"]}, "forwardPorts": [1]}`,
	"<project><artifactId>a</artifactId></project>",
}

// FuzzDetectedFilesMakeAFileThatCanBeRead puts any text in the place of every
// file that a detector reads.
func FuzzDetectedFilesMakeAFileThatCanBeRead(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	type place struct {
		name string
		of   []integrations.Definition
	}
	var places []place
	for _, d := range Definitions() {
		for _, mark := range d.Marks {
			if !strings.ContainsAny(mark, "*?[") {
				places = append(places, place{mark, []integrations.Definition{d}})
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		for _, p := range places {
			name := p.name
			file := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), fs.FileMode(0o600)); err != nil {
				t.Fatal(err)
			}
			found, _ := ask(t.Context(), dir, p.of)
			draft := Draft(name, found)
			if _, err := config.LoadBytes("sawhorse.yml", []byte(draft)); err != nil {
				t.Fatalf("%s %q: %v\n%s", name, text, err, draft)
			}
			if _, _, err := File(dir, found); err != nil {
				t.Fatalf("%s %q: %v", name, text, err)
			}
			for _, ev := range found {
				checkEvidence(t, ev)
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func checkEvidence(t *testing.T, ev integrations.Evidence) {
	t.Helper()
	if ev.By == "" || ev.Where == "" || ev.What == "" {
		t.Fatalf("evidence that does not say what it is: %+v", ev)
	}
	for _, u := range ev.Units {
		if u.Name == "" || u.Kind == "" || (u.Run == "") == (len(u.Command) == 0) {
			t.Fatalf("a unit that can't be run: %+v", u)
		}
	}
}
