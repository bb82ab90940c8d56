package mlflow

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// store is where MLflow keeps experiments, runs and models: a server, or local when
// nobody serves it. What only reads is the same in both; a store without a server
// refuses the rest with what to do.
type store interface {
	experiments(ctx context.Context) ([]experiment, error)
	experimentByID(ctx context.Context, id string) (experiment, error)
	runs(ctx context.Context, q search) (all []run, more bool, err error)
	run(ctx context.Context, id string) (run, error)
	curves(ctx context.Context, ids []string, key string, points int) ([]metric, error)
	loggedModels(ctx context.Context, experiment, runID string) ([]loggedModel, error)
	artifacts(ctx context.Context, id, path string) ([]artifact, error)

	models(ctx context.Context) ([]model, error)
	model(ctx context.Context, name string) (model, error)
	versions(ctx context.Context, name string) ([]version, error)
	getVersion(ctx context.Context, name, number string) (version, error)
	holder(ctx context.Context, name, as string) (version, bool, error)

	update(ctx context.Context, id, status string, at time.Time) error
	register(ctx context.Context, name, source, runID, modelID string) (version, error)
	setAlias(ctx context.Context, name, as, number string) error
	deleteAlias(ctx context.Context, name, as string) error
	tagVersion(ctx context.Context, name, number, key, value string) error
	untagVersion(ctx context.Context, name, number, key string) error

	// now is the time there; web where a person sees what is at a path, or "".
	now() time.Time
	web(path string) string
	close()
}

var (
	_ store = (*server)(nil)
	_ store = (*local)(nil)
)

// files are a store on this machine: a directory, or SQLite.
type files interface {
	experiments(ctx context.Context) ([]experiment, error)
	// runsOf are the runs of experiments that are not deleted; what a query says of
	// simple attributes may be looked at already.
	runsOf(ctx context.Context, experiments []string, where []condition) ([]run, error)
	run(ctx context.Context, id string) (run, error)
	// points are a metric's, in the order of their logging.
	points(ctx context.Context, id, key string) ([]metric, error)
	models(ctx context.Context) ([]model, error)
	versions(ctx context.Context, name string) ([]version, error)
	// watch calls f when something may be another than before, until ctx ends.
	watch(ctx context.Context, f func()) error
	close()
}

// local is a store that nobody serves: it is read as it stands, and never written.
type local struct {
	files
	uri string
}

// readOnly says why something can't be done with a store that nobody serves.
func (l *local) readOnly() error {
	return &tasks.StartError{Reason: "the store is read as it stands, and only a server may write to it", Hint: l.serve()}
}

// serve is the command that makes a server of the store.
func (l *local) serve() string { return "serve it: mlflow server --backend-store-uri " + l.uri }

func (l *local) update(context.Context, string, string, time.Time) error { return l.readOnly() }

func (l *local) register(context.Context, string, string, string, string) (version, error) {
	return version{}, l.readOnly()
}
func (l *local) setAlias(context.Context, string, string, string) error { return l.readOnly() }
func (l *local) deleteAlias(context.Context, string, string) error      { return l.readOnly() }
func (l *local) tagVersion(context.Context, string, string, string, string) error {
	return l.readOnly()
}

func (l *local) untagVersion(context.Context, string, string, string) error { return l.readOnly() }

func (l *local) now() time.Time    { return time.Now() }
func (l *local) web(string) string { return "" }

func (l *local) loggedModels(context.Context, string, string) ([]loggedModel, error) { return nil, nil }

// runs are those that a query finds, as the server would.
func (l *local) runs(ctx context.Context, q search) ([]run, bool, error) {
	where, err := parseFilter(q.filter)
	if err != nil {
		return nil, false, fmt.Errorf("list runs: %w", err)
	}
	order, err := parseOrder(q.order)
	if err != nil {
		return nil, false, fmt.Errorf("list runs: %w", err)
	}
	all, err := l.runsOf(ctx, q.experiments, where)
	if err != nil {
		return nil, false, err
	}
	all = slices.DeleteFunc(all, func(r run) bool {
		return slices.ContainsFunc(where, func(c condition) bool { return !c.fits(r) })
	})
	sortRuns(all, order)
	if len(all) > q.most {
		return all[:q.most], true, nil
	}
	return all, false, nil
}

// curves are a metric of several runs, of each no more than so many points.
func (l *local) curves(ctx context.Context, ids []string, key string, points int) (all []metric, err error) {
	for _, id := range ids {
		some, err := l.points(ctx, id, key)
		if err != nil {
			return nil, err
		}
		every := max(1, (len(some)+max(points, 2)-2)/(max(points, 2)-1))
		for i, m := range some {
			if i%every == 0 || i == len(some)-1 {
				m.RunID = id
				all = append(all, m)
			}
		}
	}
	return all, nil
}

