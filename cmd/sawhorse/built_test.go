//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a condition may take to come true on a machine that is
// busy with other tests. Nothing waits this long when it works.
const patience = 90 * time.Second

// glance is the pause between two looks at what gives no event to wait for: the
// output of another process.
const glance = 25 * time.Millisecond

// builds is where the programs under test are built, once for all tests.
type builds struct {
	dir string
	// program is the real thing; other is another version of it, stranger one
	// that also speaks another protocol.
	program, other, stranger func() (string, error)
}

var built = newBuilds()

func newBuilds() *builds {
	b := &builds{dir: filepath.Join(os.TempDir(), fmt.Sprintf("sawhorse-test-%d", os.Getpid()))}
	b.program = sync.OnceValues(func() (string, error) {
		if _, err := b.build("sawhorse-compose", "-C", "../sawhorse-compose"); err != nil {
			return "", err
		}
		if raceEnabled {
			return b.build("sawhorse", "-race")
		}
		return b.build("sawhorse")
	})
	b.other = sync.OnceValues(func() (string, error) {
		return b.build("sawhorse-other", "-ldflags=-X main.version=v9.9.9")
	})
	b.stranger = sync.OnceValues(func() (string, error) {
		overlay, err := b.otherProtocol()
		if err != nil {
			return "", err
		}
		return b.build("sawhorse-stranger", "-ldflags=-X main.version=v0.0.1", "-overlay="+overlay)
	})
	return b
}

// otherProtocol writes an overlay for go build in which the protocol is another.
func (b *builds) otherProtocol() (string, error) {
	source, err := filepath.Abs(filepath.Join(repository, "tasks", "attach", "attach.go"))
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	changed := regexp.MustCompile(`(?m)^const Protocol = \d+$`).ReplaceAll(text, []byte("const Protocol = 999"))
	if bytes.Equal(changed, text) {
		return "", fmt.Errorf("%s has no protocol where this test looks for it", source)
	}
	replaced, overlay := filepath.Join(b.dir, "attach.go"), filepath.Join(b.dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {source: replaced}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(os.WriteFile(replaced, changed, 0o600), os.WriteFile(overlay, list, 0o600))
}

func (b *builds) build(name string, flags ...string) (string, error) {
	path := filepath.Join(b.dir, "bin", name)
	args := append([]string{"build"}, flags...)
	args = append(args, "-o", path)
	out, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program under test: %w\n%s", err, out)
	}
	return path, nil
}

// theProgram is the path of the built program, in a directory with nothing else
// but what belongs to it.
func theProgram(t *testing.T) string {
	t.Helper()
	path, err := built.program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	flag.Parse()
	// Most of the time a page waits for another process: more of them at once
	// than there are processors.
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)+2))
	}
	// The pages' directories are made here, so that none is left behind.
	if err := os.MkdirAll(built.dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = os.Setenv("GOTMPDIR", built.dir)
	code := m.Run()
	_ = os.RemoveAll(built.dir)
	os.Exit(code)
}

// world is where one test lives: a home and a state directory of its own, by
// which everything that it started can be found again.
type world struct {
	home, state string
}

// environ is the environment of what runs in the world. CI is not set, so that
// trust is asked for.
func (w world) environ(program string) []string {
	return []string{
		"HOME=" + w.home, "SAWHORSE_STATE_DIR=" + w.state, "LANG=C.UTF-8",
		"PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"GORACE=atexit_sleep_ms=0 halt_on_error=1", "GIT_CONFIG_NOSYSTEM=1",
		"GOCACHE=" + goCache(), // a home of its own would have every Go task build the standard library anew
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}
}

func goCache() string {
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return os.TempDir()
	}
	return filepath.Join(dir, "go-build")
}

// member is a process of a world.
type member struct {
	pid     int
	command string
}

// members are the processes that carry the world's state directory in their
// environment: hosts, guards, screens, and all that they run.
func (w world) members() ([]member, error) {
	mark := "SAWHORSE_STATE_DIR=" + w.state
	if runtime.GOOS != "linux" {
		return membersByPs(mark)
	}
	var found []member
	dirs, err := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		environ, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil || !bytes.Contains(append(environ, 0), append([]byte(mark), 0)) {
			continue // gone, somebody else's, or a zombie
		}
		pid, _ := strconv.Atoi(filepath.Base(dir))
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		found = append(found, member{pid, strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))})
	}
	return found, err
}

func membersByPs(mark string) ([]member, error) {
	out, err := exec.Command("ps", "-axwwE", "-o", "pid=,command=").Output()
	var found []member
	for line := range strings.SplitSeq(string(out), "\n") {
		pid, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.Atoi(pid); err == nil && strings.Contains(command, mark+" ") {
			found = append(found, member{n, command})
		}
	}
	return found, err
}

// empty returns when no process of the world is left, or who is after d.
func (w world) empty(d time.Duration) error {
	deadline := time.Now().Add(d)
	for {
		left, err := w.members()
		if err != nil || len(left) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("still there after %v: %v", d, left)
		}
		time.Sleep(glance)
	}
}

// end closes the world: down, then everything must be gone. What is not is
// reported, and killed so that it does not disturb other tests.
func (w world) end() error {
	w.stopHosts()
	err := w.empty(patience)
	left, _ := w.members()
	for _, m := range left {
		_ = syscall.Kill(m.pid, syscall.SIGKILL)
	}
	return err
}

// stopHosts asks every host of the world to end in order.
func (w world) stopHosts() {
	members, _ := w.members()
	for _, m := range members {
		if words := strings.Fields(m.command); len(words) > 1 && strings.HasPrefix(filepath.Base(words[0]), "sawhorse") && words[1] == "host" {
			_ = syscall.Kill(m.pid, syscall.SIGTERM)
		}
	}
}

// host is the pid of the world's only host.
func (w world) host() (int, error) {
	members, err := w.members()
	if err != nil {
		return 0, err
	}
	for _, m := range members {
		if words := strings.Fields(m.command); len(words) > 1 && words[1] == "host" {
			return m.pid, nil
		}
	}
	return 0, errors.New("no host runs here")
}
