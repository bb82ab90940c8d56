package vscode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func found(t *testing.T, files map[string]string) []integrations.Evidence {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := detect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const tasksExample = `{
  // what the team runs
  "version": "2.0.0",
  "options": {"env": {"CI": "0"}},
  "tasks": [
    {"label": "build", "type": "shell", "command": "go build", "args": ["-o", "${workspaceFolder}/bin/shop", "two words"], "group": "build",
     "options": {"cwd": "${workspaceFolder}/cmd/shop", "env": {"GOOS": "linux"}}},
    {"label": "run", "type": "process", "command": "./bin/shop", "args": ["--user=${env:USER}", "a b"], "detail": "the shop", "problemMatcher": ["$go", "$mine", {"severity": "warning", "pattern": {"regexp": "^(.*):(\\d+) (.*)$", "file": 1, "line": 2, "message": 3}}],
     "dependsOn": "build", "linux": {"command": "./bin/shop-linux"}, "osx": {"command": "./bin/shop-linux"}},
    {"type": "npm", "script": "watch", "isBackground": true, "path": "web/",
     "problemMatcher": {"background": {"beginsPattern": "begin", "endsPattern": "built in \\d+ms"}}},
    {"label": "all", "dependsOn": ["build", "npm: watch"], "dependsOrder": "sequence"},
    {"label": "deploy", "type": "shell", "command": "./deploy ${input:where} ${input:token}"},
    {"label": "this file", "type": "shell", "command": "cat ${file}"},
    {"label": "ts", "type": "typescript", "tsconfig": "tsconfig.json"},
    {"label": "picked", "type": "shell", "command": "echo ${input:editor}"},
    {"label": "inner", "type": "shell", "command": {"value": "echo", "quoting": "strong"}, "hide": true,},
  ],
  "inputs": [
    {"id": "where", "type": "pickString", "description": "where to", "options": ["staging", {"label": "Live", "value": "live"}], "default": "staging"},
    {"id": "token", "type": "promptString", "password": true},
    {"id": "editor", "type": "command", "command": "extension.pick"}
  ]
}`

func TestTasksAreWhatTheEditorWouldRun(t *testing.T) {
	all := found(t, map[string]string{
		tasksFile: tasksExample, "package.json": "{}", "yarn.lock": "", "cmd/shop/main.go": "", "web/index.html": "",
	})
	at := func(line int) config.Position { return config.Position{File: tasksFile, Line: line} }
	ci := map[string]string{"CI": "0"}
	want := integrations.Evidence{
		Where: tasksFile, What: "6 of 9 tasks",
		Units: []config.Unit{
			{
				Name: "build", Kind: config.Task, Run: "go build -o ../../bin/shop 'two words'", Dir: "cmd/shop", Pos: at(6),
				Env: map[string]string{"CI": "0", "GOOS": "linux"},
			},
			{
				Name: "run", Kind: config.Task, Run: `./bin/shop-linux "--user=${USER}" 'a b'`, Description: "the shop", Env: ci, Pos: at(8),
				DependsOn: []config.Dependency{{Name: "build"}},
				Format: []config.Format{
					{Name: "$go"}, {Severity: "warning", Pattern: []config.Pattern{{Regexp: `^(.*):(\d+) (.*)$`, File: 1, Line: 2, Message: 3}}},
				},
			},
			{
				Name: "npm: watch", Kind: config.Service, Run: "yarn run watch", Dir: "web", Env: ci, Pos: at(10),
				Ready: &config.Probe{Log: `built in \d+ms`},
			},
			{Name: "all", Kind: config.Task, Run: ":", Env: ci, Pos: at(12), DependsOn: []config.Dependency{{Name: "build"}, {Name: "npm: watch"}}},
			{
				Name: "deploy", Kind: config.Task, Run: "./deploy $PARAM_WHERE $PARAM_TOKEN", Env: ci, Pos: at(13), Params: []config.Param{
					{Name: "where", Type: config.ParamString, Description: "where to", Choices: []string{"staging", "live"}, Default: "staging", HasDefault: true},
					{Name: "token", Type: config.ParamString, Secret: true, Required: true},
				},
			},
			{Name: "inner", Kind: config.Task, Run: "echo", Hidden: true, Env: ci, Pos: at(17)},
		},
		Left: []string{
			"run: its problem matcher: $mine belongs to an extension",
			"all: the order of what it depends on; they start at once",
			"this file: only the editor knows ${file}",
			`ts: tasks of type "typescript" are run by an extension`,
			"picked: only the editor knows ${input:editor}",
		},
	}
	if diff := cmp.Diff([]integrations.Evidence{want}, all); diff != "" {
		t.Error(diff)
	}
}

func TestLaunchConfigurationsRunWithoutTheirDebugger(t *testing.T) {
	all := found(t, map[string]string{launchFile: `{
  "configurations": [
    {"name": "server", "type": "go", "request": "launch", "program": "${workspaceFolder}/cmd/server", "args": ["-v"], "preLaunchTask": "build"},
    {"name": "api", "type": "debugpy", "request": "launch", "module": "uvicorn", "args": ["app:app", "--reload"], "envFile": "${workspaceFolder}/.env", "cwd": "${workspaceFolder}/api"},
    {"name": "node", "type": "pwa-node", "request": "launch", "program": "${workspaceFolder}/index.js", "env": {"PORT": "3000"}},
    {"name": "script", "type": "node-terminal", "request": "launch", "command": "npm run dev"},
    {"name": "this file", "type": "python", "request": "launch", "program": "${file}"},
    {"name": "attach", "type": "go", "request": "attach", "processId": "${command:pickProcess}"},
    {"name": "browser", "type": "chrome", "request": "launch", "url": "http://localhost:3000"}
  ],
  "compounds": [{"name": "both", "configurations": ["server", "api"]}]
}`})
	at := func(line int) config.Position { return config.Position{File: launchFile, Line: line} }
	const about = "without its debugger"
	want := integrations.Evidence{
		Where: launchFile, What: "4 of 7 launch configurations",
		Units: []config.Unit{
			{Name: "server", Kind: config.Task, Run: "go run ./cmd/server -v", Description: about, Pos: at(3), DependsOn: []config.Dependency{{Name: "build"}}},
			{Name: "api", Kind: config.Task, Run: "python3 -m uvicorn app:app --reload", Description: about, Dir: "api", EnvFile: []string{"./.env"}, Pos: at(4)},
			{Name: "node", Kind: config.Task, Run: "node ./index.js", Description: about, Env: map[string]string{"PORT": "3000"}, Pos: at(5)},
			{Name: "script", Kind: config.Task, Run: "npm run dev", Description: about, Pos: at(6)},
		},
		Left: []string{
			"this file: only the editor knows ${file}", "attach: it attaches to what runs already",
			"browser: what its debugger (chrome) runs can't be told", "both: it starts several configurations",
		},
	}
	if diff := cmp.Diff([]integrations.Evidence{want}, all); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
