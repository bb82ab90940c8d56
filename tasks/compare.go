package tasks

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// Code is what a run was made of.
type Code struct {
	Commit string `json:"commit,omitempty"`
	// Patch is what was not committed, as git diff says it. Cut: it was too long, and
	// its end is missing.
	Patch string `json:"patch,omitempty"`
	Cut   bool   `json:"cut,omitempty"`
}

// Subject is one of several runs that are compared, wherever it ran; or a version
// of a model, with the run behind it.
type Subject struct {
	// ID is the run's native id, or its RunID; empty: nobody stands here.
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	// Live: it goes on, so that its numbers will be others.
	Live bool `json:"live,omitempty"`
	// Facts are what a person wants to see of each beside the others: who, when.
	Facts  []Fact            `json:"facts,omitempty"`
	Params map[string]string `json:"params,omitempty"`
	// Metrics have some of their points where these are known.
	Metrics map[string]Series `json:"metrics,omitempty"`
	Code    Code              `json:"code,omitzero"`
}

// AllParams are the parameters of a run, those that it was given before what its
// program calls so.
func (r Run) AllParams() map[string]string {
	if len(r.Reported) == 0 {
		return r.Params
	}
	all := maps.Clone(r.Reported)
	maps.Copy(all, r.Params)
	return all
}

// Subject is the run beside others.
func (r Run) Subject() Subject {
	s := Subject{
		ID: string(r.ID), Name: string(r.ID), Live: !r.Status.Done(), Params: r.AllParams(), Metrics: r.Metrics, Code: r.Code,
		Facts: []Fact{{Name: "outcome", Value: string(r.Status)}},
	}
	if !r.StartedAt.IsZero() {
		s.Facts = append(s.Facts, Fact{Name: "started", Value: r.StartedAt.Local().Format("Jan _2 15:04:05")})
	}
	return s
}

// Comparison is what differs between runs: each row has a value a run.
type Comparison struct {
	Subjects []Subject `json:"runs"`
	// Among how many of them; where somebody could stand and nobody does is none.
	Among int `json:"-"`
	// Facts of the runs, in the order in which they are told.
	Facts []ComparedText `json:"facts"`
	// Params are those that are not the same in all; Same counts the others.
	Params  []ComparedText   `json:"params"`
	Same    int              `json:"same"`
	Metrics []ComparedMetric `json:"metrics"`
}

// ComparedText is a text of each run; "" where a run has none.
type ComparedText struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
	// Number: all that are there are numbers.
	Number bool `json:"number,omitempty"`
}

// ComparedMetric is a metric of each run: its last value and its best.
type ComparedMetric struct {
	Name string `json:"name"`
	// More of it is better.
	More bool         `json:"more_is_better"`
	Of   []MetricEnds `json:"of"`
	// BestLast and BestBest are whose last and whose best value is the best of all;
	// -1: nobody's, since they are equal or only one has it.
	BestLast int `json:"best_last"`
	BestBest int `json:"best_best"`
}

// MetricEnds are a run's last and best value of a metric.
type MetricEnds struct {
	Has  bool  `json:"has"`
	Last Point `json:"last"`
	Best Point `json:"best"`
}

// Compare compares runs. more says of metrics whether more is better, where their
// system knows that; else it is guessed by the name. Of one run alone all of its
// parameters are told.
func Compare(subjects []Subject, more map[string]bool) Comparison {
	c := Comparison{Subjects: subjects, Facts: []ComparedText{}, Params: []ComparedText{}, Metrics: []ComparedMetric{}}
	for i, s := range subjects {
		if s.ID != "" {
			c.Among++
		}
		for _, f := range s.Facts {
			k := slices.IndexFunc(c.Facts, func(t ComparedText) bool { return t.Name == f.Name })
			if k < 0 {
				k = len(c.Facts)
				c.Facts = append(c.Facts, ComparedText{Name: f.Name, Values: make([]string, len(subjects))})
			}
			c.Facts[k].Values[i] = f.Value
		}
	}
	for _, name := range keysOf(subjects, func(s Subject) []string { return slices.Collect(maps.Keys(s.Params)) }) {
		t := ComparedText{Name: name, Number: true}
		for _, s := range subjects {
			v := s.Params[name]
			t.Values = append(t.Values, v)
			if _, err := strconv.ParseFloat(v, 64); v != "" && err != nil {
				t.Number = false
			}
		}
		if c.Among > 1 && t.same(subjects) {
			c.Same++
			continue
		}
		c.Params = append(c.Params, t)
	}
	names := keysOf(subjects, func(s Subject) []string { return slices.Collect(maps.Keys(s.Metrics)) })
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(notLoss(a), notLoss(b)) })
	for _, name := range names {
		m, told := more[name]
		if !told {
			m = MoreIsBetter(name)
		}
		c.Metrics = append(c.Metrics, compareMetric(subjects, name, m))
	}
	return c
}

func keysOf(subjects []Subject, of func(Subject) []string) []string {
	var all []string
	for _, s := range subjects {
		all = append(all, of(s)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// same says whether all runs have it, with one value: 0.10 is 0.1, and 1e-3 is 0.001.
func (t ComparedText) same(subjects []Subject) bool {
	at := slices.IndexFunc(subjects, func(s Subject) bool { return s.ID != "" })
	first, has := subjects[at].Params[t.Name]
	for i, s := range subjects {
		if s.ID == "" {
			continue
		}
		if _, ok := s.Params[t.Name]; ok != has {
			return false
		}
		if t.Values[i] == first {
			continue
		}
		a, errA := strconv.ParseFloat(first, 64)
		b, errB := strconv.ParseFloat(t.Values[i], 64)
		if errA != nil || errB != nil || a != b {
			return false
		}
	}
	return true
}

func compareMetric(subjects []Subject, name string, more bool) ComparedMetric {
	m := ComparedMetric{Name: name, More: more}
	for _, s := range subjects {
		series, has := s.Metrics[name]
		e := MetricEnds{Has: has, Last: series.Last}
		e.Best, _ = series.Best(more)
		m.Of = append(m.Of, e)
	}
	m.BestLast = m.top(func(e MetricEnds) float64 { return e.Last.Value })
	m.BestBest = m.top(func(e MetricEnds) float64 { return e.Best.Value })
	return m
}

// top is who has the best value, better than that of somebody else.
func (m ComparedMetric) top(of func(MetricEnds) float64) int {
	best, others := -1, false
	for i, e := range m.Of {
		switch {
		case !e.Has:
		case best < 0:
			best = i
		case BetterWhere(m.More, of(e), of(m.Of[best])):
			best, others = i, true
		case BetterWhere(m.More, of(m.Of[best]), of(e)):
			others = true
		}
	}
	if !others {
		return -1
	}
	// Two that share the first place have none.
	for i, e := range m.Of {
		if i != best && e.Has && of(e) == of(m.Of[best]) {
			return -1
		}
	}
	return best
}
