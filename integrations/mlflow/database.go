package mlflow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// database is a store in SQLite, read while others write it: nothing is ever locked
// for longer than a query, and a journal or a WAL beside it is SQLite's own affair.
type database struct {
	path string

	mu   sync.Mutex // guards what follows
	db   *sql.DB
	info fs.FileInfo // of the file that db has open
}

var _ files = (*database)(nil)

// busyFor is how long a query waits while somebody writes.
const busyFor = 3 * time.Second

// open is the database as it stands at its path: another file there is another one.
func (d *database) open() (*sql.DB, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	info, err := os.Stat(d.path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &tasks.StartError{Reason: "there is no store at " + d.path, Hint: "it comes with the first run that is logged there"}
		}
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if d.db != nil && os.SameFile(info, d.info) {
		return d.db, nil
	}
	if d.db != nil {
		_ = d.db.Close()
		d.db = nil
	}
	slashed := filepath.ToSlash(d.path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a drive letter
	}
	options := url.Values{"mode": {"ro"}, "_busy_timeout": {fmt.Sprint(busyFor.Milliseconds())}, "_pragma": {"query_only(1)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: slashed, RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", d.path, err)
	}
	db.SetMaxOpenConns(2)
	d.db, d.info = db, info
	return db, nil
}

// check says what is wrong with the store.
func (d *database) check(ctx context.Context) error {
	var n int
	err := d.each(ctx, "look into it", "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('experiments', 'runs', 'latest_metrics', 'registered_model_aliases')", nil,
		func(scan func(...any) error) error { return scan(&n) })
	if err != nil {
		return err
	}
	switch {
	case n == 0:
		return &tasks.StartError{Reason: d.path + " is no store of MLflow", Hint: "name another one: url: sqlite:///path/to/mlflow.db"}
	case n < 4:
		return &tasks.StartError{Reason: d.path + " is of an old version of MLflow", Hint: "mlflow db upgrade sqlite:///" + filepath.ToSlash(d.path)}
	}
	return nil
}

func (d *database) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.db != nil {
		_ = d.db.Close()
		d.db = nil
	}
}

// each runs a query and calls do for each row.
func (d *database) each(ctx context.Context, doing, query string, args []any, do func(scan func(...any) error) error) error {
	db, err := d.open()
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", doing, d.path, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return fmt.Errorf("%s in %s: %w", doing, d.path, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s in %s: %w", doing, d.path, err)
	}
	return nil
}

