package mlflow

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// directory is a store in files:
//
//	EXPERIMENT/meta.yaml                    its name
//	EXPERIMENT/tags/KEY                     a value
//	EXPERIMENT/RUN/meta.yaml                name, status, times
//	EXPERIMENT/RUN/{params,tags}/KEY        a value; a key may have slashes
//	EXPERIMENT/RUN/metrics/KEY              lines: time, value, step
//	models/NAME/{meta.yaml,aliases/,version-N/meta.yaml}
type directory struct {
	root string

	mu   sync.Mutex // guards kept
	kept map[string]keptRun
}

// keptRun is a run that has ended, as it was read: a store of thousands is read once.
type keptRun struct {
	run     run
	changed [4]time.Time // of meta.yaml, params, metrics, tags
	// newest is of the files of metrics and tags: what is written over changes no
	// directory. It was looked at last at checked.
	newest, checked time.Time
}

// keptFor is for how long a list believes that nothing of a kept run was written over:
// to look at every file of thousands takes half a second.
const keptFor = time.Minute

var _ files = (*directory)(nil)

func (d *directory) check() error {
	info, err := os.Stat(d.root)
	switch {
	case err != nil:
		return &tasks.StartError{Reason: "there is no store at " + d.root, Hint: "it comes with the first run that is logged there"}
	case !info.IsDir():
		return &tasks.StartError{Reason: d.root + " is no directory", Hint: "a store in SQLite is named like sqlite:///mlflow.db"}
	}
	return nil
}

func (d *directory) close() {}

// meta is a flat file of YAML, as far as it is read.
type meta map[string]string

// readMeta reads meta.yaml. Almost every line is "key: value" as it stands; where one
// is not, YAML is read as YAML.
func readMeta(file string) (meta, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m := meta{}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
		if !ok && strings.HasSuffix(key, ":") {
			key, ok = strings.TrimSuffix(key, ":"), true
		}
		if n := len(value); n > 1 && value[0] == '\'' && value[n-1] == '\'' && !strings.Contains(value[1:n-1], "'") {
			value = value[1 : n-1]
		} else if value == "" || strings.ContainsAny(value[:1], `"'|>&*!%@{[-`) || strings.Contains(value, " #") || !ok || strings.HasPrefix(key, " ") {
			return anyMeta(text)
		}
		m[key] = value
	}
	return m, nil
}

func anyMeta(text []byte) (meta, error) {
	var all map[string]any
	if err := yaml.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	m := meta{}
	for key, v := range all {
		switch v := v.(type) {
		case nil:
			m[key] = "null"
		case string, int, int64, uint64, float64, bool:
			m[key] = fmt.Sprint(v)
		}
	}
	return m, nil
}

func (m meta) get(key string) string {
	if m[key] == "null" {
		return ""
	}
	return m[key]
}

func (m meta) millis(key string) millis {
	n, _ := strconv.ParseInt(m[key], 10, 64)
	return millis(n)
}

