package mlflow

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestATagThatIsWrittenOverIsReadAnew(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	d := &directory{root: t.TempDir(), kept: map[string]keptRun{}}
	dir := filepath.Join(d.root, "1", id)
	began := time.Now()
	put := func(text string, after time.Duration, name ...string) {
		t.Helper()
		file := filepath.Join(append([]string{dir}, name...)...)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, began.Add(after), began.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	put("run_id: "+id+"\nstatus: 3\nlifecycle_stage: active\n", 0, "meta.yaml")
	put("good", 0, "tags", "note")
	put("1000 0.5 1\n", 0, "metrics", "loss")
	var got []string
	list := func() {
		t.Helper()
		all, err := d.runsOf(t.Context(), []string{"1"}, nil)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d runs, %v", len(all), err)
		}
		got = append(got, "listed "+all[0].Data.Tags.get("note")+" "+loss(all[0]))
	}
	one := func() {
		t.Helper()
		r, err := d.run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, "looked at "+r.Data.Tags.get("note")+" "+loss(r))
	}
	list()
	put("better", time.Second, "tags", "note")
	one()
	list()
	put("1000 0.5 1\n2000 0.25 2\n", 2*time.Second, "metrics", "loss")
	kept := d.kept[dir]
	kept.checked = began.Add(-2 * keptFor) // a minute later
	d.kept[dir] = kept
	list()
	if diff := cmp.Diff([]string{"listed good 0.5", "looked at better 0.5", "listed better 0.5", "listed better 0.25"}, got); diff != "" {
		t.Error(diff)
	}
}

func loss(r run) string { return fmt.Sprint(float64(r.Data.Metrics[0].Value)) }
