package resource_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/screen/resource"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// manyRuns is an answer with n runs of ten metrics and ten parameters.
func manyRuns(n int) resource.Answer {
	r := tasks.Result{Columns: []tasks.Column{{Name: "id"}, {Name: "name"}, {Name: "started"}, {Name: "took", Number: true, Unit: "s"}}}
	for i := range 10 {
		r.Columns = append(r.Columns, tasks.Column{Name: fmt.Sprintf("metrics.m%d", i), Number: true}, tasks.Column{Name: fmt.Sprintf("params.p%d", i)})
	}
	for i := range n {
		row := []string{fmt.Sprintf("%032x", i), fmt.Sprintf("run-%04d", i), "2026-11-27T03:04:05Z", "90"}
		for k := range 10 {
			row = append(row, fmt.Sprint(float64((i*7919+k)%1000)/8), fmt.Sprint(k))
		}
		r.Rows = append(r.Rows, row)
	}
	return resource.Answer{Result: r, Known: true}
}

var runs = tasks.View{Title: "Runs", Query: "runs", Key: "id", As: "run", Compare: "compare"}

func frame(w, h int) screen.Frame {
	s := tasks.NewState()
	return screen.Frame{W: w, H: h, Focused: true, State: &s, Now: time.Date(2026, 11, 27, 4, 0, 0, 0, time.Local), Ink: theme.Dark().Inks()}
}

func act(t *testing.T, r *resource.Rows, id string) {
	t.Helper()
	for _, a := range r.Actions() {
		if a.ID == id {
			if a.Disabled != "" {
				t.Fatalf("%s is off: %s", id, a.Disabled)
			}
			a.Do()
			return
		}
	}
	t.Fatalf("there is no %s", id)
}

func TestAMarkStaysOnItsRowWhenTheAnswerComesAnewAndTheOrderChanges(t *testing.T) {
	r, f := resource.NewRows(), frame(80, 12)
	text := func(a resource.Answer) string { return ansi.Strip(strings.Join(r.View(f, "shop runs", runs, a), "\n")) }
	a := manyRuns(50)
	text(a)
	act(t, r, "rows.mark")
	act(t, r, "rows.mark")
	if got := text(a); !strings.Contains(got, " A run-0000") || !strings.Contains(got, " B run-0001") || !strings.Contains(got, "2 marked · 50 rows") {
		t.Errorf("marked:\n%s", got)
	}
	newest := manyRuns(52)
	newest.Result.Rows = append(newest.Result.Rows[50:], newest.Result.Rows[:50]...)
	if got := text(newest); !strings.Contains(got, " A run-0000") || !strings.Contains(got, "▌  run-0002") {
		t.Errorf("two more came:\n%s", got)
	}
	act(t, r, "rows.sort")
	act(t, r, "rows.reverse")
	text(newest)
	r.Move(1 << 20)
	if got := text(newest); !strings.Contains(got, "A run-0000") || !strings.Contains(got, "NAME↓") {
		t.Errorf("sorted the other way round, at the end:\n%s", got)
	}
	if got := text(resource.Answer{Result: newest.Result, Known: true, Err: fmt.Errorf("the server sleeps")}); !strings.Contains(got, "the server sleeps") || !strings.Contains(got, "run-0000") {
		t.Errorf("an answer that did not come:\n%s", got)
	}
}

// A table of 5,000 runs has to be there well before a person wonders, and a key in it
// must not be felt.
func BenchmarkFiveThousandRuns(b *testing.B) {
	a, f := manyRuns(5000), frame(120, 40)
	b.Run("opened", func(b *testing.B) {
		for b.Loop() {
			resource.NewRows().View(f, "shop runs", runs, a)
		}
	})
	r := resource.NewRows()
	r.View(f, "shop runs", runs, a)
	b.Run("a key", func(b *testing.B) {
		for b.Loop() {
			r.Move(1)
			r.View(f, "shop runs", runs, a)
		}
	})
}
