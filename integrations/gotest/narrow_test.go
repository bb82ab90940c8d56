package gotest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// world is a directory with a narrower that looks at it, and the real go command.
type world struct {
	*testing.T
	root string
	n    *narrower
	work sync.WaitGroup
	read int // how often go list ran
}

func newWorld(t *testing.T, files string) *world {
	t.Helper()
	w := &world{T: t, root: t.TempDir()}
	w.write(files)
	w.age()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); w.work.Wait() })
	w.n = narrow(integrations.Surroundings{
		Aside: func(work func(context.Context)) { w.work.Go(func() { work(ctx) }) },
		Env: func(u config.Unit) ([]string, error) {
			w.read++
			env := append(os.Environ(), "GOFLAGS=", "GOWORK=")
			for k, v := range u.Env {
				env = append(env, k+"="+v)
			}
			return env, nil
		},
	}).(*narrower)
	return w
}

// write makes the files of a txtar archive.
func (w *world) write(files string) {
	w.Helper()
	for _, f := range txtar.Parse([]byte(files)).Files {
		name := filepath.Join(w.root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			w.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			w.Fatal(err)
		}
	}
}

// age makes everything look as if it was written long ago.
func (w *world) age() {
	w.Helper()
	long := time.Now().Add(-time.Hour)
	err := filepath.WalkDir(w.root, func(p string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(p, long, long)
	})
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) narrow(u config.Unit, q tasks.Request) (tasks.Narrowed, bool) {
	w.Helper()
	q.Task = tasks.Task{Name: "test", Kind: config.Task, Root: w.root, Spec: u}
	return w.n.Narrow(w.Context(), q)
}

// saved is the command after files were saved, or why all of it runs.
func (w *world) saved(line string, files ...string) string {
	w.Helper()
	n, ok := w.narrow(config.Unit{Run: line}, tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: files}})
	if !ok {
		return "all: " + n.Narrowing.Why
	}
	return strings.Join(n.Spec.Command, " ")
}

func (w *world) wants(want, line string, files ...string) {
	w.Helper()
	if diff := cmp.Diff(want, w.saved(line, files...)); diff != "" {
		w.Errorf("%s, when %v was saved: %s", line, files, diff)
	}
}

// shop: cart imports price; the tests of tax import cart; api embeds and has
// testdata.
const shop = `
-- go.mod --
module example.com/shop

go 1.24
-- price/price.go --
package price

import "strings"

func Of(s string) int { return len(strings.TrimSpace(s)) }
-- price/price_test.go --
package price

import "testing"

func TestOf(t *testing.T) { Of("") }
-- cart/cart.go --
package cart

import "example.com/shop/price"

func Total() int { return price.Of("x") }
-- cart/cart_test.go --
package cart

import "testing"

func TestTotal(t *testing.T) { Total() }
-- tax/tax.go --
package tax
-- tax/tax_test.go --
package tax_test

import (
	"testing"

	"example.com/shop/cart"
)

func TestTax(t *testing.T) { cart.Total() }
-- api/api.go --
package api

import _ "embed"

//go:embed page.html
var Page string
-- api/page.html --
<p>
-- api/api_test.go --
package api

import "testing"

func TestPage(t *testing.T) {}
-- api/testdata/want.txt --
want
-- cmd/shop/main.go --
package main

import "example.com/shop/api"

func main() { println(api.Page) }
-- price/price_windows.go --
package price
-- schema.sql --
select 1;
`

func TestPackagesThatAChangeCanAffect(t *testing.T) {
	w := newWorld(t, shop)
	const test, vet, build = "go test -short ./...", "go vet ./...", "go build -o /tmp/x ./..."
	w.wants("go test -short ./cart ./price ./tax", test, "price/price.go")
	w.wants("go test -short ./cart ./tax", test, "cart/cart.go")
	w.wants("go test -short ./cart", test, "cart/cart_test.go")
	w.wants("go test -short ./tax", test, "tax/tax_test.go")
	w.wants("go test -short ./cart ./price ./tax", "go test -short ./cart ./tax ./price ./api", "price/price.go")
	w.wants("go test -short ./api ./cmd/shop", test, "api/page.html")
	w.wants("go test -short ./api", test, "api/testdata/want.txt")
	w.wants("", test, "price/price_windows.go")
	w.wants("all: schema.sql is not a Go file, and any test may read it", test, "price/price.go", "schema.sql")
	w.wants("all: go.mod changed", test, "go.mod")
	w.wants("", "go test ./api", "price/price.go")
	w.wants("all: the change is part of all 3 packages", "go test ./cart ./tax ./price", "price/price.go")
	w.wants("all: its coverage profile is of all packages", "go test -coverprofile c.out ./...", "price/price.go")

	w.wants("go vet ./cart ./price ./tax", vet, "price/price.go")
	w.wants("go vet ./tax", vet, "tax/tax_test.go")
	w.wants("", vet, "schema.sql")
	w.wants("go build -o /tmp/x ./cart ./price", build, "price/price.go")
	w.wants("", build, "cart/cart_test.go", "api/testdata/want.txt")
}