func (l *local) experimentByID(ctx context.Context, id string) (experiment, error) {
	all, err := l.experiments(ctx)
	if err != nil {
		return experiment{}, err
	}
	i := slices.IndexFunc(all, func(e experiment) bool { return e.ID == id })
	if i < 0 {
		return experiment{}, fmt.Errorf("there is no experiment %s", id)
	}
	return all[i], nil
}

func (l *local) model(ctx context.Context, name string) (model, error) {
	all, err := l.models(ctx)
	if err != nil {
		return model{}, err
	}
	i := slices.IndexFunc(all, func(m model) bool { return m.Name == name })
	if i < 0 {
		return model{}, fmt.Errorf("there is no model %s", name)
	}
	return all[i], nil
}

func (l *local) getVersion(ctx context.Context, name, number string) (version, error) {
	all, err := l.versions(ctx, name)
	if err != nil {
		return version{}, err
	}
	for _, v := range all {
		if v.Version == number {
			return v, nil
		}
	}
	return version{}, fmt.Errorf("%s has no version %s", name, number)
}

func (l *local) holder(ctx context.Context, name, as string) (version, bool, error) {
	all, err := l.versions(ctx, name)
	if err != nil {
		return version{}, false, err
	}
	for _, v := range all {
		if slices.Contains(v.Aliases, as) {
			return v, true, nil
		}
	}
	return version{}, false, nil
}

// artifacts lists the files of a run that are on this machine.
func (l *local) artifacts(ctx context.Context, id, below string) ([]artifact, error) {
	r, err := l.run(ctx, id)
	if err != nil {
		return nil, err
	}
	dir, ok := localPath(r.Info.Artifacts)
	if !ok {
		return nil, &tasks.StartError{Reason: "its files are at " + r.Info.Artifacts + ", which only a server reaches", Hint: l.serve()}
	}
	below = path.Clean("/" + below)[1:]
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(below)))
	if err != nil {
		if os.IsNotExist(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("list the files of the run %s: %w", short(id), err)
	}
	var all []artifact
	for _, e := range entries {
		a := artifact{Path: path.Join(below, e.Name()), Dir: e.IsDir()}
		if info, err := e.Info(); err == nil && !a.Dir {
			a.Size = millis(info.Size())
		}
		all = append(all, a)
	}
	return all, nil
}

// localPath is the path that a URI names on this machine: file:///a, file:a, a.
func localPath(uri string) (string, bool) {
	switch scheme, rest, found := strings.Cut(uri, ":"); {
	case uri == "":
		return "", false
	case !found || len(scheme) == 1: // a drive is no scheme
		return filepath.FromSlash(uri), true
	case scheme == "file":
		rest = strings.TrimPrefix(rest, "//")
		if plain, err := url.PathUnescape(rest); err == nil {
			rest = plain
		}
		return filepath.FromSlash(rest), rest != ""
	}
	return "", false
}

// sqlitePath is the file of an address of SQLAlchemy: sqlite:///rel, sqlite:////abs.
func sqlitePath(uri string) (string, bool) {
	scheme, rest, found := strings.Cut(uri, "://")
	if driver, _, _ := strings.Cut(scheme, "+"); !found || driver != "sqlite" {
		return "", false
	}
	rest, _, _ = strings.Cut(strings.TrimPrefix(rest, "/"), "?")
	return filepath.FromSlash(rest), rest != "" && rest != ":memory:"
}

// openStore opens a store on this machine; false: the address is of another kind.
func openStore(ctx context.Context, uri, dir string) (*local, bool, error) {
	at := func(p string) string {
		if filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(dir, p)
	}
	if file, ok := sqlitePath(uri); ok {
		db := &database{path: at(file)}
		l := &local{db, "sqlite:///" + filepath.ToSlash(at(file))}
		return l, true, db.check(ctx)
	}
	if root, ok := localPath(uri); ok {
		d := &directory{root: at(root), kept: map[string]keptRun{}}
		l := &local{d, filepath.ToSlash(cmp.Or(at(root), "."))}
		return l, true, d.check()
	}
	return nil, false, nil
}

// foundStores are the addresses of the stores in a directory that MLflow makes there
// when nobody names another one.
func foundStores(dir string) (uris []string) {
	if info, err := os.Stat(filepath.Join(dir, "mlflow.db")); err == nil && info.Mode().IsRegular() {
		uris = append(uris, "sqlite:///mlflow.db")
	}
	// Beside a database there are only files of runs.
	if metas, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "mlruns", "*", "meta.yaml")); len(metas) > 0 {
		uris = append(uris, "mlruns")
	}
	return uris
}

// escapeGlob keeps a path from being read as a pattern.
func escapeGlob(dir string) string {
	if strings.ContainsAny(dir, `*?[\`) && filepath.Separator == '/' {
		return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
	}
	return dir
}
