package mlflow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// stores are the same experiment in SQLite and in files, as MLflow has written it.
func stores(t *testing.T) (dir string) {
	t.Helper()
	python := integrationtest.Runner(t, "mlflow/bin/python")
	dir = t.TempDir()
	program, err := filepath.Abs("testdata/store.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, program, "sqlite:///"+dir+"/db/mlflow.db", "file:"+dir+"/files/mlruns") //nolint:gosec // the test's own program
	cmd.Dir = dir                                                                                       // where MLflow puts the files of runs, and a store of its own
	cmd.Env = append(os.Environ(), "HOME="+dir)
	if err := os.MkdirAll(filepath.Join(dir, "db"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// found is the store that is found in a directory.
func inStore(t *testing.T, dir string) lab {
	t.Helper()
	all, err := connections(t.Context(), integrations.Place{Dir: dir, Home: t.TempDir(), Getenv: func(string) string { return "" }})
	if err != nil || len(all) != 1 || all[0].Name != Name || all[0].Wanted {
		t.Fatalf("connections: %+v, %v", all, err)
	}
	p, err := all[0].Connect(t.Context(), always{})
	if err != nil {
		t.Fatal(err)
	}
	l := lab{t, p.(*Provider)}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestStoresThatNobodyServesAreReadAsAServerWould(t *testing.T) {
	if testing.Short() {
		t.Skip("runs MLflow")
	}
	dir := stores(t)
	for _, of := range []string{"db", "files"} {
		t.Run(of, func(t *testing.T) {
			l := inStore(t, filepath.Join(dir, of))
			t.Run("runs", func(t *testing.T) { storedRuns(lab{t, l.Provider}) })
			t.Run("models", func(t *testing.T) { storedModels(lab{t, l.Provider}) })
			t.Run("nothing is written", func(t *testing.T) { refuses(lab{t, l.Provider}) })
			t.Run("a training's own numbers", func(t *testing.T) { trains(lab{t, l.Provider}) })
			t.Run("what is written is told at once", func(t *testing.T) { grows(lab{t, l.Provider}) })
		})
	}
}

// rows are a table's, without the columns that no two stores have in common.
func rows(r tasks.Result, names ...string) (all [][]string) {
	for _, row := range r.Rows {
		var some []string
		for _, name := range names {
			for i, c := range r.Columns {
				if c.Name == name {
					some = append(some, row[i])
				}
			}
		}
		all = append(all, some)
	}
	return all
}

func storedRuns(l lab) {
	t := l.T
	t.Helper()
	want := [][]string{
		{"goes: on", "running", "", "", ""},
		{"lr 10", "finished", "+Inf", "10", "two\nlines"},
		{"lr 0.1", "finished", "0.5", "0.1", "two\nlines"},
	}
	columns := []string{"name", "status", "metrics.val/loss", "params.lr", "params.note"}
	table := l.ask("runs", map[string]string{"experiment": "shop"})
	if diff := cmp.Diff(want, rows(table, columns...)); diff != "" {
		t.Error(diff)
	}
	for filter, names := range map[string]string{
		`metrics."val/loss" < 1`:                              "lr 0.1",
		"params.lr = '10' and attributes.status = 'FINISHED'": "lr 10",
		"tags.`mlflow.source.git.commit` LIKE 'abc%'":         "lr 10,lr 0.1",
		"run_name ILIKE 'LR 0%' AND metrics.acc >= 0.5":       "lr 0.1",
		"status IN ('RUNNING', 'FAILED')":                     "goes: on",
		"start_time <= 1700000000001 AND params.lr != '10'":   "lr 0.1",
	} {
		got := rows(l.ask("runs", map[string]string{"experiment": "shop", "filter": filter}), "name")
		if fmt.Sprint(got) != fmt.Sprint(rowsOf(names)) {
			t.Errorf("%s: %v", filter, got)
		}
	}
	sorted := l.ask("runs", map[string]string{"experiment": "shop", "order": "metrics.`val/loss` ASC, params.lr DESC", "most": "2"})
	if fmt.Sprint(rows(sorted, "name")) != "[[lr 0.1] [lr 10]]" || sorted.More == "" {
		t.Errorf("sorted: %v, %q", sorted.Rows, sorted.More)
	}
	good, bad := table.Rows[2][0], table.Rows[1][0]
	curves := l.ask("curves", map[string]string{"runs": good + "," + bad, "metric": "val/loss"}).Curves
	if got := fmt.Sprint(values2(curves)); got != "[[2 1 0.5] [2 NaN +Inf]]" {
		t.Errorf("curves %s", got)
	}
	compared := l.ask("compare", map[string]string{"runs": "shop/lr 0.1," + bad})
	beside := tasks.Compare(compared.Runs, compared.Greater)
	if diff := cmp.Diff([]tasks.ComparedText{{Name: "lr", Values: []string{"0.1", "10"}, Number: true}}, beside.Params); diff != "" {
		t.Error(diff)
	}
	if m := beside.Metrics[0]; m.Name != "val/loss" || m.BestLast != 0 || m.Of[1].Best.Value != 2 || compared.Runs[1].Code.Commit != "abc10" {
		t.Errorf("compared %+v", m)
	}
	if best := l.ask("best", map[string]string{"experiment": "shop"}); best.Text != "val/loss 0.5" {
		t.Errorf("best %+v", best)
	}
	files := l.ask("artifacts", map[string]string{"run": good, "path": "files"})
	if diff := cmp.Diff([][]string{{"files/a.txt", "5"}}, files.Rows); diff != "" {
		t.Error(diff)
	}
}

func rowsOf(names string) (all [][]string) {
	for name := range strings.SplitSeq(names, ",") {
		all = append(all, []string{name})
	}
	return all
}

func values2(curves []tasks.Curve) (all [][]float64) {
	for _, c := range curves {
		var some []float64
		for _, p := range c.Points {
			some = append(some, p.Value)
		}
		all = append(all, some)
	}
	return all
}

func storedModels(l lab) {
	t := l.T
	t.Helper()
	versions := l.ask("versions", map[string]string{"model": "cart"})
	if diff := cmp.Diff([][]string{{"2", "", "ready"}, {"1", "champion", "ready"}}, rows(versions, "version", "aliases", "status")); diff != "" {
		t.Error(diff)
	}
	promotion := l.ask("promotion", map[string]string{"model": "cart"})
	if len(promotion.Runs) != 2 || promotion.Runs[0].Name != "champion v1" || promotion.Runs[1].Name != "candidate v2" || promotion.Runs[0].Params["lr"] == "" {
		t.Errorf("promotion %+v", promotion)
	}
	all, err := l.resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range all {
		got[r.Kind+" "+r.Name] = strings.TrimSpace(fmt.Sprint(r.Phase, " ", r.Number, " ", r.Detail, " ", r.URL))
	}
	delete(got, "experiment Default") // only SQLite has it from the beginning
	want := map[string]string{"experiment shop": "busy 1 running val/loss", "model cart": "up v2 champion v1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func refuses(l lab) {
	t := l.T
	t.Helper()
	all, err := l.resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		for operation, args := range map[string]map[string]string{"promote": {"version": "2"}, "undo": nil} {
			if r.Kind != kindModel {
				continue
			}
			if why := r.Off[operation]; !strings.Contains(why, "mlflow server --backend-store-uri ") {
				t.Errorf("%s is off because %q", operation, why)
			}
			err := l.Operate(t.Context(), r, operation, args)
			if why, ok := errors.AsType[*tasks.StartError](err); operation == "promote" && (!ok || !strings.Contains(why.Hint, "mlflow server")) {
				t.Errorf("%s: %v", operation, err)
			}
		}
	}
}

// grows writes into the store as a training does, and waits for what is told of it.
func grows(l lab) {
	t := l.T
	t.Helper()
	id := rows(l.ask("runs", map[string]string{"experiment": "shop", "filter": "status = 'RUNNING'"}), "id")[0][0]
	ctx, stop := context.WithCancel(t.Context())
	told := make(chan tasks.Changes, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- l.Watch(ctx, func(c tasks.Changes) { told <- c })
	}()
	<-told
	at := time.UnixMilli(1_800_000_000_000)
	deadline := time.After(30 * time.Second)
	for told1 := false; !told1; {
		// The watching may begin only now, so it is written until it is heard.
		l.log(id, at)
		select {
		case c := <-told:
			for _, r := range c.Changed {
				told1 = told1 || r.Name == "shop" && r.Since.Equal(at)
			}
		case <-time.After(time.Second):
		case <-deadline:
			t.Fatal("it was not told of")
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the watching ended with %v", err)
	}
	if c := l.ask("curves", map[string]string{"runs": id, "metric": "val/loss"}).Curves; len(c[0].Points) == 0 {
		t.Error("its curve has no points")
	}
}

// log adds a point to a run, as MLflow would, into a store with a WAL if it is a database.
func (l lab) log(id string, at time.Time) {
	l.Helper()
	store := l.store.(*local)
	if d, ok := store.files.(*directory); ok {
		dir, _ := d.find(id)
		if err := os.MkdirAll(filepath.Join(dir, "metrics", "val"), 0o755); err != nil {
			l.Fatal(err)
		}
		f, err := os.OpenFile(filepath.Join(dir, "metrics", "val", "loss"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			l.Fatal(err)
		}
		defer f.Close()
		if _, err := fmt.Fprintf(f, "%d 0.25 7\n%d 0.2", at.UnixMilli(), at.UnixMilli()); err != nil {
			l.Fatal(err)
		}
		if _, err := fmt.Fprintln(f, "5 8"); err != nil {
			l.Fatal(err)
		}
		return
	}
	db, err := sql.Open("sqlite", store.files.(*database).path)
	if err != nil {
		l.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{
		"PRAGMA journal_mode = WAL",
		fmt.Sprintf("INSERT OR REPLACE INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('val/loss', 0.25, %d, '%s', 7, 0)", at.UnixMilli(), id),
		fmt.Sprintf("INSERT OR REPLACE INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('val/loss', 0.25, %d, '%s', 7, 0)", at.UnixMilli(), id),
	} {
		if _, err := db.Exec(s); err != nil {
			l.Fatal(err)
		}
	}
}

func TestFiltersThatAreWrongSayWhatIsWanted(t *testing.T) {
	for filter, part := range map[string]string{
		"loss <":                       `has no attribute "loss"`,
		"metrics.loss < 'x'":           "is compared with a number",
		"params.lr > '1'":              "is text, which is compared by",
		"params.lr = 1":                "text in quotes",
		"status = 'A' OR status = 'B'": "AND is wanted",
		"(metrics.loss < 1)":           "a condition such as",
		"datasets.name = 'a'":          "none of metrics, params, tags and attributes",
		"status IN 'A'":                "a list",
	} {
		if _, err := parseFilter(filter); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", filter, err)
		}
	}
	if _, err := parseOrder([]string{"loss ASC"}); err == nil {
		t.Error("an order by nothing")
	}
}

func FuzzAnyFilterIsReadWithoutAPanic(f *testing.F) {
	f.Add("metrics.`a b` < 1e3 AND params.\"lr\" ILIKE '%x_' AND status NOT IN ('A','B')")
	f.Fuzz(func(_ *testing.T, text string) {
		where, err := parseFilter(text)
		if err != nil {
			return
		}
		for _, c := range where {
			c.fits(run{})
		}
	})
}

func TestAStoreIsNamedInManyWays(t *testing.T) {
	for uri, want := range map[string]string{
		"sqlite:///mlflow.db": "mlflow.db", "sqlite:////data/m.db": "/data/m.db", "sqlite+pysqlite:///m.db?x=1": "m.db",
		"sqlite:///:memory:": "", "postgresql://db/m": "", "sqlite://": "",
	} {
		if got, ok := sqlitePath(uri); got != filepath.FromSlash(want) && ok || ok != (want != "") {
			t.Errorf("%s is %q, %v", uri, got, ok)
		}
	}
	for uri, want := range map[string]string{
		"sqlite:///mlflow.db": "mlflow.db", "sqlite:////data/m.db": "/data/m.db", "file:///data/mlruns": "/data/mlruns", "mlruns": "mlruns",
		"http://ada:hidden@lab:5000/x/": "lab:5000/x", "postgresql://ada:hidden@db/lab": "db/lab",
	} {
		if got := (settings{url: uri}).host(); got != filepath.FromSlash(want) {
			t.Errorf("%s is shown as %s", uri, got)
		}
	}
	for uri, want := range map[string]string{
		"mlruns": "mlruns", "./mlruns": "./mlruns", "file:mlruns": "mlruns", "file:///data/my%20runs": "/data/my runs", "s3://bucket/x": "", "": "",
	} {
		if got, ok := localPath(uri); got != filepath.FromSlash(want) && ok || ok != (want != "") {
			t.Errorf("%s is %q, %v", uri, got, ok)
		}
	}
}

// trains is a training of a task, which is told its numbers of.
func trains(l lab) {
	t := l.T
	t.Helper()
	store := l.store.(*local)
	id := rows(l.ask("runs", map[string]string{"experiment": "shop", "filter": "run_name = 'lr 0.1'"}), "id")[0][0]
	var got []string
	tell := func(name string, p tasks.Point) { got = append(got, fmt.Sprint(name, " ", p.Step, " ", p.Value)) }
	began := time.UnixMilli(1_700_000_000_000)
	if d, ok := store.files.(*directory); ok {
		dir, _ := d.find(id)
		file := filepath.Join(dir, "metrics", "val", "loss")
		g, ok := growing(file)
		if !ok || g.Home != dir || g.By() != "" {
			t.Fatalf("%s: %v %q", file, ok, g.Home)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range text {
			if err := g.Read([]byte{b}, tell); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "tags", tagRun), []byte("train#7"), 0o600); err != nil {
			t.Fatal(err)
		}
		if g.By() != "train#7" {
			t.Errorf("signed by %q", g.By())
		}
		if diff := cmp.Diff([]string{"val/loss 0 2", "val/loss 1 1", "val/loss 2 0.5"}, got); diff != "" {
			t.Error(diff)
		}
		return
	}
	g, ok := growing(store.files.(*database).path)
	if !ok {
		t.Fatal("it is none")
	}
	for _, of := range []tasks.Written{{Run: "train#7", Began: began.Add(time.Hour), Alone: true}, {Run: "train#7", Began: began}, {Run: "train#7", Began: began, Alone: true}, {Run: "train#7", Began: began, Alone: true}} {
		if err := g.Look(of, tell); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"val/loss 0 2", "val/loss 1 1", "val/loss 2 0.5", "acc 0 0.5", "lr 10/val/loss 0 2", "lr 10/val/loss 1 NaN", "lr 10/val/loss 2 +Inf", "lr 10/acc 0 0.5"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAProgramIsToldToSignItsRuns(t *testing.T) {
	none := func(string) string { return "" }
	q := signed(tasks.Request{Run: "train#2", Task: tasks.Task{Name: "train"}}, none)
	if got := q.Task.Spec.Env[runContext]; got != `{"sawhorse.run":"train#2"}` {
		t.Errorf("%s", got)
	}
	if q := signed(q, none); len(q.Task.Spec.Env) != 1 {
		t.Errorf("twice: %v", q.Task.Spec.Env)
	}
	if q := signed(tasks.Request{}, func(string) string { return "{}" }); q.Task.Spec.Env != nil {
		t.Errorf("a person's own is kept: %v", q.Task.Spec.Env)
	}
}
