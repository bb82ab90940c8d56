package diagnostics

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// recorded output of real tools, and what is found in it.
var recorded = map[string][]string{
	"tsc":        typescript,
	"tsc_pretty": typescript,
	"ruff_full":  ruff, "ruff_concise": ruff, "ruff_github": ruff, "ruff_json": ruff, "ruff_color": ruff,
	"ruff_pylint": {
		"error bad.py:1 I001 Import block is un-sorted or un-formatted",
		"error bad.py:1 F401 `os` imported but unused",
	},
	"mypy_pretty": mypy, "mypy_color": mypy, "mypy_json": mypyExact, "mypy_end": mypyExact,
	"pylint": {
		"warning bad.py:1 missing-module-docstring Missing module docstring",
		"warning bad.py:2 missing-function-docstring Missing function or method docstring",
		"warning bad.py:1 unused-import Unused import os",
	},
	"eslint_color": eslint, "eslint_compact": eslintStopped, "eslint_unix": eslintStopped, "eslint_json": eslintStopped,
	"gxx": gxx, "gxx_color": gxx, "clang": clang, "clang_color": clang,
	"ld": {"error link.c  undefined reference to `missing_function'"},
	"ld_g": {
		"error dup.c:1  multiple definition of `main'; /tmp/cc.o:$ROOT/link.c:2: first defined here",
		"error link.c:2  undefined reference to `missing_function'",
	},
	"lld":        {"error link.c:2  undefined symbol: missing_function"},
	"mold":       {"error link.c  undefined symbol: missing_function"},
	"node":       {"error src/throws.mjs:2:9  Error: no stock"},
	"cargo_json": missing, "cargo_color": missing,
	"cargo_short": {"error src/lib.rs:2:5 E0425 cannot find value `missing` in this scope: not found in this scope"},
	"mypy":        mypy,
	"traceback":   {"error cart.py:6  IndexError: list index out of range"},
	"syntax":      {"error syn.py:1  SyntaxError: '(' was never closed"},
	"eslint":      eslint,
	"gcc": {
		"error total.h:1:34  ‘b’ undeclared (first use in this function)",
		"info total.h:1:34  each undeclared identifier is reported only once for each function it appears in",
		"error cart.c:5:21  ‘missing’ undeclared (first use in this function)",
		"warning cart.c:4:7 -Wunused-variable unused variable ‘unused’",
		"warning total.h:1:37 -Wreturn-type control reaches end of non-void function",
	},
	"vitest_config": {"error vitest.config.ts:4:10  Unexpected token"},
	"golangci":      golangci, "golangci_json": golangci,
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
	"cargo_build": missing,
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

var (
	mypy      = []string{`error bad.py:3 return-value Incompatible return value type (got "int", expected "str")`}
	mypyExact = []string{`error bad.py:3:12 return-value Incompatible return value type (got "int", expected "str")`}
	golangci  = []string{
		"error cart/cart.go:9:11 errcheck Error return value of `os.Remove` is not checked",
		`error cart/cart.go:10:14 govet printf: fmt.Printf format %d has arg "x" of wrong type string`,
	}
	missing = []string{"error src/lib.rs:2:5 E0425 cannot find value `missing` in this scope"}
	eslint  = []string{
		"error src/cart.js:1:29 no-unused-vars 'unused' is assigned a value but never used",
		"error src/cart.js:1:48 no-undef 'missing' is not defined",
		"error src/cart.js:2:5 no-constant-condition Unexpected constant condition",
		"error src/cart.js:2:11 no-empty Empty block statement",
	}
	eslintStopped = []string{eslint[0] + ".", eslint[1] + ".", eslint[2] + ".", eslint[3] + "."}
	gxx           = []string{
		"error shape.hpp:2:49  expected ‘;’ at end of member declaration",
		"error shape.hpp:2:40  ‘h’ was not declared in this scope",
		"error tmpl.cpp:6:11 -fpermissive invalid conversion from ‘const char*’ to ‘int’",
		"error tmpl.cpp:8:14  no matching function for call to ‘std::vector<std::__cxx11::basic_string<char> >::push_back(float, int)’",
		"error tmpl.cpp:10:10  ‘undefined_thing’ was not declared in this scope",
		"warning tmpl.cpp:6:7 -Wunused-variable unused variable ‘x’",
		"info tmpl.cpp:9:8  required from here",
		"error tmpl.cpp:4:47  request for member ‘nope’ in ‘v’, which is of non-class type ‘int’",
	}
	clang = []string{
		"error shape.hpp:2:50  expected ';' at end of declaration list",
		"error shape.hpp:2:40  use of undeclared identifier 'h'",
		"error tmpl.cpp:6:7  cannot initialize a variable of type 'int' with an lvalue of type 'const char[3]'",
		"error tmpl.cpp:8:5  no matching member function for call to 'push_back'",
		"error tmpl.cpp:10:10  use of undeclared identifier 'undefined_thing'",
		"error tmpl.cpp:4:46  member reference base type 'int' is not a structure or union",
		"info tmpl.cpp:9:3  in instantiation of function template specialization 'twice<int>' requested here",
	}
)

func TestTheOutputOfTheCommonToolsIsRead(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	for tool, want := range recorded {
		t.Run(tool, func(t *testing.T) {
			got := integrationtest.Read(Definition(), integrationtest.Task(root, ""), integrationtest.Lines(t, "testdata/"+tool+".txt", root))
			want = slices.Clone(want)
			for i := range want {
				want[i] = strings.ReplaceAll(want[i], "$ROOT", root)
			}
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
		"cart.js: line 3, col 5, Missing semicolon. (W033)":                                      "error src/cart.js:3:5 W033 Missing semicolon.",
		"cart.ts:3:5:7:9: error: no":                                                             "error src/cart.ts:3:5  no",
		"cart.ts:3\n  f(\n   ^\n\nAssertionError [NO]: no":                                       "error src/cart.ts:3:4  AssertionError [NO]: no",
		"cart.ts:3\nnext\nnothing thrown: no Error":                                              "",
		"cart.ts:3\ncart.ts\ncart.ts:4: this":                                                    "error src/cart.ts:4  this",
		"[{\"filePath\":1}]":                                                                     "",
		`{"file": "cart.ts", "line": 3, "message": "of another tool"}`:                           "",
		"cart.ts:(.text+0xa): ":                                                                  "",
		">>> referenced by cart.ts:3":                                                            "",
		"cart.ts: line 3, col x, no":                                                             "",
		"no prices at cart.ts line 3.":                                                           "error src/cart.ts:3  no prices",
		"#   at cart.ts line 3.":                                                                 "",
		"we met at noon in line 3.":                                                              "",
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
