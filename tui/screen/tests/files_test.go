package tests

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writeFile writes 200 numbered lines.
func writeFile(t *testing.T, root, name string) string {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(numbered()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func chtimes(path string) error {
	later := time.Now().Add(time.Hour)
	return os.Chtimes(path, later, later)
}
