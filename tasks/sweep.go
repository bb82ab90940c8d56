package tasks

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Sweep is what the runs of a sweep have in common: one task, run once for each
// of several sets of its parameters. Nobody changes one: its runs share it.
type Sweep struct {
	// ID is that of its first run.
	ID RunID `json:"id"`
	// Swept are the parameters that differ between its runs.
	Swept []string `json:"swept,omitempty"`
	// Parallel is how many of its runs go on at once, at least 1.
	Parallel int `json:"parallel"`
	// Runs is how many there are.
	Runs int `json:"runs"`
}

// MostSwept bounds a sweep: more is a mistake of the keyboard.
const MostSwept = 200

// keptSwept is how many points of a metric an ended run of a sweep keeps: there
// may be many such runs.
const keptSwept = 400

// LastSweep is the newest sweep of a task whose runs State keeps, if there is one.
func (s State) LastSweep(task string) (Sweep, bool) {
	u := s.Units[task]
	for _, id := range slices.Backward(slices.Concat(u.Swept, u.Runs)) {
		if w := s.Runs[id].Sweep; w != nil {
			return *w, true
		}
	}
	return Sweep{}, false
}

// SweepRuns are the runs of a sweep, in the order in which they begin.
func (s State) SweepRuns(id RunID) []Run {
	var all []Run
	u := s.Units[id.Task()]
	for _, n := range slices.Concat(u.Swept, u.Runs) {
		if r := s.Runs[n]; r.In(id) {
			all = append(all, r)
		}
	}
	return all
}

// Sweeping says whether a sweep is not at its end.
func (s State) Sweeping(w Sweep) bool {
	for _, id := range s.Units[w.ID.Task()].Runs {
		if r := s.Runs[id]; r.In(w.ID) && !r.Status.Done() {
			return true
		}
	}
	return false
}

// In says whether the run is one of a sweep.
func (r Run) In(sweep RunID) bool { return r.Sweep != nil && r.Sweep.ID == sweep }

// Swept are the values that stand for a parameter in a sweep: those of a range or
// a list where the parameter is a number, those of a list where it has choices.
// One value, and whatever else stands for a text, is no sweep: nil.
func Swept(p config.Param, text string) ([]string, error) {
	if p.Secret {
		return nil, nil
	}
	list := strings.Contains(text, ",")
	switch {
	case len(p.Choices) > 0 || p.Type == config.ParamBool:
		if !list || slices.Contains(p.Choices, text) {
			return nil, nil
		}
	case p.Type == config.ParamInt || p.Type == config.ParamFloat:
		if !list && !strings.Contains(text, "..") {
			return nil, nil
		}
	default:
		return nil, nil
	}
	values, err := SweptValues(text)
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if err := CheckParam(p, v); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// SweptValues reads a,b,c or LOW..HIGH [log|linear] [COUNT]; whole numbers without
// a count are all of them.
func SweptValues(text string) ([]string, error) {
	low, rest, isRange := strings.Cut(text, "..")
	if !isRange || strings.Contains(text, "/") { // a path is no range
		return listed(text)
	}
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return nil, errors.New("it has no end")
	}
	from, err1 := strconv.ParseFloat(strings.TrimSpace(low), 64)
	to, err2 := strconv.ParseFloat(fields[0], 64)
	if err := errors.Join(err1, err2); err != nil || math.IsNaN(to-from) || math.IsInf(to-from, 0) {
		return nil, errors.New("its ends are no numbers")
	}
	whole := from == math.Trunc(from) && to == math.Trunc(to)
	count, scale := 0, "linear"
	for _, f := range fields[1:] {
		if n, err := strconv.Atoi(f); err == nil && n > 1 && count == 0 {
			count = n
		} else if f == "log" || f == "linear" {
			scale = f
		} else {
			return nil, fmt.Errorf("%q is neither log, linear nor a count of two at least", f)
		}
	}
	switch {
	case scale == "log" && (from <= 0 || to <= 0):
		return nil, errors.New("log needs ends above 0")
	case count == 0 && !whole:
		return nil, errors.New("it does not say how many values")
	case count == 0 && math.Abs(to-from) >= MostSwept || count > MostSwept:
		return nil, fmt.Errorf("it is more than %d values", MostSwept)
	case count == 0:
		count = int(math.Abs(to-from)) + 1
	}
	return between(from, to, count, scale == "log", whole), nil
}

// listed are the values of a list, each once.
func listed(text string) ([]string, error) {
	var values []string
	for v := range strings.SplitSeq(text, ",") {
		if v = strings.TrimSpace(v); v == "" {
			return nil, errors.New("a value of the list is empty")
		}
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values, nil
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

// Combine are the parameter sets of all combinations of what is swept over base,
// the last name varying first.
func Combine(base map[string]string, names []string, values map[string][]string) ([]map[string]string, error) {
	sets := []map[string]string{base}
	for _, name := range names {
		if len(sets)*len(values[name]) > MostSwept {
			return nil, fmt.Errorf("the sweep is more than %d runs", MostSwept)
		}
		var next []map[string]string
		for _, set := range sets {
			for _, v := range values[name] {
				with := maps.Clone(set)
				if with == nil {
					with = map[string]string{}
				}
				with[name] = v
				next = append(next, with)
			}
		}
		sets = next
	}
	return sets, nil
}

// CheckParam says why a value can't be that of a parameter.
func CheckParam(p config.Param, v string) error {
	var err error
	switch p.Type {
	case config.ParamInt:
		_, err = strconv.ParseInt(v, 10, 64)
	case config.ParamFloat:
		_, err = strconv.ParseFloat(v, 64)
	case config.ParamBool:
		_, err = strconv.ParseBool(v)
	}
	if err != nil {
		return fmt.Errorf("%q is not of type %s", v, p.Type)
	}
	if len(p.Choices) > 0 && !slices.Contains(p.Choices, v) {
		return fmt.Errorf("%q is not one of %s", v, strings.Join(p.Choices, ", "))
	}
	return nil
}
