package cargo

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// nextestStatuses are its words for how a test ended. Those of a try are shorter.
var nextestStatuses = map[string]tasks.TestStatus{
	"PASS": tasks.TestPassed, "LEAK": tasks.TestPassed, "FLAKY": tasks.TestPassed, "TIMEOUT-PASS": tasks.TestPassed, "TMPASS": tasks.TestPassed,
	"SKIP": tasks.TestSkipped, "SLOW": tasks.TestRunning, "TERMINATING": tasks.TestRunning, "TRMNTG": tasks.TestRunning,
	"FAIL": tasks.TestFailed, "FAIL + LEAK": tasks.TestFailed, "FL+LK": tasks.TestFailed, "FLKY-FL": tasks.TestFailed,
	"TIMEOUT": tasks.TestFailed, "TMT": tasks.TestFailed, "LEAK-FAIL": tasks.TestFailed, "LKFAIL": tasks.TestFailed, "XFAIL": tasks.TestFailed, "ABORT": tasks.TestFailed,
}

// signals are the names that a test's end by one may have, also behind SIG.
var signals = []string{"ABRT", "SEGV", "KILL", "TERM", "BUS", "ILL", "FPE", "TRAP", "INT", "HUP", "QUIT", "PIPE", "SYS", "ALRM"}

// nextestStatus is how a test ended, and why when that says it.
func nextestStatus(words string) (status tasks.TestStatus, why string, known bool) {
	if try, rest, ok := strings.Cut(words, " "); ok && try == "TRY" {
		_, words, _ = strings.Cut(rest, " ")
	} else if ok && (try == "FLAKY" || try == "FLKY-FL") { // 2/3
		words = try
	}
	if status, known = nextestStatuses[words]; known {
		switch words {
		case "TIMEOUT", "TMT":
			why = "timeout"
		case "LEAK-FAIL", "LKFAIL":
			why = "it left a process that holds its output"
		case "XFAIL":
			why = "it could not be started"
		case "ABORT":
			why = "abort"
		}
		return status, why, true
	}
	signal := strings.TrimPrefix(strings.TrimPrefix(words, "ABORT "), "SIG")
	_, rest, number := place.Number(strings.TrimSpace(signal))
	if slices.Contains(signals, signal) || number && rest == "" && signal != words {
		return tasks.TestFailed, "sig" + strings.ToLower(signal), true
	}
	return "", "", false
}

// nextestLine is "        FAIL [   1.250s] (1/8) shop tests::adds_up", or
// "  TRY 2 PASS [   0.3s] shop tests::adds_up".
func (r *reader) nextestLine(line string) bool {
	text := strings.TrimLeft(line, " ")
	if text == "" || text[0] < 'A' || text[0] > 'Z' {
		return false
	}
	if rest, ok := strings.CutPrefix(text, "Nextest run ID "); ok && rest != "" {
		r.nextest = true
		return true
	}
	head, rest, ok := strings.Cut(text, " [")
	took, rest, closed := strings.Cut(rest, "] ")
	if !ok || !closed {
		return false
	}
	status, why, known := nextestStatus(strings.Join(strings.Fields(head), " "))
	if !known {
		return false
	}
	rest = strings.TrimLeft(rest, " ")
	if strings.HasPrefix(rest, "(") {
		_, rest, _ = strings.Cut(rest, ") ")
	}
	suite, name, two := strings.Cut(strings.TrimSpace(rest), " ")
	d, err := time.ParseDuration(strings.Trim(took, "> "))
	if !two || err != nil {
		return false
	}
	r.nextest, r.running = true, false
	t := r.test(suite, name)
	summed := t != nil && t.Status == status && status == tasks.TestFailed && t.Duration == d
	if r.turn(nil); t == nil || summed { // the summary says it once more
		return true
	}
	t.Status, t.Duration = status, d
	switch {
	case status == tasks.TestFailed && strings.HasPrefix(text, "FLKY-FL"): // why it failed was said by the try that did
		t.Message = place.Clip("flaky: " + t.Message)
	case status == tasks.TestFailed:
		r.turn(t)
		t.Message = why
	}
	r.tell(t)
	return true
}

func parseNumber(s string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), 64)
	return v, err == nil
}

// What the one look for tests may cost at most.
const (
	mostFiles   = 5000
	largestFile = 1 << 20
)

// function is where a test is written, for one that failed without a place; no
// place when several have its name. It reads the sources once.
func (r *reader) function(name string) tasks.Location {
	if r.functions == nil {
		r.functions = map[string]tasks.Location{}
		r.readSources()
	}
	return r.functions[name[strings.LastIndexByte(name, ':')+1:]]
}

func (r *reader) readSources() {
	files := 0
	dir := r.files.Dir()
	if dir == "" {
		return
	}
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // what can't be read is not ours
		case d.IsDir():
			if p != dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == "target" || d.Name() == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if files++; files > mostFiles {
			return fs.SkipAll
		}
		info, err := d.Info()
		if err != nil || !strings.HasSuffix(p, ".rs") || !info.Mode().IsRegular() || info.Size() > largestFile {
			return nil //nolint:nilerr // what can't be read is not ours
		}
		if text, err := os.ReadFile(p); err == nil {
			r.addFunctions(p, text)
		}
		return nil
	})
}

// addFunctions finds the functions below an attribute that makes them tests.
func (r *reader) addFunctions(file string, text []byte) {
	at, ok := r.files.Find(file)
	if !ok || !bytes.Contains(text, []byte("test")) {
		return
	}
	n, marked := 0, false
	for line := range bytes.Lines(text) {
		n++
		code := string(bytes.TrimSpace(line))
		if strings.HasPrefix(code, "#[") {
			marked = marked || strings.Contains(code, "test")
			continue
		}
		_, rest, ok := strings.Cut(code, "fn ")
		if !ok || !marked {
			marked = marked && (code == "" || strings.HasPrefix(code, "//"))
			continue
		}
		marked = false
		name, _, _ := strings.Cut(rest, "(")
		where := tasks.Location{File: at, Line: n}
		if _, twice := r.functions[name]; twice {
			where = tasks.Location{}
		}
		r.functions[strings.Clone(name)] = where
	}
}
