package prometheus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Query answers:
//
//	query       expr          a table of its values now
//	range       expr, for     a curve for each of its series over the last hour, or "6h"
//	query form  expr          the form to ask, with the names of the metrics
//	alert, target, rules      what is known of one
//	metrics                   what a target tells of itself
//
// A view asks with the resource's kind and native id in place of expr.
func (p *Provider) Query(ctx context.Context, q tasks.Query) (tasks.Result, error) {
	id := q.Args["id"]
	switch q.Name {
	case "query":
		return p.table(ctx, q.Args)
	case "range":
		return p.curves(ctx, q.Args)
	case "query form":
		return p.form(ctx, q.Args)
	case "metrics":
		return p.metrics(ctx, id)
	case "target":
		t, err := p.findTarget(ctx, id)
		return tasks.Result{Facts: t.facts()}, err
	case "alert":
		r, a, err := p.findAlert(ctx, id)
		return tasks.Result{Facts: a.facts(r)}, err
	case "rules":
		return p.ruleTable(ctx, id)
	}
	return tasks.Result{}, fmt.Errorf("%s answers no question %q; it answers query, range, query form, alert, target, rules and metrics", p.host, q.Name)
}

// exprOf is what is asked, or what the thing is about that it is asked at.
func (p *Provider) exprOf(ctx context.Context, args map[string]string) (string, error) {
	switch id := args["id"]; {
	case args["expr"] != "":
		return args["expr"], nil
	case args["kind"] == kindQuery:
		return id, nil
	case args["kind"] == kindTarget:
		t, err := p.findTarget(ctx, id)
		return first + selector(t.Labels), err
	case args["kind"] == kindAlert:
		r, _, err := p.findAlert(ctx, id)
		return r.Query, err
	}
	return "", errors.New("it needs expr: what to ask")
}

// selector chooses the series of a target.
func selector(labels map[string]string) string {
	of := map[string]string{}
	for _, name := range []string{"job", "instance"} {
		if labels[name] != "" {
			of[name] = labels[name]
		}
	}
	return identity(of)
}

var errGone = errors.New("it is gone meanwhile")

func (p *Provider) findTarget(ctx context.Context, id string) (target, error) {
	all, err := p.targets(ctx)
	if err != nil {
		return target{}, err
	}
	i := slices.IndexFunc(all, func(t target) bool { return t.id() == id })
	if i < 0 {
		return target{}, errGone
	}
	return all[i], nil
}

func (p *Provider) findAlert(ctx context.Context, id string) (rule, alert, error) {
	groups, err := p.groups(ctx)
	for _, g := range groups {
		for _, r := range g.Rules {
			for _, a := range r.Alerts {
				if identity(a.Labels) == id {
					return r, a, nil
				}
			}
		}
	}
	return rule{}, alert{}, cmp.Or(err, errGone)
}

func (t target) facts() []tasks.Fact {
	facts := []tasks.Fact{{Name: "health", Value: t.Health}, {Name: "address", Value: rest.Plain(t.URL)}}
	if !t.Last.IsZero() {
		facts = append(facts, tasks.Fact{Name: "last scrape", Value: t.Last.Local().Format(time.TimeOnly) + ", took " + took(t.Took)})
	}
	return slices.Concat(facts, []tasks.Fact{{Name: "every", Value: t.Interval}}, factsOf(t.Labels))
}

func (a alert) facts(r rule) []tasks.Fact {
	facts := []tasks.Fact{
		{Name: "state", Value: a.State + " since " + a.Since.Local().Format(time.DateTime)},
		{Name: "value", Value: rounded(value{Text: a.Value})},
		{Name: "rule", Value: r.Query},
		{Name: "for", Value: span(r.For)},
	}
	return slices.Concat(facts, factsOf(a.Labels), factsOf(a.Annotations))
}

func factsOf(labels map[string]string) (all []tasks.Fact) {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, tasks.Fact{Name: titled(name), Value: labels[name]})
	}
	return all
}

func took(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond * 100).String()
}

func (p *Provider) ruleTable(ctx context.Context, id string) (tasks.Result, error) {
	groups, err := p.groups(ctx)
	if err != nil {
		return tasks.Result{}, err
	}
	i := slices.IndexFunc(groups, func(g group) bool { return g.id() == id })
	if i < 0 {
		return tasks.Result{}, errGone
	}
	g := groups[i]
	res := tasks.Result{
		Columns: []tasks.Column{{Name: "rule"}, {Name: "state"}, {Name: "took"}, {Name: "expression"}},
		Facts:   []tasks.Fact{{Name: "file", Value: g.File}},
	}
	for _, r := range g.Rules {
		state := cmp.Or(r.State, r.Type)
		expr := strings.Join(strings.Fields(r.Query), " ")
		if r.Health == "err" {
			state, expr = "error", r.Error
		}
		res.Rows = append(res.Rows, []string{r.Name, state, took(r.Took), expr})
	}
	return res, nil
}

// mostRows bounds a table, mostCurves a chart: nobody reads more.
const (
	mostRows   = 1000
	mostCurves = 12
	points     = 240
)

func (p *Provider) table(ctx context.Context, args map[string]string) (tasks.Result, error) {
	expr, err := p.exprOf(ctx, args)
	if err != nil {
		return tasks.Result{}, err
	}
	all, warnings, err := p.instant(ctx, expr)
	return tableOf(all, warnings), err
}

