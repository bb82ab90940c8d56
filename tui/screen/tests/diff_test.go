package tests

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shownDiff writes marks as text: the side of each line, and what differs in ‹›.
func shownDiff(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	var b strings.Builder
	for i, m := range markDiff(lines) {
		b.WriteString([...]string{" ", "-", "+", "#", "!"}[m.side] + "|")
		at := 0
		for _, w := range m.words {
			b.WriteString(lines[i][at:w[0]] + "‹" + lines[i][w[0]:w[1]] + "›")
			at = w[1]
		}
		b.WriteString(lines[i][at:] + "\n")
	}
	return b.String()
}

func TestWhatAnAssertionComparedIsMarked(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"go-cmp", `
    cart_test.go:20: mismatch (-want +got):
          cart.Cart{
        - 	Total: 36,
        + 	Total: 40,
          	Name:  "a",
          }
--- FAIL: TestCart (0.00s)`, `
#|    cart_test.go:20: mismatch (-want +got):
 |          cart.Cart{
-|        - 	Total: ‹36›,
+|        + 	Total: ‹40›,
 |          	Name:  "a",
 |          }
 |--- FAIL: TestCart (0.00s)
`},
		{"go-cmp the other way round", `
cart_test.go:20: (-got +want)
-	"b",
+	"a",`, `
#|cart_test.go:20: (-got +want)
+|-	"‹b›",
-|+	"‹a›",
`},
		{"testify", `
        	Error:      	Not equal: 
        	            	expected: "alpha beta"
        	            	actual  : "alpha gamma"
        	            	
        	            	Diff:
        	            	--- Expected
        	            	+++ Actual
        	            	@@ -1 +1 @@
        	            	-alpha beta
        	            	+alpha gamma
        	Test:       	TestNames`, `
 |        	Error:      	Not equal: 
-|        	            	expected: "alpha ‹beta›"
+|        	            	actual  : "alpha ‹gamma›"
 |        	            	
 |        	            	Diff:
-|        	            	--- Expected
+|        	            	+++ Actual
#|        	            	@@ -1 +1 @@
-|        	            	-alpha ‹beta›
+|        	            	+alpha ‹gamma›
 |        	Test:       	TestNames
`},
		{"pytest", `
>       assert names() == ["a", "b"]
E       AssertionError: assert ['a', 'c'] == ['a', 'b']
E         At index 1 diff: 'c' != 'b'
E         
E         - ['a', 'b']
E         ?        ^
E         + ['a', 'c']
E         ?        ^

test_cart.py:14: AssertionError`, `
 |>       assert names() == ["a", "b"]
!|E       AssertionError: assert ['a', 'c'] == ['a', 'b']
!|E         At index 1 diff: 'c' != 'b'
 |E         
-|E         - ['a', '‹b›']
#|E         ?        ^
+|E         + ['a', '‹c›']
#|E         ?        ^
 |
 |test_cart.py:14: AssertionError
`},
		{"jest", `
    expect(received).toEqual(expected) // deep equality

    - Expected  - 1
    + Received  + 1

      Object {
    -   "total": 3,
    +   "total": 4,
      }

      at Object.toEqual (src/cart.test.ts:12:20)`, `
 |    expect(received).toEqual(expected) // deep equality
 |
-|    - Expected  - 1
+|    + Received  + 1
 |
 |      Object {
-|    -   "total": ‹3›,
+|    +   "total": ‹4›,
 |      }
 |
 |      at Object.toEqual (src/cart.test.ts:12:20)
`},
		{"one value each", `
    Expected: 3
    Received: 4`, `
-|    Expected: 3
+|    Received: 4
`},
		{"rust", `
assertion ` + "`left == right`" + ` failed
  left: Total(3)
 right: Total(4)`, `
 |assertion ` + "`left == right`" + ` failed
+|  left: Total(‹3›)
-| right: Total(‹4›)
`},
		{"a list is no comparison", `
steps:
- one
- two
+ three`, `
 |steps:
 |- one
 |- two
 |+ three
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), shownDiff(tt.text)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestBothSidesOfASentenceAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"want 3, got 4": "-3 +4",
		"cart_test.go:3: got \"a b\", want \"a c\"": `+"a b" -"a c"`,
		"Total() = 40, want 32":                     "+40 -32",
		"E   assert 8 == 4":                         "+8 -4",
		"got: 1 but wanted: 2":                      "+1 -2",
		"I want to say hello":                       "",
		"expected 3 to be 4":                        "",
	} {
		var got []string
		for _, v := range values(text) {
			got = append(got, map[side]string{expected: "-", actual: "+"}[v.side]+text[v.from:v.to])
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: got %q, want %q", text, s, want)
		}
	}
}

func TestAnyTextCanBeMarked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"(-want +got)", "- a b", "+ a c", "E  - x", "E  ? ^", "E", "@@ -1 +1 @@", "--- Expected", "+++ Actual", "left: 1", "right: 2", "", "-", "+",
		}))).Draw(t, "lines")
		marks := markDiff(lines)
		if len(marks) != len(lines) {
			t.Fatalf("%d marks for %d lines", len(marks), len(lines))
		}
		for i, m := range marks {
			at := 0
			for _, w := range m.words {
				if w[0] < at || w[1] <= w[0] || w[1] > len(lines[i]) {
					t.Fatalf("words %v of %q", m.words, lines[i])
				}
				at = w[1]
			}
		}
	})
}
