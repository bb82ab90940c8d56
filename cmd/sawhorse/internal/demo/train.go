package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"time"
)

// train fits a small logistic regression to points of two classes by gradient
// descent, and reports loss and accuracy as it goes.
func (p Part) train(ctx context.Context) error {
	steps, err := p.number("PARAM_STEPS", 400)
	if err != nil {
		return err
	}
	rate, err := p.number("PARAM_LR", 0.05)
	if err != nil {
		return err
	}
	seed, err := p.number("PARAM_SEED", 1)
	if err != nil {
		return err
	}
	m := newModel(uint64(seed))
	p.say("training on %d points for %d steps, lr=%g seed=%d", len(m.points), int(steps), rate, int(seed))
	for step := 1; step <= int(steps); step++ {
		loss, accuracy := m.step(rate)
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return fmt.Errorf("step %d: the loss is %v; lr=%g is too high", step, loss, rate)
		}
		p.say("step=%d loss=%.4f acc=%.3f lr=%.1e", step, loss, accuracy, rate)
		if !pause(ctx, p.pace(60*time.Millisecond)) {
			p.say("interrupted at step %d", step)
			return ctx.Err()
		}
	}
	text, err := json.MarshalIndent(map[string]any{"weights": m.weights}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile("model.json", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	p.say("saved model.json")
	return nil
}

type point struct {
	x    [3]float64 // two coordinates and 1 for the bias
	want float64    // 0 or 1
}

type model struct {
	points  []point
	weights [3]float64
	r       *rand.Rand
}

// newModel makes two clouds of points that overlap a little.
func newModel(seed uint64) *model {
	r := rand.New(rand.NewPCG(seed, 7))
	m := &model{r: r, weights: [3]float64{r.NormFloat64() * 2, r.NormFloat64() * 2, 0}}
	for i := range 400 {
		class := float64(i % 2)
		centre := 2*class - 1
		m.points = append(m.points, point{[3]float64{centre + r.NormFloat64(), centre + r.NormFloat64(), 1}, class})
	}
	return m
}

// step takes one step on a random batch and returns the mean loss and the
// accuracy over it.
func (m *model) step(rate float64) (loss, accuracy float64) {
	const batch = 64
	var gradient [3]float64
	right := 0
	for range batch {
		pt := m.points[m.r.IntN(len(m.points))]
		var sum float64
		for i, x := range pt.x {
			sum += m.weights[i] * x
		}
		got := 1 / (1 + math.Exp(-sum))
		const tiny = 1e-9
		loss -= pt.want*math.Log(got+tiny) + (1-pt.want)*math.Log(1-got+tiny)
		if (got > 0.5) == (pt.want > 0.5) {
			right++
		}
		for i, x := range pt.x {
			gradient[i] += (got - pt.want) * x
		}
	}
	for i := range m.weights {
		m.weights[i] -= rate * gradient[i] / batch
	}
	return loss / batch, float64(right) / batch
}
