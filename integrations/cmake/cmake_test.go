package cmake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestAProjectOffersWhatItCanDo(t *testing.T) {
	const once = "cmake -S . -B build && cmake --build build"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"a part of another project", map[string]string{"CMakeLists.txt": "add_library(a a.c)\n"}, nil},
		{"no tests", map[string]string{"CMakeLists.txt": "# project(old)\nproject (shop C)\n"}, []string{"CMake project shop", "build: " + once}},
		{
			"tests, in a directory that is built already",
			map[string]string{"CMakeLists.txt": "PROJECT(\"shop\")\ninclude(CTest)\n", "cmake-build-debug/CMakeCache.txt": ""},
			[]string{
				"CMake project shop",
				"test: cmake -S . -B cmake-build-debug && cmake --build cmake-build-debug && ctest --test-dir cmake-build-debug --output-on-failure",
				"build: cmake -S . -B cmake-build-debug && cmake --build cmake-build-debug",
			},
		},
		{
			"presets",
			map[string]string{
				"CMakeLists.txt":    "project(shop)\n",
				"CMakePresets.json": `{"configurePresets": [{"name": "base", "hidden": true}, {"name": "dev"}, {"name": "a b"}], "testPresets": [{"name": "dev"}]}`,
			},
			[]string{"CMake project shop", "build: " + once, "2 presets", "configure:dev: cmake --preset dev", "test:dev: ctest --preset dev"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range c.files {
				file := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			found, err := detect(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ev := range found {
				got = append(got, ev.What)
				for _, u := range ev.Units {
					got = append(got, u.Name+": "+u.Run)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestResultsOfCTestAreRead(t *testing.T) {
	got, lines := integrationtest.Recorded(t, Definition(), "testdata/shop", "testdata/ctest.txt")
	want := []string{
		"failed  total total_test.c:7 main: Assertion `total(1, 2) == 3' failed.",
		"passed  fine",
		"failed  gone  Not Run",
		"failed  slow  Timeout",
		"skipped  skipped  Not Run (Disabled)",
		"failed  crash  Subprocess aborted",
	}
	if diff := cmp.Diff(want, got.Rows()); diff != "" {
		t.Error(diff)
	}
	if own := got.Output(lines)["total"]; len(own) != 4 || own[1] != "adding" {
		t.Errorf("%q", own)
	}
}

func TestThePlaceIsTheFirstOfTheWorkspaceAndSaysWhyOnTheNextLine(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	text := ` 9/10 Test  #9: cart ....................***Failed    0.02 sec
Note: Google Test filter = *
/usr/include/c++/12/vector:12: Failure
` + filepath.ToSlash(root) + `/total.c:1: Failure

Expected equality of these values:
  total(1, 2)
total.c:3: Failure
10/10 Test #10: last ....................   Passed    1.50 sec

50% tests passed, 1 tests failed out of 2
total.c:9: Failure
`
	got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), strings.Split(text, "\n"))
	want := []string{"failed  cart total.c:1 Expected equality of these values:", "passed  last"}
	if diff := cmp.Diff(want, got.Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) {
	integrationtest.Contract(t, Definition(), "testdata/ctest.txt")
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/shop"), "testdata/ctest.txt")
}
