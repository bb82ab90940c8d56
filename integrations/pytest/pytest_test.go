package pytest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

var recorded = []string{"testdata/compared.txt", "testdata/compared_short.txt", "testdata/plain.txt", "testdata/v.txt", "testdata/short.txt", "testdata/collect.txt"}

func read(t *testing.T, file string) *integrationtest.Found {
	t.Helper()
	root := integrationtest.Root(t, "testdata/cart")
	return integrationtest.Read(Definition(), integrationtest.Task(root, ""), integrationtest.Lines(t, file, root))
}

var failures = []string{
	"failed test_cart.py test_total test_cart.py:14 assert 3 == 4",
	"failed test_cart.py test_helper test_cart.py:6 AssertionError: wrong total",
	"failed test_cart.py test_param[a - b] test_cart.py:23 AssertionError: assert 'a - b' == 'c'",
	"failed test_cart.py TestCart::test_first cart.py:6 IndexError: list index out of range",
	"failed test_cart.py test_db test_cart.py:37 RuntimeError: no database",
}

func TestEveryStyleOfTracebackSaysTheSame(t *testing.T) {
	for _, file := range []string{"testdata/plain.txt", "testdata/short.txt"} {
		if diff := cmp.Diff(failures, read(t, file).Rows()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestVerboseOutputSaysMore(t *testing.T) {
	want := append([]string{"passed test_cart.py test_passes"}, failures[:3]...)
	want = append(want, "passed test_cart.py test_param[c]", failures[3], "skipped test_cart.py TestCart::test_skip", failures[4])
	if diff := cmp.Diff(want, read(t, "testdata/v.txt").Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestVerboseOutputIsToldAtOnce(t *testing.T) {
	root := integrationtest.Root(t, "testdata/cart")
	lines := integrationtest.Lines(t, "testdata/v.txt", root)[:7]
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), lines).Rows()
	if diff := cmp.Diff([]string{"passed test_cart.py test_passes", "failed test_cart.py test_total test_cart.py:13"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatCantBeImportedIsAFailure(t *testing.T) {
	want := []string{"failed test_broken.py (collection) test_broken.py:1 ModuleNotFoundError: No module named 'nothing_here'"}
	if diff := cmp.Diff(want, read(t, "testdata/collect.txt").Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestSeveralWorkersSayWhoseResultItIs(t *testing.T) {
	root := integrationtest.Root(t, "testdata/cart")
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), []string{
		"===== test session starts =====",
		"[gw0] [ 50%] PASSED test_cart.py::test_passes ",
		"[gw1] [100%] FAILED test_cart.py::test_total ",
	}).Rows()
	if diff := cmp.Diff([]string{"passed test_cart.py test_passes", "failed test_cart.py test_total test_cart.py:13"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheSameWordsElsewhereAreNoResults(t *testing.T) {
	got := integrationtest.Read(Definition(), integrationtest.Task(integrationtest.Root(t, "testdata/cart"), ""), []string{
		"FAILED test_cart.py::test_total - no", "ERROR: no", "=== hello ===", "==== 3 done in 2s ====",
	})
	if len(got.Rows())+len(got.Own) > 0 {
		t.Errorf("%q %q", got.Rows(), got.Own)
	}
}

func TestTheContractHolds(t *testing.T) {
	root := integrationtest.Root(t, "testdata/cart")
	var examples []string
	for _, file := range slices.Concat(recorded, styles, unread) {
		examples = append(examples, strings.Join(integrationtest.Lines(t, file, root), "\n"))
	}
	integrationtest.Contract(t, Definition(), examples...)
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/cart"), slices.Concat(recorded, styles, unread)...)
}
