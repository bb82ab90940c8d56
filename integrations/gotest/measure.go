package gotest

import (
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// mostMeasures bounds the numbers of one run.
const mostMeasures = 500

// measured is a line with numbers:
//
//	BenchmarkTotal-8   1000000   1204 ns/op   120 B/op   3 allocs/op
//	coverage: 75.0% of statements
func (o *output) measured(line string) bool {
	if percent, ok := strings.CutPrefix(line, "coverage: "); ok {
		percent, _, ok = strings.Cut(percent, "% of statements")
		if v, err := strconv.ParseFloat(percent, 64); ok && err == nil {
			o.coverage, o.covered = v, true
		}
		return ok
	}
	if !strings.HasPrefix(line, "Benchmark") {
		return false
	}
	words := strings.Fields(line)
	if len(words) < 4 || len(words)%2 != 0 {
		return false
	}
	if _, err := strconv.Atoi(words[1]); err != nil {
		return false
	}
	name := words[0]
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if _, rest, ok := place.Number(name[i+1:]); ok && rest == "" {
			name = name[:i] // of how many processors
		}
	}
	for i := 2; i+1 < len(words); i += 2 {
		v, err := strconv.ParseFloat(words[i], 64)
		if err != nil {
			return false
		}
		o.measure(name+" "+words[i+1], v)
	}
	if t := o.tests[name]; t != nil && t.Status == tasks.TestRunning {
		o.end(t, tasks.TestPassed) // its events name no end
	}
	return true
}

// cover tells how much of a package its tests reach, when the package is known.
func (o *output) cover(pkg, rest string) {
	if _, percent, ok := strings.Cut(rest, "coverage: "); ok {
		o.measured("coverage: " + percent)
	}
	if !o.covered {
		return
	}
	name := pkg
	if dir, ok := o.sources.dirOf(pkg); ok {
		name = o.sources.suite(dir)
	}
	o.measure("coverage "+name, o.coverage)
}

func (o *output) measure(name string, v float64) {
	if o.measures++; o.measures > mostMeasures {
		return
	}
	o.sink.Emit(tasks.MetricReported{Name: place.Clip(name), Point: tasks.Point{Value: v, At: time.Now()}})
}

// endBenchmarks ends what has no event for its end: a benchmark that only has
// others below it.
func (o *output) endBenchmarks() {
	for name, t := range o.tests {
		if strings.HasPrefix(name, "Benchmark") && t.Status == tasks.TestRunning {
			t.lines.Close(o.n + 1)
			o.end(t, tasks.TestPassed)
		}
	}
}
