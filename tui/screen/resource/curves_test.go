package resource_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen/resource"
)

// over is a curve with a point for each value, a minute apart.
func over(name string, step float64, values ...float64) tasks.Curve {
	c := tasks.Curve{Name: name}
	for i, v := range values {
		at := time.Date(2026, 11, 27, 9, i, 0, 0, time.Local)
		c.Points = append(c.Points, tasks.Point{Step: float64(i) * step, Value: v, At: at})
	}
	return c
}

func page(w, h int, r tasks.Result) []string {
	p := &resource.Page{}
	lines := p.View(frame(w, h), "x", tasks.Resource{}, false, resource.Answer{Result: r, Known: true})
	for i := range lines {
		lines[i] = strings.TrimRight(ansi.Strip(lines[i]), " ")
	}
	return lines
}

func TestCurvesOfAnAnswerAreDrawnOverTimeWithTheirNamesAndLastValues(t *testing.T) {
	r := tasks.Result{
		Facts:  []tasks.Fact{{Name: "expr", Value: "up"}},
		Curves: []tasks.Curve{over("job=api", 0, 1, 1, 0), over("job=web", 0, 0, 0, 1)},
	}
	lines := page(60, 16, r)
	text := strings.Join(lines, "\n")
	for _, want := range []string{"up", "A 0  job=api", "B 1  job=web", "└09:00:00", "09:02:00"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if len(lines) != 16 {
		t.Errorf("%d lines in the room of 16", len(lines))
	}
}

func TestCurvesOfStepsAreDrawnOverTheirSteps(t *testing.T) {
	lines := page(60, 12, tasks.Result{Curves: []tasks.Curve{over("loss", 10, 3, 2, 1)}})
	if last := lines[len(lines)-1]; !strings.Contains(last, "└0─") || !strings.HasSuffix(last, " 20") {
		t.Errorf("the axis is %q", last)
	}
}

func TestCurvesWithoutAPointLeaveTheirRoom(t *testing.T) {
	for _, size := range [][2]int{{60, 12}, {8, 3}, {20, 1}} {
		if n := len(page(size[0], size[1], tasks.Result{Curves: []tasks.Curve{{Name: "up"}}})); n != size[1] {
			t.Errorf("%d lines in the room of %d", n, size[1])
		}
	}
}
