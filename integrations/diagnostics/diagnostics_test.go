package diagnostics

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// recorded output of real tools, and what is found in it.
var recorded = map[string][]string{
	"tsc":        typescript,
	"tsc_pretty": typescript,
	"ruff_full":  ruff, "ruff_concise": ruff,
	"mypy":      {`error bad.py:3 return-value Incompatible return value type (got "int", expected "str")`},
	"traceback": {"error cart.py:6  IndexError: list index out of range"},
	"syntax":    {"error syn.py:1  SyntaxError: '(' was never closed"},
	"eslint": {
		"error src/cart.js:1:29 no-unused-vars 'unused' is assigned a value but never used",
		"error src/cart.js:1:48 no-undef 'missing' is not defined",
		"error src/cart.js:2:5 no-constant-condition Unexpected constant condition",
		"error src/cart.js:2:11 no-empty Empty block statement",
	},
	"gcc": {
		"error total.h:1:34  ‘b’ undeclared (first use in this function)",
		"info total.h:1:34  each undeclared identifier is reported only once for each function it appears in",
		"error cart.c:5:21  ‘missing’ undeclared (first use in this function)",
		"warning cart.c:4:7 -Wunused-variable unused variable ‘unused’",
		"warning total.h:1:37 -Wreturn-type control reaches end of non-void function",
	},
	"vitest_config": {"error vitest.config.ts:4:10  Unexpected token"},
	"golangci": {
		"error cart/cart.go:9:11 errcheck Error return value of `os.Remove` is not checked",
		`error cart/cart.go:10:14 govet printf: fmt.Printf format %d has arg "x" of wrong type string`,
	},
	"clippy": {
		"warning src/lib.rs:2:9 unused_variables unused variable: `unused`",
		"warning src/lib.rs:3:5 clippy::needless_return unneeded `return` statement",
		"warning src/lib.rs:1:22 clippy::ptr_arg writing `&Vec` instead of `&[_]` involves a new object where a slice will do",
	},
	"clippy_denied": { // of the second of a rule of rustc its name is not told
		"warning src/lib.rs:2:9 unused_variables unused variable: `unused`",
		"warning src/lib.rs:7:9  unused variable: `other`",
		"warning src/lib.rs:3:5 clippy::needless_return unneeded `return` statement",
		"error src/lib.rs:1:22 clippy::ptr_arg writing `&Vec` instead of `&[_]` involves a new object where a slice will do",
		"warning src/lib.rs:8:5 clippy::needless_return unneeded `return` statement",
	},
	"cargo_build": {"error src/lib.rs:2:5 E0425 cannot find value `missing` in this scope"},
	"cargo_test": {
		"warning src/lib.rs:2:9 unused_variables unused variable: `unused`",
		"error src/lib.rs:10:9  assertion `left == right` failed",
	},
}

var typescript = []string{
	"error src/cart.ts:1:7 TS2322 Type 'number' is not assignable to type 'string'.",
	"error src/cart.ts:2:41 TS2339 Property 'missing' does not exist on type 'number'.",
	"error src/cart.ts:3:3 TS2345 Argument of type 'string' is not assignable to parameter of type 'number'.",
}

var ruff = []string{
	"error bad.py:1:1 I001 Import block is un-sorted or un-formatted",
	"error bad.py:1:8 F401 `os` imported but unused",
}

