package github

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// TestContractOnARealServer runs the contract against the server that
// SAWHORSE_TEST_GITHUB_URL and _TOKEN name: in the repository _REPO (owner/name), else
// the first of the token's that has such a workflow. Its task is _TASK, else the first
// workflow that can be triggered without a value of its own.
func TestContractOnARealServer(t *testing.T) {
	const prefix = "SAWHORSE_TEST_GITHUB_"
	url, secret, repo := os.Getenv(prefix+"URL"), os.Getenv(prefix+"TOKEN"), os.Getenv(prefix+"REPO")
	if url == "" || secret == "" {
		t.Skip("no server is named: set " + prefix + "URL and _TOKEN")
	}
	repos := []string{repo}
	if repo == "" {
		repos = repositories(t, url, secret)
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
	for _, repo = range repos {
		if task == "" {
			task = triggerable(t, reach(t))
		}
		if task != "" {
			break
		}
	}
	if task == "" {
		t.Fatalf("none of %v has a workflow that can be triggered without a value: name one with %sREPO and _TASK", repos, prefix)
	}
	integrationtest.Connected(t, func(t *testing.T) integrationtest.Outside {
		t.Helper()
		o := reach(t)
		o.Task = task
		return o
	}, nil)
}

// repositories are those that the token may see.
func repositories(t *testing.T, url, token string) (names []string) {
	t.Helper()
	_, api, ok := server(url)
	if !ok {
		t.Fatalf("SAWHORSE_TEST_GITHUB_URL is not the address of a server: %s", url)
	}
	var all []struct {
		Name string `json:"full_name"`
	}
	ask := func(api string) error {
		c, err := rest.New(rest.Options{Base: api, Header: http.Header{"Authorization": {"Bearer " + token}}})
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Get(t.Context(), "list the repositories of the token", "user/repos", query("per_page", "50"), &all)
		return err
	}
	err := ask(api)
	if root, ok := strings.CutSuffix(api, githubPath); ok && rest.Is(err, rest.NotFound) {
		err = ask(root + likePath)
	}
	if err != nil {
		t.Fatalf("SAWHORSE_TEST_GITHUB_REPO is not set, and %s does not say which repositories there are: %v\n"+
			"name the one to test with: SAWHORSE_TEST_GITHUB_REPO=owner/name", url, err)
	}
	for _, r := range all {
		names = append(names, r.Name)
	}
	return names
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
