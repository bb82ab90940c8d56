package unittest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// What Python 3.9, 3.11 and 3.13 have printed; buffered is with -v -b, plain without.
var recorded = []string{"testdata/v_3.9.txt", "testdata/v_3.13.txt", "testdata/buffered.txt", "testdata/plain.txt"}

func TestResultsAndTracebacksAreRead(t *testing.T) {
	failed := []string{
		"failed tests.test_broken (collection) tests/test_broken.py:1 ModuleNotFoundError: No module named 'no_such_module'",
		"failed tests.test_cart TestCart::test_breaks cart.py:6 IndexError: list index out of range",
		"failed tests.test_cart TestCart::test_each::[price] (n=0) tests/test_cart.py:42 AssertionError: 0 != 1",
		"failed tests.test_cart TestCart::test_each::[price] (n=2) tests/test_cart.py:42 AssertionError: 2 != 1",
		"failed tests.test_cart TestCart::test_empty tests/test_cart.py:14 AssertionError: 0 != 1",
		`failed tests.test_cart TestCart::test_long tests/test_cart.py:45 AssertionError: 'one\ntwo\nthree\n' != 'one\n2\nthree\n'`,
		"failed tests.test_cart TestCart::test_prints tests/test_cart.py:22 AssertionError: {'who': 'ada', 'items': [1, 2, 3]} != {'who': 'bob', 'items': [1, 3]}",
		"failed tests.test_cart TestCart::test_surprise tests/test_cart.py:1 it passed, and was expected to fail",
		"failed tests.test_cart TestStore::setUpClass tests/test_cart.py:51 OSError: no database",
	}
	named := []string{
		"passed tests.test_cart TestCart::test_documented",
		"passed tests.test_cart TestCart::test_total",
		"skipped tests.test_cart TestCart::test_known  expected failure",
		"skipped tests.test_cart TestCart::test_later  not written yet",
	}
	for _, file := range recorded {
		got, _ := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		rows := got.Rows()
		slices.Sort(rows)
		want := slices.Concat(failed, named)
		if file == "testdata/plain.txt" { // what passes is a dot
			want = failed
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestOfSeveralExceptionsAtOnceTheFirstIsTold(t *testing.T) {
	got, _ := integrationtest.Recorded(t, Definition(), "testdata/shop", "testdata/group.txt")
	want := []string{
		"failed tests.test_group TestGroup::test_all tests/test_group.py:7 ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception): ValueError: no such item: 2",
		"failed tests.test_group TestGroup::test_plain tests/test_group.py:17 ExceptionGroup: many (2 sub-exceptions): ValueError: one",
	}
	rows := got.Rows()
	slices.Sort(rows)
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

func TestATestHasItsOwnOutputAndWhatItCompared(t *testing.T) {
	for _, file := range recorded {
		got, lines := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		diffs := got.Diffs()
		for name, want := range map[string]string{
			"TestCart::test_empty":  "-1\n+0",
			"TestCart::test_long":   " one\n+two\n-2\n three",
			"TestCart::test_prints": "+{'items': [1, 2, 3], 'who': 'ada'}\n-{'items': [1, 3], 'who': 'bob'}",
			"TestCart::test_breaks": "",
		} {
			if diff := cmp.Diff(want, diffs["tests.test_cart "+name]+diffs[name]); diff != "" {
				t.Errorf("%s: %s %s", file, name, diff)
			}
		}
		own := strings.Join(got.Output(lines)["TestCart::test_empty"], "\n")
		if !strings.HasPrefix(own, "FAIL: test_empty (") || !strings.HasSuffix(own, "AssertionError: 0 != 1\n") {
			t.Errorf("%s: its own are\n%s", file, own)
		}
	}
}

func TestWhatOnlyLooksLikeATestIsLeftAlone(t *testing.T) {
	lines := strings.Split(double+"\nERROR: the disk is full\n"+single+"\ncalled first (of a.b) ... ok\nfirst (a.b) of two\nok\nRan 3 jobs in 2s\nfoo (bar) ... ok\n", "\n")
	got := integrationtest.Read(Definition(), integrationtest.Task(t.TempDir(), ""), lines)
	if len(got.Tests)+len(got.Own) > 0 {
		t.Errorf("%v, %q", got.Rows(), got.Own)
	}
}

func TestContract(t *testing.T) {
	var examples []string
	for _, file := range recorded {
		_, lines := integrationtest.Recorded(t, Definition(), "testdata/shop", file)
		examples = append(examples, lines...)
	}
	integrationtest.Contract(t, Definition(), examples...)
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/shop"), recorded...)
}