func TestTheOutputOfTheCommonToolsIsRead(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	for tool, want := range recorded {
		t.Run(tool, func(t *testing.T) {
			got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), integrationtest.Lines(t, "testdata/"+tool+".txt", root))
			if diff := cmp.Diff(want, got.Rows()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lines gives lines to the reader of a task that runs in src.
func lines(t *testing.T, text string) []string {
	t.Helper()
	root := integrationtest.Root(t, "testdata/shop")
	return integrationtest.Read(Definition(), integrationtest.Task(root, "src"), strings.Split(text, "\n")).Rows()
}

func TestOtherFormsAreRead(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	for text, want := range map[string]string{
		"cart.ts:3: plain":                                 "error src/cart.ts:3  plain",
		"./cart.ts:3:5: plain":                             "error src/cart.ts:3:5  plain",
		"../cart.c:3:5: plain":                             "error cart.c:3:5  plain",
		root + "/cart.c:3:5: plain":                        "error cart.c:3:5  plain",
		"vet: ./cart.ts:3:5: plain":                        "error src/cart.ts:3:5  plain",
		"ERROR in ./cart.ts:3:5: plain":                    "error src/cart.ts:3:5  plain",
		"cart.ts:3:5: unused import (errcheck)":            "error src/cart.ts:3:5 errcheck unused import",
		"cart.ts:3:5: want one (or two)":                   "error src/cart.ts:3:5  want one (or two)",
		"cart.ts:3:5: warning: unused [-Wunused]":          "warning src/cart.ts:3:5 -Wunused unused",
		"cart.ts:3: DeprecationWarning: it is old":         "warning src/cart.ts:3  DeprecationWarning: it is old",
		"cart.ts:3:5: Error: no":                           "error src/cart.ts:3:5  no",
		"cart.ts(3): error CS1002: ; expected":             "error src/cart.ts:3 CS1002 ; expected",
		"::error file=cart.ts,line=3,col=5::no%0Aand more": "error src/cart.ts:3:5  no and more",
		"::warning file=cart.ts,line=3,title=x::careful":   "warning src/cart.ts:3  careful",
		"::notice file=cart.ts::by the way":                "info src/cart.ts  by the way",
		"thread 'main' panicked at cart.ts:3:5:\nboom":     "error src/cart.ts:3:5  boom",
		"cart.js\n  3:5  warning  careful  no-care":        "warning src/cart.js:3:5 no-care careful",
		"error: no\n --> cart.ts:3:5":                      "error src/cart.ts:3:5  no",
		"Traceback (most recent call last):\n  File \"/lib/x.py\", line 3, in f\n    f()\nE: no": "",
		"  × eslint(no-debugger): no debugger\n   ╭─[cart.ts:3:5]":                               "error src/cart.ts:3:5  eslint(no-debugger): no debugger",
		"Serialized Error: { errors: [ Error: [PARSE_ERROR] no\n  ╭─[ cart.ts:3:5 ]":             "error src/cart.ts:3:5  no",
		"  ⚠ it is unused\n   ╭─[cart.ts:3:5]":                                                   "warning src/cart.ts:3:5  it is unused",
		"ERROR: cart.ts: Expected ']' (at line 3, column 5)":                                     "error src/cart.ts:3:5  Expected ']'",
		"cart.ts: no (at line three)":                                                            "",
		"a table\n  ╭─[ total ]":                                                                 "",
		"cart.ts:3:5:":                                                                           "",
		"cart.ts:3:5":                                                                            "",
		"cart.ts: 3 problems":                                                                    "",
		"other.ts:3:5: no such file":                                                             "",
		"../../../diagnostics.go:3:5: elsewhere":                                                 "",
		"12:30:00: a time":                                                                       "",
		"10.0.0.1:80: refused":                                                                   "",
		"make: *** [Makefile:3: all] Error 1":                                                    "",
		"::error::without a place":                                                               "",
		"::group::build":                                                                         "",
		"thread 'main' panicked at other.ts:3:5:\nboom":                                          "",
		"  3:5  error  no heading  rule":                                                         "",
	} {
		var rows []string
		if want != "" {
			rows = []string{want}
		}
		if diff := cmp.Diff(rows, lines(t, text)); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestTheSameIsSaidOnce(t *testing.T) {
	if got := lines(t, "cart.ts:3: no\ncart.ts:3: no\ncart.ts:4: no"); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	var many []string
	for i := range 3 * mostSaid {
		many = append(many, fmt.Sprintf("src/cart.ts:%d: no", i+1))
	}
	if got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), many); len(got.Diagnostics) != mostSaid || len(got.Own) != len(many) {
		t.Errorf("%d diagnostics of %d lines", len(got.Diagnostics), len(got.Own))
	}
}

func TestTheContractHolds(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	var examples []string
	for tool := range recorded {
		examples = append(examples, integrationtest.Lines(t, "testdata/"+tool+".txt", root)...)
	}
	integrationtest.Contract(t, Definition(), examples...)
}

func FuzzAnyOutputIsSurvived(f *testing.F) {
	var files []string
	for tool := range recorded {
		files = append(files, "testdata/"+tool+".txt")
	}
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/shop"), files...)
}
