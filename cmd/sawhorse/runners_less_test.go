//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// A save runs less than all of a project, by the real tool of each ecosystem,
// where a second package or file of tests has nothing to do with it.
func TestASaveRunsLessOfARealProject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		beside string // what the project has besides
		save   string
		did    string // what `why` says of it
		ran    string // is in the log of the run then
		left   string // and this is not
	}{
		"go": {
			"-- price/price.go --\npackage price\n-- price/price_test.go --\npackage price\n\nimport \"testing\"\n\nfunc TestPrice(t *testing.T) {}\n",
			"cart/cart.go", "1 of 2 packages", "/cart", "/price",
		},
		"vitest": {
			"-- src/price.test.ts --\nimport { expect, test } from 'vitest'\n\ntest('price', () => expect(1).toBe(1))\n",
			"src/cart.ts", "the tests that reach 1 file", "1 passed (1)", "price.test.ts",
		},
		"pytest": {
			"-- test_price.py --\ndef test_price():\n    pass\n",
			"cart.py", "1 of 2 test files", "test_cart.py", "test_price.py",
		},
		"cargo": {
			"-- price/Cargo.toml --\n[package]\nname = \"price\"\nversion = \"0.1.0\"\nedition = \"2021\"\n-- price/src/lib.rs --\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn costs() {}\n}\n" +
				"-- sawhorse.yml --\nversion: 1\ntasks:\n  test: {run: cargo test --offline --lib --workspace, watch: [\"src/**\"], timeout: 5m}\n",
			"src/lib.rs", "1 of 2 packages", "adds_up", "costs",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, dir := newWorld(t, "")
			if err := os.Remove(filepath.Join(dir, "sawhorse.yml")); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "runners", name))); err != nil {
				t.Fatal(err)
			}
			for _, f := range txtar.Parse([]byte(c.beside)).Files {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, f.Name)), 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, string(f.Data), filepath.Join(dir, f.Name))
			}
			if name == "cargo" {
				manifest, err := os.ReadFile(filepath.Join(dir, "Cargo.toml"))
				if err != nil {
					t.Fatal(err)
				}
				write(t, string(manifest)+"\n[workspace]\nmembers = [\"price\"]\n", filepath.Join(dir, "Cargo.toml"))
			}
			env, missing := environFor(t, name, dir)
			if missing != "" {
				skipFor(t, missing)
			}
			say := func(args ...string) string {
				cmd := exec.Command(theProgram(t), args...)
				cmd.Dir, cmd.Env = dir, append(w.environ(theProgram(t)), env...)
				out, _ := cmd.CombinedOutput()
				return string(out)
			}
			until := func(what, want string, times int, args ...string) {
				t.Helper()
				for end := time.Now().Add(patience); strings.Count(say(args...), want) < times; time.Sleep(glance) {
					if time.Now().After(end) {
						t.Fatalf("waited in vain for %s: %s\n%s", what, say(args...), say("logs", "test"))
					}
				}
			}
			say("trust")
			say("up", "-d")
			until("the first run", "succeeded", 1, "history", "test")
			first := say("logs", "test")
			if !strings.Contains(first, c.left) {
				t.Fatalf("the first run was not all of it:\n%s", first)
			}
			source := filepath.Join(dir, filepath.FromSlash(c.save))
			text, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			write(t, string(text)+"\n", source)
			until("a run that did less", "did only "+c.did+": "+c.save+" changed", 1, "why", "test")
			until("its end", "succeeded", 2, "history", "test") // or that of the next, if the save was seen half done
			second := strings.TrimPrefix(say("logs", "test"), first)
			var printed []string // without what is said of what it left out, twice if the save was seen half done
			for line := range strings.Lines(second) {
				if !strings.HasPrefix(line, "── ") {
					printed = append(printed, line)
				}
			}
			second = strings.Join(printed, "")
			if !strings.Contains(second, c.ran) || strings.Contains(second, c.left) {
				t.Errorf("the second run:\n%s", second)
			}
		})
	}
}

func environFor(t *testing.T, name, dir string) (env []string, missing string) {
	t.Helper()
	for _, eco := range ecosystems() {
		if eco.name == name {
			return eco.environ(t, dir)
		}
	}
	t.Fatalf("there is no ecosystem %s", name)
	return nil, ""
}
