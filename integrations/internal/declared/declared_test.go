package declared

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOnlyOrdinaryFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "Makefile"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "makefile"), []byte("all:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	big, err := os.Create(filepath.Join(dir, "big"))
	if err != nil {
		t.Fatal(err)
	}
	if err := big.Truncate(largest + 1); err != nil {
		t.Fatal(err)
	}
	big.Close()
	if _, ok, err := Read(dir, "Makefile"); ok || err != nil {
		t.Errorf("a directory: %v %v", ok, err)
	}
	if text, name, err := First(dir, "GNUmakefile", "makefile"); string(text) != "all:\n" || name != "makefile" || err != nil {
		t.Errorf("%q %q %v", text, name, err)
	}
	if _, ok, err := Read(dir, "big"); ok || err == nil {
		t.Errorf("a large file: %v %v", ok, err)
	}
	if _, ok, err := Read(dir, "none"); ok || err != nil {
		t.Errorf("no file: %v %v", ok, err)
	}
}
