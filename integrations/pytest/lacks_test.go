package pytest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAMissingEnvironmentIsNamedWithTheCommandThatMakesIt(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		run   string
		want  integrations.Lack
	}{
		"no environment":          {nil, ".venv/bin/pytest -v", integrations.Lack{What: "there is no virtual environment .venv", Fix: "python3 -m venv .venv && .venv/bin/pip install pytest"}},
		"its requirements":        {[]string{"requirements-dev.txt"}, "venv/bin/pytest", integrations.Lack{What: "there is no virtual environment venv", Fix: "python3 -m venv venv && venv/bin/pip install -r requirements-dev.txt"}},
		"no pytest in it":         {[]string{".venv/pyvenv.cfg", "pyproject.toml"}, ".venv/bin/pytest -v", integrations.Lack{What: ".venv has no pytest", Fix: ".venv/bin/pip install -e . pytest"}},
		"uv's":                    {[]string{".venv/pyvenv.cfg", "uv.lock"}, ".venv/bin/python -m pytest", integrations.Lack{What: ".venv has no python", Fix: "uv sync"}},
		"a program of its own":    {[]string{".venv/pyvenv.cfg"}, ".venv/bin/shop --serve", integrations.Lack{What: ".venv has no shop", Fix: ".venv/bin/pip install shop"}},
		"it is there":             {[]string{".venv/bin/pytest"}, ".venv/bin/pytest", integrations.Lack{}},
		"not on PATH":             {[]string{"requirements.txt"}, "pytest", integrations.Lack{What: "pytest is not installed", Fix: "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt pytest"}},
		"on PATH":                 {[]string{"bin/pytest"}, "pytest", integrations.Lack{}},
		"by a manager":            {[]string{"poetry.lock"}, "poetry run pytest", integrations.Lack{}},
		"no words of a shell":     {nil, `'$(x)/bin/python'`, integrations.Lack{What: "there is no virtual environment $(x)", Fix: `python3 -m venv '$(x)' && '$(x)/bin/pip' install`}},
		"a program of the system": {nil, "/usr/bin/nothing", integrations.Lack{}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, f := range c.files {
				p := filepath.Join(root, filepath.FromSlash(f))
				if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(p, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, ok := lacks(root, config.Unit{Run: c.run}, filepath.Join(root, "bin"))
			if diff := cmp.Diff(c.want, got); diff != "" || ok != (c.want != integrations.Lack{}) {
				t.Errorf("%v %s", ok, diff)
			}
		})
	}
}

func TestAModuleThatPythonHasNotIsAProblemWithItsRemedy(t *testing.T) {
	root := t.TempDir()
	found := integrationtest.Read(Definition(), integrationtest.Task(root, ""), []string{"/usr/bin/python3: No module named pytest", "/usr/bin/python3: No module named 'x'", "/opt/shop: No module named pytest"})
	want := []string{"error   run `python3 -m venv .venv && .venv/bin/pip install pytest`: pytest is not installed for /usr/bin/python3"}
	if diff := cmp.Diff(want, found.Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatADirectoryBelowLacksIsInstalledThere(t *testing.T) {
	root := t.TempDir()
	got, _ := lacks(root, config.Unit{Run: ".venv/bin/pytest", Dir: filepath.Join(root, "api")}, "")
	want := integrations.Lack{What: "there is no virtual environment .venv", Fix: "(cd api && python3 -m venv .venv && .venv/bin/pip install pytest)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
