package curves

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWhoWritesAFileIsSeen(t *testing.T) {
	session, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "x.num")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if got := writerOf(name, session); got != ours {
		t.Errorf("of this session: %d", got)
	}
	if got := writerOf(name, 1); got != another {
		t.Errorf("of another one: %d", got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err = os.Open(name); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := writerOf(name, session); got != unknown {
		t.Errorf("only read: %d", got)
	}
}
