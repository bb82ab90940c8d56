//go:build linux || darwin

package process

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestTheLastLineNeedsNoNewline(t *testing.T) {
	t.Parallel()
	for _, tty := range []bool{true, false} {
		j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{Command: role("exit", "0", "one\ntwo"), TTY: tty})})
		if err := j.result(); err != nil {
			t.Error(err)
		}
		if got := j.sink.out(); got != "one\ntwo" {
			t.Errorf("tty %v: %q", tty, got)
		}
	}
}

func TestAPtyIsATerminalAndPipesAreTwoStreams(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{Columns: 100, Rows: 30})
	pty := r.begin(t, tasks.Request{Task: task(config.Unit{Command: role("size"), TTY: true})})
	if err := pty.result(); err != nil || pty.sink.out() != "100x30\n" {
		t.Errorf("pty: %v %q", err, pty.sink.out())
	}
	pipes := r.begin(t, tasks.Request{Run: "p#2", Task: task(config.Unit{Run: `echo out; echo err >&2; cat; [ -t 0 ] || echo "no tty"`})})
	if err := pipes.result(); err != nil {
		t.Error(err)
	}
	if out, errs := pipes.sink.out(), pipes.sink.text[logs.Err]; out != "out\nno tty\n" || errs != "err\n" {
		t.Errorf("pipes: %q, %q", out, errs)
	}
}

func TestTheEnvironmentTellsPortsParamsAndCause(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	u := config.Unit{
		Kind:   config.Task,
		Run:    `echo $PORT $HTTP_PORT $DEBUG_UI_PORT $PARAM_WHO ${{ params.who }} ${{ ports.db.sql }} $MINE; echo "$SAWHORSE_CHANGED"; echo ${SAWHORSE_RUN#*/}`,
		Env:    map[string]string{"MINE": "${{ ports.http }}!"},
		Ports:  []config.Port{{Name: "http"}, {Name: "debug-ui"}},
		Params: []config.Param{{Name: "who", Default: "it's; me"}},
	}
	j := r.begin(t, tasks.Request{
		Task:  task(u),
		Ports: map[string]int{"http": 8001, "debug-ui": 8002, "db.sql": 8003},
		Cause: tasks.Cause{Files: []string{"a.go", "b c.go"}},
	})
	if err := j.result(); err != nil {
		t.Fatal(err)
	}
	want := "8001 8001 8002 it's; me it's; me 8003 8001!\na.go\nb c.go\napi#1\n"
	if got := j.sink.out(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAHugeListOfChangedFilesGoesToAFile(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	files := make([]string, 20_000)
	for i := range files {
		files[i] = "dir/file.go"
	}
	j := r.begin(t, tasks.Request{
		Task:  task(config.Unit{Kind: config.Task, Run: `echo "$SAWHORSE_CHANGED" | tail -n 1; wc -l < $SAWHORSE_CHANGED_FILE`}),
		Cause: tasks.Cause{Files: files},
	})
	if err := j.result(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(j.sink.out()); len(got) != 2 || got[0] != "..." || got[1] != "20000" {
		t.Errorf("got %q", j.sink.out())
	}
	if left, _ := os.ReadDir(r.o.StateDir); len(left) > 0 {
		t.Errorf("the list outlived its run: %v", left)
	}
}

func TestATerminalSeesOutputAndTakesInput(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Command: role("echo"), TTY: true})})
	j.sink.untilPrinted(t, "up")
	first, err := r.Terminal(t.Context(), j.id)
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.Terminal(t.Context(), j.id)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Resize(90, 20); err != nil {
		t.Error(err)
	}
	if _, err := first.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	j.sink.untilPrinted(t, "got hello\n")
	_ = j.stop() // TERM
	for _, v := range []tasks.Terminal{first, second} {
		seen, err := io.ReadAll(v)
		if err != nil || strings.TrimPrefix(string(seen), lateUp) != "hello\r\ngot hello\r\n" {
			t.Errorf("a viewer saw %q, %v", seen, err)
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := first.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write after Close: %v", err)
	}
	if strings.Contains(j.sink.out(), "\r") {
		t.Errorf("the log has what was not printed: %q", j.sink.out())
	}
}

func TestAProgramInRawModeDrawsByItself(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Run: `stty raw -echo; echo up; read x; printf 'a\nb'; read x`, TTY: true})})
	j.sink.untilPrinted(t, "up")
	v, err := r.Terminal(t.Context(), j.id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	j.sink.untilPrinted(t, "a\nb")
	_ = j.stop() // TERM
	seen, err := io.ReadAll(v)
	if got := strings.TrimPrefix(string(seen), "up\n"); err != nil || got != "a\nb" {
		t.Errorf("saw %q, %v", seen, err)
	}
}

// lateUp may come to a viewer that opened when the log had it already: output
// is logged first, so that whoever attaches and then reads the log misses none.
const lateUp = "up\r\n"

func TestATerminalEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Command: role("echo"), TTY: true})})
	j.sink.untilPrinted(t, "up")
	ctx, cancel := context.WithCancel(t.Context())
	v, err := r.Terminal(ctx, j.id)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(10*time.Millisecond, cancel)
	seen, err := io.ReadAll(v)
	if !errors.Is(err, os.ErrClosed) || strings.TrimPrefix(string(seen), lateUp) != "" {
		t.Errorf("saw %q, %v", seen, err)
	}
	_ = j.stop() // TERM
}

func TestThereIsNoTerminalWithoutAPtyOrARun(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	j := r.begin(t, tasks.Request{Task: task(config.Unit{Command: role("sleep")})})
	j.sink.untilPrinted(t, "up")
	for id, want := range map[tasks.RunID]string{"api#1": "api runs without a terminal (tty: false)", "db#7": "db#7 is not running"} {
		if _, err := r.Terminal(t.Context(), id); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
	_ = j.stop() // TERM
}

func TestASlowViewerLosesTheOldestAndSeesAMark(t *testing.T) {
	t.Parallel()
	v := &viewer{more: make(chan struct{}, 1), closed: make(chan struct{})}
	v.add([]byte(strings.Repeat("old", viewerMost/3)))
	v.add([]byte("0123456789"))
	v.finish()
	seen, err := io.ReadAll(v)
	if err != nil {
		t.Fatal(err)
	}
	got := string(seen)
	if !strings.HasPrefix(got, "\r\n[9 bytes were not shown: too fast]\r\n") || !strings.HasSuffix(got, "0123456789") {
		t.Errorf("%q ... %q", got[:50], got[len(got)-20:])
	}
}
