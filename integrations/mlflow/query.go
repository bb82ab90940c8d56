package mlflow

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Query answers:
//
//	runs      experiment (id or name), filter, order, most   a table, the newest first
//	run       run                                           facts, and its metrics as rows
//	curves    runs (ids by comma), metric, points            a curve a run
//	compare   runs (ids, names, experiment/name)              the runs, to be compared
//	best      experiment                                    the best run: facts, and its parameters as rows
//	versions  model                                          a table
//	compare versions  model, runs (numbers)                   the versions, to be compared
//	promotion model, alias, version, if_better                champion and candidate, to be compared
//	promotion form  model, alias, version, if_better           what can be promoted
//	undoing   model, alias                                    who has the alias and who would get it back, to be compared
//	register form  run                                        what of a run can be registered, and as what
//	artifacts run, path                                      a table
//
// A view asks with the resource's native id as "id".
func (p *Provider) Query(ctx context.Context, q tasks.Query) (tasks.Result, error) {
	id := q.Args["id"]
	switch q.Name {
	case "runs":
		return p.runTable(ctx, q.Args)
	case "run":
		return p.runFacts(ctx, q.Args["run"])
	case "curves":
		return p.curveSet(ctx, q.Args)
	case "compare":
		return p.comparison(ctx, list(q.Args["runs"]))
	case "best":
		return p.best(ctx, cmp.Or(q.Args["experiment"], id))
	case "versions":
		return p.versionTable(ctx, cmp.Or(q.Args["model"], id))
	case "compare versions":
		return p.versionComparison(ctx, cmp.Or(q.Args["model"], id), list(q.Args["runs"]))
	case "undoing":
		return p.undoing(ctx, cmp.Or(q.Args["model"], id), q.Args["alias"])
	case "register form":
		return p.registerForm(ctx, q.Args["run"])
	case "promotion form":
		return p.promotionForm(ctx, cmp.Or(q.Args["model"], id), q.Args)
	case "promotion":
		return p.promotion(ctx, cmp.Or(q.Args["model"], id), q.Args["alias"], q.Args["version"], q.Args["if_better"])
	case "artifacts":
		return p.artifactTable(ctx, q.Args["run"], q.Args["path"])
	}
	return tasks.Result{}, fmt.Errorf("MLflow answers no question %q; it answers runs, run, curves, compare, best, versions, compare versions, promotion, promotion form, undoing, register form and artifacts", q.Name)
}

func list(words string) []string {
	var all []string
	for w := range strings.SplitSeq(words, ",") {
		if w = strings.TrimSpace(w); w != "" {
			all = append(all, w)
		}
	}
	return all
}

// mostRuns bounds a table of runs, unless more is asked for.
const mostRuns = 5000

func (p *Provider) runTable(ctx context.Context, args map[string]string) (tasks.Result, error) {
	e, err := p.find(ctx, cmp.Or(args["experiment"], args["id"]))
	if err != nil {
		return tasks.Result{}, err
	}
	q := search{experiments: []string{e.ID}, filter: args["filter"], most: mostRuns}
	if n, err := strconv.Atoi(args["most"]); err == nil && n > 0 {
		q.most = n
	}
	if args["order"] != "" {
		q.order = list(args["order"])
	}
	all, more, err := p.runs(ctx, q)
	if err != nil {
		return tasks.Result{}, err
	}
	r := table(all)
	if more {
		r.More = fmt.Sprintf("only the first %d; narrow them with a filter", len(all))
	}
	r.Facts = []tasks.Fact{{Name: "experiment", Value: e.Name}, {Name: "primary", Value: e.Tags.get(primaryMetric)}, {Name: "greater", Value: strconv.FormatBool(greater(e))}}
	return r, nil
}

// The columns that every table of runs begins with.
var runColumns = []tasks.Column{{Name: "id"}, {Name: "name"}, {Name: "status"}, {Name: "started"}, {Name: "took", Number: true, Unit: "s"}, {Name: "user"}}

// mostColumns bounds each of metrics and parameters: more is nobody's table.
const mostColumns = 30

