//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// shopThatHangs has a test that goes on until a pipe is written to, in the last of four
// packages: on one processor go test begins one after the other.
const shopThatHangs = `
-- go.mod --
module example.com/shop

go 1.24
-- cart/cart_test.go --
package cart

import "testing"

func TestTotal(t *testing.T) {}
-- price/price_test.go --
package price

import "testing"

func TestOf(t *testing.T) {}
-- store/store_test.go --
package store

import (
	"os"
	"testing"
)

func TestOpens(t *testing.T) {
	if _, err := os.ReadFile("../open"); err != nil { // a pipe: it waits for a writer
		t.Fatal(err)
	}
}
-- about/about.go --
package about
`

// A person waits for a run of several packages and sees which test it is that takes
// so long, while the log has what go test prints.
func TestATestThatHangsIsNamedWhileItRuns(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, "version: 1\ntasks:\n  test: {run: go test ./...}\n")
	for _, f := range txtar.Parse([]byte(shopThatHangs)).Files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, f.Name)), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, string(f.Data), filepath.Join(dir, f.Name))
	}
	env, missing := goEnvironment(t, dir)
	if missing != "" {
		skipFor(t, missing)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "open"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.sawhorse(t, dir, "trust")
	p := sit(t, w, dir, 120, 36, env)
	p.see("▌ *○ test").press("r")
	p.see(`ok +example.com/shop/cart`, `ok +example.com/shop/price`, `no test files`).gone(`example.com/shop/store`)
	p.press("2").see(`◐ 1 running: store +TestOpens \d+`, `◐ TestOpens +\d+`, `✓ TestOf`)

	write(t, "", filepath.Join(dir, "open"))
	p.see("✓ test ", `✓ TestOpens`).gone("running")
	p.press("1").see(`ok +example.com/shop/store`).gone("Action")
	p.command("quit stop")
	p.leaves()
}
