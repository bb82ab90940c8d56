package jest

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
	for _, name := range []string{"node_modules/.bin/jest", "src/cart.ts", "src/cart.test.ts"} {
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
		{"jest", saved, "jest --passWithNoTests --findRelatedTests src/cart.ts # the tests that reach 1 file"},
		{"jest -c j.js --ci -t cart", saved, "jest -c j.js --ci -t cart --passWithNoTests --findRelatedTests src/cart.ts # the tests that reach 1 file"},
		{"npx jest --watch=false", saved, "jest --watch=false --passWithNoTests --findRelatedTests src/cart.ts # the tests that reach 1 file"},
		{"jest --coverage", saved, "its coverage is of all tests"},
		{"jest src", saved, "its command names files itself"},
		{"jest --watchAll", saved, "jest --watchAll chooses its tests itself"},
		{"eslint .", saved, ""},
		{"jest --coverage -t old", one, "jest --coverage -t (^| )(adds up$) --runTestsByPath src/cart.test.ts # 1 test"},
		{"jest", file, "jest --runTestsByPath src/cart.test.ts # 1 file"},
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
