//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestARepositoryWithoutAFileIsOpenedTrustedAndRunByKeys(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, "version: 1\ntasks: {unused: 'true'}\n")
	repo := filepath.Join(dir, "repo")
	for _, sub := range []string{"", "services", "services/api"} {
		if err := os.Mkdir(filepath.Join(repo, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// The directory is its own: the file above it is not meant.
	if err := os.Remove(filepath.Join(dir, "sawhorse.yml")); err != nil {
		t.Fatal(err)
	}
	write(t, "web: echo up on $PORT; exec sleep 1000\n", repo, "Procfile")
	write(t, ".PHONY: greet\ngreet: ## say hello\n\t@echo hello from make\n", repo, "Makefile")
	write(t, "worker: exec sleep 1000\n", repo, "services", "api", "Procfile")
	p := sit(t, w, repo, 120, 36, nil)

	// What is declared is there, grouped by its file, and nothing runs.
	p.see("detected: no sawhorse.yml", "▾ Procfile", "▾ Makefile", "▾ services/api/Procfile", "○ web +stopped", "○ api-worker +stopped")

	// The first start asks for trust, and says what would run; then it is up.
	p.press("g", "s").see("Trust repo", "3 commands")
	p.press("esc").gone("3 commands").see("○ web +stopped")
	p.command("go web").see("▌ *○ web")
	p.press("s").see("web runs", "3 commands")
	asked := time.Time{}
	p.until("the answer counts", func() bool { // a box that has just opened is deaf for a moment
		if time.Since(asked) > time.Second {
			asked = time.Now()
			p.press("t")
		}
		return !strings.Contains(p.text(), "3 commands")
	})
	p.see("● web", "up on \\d+")

	// A task, and where it comes from.
	p.command("go greet").press("r").see("hello from make").press("6").see("declared in +Makefile:2")

	// A file that changes is read again.
	write(t, ".PHONY: greet part\ngreet: ## say hello\n\t@echo hello from make\npart:\n\t@true\n", repo, "Makefile")
	p.see("○ part +make part")

	// A sawhorse.yml takes over, and what it does not have is stopped.
	w.sawhorse(t, repo, "init")
	p.see("SERVICES", "TASKS").gone("no sawhorse.yml")
	p.command("quit stop")
	p.leaves()
	if err := w.empty(patience); err != nil {
		t.Fatal(err)
	}
}