// table has a column for each metric and parameter, those of most runs first.
func table(all []run) tasks.Result {
	metrics, params := map[string]int{}, map[string]int{}
	for _, r := range all {
		for _, m := range r.Data.Metrics {
			if !strings.HasPrefix(m.Key, "system/") {
				metrics[m.Key]++
			}
		}
		for _, t := range r.Data.Params {
			params[t.Key]++
		}
	}
	result := tasks.Result{Columns: slices.Clone(runColumns), Rows: make([][]string, 0, len(all))}
	at := map[string]int{}
	for _, key := range common(metrics) {
		at["m "+key] = len(result.Columns)
		result.Columns = append(result.Columns, tasks.Column{Name: "metrics." + key, Number: true})
	}
	for _, key := range common(params) {
		at["p "+key] = len(result.Columns)
		result.Columns = append(result.Columns, tasks.Column{Name: "params." + key})
	}
	for _, r := range all {
		row := make([]string, len(result.Columns))
		row[0], row[1], row[2], row[5] = r.Info.ID, r.Info.Name, strings.ToLower(r.Info.Status), cmp.Or(r.Data.Tags.get("mlflow.user"), r.Info.User)
		if start := r.Info.Start.time(); !start.IsZero() {
			row[3] = start.UTC().Format(time.RFC3339)
			if end := r.Info.End.time(); !end.IsZero() {
				row[4] = strconv.FormatFloat(end.Sub(start).Seconds(), 'f', -1, 64)
			}
		}
		for _, m := range r.Data.Metrics {
			if i, ok := at["m "+m.Key]; ok {
				row[i] = text(m.Value)
			}
		}
		for _, t := range r.Data.Params {
			if i, ok := at["p "+t.Key]; ok {
				row[i] = t.Value
			}
		}
		result.Rows = append(result.Rows, row)
	}
	return result
}

func common(counts map[string]int) []string {
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	return keys[:min(len(keys), mostColumns)]
}

func text(n number) string { return strconv.FormatFloat(float64(n), 'g', -1, 64) }

