package engine

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// fits is a training whose numbers come after these pauses; then it waits for its end.
func fits(pauses ...time.Duration) func(ctx context.Context, q tasks.Request, s tasks.Sink) error {
	return func(ctx context.Context, _ tasks.Request, s tasks.Sink) error {
		for i, pause := range pauses {
			select {
			case <-time.After(pause):
				s.Emit(tasks.MetricReported{Name: "loss", Point: tasks.Point{Step: float64(i + 1), Value: 1, At: time.Now()}})
			case <-ctx.Done():
				return nil
			}
		}
		<-ctx.Done()
		return nil
	}
}

func (b *bench) stalled(task string) *tasks.Stall {
	r, _ := b.state().Current(task)
	return r.Stall
}

func (b *bench) messages() []string {
	var all []string
	for _, a := range b.state().Alerts() {
		all = append(all, string(a.ID))
	}
	return all
}

func TestMetricsThatStandStillAreToldUntilTheyMove(t *testing.T) {
	onEngine(t, []config.Unit{task("train")}, func(b *bench) {
		second := time.Second
		b.r.script["train"] = fits(second, second, second, second, second, 60*second, second)
		b.do(tasks.RunTask{Name: "train"})
		pass(5*second + 9*second)
		if s := b.stalled("train"); s != nil {
			t.Fatalf("9 s are too few: %+v", s)
		}
		last := time.Now().Add(-9 * second)
		pass(2 * second)
		if diff := cmp.Diff(&tasks.Stall{Since: last, Usual: second}, b.stalled("train")); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff([]string{"training/train/stall"}, b.messages()); diff != "" {
			t.Error(diff)
		}
		pass(50 * second) // the next number has come
		if s := b.stalled("train"); s != nil {
			t.Errorf("it moves: %+v", s)
		}
		// It was silent for a minute before, so that a minute means nothing any more.
		pass(120 * second)
		if s := b.stalled("train"); s != nil {
			t.Errorf("it took as long before: %+v", s)
		}
		pass(100 * second)
		if b.stalled("train") == nil {
			t.Error("three times as long as ever is not told")
		}
		b.do(tasks.Cancel{ID: "train#1"})
		if s, alerts := b.stalled("train"), b.messages(); s != nil || len(alerts) > 0 {
			t.Errorf("it has ended: %+v, %v", s, alerts)
		}
	})
}

func TestWhoseMetricsCameSeldomIsNotToldToStandStill(t *testing.T) {
	onEngine(t, []config.Unit{task("train"), task("lint")}, func(b *bench) {
		b.r.script["train"] = fits(time.Second, time.Second, 0, 0, 0, 0) // in three goes
		b.r.script["lint"] = func(ctx context.Context, _ tasks.Request, s tasks.Sink) error {
			for range 9 {
				takes(time.Second)
				s.Emit(tasks.MetricReported{Name: "BenchmarkFit ns/op", Point: tasks.Point{Value: 1}})
			}
			<-ctx.Done()
			return nil
		}
		b.do(tasks.RunTask{Name: "train"})
		b.do(tasks.RunTask{Name: "lint"})
		pass(time.Hour)
		if s := b.stalled("train"); s != nil {
			t.Errorf("nothing is usual for it yet: %+v", s)
		}
		if next := b.e.stalls(time.Now()); !next.IsZero() { // the loop is at rest
			t.Errorf("a timer goes on until %v", next)
		}
	})
}
