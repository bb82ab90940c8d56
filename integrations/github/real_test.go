package github

import (
	"os"
	"testing"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// TestContractOnARealServer runs the contract against the server that
// SAWHORSE_TEST_GITHUB_URL, _TOKEN and _REPO (owner/name) name. Its task is
// SAWHORSE_TEST_GITHUB_TASK, else the first workflow that can be triggered
// without a value of its own.
func TestContractOnARealServer(t *testing.T) {
	const prefix = "SAWHORSE_TEST_GITHUB_"
	url, secret, repo := os.Getenv(prefix+"URL"), os.Getenv(prefix+"TOKEN"), os.Getenv(prefix+"REPO")
	if url == "" || secret == "" || repo == "" {
		t.Skip("no server is named: set " + prefix + "URL, _TOKEN and _REPO")
	}
	reach := func(t *testing.T) integrationtest.Outside {
		t.Helper()
		dir := t.TempDir()
		return integrationtest.Outside{Definition: Definition(), Secrets: []string{secret}, Task: os.Getenv(prefix + "TASK"), Place: integrations.Place{
			Dir: dir, Home: dir, Getenv: os.Getenv,
			Declared: []integrations.Declared{{Name: "github", Options: map[string]string{"url": url, "repo": repo, "token": "env:" + prefix + "TOKEN"}}},
		}}
	}
	task := os.Getenv(prefix + "TASK")
	if task == "" {
		task = triggerable(t, reach(t))
	}
	integrationtest.Connected(t, func(t *testing.T) integrationtest.Outside {
		t.Helper()
		o := reach(t)
		o.Task = task
		return o
	}, nil)
}

// triggerable is the first task that needs no value.
func triggerable(t *testing.T, o integrationtest.Outside) string {
	t.Helper()
	all, err := o.Definition.Connections(t.Context(), o.Place)
	if err != nil {
		t.Fatal(err)
	}
	p, err := all[0].Connect(t.Context(), integrationtest.Looking{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.(*provider).Close()
	list, err := p.(tasks.Catalog).Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range list {
		needs := len(task.Spec.Params) == 0
		for _, param := range task.Spec.Params {
			needs = needs || param.Required
		}
		if !needs {
			return task.Name
		}
	}
	return ""
}
