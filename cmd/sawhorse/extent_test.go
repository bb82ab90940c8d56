package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestAWordNamesTestsExactlyOrByAPart(t *testing.T) {
	known := []tasks.TestName{{Suite: "cart", Name: "TestTotal"}, {Suite: "pay", Name: "TestTotal"}, {Suite: "cart", Name: "TestTotalOfNone"}, {Suite: "tests/test_cart.py", Name: "test_sum"}}
	for word, want := range map[string][]tasks.TestName{
		"TestTotal":                    known[0:2],
		"cart TestTotal":               known[0:1],
		"pay/TestTotal":                known[1:2],
		"tests/test_cart.py::test_sum": known[3:],
		"ofnone":                       known[2:3],
		"nothing":                      nil,
	} {
		if diff := cmp.Diff(want, matchTests(known, word)); diff != "" {
			t.Errorf("%q: %s", word, diff)
		}
	}
}

func TestFilesThatAreNotCommittedAreNamedFromTheWorkspace(t *testing.T) {
	top := t.TempDir()
	root := filepath.Join(top, "shop")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(top, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("shop/a.go", "1")
	write("shop/same.go", "1")
	write("other.go", "1")
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "-A"},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x"},
	} {
		if _, err := git(t.Context(), top, args...); err != nil {
			t.Fatal(err)
		}
	}
	write("shop/a.go", "2")
	write("other.go", "2")
	write("shop/new dir/b.go", "1")
	got, err := uncommitted(t.Context(), root)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"a.go", "new dir/b.go"}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
