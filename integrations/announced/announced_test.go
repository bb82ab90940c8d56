package announced

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestWhatRunsElsewhereIsNamedAndNotRun(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		".github/workflows/ci.yml": "on: push\n", ".github/workflows/release.yaml": "on: push\n", ".gitea/workflows/ci.yml": "on: push\n", ".gitlab-ci.yml": "test:\n", "Jenkinsfile": "pipeline {}",
		"dvc.yaml": "stages:\n  train: {cmd: python train.py}\n", "MLproject": "name: x\nentry_points:\n  main: {command: x}\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := detect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ev := range found {
		if len(ev.Units) > 0 || len(ev.Left) != 1 {
			t.Errorf("%+v", ev)
		}
		got = append(got, ev.Where+": "+ev.What)
	}
	want := []string{
		".github/workflows: 2 GitHub workflows", ".gitea/workflows: 1 Gitea workflows", ".gitlab-ci.yml: GitLab pipeline", "Jenkinsfile: Jenkins pipeline",
		"dvc.yaml: 1 DVC stages", "MLproject: MLflow project with 1 entry points",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
