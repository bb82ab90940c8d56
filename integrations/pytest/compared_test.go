package pytest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestWhatAnAssertionComparedIsADiff(t *testing.T) {
	root := integrationtest.Root(t, "testdata/compared")
	for _, file := range []string{"testdata/compared.txt", "testdata/compared_short.txt"} {
		lines := integrationtest.Lines(t, file, root)
		got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), lines)
		want := map[string]string{
			"test_total":                  "-6\n+5",
			"TestLabel::test_label":       "-cart of bob\n+cart of ann",
			"TestLabel::test_param[a::b]": "-x\n+cart of a::b",
			"TestLabel::test_param[c[d]]": "-x\n+cart of c[d]",
			"test_lists":                  "-[1, 3]\n+[1, 2, 3]",
			"test_lines":                  " a\n-x\n+b\n c",
		}
		if diff := cmp.Diff(want, got.Diffs()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		for _, r := range got.Tests {
			if r.File != "test_cart.py" {
				t.Errorf("%s is in %q", r.Name, r.File)
			}
			if r.Name == "TestLabel::test_param[a::b]" {
				if diff := cmp.Diff([]string{"TestLabel", "test_param[a::b]"}, r.Path()); diff != "" {
					t.Error(diff)
				}
			}
		}
	}
}

func TestATestHasItsOwnOutputOnly(t *testing.T) {
	root := integrationtest.Root(t, "testdata/compared")
	lines := integrationtest.Lines(t, "testdata/compared_short.txt", root)
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), lines).Output(lines)
	want := []string{
		"__________________________________ test_total __________________________________", "test_cart.py:6: in test_total",
		"    assert total([1, 2, 3]) == 6", "E   assert 5 == 6", "E    +  where 5 = total([1, 2, 3])",
		"----------------------------- Captured stdout call -----------------------------", "three prices",
	}
	if diff := cmp.Diff(want, got["test_total"]); diff != "" {
		t.Error(diff)
	}
}

func TestAFileWhoseTestsAllPassIsToldAsAWhole(t *testing.T) {
	root := integrationtest.Root(t, "testdata/compared")
	for about, c := range map[string]struct {
		lines []string
		want  []string
	}{
		"passed":            {[]string{"test_cart.py ..s.x                     [100%]", "", "===== 4 passed in 0.10s ====="}, []string{"passed test_cart.py (file)"}},
		"in several lines":  {[]string{"test_cart.py ....", "......   [ 50%]", "..  [100%]", "===== 12 passed in 0.10s ====="}, []string{"passed test_cart.py (file)"}},
		"one failed later":  {[]string{"test_cart.py ....", "..F...   [100%]", "===== 1 failed, 9 passed in 0.10s ====="}, nil},
		"all skipped":       {[]string{"test_cart.py ss  [100%]", "===== 2 skipped in 0.10s ====="}, nil},
		"cut off":           {[]string{"test_cart.py ....   [ 50%]"}, nil},
		"another follows":   {[]string{"test_cart.py ..  [ 50%]", "test_other.py .F  [100%]"}, []string{"passed test_cart.py (file)"}},
		"something printed": {[]string{"test_cart.py ..said by a test", ".. [100%]", "===== 4 passed in 0.10s ====="}, nil},
		"words":             {[]string{"test_cart.py is fine", "=====  4 passed in 0.10s ====="}, nil},
	} {
		lines := append([]string{"===== test session starts ====="}, c.lines...)
		got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), lines).Rows()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", about, diff)
		}
	}
}
