//go:build linux || darwin

package process

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func isReady(s *sink) bool {
	for _, e := range s.all() {
		if _, ok := e.(tasks.RunReady); ok {
			return true
		}
	}
	return false
}

func probeReasons(s *sink) []string {
	var reasons []string
	for _, e := range s.all() {
		if p, ok := e.(tasks.ProbeFailed); ok {
			reasons = append(reasons, p.Error)
		}
	}
	return reasons
}

func TestAServiceIsReadyWhenItsProbeSaysSo(t *testing.T) {
	t.Parallel()
	r := newRunner(t, Options{})
	port := func() int {
		n, err := FreePort()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, c := range map[string]struct {
		command func(port int) []string
		run     string
		probe   *config.Probe
		refusal string // the last reason before it is ready, %d for the port
		sure    bool   // there is one even when the service is quicker than we are
	}{
		"no probe": {command: func(int) []string { return role("sleep") }},
		"http, once it answers with a redirect": {
			command: func(n int) []string { return role("http", fmt.Sprintf("127.0.0.1:%d", n)) },
			probe:   &config.Probe{HTTP: ":${{ ports.http }}/health"},
			refusal: "http :%d/health answers 503 Service Unavailable",
			sure:    true,
		},
		"tcp": {
			command: func(n int) []string { return role("listen", fmt.Sprintf("127.0.0.1:%d", n)) },
			probe:   &config.Probe{TCP: "127.0.0.1:${{ ports.http }}"},
			refusal: "tcp 127.0.0.1:%d refused",
		},
		"tcp on ::1 only": {
			command: func(n int) []string { return role("listen", fmt.Sprintf("[::1]:%d", n)) },
			probe:   &config.Probe{TCP: ":${{ ports.http }}"},
			refusal: "tcp :%d refused",
		},
		"exec in the unit's environment": {
			run:     `sleep 0.2; touch ready-$PORT; sleep 300`,
			probe:   &config.Probe{Exec: `test -e ready-$PORT || { echo waiting; exit 3; }`},
			refusal: "exec test -e ready-$PORT || { echo waiting; exit 3; }: exit status 3: waiting",
		},
		"a line, in colours": {
			run:     `echo starting; printf '\033[32mlistening\033[0m on 80\n'; sleep 300`,
			probe:   &config.Probe{Log: `^listening on \d+$`},
			refusal: "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := port()
			u := config.Unit{Ready: c.probe, Ports: []config.Port{{Name: "http"}}, Run: c.run, Dir: t.TempDir()}
			if c.command != nil {
				u.Command = c.command(n)
			}
			j := r.begin(t, tasks.Request{Run: tasks.RunID(name), Task: task(u), Ports: map[string]int{"http": n}})
			j.sink.until(t, "ready", func() bool { return isReady(j.sink) })
			reasons := probeReasons(j.sink)
			for i := range len(reasons) - 1 {
				if reasons[i] == reasons[i+1] {
					t.Errorf("said twice: %s", reasons[i])
				}
			}
			want := strings.ReplaceAll(c.refusal, "%d", fmt.Sprint(n))
			if c.sure && len(reasons) == 0 || c.refusal != "" && len(reasons) > 0 && reasons[len(reasons)-1] != want {
				t.Errorf("reasons %q, want last %q", reasons, want)
			}
			_ = j.stop() // TERM
		})
	}
}

func TestAServiceThatIsNotReadyInTimeIsStopped(t *testing.T) {
	t.Parallel()
	n, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{
		Command: role("sleep"),
		Ready:   &config.Probe{TCP: fmt.Sprintf(":%d", n), Within: 300 * time.Millisecond},
	})})
	e := (*tasks.ExitError)(nil)
	if err := j.result(); !errors.As(err, &e) {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("not ready within 300ms: tcp :%d refused", n); e.Reason != want {
		t.Errorf("got %q, want %q", e.Reason, want)
	}
	if want := (tasks.Exit{Code: 143, Signal: "TERM"}); e.Exit != want {
		t.Errorf("exit %v, want %v", e.Exit, want)
	}
}

func TestAnExecProbeMayPrintMuchAndItsLastLineIsTheReason(t *testing.T) {
	t.Parallel()
	long := `i=0; while [ $i -lt 300 ]; do echo "$i: a line of a check that says a lot"; i=$((i+1)); done; `
	j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{
		Command: role("sleep"), Dir: t.TempDir(),
		Ready: &config.Probe{Exec: long + "test -e asked || { touch asked; echo no room left; exit 3; }", Timeout: time.Minute, Within: 2 * time.Minute},
	})})
	j.sink.until(t, "ready", func() bool { return isReady(j.sink) })
	reasons := probeReasons(j.sink)
	if len(reasons) != 1 || !strings.HasSuffix(reasons[0], ": exit status 3: no room left") {
		t.Errorf("reasons are %q", reasons)
	}
	_ = j.stop() // TERM
}

func TestAnExecProbeThatHangsIsKilled(t *testing.T) {
	t.Parallel()
	j := newRunner(t, Options{}).begin(t, tasks.Request{Task: task(config.Unit{
		Command: role("sleep"),
		Ready:   &config.Probe{Exec: `echo "$$" > probe; sleep 300`, Timeout: 100 * time.Millisecond},
	})})
	j.sink.until(t, "a reason", func() bool { return len(probeReasons(j.sink)) > 0 })
	want := []string{`exec echo "$$" > probe; sleep 300: no answer within 100ms`}
	if diff := cmp.Diff(want, probeReasons(j.sink)); diff != "" {
		t.Error(diff)
	}
	_ = j.stop() // TERM
}

func TestALineWatchJoinsChunksAndForgetsOtherLines(t *testing.T) {
	t.Parallel()
	w, err := newLineWatch(`^ready$`)
	if err != nil {
		t.Fatal(err)
	}
	found := func() bool {
		select {
		case <-w.found:
			return true
		default:
			return false
		}
	}
	w.feed(logs.Out, []byte("not ready\nrea"))
	w.feed(logs.Err, []byte("dy\n"))
	w.feed(logs.Out, []byte("dy"))
	if found() {
		t.Error("found before the line has ended")
	}
	w.feed(logs.Out, []byte("\r\n"))
	w.feed(logs.Out, []byte("ready\n"))
	if !found() {
		t.Error("not found")
	}
}
