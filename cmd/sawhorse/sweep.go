package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// mostSwept bounds a sweep: more is a mistake of the keyboard.
const mostSwept = 200

// sweeps are the parameter sets of all combinations of what is swept over base.
func sweeps(base map[string]string, words []string) (sets []map[string]string, names []string, err error) {
	sets = []map[string]string{base}
	for _, w := range words {
		name, values, err := swept(w)
		if err != nil {
			return nil, nil, &fault{code: exitUsage, err: fmt.Errorf("--sweep %q: %w", w, err), hint: "--sweep 'lr=1e-4..1e-2 log 5', --sweep depth=1..4 or --sweep lr=0.1,0.01"}
		}
		names = append(names, name)
		var next []map[string]string
		for _, set := range sets {
			for _, v := range values {
				with := maps.Clone(set)
				with[name] = v
				next = append(next, with)
			}
		}
		if sets = next; len(sets) > mostSwept {
			return nil, nil, &fault{code: exitUsage, err: fmt.Errorf("the sweep is more than %d runs", mostSwept), hint: "sweep fewer values"}
		}
	}
	return sets, names, nil
}

// swept reads name=a,b,c or name=LOW..HIGH [log|linear] [COUNT]; whole numbers
// without a count are all of them.
func swept(word string) (name string, values []string, err error) {
	name, text, ok := strings.Cut(word, "=")
	if !ok || name == "" || text == "" {
		return "", nil, errors.New("it is not NAME=VALUES")
	}
	low, rest, isRange := strings.Cut(text, "..")
	if !isRange || strings.Contains(text, "/") { // a path is no range
		return name, strings.Split(text, ","), nil
	}
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return "", nil, errors.New("it has no end")
	}
	from, err1 := strconv.ParseFloat(strings.TrimSpace(low), 64)
	to, err2 := strconv.ParseFloat(fields[0], 64)
	if err := errors.Join(err1, err2); err != nil || math.IsNaN(to-from) || math.IsInf(to-from, 0) {
		return "", nil, errors.New("its ends are no numbers")
	}
	whole := from == math.Trunc(from) && to == math.Trunc(to)
	count, scale := 0, "linear"
	for _, f := range fields[1:] {
		if n, err := strconv.Atoi(f); err == nil && n > 1 && count == 0 {
			count = n
		} else if f == "log" || f == "linear" {
			scale = f
		} else {
			return "", nil, fmt.Errorf("%q is neither log, linear nor a count of two at least", f)
		}
	}
	switch {
	case scale == "log" && (from <= 0 || to <= 0):
		return "", nil, errors.New("log needs ends above 0")
	case count == 0 && !whole:
		return "", nil, errors.New("it does not say how many values")
	case count == 0 && math.Abs(to-from) >= mostSwept || count > mostSwept:
		return "", nil, fmt.Errorf("it is more than %d values", mostSwept)
	case count == 0:
		count = int(math.Abs(to-from)) + 1
	}
	return name, between(from, to, count, scale == "log", whole), nil
}

// between are count values from one end to the other, each once; of whole ends
// they are whole.
func between(from, to float64, count int, log, whole bool) []string {
	var values []string
	for i := range count {
		share := 0.0
		if count > 1 {
			share = float64(i) / float64(count-1)
		}
		v := from + (to-from)*share
		if log {
			v = from * math.Pow(to/from, share)
		}
		text := strconv.FormatFloat(v, 'g', 4, 64)
		if whole {
			text = strconv.FormatFloat(math.Round(v), 'f', -1, 64)
		}
		if !slices.Contains(values, text) {
			values = append(values, text)
		}
	}
	return values
}

// condition is a bound that a metric's last value must not break.
type condition struct {
	text, metric, op string
	bound            float64
}

// conditionOf reads val_loss>0.5: what must not be.
func conditionOf(text string) (condition, error) {
	i := strings.IndexAny(text, "<>")
	if i > 0 {
		c := condition{text: text, metric: strings.TrimSpace(text[:i]), op: text[i : i+1]}
		rest, equal := strings.CutPrefix(text[i+1:], "=")
		if equal {
			c.op += "="
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
		if err == nil && !math.IsNaN(v) && c.metric != "" {
			c.bound = v
			return c, nil
		}
	}
	return condition{}, &fault{code: exitUsage, err: fmt.Errorf("--fail-if %q is no condition", text), hint: "--fail-if 'val_loss>0.5'; a metric, one of < > <= >=, a number"}
}

// broken says how a run breaks the condition; "" when it does not. A metric that was
// not reported, or is no number, can't be known to keep it.
func (c condition) broken(r tasks.Run) string {
	m, ok := r.Metrics[c.metric]
	if !ok {
		return fmt.Sprintf("%s: %s was not reported", c.text, c.metric)
	}
	v := m.Last.Value
	bad := math.IsNaN(v)
	switch c.op {
	case "<":
		bad = bad || v < c.bound
	case "<=":
		bad = bad || v <= c.bound
	case ">":
		bad = bad || v > c.bound
	case ">=":
		bad = bad || v >= c.bound
	}
	if !bad {
		return ""
	}
	return fmt.Sprintf("%s: %s is %g", c.text, c.metric, v)
}
