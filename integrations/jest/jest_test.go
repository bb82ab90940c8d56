package jest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

var recorded = []string{"testdata/jest.txt", "testdata/verbose.txt", "testdata/color.txt"}

func read(t *testing.T, file string) (*integrationtest.Found, []string) {
	t.Helper()
	root := integrationtest.Root(t, "testdata/shop")
	lines := integrationtest.Lines(t, file, root)
	return integrationtest.Read(Definition(), integrationtest.Task(root, ""), lines), lines
}

var failures = []string{
	"failed src/broken.test.js (file) src/broken.test.js:1:21 Cannot find module './nothing' from 'src/broken.test.js'",
	"failed src/cart.test.js cart > adds up src/cart.test.js:6:30 expect(received).toBe(expected), expected 6, received 5",
	"failed src/cart.test.js cart > has a first item src/cart.test.js:9:50 expect(received).toEqual(expected)",
	"failed src/cart.test.js cart > when empty > has none src/cart.js:6:33 the cart is empty",
	`failed src/cart.test.js waits src/cart.test.js:23:1 thrown: "Exceeded timeout of 100 ms for a test.`,
}

func TestFailuresAreReadWithAndWithoutTheListOfTests(t *testing.T) {
	for _, file := range recorded {
		want := append(slices.Clone(failures), "passed src/price.test.js (file)")
		if file == "testdata/verbose.txt" {
			want = append(slices.Clone(failures), "passed src/cart.test.js cart > is fine", "passed src/price.test.js (file)", "passed src/price.test.js a price",
				"skipped src/cart.test.js cart > is skipped", "skipped src/cart.test.js cart > is written later")
		}
		got, _ := read(t, file)
		rows := got.Rows()
		slices.Sort(rows)
		slices.Sort(want)
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestATestHasItsOwnOutputAndWhatItCompared(t *testing.T) {
	for _, file := range recorded {
		got, lines := read(t, file)
		if diff := cmp.Diff(map[string]string{
			"cart > adds up":          "-6\n+5",
			"cart > has a first item": " Object {\n   \"count\": 1,\n-  \"name\": \"pear\",\n-  \"weight\": 3,\n+  \"name\": \"apple\",\n }",
		}, got.Diffs()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		none := got.Output(lines)["cart > when empty > has none"]
		if len(none) < 5 || none[0] != "  ● cart › when empty › has none" || none[len(none)-2] != "      at Object.first (src/cart.test.js:13:7)" {
			t.Errorf("%s: %q", file, none)
		}
	}
}

func TestItsJSONIsReadAndThatOfVitest(t *testing.T) {
	for file, want := range map[string][]string{
		"testdata/jest.json": {
			failures[0],
			"failed src/cart.test.js cart > adds up src/cart.test.js:6:30 expect(received).toBe(expected), expected 6, received 5",
			failures[2], failures[3], failures[4],
			"passed src/cart.test.js cart > is fine", "passed src/price.test.js a price",
			"skipped src/cart.test.js cart > is skipped", "skipped src/cart.test.js cart > is written later",
		},
		"testdata/vitest.json": {
			"failed src/broken.test.ts (file)  Cannot find module './nothing' imported from $ROOT/src/broken.test.ts",
			"passed src/price.test.ts a price",
		},
	} {
		root := integrationtest.Root(t, "testdata/shop")
		found := &integrationtest.Found{}
		text := strings.Join(integrationtest.Lines(t, file, root), "\n")
		if !Definition().File(integrationtest.Task(root, ""), []byte(text), found) {
			t.Errorf("%s is not read", file)
		}
		rows := found.Rows()
		slices.Sort(rows)
		if strings.Contains(file, "vitest") {
			rows = slices.DeleteFunc(rows, func(r string) bool { return strings.Contains(r, "cart") })
		}
		for i := range want {
			want[i] = strings.ReplaceAll(want[i], "$ROOT", root)
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
	for _, other := range []string{"", "[]", "{}", `{"testResults": 1}`, "<xml/>"} {
		if Definition().File(tasks.Task{}, []byte(other), &integrationtest.Found{}) {
			t.Errorf("%q is read", other)
		}
	}
}

func TestTheContractHolds(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	var examples []string
	for _, file := range recorded {
		examples = append(examples, integrationtest.Lines(t, file, root)...)
	}
	integrationtest.Contract(t, Definition(), examples...)
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/shop"), append(recorded, "testdata/jest.json", "testdata/vitest.json")...)
}
