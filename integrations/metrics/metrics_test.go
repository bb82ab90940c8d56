package metrics

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestNumbersOverStepsAreFound(t *testing.T) {
	for _, c := range []struct {
		line string
		step float64
		want []metric
	}{
		{"step=1201 loss=0.8107 lr=3.0e-4 tok/s=41.0k", 1201, []metric{{"loss", 0.8107}, {"lr", 3e-4}, {"tok/s", 41000}}},
		{"Epoch 3/10, loss: 0.41, val_loss: 0.5, acc: 93%", 3, []metric{{"loss", 0.41}, {"val_loss", 0.5}, {"acc", 93}}},
		{"[iter 40] loss 1.5", 40, []metric{{"loss", 1.5}}},
		{"loss=0.3 without a counter", 0, nil},
		{"the next step is to install it", 0, nil},
		{"step by step 3 guides", 3, nil},
		{`{"step": 12, "loss": 0.53, "lr": 3e-4}`, 12, []metric{{"loss", 0.53}, {"lr", 3e-4}}},
		{"{'loss': 0.53, 'epoch': 1.5}", 1.5, []metric{{"loss", 0.53}}},
		{"Batch 7: loss inf", 7, []metric{{"loss", math.Inf(1)}}},
		{"step=1 at=0x1p4 n_1=1_000 id=7f3a", 1, nil},
	} {
		step, got := read(c.line)
		if step != c.step || cmp.Diff(c.want, got, cmp.AllowUnexported(metric{})) != "" {
			t.Errorf("%s: got step %v %v", c.line, step, got)
		}
	}
}

func TestARunThatDivergesIsSeen(t *testing.T) {
	step, got := read("step=3 loss=nan")
	if step != 3 || len(got) != 1 || !math.IsNaN(got[0].value) {
		t.Errorf("%v %v", step, got)
	}
}

func TestEveryCounterPassesTheCheapLook(t *testing.T) {
	for _, c := range counters {
		for _, word := range []string{c, strings.ToUpper(c[:1]) + c[1:], "global_" + c, c + "s"} {
			if line := "[info] " + word + " 3 loss 0.5"; !mayCount(line) {
				t.Errorf("%q is not looked at", line)
			} else if _, got := read(line); len(got) == 0 {
				t.Errorf("%q has no metric", line)
			}
		}
	}
}

func TestTheContractHolds(t *testing.T) {
	integrationtest.Contract(t, Definition(), "step=1201 loss=0.8107 lr=3.0e-4 tok/s=41.0k", "Epoch 3/10, loss: 0.41", `{"step": 12, "loss": 0.53}`)
}

func FuzzAnyLineIsSurvived(f *testing.F) {
	f.Add("step=1201 loss=0.8107 lr=3.0e-4 tok/s=41.0k")
	f.Add("Epoch 3/10, loss: 0.41, val_loss: 0.5, acc: 93%")
	f.Fuzz(func(t *testing.T, line string) {
		for name, values := range integrationtest.Read(Definition(), integrationtest.Task("", ""), []string{line}).Metrics {
			if !isName(name) || len(values) > mostValues {
				t.Errorf("%q: %q %v", line, name, values)
			}
		}
	})
}

func BenchmarkALineThatIsNoMetric(b *testing.B) {
	b.ReportAllocs()
	p := parse(tasks.Task{}, nil)
	for b.Loop() {
		p(0, "2026-11-22T12:00:00Z INFO GET /api/cart 200 12ms id=7f3a user=alice path=/shop/cart")
	}
}