func (d *directory) experiments(context.Context) (all []experiment, err error) {
	entries, err := os.ReadDir(d.root)
	if err != nil {
		return nil, fmt.Errorf("list the experiments: %w", err)
	}
	for _, entry := range entries {
		dir := filepath.Join(d.root, entry.Name())
		m, err := readMeta(filepath.Join(dir, "meta.yaml"))
		if err != nil || m.get("experiment_id") == "" || m.get("lifecycle_stage") == "deleted" {
			continue // a directory of something else
		}
		e := experiment{ID: m.get("experiment_id"), Name: m.get("name"), Stage: cmp.Or(m.get("lifecycle_stage"), "active"), Updated: m.millis("last_update_time")}
		e.Tags = values(filepath.Join(dir, "tags"))
		if info, err := os.Stat(dir); err == nil { // a run came or went
			e.Updated = max(e.Updated, millis(info.ModTime().UnixMilli()))
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b experiment) int {
		return cmp.Or(cmp.Compare(b.Updated, a.Updated), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

// at is the directory of an experiment, which has its id as its name.
func (d *directory) at(id string) string { return filepath.Join(d.root, filepath.Base(id)) }

func (d *directory) runsOf(ctx context.Context, experiments []string, where []condition) (all []run, err error) {
	for _, id := range experiments {
		dir := d.at(id)
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // gone meanwhile
		}
		for _, e := range entries {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if !e.IsDir() || !isID(e.Name()) {
				continue
			}
			if r, ok := d.read(filepath.Join(dir, e.Name()), where, keptFor); ok && r.Info.Stage != "deleted" {
				all = append(all, r)
			}
		}
	}
	return all, nil
}

func (d *directory) run(_ context.Context, id string) (run, error) {
	if dir, ok := d.find(id); ok {
		if r, ok := d.read(dir, nil, 0); ok {
			return r, nil
		}
	}
	return run{}, noRun(id)
}

// find is the directory of a run.
func (d *directory) find(id string) (string, bool) {
	if !isID(id) {
		return "", false
	}
	found, _ := filepath.Glob(filepath.Join(escapeGlob(d.root), "*", id))
	return append(found, "")[0], len(found) > 0
}

// statuses are the numbers by which files say a status.
var statuses = map[string]string{"1": statusRunning, "2": statusScheduled, "3": statusFinished, "4": statusFailed, "5": statusKilled}

// read reads a run; false: there is none, or it is not one of those that a query asks
// for by its status. One that was looked at whole within believe is as it was then.
func (d *directory) read(dir string, where []condition, believe time.Duration) (run, bool) {
	metrics, tags := filepath.Join(dir, "metrics"), filepath.Join(dir, "tags")
	now := time.Now()
	next := keptRun{
		changed: [4]time.Time{changedAt(filepath.Join(dir, "meta.yaml")), changedAt(filepath.Join(dir, "params")), changedAt(metrics), changedAt(tags)},
		checked: now,
	}
	d.mu.Lock()
	kept, ok := d.kept[dir]
	d.mu.Unlock()
	known := ok && kept.changed == next.changed
	if known && now.Sub(kept.checked) < believe {
		return kept.run, true
	}
	next.newest = later(newestIn(metrics), newestIn(tags))
	if known && kept.newest.Equal(next.newest) {
		next.run = kept.run
		d.keep(dir, next)
		return kept.run, true
	}
	m, err := readMeta(filepath.Join(dir, "meta.yaml"))
	if err != nil {
		return run{}, false
	}
	var r run
	r.Info.ID = cmp.Or(m.get("run_id"), m.get("run_uuid"))
	r.Info.Name, r.Info.Experiment, r.Info.User = m.get("run_name"), m.get("experiment_id"), m.get("user_id")
	r.Info.Start, r.Info.End = m.millis("start_time"), m.millis("end_time")
	r.Info.Artifacts, r.Info.Stage = m.get("artifact_uri"), cmp.Or(m.get("lifecycle_stage"), "active")
	r.Info.Status = cmp.Or(statuses[m.get("status")], m.get("status"))
	for _, c := range where {
		if c.of == "attributes" && c.key == "status" && !c.fits(r) {
			return run{}, false
		}
	}
	r.Data.Params, r.Data.Tags = values(filepath.Join(dir, "params")), values(tags)
	r.Info.Name = cmp.Or(r.Info.Name, r.Data.Tags.get("mlflow.runName"))
	each(metrics, func(key, file string) {
		if m, ok := lastLine(file); ok {
			m.Key = key
			r.Data.Metrics = append(r.Data.Metrics, m)
		}
	})
	if r.Info.Status != statusRunning && r.Info.Status != statusScheduled {
		next.run = r
		d.keep(dir, next)
	}
	return r, true
}

func (d *directory) keep(dir string, r keptRun) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept[dir] = r
}

func changedAt(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// newestIn is when a file below a directory was changed last.
func newestIn(dir string) (at time.Time) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // what can't be listed is left out
		}
		if info, err := e.Info(); err == nil {
			at = later(at, info.ModTime())
		}
		return nil
	})
	return at
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// each calls do with every file below a directory, by its path there with slashes.
func each(dir string, do func(key, file string)) {
	_ = filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if rel, err := filepath.Rel(dir, file); err == nil {
				do(filepath.ToSlash(rel), file)
			}
		}
		return nil // what can't be listed is left out
	})
}

// values are files that hold one value each.
func values(dir string) (all tags) {
	each(dir, func(key, file string) {
		if text, err := os.ReadFile(file); err == nil {
			all = append(all, tag{key, strings.TrimSuffix(string(text), "\n")})
		}
	})
	return all
}

// tail is as much of the end of a file as has its last line.
const tail = 256

