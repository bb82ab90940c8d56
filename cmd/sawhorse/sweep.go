package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// readable says what is wrong with the words of --sweep.
func readable(words []string) error {
	for _, w := range words {
		name, text, ok := strings.Cut(w, "=")
		err := errors.New("it is not NAME=VALUES")
		if ok && name != "" && text != "" {
			_, err = tasks.SweptValues(text)
		}
		if err != nil {
			return &fault{code: exitUsage, err: fmt.Errorf("--sweep %q: %w", w, err), hint: "--sweep 'lr=1e-4..1e-2 log 5', --sweep depth=1..4 or --sweep lr=0.1,0.01"}
		}
	}
	return nil
}

// plan makes the jobs: one, or one for each combination of what is swept.
func (t *training) plan(known tasks.Task) error {
	base, values := map[string]string{}, map[string][]string{}
	add := func(name string, all []string) {
		if _, twice := values[name]; !twice {
			t.swept = append(t.swept, name)
		}
		values[name] = all
	}
	for _, w := range t.given {
		name, text, _ := strings.Cut(w, "=")
		base[name] = text
		i := slices.IndexFunc(known.Spec.Params, func(p config.Param) bool { return p.Name == name })
		if i < 0 {
			continue // the host says what there is
		}
		all, err := tasks.Swept(known.Spec.Params[i], text)
		if err != nil {
			return &fault{code: exitUsage, err: fmt.Errorf("%s=%s: %w", name, text, err), hint: "a value, a list (0.1,0.01) or a range ('1e-4..1e-2 log 5')"}
		}
		if all != nil {
			add(name, all)
		}
	}
	for _, w := range t.o.sweep {
		name, text, _ := strings.Cut(w, "=")
		all, err := tasks.SweptValues(text)
		if err != nil {
			return err
		}
		add(name, all)
	}
	sets, err := tasks.Combine(base, t.swept, values)
	if err != nil {
		return &fault{code: exitUsage, err: err, hint: "sweep fewer values"}
	}
	request := rand.Text()
	for _, set := range sets {
		t.jobs = append(t.jobs, &job{task: t.task, params: set, request: request})
	}
	return nil
}

// begin asks for all runs of the sweep.
func (t *training) begin(ctx context.Context, e outside) error {
	c := tasks.RunSweep{Name: t.task, Swept: t.swept, Parallel: t.o.parallel, Request: t.jobs[0].request, Detail: "sawhorse train"}
	for _, j := range t.jobs {
		c.Sets = append(c.Sets, j.params)
		j.asked = true
	}
	if err := e.Do(ctx, c); err != nil {
		return &fault{code: exitUsage, err: err}
	}
	return nil
}

// found gives each job the run that was made of it; false: they are not there yet.
func (t *training) found(s *tasks.State) bool {
	if t.jobs[0].run.ID != "" {
		return true
	}
	for _, id := range s.Units[t.task].Runs {
		if r := s.Runs[id]; r.Sweep != nil && r.Cause.Request == t.jobs[0].request {
			for i, r := range s.SweepRuns(r.Sweep.ID) {
				t.jobs[i].run.ID = r.ID
			}
			return true
		}
	}
	return false
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
