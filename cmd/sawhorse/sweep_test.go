package main

import (
	"math"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestAConditionSaysWhatAMetricMustNotBe(t *testing.T) {
	r := tasks.Run{Metrics: map[string]tasks.Series{
		"loss": {Last: tasks.Point{Value: 0.5}}, "val_loss": {Last: tasks.Point{Value: math.NaN()}},
	}}
	for text, want := range map[string]string{
		"loss>0.5":       "",
		"loss>=0.5":      "loss>=0.5: loss is 0.5",
		"loss < 0.6":     "loss < 0.6: loss is 0.5",
		"loss<=0.4":      "",
		"loss>-1":        "loss>-1: loss is 0.5",
		"val_loss>0.5":   "val_loss>0.5: val_loss is NaN",
		"val_loss<0.5":   "val_loss<0.5: val_loss is NaN",
		"accuracy<0.9":   "accuracy<0.9: accuracy was not reported",
		"loss":           `--fail-if "loss" is no condition`,
		">3":             `--fail-if ">3" is no condition`,
		"loss>":          `--fail-if "loss>" is no condition`,
		"loss>many":      `--fail-if "loss>many" is no condition`,
		"loss>nan":       `--fail-if "loss>nan" is no condition`,
		"loss=>0.1":      `loss=>0.1: loss= was not reported`,
		"metric/a b>1e3": "metric/a b>1e3: metric/a b was not reported",
	} {
		c, err := conditionOf(text)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = c.broken(r)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
