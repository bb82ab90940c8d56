package live

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// printer runs a task by printing pieces.
type printer struct {
	pieces []string
	ran    config.Unit
}

func (p *printer) Run(_ context.Context, q tasks.Request, s tasks.Sink) error {
	p.ran = q.Task.Spec
	for _, piece := range p.pieces {
		stream := logs.Out
		if rest, ok := strings.CutPrefix(piece, "err:"); ok {
			stream, piece = logs.Err, rest
		}
		s.Log(stream, []byte(piece))
	}
	return nil
}

// sink keeps what is logged, and by whom.
type sink struct{ text string }

func (s *sink) Log(stream logs.Stream, p []byte) { s.text += fmt.Sprintf("%d:%s", stream, p) }
func (s *sink) Emit(tasks.Event)                 {}
func (s *sink) LogRead(_ logs.Stream, p []byte) int64 {
	s.text += "read:" + string(p)
	return 0
}

// reader calls lines in braces its own.
type reader struct {
	s     tasks.LineSink
	ended *int
}

func (r reader) Line(line []byte) bool {
	own := strings.HasSuffix(string(line), "}")
	if own {
		r.s.LogRead(logs.Out, append(line[1:len(line)-1:len(line)-1], '\n'))
	}
	return own
}

func (r reader) End() { *r.ended++ }

func run(t *testing.T, task tasks.Task, pieces ...string) (text string, ran config.Unit) {
	t.Helper()
	ended := 0
	next := &printer{pieces: pieces}
	r := New(next, func(t tasks.Task) (tasks.Live, bool) {
		l := tasks.Live{Spec: t.Spec, Read: func(s tasks.LineSink) tasks.LiveReader { return reader{s, &ended} }}
		l.Spec.Run += " -json"
		return l, t.Spec.Run == "go test"
	})
	s := &sink{}
	if err := r.Run(t.Context(), tasks.Request{Task: task}, s); err != nil {
		t.Fatal(err)
	}
	if live := strings.HasSuffix(next.ran.Run, "-json"); live != (ended == 1) {
		t.Errorf("the reader's end was told %d times", ended)
	}
	return s.text, next.ran
}

func task(run string) tasks.Task {
	return tasks.Task{Name: "test", Kind: config.Task, Spec: config.Unit{Run: run}}
}

func TestLinesGoToTheReaderHoweverTheyArrive(t *testing.T) {
	for _, pieces := range [][]string{
		{"{a}\n{b}\n"},
		{"{a}\r\n", "{", "b", "}", "\n"},
		{"{a}\n{b", "}\n"},
	} {
		if text, _ := run(t, task("go test"), pieces...); text != "read:a\nread:b\n" {
			t.Errorf("%q: %q", pieces, text)
		}
	}
}

func TestWhatIsNobodysIsLoggedAtOnceAndAsItIs(t *testing.T) {
	got, _ := run(t, task("go test"), "go: down", "loading\n{a}\n", "err:# shop\n", "{not an event\n", "\n{a}\n")
	if diff := cmp.Diff("0:go: down0:loading\nread:a\n1:# shop\n0:{not an event\n0:\nread:a\n", got); diff != "" {
		t.Error(diff)
	}
}

func TestALineThatBreaksOffIsLogged(t *testing.T) {
	for given, want := range map[string]string{"{a}\n{\"Act": "read:a\n0:{\"Act0:\n", "half": "0:half0:\n"} {
		if got, _ := run(t, task("go test"), given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
	long := "{" + strings.Repeat("x", longest)
	if got, _ := run(t, task("go test"), long, "tail\n{a}\n"); got != "0:"+long+"0:tail\nread:a\n" {
		t.Errorf("a line without an end became %.30q… of %d bytes", got, len(got))
	}
}

func TestACommandThatIsNotKnownRunsAsItIs(t *testing.T) {
	got, ran := run(t, task("make test"), "{a}\n")
	if got != "0:{a}\n" || ran.Run != "make test" {
		t.Errorf("%q ran and printed %q", ran.Run, got)
	}
	service := task("go test")
	service.Kind = config.Service
	if _, ran := run(t, service); ran.Run != "go test" {
		t.Errorf("of a service %q ran", ran.Run)
	}
}
