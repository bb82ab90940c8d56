package vitest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestLessThanAllOfIt(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"node_modules/.bin/vitest", "src/cart.ts", "src/cart.test.ts"} {
		p := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	saved := tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"src/cart.ts"}}}
	one := tasks.Request{Only: []tasks.TestName{{Suite: "src/cart.test.ts", Name: "adds up"}}}
	file := tasks.Request{Only: []tasks.TestName{{Suite: "src/cart.test.ts"}}}
	for _, c := range []struct {
		line string
		q    tasks.Request
		want string
	}{
		{"vitest", saved, "vitest related --run src/cart.ts # the tests that reach 1 file"},
		{"vitest run -c v.ts --bail=1 -t cart", saved, "vitest related --run -c v.ts --bail=1 -t cart src/cart.ts # the tests that reach 1 file"},
		{"npx vitest --watch=false", saved, "vitest related --run src/cart.ts # the tests that reach 1 file"},
		{"vitest run --coverage", saved, "its coverage is of all tests"},
		{"vitest run src", saved, "its command names files itself"},
		{"vitest bench", saved, "vitest bench chooses its tests itself"},
		{"vitest --changed", saved, "vitest --changed chooses its tests itself"},
		{"eslint .", saved, ""},
		{"vitest run --coverage -t old", one, "vitest run --coverage src/cart.test.ts -t (^| )(adds up$) # 1 test"},
		{"vitest", file, "vitest run src/cart.test.ts # 1 file"},
	} {
		c.q.Task = tasks.Task{Root: root, Spec: config.Unit{Run: c.line}}
		n, ok := narrow(integrations.Surroundings{}).Narrow(t.Context(), c.q)
		got := strings.Join(n.Spec.Command, " ")
		if ok {
			got = strings.TrimPrefix(got, filepath.Join(root, "node_modules", ".bin")+"/") + " # " + n.Narrowing.What
		} else {
			got = n.Narrowing.Why
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: %s", c.line, diff)
		}
	}
}
