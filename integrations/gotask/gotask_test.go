package gotask

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestTasksAndThoseOfIncludedFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Taskfile.yml": `version: "3"
includes:
  docs: ./docs
  lib: {taskfile: ./lib/tasks.yml, internal: true}
  flat: {taskfile: more.yml, flatten: true, excludes: [gone]}
  os: ./Taskfile_{{OS}}.yml
  web: https://example.com/Taskfile.yml
  none: {taskfile: none.yml, optional: true}
  lost: lost.yml
tasks:
  default: task --list
  build:
    desc: make the program
    aliases: [b]
    cmds: [go build ./...]
  helper: {internal: true, cmd: x}
  dev: {watch: true, sources: ["**/*.go"], cmd: go run .}
  release:
    summary: |
      put it online

      with all that belongs to it
    requires: {vars: [VERSION, {name: ENV, enum: [staging, live]}]}
    prompt: really?
  start:*: {cmd: x}
  nowhere: {platforms: [plan9], cmd: x}
  "two words": {cmd: x}
`,
		"docs/Taskfile.yml": "tasks:\n  default: {desc: all of the docs}\n  serve: {desc: look at the docs}\n",
		"lib/tasks.yml":     "tasks: {x: y}\n",
		"more.yml":          "includes: {again: more.yml}\ntasks: {gone: x, kept: y}\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := detect(t.Context(), dir)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	at := func(file string, line int) config.Position { return config.Position{File: file, Line: line} }
	want := []config.Unit{
		{Name: "default", Kind: config.Task, Run: "task default", Pos: at("Taskfile.yml", 11)},
		{Name: "build", Kind: config.Task, Run: "task build", Description: "make the program", Pos: at("Taskfile.yml", 12)},
		{Name: "dev", Kind: config.Service, Run: "task dev", Pos: at("Taskfile.yml", 17)},
		{
			Name: "release", Kind: config.Task, Run: `task release VERSION="$PARAM_VERSION" ENV="$PARAM_ENV"`, Description: "put it online",
			TTY: true, Pos: at("Taskfile.yml", 18), Params: []config.Param{
				{Name: "VERSION", Type: config.ParamString, Required: true},
				{Name: "ENV", Type: config.ParamString, Required: true, Choices: []string{"staging", "live"}},
			},
		},
		{Name: "two words", Kind: config.Task, Run: "task 'two words'", Pos: at("Taskfile.yml", 27)},
		{Name: "docs", Kind: config.Task, Run: "task docs", Description: "all of the docs", Pos: at("docs/Taskfile.yml", 2)},
		{Name: "docs:serve", Kind: config.Task, Run: "task docs:serve", Description: "look at the docs", Pos: at("docs/Taskfile.yml", 3)},
		{Name: "kept", Kind: config.Task, Run: "task kept", Pos: at("more.yml", 2)},
	}
	got := all[0].Units
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	left := []string{
		"start:*: its name is a pattern", "nowhere: it is for plan9",
		"what it includes as again: more.yml includes itself",
		`what it includes as os: only task can find "./Taskfile_{{OS}}.yml"`,
		`what it includes as web: only task can find "https://example.com/Taskfile.yml"`,
		"what it includes as lost: lost.yml is not there",
	}
	if diff := cmp.Diff(left, all[0].Left); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