// tableOf has a column for each label in which the series differ; what they have in
// common is said once.
func tableOf(all []series, warnings []string) tasks.Result {
	res := tasks.Result{Facts: append(factsOf(common(all)), warned(warnings)...), More: left(mostRows, len(all))}
	if len(all) == 0 {
		res.Text = nothing
		return res
	}
	names := differing(all)
	for _, name := range names {
		res.Columns = append(res.Columns, tasks.Column{Name: titled(name)})
	}
	res.Columns = append(res.Columns, tasks.Column{Name: "value", Number: true})
	for _, s := range all[:min(len(all), mostRows)] {
		var row []string
		for _, name := range names {
			row = append(row, s.Labels[name])
		}
		res.Rows = append(res.Rows, append(row, s.Value.Text))
	}
	return res
}

// common are the labels that all of the series have with one value.
func common(all []series) map[string]string {
	if len(all) == 0 {
		return nil
	}
	same := maps.Clone(all[0].Labels)
	for _, s := range all[1:] {
		maps.DeleteFunc(same, func(name, value string) bool { return s.Labels[name] != value })
	}
	return same
}

// differing are the labels by which series are told from each other.
func differing(all []series) []string {
	same, names := common(all), map[string]bool{}
	for _, s := range all {
		for name := range s.Labels {
			if _, all := same[name]; !all {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// titled is how a label is called.
func titled(label string) string {
	if label == "__name__" {
		return "metric"
	}
	return label
}

func (p *Provider) curves(ctx context.Context, args map[string]string) (tasks.Result, error) {
	expr, err := p.exprOf(ctx, args)
	if err != nil {
		return tasks.Result{}, err
	}
	last, err := time.ParseDuration(cmp.Or(args["for"], "1h"))
	if err != nil || last <= 0 {
		return tasks.Result{}, fmt.Errorf("for is %q, which is no duration: write it as 6h or 90m", args["for"])
	}
	all, warnings, err := p.span(ctx, expr, last, points)
	if err != nil {
		return tasks.Result{}, err
	}
	res := tasks.Result{Facts: append([]tasks.Fact{{Name: "last " + span(last.Seconds()), Value: expr}}, warned(warnings)...)}
	names := differing(all)
	for _, s := range all[:min(len(all), mostCurves)] {
		of := map[string]string{}
		for _, name := range names {
			if v := s.Labels[name]; v != "" {
				of[name] = v
			}
		}
		c := tasks.Curve{Name: cmp.Or(list(of), s.Labels["__name__"], expr)}
		for _, v := range s.Values {
			if n, ok := v.number(); ok {
				c.Points = append(c.Points, tasks.Point{Value: n, At: v.At})
			}
		}
		res.Curves = append(res.Curves, c)
	}
	if len(all) == 0 {
		res.Text = nothing
	}
	res.More = left(mostCurves, len(all))
	return res, nil
}

const nothing = "Nothing had these names and labels."

// left says how many series were left out.
func left(most, of int) string {
	if of <= most {
		return ""
	}
	return fmt.Sprintf("only %d of %d series; narrow them with labels, or sum them up", most, of)
}

func warned(warnings []string) (all []tasks.Fact) {
	for _, w := range warnings {
		all = append(all, tasks.Fact{Name: "warning", Value: w})
	}
	return all
}

// metrics are what a target tells of itself, each with the expression that asks for
// it alone.
func (p *Provider) metrics(ctx context.Context, id string) (tasks.Result, error) {
	t, err := p.findTarget(ctx, id)
	if err != nil {
		return tasks.Result{}, err
	}
	all, _, err := p.instant(ctx, selector(t.Labels))
	res := tasks.Result{
		Columns: []tasks.Column{{Name: "metric"}, {Name: "value", Number: true}, {Name: "labels"}, {Name: "expr"}}, More: left(mostRows, len(all)),
	}
	for _, s := range all[:min(len(all), mostRows)] {
		name, of := s.Labels["__name__"], maps.Clone(s.Labels)
		delete(of, "__name__")
		expr := name + identity(of)
		maps.DeleteFunc(of, func(name, value string) bool { return t.Labels[name] == value })
		res.Rows = append(res.Rows, []string{name, s.Value.Text, list(of), expr})
	}
	return res, err
}

func exprParam(value string) config.Param {
	return config.Param{
		Name: "expr", Type: config.ParamString, Required: true, Default: value, HasDefault: value != "",
		Description: "PromQL: rate(http_requests_total[5m])",
	}
}

// form asks for an expression, beginning with that of the thing it is asked at.
func (p *Provider) form(ctx context.Context, args map[string]string) (tasks.Result, error) {
	expr, _ := p.exprOf(ctx, args) // without one the form is empty
	var names []string
	_, err := p.get(ctx, "list the metrics", "/label/__name__/values", url.Values{"limit": {fmt.Sprint(mostNames)}}, &names)
	return tasks.Result{Params: []config.Param{exprParam(expr)}, Suggest: map[string][]string{"expr": suggestions(names)}}, err
}

// mostNames bounds what a form can complete.
const mostNames = 10000

// suggestions are the metrics, and of those that count, how fast they do.
func suggestions(names []string) (all []string) {
	for _, name := range names[:min(len(names), mostNames)] {
		all = append(all, name)
		for _, counts := range []string{"_total", "_count", "_sum"} {
			if strings.HasSuffix(name, counts) {
				all = append(all, "rate("+name+"[5m])")
			}
		}
	}
	return all
}
