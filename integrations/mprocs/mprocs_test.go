package mprocs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func found(t *testing.T, name, text string) integrations.Evidence {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := detect(t.Context(), dir)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	return all[0]
}

func TestProcessesBecomeServices(t *testing.T) {
	got := found(t, "mprocs.yaml", `proc_list_width: 20
procs:
  short: yarn dev
  list: [cargo, watch]
  web:
    shell: npm run dev
    cwd: "<CONFIG_DIR>/web"
    env: {PORT: 3000, GONE: null}
    autostart: false
    autorestart: true
    stop: SIGINT
  editor:
    cmd:
      $select: os
      windows: [notepad]
      $else: [vim]
    stop: {send-keys: ["<Esc>", ":q"]}
    add_path: [node_modules/.bin]
  removed: null
  empty: {cwd: x}
`)
	at := func(line int) config.Position { return config.Position{File: "mprocs.yaml", Line: line} }
	want := integrations.Evidence{
		Where: "mprocs.yaml", What: "4 processes",
		Units: []config.Unit{
			{Name: "short", Kind: config.Service, Autostart: true, Run: "yarn dev", Pos: at(3)},
			{Name: "list", Kind: config.Service, Autostart: true, Command: []string{"cargo", "watch"}, Pos: at(4)},
			{
				Name: "web", Kind: config.Service, Run: "npm run dev", Dir: "web", Env: map[string]string{"PORT": "3000"}, Pos: at(5),
				Restart: config.Restart{When: config.RestartAlways}, Stop: config.Stop{Signal: "INT"},
			},
			{Name: "editor", Kind: config.Service, Autostart: true, Command: []string{"vim"}, Pos: at(12)},
		},
		Left: []string{
			"editor: stop: keys are not typed, it is ended by a signal", "editor: add_path: set PATH in its env",
			"empty: it has neither shell nor cmd",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAJSONFileIsReadToo(t *testing.T) {
	got := found(t, "mprocs.json", "{\n \"procs\": {\n  \"tests\": {\"shell\": \"jest -w\", \"env\": [\"NODE_ENV=test\"]}\n }\n}\n")
	want := []config.Unit{{
		Name: "tests", Kind: config.Service, Autostart: true, Run: "jest -w", Env: map[string]string{"NODE_ENV": "test"},
		Pos: config.Position{File: "mprocs.json", Line: 3},
	}}
	if diff := cmp.Diff(want, got.Units); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