func lastLine(file string) (metric, bool) {
	f, err := os.Open(file)
	if err != nil {
		return metric{}, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return metric{}, false
	}
	end := make([]byte, min(tail, info.Size()))
	n, _ := f.ReadAt(end, info.Size()-int64(len(end)))
	end = end[:n]
	i := bytes.LastIndexByte(end, '\n') // behind it a line may be half written
	if i < 0 {
		return metric{}, false
	}
	return logged(string(end[bytes.LastIndexByte(end[:i], '\n')+1 : i]))
}

// logged is a line of a metric: its time, its value, and mostly its step.
func logged(line string) (m metric, ok bool) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return m, false
	}
	at, err := strconv.ParseInt(words[0], 10, 64)
	v, failed := strconv.ParseFloat(words[1], 64)
	if err != nil || failed != nil && !math.IsInf(v, 0) {
		return m, false
	}
	if len(words) > 2 {
		step, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			return m, false
		}
		m.Step = millis(step)
	}
	m.Timestamp, m.Value = millis(at), stored(v, false)
	return m, true
}

func (d *directory) points(_ context.Context, id, key string) (all []metric, err error) {
	dir, ok := d.find(id)
	if !ok {
		return nil, noRun(id)
	}
	text, err := os.ReadFile(filepath.Join(dir, "metrics", filepath.FromSlash(path.Clean("/"+key))))
	if err != nil {
		return nil, nil // it has no such metric
	}
	for line := range strings.Lines(string(text)) {
		if m, ok := logged(line); ok && strings.HasSuffix(line, "\n") {
			m.Key = key
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b metric) int {
		return cmp.Or(cmp.Compare(a.Timestamp, b.Timestamp), cmp.Compare(a.Step, b.Step))
	})
	return all, nil
}

func (d *directory) models(ctx context.Context) (all []model, err error) {
	metas, _ := filepath.Glob(filepath.Join(escapeGlob(d.root), "models", "*", "meta.yaml"))
	for _, file := range metas {
		m, err := readMeta(file)
		if err != nil {
			continue
		}
		found := model{Name: m.get("name"), Description: m.get("description"), Updated: m.millis("last_updated_timestamp")}
		for _, a := range values(filepath.Join(filepath.Dir(file), "aliases")) {
			found.Aliases = append(found.Aliases, alias{a.Key, strings.TrimSpace(a.Value)})
		}
		if found.Latest, err = d.versions(ctx, found.Name); err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	return all, nil
}

func (d *directory) versions(_ context.Context, name string) (all []version, err error) {
	dir := filepath.Join(d.root, "models", filepath.Base(name))
	aliases := values(filepath.Join(dir, "aliases"))
	metas, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "version-*", "meta.yaml"))
	for _, file := range metas {
		m, err := readMeta(file)
		if err != nil || m.get("current_stage") == "Deleted_Internal" {
			continue
		}
		v := version{
			Name: m.get("name"), Version: m.get("version"), Status: m.get("status"), Message: m.get("status_message"), Source: m.get("source"),
			RunID: m.get("run_id"), ModelID: m.get("model_id"), Created: m.millis("creation_timestamp"), Tags: values(filepath.Join(filepath.Dir(file), "tags")),
		}
		for _, a := range aliases {
			if strings.TrimSpace(a.Value) == v.Version {
				v.Aliases = append(v.Aliases, a.Key)
			}
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b version) int {
		return cmp.Or(len(b.Version)-len(a.Version), strings.Compare(b.Version, a.Version))
	})
	return all, nil
}

// watch hears of new experiments and runs, and of what those that go on are given.
func (d *directory) watch(ctx context.Context, f func()) error {
	first := true
	g := watch.Growth{Dir: d.root, Enter: d.grows}
	return g.Watch(ctx, func([]string) {
		if first {
			first = false
			return
		}
		f()
	})
}

// grows says what of a store is watched: its experiments, its models, and the runs that
// go on. Of the others nothing changes any more.
func (d *directory) grows(rel string, _ fs.DirEntry) bool {
	parts := strings.Split(rel, "/")
	switch {
	case strings.HasPrefix(rel, "."):
		return false
	case len(parts) == 1 || parts[0] == "models":
		return true
	case len(parts) == 2:
		m, err := readMeta(filepath.Join(d.root, filepath.FromSlash(rel), "meta.yaml"))
		return err == nil && (m["status"] == "1" || m["status"] == "2")
	}
	return parts[2] != "artifacts"
}
