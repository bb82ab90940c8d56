package metrics

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestTheExpressionsOfATaskFindItsNumbers(t *testing.T) {
	for _, c := range []struct {
		name        string
		expressions []string
		lines       []string
		want        []string
	}{
		{
			"the word before a group names it",
			[]string{`loss=([0-9.]+)`},
			[]string{"loss=0.5", "nothing", "the loss=0.25 fell", "step=7 acc=1"},
			[]string{"loss 1 0.5", "loss 2 0.25"},
		},
		{
			"a group counts",
			[]string{`E(?P<epoch>\d+) .*mean loss:\s+(\S+) acc (?P<acc>[\d.]+%)`},
			[]string{"E3 at 12:00 mean loss:  0.5 acc 93%", "E4 at 12:01 mean loss:  nan acc 9%"},
			[]string{"loss 3 0.5", "acc 3 93", "loss 4 NaN", "acc 4 9"},
		},
		{
			"the counter stands on another line",
			[]string{`^Epoch (\d+)`, `val_loss (\S+)`},
			[]string{"Epoch 1", "  val_loss 0.5", "Epoch 2", "  val_loss 0.4", "  val_loss high"},
			[]string{"val_loss 1 0.5", "val_loss 2 0.4"},
		},
	} {
		var k integrationtest.Sink
		read := parse(tasks.Task{Spec: config.Unit{Metrics: c.expressions}}, &k)
		for i, line := range c.lines {
			read(int64(i), line)
		}
		var got []string
		for _, ev := range k.Events() {
			m := ev.(tasks.MetricReported)
			got = append(got, fmt.Sprintf("%s %g %g", m.Name, m.Point.Step, m.Point.Value))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
