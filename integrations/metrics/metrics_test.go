package metrics

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
	} {
		step, got := read(c.line)
		if step != c.step || cmp.Diff(c.want, got, cmp.AllowUnexported(metric{})) != "" {
			t.Errorf("%s: got step %v %v", c.line, step, got)
		}
	}
}

func BenchmarkALineThatIsNoMetric(b *testing.B) {
	b.ReportAllocs()
	p := parse(tasks.Task{}, nil)
	for b.Loop() {
		p("2026-11-22T12:00:00Z INFO GET /api/cart 200 12ms id=7f3a user=alice path=/shop/cart")
	}
}
