package cargo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// world is a cargo workspace in which b uses a, and the tests of c use b, as
// `cargo metadata` 1.95 tells of it.
type world struct {
	*testing.T
	root string
	n    *narrower
	read int
	fail error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, root: t.TempDir()}
	long := time.Now().Add(-time.Hour)
	for _, name := range []string{"Cargo.toml", "a/Cargo.toml", "b/Cargo.toml", "c/Cargo.toml"} {
		p := filepath.Join(w.root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(p, long, long); err != nil {
			t.Fatal(err)
		}
	}
	w.n = narrow(integrations.Surroundings{
		Aside: func(work func(context.Context)) { work(context.Background()) },
		Env:   func(config.Unit) ([]string, error) { return nil, nil },
	}).(*narrower)
	w.n.metadata = func(context.Context, invocation, []string) ([]byte, error) {
		w.read++
		member := func(name, uses string) string {
			return fmt.Sprintf(`{"name":"shop-%s","id":"path+file://%s/%s#shop-%s@0.1.0","dependencies":[%s],"targets":[{"name":"shop_%s"},{"name":"whole-%s"}],"manifest_path":"%s/%s/Cargo.toml"}`,
				name, w.root, name, name, uses, name, name, w.root, name)
		}
		uses := func(name string) string {
			return fmt.Sprintf(`{"name":"serde","req":"1"},{"name":"shop-%s","path":"%s/%s"}`, name, w.root, name)
		}
		return fmt.Appendf(nil, `{"packages":[%s,%s,%s],"workspace_root":"%s"}`, member("a", ""), member("b", uses("a")), member("c", uses("b")), w.root), w.fail
	}
	return w
}

func (w *world) ask(u config.Unit, q tasks.Request) string {
	w.Helper()
	q.Task = tasks.Task{Name: "test", Kind: config.Task, Root: w.root, Spec: u}
	n, ok := w.n.Narrow(w.Context(), q)
	if !ok {
		return "all: " + n.Narrowing.Why
	}
	return strings.Join(n.Spec.Command, " ")
}

func TestPackagesThatAChangeCanAffect(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ line, file, want string }{
		{"cargo test", "b/src/lib.rs", "cargo test -p shop-b -p shop-c"},
		{"cargo test", "c/data/x.json", "cargo test -p shop-c"},
		{"cargo test --workspace -j 2 cart -- --nocapture", "b/build.rs", "cargo test -p shop-b -p shop-c -j 2 cart -- --nocapture"},
		{"cargo +nightly nextest run --workspace --exclude shop-c", "b/src/lib.rs", "cargo +nightly nextest run -p shop-b"},
		{"cargo clippy -p shop-a -p shop-c --all-targets", "b/src/lib.rs", "cargo clippy -p shop-c --all-targets"},
		{"cargo check -p shop-a", "c/src/lib.rs", ""},
		{"cargo test -p shop-a", "a/src/lib.rs", "all: it is of one package"},
		{"cargo build", "a/src/lib.rs", "all: the change is part of all 3 packages"},
		{"cargo test", "Cargo.lock", "all: Cargo.lock changed"},
		{"cargo test", ".cargo/config.toml", "all: config.toml changed"},
		{"cargo test", "docs/x.md", "all: docs/x.md is of no package, and any may read it"},
		{"cargo test --manifest-path b/Cargo.toml", "b/src/lib.rs", "all: its command names a manifest of its own"},
		{"cargo run", "b/src/lib.rs", "all: "},
		{"cargo fmt && cargo test", "b/src/lib.rs", "all: "},
	} {
		got := w.ask(config.Unit{Run: c.line}, tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{c.file}}})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s, when %s was saved: %s", c.line, c.file, diff)
		}
	}
	got := w.ask(config.Unit{Run: "cargo test", Dir: filepath.Join(w.root, "c")}, tasks.Request{Cause: tasks.Cause{Files: []string{"a/src/lib.rs"}}})
	if got != "all: it is of one package" {
		t.Errorf("in a member: %s", got)
	}
}

func TestWhatFailedBeforeIsAmongThePackages(t *testing.T) {
	w := newWorld(t)
	q := tasks.Request{Cause: tasks.Cause{Files: []string{"c/src/lib.rs"}}, Failed: []tasks.TestName{{Suite: "shop_a", Name: "works"}}}
	if got := w.ask(config.Unit{Run: "cargo test"}, q); got != "cargo test -p shop-a -p shop-c" {
		t.Error(got)
	}
	q.Failed[0].Suite = "gone"
	if got := w.ask(config.Unit{Run: "cargo test"}, q); got != "all: the package of works, which failed, is not known" {
		t.Error(got)
	}
}

func TestManifestsAreReadAgainWhenOneChanged(t *testing.T) {
	w := newWorld(t)
	q := tasks.Request{Cause: tasks.Cause{Files: []string{"c/src/lib.rs"}}}
	w.ask(config.Unit{Run: "cargo test"}, q)
	w.ask(config.Unit{Run: "cargo test"}, q)
	if w.read != 1 {
		t.Errorf("read %d times", w.read)
	}
	if err := os.WriteFile(filepath.Join(w.root, "c", "Cargo.toml"), []byte("#"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.fail = errors.New("no such dependency")
	if got := w.ask(config.Unit{Run: "cargo test"}, q); got != "all: its packages are not known: no such dependency" {
		t.Error(got)
	}
}

func TestSingleTestsOfCargo(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		line string
		only []tasks.TestName
		want string
	}{
		{"cargo test --workspace old -- --nocapture", []tasks.TestName{{Suite: "shop_a", Name: "tests::works"}, {Suite: "whole_b", Name: "sums"}}, "cargo test -p shop-a -p shop-b -- --nocapture --exact tests::works sums"},
		{"cargo test", []tasks.TestName{{Suite: "shop_a (doc)", Name: "src/lib.rs - f (line 3)"}}, "cargo test -p shop-a -- --exact src/lib.rs - f (line 3)"},
		{"cargo test -p shop-a", []tasks.TestName{{Name: "works"}}, "cargo test -p shop-a -- works"},
		{"cargo nextest run", []tasks.TestName{{Suite: "shop-a", Name: "tests::works"}, {Suite: "shop-b::whole-b", Name: "sums"}}, "cargo nextest run -p shop-a -p shop-b -E test(=tests::works) | test(=sums)"},
		{"cargo test --workspace", []tasks.TestName{{Suite: "shop-a", Name: tasks.WholeFile}}, "cargo test -p shop-a"},
		{"cargo nextest run --workspace", []tasks.TestName{{Name: "a(b)"}}, `cargo nextest run --workspace -E test(a\(b\))`},
		{"cargo test", []tasks.TestName{{Suite: "shop_a"}}, "cargo test -p shop-a"},
		{"cargo test", []tasks.TestName{{Suite: "gone", Name: "x"}}, "all: "},
		{"cargo check", []tasks.TestName{{Suite: "shop_a", Name: "x"}}, "all: "},
	} {
		if diff := cmp.Diff(c.want, w.ask(config.Unit{Run: c.line}, tasks.Request{Only: c.only})); diff != "" {
			t.Errorf("%q: %s", c.line, diff)
		}
	}
}
