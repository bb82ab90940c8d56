package pytest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

type world struct {
	*testing.T
	root string
	n    tasks.Narrower
}

// newWorld has a pytest that tells of these plugins.
func newWorld(t *testing.T, plugins, files string) *world {
	t.Helper()
	w := &world{T: t, root: t.TempDir()}
	w.write(files + "\n-- .venv/pyvenv.cfg --\n-- .venv/bin/pytest --\n#!/bin/sh\necho This is pytest version 9.2.0; echo " + plugins + "\n")
	if err := os.Chmod(filepath.Join(w.root, ".venv", "bin", "pytest"), 0o700); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); work.Wait() })
	w.n = narrow(integrations.Surroundings{
		Aside: func(f func(context.Context)) { work.Go(func() { f(ctx) }) },
		Env:   func(config.Unit) ([]string, error) { return os.Environ(), nil },
	})
	return w
}

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

func (w *world) ask(line string, q tasks.Request) string {
	w.Helper()
	q.Task = tasks.Task{Name: "test", Kind: config.Task, Root: w.root, Spec: config.Unit{Run: line}}
	n, ok := w.n.Narrow(w.Context(), q)
	if !ok {
		return "all: " + n.Narrowing.Why
	}
	if n.Empty != 5 {
		w.Errorf("%q: nothing to do would be exit %d", line, n.Empty)
	}
	return strings.Join(n.Spec.Command, " ")
}

func (w *world) wants(want, line string, files ...string) {
	w.Helper()
	got := w.ask(line, tasks.Request{Cause: tasks.Cause{Kind: tasks.ByWatch, Files: files}})
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("%s, when %v was saved: %s", line, files, diff)
	}
}

const shop = `
-- pyproject.toml --
[tool.pytest.ini_options]
testpaths = ["tests"]
-- src/shop/__init__.py --
-- src/shop/price.py --
TAX = 1
-- src/shop/cart.py --
from . import price
from .money import (  # why
    Amount as A,
    round_up,
)
-- src/shop/money.py --
import os, sys
-- src/shop/plugin.py --
-- src/shop/jobs.py --
-- src/shop/settings.py --
APPS = ["shop.jobs"]
-- tools/gen.py --
-- tests/conftest.py --
import shop.plugin
-- tests/helpers.py --
-- tests/test_cart.py --
import pytest; from shop.cart import total
-- tests/test_price.py --
def test_price():
    import shop.price as p
-- tests/deep/conftest.py --
-- tests/deep/test_deep.py --
import helpers
from unittest import mock

def test_it():
    with mock.patch("shop.money.round_up"):
        pass
-- tests/deep/other.py --
-- tests/test_settings.py --
import importlib
s = importlib.import_module("shop.settings")
-- notes.md --
`

func TestTestFilesThatImportWhatChanged(t *testing.T) {
	w := newWorld(t, "plugins", shop)
	const line = ".venv/bin/pytest -q -n 2"
	w.wants(line+" tests/test_cart.py tests/test_price.py", line, "src/shop/price.py")
	w.wants(line+" tests/deep/test_deep.py tests/test_cart.py", line, "src/shop/money.py")
	w.wants(line+" tests/deep/test_deep.py", line, "tests/helpers.py")
	w.wants(line+" tests/deep/test_deep.py", line, "tests/deep/conftest.py")
	w.wants(line+" tests/test_cart.py", line, "tests/test_cart.py")
	w.wants(line+" tests/test_settings.py", line, "src/shop/jobs.py")
	w.wants("all: the change reaches all 4 test files", line, "src/shop/plugin.py")
	w.wants("all: the change reaches all 4 test files", line, "src/shop/__init__.py")
	w.wants("all: no test imports tools/gen.py, so who uses it is not known", line, "tools/gen.py", "src/shop/price.py")
	w.wants("all: notes.md is not a module, and any test may read it", line, "notes.md")
	w.wants("all: pyproject.toml changed", line, "pyproject.toml")
	w.wants(".venv/bin/pytest -k sum tests/deep/test_deep.py", ".venv/bin/pytest -k sum tests/deep tests/test_price.py", "src/shop/money.py")
	w.wants("", ".venv/bin/pytest tests/deep/test_deep.py tests/test_price.py", "tests/test_cart.py")
	w.wants("all: its coverage is of all tests", ".venv/bin/pytest --cov=shop", "src/shop/price.py")
	w.wants("all: pytest --lf chooses its tests itself", ".venv/bin/pytest --lf", "src/shop/price.py")
	w.wants("all: its command names single tests", ".venv/bin/pytest tests/test_cart.py::test_x", "src/shop/price.py")
	w.wants("all: what gone is in its command is not known", ".venv/bin/pytest --new-flag gone", "src/shop/price.py")
	w.wants("all: ", "ruff check .", "src/shop/price.py")

	if err := os.Remove(filepath.Join(w.root, "src/shop/price.py")); err != nil {
		t.Fatal(err)
	}
	w.wants(line+" tests/test_cart.py tests/test_price.py", line, "src/shop/price.py")
	w.write("-- tests/test_price.py --\n")
	w.wants(line+" tests/test_cart.py", line, "src/shop/price.py")
}

