package procfile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func at(line int) config.Position { return config.Position{File: "Procfile", Line: line} }

func TestProcessesBecomeServices(t *testing.T) {
	got := read("Procfile", []byte("# what runs\nweb: bundle exec puma -p $PORT\r\nworker:   rake jobs:work\nrelease: rake db:migrate\n\nnot one\nbad name: x\nempty:\n"))
	want := integrations.Evidence{
		Where: "Procfile", What: "3 processes",
		Units: []config.Unit{
			{Name: "web", Kind: config.Service, Autostart: true, Run: "bundle exec puma -p $PORT", Ports: []config.Port{{Name: "http"}}, Pos: at(2)},
			{Name: "worker", Kind: config.Service, Autostart: true, Run: "rake jobs:work", Pos: at(3)},
			{Name: "release", Kind: config.Task, Run: "rake db:migrate", Pos: at(4)},
		},
		Left: []string{"line 6, which is not NAME: COMMAND", "line 7, which is not NAME: COMMAND", "line 8, which is not NAME: COMMAND"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheFileForThisMachineCounts(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"Procfile": "web: serve\n", "Procfile.dev": "web: serve --reload\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := detect(t.Context(), dir)
	if err != nil || len(got) != 2 || got[0].Where != "Procfile.dev" || len(got[0].Units) != 1 || len(got[1].Units) != 0 || len(got[1].Left) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
