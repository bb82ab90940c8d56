// Package metrics finds numbers over steps in the output of a training run:
// lines such as "step=12 loss=0.53 lr=3e-4", "epoch 3 loss: 0.41" and
// {"step": 12, "loss": 0.53}. A line without a counter is never a metric.
package metrics

import (
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "metrics", Title: "metrics in output", Parse: parse}
}

// What a person would still read as a report.
const (
	longest    = 512
	mostValues = 32
)

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	if len(t.Spec.Metrics) > 0 {
		return declared(t.Spec.Metrics, s)
	}
	return func(_ int64, line string) bool {
		if len(line) > longest || len(line) < len("step 1 a 1") || !mayCount(line) {
			return false
		}
		step, values := read(line)
		for _, v := range values {
			s.Emit(tasks.MetricReported{Name: v.name, Point: tasks.Point{Step: step, Value: v.value, At: time.Now()}})
		}
		return len(values) > 0
	}
}

// counters name what is counted; the first on a line counts.
var counters = [...]string{"step", "epoch", "iter", "iteration", "batch"}

// mayCount is a cheap look for a counter's name, before the line is read. The
// first letter may be a capital. It looks for rare letters, at which the
// machine is fastest: every line of every task passes here.
func mayCount(line string) bool {
	for rest := line; ; {
		i := strings.IndexByte(rest, 'p')
		if i < 0 {
			break
		}
		if i > 1 && rest[i-1] == 'e' && rest[i-2] == 't' || strings.HasPrefix(rest[i:], "poch") {
			return true
		}
		rest = rest[i+1:]
	}
	return strings.Contains(line, "batch") || strings.Contains(line, "Batch") ||
		strings.Contains(line, "iter") || strings.Contains(line, "Iter")
}

type metric struct {
	name  string
	value float64
}

// read finds "name=value", "name: value" and "name value" pairs. Without a
// counter there are none.
func read(line string) (step float64, values []metric) {
	words := strings.FieldsFunc(line, separates)
	counted := false
	for i := 0; i+1 < len(words) && len(values) < mostValues; i++ {
		name := strings.ToLower(words[i])
		v, ok := value(words[i+1])
		if !ok || !isName(name) {
			continue
		}
		i++
		if isCounter(name) {
			if !counted {
				step, counted = v, true
			}
			continue
		}
		values = append(values, metric{name, v})
	}
	if !counted {
		return 0, nil
	}
	return step, values
}

func separates(r rune) bool { return strings.ContainsRune(" \t=:,;|[](){}'\"", r) }

func isCounter(name string) bool {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "global_"), "train/")
	for _, c := range counters {
		if name == c || strings.HasPrefix(name, c) && name[len(c):] == "s" {
			return true
		}
	}
	return false
}

func isName(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && strings.IndexByte("_/.-@", c) < 0 {
			return false
		}
	}
	return true
}

// value reads a number; "3/10" is 3, "41.0k" is 41000, "93%" is 93.
func value(s string) (float64, bool) {
	s, _, _ = strings.Cut(s, "/")
	s = strings.TrimSuffix(s, "%")
	factor := 1.0
	if k, ok := strings.CutSuffix(s, "k"); ok {
		s, factor = k, 1000
	}
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') || strings.IndexByte(s, '_') >= 0 {
		return 0, false // an address or a name
	}
	v, err := strconv.ParseFloat(s, 64) // knows NaN and Inf, of a run that diverges
	return v * factor, err == nil
}
