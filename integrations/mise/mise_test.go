package mise

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestTasksOfSettingsAndOfScripts(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"mise.toml": `[tools]
go = "1.26"

[tasks]
lint = "golangci-lint run"
"say hi" = ["echo hi", "echo ho"]

[tasks.build]
description = "make the program"
alias = "b"
run = "go build ./..."

[tasks.secret]
run = "x"
hide = true

[tasks.nothing]
description = "not yet"

[tasks."ci:all"]
depends = ["lint", "build"]

[task_config]
includes = ["more.toml", "xtasks"]
`,
		"more.toml":              "[\"docs:build\"]\ndescription = 'the pages'\nrun = \"x\"\n",
		"xtasks/release":         "#!/bin/sh\n",
		".mise.toml":             "[tasks]\nlint = \"weaker\"\nold = \"x\"\n",
		"mise-tasks/deploy.sh":   "#!/usr/bin/env bash\n#MISE description=\"put it online\"\necho\n",
		"mise-tasks/db/_default": "#!/bin/sh\n",
		"mise-tasks/db/reset":    "#!/bin/sh\n# [MISE] description='empty it'\n",
		"mise-tasks/db/hidden":   "#!/bin/sh\n#MISE hide=true\n",
		"mise-tasks/README.md":   "not a program",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o700)
		if filepath.Ext(name) == ".md" {
			mode = 0o600
		}
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	got, err := detect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	at := func(file string, line int) config.Position { return config.Position{File: file, Line: line} }
	want := []integrations.Evidence{
		{
			Where: "mise.toml", What: "4 of 6 tasks", Left: []string{"nothing: it runs nothing"},
			Units: []config.Unit{
				{Name: "lint", Kind: config.Task, Run: "mise run lint", Description: "golangci-lint run", Pos: at("mise.toml", 5)},
				{Name: "say hi", Kind: config.Task, Run: "mise run 'say hi'", Pos: at("mise.toml", 6)},
				{Name: "build", Kind: config.Task, Run: "mise run build", Description: "make the program", Pos: at("mise.toml", 8)},
				{Name: "ci:all", Kind: config.Task, Run: "mise run ci:all", Pos: at("mise.toml", 20)},
			},
		},
		{
			Where: ".mise.toml", What: "1 of 2 tasks",
			Units: []config.Unit{{Name: "old", Kind: config.Task, Run: "mise run old", Description: "x", Pos: at(".mise.toml", 3)}},
		},
		{
			Where: "mise-tasks", What: "3 scripts", Files: []string{"mise-tasks/db/_default", "mise-tasks/db/reset", "mise-tasks/deploy.sh"},
			Units: []config.Unit{
				{Name: "db", Kind: config.Task, Run: "mise run db", Pos: at("mise-tasks/db/_default", 1)},
				{Name: "db:reset", Kind: config.Task, Run: "mise run db:reset", Description: "empty it", Pos: at("mise-tasks/db/reset", 1)},
				{Name: "deploy", Kind: config.Task, Run: "mise run deploy", Description: "put it online", Pos: at("mise-tasks/deploy.sh", 1)},
			},
		},
		{
			Where: "more.toml", What: "1 of 1 tasks",
			Units: []config.Unit{{Name: "docs:build", Kind: config.Task, Run: "mise run docs:build", Description: "the pages", Pos: at("more.toml", 1)}},
		},
		{
			Where: "xtasks", What: "1 scripts", Files: []string{"xtasks/release"},
			Units: []config.Unit{{Name: "release", Kind: config.Task, Run: "mise run release", Pos: at("xtasks/release", 1)}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
