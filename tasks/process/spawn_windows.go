package process

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// child is a started leader. On Windows it is always on pipes.
type child struct {
	id      ident
	exited  chan struct{}
	exit    tasks.Exit // valid once exited is closed
	outputs []*output
	tty     *os.File // always nil here
}

func defaultShell() []string { return []string{"cmd", "/C"} }

func spawn(p *plan, _, _ int, a *arrivals) (*child, error) {
	c := &child{exited: make(chan struct{})}
	cmd := exec.Command(p.path)
	cmd.Args, cmd.Dir, cmd.Env = p.argv, p.dir, p.env
	var given []*os.File
	for _, stream := range []logs.Stream{logs.Out, logs.Err} {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("open a pipe: %w", err)
		}
		given = append(given, w)
		c.outputs = append(c.outputs, newOutput(stream, r, a))
	}
	cmd.Stdout, cmd.Stderr = given[0], given[1]
	err := cmd.Start()
	for _, w := range given {
		_ = w.Close() // the process has its own
	}
	if err != nil {
		for _, o := range c.outputs {
			_ = o.file.Close() // nothing was written
		}
		return nil, err
	}
	c.id = identify(cmd.Process.Pid)
	go func() {
		defer close(c.exited)
		_ = cmd.Wait() // the state says it
		c.exit = tasks.Exit{Code: cmd.ProcessState.ExitCode()}
	}()
	return c, nil
}

// drainNow does nothing: pipes have no deadlines here that could lead to it.
func drainNow(*os.File, []byte, func([]byte)) {}

func executableFile(path string) (string, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return "", errDirectory
	}
	found, err := exec.LookPath(path) // also tries .exe and its kin
	if err != nil {
		return "", fs.ErrNotExist
	}
	return found, nil
}

func notExecutableFormat(error) bool { return false }

func cooked(*os.File) bool { return false }

func resize(*os.File, int, int) error { return nil }

func inOwnSession(*exec.Cmd) {}
