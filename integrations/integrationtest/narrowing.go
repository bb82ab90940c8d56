package integrationtest

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

// Less is what a command becomes when less than all of it is to run: "the new command
// # what it runs", or why it stays as it is; "" says that it is another tool's.
type Less struct{ Line, Want string }

// JavaScript checks the Narrower of a test runner of JavaScript: with what it answers
// when src/cart.ts was saved, when one test of src/cart.test.ts is wanted, and when
// all of that file is.
func JavaScript(t *testing.T, d integrations.Definition, saved, test, file []Less) {
	t.Helper()
	root := t.TempDir()
	bin := filepath.Join(root, "node_modules", ".bin")
	for _, name := range []string{filepath.Join(bin, d.Name), filepath.Join(root, "src", "cart.ts"), filepath.Join(root, "src", "cart.test.ts")} {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	answers := func(q tasks.Request, all []Less) {
		t.Helper()
		for _, c := range all {
			q.Task = tasks.Task{Root: root, Spec: config.Unit{Run: c.Line}}
			n, ok := d.Narrow(integrations.Surroundings{}).Narrow(t.Context(), q)
			got := n.Narrowing.Why
			if ok {
				got = strings.TrimPrefix(strings.Join(n.Spec.Command, " "), bin+string(filepath.Separator)) + " # " + n.Narrowing.What
			}
			if diff := cmp.Diff(c.Want, got); diff != "" {
				t.Errorf("%q: %s", c.Line, diff)
			}
		}
	}
	answers(tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"src/cart.ts"}}}, saved)
	answers(tasks.Request{Only: []tasks.TestName{{Suite: "src/cart.test.ts", Name: "adds up"}}}, test)
	answers(tasks.Request{Only: []tasks.TestName{{Suite: "src/cart.test.ts"}}}, file)
}
