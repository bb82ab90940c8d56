package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// failures is a parser to which a line "FAIL suite name" tells of a test.
type failuresIn struct{}

func (failuresIn) Parse(_ tasks.Task, s tasks.Sink) func(int64, string) {
	return func(_ int64, line string) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "FAIL" {
			s.Emit(tasks.TestReported{Test: tasks.TestResult{Suite: words[1], Name: words[2], Status: tasks.TestFailed, Message: "no", Line: -1}})
		}
	}
}

func TestTheLogsOfAnotherSystemsStepsTellOfTests(t *testing.T) {
	s := &system{}
	s.catalog = []tasks.Task{build("ci")}
	s.attach = func(_ context.Context, sink tasks.StepSink) error {
		for _, step := range []string{"", "linux", "mac"} {
			w, key, err := sink.StepLog(step)
			if err != nil {
				return err
			}
			if w.Lines() == 0 { // else it was told before
				w.Note("FAIL not output")
				text := []byte("hello\nFAIL cart Test" + step + "\n")
				if step == "mac" { // a log that comes as a whole
					w.(tasks.BatchWriter).WriteAll(text, []logs.Piece{{Size: 6, At: time.Now()}, {Size: len(text) - 6, At: time.Now()}})
				} else {
					w.WriteAt(logs.Out, text, time.Now())
				}
			}
			if step != "" {
				_ = w.Close()
			}
			sink.Emit(tasks.StepChanged{Step: tasks.Step{Name: step, Log: key, Status: tasks.Failed}})
		}
		results := sink.(tasks.ResultSink)
		if !results.Results([]byte("FAIL cart Testmac")) || !results.Results([]byte("FAIL price Testprice")) {
			return fmt.Errorf("no results are read")
		}
		return nil
	}
	onSystem(t, s, nil, func(b *bench) {
		b.e.o.Parser = func(tasks.Task) tasks.Parser { return failuresIn{} }
		b.e.o.Results = func(t tasks.Task, text []byte, s tasks.Sink) bool {
			failuresIn{}.Parse(t, s)(0, string(text))
			return true
		}
		s.observed(tasks.Run{Task: "ci", External: "9", Number: 7, Status: tasks.Failed, StartedAt: time.Now(), EndedAt: time.Now(), Error: "failed"})
		b.do(tasks.Look{Runs: []tasks.RunID{"ci#7"}, Seconds: 10})
		synctest.Wait()
		var got []string
		for _, r := range b.state().Runs["ci#7"].Tests {
			got = append(got, fmt.Sprint(r.Suite, " ", r.Name, " ", r.Log, " ", r.Line))
		}
		if diff := cmp.Diff([]string{
			"linux › cart Testlinux yard/run/9/linux 2", "mac › cart Testmac yard/run/9/mac 2", "cart Testmac  -1", "price Testprice  -1",
		}, got[max(0, len(got)-4):]); diff != "" {
			t.Error(diff)
		}
		for _, a := range b.state().Alerts() {
			if a.Test.Name == "Testlinux" && (a.Log != "yard/run/9/linux" || a.Line != 2 || a.Title != "linux › cart  Testlinux") {
				t.Errorf("ATTENTION has %+v", a)
			}
		}
	})
}

func TestATestOfAReportIsThatOfTheLogThoughItsSuiteIsWrittenLonger(t *testing.T) {
	told := []tasks.TestResult{
		{Suite: "unit › cart", Name: "TestTotal", Status: tasks.TestFailed, Line: 7, Log: "unit", Message: "want 3"},
		{Suite: "lint › price", Name: "TestTax"},
		{Suite: "unit › price", Name: "TestTax"},
	}
	for _, tt := range []struct{ is, want tasks.TestResult }{
		{
			tasks.TestResult{Suite: "shop/cart", Name: "TestTotal", Status: tasks.TestFailed, Line: -1},
			tasks.TestResult{Suite: "unit › cart", Name: "TestTotal", Status: tasks.TestFailed, Line: 7, Log: "unit", Message: "want 3"},
		},
		{tasks.TestResult{Suite: "shop/cart", Name: "TestOther"}, tasks.TestResult{Suite: "shop/cart", Name: "TestOther"}},
		{tasks.TestResult{Suite: "shop/price", Name: "TestTax"}, tasks.TestResult{Suite: "shop/price", Name: "TestTax"}},
		{tasks.TestResult{Suite: "shopcart", Name: "TestTotal"}, tasks.TestResult{Suite: "shopcart", Name: "TestTotal"}},
	} {
		if diff := cmp.Diff(tt.want, known(told, tt.is)); diff != "" {
			t.Error(diff)
		}
	}
}
