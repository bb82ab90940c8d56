package devcontainer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestTheCommandsOfAContainersLifeBecomeTasks(t *testing.T) {
	dir := t.TempDir()
	const name = ".devcontainer/devcontainer.json"
	if err := os.MkdirAll(filepath.Join(dir, ".devcontainer"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := `// a note
{
  "name": "shop", // and another
  "image": "x",
  "forwardPorts": [3000, "db:5432"],
  "portsAttributes": {"3000": {"label": "web"}},
  "postCreateCommand": "npm ci",
  "onCreateCommand": ["git", "config", "x", "y"],
  "postStartCommand": {"server": "npm start", "tests": ["npm", "test"]},
  "postAttachCommand": "ls ${containerWorkspaceFolder}",
}`
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := detect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	at := func(line int) config.Position { return config.Position{File: name, Line: line} }
	want := []integrations.Evidence{{
		Where: name, What: "Dev container shop, ports 3000 (web), db:5432",
		Units: []config.Unit{
			{Name: "onCreate", Kind: config.Task, Command: []string{"git", "config", "x", "y"}, Description: "when the container is made", Pos: at(8)},
			{Name: "postCreate", Kind: config.Task, Run: "npm ci", Description: "after the container is made", Pos: at(7)},
			{Name: "postStart-server", Kind: config.Task, Run: "npm start", Description: "whenever it starts", Pos: at(9)},
			{Name: "postStart-tests", Kind: config.Task, Command: []string{"npm", "test"}, Description: "whenever it starts", Pos: at(9)},
		},
		Left: []string{"postAttach: it names a path inside of its container", "its container: the commands run on this machine"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
