package main

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestASweepIsAListOrARange(t *testing.T) {
	for word, want := range map[string]string{
		"lr=0.1,0.01":             "lr 0.1 0.01",
		"lr=1e-4..1e-2 log 5":     "lr 0.0001 0.0003162 0.001 0.003162 0.01",
		"lr=0.01..0.0001 log 3":   "lr 0.01 0.001 0.0001",
		"p=0..0.5 3":              "p 0 0.25 0.5",
		"p=0..0.5 linear 2":       "p 0 0.5",
		"depth=1..4":              "depth 1 2 3 4",
		"hidden=8..64 log 4":      "hidden 8 16 32 64",
		"depth=1..2 5":            "depth 1 2",
		"data=../a,../b":          "data ../a ../b",
		"name=a":                  "name a",
		"lr=0.1..0.5":             "it does not say how many values",
		"lr=0..1 log 5":           "log needs ends above 0",
		"lr=a..b 5":               "its ends are no numbers",
		"lr=nan..1 5":             "its ends are no numbers",
		"lr=0..":                  "it has no end",
		"lr":                      "it is not NAME=VALUES",
		"=3":                      "it is not NAME=VALUES",
		"lr=0..1 cubic 5":         `"cubic" is neither log, linear nor a count of two at least`,
		"lr=0..1 1":               `"1" is neither log, linear nor a count of two at least`,
		"n=1..1000":               "it is more than 200 values",
		"n=0..1 1000":             "it is more than 200 values",
		"n=-9e99..9e99":           "it is more than 200 values",
		"lr=1e-4..1e-2 log 5 log": "lr 0.0001 0.0003162 0.001 0.003162 0.01",
	} {
		name, values, err := swept(word)
		got := strings.Join(append([]string{name}, values...), " ")
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", word, diff)
		}
	}
}

func TestSweepsMakeAllCombinations(t *testing.T) {
	sets, names, err := sweeps(map[string]string{"seed": "1"}, []string{"lr=0.1,0.01", "hidden=4,8"})
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{
		{"seed": "1", "lr": "0.1", "hidden": "4"},
		{"seed": "1", "lr": "0.1", "hidden": "8"},
		{"seed": "1", "lr": "0.01", "hidden": "4"},
		{"seed": "1", "lr": "0.01", "hidden": "8"},
	}
	if diff := cmp.Diff(want, sets); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"lr", "hidden"}, names); diff != "" {
		t.Error(diff)
	}
	if _, _, err := sweeps(map[string]string{}, []string{"a=1..50", "b=1..50"}); err == nil || !strings.Contains(err.Error(), "more than 200 runs") {
		t.Errorf("2,500 runs: %v", err)
	}
}

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

func FuzzASweepIsReadOrRefused(f *testing.F) {
	for _, seed := range []string{"lr=1e-4..1e-2 log 5", "n=1..5", "a=b,c", "x=0..0", "x=-1..-9e300 3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		name, values, err := swept(word)
		if err != nil {
			return
		}
		if name == "" || len(values) == 0 {
			t.Errorf("%q: a sweep of nothing", word)
		}
		if strings.Contains(word, "..") && len(values) > mostSwept {
			t.Errorf("%q: %d values", word, len(values))
		}
	})
}
