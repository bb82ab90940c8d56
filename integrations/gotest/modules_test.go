package gotest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestAPackageIsOfTheInnermostModuleThatItsPathBeginsWith(t *testing.T) {
	root := t.TempDir()
	for dir, module := range map[string]string{"app": "example.com/app", "hack/tools": "example.com/app/tools"} {
		at := filepath.Join(root, filepath.FromSlash(dir))
		if err := os.MkdirAll(at, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, "go.mod"), []byte("module "+module+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 { // a map has no order
		dir, ok := newSources(integrationtest.Task(root, "")).dirOf("example.com/app/tools/gen")
		if want := filepath.Join(root, "hack", "tools", "gen"); !ok || dir != want {
			t.Fatalf("%s, %v; want %s", dir, ok, want)
		}
	}
}
