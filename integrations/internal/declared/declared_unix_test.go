//go:build unix

package declared

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAPipeIsNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "Procfile"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := Read(dir, "Procfile"); ok || err == nil {
		t.Errorf("%v %v", ok, err)
	}
}
