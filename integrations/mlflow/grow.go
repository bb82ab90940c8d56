package mlflow

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// A training that logs into a store that nobody serves, because nobody told it of a
// server, writes its numbers here: they are the curves of its task while it does.

// tagRun is the tag by which a run of MLflow says which run of a workspace it is of.
const tagRun = "sawhorse.run"

// runContext is the variable by which MLflow is told of tags that its runs are given.
const runContext = "MLFLOW_RUN_CONTEXT"

// signed is a request whose program signs the runs that it makes in MLflow.
func signed(q tasks.Request, getenv func(string) string) tasks.Request {
	if q.Task.IsService() || q.Task.Spec.Env[runContext] != "" || getenv(runContext) != "" {
		return q
	}
	text, err := json.Marshal(map[string]string{tagRun: string(q.Run)})
	if err != nil {
		return q
	}
	env := maps.Clone(q.Task.Spec.Env)
	if env == nil {
		env = map[string]string{}
	}
	env[runContext] = string(text)
	q.Task.Spec.Env = env
	return q
}

// metricsOf is where a run of a store in files has its numbers.
const metricsOf = "/metrics/"

// growing reads what a training logs: mlruns/EXPERIMENT/RUN/metrics/KEY, or mlflow.db.
func growing(file string) (tasks.Growing, bool) {
	slashed := filepath.ToSlash(file)
	if path.Base(slashed) == "mlflow.db" {
		l := &looking{database: database{path: file}, told: map[string]int64{}}
		return tasks.Growing{Home: filepath.Dir(file), Look: l.look}, true
	}
	of, key, ok := strings.Cut(slashed, metricsOf)
	if !ok || !isID(path.Base(of)) || strings.HasPrefix(key, "system/") {
		return tasks.Growing{}, false
	}
	g := &metricLines{key: key}
	dir := filepath.FromSlash(of)
	return tasks.Growing{Home: dir, Read: g.read, By: func() tasks.RunID {
		text, err := os.ReadFile(filepath.Join(dir, "tags", tagRun))
		if err != nil {
			return "" // it is not signed
		}
		return tasks.RunID(strings.TrimSpace(string(text)))
	}}, true
}

// metricLines reads the file of one metric.
type metricLines struct {
	key  string
	rest string // a line of which not all is there yet
}

// longestLogged is no line of a metric.
const longestLogged = 4096

func (g *metricLines) read(p []byte, tell func(string, tasks.Point)) error {
	g.rest += string(p)
	for {
		line, more, ok := strings.Cut(g.rest, "\n")
		if !ok {
			if len(g.rest) > longestLogged {
				g.rest = "" // it is none, and the next one may be
			}
			return nil
		}
		g.rest = more
		if m, ok := logged(line); ok {
			tell(g.key, point(m))
		}
	}
}

// looking asks a database what is new of one run of a workspace.
type looking struct {
	database
	told  map[string]int64 // by run: the last row that was told
	first string           // the run that was told of first
}

// lookWithin is how long the database may take; what is not told now is told next.
const lookWithin = 5 * time.Second

func (l *looking) look(of tasks.Written, tell func(string, tasks.Point)) error {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	defer l.close() // it is asked for as long as a run goes on, and nobody says when that ends
	runs, err := l.of(ctx, of)
	if err != nil {
		return nil //nolint:nilerr // it may be made just now; a store that can't be read is told of as a connection
	}
	for _, r := range runs {
		const query = "SELECT rowid, key, value, is_nan, timestamp, step FROM metrics WHERE run_uuid = ? AND rowid > ? AND key NOT LIKE 'system/%' ORDER BY rowid"
		_ = l.each(ctx, "read the metrics", query, []any{r.id, l.told[r.id]}, func(scan func(...any) error) error {
			var row int64
			m, err := scanMetric(scan, &row)
			if err != nil {
				return err
			}
			l.told[r.id] = row
			if l.first = cmp.Or(l.first, r.id); r.id != l.first { // a program that makes several runs
				m.Key = cmp.Or(r.name, short(r.id)) + "/" + m.Key
			}
			tell(m.Key, point(m))
			return nil
		})
	}
	return nil
}

// loggedRun is a run of the store.
type loggedRun struct{ id, name string }

// of are the runs of MLflow that a run of a workspace has made: those that say so, and
// those that say nothing while no other run goes on.
func (l *looking) of(ctx context.Context, w tasks.Written) (all []loggedRun, err error) {
	const query = `SELECT r.run_uuid, coalesce(r.name, ''), coalesce(t.value, '') FROM runs r
		LEFT JOIN tags t ON t.run_uuid = r.run_uuid AND t.key = ? WHERE r.start_time >= ? ORDER BY r.start_time`
	err = l.each(ctx, "list runs", query, []any{tagRun, w.Began.UnixMilli()}, func(scan func(...any) error) error {
		var r loggedRun
		var by string
		err := scan(&r.id, &r.name, &by)
		if by == string(w.Run) || by == "" && w.Alone {
			all = append(all, r)
		}
		return err
	})
	return all, err
}
