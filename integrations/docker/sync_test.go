package docker_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// withRm writes a build context whose image can delete files, and holds src/a.txt.
func withRm(t *testing.T, dir string) *config.Build {
	t.Helper()
	program, err := part()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "api/Dockerfile"), "FROM part\nCOPY rm /bin/rm\nCOPY src /src\n")
	write(t, filepath.Join(dir, "api/.dockerignore"), "**/*.swp\n")
	write(t, filepath.Join(dir, "api/src/a.txt"), "one\n")
	if err := os.WriteFile(filepath.Join(dir, "api/rm"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	return &config.Build{Context: filepath.Join(dir, "api")}
}

// refresh is Refresh, which has to succeed.
func refresh(t *testing.T, r *docker.Runner, service string, files ...string) (again bool) {
	t.Helper()
	again, err := r.Refresh(t.Context(), tasks.NewRunID(service, 1), files)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func says(text string) func(log string, events []tasks.Event) bool {
	return func(log string, _ []tasks.Event) bool { return strings.Contains(log, text) }
}

func TestChangedFilesGoIntoAContainerThatRunsOn(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	b := withRm(t, dir)
	b.Dockerfile = "part.dockerfile" // whose own rules count before those of all
	for from, to := range map[string]string{"Dockerfile": b.Dockerfile, ".dockerignore": b.Dockerfile + ".dockerignore"} {
		if err := os.Rename(filepath.Join(b.Context, from), filepath.Join(b.Context, to)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(b.Context, ".dockerignore"), "src\n")
	c := config.Container{Build: b, Sync: []config.Sync{{From: filepath.Join(dir, "api/src"), To: "/src", Ignore: []string{"*.tmp"}}}}
	x := begin(t, r, unit("api", c, "follow", "/src/a.txt"), nil)
	x.until(t, "the image's file", says("it says one\n"))

	write(t, filepath.Join(dir, "api/src/a.txt"), "two\n")
	write(t, filepath.Join(dir, "api/src/new/b.txt"), "b\n")
	write(t, filepath.Join(dir, "api/src/c.tmp"), "ignored\n")
	write(t, filepath.Join(dir, "api/src/.a.txt.swp"), "no part of the image\n")
	if refresh(t, r, "api", "api/src/a.txt", "api/src/new/b.txt", "api/src/c.tmp", "api/src/.a.txt.swp", "elsewhere.txt") {
		t.Error("it is to begin anew")
	}
	x.until(t, "the changed file", says("synced api/src/a.txt, api/src/new/b.txt\n"))
	x.until(t, "the changed file", says("it says two\n"))

	if err := os.Remove(filepath.Join(dir, "api/src/a.txt")); err != nil {
		t.Fatal(err)
	}
	if refresh(t, r, "api", "api/src/a.txt") {
		t.Error("it is to begin anew")
	}
	x.until(t, "the deleted file", says("deleted /src/a.txt\n"))
	x.until(t, "the deleted file", says("it is gone\n"))
	if refresh(t, r, "api", "api/src/c.tmp") {
		t.Error("an ignored file restarts it")
	}
	_ = x.end(t, tasks.ErrCancelled)
	if !refresh(t, r, "api", "api/src/a.txt") {
		t.Error("a run that is over took a file")
	}
}

func TestAProgramIsRunAfterASyncAndItsFailureIsTold(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	write(t, filepath.Join(dir, "conf/a.txt"), "one\n")
	exec := &config.Exec{Command: []string{"/part", "cat", "/conf/a.txt", "/conf/must.txt"}}
	c := config.Container{Image: "part", Sync: []config.Sync{{From: filepath.Join(dir, "conf"), To: "/conf", Exec: exec}}}
	x := begin(t, r, unit("app", c, "sleep"), nil)
	x.untilReady(t)
	_, err := r.Refresh(t.Context(), "app#1", []string{"conf/a.txt"})
	if err == nil || err.Error() != "/part cat /conf/a.txt /conf/must.txt: exit 1: open /conf/must.txt: no such file or directory" {
		t.Errorf("a program that fails: %v", err)
	}
	write(t, filepath.Join(dir, "conf/must.txt"), "here\n")
	refresh(t, r, "app", "conf/a.txt", "conf/must.txt")
	x.until(t, "what it says", says("synced conf/a.txt, conf/must.txt\nruns /part cat /conf/a.txt /conf/must.txt\n"))
	x.until(t, "what it says", says("/conf/must.txt: here\n"))

	if err := os.Remove(filepath.Join(dir, "conf/a.txt")); err != nil {
		t.Fatal(err)
	}
	_, err = r.Refresh(t.Context(), "app#1", []string{"conf/a.txt"})
	if err == nil || err.Error() != "/conf/a.txt can't be deleted in the container: the image has no rm" {
		t.Errorf("an image that can't delete: %v", err)
	}
}

func TestARestartForFilesKeepsTheContainerAndBuildsNothing(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	c := config.Container{Build: withRm(t, dir), Sync: []config.Sync{
		{From: filepath.Join(dir, "api/src"), To: "/src", Restart: true},
		{From: filepath.Join(dir, "only.txt"), Restart: true},
	}}
	u := unit("api", c, "follow", "/src/a.txt")
	u.Stop = config.Stop{Signal: "KILL"}
	x := begin(t, r, u, nil)
	x.until(t, "the image's file", says("it says one\n"))
	for n, file := range []string{"api/src/a.txt", "only.txt"} {
		write(t, filepath.Join(dir, file), "two\n")
		if again, err := r.Refresh(t.Context(), tasks.NewRunID("api", n+1), []string{file}); !again || err != nil {
			t.Errorf("%s: to begin anew %v, %v", file, again, err)
		}
		_ = x.end(t, tasks.ErrStale)
		x = begin(t, r, u, func(q *tasks.Request) {
			q.Run, q.Cause = tasks.NewRunID("api", n+2), tasks.Cause{Kind: tasks.ByWatch, Files: []string{file}}
		})
		x.untilReady(t)
		x.until(t, "the synced file", says("it says two\n"))
		if log := x.output(); strings.Contains(log, "Step 1/") || strings.Contains(log, "made anew") {
			t.Errorf("%s: it was built: %s", file, log)
		}
	}
	_ = x.end(t, tasks.ErrStale)

	// A service that has ended takes the files when it is started for them.
	write(t, filepath.Join(dir, "api/src/a.txt"), "three\n")
	x = begin(t, r, u, func(q *tasks.Request) {
		q.Run, q.Cause = "api#4", tasks.Cause{Kind: tasks.ByWatch, Files: []string{"api/src/a.txt"}}
	})
	x.until(t, "the newest file", says("it says three\n"))
	_ = x.end(t, tasks.ErrCancelled)
}

func TestTheFirstSyncIsBeforeTheStart(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	write(t, filepath.Join(dir, "conf/a.txt"), "one\n")
	write(t, filepath.Join(dir, "conf/b.txt"), "left out\n")
	c := config.Container{Image: "part", Sync: []config.Sync{{From: filepath.Join(dir, "conf"), To: "/conf", Initial: true, Include: []string{"a.*"}}}}
	x := begin(t, r, unit("app", c, "cat", "/conf/a.txt", "/conf/b.txt"), nil)
	_ = x.ended(t)
	if want := "synced conf/a.txt\n/conf/a.txt: one\nopen /conf/b.txt: no such file or directory\n"; x.output() != want {
		t.Errorf("%q, want %q", x.output(), want)
	}
}

func TestAnImageIsBuiltWhileTheOldOneRunsOn(t *testing.T) {
	dir := t.TempDir()
	_, api := connect(t, dir)
	image(t, api)
	r := runner(t, dir)
	c := config.Container{Build: withRm(t, dir), Sync: []config.Sync{{From: dir, Build: true}}}
	u := unit("api", c, "follow", "/src/a.txt")
	u.Stop = config.Stop{Signal: "KILL"}
	x := begin(t, r, u, nil)
	x.until(t, "the image's file", says("it says one\n"))

	dockerfile := filepath.Join(dir, "api/Dockerfile")
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dockerfile, string(text)+"COPY none /\n")
	_, err = r.Refresh(t.Context(), "api#1", []string{"api/Dockerfile"})
	exit, ok := errors.AsType[*tasks.ExitError](err)
	if !ok || exit.At != (tasks.Location{File: "api/Dockerfile", Line: 4}) || !strings.HasPrefix(exit.Reason, "api/Dockerfile:4: build failed at step 4, COPY none /: ") {
		t.Errorf("a step that fails: %v", err)
	}
	write(t, dockerfile, string(text)+"# a remark\n")
	if refresh(t, r, "api", "api/Dockerfile") {
		t.Error("the same image is another one")
	}
	x.until(t, "what came of it", says("nothing of the image has changed\n"))

	write(t, filepath.Join(dir, "api/src/a.txt"), "two\n")
	if !refresh(t, r, "api", "api/src/a.txt") {
		t.Fatal("another image is none")
	}
	_ = x.end(t, tasks.ErrStale)
	x = begin(t, r, u, func(q *tasks.Request) { q.Run, q.Cause = "api#2", tasks.Cause{Kind: tasks.ByWatch} })
	x.until(t, "the new container", says("the image of api has changed: its container is made anew\nit says two\n"))
	if strings.Contains(x.output(), "Step 1/") {
		t.Errorf("it was built twice: %s", x.output())
	}
	_ = x.end(t, tasks.ErrCancelled)
}
