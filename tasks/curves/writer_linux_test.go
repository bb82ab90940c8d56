package curves

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// A run leads a session, and what it starts is in that; the session of the test itself
// may be one that cannot be seen from here.
func TestWhoWritesAFileIsSeen(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.num")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	held := func(how string) (session int, end func()) {
		t.Helper()
		c := exec.Command("sh", "-c", `(exec 3`+how+`"$1"; echo open; read line)`, "sh", name)
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 16)); err != nil {
			t.Fatal(err)
		}
		return c.Process.Pid, func() {
			in.Close()
			_ = c.Wait() // read fails at the end of its input
		}
	}

	session, end := held(">>")
	if got := writerOf(name, session); got != ours {
		t.Errorf("of the run's session: %d", got)
	}
	if got := writerOf(name, 1); got != another {
		t.Errorf("of another one: %d", got)
	}
	end()
	session, end = held("<")
	defer end()
	if got := writerOf(name, session); got != unknown {
		t.Errorf("only read: %d", got)
	}
}
