// Package stats is the tab with what a unit takes (CPU, memory, ports) and the
// metrics that its run reports, with their course. It measures nothing itself.
package stats

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/pager"
	"github.com/sawhorse-dev/sawhorse/tui/widget/spark"
)

// Screen is the tab.
type Screen struct{ pager pager.Pager }

// Move scrolls.
func (s *Screen) Move(n int) { s.pager.Move(n) }

// View draws the numbers and their course.
func (s *Screen) View(f screen.Frame) []string {
	lines := Lines(f)
	if lines == nil {
		return f.Empty(f.Unit+" is not running, so it takes nothing.", "CPU, memory, ports and metrics appear here while it runs.")
	}
	return s.pager.View(lines, f.W, f.H)
}

// Lines are the numbers, as many lines as they need; nil when there are none.
func Lines(f screen.Frame) []string {
	r, ok := f.Run()
	if !ok {
		return nil
	}
	var lines []string
	if r.Status.Active() {
		lines = append(lines, usage(f, r)...)
	}
	lines = append(lines, metrics(f, r)...)
	return lines
}

func usage(f screen.Frame, r tasks.Run) []string {
	in := f.Ink
	lines := f.Fact(in.Text, "up since", screen.Clock(r.StartedAt))
	if r.PID > 0 {
		lines = append(lines, f.Fact(in.Text, "pid", strconv.Itoa(r.PID))...)
	}
	u, sampled := f.State.Usage[r.ID]
	switch {
	case !sampled && f.State.Units[r.Task].Task.Remote(): // what it takes there, nobody here can measure
		return lines
	case !sampled:
		return append(lines, f.Fact(in.Faint, "usage", "not sampled yet")...)
	}
	if u.Processes > 0 {
		text := fmt.Sprint(u.Processes)
		if u.Threads > 0 { // an engine tells neither of its containers
			text += fmt.Sprintf(", %d threads, %d open files", u.Threads, u.Files)
		}
		lines = append(lines, f.Fact(in.Text, "processes", text)...)
	}
	if len(u.Ports) > 0 {
		var all []string
		for _, p := range u.Ports {
			all = append(all, ":"+strconv.Itoa(p))
		}
		lines = append(lines, f.Fact(in.Text, "listens on", strings.Join(all, " "))...)
	}
	return append(append(lines, cell.Spaces(f.W)), Taken(f, u, f.Usage)...)
}

// Taken are CPU and memory with their course, oldest first.
func Taken(f screen.Frame, u tasks.Usage, past []tasks.Usage) []string {
	in := f.Ink
	var cpu, mem []float64
	for _, s := range past {
		cpu, mem = append(cpu, s.CPU), append(mem, float64(s.Memory))
	}
	top := 1.0
	if len(cpu) > 0 {
		top = max(top, slices.Max(cpu))
	}
	highest := func(values []float64, show func(float64) string) string {
		if len(values) < 2 {
			return ""
		}
		return ", at most " + show(slices.Max(values))
	}
	lines := course(f, "cpu", screen.Percent(u.CPU)+highest(cpu, screen.Percent), cpu, 0, top, in.Running)
	most := highest(mem, func(v float64) string { return screen.Bytes(int64(v)) })
	return append(lines, course(f, "memory", screen.Bytes(u.Memory)+most, mem, 0, 0, in.Info)...)
}

func metrics(f screen.Frame, r tasks.Run) []string {
	var lines []string
	names := r.MetricNames()
	if len(names) > 0 {
		lines = append(lines, f.Head("METRICS of run "+strconv.Itoa(r.Number)), cell.Spaces(f.W))
	}
	for _, name := range names {
		m := r.Metrics[name]
		values := make([]float64, 0, len(m.Points))
		for _, p := range m.Points {
			values = append(values, p.Value)
		}
		text := screen.Number(m.Last.Value) + " at step " + screen.Number(m.Last.Step)
		lines = append(lines, course(f, name, text, spark.Squeeze(values, f.W-6), 0, 0, f.Ink.Running)...)
	}
	return lines
}

// course is a heading with the newest value, and bars below it.
func course(f screen.Frame, name, value string, values []float64, low, high float64, ink theme.Ink) []string {
	lines := f.Fact(f.Ink.Bold, name, value)
	rows := 3
	if f.H < 16 || f.W < 40 {
		rows = 1
	}
	for _, bars := range spark.Block(values, max(8, f.W-6), rows, low, high) {
		lines = append(lines, cell.NewLine(f.W).Put(ink, "  "+bars).String())
	}
	return append(lines, cell.Spaces(f.W))
}
