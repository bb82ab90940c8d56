package pytest

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// styles is recorded output of pytest 9.2.0 and pytest-xdist 3.8.0 in testdata/styles.
var styles = []string{"testdata/color.txt", "testdata/line.txt", "testdata/native.txt", "testdata/no.txt", "testdata/subtests_v.txt", "testdata/xdist.txt"}

// unread is its output where it can't read what it is given.
var unread = []string{"testdata/syntax.txt", "testdata/conftest.txt", "testdata/conftest_syntax.txt"}

// places are where the tests of testdata/styles fail, and why.
var places = map[string]string{
	"test_total":                    "test_cart.py:7 assert 5 == 6",
	"test_param[one - two]":         "test_cart.py:12 assert 1 == 2",
	"test_param[x[y]]":              "test_cart.py:12 AssertionError: assert 'x - y' == 'z::w'",
	"TestCart::test_dict":           "test_cart.py:18 AssertionError: assert {'a': 1, 'b': [1, 2]} == {'a': 1, 'b': [1, 3]}",
	"TestCart::TestInner::test_in":  "test_cart.py:21 ValueError: bad",
	"test_strict":                   "test_cart.py:43 [XPASS(strict)]",
	"Old::test_sub::(i=0)":          "test_cart.py:57 AssertionError: 0 != 1",
	"Old::test_sub::(i=2)":          "test_cart.py:57 AssertionError: 2 != 1",
	"test_helper":                   "test_cart.py:60 AssertionError: helper says no",
	"test_subtests::[custom] (i=1)": "test_cart.py:68 assert 1 != 1",
	"test_subtests":                 "test_cart.py:65 contains 1 failed subtest",
	"test_setup":                    "test_cart.py:25 RuntimeError: no fixture",
	"test_teardown":                 "test_cart.py:33 RuntimeError: teardown broke",
	"test_missing":                  "test_cart.py:50 fixture 'nofixture' not found",
}

// vaguer is what two styles say less of: then a test stands where it is written.
var vaguer = map[string]map[string]string{
	"testdata/line.txt": {
		"Old::test_sub::(i=0)": "test_cart.py:54 AssertionError: 0 != 1", "Old::test_sub::(i=2)": "test_cart.py:54 AssertionError: 2 != 1",
		"test_setup": "test_cart.py:27 RuntimeError: no fixture", "test_teardown": "test_cart.py:35 RuntimeError: teardown broke",
	},
	"testdata/no.txt": {
		"Old::test_sub::(i=0)": "test_cart.py:54 AssertionError: 0 != 1", "Old::test_sub::(i=2)": "test_cart.py:54 AssertionError: 2 != 1",
		"test_setup": "test_cart.py:27 RuntimeError: no fixture", "test_teardown": "test_cart.py:35 RuntimeError: teardown broke",
		"TestCart::TestInner::test_in": "test_cart.py:20 ValueError: bad", "TestCart::test_dict": "test_cart.py:17 AssertionError: assert {'a': 1, 'b...",
		"test_helper": "test_cart.py:62 AssertionError: helper says no", "test_missing": "test_cart.py:50 ", "test_total": "test_cart.py:6 assert 5 == 6",
		"test_param[one - two]": "test_cart.py:10 assert 1 == 2", "test_param[x[y]]": "test_cart.py:10 AssertionError: assert 'x - y' == 'z::w'",
		"test_subtests::[custom] (i=1)": "test_cart.py:65 assert 1 != 1",
	},
}

func TestEveryStyleAndPluginLeadsToTheLine(t *testing.T) {
	for _, file := range styles {
		got, _ := integrationtest.Recorded(t, Definition(), "testdata/styles", file)
		found := map[string]string{}
		for _, r := range got.Tests {
			if r.Status == "failed" { // xdist says i='1' of a number
				found[strings.ReplaceAll(r.Name, "'", "")] = r.Location.String() + " " + r.Message
			}
		}
		want := maps.Clone(places)
		maps.Copy(want, vaguer[file])
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestSubtestsThatPassAreToldWithV(t *testing.T) {
	got, _ := integrationtest.Recorded(t, Definition(), "testdata/styles", "testdata/subtests_v.txt")
	all := strings.Join(got.Rows(), "\n")
	for _, want := range []string{"passed test_cart.py test_subtests::[custom] (i=0)", "passed test_cart.py test_subtests::[custom] (i=2)"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not told:\n%s", want, all)
		}
	}
}

func TestWhatPythonCantReadHasItsPlace(t *testing.T) {
	for file, want := range map[string][]string{
		"testdata/syntax.txt": {
			"failed test_import.py (collection) broken.py:4 SyntaxError: invalid syntax",
			"failed test_indent.py (collection) test_indent.py:3 IndentationError: unindent does not match any outer indentation level",
		},
		"testdata/conftest.txt":        {"error conftest.py:1  ModuleNotFoundError: No module named 'nothing_here'"},
		"testdata/conftest_syntax.txt": {"error conftest.py:4  SyntaxError: invalid syntax"},
	} {
		got, _ := integrationtest.Recorded(t, Definition(), "testdata/unread", file)
		if diff := cmp.Diff(want, got.Rows()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}
