package all

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// listed is what a directory declares, one row a unit: name, where it runs, line.
func listed(t *testing.T, dir string) []string {
	t.Helper()
	found, err := Detect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := File(dir, append(found, Below(t.Context(), dir, found)...))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, u := range f.Units {
		rel, err := filepath.Rel(dir, u.Dir)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprintf("%s %s: %s", u.Source, rel, u.Name))
	}
	return rows
}

func TestWhatIsDeclaredBelowIsNamedAfterItsDirectory(t *testing.T) {
	dir := write(t, map[string]string{
		"Makefile":                   "test: ## all\n",
		"services/api/Procfile":      "web: serve\n",
		"services/api/Makefile":      "test: ## covered by the one at the top\n",
		"services/web/go.mod":        "module web\n",
		"Taskfile.yml":               "includes: {web: services/web}\ntasks: {}\n",
		"services/web/Taskfile.yml":  "tasks: {serve: x}\n",
		"node_modules/x/Procfile":    "web: not ours\n",
		"left-out/Procfile":          "web: git ignores it\n",
		".gitignore":                 "left-out/\n",
		"submodule/.git":             "gitdir: elsewhere\n",
		"submodule/Procfile":         "web: another repository\n",
		"workspace/sawhorse.yml":     "version: 1\n",
		"workspace/Procfile":         "web: another workspace\n",
		"a/b/c/d/e/Procfile":         "web: too deep\n",
		"testdata/example/Procfile":  "web: an example\n",
		"services/web/docs/Procfile": "web: a page\n",
	})
	want := []string{
		"services/api/Procfile services/api: api-web",
		"Makefile .: test",
		"Taskfile.yml .: web-serve",
		"services/web/go.mod services/web: web-test",
		"services/web/go.mod services/web: web-build",
		"services/web/go.mod services/web: web-vet",
	}
	if diff := cmp.Diff(want, listed(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestAMarkMakesADirectoryAWorkspace(t *testing.T) {
	if dir := write(t, map[string]string{"README": ""}); Here(dir) {
		t.Error("a README declares nothing")
	}
	if dir := write(t, map[string]string{"go.mod": "module x\n"}); !Here(dir) {
		t.Error("a go.mod is not seen")
	}
	for file, want := range map[string]bool{"go.mod": true, "services/api/Procfile": true, "main.go": false, "go.mod.orig": false} {
		if Declares(file) != want {
			t.Errorf("%s declares something: want %v", file, want)
		}
	}
}

func TestAVeryLargeTreeIsLookedAtWithinBounds(t *testing.T) {
	dir := t.TempDir()
	for i := range mostBelow + 20 {
		sub := filepath.Join(dir, fmt.Sprintf("service-%03d", i))
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sub, "Procfile"), []byte("web: serve\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(Below(t.Context(), dir, nil)); n > mostBelow {
		t.Errorf("%d found, want at most %d", n, mostBelow)
	}
}

func TestNothingDetectedStartsByItself(t *testing.T) {
	dir := write(t, map[string]string{"Procfile": "web: serve\n", "go.mod": "module x\n"})
	found, _ := Detect(t.Context(), dir)
	f, _, err := File(dir, found)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range f.Units {
		if u.Autostart || !f.Detected {
			t.Errorf("%s starts by itself", u.Name)
		}
	}
	want := []string{filepath.Join(dir, "Procfile"), filepath.Join(dir, "go.mod")}
	if diff := cmp.Diff(want, f.Files); diff != "" {
		t.Error(diff)
	}
	if pos := f.Unit("web").Pos; pos != (config.Position{File: "Procfile", Line: 1}) {
		t.Errorf("declared at %v", pos)
	}
}
