package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestATaskOfAnotherSystemKeepsThatSystemsKeys(t *testing.T) {
	f := load(t, `version: 1
tasks:
  test: {run: go test ./..., same_as: "unit (linux)"}
  deploy:
    use: github
    workflow: deploy.yml
    with: {ref: main}
    inputs: {env: staging, count: 3, dry: true}
    confirm: true
    depends_on: [test]
    groups: [ship]
    timeout: 10m
`)
	at := func(line, column int) config.Position {
		return config.Position{File: "sawhorse.yml", Line: line, Column: column}
	}
	want := []config.Unit{
		{
			Name: "test", Kind: config.Task, Run: "go test ./...", Shell: []string{"sh", "-c"}, Dir: "/ws", OnBusy: config.BusyRestart,
			Stop: config.Stop{Signal: "TERM", Timeout: 10 * time.Second}, SameAs: []string{"unit (linux)"},
		},
		{
			Name: "deploy", Kind: config.Task, Shell: []string{"sh", "-c"}, Dir: "/ws", OnBusy: config.BusyRestart, Timeout: 10 * time.Minute,
			Stop: config.Stop{Signal: "TERM", Timeout: 10 * time.Second}, Groups: []string{"ship"}, Confirm: true,
			DependsOn: []config.Dependency{{Name: "test", Condition: config.Succeeded}},
			Use:       "github", With: map[string]string{"workflow": "deploy.yml", "ref": "main"},
			Values: map[string]string{"env": "staging", "count": "3", "dry": "true"},
			At: map[string]config.Position{
				"use": at(5, 10), "workflow": at(6, 5), "ref": at(7, 12), "inputs.env": at(8, 14), "inputs.count": at(8, 28), "inputs.dry": at(8, 38),
			},
		},
	}
	if diff := cmp.Diff(want, f.Units, anywhere); diff != "" {
		t.Error(diff)
	}
}

func TestDirectoriesOfNumbersAreNamedPlainly(t *testing.T) {
	f := load(t, "version: 1\ntasks:\n  a: {run: a, curves: ./runs/}\n  b: {run: b, curves: [runs, /data/dvclive]}\n  c: {run: c, curves: none}\n")
	for name, want := range map[string][]string{"a": {"runs"}, "b": {"runs", "/data/dvclive"}, "c": {"none"}} {
		if diff := cmp.Diff(want, f.Unit(name).Curves); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, err := config.LoadBytes("/ws/sawhorse.yml", []byte("version: 1\ntasks:\n  a: {run: a, curves: 'runs/*'}\n"))
	if err == nil || !strings.Contains(err.Error(), `"runs/*" is no directory`) {
		t.Errorf("a glob: %v", err)
	}
}

func TestATaskFollowsOnlyWhatThereIsToFollow(t *testing.T) {
	f := load(t, "version: 1\ntasks:\n  deploy: {run: a, after: promote}\n  ship: {use: github, workflow: w.yml, after: promote}\n")
	for _, name := range []string{"deploy", "ship"} {
		if got := f.Unit(name).After; got != config.AfterPromote {
			t.Errorf("%s follows %q", name, got)
		}
	}
	for text, want := range map[string]string{
		"tasks:\n  deploy: {run: a, after: promotion}\n":   `sawhorse.yml:3:27: after of task "deploy" must be promote, not "promotion"`,
		"tasks:\n  deploy:\n    run: a\n    after: [x]\n":  `sawhorse.yml:5:12: after of task "deploy" must be promote, not a list`,
		"services:\n  web: {run: a, after: promote}\n":     `sawhorse.yml:3:17: "after"`,
		"tasks:\n  deploy: {run: a, after: deploy}\n":      "sawhorse.yml:3:27:",
		"tasks:\n  ship: {use: github, w: x, after: no}\n": "sawhorse.yml:3:36:",
	} {
		_, err := config.LoadBytes("/ws/sawhorse.yml", []byte("version: 1\n"+text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nsays %v\nwant %s", text, err, want)
		}
	}
}
