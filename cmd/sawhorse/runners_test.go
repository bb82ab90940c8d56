//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ecosystem is a small project whose tests a tool of its own runs.
type ecosystem struct {
	name string // the folder of testdata/runners
	// source and test are files of it; wrong takes the place of right in source.
	source, test, right, wrong string
	// failed is the test and the place of its failure, as the strip shows them.
	failed string
	line   int
	// environ gives what the tool needs, or says what is missing here.
	environ func(t *testing.T, dir string) (env []string, missing string)
}

func ecosystems() []ecosystem {
	return []ecosystem{
		{
			name: "go", source: "cart/cart.go", test: "cart/cart_test.go", right: "sum += price", wrong: "sum -= price",
			failed: `TestTotal/three_prices +cart/cart_test.go:8 +got -6, want 6`, line: 8, environ: goEnvironment,
		},
		{
			name: "vitest", source: "src/cart.ts", test: "src/cart.test.ts", right: "sum + price", wrong: "sum - price",
			failed: `cart > adds up +src/cart.test.ts:6(:\d+)? +AssertionError: expected -6 to be 6`, line: 6, environ: nodeEnvironment,
		},
		{
			name: "pytest", source: "cart.py", test: "test_cart.py", right: "sum(prices)", wrong: "sum(prices) - 1",
			failed: `TestCart::test_adds_up +test_cart.py:6 +assert 5 == 6`, line: 6, environ: pythonEnvironment,
		},
		{
			name: "cargo", source: "src/lib.rs", test: "src/lib.rs", right: "iter().sum()", wrong: "iter().sum::<i32>() - 1",
			failed: `tests::adds_up +src/lib.rs:9(:\d+)? +assertion `, line: 9, environ: cargoEnvironment,
		},
	}
}

// A person breaks a program, sees which test says so, jumps to it, mends the
// program and sees green: with the real tool of each ecosystem.
func TestBreakSeeJumpMendGreen(t *testing.T) {
	t.Parallel()
	for _, eco := range ecosystems() {
		t.Run(eco.name, func(t *testing.T) {
			t.Parallel()
			project := filepath.Join("testdata", "runners", eco.name)
			declared, err := os.ReadFile(filepath.Join(project, "sawhorse.yml"))
			if err != nil {
				t.Fatal(err)
			}
			w, dir := newWorld(t, string(declared))
			if err := os.Remove(filepath.Join(dir, "sawhorse.yml")); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(dir, os.DirFS(project)); err != nil {
				t.Fatal(err)
			}
			env, missing := eco.environ(t, dir)
			if missing != "" {
				skipFor(t, missing)
			}
			asked := filepath.Join(t.TempDir(), "asked")
			editor := filepath.Join(filepath.Dir(asked), "vi")
			write(t, "#!/bin/sh\necho \"$@\" >>"+asked+"\n", editor)
			w.sawhorse(t, dir, "trust")
			p := sit(t, w, dir, 140, 36, append(env, "EDITOR="+editor, "VISUAL="))
			p.see("✓ test ")

			source := filepath.Join(dir, filepath.FromSlash(eco.source))
			text, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			write(t, strings.Replace(string(text), eco.right, eco.wrong, 1), source)
			p.see("ATTENTION 1", "✖ test +.*"+eco.failed)

			p.press("shift+tab").see("acknowledge|go there").press("e")
			jumped := regexp.MustCompile(fmt.Sprintf(`(?m)^\+\D*%d\b.*/%s$`, eco.line, regexp.QuoteMeta(eco.test)))
			p.until("the editor was opened at the failure", func() bool {
				said, _ := os.ReadFile(asked)
				return jumped.Match(said)
			})

			write(t, string(text), source)
			p.see("✓ test ").gone("ATTENTION 1", "✖ test")
			p.command("quit stop")
			p.leaves()
		})
	}
}

// skipFor skips a test for want of a tool, and says so where scripts/test looks.
func skipFor(t *testing.T, missing string) {
	t.Helper()
	if list := os.Getenv("SAWHORSE_TEST_SKIPPED"); list != "" {
		f, err := os.OpenFile(list, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintf(f, "%s: %s\n", t.Name(), missing)
			_ = f.Close()
		}
		if err != nil {
			t.Error(err)
		}
	}
	t.Skip(missing)
}

func goEnvironment(t *testing.T, _ string) (env []string, missing string) {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE", "GOPATH").Output()
	if err != nil {
		return nil, "no go on PATH"
	}
	lines := strings.Fields(string(out))
	return []string{"GOCACHE=" + lines[0], "GOPATH=" + lines[1], "GOTOOLCHAIN=local", "GOFLAGS="}, ""
}

// runner is what scripts/runners has installed.
func runner(t *testing.T, path ...string) (string, bool) {
	t.Helper()
	full, err := filepath.Abs(filepath.Join(append([]string{repository, ".cache", "runners"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(full)
	return full, err == nil
}

func nodeEnvironment(t *testing.T, dir string) (env []string, missing string) {
	t.Helper()
	modules, ok := runner(t, "node", "node_modules")
	if !ok {
		return nil, "no vitest: scripts/runners installs it"
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return nil, ""
}

func pythonEnvironment(t *testing.T, _ string) (env []string, missing string) {
	t.Helper()
	bin, ok := runner(t, "python", "bin")
	if !ok {
		return nil, "no pytest: scripts/runners installs it"
	}
	return []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")}, ""
}

func cargoEnvironment(t *testing.T, _ string) (env []string, missing string) {
	t.Helper()
	if _, err := exec.LookPath("cargo"); err != nil {
		return nil, "no cargo on PATH"
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"CARGO_HOME": ".cargo", "RUSTUP_HOME": ".rustup"} {
		at := os.Getenv(name)
		if at == "" {
			at = filepath.Join(home, dir)
		}
		if _, err := os.Stat(at); err == nil {
			env = append(env, name+"="+at)
		}
	}
	return append(env, "RUST_BACKTRACE=0"), ""
}
