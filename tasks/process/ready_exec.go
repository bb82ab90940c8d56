package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// askExec runs a line in the unit's shell, directory and environment; exit code
// 0 is ready. It has a session of its own, which is killed when the try is over.
func askExec(ctx context.Context, p *plan, name, line string) string {
	path, err := findProgram(p.shell[0], p.dir, lookupEnv(p.env, "PATH"))
	if err != nil {
		return fmt.Sprintf("%s: %s", name, err)
	}
	cmd := exec.CommandContext(ctx, path)
	cmd.Args = append(append([]string{}, p.shell...), line)
	cmd.Dir, cmd.Env = p.dir, p.env
	said := &tail{most: 4 << 10}
	cmd.Stdout, cmd.Stderr = said, said
	inOwnSession(cmd)
	cmd.Cancel = func() error { return killTree(cmd.Process.Pid) }
	cmd.WaitDelay = 500 * time.Millisecond
	err = cmd.Run()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return "" // it said 0; something it left in the background may go on
	}
	why := fmt.Sprintf("%s fails: %s", name, err)
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		why = fmt.Sprintf("%s: %s", name, e.ProcessState)
	}
	if last := said.lastLine(); last != "" {
		why += ": " + last
	}
	return why
}

// tail keeps the end of what is written. exec copies to it from one goroutine.
type tail struct {
	most int
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if over := len(t.text) - t.most; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) lastLine() string {
	text := bytes.TrimSpace(t.text)
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		text = text[i+1:]
	}
	return strings.ToValidUTF8(string(text), "�")
}
