//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// yard is a Compose project of five services, one of them built here.
const yard = `name: yard
x-check: &check {interval: 300ms, timeout: 5s, retries: 30}
services:
  db:
    image: part
    command: [serve, ":9000"]
    environment: {NAME: db}
    healthcheck: {<<: *check, test: [CMD, /program, get, "http://127.0.0.1:9000/"]}
    volumes: ["data:/data"]
  cache:
    image: part
    command: [serve, ":7000"]
    environment: {NAME: cache}
    healthcheck: {<<: *check, test: [CMD, /program, dial, "127.0.0.1:7000"]}
    develop: {watch: [{path: ./conf, action: sync, target: /conf}]}
  migrate:
    image: part
    command: [get, "http://db:9000/"]
    depends_on: {db: {condition: service_healthy}}
  api:
    build: ./api
    command: [serve, ":8080"]
    healthcheck: {<<: *check, test: [CMD, /program, get, "http://127.0.0.1:8080/"]}
    depends_on: {migrate: {condition: service_completed_successfully}, cache: {condition: service_healthy}}
    develop: {watch: [{path: ./api, action: rebuild}]}
  web:
    image: part
    command: [get, "http://api:8080/"]
    depends_on: {api: {condition: service_healthy}}
volumes: {data: {}}
`

// theDockerfile of the api names it; a second line may break it.
func theDockerfile(name, more string) string {
	return "FROM part\nENV NAME=" + name + "\n" + more
}

// A person brings a Compose project up, follows it, changes it, breaks it, mends
// it and takes it down, with keys alone and no compose program.
func TestAComposeProjectIsBroughtUpChangedBrokenMendedAndTakenDown(t *testing.T) {
	t.Parallel()
	engine, host := yardEngine(t)
	w, dir := newWorld(t, "version: 1\nservices:\n  yard: {compose: ./compose.yaml}\n")
	write(t, yard, dir, "compose.yaml")
	for _, part := range []string{"api", "conf"} {
		if err := os.Mkdir(filepath.Join(dir, part), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, theDockerfile("first", ""), dir, "api", "Dockerfile")
	env := []string{"DOCKER_HOST=" + host}
	p := sit(t, w, dir, 120, 36, env)
	p.see(`Trust it and go on`).press("y\r")

	// Up, in the order of the file: what web gets is what api is.
	p.see("● db ", "● cache ", "● api ", "ATTENTION")
	p.command("go api").see("Step 2/2 : ENV NAME=first", "serving on :8080 as first")
	p.command("go web").see("I am first")

	// A save builds the image anew, and only that service is another one.
	write(t, theDockerfile("second", ""), dir, "api", "Dockerfile")
	p.command("go api").see("serving on :8080 as second").see("● api ")

	// Another file goes into a container that runs on.
	write(t, "red\n", dir, "conf", "color")
	p.command("go cache").see("synced conf/color")
	p.command("go api")

	// A step that can't be done is told with its line; mended, it is gone.
	write(t, theDockerfile("third", "COPY nothing.txt /\n"), dir, "api", "Dockerfile")
	p.see("✖ svc +api +api/Dockerfile:3 +build failed at step 3, COPY nothing.txt", "● api ") // which runs on
	write(t, theDockerfile("fourth", ""), dir, "api", "Dockerfile")
	p.see("serving on :8080 as fourth", "nothing needs you")

	// Down: the containers are gone, the volume stays.
	p.command("quit stop")
	if code := p.leaves(); code != 0 {
		t.Errorf("the screen ended with %d", code)
	}
	if err := w.empty(patience); err != nil {
		t.Fatal(err)
	}
	if left := engine.Names(t, "containers/json?all=1"); len(left) > 0 {
		t.Errorf("containers are left: %v", left)
	}
	if kept := engine.Names(t, "volumes"); len(kept) != 1 || kept[0] != "yard_data" {
		t.Errorf("volumes: %v", kept)
	}
}
