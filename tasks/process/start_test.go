//go:build linux || darwin

package process

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestWhatCannotStartSaysWhyAndWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("serve.sh", "#!/bin/sh\n", 0o755)
	write("plain.sh", "#!/bin/sh\n", 0o644)
	write("odd.sh", "#!/no/such/interpreter -x\n", 0o755)
	write("data", "just text", 0o755)
	r := newRunner(t, Options{Root: dir, Env: func(u config.Unit, _ func(string) (string, bool)) ([]string, error) {
		if len(u.EnvFile) > 0 {
			return nil, fmt.Errorf("open %s: no such file", u.EnvFile[0])
		}
		return []string{"PATH=/bin"}, nil
	}})
	pos := config.Position{File: "sawhorse.yml", Line: 3}
	for want, u := range map[string]config.Unit{
		"sawhorse.yml:3: command not found: nosuch; install it, or write the whole path; PATH is /bin":                                           {Command: []string{"nosuch"}},
		"sawhorse.yml:3: command not found: serve.sh; did you mean ./serve.sh? A name without a slash is looked for in PATH only":                {Command: []string{"serve.sh"}},
		"sawhorse.yml:3: command not found: " + dir + "/server.sh; did you mean ./serve.sh?":                                                     {Command: []string{"./server.sh"}},
		"sawhorse.yml:3: ./plain.sh is not executable; try chmod +x " + dir + "/plain.sh":                                                        {Command: []string{"./plain.sh"}},
		"sawhorse.yml:3: . is a directory; name a program in it":                                                                                 {Command: []string{"/."}, Dir: dir},
		"sawhorse.yml:3: " + dir + "/odd.sh wants /no/such/interpreter, which does not exist; install it or change the first line of the script": {Command: []string{"./odd.sh"}},
		"sawhorse.yml:3: " + dir + "/data is not a program for this machine: exec format error; a script needs a first line like #!/bin/sh":      {Command: []string{"./data"}},
		"sawhorse.yml:3: directory /no/such/dir does not exist; create it or change dir":                                                         {Command: []string{"sh"}, Dir: "/no/such/dir"},
		"sawhorse.yml:3: environment: open .env: no such file; fix env or env_file":                                                              {Command: []string{"sh"}, EnvFile: []string{".env"}},
	} {
		u.Pos = pos
		err := r.begin(t, tasks.Request{Task: task(u)}).result()
		if e := (*tasks.StartError)(nil); !errors.As(err, &e) || strings.ReplaceAll(err.Error(), "/. is", ". is") != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestATakenPortNamesItsHolder(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	unit := func(n int) config.Unit {
		return config.Unit{Command: role("sleep"), Ports: []config.Port{{Name: "http", Number: n}}}
	}
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		n := l.Addr().(*net.TCPAddr).Port
		err = r.begin(t, tasks.Request{Task: task(unit(n))}).result()
		_ = l.Close() // nobody has connected
		if e := (*tasks.StartError)(nil); !errors.As(err, &e) {
			t.Fatalf("%s: %v", address, err)
		}
		for _, want := range []string{
			fmt.Sprintf("port %d (http) is taken by pid %d (%s", n, os.Getpid(), filepath.Dir(os.Args[0])),
			" since ", fmt.Sprintf("`kill %d`", os.Getpid()),
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q lacks %q", address, err, want)
			}
		}
	}
}

func TestAPortTakenByARunOfThisWorkspaceNamesTheRun(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	n, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Name: "web", Command: role("listen", fmt.Sprintf("127.0.0.1:%d", n))})})
	j.sink.untilPrinted(t, "listens")
	err = r.begin(t, tasks.Request{Task: task(config.Unit{Name: "api", Command: role("sleep"), Ports: []config.Port{{Name: "http", Number: n}}})}).result()
	if err == nil || !strings.Contains(err.Error(), "which belongs to web#1 of this workspace; stop web, or") {
		t.Errorf("got %v", err)
	}
	_ = j.stop() // TERM
}

func TestUsageCountsTheWholeTreeOfARun(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	n, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Usage(t.Context())) != 0 {
		t.Error("usage without runs")
	}
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Run: fmt.Sprintf("%s child listen 127.0.0.1:%d; true", config.ShellWord(os.Args[0]), n)})})
	j.sink.untilPrinted(t, "listens")
	u := r.Usage(t.Context())[j.id]
	if u.Processes != 2 || u.Memory < 1<<20 || u.Threads < 3 || u.Files < 6 || len(u.Ports) != 1 || u.Ports[0] != n {
		t.Errorf("got %+v, want 2 processes and port %d", u, n)
	}
	_ = j.stop() // TERM
}

func TestWhatIsNotInstalledIsNamedByTheRunThatFailedForIt(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{Lacks: func(u config.Unit, path string, exit int) string {
		if path != "/bin" {
			return ""
		}
		return fmt.Sprintf("run `install %s`: it is not there (%d)", u.Name, exit)
	}, Env: func(config.Unit, func(string) (string, bool)) ([]string, error) { return []string{"PATH=/bin"}, nil }})
	for want, u := range map[string]config.Unit{
		"exit 127: run `install shop`: it is not there (127)":                          {Run: "no-such-program"},
		"exit 3: run `install shop`: it is not there (3)":                              {Run: "exit 3"},
		"command not found: no-such-program; run `install shop`: it is not there (-1)": {Command: []string{"no-such-program"}},
	} {
		u.Name, u.Kind = "shop", config.Task
		if err := r.begin(t, tasks.Request{Task: task(u)}).result(); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if err := r.begin(t, tasks.Request{Task: task(config.Unit{Run: "true"})}).result(); err != nil {
		t.Error(err)
	}
}
