package history_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
)

func TestTheNextHostIsToldOfTheNewestSweepsAndOfWhatGoesOnElsewhere(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "history.db"))
	add := func(r tasks.Run) {
		t.Helper()
		if err := s.Add(t.Context(), r, history.Code{}); err != nil {
			t.Fatal(err)
		}
	}
	of := func(sweep tasks.RunID) func(*tasks.Run) {
		return func(r *tasks.Run) {
			r.Sweep = &tasks.Sweep{ID: sweep, Swept: []string{"lr"}, Parallel: 1, Runs: 2}
			r.Params = map[string]string{"lr": fmt.Sprint(r.Number)}
			r.Metrics = map[string]tasks.Series{"loss": {Last: tasks.Point{Step: 1, Value: 2}, Points: []tasks.Point{{Step: 1, Value: 2}}}}
		}
	}
	external := func(r *tasks.Run) { r.External = fmt.Sprint("x", r.Number) }
	skipped := func(r *tasks.Run) { r.Status, r.StartedAt, r.Exit = tasks.Skipped, time.Time{}, nil }
	queued := func(r *tasks.Run) { skipped(r); r.Status = tasks.Queued }
	goesOn := func(r *tasks.Run) { external(r); r.Status, r.Exit, r.EndLine = tasks.Running, nil, -1 }
	add(finished("train", 1, of("train#1")))
	add(finished("train", 2, of("train#1")))
	add(finished("train", 2, of("train#1"), skipped))
	for n := 3; n <= 6; n++ { // each is there before it begins
		add(finished("train", n, of("train#3"), queued))
	}
	add(finished("train", 3, of("train#3")))
	add(finished("train", 4, of("train#3"), failed))
	add(finished("train", 5, of("train#3"), skipped))
	add(finished("train", 7))
	add(finished("other", 6, of("other#6")))
	for n := range 30 {
		add(finished("deploy", 10+n, external))
	}
	for _, n := range []int{40, 41} {
		r := finished("deploy", n, goesOn)
		r.EndedAt = r.QueuedAt.Truncate(0)
		add(r)
	}
	add(finished("deploy", 40, external)) // meanwhile it has ended

	all, err := s.Recall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range all {
		text := fmt.Sprint(r.ID, " ", r.Status, " ", r.External)
		if r.Sweep != nil {
			text += fmt.Sprint("of ", r.Sweep.ID, " with ", r.Sweep.Swept, r.Params["lr"], " loss ", r.Metrics["loss"].Last.Value)
		}
		got = append(got, text)
	}
	want := []string{"train#3 succeeded of train#3 with [lr]3 loss 2", "train#4 failed of train#3 with [lr]4 loss 2", "train#5 skipped of train#3 with [lr]5 loss 2", "other#6 succeeded of other#6 with [lr]6 loss 2", "train#6 queued of train#3 with [lr]6 loss 2"}
	for n := 21; n <= 40; n++ {
		want = append(want, fmt.Sprintf("deploy#%d succeeded x%d", n, n))
	}
	if diff := cmp.Diff(append(want, "deploy#41 running x41"), got); diff != "" {
		t.Error(diff)
	}
	if last, err := s.Last(t.Context()); err != nil || last["deploy"] != 41 {
		t.Errorf("the last number is %d, %v: that of one that goes on is free to be given again", last["deploy"], err)
	}
	if err := s.Add(t.Context(), finished("test", 1, func(r *tasks.Run) { r.Status = tasks.Running }), history.Code{}); err == nil {
		t.Error("a run of this machine that has not ended was stored")
	}
}