func TestWhatFailedBeforeIsAmongThePackages(t *testing.T) {
	w := newWorld(t, shop)
	n, ok := w.narrow(config.Unit{Run: "go test ./..."}, tasks.Request{
		Cause:  tasks.Cause{Kind: tasks.ByWatch, Files: []string{"cart/cart_test.go"}},
		Failed: []tasks.TestName{{Suite: "price", Name: "TestOf"}},
		Broken: []string{"tax/tax_test.go"},
	})
	want := tasks.Narrowed{
		Spec:      config.Unit{Command: []string{"go", "test", "./cart", "./price", "./tax"}},
		Narrowing: tasks.Narrowing{What: "3 of 5 packages", Skipped: []string{"./api", "./cmd/shop"}},
	}
	if diff := cmp.Diff(want, n); !ok || diff != "" {
		t.Error(ok, diff)
	}
}

func TestTheGraphIsReadOnceAndAgainWhenItMustBe(t *testing.T) {
	w := newWorld(t, shop)
	const test = "go test ./..."
	w.wants("go test ./cart ./tax", test, "cart/cart.go")
	w.write("-- cart/cart.go --\npackage cart\n\nimport \"example.com/shop/price\"\n\nfunc Total() int { return 2 * price.Of(\"x\") }\n")
	w.wants("go test ./cart ./tax", test, "cart/cart.go")
	if w.read != 1 {
		t.Errorf("a changed body made it read %d times", w.read)
	}
	w.write("-- api/api.go --\npackage api\n\nimport _ \"embed\"\nimport _ \"example.com/shop/price\"\n\n//go:embed page.html\nvar Page string\n")
	w.wants("all: the change is part of all 5 packages", test, "price/price.go")
	w.write("-- new/new.go --\npackage new\n\nimport _ \"example.com/shop/api\"\n")
	w.wants("go test ./new", test, "new/new.go")
	w.wants("go test ./api ./cmd/shop ./new", test, "api/api.go")
	if w.read > 4 {
		t.Errorf("it was read %d times", w.read)
	}
}

func TestAnImportThatIsGoneIsForgottenAfterTheRun(t *testing.T) {
	w := newWorld(t, shop)
	const test = "go test ./..."
	w.wants("go test ./cart ./price ./tax", test, "price/price.go")
	w.write("-- cart/cart.go --\npackage cart\n\nfunc Total() int { return 1 }\n")
	w.wants("go test ./cart ./price ./tax", test, "price/price.go")
	w.n.Prepare(tasks.Request{Task: tasks.Task{Name: "test", Kind: config.Task, Root: w.root, Spec: config.Unit{Run: test}}})
	w.work.Wait()
	w.wants("go test ./price", test, "price/price.go")
}

func TestAPackageThatCannotBeReadIsAlwaysAmongThem(t *testing.T) {
	w := newWorld(t, shop)
	w.write("-- price/price.go --\npackage price\n\nimport \"example.com/shop/gone\"\n\nvar _ = gone.X\n")
	w.wants("all: the change is part of all 5 packages", "go test ./... ./api", "api/api.go")
	w.write("-- tax/tax.go --\npackage tax\n\nfunc {\n")
	if got := w.saved("go test ./...", "tax/tax.go"); !strings.Contains(got, "./tax") {
		t.Errorf("a file that does not parse: %q", got)
	}
}

func TestModulesOfAWorkspaceDependOnEachOther(t *testing.T) {
	w := newWorld(t, `
-- go.work --
go 1.24

use (
	./lib
	./app
)
-- lib/go.mod --
module example.com/lib

go 1.24
-- lib/lib.go --
package lib
-- lib/other/other.go --
package other
-- app/go.mod --
module example.com/app

go 1.24
-- app/app.go --
package app

import _ "example.com/lib"
-- app/sub/sub.go --
package sub
`)
	w.wants("go test ./app ./lib", "go test ./app/... ./lib/...", "lib/lib.go")
	n, ok := w.narrow(config.Unit{Run: "go test ./...", Dir: filepath.Join(w.root, "app")}, tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"lib/lib.go"}}})
	if diff := cmp.Diff([]string{"go", "test", "."}, n.Spec.Command); !ok || diff != "" {
		t.Error(ok, diff)
	}
	w.wants("all: go.work changed", "go test ./app/... ./lib/...", "go.work")
}

func TestWhereTheGoCommandCannotTellAllOfItRuns(t *testing.T) {
	w := newWorld(t, "-- main.go --\npackage main\n")
	if got := w.saved("go test ./gone/...", "main.go"); !strings.HasPrefix(got, "all: who imports whom is not known: ") {
		t.Errorf("packages that are not there: %q", got)
	}
	if got, ok := w.narrow(config.Unit{Run: "make test"}, tasks.Request{Cause: tasks.Cause{Files: []string{"main.go"}}}); ok || got.Narrowing.Why != "" {
		t.Errorf("another tool: %v", got)
	}
}
