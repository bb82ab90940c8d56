package project_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/moby/api/types/container"

	"github.com/sawhorse-dev/sawhorse/integrations/compose"
	"github.com/sawhorse-dev/sawhorse/integrations/compose/project"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// workspace makes a directory of files.
func workspace(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// served reads in this process what the program reads in its own.
func served(ctx context.Context, q compose.Request) (a compose.Answer, err error) {
	var asked, said bytes.Buffer
	if err := json.NewEncoder(&asked).Encode(q); err != nil {
		return a, err
	}
	if err := project.Serve(ctx, &asked, &said); err != nil {
		return a, err
	}
	return a, json.Unmarshal(said.Bytes(), &a)
}

// expand is the workspace whose service "all" is a Compose file.
func expand(t *testing.T, files map[string]string, environ ...string) (*config.File, error) {
	t.Helper()
	f := &config.File{Dir: workspace(t, files), Units: []config.Unit{{Name: "all", Kind: config.Service, Autostart: true, Compose: "compose.yaml", Pos: config.Position{File: "sawhorse.yml", Line: 3}}}}
	return f, compose.Expand(t.Context(), f, environ, served)
}

func created(t *testing.T, u *config.Unit) container.CreateRequest {
	t.Helper()
	var q container.CreateRequest
	if err := json.Unmarshal([]byte(u.Container.Create), &q); err != nil {
		t.Fatal(err)
	}
	return q
}

const shop = `
name: shop
services:
  db:
    image: postgres:17
    environment: {POSTGRES_PASSWORD: "${SECRET:-dev}"}
    env_file: [db.env]
    ports: ["127.0.0.1:5432:5432", "9999"]
    volumes: [data:/var/lib/postgresql/data, ./init:/init:ro]
    healthcheck: {test: [CMD, pg_isready], interval: 2s, retries: 4}
    restart: unless-stopped
    stop_grace_period: 30s
    stop_signal: SIGINT
    ulimits: {nofile: {soft: 10, hard: 20}}
    networks: {back: {aliases: [database]}}
  api:
    build: {context: ./api, target: run, args: {WHO: me}, secrets: [token, {source: key, target: api_key}], ssh: [default, other=./agent], platforms: [linux/arm64]}
    depends_on:
      db: {condition: service_healthy, restart: true}
      migrate: {condition: service_completed_successfully}
    deploy: {replicas: 2}
    develop: {watch: [{path: ./api, action: rebuild, ignore: [node_modules/]}]}
    networks: [back]
    extra_hosts: ["host.docker.internal:host-gateway"]
    secrets: [token]
  migrate:
    image: migrate
    command: up --all
    depends_on: [db]
    networks: [back]
  debug:
    image: shell
    profiles: [tools]
    network_mode: service:db
networks: {back: {}}
volumes: {data: {}}
secrets: {token: {file: ./token}, key: {environment: API_KEY}}
`

func TestAComposeFileIsServicesOfTheWorkspace(t *testing.T) {
	f, err := expand(t, map[string]string{"compose.yaml": shop, "db.env": "FROM_FILE=1\n", "api/Dockerfile": "FROM scratch\n", "token": "x"}, "SECRET=hush")
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Name, At  string
		Auto      bool
		Replicas  int
		DependsOn []config.Dependency
		Groups    []string
	}
	var got []row
	for _, u := range f.Units {
		got = append(got, row{u.Name, u.Pos.String(), u.Autostart, u.Replicas, u.DependsOn, u.Groups})
	}
	want := []row{
		{"api", "compose.yaml:16", true, 2, []config.Dependency{{Name: "db", Condition: config.Ready, Restart: true}, {Name: "migrate", Condition: config.Succeeded}}, []string{"all"}},
		{"db", "compose.yaml:4", true, 1, nil, []string{"all"}},
		{"debug", "compose.yaml:31", false, 1, []config.Dependency{{Name: "db", Condition: config.Started, Restart: true}}, []string{"all", "tools"}},
		{"migrate", "compose.yaml:26", true, 1, []config.Dependency{{Name: "db", Condition: config.Started}}, []string{"all"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	db := f.Unit("db")
	if want := (config.Stop{Signal: "INT", Timeout: 30 * time.Second}); db.Stop != want || db.Restart.When != config.RestartAlways {
		t.Errorf("stop %+v, restart %+v", db.Stop, db.Restart)
	}
	q := created(t, db)
	if diff := cmp.Diff([]string{"FROM_FILE=1", "POSTGRES_PASSWORD=hush"}, q.Env); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"CMD", "pg_isready"}, q.Healthcheck.Test); diff != "" || q.Healthcheck.Interval != 2*time.Second || q.Healthcheck.Retries != 4 {
		t.Errorf("health check %+v", q.Healthcheck)
	}
	if at := q.NetworkingConfig.EndpointsConfig["shop_back"]; at == nil || strings.Join(at.Aliases, " ") != "db database" || q.HostConfig.NetworkMode != "shop_back" {
		t.Errorf("networks %+v, mode %s", q.NetworkingConfig, q.HostConfig.NetworkMode)
	}
	if len(q.HostConfig.Mounts) != 1 || q.HostConfig.Mounts[0].Source != "shop_data" || len(q.HostConfig.Binds) != 1 || !strings.HasSuffix(q.HostConfig.Binds[0], "/init:/init:ro") {
		t.Errorf("mounts %+v, binds %v", q.HostConfig.Mounts, q.HostConfig.Binds)
	}
	if u := q.HostConfig.Ulimits; len(u) != 1 || u[0].Soft != 10 || u[0].Hard != 20 {
		t.Errorf("ulimits %+v", u)
	}
	if len(q.HostConfig.PortBindings) != 2 {
		t.Errorf("ports %+v", q.HostConfig.PortBindings)
	}
	api := f.Unit("api")
	if b := api.Container.Build; b.Target != "run" || b.Args["WHO"] != "me" || b.Context != filepath.Join(f.Dir, "api") || api.Container.Image != "shop-api" {
		t.Errorf("build %+v as %s", b, api.Container.Image)
	}
	secrets := []config.BuildSecret{{ID: "token", File: filepath.Join(f.Dir, "token")}, {ID: "api_key", Variable: "API_KEY"}}
	if diff := cmp.Diff(secrets, api.Container.Build.Secrets); diff != "" || api.Container.Build.Platform != "linux/arm64" {
		t.Errorf("secrets of the build (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]config.Agent{{ID: "default"}, {ID: "other", Socket: filepath.Join(f.Dir, "agent")}}, api.Container.Build.Agents); diff != "" {
		t.Errorf("agents (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&config.Watch{Live: []config.Live{{Paths: []string{"api/**"}, Ignore: []string{"api/node_modules", "api/node_modules/**"}}}}, api.Watch); diff != "" {
		t.Errorf("watch (-want +got):\n%s", diff)
	}
	if m := created(t, api).HostConfig.Mounts; len(m) != 1 || m[0].Target != "/run/secrets/token" || !m[0].ReadOnly {
		t.Errorf("secrets %+v", m)
	}
	if mode := created(t, f.Unit("debug")).HostConfig.NetworkMode; mode != "container:shop-db-1" {
		t.Errorf("network mode %s", mode)
	}
	if !strings.HasSuffix(f.Files[0], "compose.yaml") {
		t.Errorf("a change of the file is not seen: %v", f.Files)
	}
}

func TestOneServiceMayHaveANameOfItsOwn(t *testing.T) {
	dir := workspace(t, map[string]string{"deploy/compose.yaml": "services: {db: {image: postgres}, web: {image: web, depends_on: [db]}}\n"})
	f := &config.File{Dir: dir, Units: []config.Unit{
		{Name: "database", Kind: config.Service, Autostart: true, Compose: "deploy/compose.yaml#db"},
		{Name: "web", Kind: config.Service, Autostart: true, Compose: "deploy/compose.yaml#web"},
	}}
	if err := compose.Expand(t.Context(), f, nil, served); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]config.Dependency{{Name: "database", Condition: config.Started}}, f.Unit("web").DependsOn); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c := f.Unit("database").Container; c.Project != "deploy" || c.Service != "db" {
		t.Errorf("project %s, service %s", c.Project, c.Service)
	}
	f = &config.File{Dir: dir, Units: []config.Unit{{Name: "x", Compose: "deploy/compose.yaml#bd", Pos: config.Position{File: "sawhorse.yml", Line: 3}}}}
	if err := compose.Expand(t.Context(), f, nil, served); err == nil || !strings.Contains(err.Error(), `deploy/compose.yaml has no service "bd"; it has db, web`) {
		t.Errorf("%v", err)
	}
}

func TestOthersDependOnTheServicesOfAFileByTheirNames(t *testing.T) {
	dir := workspace(t, map[string]string{
		"compose.yaml": "services: {db: {image: postgres}, cache: {image: redis}}\n",
		"sawhorse.yml": "version: 1\nservices:\n  stores: {compose: ./compose.yaml}\n  api: {run: api, depends_on: [db], env: {DB: '${{ ports.db.port }}'}}\n  web: {run: web, depends_on: [stores, api]}\n",
	})
	f, err := config.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := compose.Expand(t.Context(), f, nil, served); err != nil {
		t.Fatal(err)
	}
	got := map[string][]config.Dependency{"api": f.Unit("api").DependsOn, "web": f.Unit("web").DependsOn}
	ready := func(name string) config.Dependency { return config.Dependency{Name: name, Condition: config.Ready} }
	want := map[string][]config.Dependency{"api": {ready("db")}, "web": {ready("cache"), ready("db"), ready("api")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := os.WriteFile(filepath.Join(dir, "sawhorse.yml"), []byte("version: 1\nservices:\n  stores: {compose: ./compose.yaml}\n  api: {run: api, depends_on: [bd]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err = config.Load(dir); err != nil {
		t.Fatal(err)
	}
	err = compose.Expand(t.Context(), f, nil, served)
	if err == nil || !strings.Contains(err.Error(), `sawhorse.yml:4:3: service "api" depends on "bd", which is neither a service nor a task`) {
		t.Errorf("%v", err)
	}
}

func TestOverridesIncludesAndExtendsAreMerged(t *testing.T) {
	f, err := expand(t, map[string]string{
		"compose.yaml":          "include: [more/compose.yaml]\nservices:\n  web: {image: web, environment: {A: 1}, extends: {file: base.yaml, service: base}}\n",
		"compose.override.yaml": "services:\n  web: {environment: {B: 2}}\n",
		"base.yaml":             "services:\n  base: {image: base, user: nobody}\n",
		"more/compose.yaml":     "services:\n  cache: {image: redis}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	q := created(t, f.Unit("web"))
	if diff := cmp.Diff([]string{"A=1", "B=2"}, q.Env); diff != "" || q.User != "nobody" || f.Unit("web").Container.Image != "web" {
		t.Errorf("merged %+v:\n%s", q.Config, diff)
	}
	if f.Unit("cache") == nil {
		t.Error("what is included is not there")
	}
}

func TestWhatIsNotSupportedIsNamedWithItsPlaceUnlessTheCLIDoesIt(t *testing.T) {
	files := map[string]string{
		"compose.yaml": "services:\n  gpu:\n    image: train\n    gpus: all\n    build:\n      context: .\n      entitlements: [network.host]\n",
		"Dockerfile":   "FROM scratch\n",
	}
	_, err := expand(t, files)
	var problems config.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("%v", err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.Pos.String()+" "+p.Message)
	}
	want := []string{
		"compose.yaml:4:1 gpus of the service gpu is not supported",
		"compose.yaml:7:1 build.entitlements of the service gpu is not supported",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f := &config.File{Dir: workspace(t, files), Units: []config.Unit{{Name: "all", Kind: config.Service, Compose: "compose.yaml", ViaCLI: true}}}
	if err := compose.Expand(t.Context(), f, nil, served); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.Units[0].Command, " "); !strings.HasPrefix(got, "docker compose -f ") || !strings.HasSuffix(got, "compose.yaml up --no-color") || f.Units[0].Container != nil {
		t.Errorf("%s", got)
	}
}

func TestDevelopSaysWhatASaveDoesToAContainer(t *testing.T) {
	f, err := expand(t, map[string]string{"compose.yaml": `
services:
  web:
    build: ./web
    develop:
      watch:
        - {path: ./web/src, action: sync, target: /app/src, ignore: [gen/], include: ["*.ts"]}
        - {path: ./conf, action: sync+exec, target: etc/app, exec: {command: reload now, user: app, working_dir: /app, environment: {WHO: me, FROM: }}}
        - {path: ./web/code, action: sync+restart, target: /code, initial_sync: true}
        - {path: ./web/.env, action: restart}
        - {path: ./web/package.json, action: rebuild}
        - {path: ../shared/src, action: sync, target: /shared}
`, "web/Dockerfile": "FROM scratch\n", "web/.dockerignore": "# no\nnode_modules\nDockerfile\n", "web/src/a.ts": "", "conf/a": "", "web/code/a": "", "web/.env": "", "web/package.json": "{}"}, "FROM=here")
	if err != nil {
		t.Fatal(err)
	}
	u := f.Unit("web")
	kept := []string{"web/node_modules", "web/node_modules/**"}
	want := &config.Watch{
		Live: []config.Live{
			{Paths: []string{"web/src/*.ts", "web/src/*.ts/**"}, Ignore: append(slices.Clone(kept), "web/src/gen", "web/src/gen/**")},
			{Paths: []string{"conf/**"}, Ignore: kept},
			{Paths: []string{"web/code/**"}, Ignore: kept},
			{Paths: []string{"web/.env"}, Ignore: kept},
			{Paths: []string{"web/package.json"}, Ignore: kept},
		},
		Outside: []string{"../shared/src"},
	}
	if diff := cmp.Diff(want, u.Watch); diff != "" {
		t.Errorf("watch (-want +got):\n%s", diff)
	}
	at := func(name string) string { return filepath.Join(f.Dir, name) }
	syncs := []config.Sync{
		{From: at("web/src"), To: "/app/src", Ignore: []string{"gen/"}, Include: []string{"*.ts"}},
		{From: at("conf"), To: "/etc/app", Exec: &config.Exec{Command: []string{"reload", "now"}, User: "app", Dir: "/app", Env: []string{"FROM=here", "WHO=me"}}},
		{From: at("web/code"), To: "/code", Initial: true, Restart: true},
		{From: at("web/.env"), Restart: true},
		{From: at("web/package.json"), Build: true},
	}
	if diff := cmp.Diff(syncs, u.Container.Sync); diff != "" {
		t.Errorf("sync (-want +got):\n%s", diff)
	}
}

func TestAFileThatIsBrokenSaysWhyAndWhere(t *testing.T) {
	_, err := expand(t, map[string]string{"compose.yaml": "services:\n  web: {image: [1]}\n"})
	if err == nil || !strings.Contains(err.Error(), "sawhorse.yml:3: compose.yaml: ") || !strings.Contains(err.Error(), "services.web.image") {
		t.Errorf("%v", err)
	}
}

func TestTheUsualNamesAreDetectedWithTheirServices(t *testing.T) {
	for _, name := range compose.Names() {
		dir := workspace(t, map[string]string{name: "services:\n  db: {image: postgres}\n  debug:\n    image: x\n    profiles: [tools]\n"})
		found, err := compose.Definition().Detect(t.Context(), dir)
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %+v, %v", name, found, err)
		}
		want := []config.Unit{
			{Name: "db", Kind: config.Service, Compose: name + "#db", Pos: config.Position{File: name, Line: 2}, Autostart: true},
			{Name: "debug", Kind: config.Service, Compose: name + "#debug", Pos: config.Position{File: name, Line: 3}},
		}
		if diff := cmp.Diff(want, found[0].Units); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What the program reads goes through JSON: nothing of it may be lost there.
func TestAnAnswerIsWhatWasRead(t *testing.T) {
	dir := workspace(t, map[string]string{"compose.yaml": shop, "db.env": "A=1\n", "Dockerfile": "FROM scratch\n"})
	file := func() *config.File {
		return &config.File{Dir: dir, Units: []config.Unit{{Name: "all", Kind: config.Service, Compose: "compose.yaml"}, {Name: "test", Kind: config.Task, Run: "true"}}}
	}
	read, told := file(), file()
	if err := project.Expand(t.Context(), read, nil); err != nil {
		t.Fatal(err)
	}
	if err := compose.Expand(t.Context(), told, nil, served); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(read, told, cmpopts.EquateEmpty()); diff != "" || len(told.Units) < 3 {
		t.Errorf("-read +told\n%s", diff)
	}
}

func TestAProgramThatCantReadIsAProblemOfTheUnitThatNamesTheFile(t *testing.T) {
	for name, c := range map[string]struct{ script, want, hint string }{
		"it is not there":         {"", "compose.yaml: sawhorse-compose, which reads Compose files and comes with sawhorse, is not there", "install sawhorse again, with all that belongs to it: ./install.sh"},
		"it fails":                {"echo no room >&2; exit 3", "compose.yaml: sawhorse-compose: no room", ""},
		"it says something else":  {"echo hello", "gave an answer that can't be read", ""},
		"it is of another system": {"exit 1", "compose.yaml: sawhorse-compose: exit status 1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			if c.script != "" {
				if err := os.WriteFile(filepath.Join(bin, compose.Program), []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", bin)
			f := &config.File{Dir: bin, Units: []config.Unit{{Name: "all", Kind: config.Service, Compose: "compose.yaml", Pos: config.Position{File: "sawhorse.yml", Line: 3}}}}
			var all config.Problems
			if err := compose.Expand(t.Context(), f, nil, compose.By(filepath.Join(bin, "elsewhere"))); !errors.As(err, &all) || len(all) != 1 {
				t.Fatalf("got %v", err)
			}
			if p := all[0]; !strings.Contains(p.Message, c.want) || p.Hint != c.hint || p.Pos.Line != 3 {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestADockerfilesOwnIgnoreFileCountsBeforeThatOfAll(t *testing.T) {
	f, err := expand(t, map[string]string{
		"compose.yaml":                     "services: {web: {build: {context: ./web, dockerfile: live.dockerfile}, develop: {watch: [{path: ./web, action: rebuild}]}}}\n",
		"web/live.dockerfile":              "FROM scratch\n",
		"web/live.dockerfile.dockerignore": "dist\n",
		"web/.dockerignore":                "src\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"web/dist", "web/dist/**"}, f.Unit("web").Watch.Live[0].Ignore); diff != "" {
		t.Error(diff)
	}
}
