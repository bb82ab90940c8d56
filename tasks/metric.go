package tasks

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Point is a metric's value at a step.
type Point struct {
	Step  float64   `json:"step"`
	Value float64   `json:"value"`
	At    time.Time `json:"at"`
}

// pointJSON has the fields of Point, with numbers that JSON does not know as words.
type pointJSON struct {
	Step  number    `json:"step"`
	Value number    `json:"value"`
	At    time.Time `json:"at"`
}

// MarshalJSON writes a loss that is not a number as "NaN": a run that diverges
// must be seen to.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(pointJSON{Step: number(p.Step), Value: number(p.Value), At: p.At})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Point) UnmarshalJSON(b []byte) error {
	var w pointJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*p = Point{Step: float64(w.Step), Value: float64(w.Value), At: w.At}
	return nil
}

// number is a float64 that survives JSON: NaN and the infinities are strings.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.AppendQuote(nil, strconv.FormatFloat(f, 'g', -1, 64)), nil
	}
	return json.Marshal(f)
}

func (n *number) UnmarshalJSON(b []byte) error {
	text := string(b)
	if text == "null" {
		return nil
	}
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	f, err := strconv.ParseFloat(text, 64)
	*n = number(f)
	return err
}

// Series is a metric of a run: its last value and its newest points.
type Series struct {
	Last   Point   `json:"last"`
	Points []Point `json:"points,omitempty"`
}

// Stall is how long the metrics of a run stand still. Nobody changes one.
type Stall struct {
	// Since is when the last number came; Usual how long it took until the next.
	Since time.Time     `json:"since"`
	Usual time.Duration `json:"usual"`
}

// MoreIsBetter guesses by a metric's name which of two values a person wants, for
// want of anybody who says it: less of a loss, an error or a time, more of all else.
func MoreIsBetter(metric string) bool {
	name := strings.ToLower(metric)
	if slices.ContainsFunc([]string{"loss", "error", "perplexity", "latency", "duration"}, func(w string) bool { return strings.Contains(name, w) }) {
		return false
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return !slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{
			"err", "mse", "rmse", "mae", "mape", "nll", "ppl", "wer", "cer", "fid", "brier", "regret", "time", "seconds", "secs", "sec", "ms",
		}, w)
	})
}

// Better says whether a is the better of two values of a metric, by its name. What
// is no number is never better, and always worse than a number.
func Better(metric string, a, b float64) bool { return BetterWhere(MoreIsBetter(metric), a, b) }

// BetterWhere is Better of a metric of which it is known whether more is better.
func BetterWhere(more bool, a, b float64) bool {
	switch {
	case math.IsNaN(a):
		return false
	case math.IsNaN(b):
		return true
	case more:
		return a > b
	}
	return a < b
}

// Best is the best point of a series, the earliest of equal ones; false: none of
// them is a number.
func (s Series) Best(more bool) (best Point, ok bool) {
	for _, p := range s.Points {
		if BetterWhere(more, p.Value, best.Value) || !ok && !math.IsNaN(p.Value) {
			best, ok = p, true
		}
	}
	if !ok || BetterWhere(more, s.Last.Value, best.Value) {
		return s.Last, !math.IsNaN(s.Last.Value)
	}
	return best, ok
}

// Thin is at most n of the points, in their order: the first and the last of
// all, and the lowest and the highest of each part, so that no peak is lost.
func Thin(points []Point, n int) []Point {
	parts := (n - 2) / 2
	if len(points) <= n || parts < 1 {
		return points
	}
	inner := points[1 : len(points)-1]
	out := append(make([]Point, 0, n), points[0])
	for i := range parts {
		part := inner[len(inner)*i/parts : len(inner)*(i+1)/parts]
		low, high := 0, 0
		for j, p := range part {
			switch {
			case math.IsNaN(p.Value): // a gap is worth being seen more than any peak
				low, high = j, max(high, j)
			case p.Value < part[low].Value:
				low = j
			case p.Value > part[high].Value:
				high = j
			}
			if math.IsNaN(part[low].Value) {
				break
			}
		}
		for _, j := range slices.Compact([]int{min(low, high), max(low, high)}) {
			out = append(out, part[j])
		}
	}
	return append(out, points[len(points)-1])
}

// MetricNames are the run's metrics: losses first, then by name.
func (r Run) MetricNames() []string {
	return slices.SortedFunc(maps.Keys(r.Metrics), func(a, b string) int {
		return cmp.Or(cmp.Compare(notLoss(a), notLoss(b)), cmp.Compare(a, b))
	})
}

func notLoss(name string) int {
	switch {
	case name == "loss":
		return 0
	case strings.Contains(name, "loss"):
		return 1
	}
	return 2
}

// Primary is the metric by which runs are ranked for want of anybody who says one:
// what a loss is on data that was held out, else the first of their metrics.
func (r Run) Primary() string {
	names := r.MetricNames()
	for _, name := range names {
		if lower := strings.ToLower(name); strings.Contains(lower, "loss") && strings.Contains(lower, "val") {
			return name
		}
	}
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// BestOf is the place of the run that succeeded with the best last value of a
// metric, the first of equal ones; -1: there is none.
func BestOf(runs []Run, metric string) int {
	top := -1
	for i, r := range runs {
		m, has := r.Metrics[metric]
		if r.Status != Succeeded || !has || math.IsNaN(m.Last.Value) {
			continue
		}
		if top < 0 || Better(metric, m.Last.Value, runs[top].Metrics[metric].Last.Value) {
			top = i
		}
	}
	return top
}
