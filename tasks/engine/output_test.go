package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestOutputReachesTheLogAndOnlyItsLengthTheEvents(t *testing.T) {
	onEngine(t, []config.Unit{task("t")}, func(b *bench) {
		b.r.script["t"] = func(_ context.Context, _ tasks.Request, s tasks.Sink) error {
			s.Log(logs.Out, []byte("one\ntwo\nthr"))
			return nil
		}
		b.do(tasks.RunTask{Name: "t"})
		b.do(tasks.RunTask{Name: "t"})
		pass(time.Second)
		s := b.state()
		r, _ := s.Current("t")
		if r.FirstLine != 3 || r.EndLine != 6 || s.Lines["t"] != 6 {
			t.Fatalf("lines %d to %d of %d", r.FirstLine, r.EndLine, s.Lines["t"])
		}
	})
}

// numbers is a parser that remembers what it was given.
type numbers struct{ got *[]string }

func (p numbers) Parse(tasks.Task, tasks.Sink) func(int64, string) {
	return func(n int64, line string) { *p.got = append(*p.got, fmt.Sprint(n, " ", line)) }
}

func TestAParserIsToldTheNumberOfEachLineOfTheLog(t *testing.T) {
	onEngine(t, []config.Unit{task("t")}, func(b *bench) {
		var got []string
		b.e.o.Parser = func(tasks.Task) tasks.Parser { return numbers{&got} }
		b.r.script["t"] = func(_ context.Context, _ tasks.Request, s tasks.Sink) error {
			s.Log(logs.Note, []byte("only what failed\n"))
			s.Log(logs.Out, []byte("one\ntwo\n"))
			s.Log(logs.Note, []byte("a note\nof two lines\n"))
			s.Log(logs.Out, []byte("three\n"))
			return nil
		}
		b.do(tasks.RunTask{Name: "t"})
		b.do(tasks.RunTask{Name: "t"})
		pass(time.Second)
		want := []string{"1 one", "2 two", "5 three", "7 one", "8 two", "11 three"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestANoteWhileATaskRunsMovesNoLineOfItsParser(t *testing.T) {
	u := watching(task("t"), "**")
	u.OnBusy = config.BusyIgnore
	onEngine(t, []config.Unit{u}, func(b *bench) {
		var got []string
		b.e.o.Parser = func(tasks.Task) tasks.Parser { return numbers{&got} }
		saved := make(chan struct{})
		var read int64
		b.r.script["t"] = func(_ context.Context, _ tasks.Request, s tasks.Sink) error {
			s.Log(logs.Out, []byte("one\n"))
			<-saved
			s.Log(logs.Out, []byte("two\n"))
			read = s.(tasks.LineSink).LogRead(logs.Out, []byte("three\n"))
			return nil
		}
		b.do(tasks.Start{})
		b.save("cart.go")
		close(saved)
		lines := b.lines("t")
		if len(lines) != 4 || lines[2] != "two" || lines[3] != "three" {
			t.Fatalf("the log is %q", lines)
		}
		if diff := cmp.Diff([]string{"0 one", "2 two"}, got); diff != "" || read != 3 {
			t.Errorf("three is line %d; %s", read, diff)
		}
	})
}

// printed is a parser that makes a number of each line.
type printed struct{}

func (printed) Parse(_ tasks.Task, s tasks.Sink) func(int64, string) {
	return func(n int64, _ string) {
		for _, name := range []string{"loss", "lr"} {
			s.Emit(tasks.MetricReported{Name: name, Point: tasks.Point{Step: float64(n), Value: 0.5}})
		}
	}
}

func TestACurveIsThatOfWhoKnowsItBest(t *testing.T) {
	onEngine(t, []config.Unit{task("t")}, func(b *bench) {
		b.e.o.Parser = func(tasks.Task) tasks.Parser { return printed{} }
		b.r.script["t"] = func(_ context.Context, _ tasks.Request, s tasks.Sink) error {
			s.Log(logs.Out, []byte("one\ntwo\n"))
			for step := range 2 {
				s.Emit(tasks.MetricReported{Name: "loss", Point: tasks.Point{Step: float64(step), Value: 0.512}})
			}
			s.Log(logs.Out, []byte("three\n"))
			return nil
		}
		b.do(tasks.RunTask{Name: "t"})
		pass(time.Second)
		run := b.state().Runs[tasks.NewRunID("t", 1)]
		want := map[string]string{"loss": "0:0.512 1:0.512 ", "lr": "0:0.5 1:0.5 2:0.5 "}
		got := map[string]string{}
		for name, m := range run.Metrics {
			for _, p := range m.Points {
				got[name] += fmt.Sprintf("%g:%g ", p.Step, p.Value)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLinesThatWereReadAreLoggedAndNotReadAgain(t *testing.T) {
	onEngine(t, []config.Unit{task("t")}, func(b *bench) {
		var got []string
		var first []int64
		b.e.o.Parser = func(tasks.Task) tasks.Parser { return numbers{&got} }
		b.r.script["t"] = func(_ context.Context, _ tasks.Request, s tasks.Sink) error {
			lines := s.(tasks.LineSink)
			s.Log(logs.Out, []byte("one\n"))
			first = append(first, lines.LogRead(logs.Out, []byte("two\nthree\n")), lines.LogRead(logs.Err, []byte("four\n")))
			s.Log(logs.Out, []byte("five\n"))
			return nil
		}
		b.do(tasks.RunTask{Name: "t"})
		pass(time.Second)
		if diff := cmp.Diff([]string{"0 one", "4 five"}, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int64{1, 3}, first); diff != "" {
			t.Error(diff)
		}
		if n := b.state().Lines["t"]; n != 5 {
			t.Errorf("the log has %d lines", n)
		}
	})
}

func TestWhatFailedIsAlsoWhatARunDidNotReach(t *testing.T) {
	onEngine(t, []config.Unit{{Name: "t", Kind: config.Task, Run: "go test -failfast ./..."}}, func(b *bench) {
		var failed []tasks.TestName
		red := []string{"TestA", "TestB"}
		b.r.script["t"] = func(_ context.Context, q tasks.Request, s tasks.Sink) error {
			failed = q.Failed
			for _, name := range red {
				s.Emit(tasks.TestReported{Test: tasks.TestResult{Suite: "cart", Name: name, Status: tasks.TestFailed}})
			}
			if len(red) == 0 {
				return nil
			}
			return &tasks.ExitError{Exit: tasks.Exit{Code: 1}}
		}
		run := func(now ...string) {
			red = now
			b.do(tasks.RunTask{Name: "t"})
			pass(time.Second)
		}
		run("TestA", "TestB")
		run("TestA")
		run()
		if diff := cmp.Diff([]tasks.TestName{{Suite: "cart", Name: "TestA"}, {Suite: "cart", Name: "TestB"}}, failed); diff != "" {
			t.Error(diff)
		}
		run("TestC")
		if len(failed) > 0 {
			t.Errorf("after a success %q have failed", failed)
		}
	})
}
