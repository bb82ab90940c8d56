package pytest

import (
	"os"
	"path/filepath"
	"strings"
)

// What is read to find where tests are written, at most.
const (
	mostSources   = 200
	largestSource = 1 << 20
)

// declared is the line that a test begins at, for one that failed without a word of
// where; 1 when it is not found.
func (r *reader) declared(file, name string) int {
	lines, ok := r.sources[file]
	if !ok {
		if len(r.sources) >= mostSources {
			clear(r.sources)
		}
		full := filepath.Join(r.files.Root(), filepath.FromSlash(file))
		if info, err := os.Stat(full); err == nil && info.Mode().IsRegular() && info.Size() <= largestSource {
			text, _ := os.ReadFile(full)
			lines = strings.Split(string(text), "\n")
		}
		r.sources[file] = lines
	}
	test, _, _ := cutSubtest(name)
	test, _, _ = strings.Cut(test, "[")
	at := 0
	for part := range strings.SplitSeq(test, "::") { // classes, and the function in them
		found := false
		for i := at; i < len(lines) && !found; i++ {
			code := strings.TrimPrefix(strings.TrimLeft(lines[i], " \t"), "async ")
			rest, def := strings.CutPrefix(code, "def "+part)
			if !def {
				rest, def = strings.CutPrefix(code, "class "+part)
			}
			if def && (rest == "" || strings.IndexByte("(:[ ", rest[0]) >= 0) {
				at, found = i, true
			}
		}
		if !found {
			return 1
		}
	}
	return at + 1
}
