package processcompose

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func found(t *testing.T, files map[string]string) integrations.Evidence {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := detect(t.Context(), dir)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	return all[0]
}

const shop = `version: "0.5"
log_level: info
log_location: ./all.log
shell: {shell_command: zsh, shell_argument: -c}
environment:
  - MODE=dev
vars:
  PORT: 8080
processes:
  migrate:
    command: "./migrate $$MODE"
    availability: {restart: "exit_on_failure"}
    depends_on:
      db: {condition: process_healthy}
  db:
    command: postgres -p 5433
    namespace: data
    is_tty: true
    readiness_probe:
      exec: {command: "pg_isready -p 5433"}
      initial_delay_seconds: 2
      period_seconds: 5
      failure_threshold: 4
    shutdown: {signal: 2, timeout_seconds: 30, parent_only: true}
  api:
    command: "./api --port {{.PORT}}"
    working_dir: cmd/api
    environment: ["LEVEL=debug", "MODE=test"]
    availability: {restart: on_failure, backoff_seconds: 2, max_restarts: 5}
    depends_on:
      migrate: {condition: process_completed_successfully}
      cache: {condition: process_log_ready}
    readiness_probe:
      http_get: {host: localhost, port: "{{.PORT}}", path: /health, num: 3}
    liveness_probe: {exec: {command: "true"}}
    watch:
      paths: [{path: ./src, exclude: ["*_test.go", "gen/**"]}]
  cache:
    command: redis-server
    ready_log_line: "Ready to accept (all)"
    replicas: 2
    disabled: true
  nightly:
    command: ./backup
    schedule: {cron: "0 2 * * *", timezone: UTC}
  odd: "no mapping"
  empty: {description: nothing}
`

func at(line int) config.Position { return config.Position{File: "process-compose.yaml", Line: line} }

func TestProcessesBecomeServicesAndTasks(t *testing.T) {
	got := found(t, map[string]string{"process-compose.yaml": shop, ".env": "A=b\n"})
	zsh, env, dotenv := []string{"zsh", "-c"}, map[string]string{"MODE": "dev"}, []string{".env"}
	want := []config.Unit{
		{
			Name: "migrate", Kind: config.Task, Autostart: true, Run: "./migrate $MODE", Shell: zsh, Env: env, EnvFile: dotenv, Pos: at(10),
			DependsOn: []config.Dependency{{Name: "db", Condition: config.Ready}},
		},
		{
			Name: "db", Kind: config.Service, Autostart: true, Run: "postgres -p 5433", Shell: zsh, Env: env, EnvFile: dotenv, TTY: true,
			Groups: []string{"data"}, Pos: at(15), Stop: config.Stop{Signal: "INT", Timeout: 30 * time.Second},
			Ready: &config.Probe{Exec: "pg_isready -p 5433", Every: 5 * time.Second, Timeout: time.Second, Within: 22 * time.Second},
		},
		{
			Name: "api", Kind: config.Service, Autostart: true, Run: "./api --port 8080", Shell: zsh, Dir: "cmd/api", EnvFile: dotenv,
			Env: map[string]string{"MODE": "test", "LEVEL": "debug"}, Pos: at(25),
			DependsOn: []config.Dependency{{Name: "migrate", Condition: config.Succeeded}, {Name: "cache", Condition: config.Ready}},
			Restart:   config.Restart{When: config.RestartOnFailure, Min: 2 * time.Second, Max: 2 * time.Second, Limit: 5},
			Ready:     &config.Probe{HTTP: "http://localhost:8080/health", Every: 10 * time.Second, Timeout: time.Second, Within: 30 * time.Second},
			Watch:     &config.Watch{Paths: []string{"cmd/api/src/**/*"}, Ignore: []string{"cmd/api/src/**/*_test.go", "cmd/api/src/gen/**"}},
		},
		{
			Name: "cache", Kind: config.Service, Run: "redis-server", Shell: zsh, Env: env, EnvFile: dotenv, Pos: at(38), Replicas: 2,
			Ready: &config.Probe{Log: `Ready to accept \(all\)`},
		},
		{
			Name: "nightly", Kind: config.Task, Run: "./backup", Shell: zsh, Env: env, EnvFile: dotenv, Pos: at(43),
			Schedule: "CRON_TZ=UTC 0 2 * * *", OnBusy: config.BusyIgnore,
		},
	}
	if diff := cmp.Diff(want, got.Units); diff != "" {
		t.Error(diff)
	}
	left := []string{
		"odd: it is not a mapping (line 46)",
		"log_location (line 3): all output is kept in the logs of Sawhorse",
		"migrate: availability: it is run once, because others wait for its end",
		"db: shutdown.parent_only: the whole process group is ended",
		"api: http_get.num (line 34) is not supported",
		"api: liveness_probe (line 35) is not supported",
		"empty: it has no command",
	}
	if diff := cmp.Diff(left, got.Left); diff != "" {
		t.Error(diff)
	}
}

func TestAnOverrideAndWhatIsExtendedAreMerged(t *testing.T) {
	got := found(t, map[string]string{
		"base.yaml":                     "processes:\n  db: {command: postgres, environment: [A=1, B=1]}\n",
		"process-compose.yaml":          "extends: base.yaml\nprocesses:\n  web: {command: serve}\n",
		"process-compose.override.yaml": "processes:\n  db: {environment: [B=2], is_disabled: \"true\"}\n  web: {command: serve --debug}\n",
	})
	want := []config.Unit{
		{
			Name: "db", Kind: config.Service, Run: "postgres", Shell: []string{"bash", "-c"}, Env: map[string]string{"A": "1", "B": "2"},
			Pos: config.Position{File: "base.yaml", Line: 2},
		},
		{Name: "web", Kind: config.Service, Autostart: true, Run: "serve --debug", Shell: []string{"bash", "-c"}, Pos: at(3)},
	}
	if diff := cmp.Diff(want, got.Units); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"base.yaml", "process-compose.override.yaml"}, got.Files); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTheNamesOfVariablesAreReplacedInTemplates(t *testing.T) {
	got := found(t, map[string]string{"process-compose.yaml": `
vars: {NAME: x}
processes:
  one: {command: "docker inspect -f {{ \"{{.State}}\" }} {{ .NAME }} 404{{.PC_REPLICA_NUM}}"}
  two: {command: "echo {{if .NAME}}a{{end}}"}
`})
	if run := got.Units[0].Run; run != "docker inspect -f {{.State}} x 4040" {
		t.Errorf("one runs %q", run)
	}
	if diff := cmp.Diff([]string{"two: the template {{if .NAME}} is kept as it is"}, got.Left); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatExtendsItselfIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "process-compose.yml"), []byte("extends: process-compose.yml\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := detect(t.Context(), dir); err == nil {
		t.Error("no error")
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
