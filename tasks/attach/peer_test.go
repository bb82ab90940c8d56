package attach

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestAnotherUsersConnectionIsClosedBeforeItIsSeen(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("this system is not asked who connects")
	}
	dir, err := os.MkdirTemp("", "attach") //nolint:usetesting // t.TempDir is too long for a socket on macOS
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := Listen(filepath.Join(dir, "host.sock"))
	if err != nil {
		t.Fatal(err)
	}
	l.(*listener).uid = os.Getuid() + 1 // as if we were that other user
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, _ := l.Accept()
		accepted <- conn
	}()
	conn, err := net.Dial("unix", filepath.Join(dir, "host.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
	_ = l.Close()
	if conn := <-accepted; conn != nil {
		t.Error("the host saw the connection")
	}
}