// find is an experiment by its id or its name.
func (p *Provider) find(ctx context.Context, which string) (experiment, error) {
	if which == "" {
		return experiment{}, missing("experiment: its id or its name")
	}
	all, err := p.experiments(ctx)
	if err != nil {
		return experiment{}, err
	}
	for _, e := range all {
		if e.ID == which {
			return e, nil
		}
	}
	var names []string
	for _, e := range all {
		if e.Name == which {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return experiment{}, fmt.Errorf("there is no experiment %q; there are: %s", which, strings.Join(names[:min(len(names), 10)], ", "))
}

func (p *Provider) runFacts(ctx context.Context, id string) (tasks.Result, error) {
	if id == "" {
		return tasks.Result{}, missing("run: its id")
	}
	r, err := p.run(ctx, id)
	if err != nil {
		return tasks.Result{}, err
	}
	result := tasks.Result{Columns: []tasks.Column{{Name: "what"}, {Name: "name"}, {Name: "value"}}}
	for _, m := range r.Data.Metrics {
		result.Rows = append(result.Rows, []string{"metric", m.Key, text(m.Value)})
	}
	for _, t := range r.Data.Params {
		result.Rows = append(result.Rows, []string{"param", t.Key, t.Value})
	}
	result.Facts = p.facts(r)
	return result, nil
}

func (p *Provider) facts(r run) []tasks.Fact {
	facts := []tasks.Fact{
		{Name: "id", Value: r.Info.ID},
		{Name: "name", Value: r.Info.Name},
		{Name: "status", Value: strings.ToLower(r.Info.Status)},
	}
	if url := p.web("/#/experiments/" + r.Info.Experiment + "/runs/" + r.Info.ID); url != "" {
		facts = append(facts, tasks.Fact{Name: "url", Value: url})
	}
	for _, key := range []string{"mlflow.source.git.commit", "mlflow.source.git.branch", "mlflow.source.git.dirty", "mlflow.user", "sawhorse.host", "sawhorse.run"} {
		if v := r.Data.Tags.get(key); v != "" {
			facts = append(facts, tasks.Fact{Name: key, Value: v})
		}
	}
	return facts
}

func (p *Provider) curveSet(ctx context.Context, args map[string]string) (tasks.Result, error) {
	ids, key := list(args["runs"]), args["metric"]
	if len(ids) == 0 || key == "" {
		return tasks.Result{}, missing("runs and metric")
	}
	points := bulkPoints
	if n, err := strconv.Atoi(args["points"]); err == nil && n > 0 {
		points = n
	}
	all, err := p.curves(ctx, ids, key, points)
	if err != nil {
		return tasks.Result{}, err
	}
	var result tasks.Result
	for _, id := range ids {
		c := tasks.Curve{Name: key, Of: id}
		for _, m := range all {
			if m.RunID == id {
				c.Points = append(c.Points, point(m))
			}
		}
		result.Curves = append(result.Curves, c)
	}
	return result, nil
}

func point(m metric) tasks.Point {
	return tasks.Point{Step: float64(m.Step), Value: float64(m.Value), At: m.Timestamp.time()}
}

// best is the experiment's best finished run, by its primary metric.
func (p *Provider) best(ctx context.Context, which string) (tasks.Result, error) {
	e, err := p.find(ctx, which)
	if err != nil {
		return tasks.Result{}, err
	}
	key := e.Tags.get(primaryMetric)
	if key == "" {
		return tasks.Result{}, &tasks.StartError{
			Reason: fmt.Sprintf("%s does not say which metric decides", e.Name),
			Hint:   "set the experiment's tag " + primaryMetric,
		}
	}
	all, _, err := p.runs(ctx, search{experiments: []string{e.ID}, filter: "attributes.status = 'FINISHED'", most: mostRuns})
	if err != nil {
		return tasks.Result{}, err
	}
	r, ok := bestOf(all, key, greater(e))
	if !ok {
		return tasks.Result{}, &tasks.StartError{
			Reason: fmt.Sprintf("no finished run of %s has the metric %s", e.Name, key), Hint: "it is known once a run that logs it has ended",
		}
	}
	result, err := p.runFacts(ctx, r.Info.ID)
	v, _ := r.metric(key)
	result.Text = fmt.Sprintf("%s %s", key, text(v))
	return result, err
}

func bestOf(all []run, key string, greater bool) (best run, ok bool) {
	var top float64
	for _, r := range all {
		n, has := r.metric(key)
		v := float64(n)
		if !has || math.IsNaN(v) {
			continue
		}
		if !ok || greater && v > top || !greater && v < top {
			best, top, ok = r, v, true
		}
	}
	return best, ok
}

func (p *Provider) versionTable(ctx context.Context, name string) (tasks.Result, error) {
	if name == "" {
		return tasks.Result{}, missing("model: its name")
	}
	all, err := p.versions(ctx, name)
	if err != nil {
		return tasks.Result{}, err
	}
	m, err := p.model(ctx, name) // a list of versions does not tell their aliases
	if err != nil {
		return tasks.Result{}, err
	}
	held := map[string][]string{}
	for _, a := range m.Aliases {
		held[a.Version] = append(held[a.Version], a.Name)
	}
	result := tasks.Result{Columns: []tasks.Column{
		{Name: "version", Number: true}, {Name: "aliases"}, {Name: "status"}, {Name: "created"}, {Name: "promoted"}, {Name: "run"}, {Name: "source"},
	}}
	for _, v := range all {
		slices.Sort(held[v.Version])
		promoted := ""
		for _, as := range held[v.Version] {
			promoted = cmp.Or(promoted, promotedBy(v, as))
		}
		result.Rows = append(result.Rows, []string{
			v.Version, strings.Join(held[v.Version], " "), strings.ToLower(v.Status), v.Created.time().UTC().Format(time.RFC3339), promoted, v.RunID, v.Source,
		})
	}
	return result, nil
}

func (p *Provider) artifactTable(ctx context.Context, id, path string) (tasks.Result, error) {
	if id == "" {
		return tasks.Result{}, missing("run: its id")
	}
	files, err := p.artifacts(ctx, id, path)
	if err != nil {
		return tasks.Result{}, err
	}
	result := tasks.Result{Columns: []tasks.Column{{Name: "path"}, {Name: "size", Number: true}}}
	for _, f := range files {
		name, size := f.Path, strconv.FormatInt(int64(f.Size), 10)
		if f.Dir {
			name, size = name+"/", ""
		}
		result.Rows = append(result.Rows, []string{name, size})
	}
	return result, nil
}
