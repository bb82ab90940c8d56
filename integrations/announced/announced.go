// Package announced names what a directory declares for systems that run
// elsewhere: pipelines and experiments. It finds nothing to run here.
package announced

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	// It has no marks: none of these files makes a directory one to work in here.
	return integrations.Definition{Name: "announced", Title: "Pipelines", Detect: detect}
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	var found []integrations.Evidence
	add := func(where, what, left string) {
		found = append(found, integrations.Evidence{Where: where, What: what, Left: []string{left}})
	}
	for _, one := range [...]struct{ below, system string }{{".github/workflows", "GitHub"}, {".gitea/workflows", "Gitea"}, {".forgejo/workflows", "Forgejo"}} {
		if names := workflows(dir, one.below); len(names) > 0 {
			add(one.below, fmt.Sprintf("%d %s workflows", len(names), one.system), "its workflows "+strings.Join(names, ", ")+": they run on "+one.system)
		}
	}
	for _, one := range [...]struct{ file, what, left string }{
		{".gitlab-ci.yml", "GitLab pipeline", "its pipeline: it runs on GitLab"},
		{"Jenkinsfile", "Jenkins pipeline", "its pipeline: it runs on Jenkins"},
	} {
		if declared.Has(dir, one.file) {
			add(one.file, one.what, one.left)
		}
	}
	text, ok, err := declared.Read(dir, "dvc.yaml")
	if ok && err == nil {
		var file *declared.Value
		if file, err = declared.FirstYAML("dvc.yaml", text); err == nil {
			n := len(file.Get("stages").Entries)
			add("dvc.yaml", fmt.Sprintf("%d DVC stages", n), "its stages: dvc repro runs them")
		}
	}
	text, ok, bad := declared.Read(dir, "MLproject")
	if ok && bad == nil {
		var file *declared.Value
		if file, bad = declared.FirstYAML("MLproject", text); bad == nil {
			n := len(file.Get("entry_points").Entries)
			add("MLproject", fmt.Sprintf("MLflow project with %d entry points", n), "its entry points: mlflow run . -e NAME runs them")
		}
	}
	if err == nil {
		err = bad
	}
	return found, err
}

// workflows are the files of a directory of them.
func workflows(dir, below string) []string {
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(below)))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yml" || ext == ".yaml") {
			names = append(names, e.Name())
		}
	}
	return names
}
