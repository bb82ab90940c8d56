package metrics

import (
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// longestDeclared bounds what of a line the expressions of a task see.
const longestDeclared = 8 << 10

// declared finds the numbers that the expressions of a task name. Where none of
// their groups counts, each line that says something new of a metric is a step.
func declared(expressions []string, s tasks.Sink) integrations.Reader {
	var patterns []config.MetricPattern
	for _, e := range expressions {
		if p, err := config.ParseMetric(e); err == nil { // config has checked them
			patterns = append(patterns, p)
		}
	}
	lines := map[string]float64{} // of each metric
	last, counted := 0.0, false   // a counter may stand on a line of its own
	return func(_ int64, line string) bool {
		line = line[:min(len(line), longestDeclared)]
		found := map[string]float64{}
		var order []string
		for _, p := range patterns {
			m := p.Line.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			for i, name := range p.Names {
				v, ok := value(m[i+1])
				switch {
				case !ok:
				case isCounter(strings.ToLower(name)):
					last, counted = v, true
				default:
					if _, twice := found[name]; !twice {
						order = append(order, name)
					}
					found[name] = v
				}
			}
		}
		for _, name := range order {
			lines[name]++
			step := lines[name]
			if counted {
				step = last
			}
			s.Emit(tasks.MetricReported{Name: name, Point: tasks.Point{Step: step, Value: found[name], At: time.Now()}})
		}
		return len(order) > 0
	}
}
