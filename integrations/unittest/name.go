package unittest

import (
	"path"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// progress is a line of -v: "test_total (tests.test_cart.TestCart.test_total) ... ok".
// The result may stand on a later line, behind what the test prints.
func (r *reader) progress(line string) bool {
	if line == "" || len(line) > longest {
		return false
	}
	named, rest, ok := r.head(strings.TrimPrefix(line, "  "))
	if !ok {
		if r.pending == nil {
			return false
		}
		word := line
		if i := strings.LastIndex(line, " ... "); i >= 0 {
			word = line[i+len(" ... "):]
		}
		return r.result(word)
	}
	t := named // only what is a test takes memory
	more, after, dots := strings.Cut(rest, " ... ")
	t.Name += subtest(more)
	r.pending = &t
	if !dots {
		return r.on
	}
	r.on = true
	// Until Python 3.11 a test whose subtests fail has no result, and the next one
	// stands behind it.
	if next, rest, ok := r.head(after); ok {
		r.pending = &next
		if _, after, dots = strings.Cut(rest, " ... "); !dots {
			return true
		}
	}
	r.result(after)
	return true
}

// result is what became of the test in hand: "ok", "skipped 'reason'".
func (r *reader) result(word string) bool {
	t := r.pending
	switch {
	case word == "ok":
		t.Status = tasks.TestPassed
	case word == "FAIL", word == "ERROR":
		t.Status = tasks.TestFailed
	case word == "expected failure":
		t.Status, t.Message = tasks.TestSkipped, word
	case word == "unexpected success":
		t.Status, t.Message = tasks.TestFailed, unexpected
	case strings.HasPrefix(word, "skipped"):
		reason := strings.TrimSpace(strings.TrimPrefix(word, "skipped"))
		t.Status, t.Message = tasks.TestSkipped, place.Clip(strings.Trim(reason, `'"`))
	default:
		return false
	}
	if t.Status == tasks.TestFailed && t.File != "" {
		t.Location = tasks.Location{File: t.File, Line: 1}
	}
	r.on, r.pending = true, nil
	r.sink.Emit(tasks.TestReported{Test: *t})
	return true
}

// head reads "test_total (tests.test_cart.TestCart.test_total)"; before Python 3.11
// the name is not repeated.
func (r *reader) head(line string) (t tasks.TestResult, rest string, ok bool) {
	name, rest, ok := strings.Cut(line, " (")
	if !ok || !dotted(name) {
		return t, "", false
	}
	of, rest, ok := strings.Cut(rest, ")")
	if !ok || !dotted(of) || !strings.Contains(of, ".") || rest != "" && !follows(rest) {
		return t, "", false
	}
	t = tasks.TestResult{Separator: separator, Line: -1}
	if strings.HasPrefix(of, "unittest.loader._FailedTest") {
		t.Suite, t.Name = strings.Clone(name), "(collection)"
	} else {
		module, class := split(strings.TrimSuffix(of, "."+name))
		t.Suite, t.Name = strings.Clone(module), strings.TrimPrefix(class+separator+name, separator)
	}
	t.File, _ = r.files.Find(path.Join(strings.Split(t.Suite, ".")...) + ".py")
	return t, rest, true
}

// follows says whether what stands behind a test's name is its result, or what tells a
// subtest from others: " [price] (n=0)".
func follows(rest string) bool {
	return strings.HasPrefix(rest, " ... ") || strings.HasPrefix(rest, " [") || strings.HasPrefix(rest, " (")
}

// split tells the classes of a name from the module that they are in: they begin with
// a capital, else the last word is one.
func split(name string) (module, class string) {
	for i := 0; i < len(name); i++ {
		if (i == 0 || name[i-1] == '.') && name[i] >= 'A' && name[i] <= 'Z' {
			return strings.TrimSuffix(name[:i], "."), strings.ReplaceAll(name[i:], ".", separator)
		}
	}
	i := strings.LastIndexByte(name, '.')
	return name[:max(i, 0)], name[i+1:]
}

// dotted says whether all of a word is what Python calls a name, with dots between.
func dotted(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
		if !letter && (i == 0 || c != '.' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 400
}

// subtest is what tells one from the others of a test: " [price] (n=0)".
func subtest(more string) string {
	if more = place.Clip(more); more == "" {
		return ""
	}
	return separator + more
}
