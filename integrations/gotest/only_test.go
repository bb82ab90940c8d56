package gotest

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestSingleTestsOfAGoModule(t *testing.T) {
	w := newWorld(t, `
-- go.mod --
module example.com/shop
-- internal/cart/cart.go --
package cart
-- internal/cart/cart_test.go --
package cart

import "testing"

func TestTotal(t *testing.T) {}
-- shop.go --
package shop
`)
	cart := func(names ...string) (all []tasks.TestName) {
		for _, n := range names {
			all = append(all, tasks.TestName{Suite: "internal/cart", Name: n})
		}
		return all
	}
	for _, c := range []struct {
		unit config.Unit
		only []tasks.TestName
		want []string
	}{
		{
			config.Unit{Run: "go test -race -count 1 ./..."},
			append(cart("TestTotal", "TestEmpty"), tasks.TestName{Suite: "shop", Name: "TestMain2"}),
			[]string{"go", "test", "-race", "-count", "1", "-run", "^(TestEmpty|TestMain2|TestTotal)$", ".", "./internal/cart"},
		},
		{
			config.Unit{Command: []string{"go", "test", "-run", "Old", "-count", "1", "./...", "-args", "-slow"}},
			cart("TestTotal", "TestTotal/a_b|c", "TestEmpty"),
			[]string{"go", "test", "-count", "1", "-run", `^TestEmpty$|^TestTotal$/^a_b\|c$`, "./internal/cart", "-args", "-slow"},
		},
		{
			config.Unit{Run: "go test ./..."},
			[]tasks.TestName{{Name: "TestTotal/empty"}},
			[]string{"go", "test", "-run", "^TestTotal$/^empty$", "./internal/cart"},
		},
		{
			config.Unit{Run: "gotestsum -f dots -- -v ./..."},
			cart("", tasks.WholeFile),
			[]string{"gotestsum", "-f", "dots", "--", "-v", "./internal/cart"},
		},
		{
			config.Unit{Run: "go test ./...", Dir: filepath.Join(w.root, "internal")},
			cart("TestTotal"),
			[]string{"go", "test", "-run", "^(TestTotal)$", "./cart"},
		},
		{
			config.Unit{Run: "go -C internal test ./cart"},
			cart("TestTotal"),
			[]string{"go", "-C", "internal", "test", "-run", "^(TestTotal)$", "./cart"},
		},
	} {
		got, ok := w.narrow(c.unit, tasks.Request{Only: c.only})
		if diff := cmp.Diff(c.want, got.Spec.Command); !ok || diff != "" || got.Spec.Run != "" {
			t.Errorf("%s%v: %v, %q %s", c.unit.Run, c.unit.Command, ok, got.Spec.Run, diff)
		}
	}
}

func TestACommandThatIsNotPlainIsLeftAlone(t *testing.T) {
	w := newWorld(t, "-- go.mod --\nmodule example.com/shop\n-- cart/cart.go --\npackage cart\n")
	total := []tasks.TestName{{Suite: "cart", Name: "TestTotal"}}
	for _, line := range []string{
		"go vet ./... && go test ./...", "make test", "go run .", "go test x_test.go", "gotestsum --packages ./... --", "gotestsum --watch", "go vet ./...",
	} {
		if got, ok := w.narrow(config.Unit{Run: line}, tasks.Request{Only: total}); ok {
			t.Errorf("%q became %v", line, got.Spec.Command)
		}
	}
	for _, n := range []tasks.TestName{{Name: "TestGone"}, {Suite: "gone", Name: "TestTotal"}} {
		if got, ok := w.narrow(config.Unit{Run: "go test ./..."}, tasks.Request{Only: []tasks.TestName{n}}); ok {
			t.Errorf("%v, a test of no known package, became %v", n, got.Spec.Command)
		}
	}
}
