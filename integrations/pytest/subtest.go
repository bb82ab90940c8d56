package pytest

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// cutSubtest splits "TestCart::test_first::[custom] (i=1)", a name that we give.
func cutSubtest(name string) (test, sub string, ok bool) {
	for _, begins := range [...]string{"::[", "::("} {
		if i := strings.LastIndex(name, begins); i > 0 && !strings.Contains(name[:i], "[") {
			return name[:i], name[i+len("::"):], true
		}
	}
	return name, "", false
}

// titled is a test's name as its traceback has it: "TestCart.test_first[a::b]", and
// of a subtest "test_first [custom] (i=1)".
func titled(name string) string {
	if test, sub, ok := cutSubtest(name); ok {
		return titled(test) + " " + sub
	}
	name, params, parametrized := strings.Cut(name, "[")
	name = strings.ReplaceAll(name, "::", ".")
	if parametrized {
		name += "[" + params
	}
	return name
}

// subtest is a line of -v: "test_cart.py::test_total" and "FAILED[custom] (i=1)  [ 50%]".
func (r *reader) subtest(id, rest string) bool {
	if i := strings.LastIndex(rest, " ["); i > 0 && strings.HasSuffix(rest, "%]") {
		rest = rest[:i]
	}
	for word, status := range statuses {
		if name, ok := strings.CutPrefix(strings.TrimSpace(rest), word); ok {
			r.tell(strings.TrimSpace(id)+"::"+strings.TrimSpace(name), status, "")
			return true
		}
	}
	return false
}

// subtestSummed is "[custom] (i=1) test_cart.py::test_total - assert 1 == 2". What is
// of the subtest ends where the name of a file begins.
func (r *reader) subtestSummed(text string) bool {
	before, test, ok := strings.Cut(text, "::")
	if !ok {
		return false
	}
	space := strings.LastIndexByte(before, ' ')
	id, message := cutID(before[space+1:] + "::" + test)
	r.tell(id+"::"+strings.TrimSpace(before[:max(space, 0)]), tasks.TestFailed, message)
	return true
}