func TestWhatFailedBeforeIsAmongTheFiles(t *testing.T) {
	w := newWorld(t, "plugins", shop)
	q := tasks.Request{
		Cause:  tasks.Cause{Kind: tasks.ByWatch, Files: []string{"src/shop/jobs.py"}},
		Failed: []tasks.TestName{{Suite: "tests/test_price.py", Name: "test_price"}},
		Broken: []string{"tests/deep/test_deep.py"},
	}
	if diff := cmp.Diff(".venv/bin/pytest tests/deep/test_deep.py tests/test_price.py tests/test_settings.py", w.ask(".venv/bin/pytest", q)); diff != "" {
		t.Error(diff)
	}
}

func TestWhereTestmonIsInstalledItChooses(t *testing.T) {
	w := newWorld(t, "pytest-testmon-2.1.3 at /x/testmon", shop)
	w.wants(".venv/bin/pytest --testmon -q -k sum tests", ".venv/bin/pytest -q -k sum tests", "src/shop/price.py")
	w.wants("all: notes.txt is not a module, and any test may read it", ".venv/bin/pytest -q", "notes.txt")
	w.wants("", ".venv/bin/pytest --testmon -q", "src/shop/price.py")
}

func TestWhatTestmonRunsIsSaidAsItIs(t *testing.T) {
	w := newWorld(t, "pytest-testmon-2.1.3 at /x/testmon", shop)
	what := func(line string) string {
		t.Helper()
		q := tasks.Request{Task: tasks.Task{Root: w.root, Spec: config.Unit{Run: line}}, Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"src/shop/price.py"}}}
		n, _ := w.n.Narrow(t.Context(), q)
		return n.Narrowing.What
	}
	for _, line := range []string{".venv/bin/pytest", ".venv/bin/pytest --testmon"} {
		if got := what(line); got != "all that testmon has not seen yet" {
			t.Errorf("%s, for the first time: %s", line, got)
		}
	}
	w.write("-- .testmondata --\n")
	if got := what(".venv/bin/pytest"); got != "what testmon has seen reach the change" {
		t.Error(got)
	}
}

func TestSingleTestsByTheirIDs(t *testing.T) {
	w := newWorld(t, "plugins", shop)
	cart := func(name string) tasks.TestName { return tasks.TestName{Suite: "tests/test_cart.py", Name: name} }
	for _, c := range []struct {
		line string
		only []tasks.TestName
		want string
	}{
		{"uv run --frozen pytest -q -k old tests", []tasks.TestName{cart("TestA::test_sum[a b]"), cart("test_x")}, "uv run --frozen pytest -q tests/test_cart.py::TestA::test_sum[a b] tests/test_cart.py::test_x"},
		{"python3 -m pytest", []tasks.TestName{cart("(collection)")}, "python3 -m pytest tests/test_cart.py"},
		{"pytest tests", []tasks.TestName{{Name: "test_sum"}, {Name: "test_x"}}, "pytest -k test_sum or test_x tests"},
		{"pytest", []tasks.TestName{{Suite: "tests/gone.py", Name: "test_x"}}, "all: "},
		{"python3 tool.py", []tasks.TestName{cart("test_x")}, "all: "},
	} {
		if diff := cmp.Diff(c.want, w.ask(c.line, tasks.Request{Only: c.only})); diff != "" {
			t.Errorf("%q: %s", c.line, diff)
		}
	}
}

func TestSettingsAreFoundWhereverPytestReadsThem(t *testing.T) {
	for name, c := range map[string]struct {
		files string
		want  settings
	}{
		"pytest.ini":     {"-- pytest.ini --\n[pytest]\npython_files = check_*.py\n    *_check.py\n; no\ntestpaths: a b\n[other]\naddopts = -x\n", settings{files: []string{"check_*.py", "*_check.py"}, paths: []string{"a", "b"}}},
		"setup.cfg":      {"-- setup.cfg --\n[metadata]\nname = x\n[tool:pytest]\naddopts = -q --cov\n", settings{files: []string{"test_*.py", "*_test.py"}, addopts: []string{"-q", "--cov"}}},
		"pyproject.toml": {"-- pyproject.toml --\n[tool.pytest.ini_options]\npythonpath = \"src lib\"\ntestpaths = [\"t\"]\n", settings{files: []string{"test_*.py", "*_test.py"}, paths: []string{"t"}, pythonpath: []string{"src", "lib"}}},
		"none":           {"-- setup.cfg --\n[metadata]\n", settings{files: []string{"test_*.py", "*_test.py"}}},
	} {
		w := newWorld(t, "", c.files)
		c.want.dir = w.root
		if diff := cmp.Diff(c.want, readSettings(w.root, w.root), cmp.AllowUnexported(settings{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzAnyTextHasItsImports(f *testing.F) {
	f.Add("import a.b as c, d\nfrom ..x import (y,\n z) # w\n")
	f.Add("from . import *\nimport_module('.m')\n\"a.b\"")
	f.Fuzz(func(t *testing.T, text string) {
		for _, st := range parseImports(text).statements {
			for _, n := range st.names {
				if strings.ContainsAny(n, " \t\n()#") {
					t.Errorf("%q is no name", n)
				}
			}
		}
	})
}