func (d *database) experiments(ctx context.Context) (all []experiment, err error) {
	// What changed last is a run, not the experiment's own row.
	const query = `SELECT e.experiment_id, e.name, e.lifecycle_stage, max(coalesce(e.last_update_time, 0),
		coalesce((SELECT max(max(coalesce(r.start_time, 0), coalesce(r.end_time, 0))) FROM runs r WHERE r.experiment_id = e.experiment_id), 0)) AS at
		FROM experiments e WHERE e.lifecycle_stage = 'active' ORDER BY at DESC, e.experiment_id`
	at := map[string]int{}
	err = d.each(ctx, "list the experiments", query, nil, func(scan func(...any) error) error {
		var e experiment
		var updated int64
		if err := scan(&e.ID, &e.Name, &e.Stage, &updated); err != nil {
			return err
		}
		e.Updated = millis(updated)
		at[e.ID] = len(all)
		all = append(all, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, d.each(ctx, "list the experiments", "SELECT experiment_id, key, coalesce(value, '') FROM experiment_tags", nil, func(scan func(...any) error) error {
		var id string
		var t tag
		err := scan(&id, &t.Key, &t.Value)
		if i, ok := at[id]; ok {
			all[i].Tags = append(all[i].Tags, t)
		}
		return err
	})
}

// marks is so many placeholders of a query.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// columns are the attributes that a query asks the database for; the rest is looked
// at afterwards.
var columns = map[string]string{"status": "status", "run_name": "name", "run_id": "run_uuid", "user_id": "user_id"}

func (d *database) runsOf(ctx context.Context, experiments []string, where []condition) ([]run, error) {
	if len(experiments) == 0 {
		return nil, nil
	}
	conditions := []string{"lifecycle_stage = 'active'", "experiment_id IN (" + marks(len(experiments)) + ")"}
	var args []any
	for _, id := range experiments {
		args = append(args, id)
	}
	for _, c := range where {
		if c.of == "attributes" && c.op == "=" && columns[c.key] != "" {
			conditions = append(conditions, columns[c.key]+" = ?")
			args = append(args, c.words[0])
		}
	}
	return d.read(ctx, strings.Join(conditions, " AND "), args)
}

func (d *database) run(ctx context.Context, id string) (run, error) {
	all, err := d.read(ctx, "run_uuid = ?", []any{id})
	if err == nil && len(all) == 0 {
		err = noRun(id)
	}
	if err != nil {
		return run{}, err
	}
	return all[0], nil
}

// read reads runs with their numbers, parameters and tags.
func (d *database) read(ctx context.Context, condition string, args []any) (all []run, err error) {
	at := map[string]int{}
	query := `SELECT run_uuid, coalesce(name, ''), experiment_id, coalesce(user_id, ''), coalesce(status, ''), coalesce(start_time, 0), coalesce(end_time, 0),
		coalesce(artifact_uri, ''), coalesce(lifecycle_stage, '') FROM runs WHERE ` + condition
	err = d.each(ctx, "list runs", query, args, func(scan func(...any) error) error {
		var r run
		var start, end int64
		i := &r.Info
		if err := scan(&i.ID, &i.Name, &i.Experiment, &i.User, &i.Status, &start, &end, &i.Artifacts, &i.Stage); err != nil {
			return err
		}
		i.Start, i.End = millis(start), millis(end)
		at[i.ID] = len(all)
		all = append(all, r)
		return nil
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	of := " WHERE run_uuid IN (SELECT run_uuid FROM runs WHERE " + condition + ")"
	err = d.each(ctx, "list the metrics", "SELECT run_uuid, key, value, is_nan, coalesce(timestamp, 0), step FROM latest_metrics"+of, args, func(scan func(...any) error) error {
		var id string
		m, err := scanMetric(scan, &id)
		if i, ok := at[id]; ok {
			all[i].Data.Metrics = append(all[i].Data.Metrics, m)
		}
		return err
	})
	for _, table := range []string{"params", "tags"} {
		if err != nil {
			return nil, err
		}
		err = d.each(ctx, "list the "+table, "SELECT run_uuid, key, coalesce(value, '') FROM "+table+of, args, func(scan func(...any) error) error {
			var id string
			var t tag
			err := scan(&id, &t.Key, &t.Value)
			i, ok := at[id]
			switch {
			case !ok:
			case table == "params":
				all[i].Data.Params = append(all[i].Data.Params, t)
			default:
				all[i].Data.Tags = append(all[i].Data.Tags, t)
			}
			return err
		})
	}
	return all, err
}

// scanMetric reads key, value, is_nan, timestamp and step, behind what comes first.
func scanMetric(scan func(...any) error, first ...any) (metric, error) {
	var m metric
	var v float64
	var isNaN bool
	var at, step int64
	err := scan(append(first, &m.Key, &v, &isNaN, &at, &step)...)
	m.Value, m.Timestamp, m.Step = stored(v, isNaN), millis(at), millis(step)
	return m, err
}

func (d *database) points(ctx context.Context, id, key string) (all []metric, err error) {
	const query = "SELECT key, value, is_nan, timestamp, step FROM metrics WHERE run_uuid = ? AND key = ? ORDER BY timestamp, step, value"
	err = d.each(ctx, "read the metric "+key, query, []any{id, key}, func(scan func(...any) error) error {
		m, err := scanMetric(scan)
		all = append(all, m)
		return err
	})
	return all, err
}

func (d *database) models(ctx context.Context) ([]model, error) {
	found := map[string]*model{}
	err := d.each(ctx, "list the models", "SELECT name, coalesce(description, ''), coalesce(last_updated_time, 0) FROM registered_models", nil, func(scan func(...any) error) error {
		m := &model{}
		var updated int64
		err := scan(&m.Name, &m.Description, &updated)
		m.Updated = millis(updated)
		found[m.Name] = m
		return err
	})
	if err != nil {
		return nil, err
	}
	err = d.each(ctx, "list the aliases", "SELECT name, alias, version FROM registered_model_aliases ORDER BY alias", nil, func(scan func(...any) error) error {
		var name string
		var a alias
		err := scan(&name, &a.Name, &a.Version)
		if m := found[name]; m != nil {
			m.Aliases = append(m.Aliases, a)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = d.each(ctx, "list the versions", "SELECT name, max(version) FROM model_versions WHERE current_stage IS NULL OR current_stage <> 'Deleted_Internal' GROUP BY name", nil, func(scan func(...any) error) error {
		v := version{}
		err := scan(&v.Name, &v.Version)
		if m := found[v.Name]; m != nil {
			m.Latest = append(m.Latest, v)
		}
		return err
	})
	var all []model
	for _, name := range slices.Sorted(maps.Keys(found)) {
		all = append(all, *found[name])
	}
	return all, err
}

func (d *database) versions(ctx context.Context, name string) (all []version, err error) {
	at := map[string]int{}
	const query = `SELECT name, version, coalesce(status, ''), coalesce(status_message, ''), coalesce(source, ''), coalesce(run_id, ''), coalesce(creation_time, 0)
		FROM model_versions WHERE name = ? AND (current_stage IS NULL OR current_stage <> 'Deleted_Internal') ORDER BY version DESC`
	err = d.each(ctx, "list the versions of "+name, query, []any{name}, func(scan func(...any) error) error {
		var v version
		var n, created int64
		if err := scan(&v.Name, &n, &v.Status, &v.Message, &v.Source, &v.RunID, &created); err != nil {
			return err
		}
		v.Version, v.Created = strconv.FormatInt(n, 10), millis(created)
		at[v.Version] = len(all)
		all = append(all, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = d.each(ctx, "list the aliases of "+name, "SELECT alias, version FROM registered_model_aliases WHERE name = ? ORDER BY alias", []any{name}, func(scan func(...any) error) error {
		var as, number string
		err := scan(&as, &number)
		if i, ok := at[number]; ok {
			all[i].Aliases = append(all[i].Aliases, as)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, d.each(ctx, "list the tags of "+name, "SELECT version, key, coalesce(value, '') FROM model_version_tags WHERE name = ?", []any{name}, func(scan func(...any) error) error {
		var number string
		var t tag
		err := scan(&number, &t.Key, &t.Value)
		if i, ok := at[number]; ok {
			all[i].Tags = append(all[i].Tags, t)
		}
		return err
	})
}

// watch hears of writes to the file, its journal and its WAL.
func (d *database) watch(ctx context.Context, f func()) error {
	g := watch.Growth{Dir: filepath.Dir(d.path), Enter: func(string, fs.DirEntry) bool { return false }}
	first := true
	return g.Watch(ctx, func(written []string) {
		if first {
			first = false
			return
		}
		if slices.ContainsFunc(written, func(file string) bool { return strings.HasPrefix(file, d.path) }) {
			f()
		}
	})
}
