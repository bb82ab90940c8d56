package config_test

import (
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAGroupOfAnExpressionHasTheNameOfTheWordBeforeIt(t *testing.T) {
	for expression, want := range map[string]string{
		`loss=([0-9.]+)`:                         "loss",
		`val/loss:\s+(\S+)`:                      "val/loss",
		`(?P<step>\d+) [(] (?:mean )?loss (\S+)`: "step loss",
		`\(acc\) (\d+)`:                          "acc",
		`(?<lr>\S+)`:                             "lr",
		`([0-9.]+)`:                              "its group 1 has no name, and no word before it",
		`\s+(\d+)`:                               "its group 1 has no name, and no word before it",
		`loss=`:                                  "it has no group for the number",
		`loss=(`:                                 "missing closing ): `loss=(`",
	} {
		p, err := config.ParseMetric(expression)
		got := strings.Join(p.Names, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}

func TestWhatFindsNoNumberIsRefusedInTheFile(t *testing.T) {
	f := load(t, "version: 1\ntasks:\n  a: {run: a, metrics: 'loss=([0-9.]+)'}\n")
	if got := f.Unit("a").Metrics; len(got) != 1 || got[0] != "loss=([0-9.]+)" {
		t.Errorf("read as %q", got)
	}
	_, err := config.LoadBytes("/ws/sawhorse.yml", []byte("version: 1\ntasks:\n  a: {run: a, metrics: ['loss=(x)', 'loss']}\n"))
	if err == nil || !strings.Contains(err.Error(), `"loss": it has no group for the number`) {
		t.Errorf("no group: %v", err)
	}
}

func FuzzAnExpressionOfNumbersIsReadOrRefused(f *testing.F) {
	for _, seed := range []string{`loss=([0-9.]+)`, `(?P<a>x)(?:b)[(](y)`, `\(`, `[[:alpha:](](x)`, `[]()](x)`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		p, err := config.ParseMetric(expression)
		if err != nil {
			return
		}
		if len(p.Names) != p.Line.NumSubexp() {
			t.Errorf("%q: %q", expression, p.Names)
		}
		for _, name := range p.Names {
			if name == "" {
				t.Errorf("%q: a group has no name: %q", expression, p.Names)
			}
		}
	})
}
