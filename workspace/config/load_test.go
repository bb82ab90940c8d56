package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// write puts files into a new directory; a name that ends in / is a directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, text string) *config.File {
	t.Helper()
	f, err := config.LoadBytes("/ws/sawhorse.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// anywhere leaves out positions.
var anywhere = cmpopts.IgnoreFields(config.Unit{}, "Pos")

func TestAWholeFileIsResolved(t *testing.T) {
	dir := write(t, map[string]string{
		"sawhorse.yml": `version: 1
name: shop
env: {REGION: eu, DEBUG: true, ZIP: 0123}
env_file: base.env
shell: bash
logs: {size: 64MiB, total: 2GB, age: 1d12h}
jobs: 3
x-note: {anything: [goes]}
services:
  web: npm run dev
  api:
    command: [go, run, ./cmd/api, --port, "${{ ports.http }}"]
    dir: ./api
    description: the backend
    env: {URL: "http://127.0.0.1:${{ ports.http }}"}
    env_file: [a.env, b.env]
    depends_on: [db, migrate]
    groups: [back]
    ports: {http: 8080, debug: auto}
    ready: {http: ":8080/health", every: 500ms, within: 30}
    restart: {when: on-failure, max: 5s, limit: 3}
    stop: {signal: SIGINT, timeout: 1m}
    watch: [api, "**/*.sql"]
    tty: false
    hidden: true
  db:
    run: postgres
    autostart: false
    restart: always
    replicas: 2
tasks:
  migrate:
    run: ./migrate ${{ params.target }}
    depends_on: {db: started}
    params:
      target: {type: string, choices: [dev, prod], default: dev, description: where to}
      steps: 3
      key: {secret: true, required: true, type: int}
    timeout: 90
    on_busy: queue
    schedule: 5m
  test: {run: go test ./..., watch: {paths: ["**/*.go"], ignore: vendor/}}
`,
		"api/": "", "a.env": "A=1", "b.env": "", "base.env": "# nothing",
	})
	got, err := config.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	at := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	bash := []string{"bash", "-c"}
	stop := config.Stop{Signal: "TERM", Timeout: 10 * time.Second}
	never := config.Restart{When: "no", Min: 100 * time.Millisecond, Max: 30 * time.Second, Reset: 10 * time.Second}
	always := never
	always.When = config.RestartAlways
	want := &config.File{
		Name: "shop", Dir: dir, Files: []string{at("sawhorse.yml")},
		Env:     map[string]string{"REGION": "eu", "DEBUG": "true", "ZIP": "0123"},
		EnvFile: []string{at("base.env")}, Shell: bash,
		Logs: config.Logs{Size: 64 << 20, Total: 2e9, Age: 36 * time.Hour}, Jobs: 3,
		Units: []config.Unit{
			{Name: "web", Kind: config.Service, Autostart: true, Run: "npm run dev", Shell: bash, Dir: dir, TTY: true, Restart: never, Stop: stop, Replicas: 1},
			{
				Name: "api", Kind: config.Service, Autostart: true, Description: "the backend", Hidden: true, Groups: []string{"back"},
				Command: []string{"go", "run", "./cmd/api", "--port", "${{ ports.http }}"}, Shell: bash, Dir: at("api"),
				Env: map[string]string{"URL": "http://127.0.0.1:${{ ports.http }}"}, EnvFile: []string{at("a.env"), at("b.env")},
				DependsOn: []config.Dependency{{Name: "db", Condition: config.Ready}, {Name: "migrate", Condition: config.Succeeded}},
				Watch:     &config.Watch{Paths: []string{"api/**", "**/*.sql"}},
				Ready:     &config.Probe{HTTP: "http://127.0.0.1:8080/health", Every: 500 * time.Millisecond, Timeout: 2 * time.Second, Within: 30 * time.Second},
				Restart:   config.Restart{When: config.RestartOnFailure, Min: 100 * time.Millisecond, Max: 5 * time.Second, Reset: 10 * time.Second, Limit: 3},
				Stop:      config.Stop{Signal: "INT", Timeout: time.Minute},
				Ports:     []config.Port{{Name: "http", Number: 8080}, {Name: "debug"}}, Replicas: 1,
			},
			{Name: "db", Kind: config.Service, Run: "postgres", Shell: bash, Dir: dir, TTY: true, Restart: always, Stop: stop, Replicas: 2},
			{
				Name: "migrate", Kind: config.Task, Run: "./migrate ${{ params.target }}", Shell: bash, Dir: dir, Stop: stop,
				DependsOn: []config.Dependency{{Name: "db", Condition: config.Started}},
				Params: []config.Param{
					{Name: "target", Type: config.ParamString, Choices: []string{"dev", "prod"}, Default: "dev", HasDefault: true, Description: "where to"},
					{Name: "steps", Type: config.ParamString, Default: "3", HasDefault: true},
					{Name: "key", Type: config.ParamInt, Secret: true, Required: true},
				},
				Timeout: 90 * time.Second, OnBusy: config.BusyQueue, Schedule: "@every 5m0s",
			},
			{
				Name: "test", Kind: config.Task, Autostart: true, Run: "go test ./...", Shell: bash, Dir: dir, Stop: stop, OnBusy: config.BusyRestart,
				Watch: &config.Watch{Paths: []string{"**/*.go"}, Ignore: []string{"vendor/**"}},
			},
		},
	}
	if diff := cmp.Diff(want, got, anywhere); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if pos := got.Unit("migrate").Pos; pos != (config.Position{File: "sawhorse.yml", Line: 32, Column: 3}) {
		t.Errorf("migrate is at %v", pos)
	}
}

func TestTheWordsOfComposeAndProcessComposeMeanTheSame(t *testing.T) {
	foreign := load(t, `version: 1
processes:
  a:
    command: ./a --flag
    working_dir: sub
    environment: ["A=1", "B=x=y"]
    is_tty: false
    namespace: back
    disabled: true
    availability: {restart: exit_on_failure, backoff_seconds: 2, max_restarts: 5}
    shutdown: {signal: 2, timeout_seconds: 3}
    readiness_probe:
      exec: {command: pg_isready}
      period_seconds: 5
      timeout_seconds: 1
      failure_threshold: 4
      initial_delay_seconds: 10
  b:
    command: [b]
    profiles: [extra]
    restart: unless-stopped
    stop_signal: SIGUSR1
    stop_grace_period: 1m30s
    depends_on:
      a: {condition: service_healthy}
      d: process_log_ready
      t: {condition: process_completed_successfully}
      u: process_completed
      c: service_started
    readiness_probe: {http_get: {port: "80", path: ok, scheme: HTTPS}}
  c:
    run: c
    readiness_probe: {http_get: {host: "::1", port: 8080}, initial_delay_seconds: 5}
    ports: [81, auto]
  d: {run: d, ready_log_line: "up (ok)", availability: {restart: on_failure}, ports: 82}
tasks:
  t: t
  u: u
`)
	native := load(t, `version: 1
services:
  a:
    run: ./a --flag
    dir: sub
    env: {A: "1", B: x=y}
    tty: false
    groups: [back]
    autostart: false
    restart: {when: "no", min: 2s, max: 2s, limit: 5}
    stop: {signal: INT, timeout: 3s}
    ready: {exec: pg_isready, every: 5s, timeout: 1s, within: 30s}
  b:
    command: [b]
    groups: [extra]
    autostart: false
    restart: always
    stop: {signal: USR1, timeout: 90s}
    depends_on: {a: ready, d: ready, t: succeeded, u: completed, c: started}
    ready: {http: "https://127.0.0.1:80/ok"}
  c:
    run: c
    ready: {http: "http://[::1]:8080/", within: 2m5s}
    ports: {port: 81, port2: auto}
  d: {run: d, ready: {log: 'up \(ok\)'}, restart: on-failure, ports: {port: 82}}
tasks: {t: t, u: u}
`)
	if diff := cmp.Diff(native, foreign, anywhere); diff != "" {
		t.Errorf("file (-native +foreign):\n%s", diff)
	}
}

func TestTheLocalFileIsMergedOnTop(t *testing.T) {
	dir := write(t, map[string]string{
		"sawhorse.yaml": `version: 1
env: {A: base, B: base}
services:
  api: {command: [api], env: {X: "1", Y: "1"}, depends_on: [db], ready: {tcp: ":1", every: 3s}, working_dir: old, restart: always}
  web: npm start
  db: {run: postgres, availability: {restart: always}}
  gone: gone
`,
		"sawhorse.local.yml": `
env: {B: local}
services:
  api: {run: go run ., environment: {Y: "2"}, depends_on: [], ready: {http: ":2"}, dir: new, restart: {limit: 2}}
  web: {dir: new}
  db: {restart: "no"}
  gone: ~
tasks: {mine: mine}
`,
		"new/": "",
	})
	f, err := config.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := load(t, `version: 1
name: "`+filepath.Base(dir)+`"
env: {A: base, B: local}
services:
  api: {run: go run ., env: {X: "1", Y: "2"}, ready: {http: ":2", every: 3s}, dir: new, restart: {when: always, limit: 2}}
  web: {run: npm start, dir: new}
  db: {run: postgres, restart: "no"}
tasks: {mine: mine}
`)
	for i := range want.Units {
		want.Units[i].Dir = strings.Replace(want.Units[i].Dir, want.Dir, dir, 1)
	}
	want.Dir, want.Files = dir, []string{filepath.Join(dir, "sawhorse.yaml"), filepath.Join(dir, "sawhorse.local.yml")}
	if diff := cmp.Diff(want, f, anywhere); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if pos := f.Unit("mine").Pos; pos.File != "sawhorse.local.yml" || pos.Line != 8 {
		t.Errorf("mine is at %v", pos)
	}
}

func TestProblemsOfBothFilesAreReportedInTheirOrder(t *testing.T) {
	dir := write(t, map[string]string{
		"sawhorse.yml":       "version: 1\nname: 5\nservices:\n  api: {run: x, dir: c, depends_on: [db]}\n  db: {run: y, dri: z}\n",
		"sawhorse.local.yml": "version: 1\nservices:\n  db: ~\n  apj: ~\n  api: {ports: {x: 99999}, depends_on: [db], dir: a, working_dir: b}\n",
	})
	_, err := config.Load(dir)
	want := []string{
		`sawhorse.yml:2:7: name must be text, not 5 (put it in quotes: "5")`,
		`sawhorse.local.yml:4:3: "apj" cannot be removed: it is not in sawhorse.yml (did you mean "api"?)`,
		`sawhorse.local.yml:5:20: ports.x of service "api" must be a port number from 1 to 65535, or auto, not 99999`,
		`sawhorse.local.yml:5:41: service "api" depends on "db", which is neither a service nor a task (name a service or task of this file)`,
		`sawhorse.local.yml:5:51: dir of service "api" does not exist: ` + filepath.Join(dir, "a") + ` (create it, or correct the path; it starts at the workspace directory)`,
		`sawhorse.local.yml:5:54: "working_dir" cannot be given together with "dir" in service "api" (keep one of them)`,
	}
	if diff := cmp.Diff(want, summaries(t, err)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func summaries(t *testing.T, err error) []string {
	t.Helper()
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		t.Fatalf("error is %T: %v", err, err)
	}
	var out []string
	for _, p := range problems {
		out = append(out, p.Summary())
	}
	return out
}

func TestAnchorsMergeKeysAndAliasesAreResolved(t *testing.T) {
	f := load(t, `version: 1
x-base: &base
  dir: /srv
  env: &env {A: 1}
x-more: &more {dir: /more, tty: false}
x-text: &text hello
services:
  a:
    <<: [*base, *more]
    run: a
  b: {<<: *more, run: b, dir: /own, env: {<<: *env, B: *text}}
  c: *text
`)
	a, b, c := f.Unit("a"), f.Unit("b"), f.Unit("c")
	if a.Dir != filepath.FromSlash("/srv") || a.TTY || a.Env["A"] != "1" {
		t.Errorf("a is %+v", a)
	}
	if b.Dir != filepath.FromSlash("/own") || b.TTY || b.Env["A"] != "1" || b.Env["B"] != "hello" {
		t.Errorf("b is %+v", b)
	}
	if c.Run != "hello" {
		t.Errorf("c is %+v", c)
	}
}

func TestTextMayHaveAByteOrderMarkAndAnyLineEnding(t *testing.T) {
	want := load(t, "version: 1\nservices:\n  a: |\n    one\n    two\n")
	for name, text := range map[string]string{
		"mark":            "\ufeffversion: 1\nservices:\n  a: |\n    one\n    two\n",
		"windows":         "version: 1\r\nservices:\r\n  a: |\r\n    one\r\n    two\r\n",
		"old mac":         "version: 1\rservices:\r  a: |\r    one\r    two\r",
		"document marker": "%YAML 1.2\n---\nversion: 1\nservices:\n  a: |\n    one\n    two\n...\n",
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, load(t, text), anywhere); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheNearestWorkspaceFileIsFound(t *testing.T) {
	dir := write(t, map[string]string{"sawhorse.yml": "", "in/sawhorse.yaml": "", "in/deep/er/": "", "out/": ""})
	for start, want := range map[string]string{"in/deep/er": "in", "in": "in", "out": ".", ".": "."} {
		got, err := config.Find(filepath.Join(dir, start))
		if err != nil || got != filepath.Join(dir, want) {
			t.Errorf("Find(%s) = %s, %v; want %s", start, got, err, want)
		}
	}
	if got, err := config.Find(filepath.VolumeName(dir) + string(filepath.Separator)); !errors.Is(err, config.ErrNotFound) {
		t.Errorf("Find at the root = %s, %v", got, err)
	}
	if _, err := config.Load(filepath.Join(dir, "out")); !errors.Is(err, config.ErrNotFound) {
		t.Errorf("Load without a file: %v", err)
	}
}

func TestFilesThatCannotBeReadSayWhyAndWhatToDo(t *testing.T) {
	t.Run("directory", func(t *testing.T) {
		dir := write(t, map[string]string{"sawhorse.yml/": ""})
		_, err := config.Load(dir)
		want := []string{"sawhorse.yml: the file cannot be read: it is a directory (move it away; sawhorse init writes a workspace file)"}
		if diff := cmp.Diff(want, summaries(t, err)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("permission", func(t *testing.T) {
		if runtime.GOOS == "windows" || os.Getuid() == 0 {
			t.Skip("every file can be read here")
		}
		dir := write(t, map[string]string{"sawhorse.yml": "version: 1"})
		if err := os.Chmod(filepath.Join(dir, "sawhorse.yml"), 0); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(dir)
		want := []string{"sawhorse.yml: the file cannot be read: permission denied (make it readable for you: chmod u+r sawhorse.yml)"}
		if diff := cmp.Diff(want, summaries(t, err)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("both spellings", func(t *testing.T) {
		dir := write(t, map[string]string{"sawhorse.yml": "version: 1", "sawhorse.yaml": "version: 1"})
		_, err := config.Load(dir)
		want := []string{"sawhorse.yaml: there is a sawhorse.yml too, and only one is read (remove one of them)"}
		if diff := cmp.Diff(want, summaries(t, err)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("named files", func(t *testing.T) {
		dir := write(t, map[string]string{
			"sawhorse.yml": "version: 1\nenv_file: none.env\nservices:\n  a: {run: x, dir: nowhere}\n  b: {run: x, dir: bad.env, env_file: [bad.env]}\n",
			"bad.env":      "this is no dotenv\n",
		})
		_, err := config.Load(dir)
		got := strings.Join(summaries(t, err), "\n")
		for _, want := range []string{
			"sawhorse.yml:2:11: env_file does not exist: " + filepath.Join(dir, "none.env"),
			`sawhorse.yml:4:20: dir of service "a" does not exist: ` + filepath.Join(dir, "nowhere"),
			`sawhorse.yml:5:20: dir of service "b" is not a directory: ` + filepath.Join(dir, "bad.env"),
			`sawhorse.yml:5:40: env_file of service "b": ` + filepath.Join(dir, "bad.env"),
		} {
			if !strings.Contains(got, want) {
				t.Errorf("no problem %q in:\n%s", want, got)
			}
		}
	})
}

func TestAFileOfManyUnitsIsNotDeep(t *testing.T) {
	var text strings.Builder
	text.WriteString("version: 1\nservices:\n")
	for i := range 300 {
		fmt.Fprintf(&text, "  s%d:\n    run: x\n    ready:\n      tcp: ':1'\n    env:\n      A: b\n      # note\n", i)
	}
	f, err := config.LoadBytes(config.FileName, []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Units) != 300 {
		t.Errorf("%d units", len(f.Units))
	}
}
