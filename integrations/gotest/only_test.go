package gotest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestSingleTestsOfAGoModule(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.com/shop\n\ngo 1.26\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	names := []tasks.TestName{{Suite: "internal/cart", Name: "TestTotal/empty"}, {Suite: "internal/cart", Name: "TestTotal"}, {Suite: "shop", Name: "TestMain2"}}
	want := []string{"go", "test", "-race", "-count", "1", "-run", "^(TestMain2|TestTotal)$", ".", "./internal/cart"}
	for _, u := range []config.Unit{
		{Run: "go test -race -count 1 ./...", Dir: root},
		{Command: []string{"go", "test", "-race", "-run", "Old", "-count", "1", "./..."}, Dir: root},
	} {
		got, ok := only(tasks.Task{Root: root, Spec: u}, names)
		if !ok || cmp.Diff(want, got.Command) != "" || got.Run != "" {
			t.Errorf("%s%v: %v, %v %q", u.Run, u.Command, ok, got.Command, got.Run)
		}
	}
}

func TestACommandThatIsNotPlainIsLeftAlone(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.com/shop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, u := range []config.Unit{
		{Run: "go vet ./... && go test ./...", Dir: root},
		{Run: "go test ./... -args -slow", Dir: root},
		{Run: "make test", Dir: root},
		{Run: "go test ./...", Dir: filepath.Join(root, "sub")},
	} {
		if got, ok := only(tasks.Task{Root: root, Spec: u}, []tasks.TestName{{Suite: "cart", Name: "TestTotal"}}); ok {
			t.Errorf("%q became %v", u.Run, got.Command)
		}
	}
	if _, ok := only(tasks.Task{Root: root, Spec: config.Unit{Run: "go test ./...", Dir: root}}, []tasks.TestName{{Name: "TestTotal"}}); ok {
		t.Error("a test of no known package was found")
	}
}
