package tox

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestEnvironmentsWithASectionAreTasks(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"nothing", map[string]string{"pyproject.toml": "[project]\nname = \"shop\"\n"}, nil},
		{
			"tox.ini",
			map[string]string{"tox.ini": "[tox]\nenvlist = py{310,314}, lint\n[testenv]\ncommands = pytest\n[testenv:lint]\ndescription = the style\ncommands = ruff check\n[testenv:{a,b}-c]\n[flake8]\ndescription = no environment\n[testenv:docs]\n"},
			[]string{"tox.ini:1 tox: tox, all of its list, one after the other", "tox.ini:5 lint: tox -e lint, the style", "tox.ini:11 docs: tox -e docs, "},
		},
		{
			"pyproject.toml, where uv has it among the dependencies",
			map[string]string{"uv.lock": "", "pyproject.toml": "[dependency-groups]\ndev = [\"tox>=4\"]\n[tool.tox]\nenv_list = [\"py3.14\", \"style\"]\n[tool.tox.env_run_base]\ncommands = [[\"pytest\"]]\n[tool.tox.env.style]\ndescription = \"looks at\\n it\"\n[tool.tox.env.\"docs\"]\n"},
			[]string{"pyproject.toml:1 tox: uv run tox, all of its list, one after the other", "pyproject.toml:7 style: uv run tox -e style, looks at it", "pyproject.toml:9 docs: uv run tox -e docs, "},
		},
		{
			"an old one in pyproject.toml",
			map[string]string{"uv.lock": "", "pyproject.toml": "[tool.tox]\nlegacy_tox_ini = \"\"\"\n[testenv:lint]\n\"\"\"\n"},
			[]string{"pyproject.toml:1 tox: tox, all of its list, one after the other", "pyproject.toml lint: tox -e lint, "},
		},
		{
			"tox.toml",
			map[string]string{"tox.toml": "[env.types]\ncommands = []\n"},
			[]string{"tox.toml:1 tox: tox, all of its list, one after the other", "tox.toml:1 types: tox -e types, "},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			found, err := detect(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ev := range found {
				for _, u := range ev.Units {
					got = append(got, u.Pos.String()+" "+u.Name+": "+u.Run+", "+u.Description)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
