package all

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Curves says how a file of numbers that grows is read; false: no integration knows it.
// It is asked about every file that is written beside a run.
func Curves() func(file string) (tasks.Growing, bool) {
	var all []func(string) (tasks.Growing, bool)
	for _, d := range Definitions() {
		if d.Curves != nil {
			all = append(all, d.Curves)
		}
	}
	return func(file string) (tasks.Growing, bool) {
		for _, of := range all {
			if g, ok := of(file); ok {
				return g, true
			}
		}
		return tasks.Growing{}, false
	}
}

// largestWritten bounds a file of results that a tool says it has written.
const largestWritten = 64 << 20

// written is the file of results that a tool says it has written:
//
//	------ generated xml file: /shop/junit.xml ------     pytest
//	JUNIT report written to /shop/junit.xml               vitest
//	Test results written to: results.json                 jest
func written(line string) (file string, ok bool) {
	if line == "" {
		return "", false
	}
	// Almost no line has one of these; the first byte tells.
	switch line[0] {
	case '-':
		_, file, ok = strings.Cut(line, "- generated xml file: ")
		file = strings.TrimRight(file, "- ")
	case 'J':
		if file, ok = strings.CutPrefix(line, "JUNIT report written to "); !ok {
			file, ok = strings.CutPrefix(line, "JSON report written to ")
		}
	case 'T':
		file, ok = strings.CutPrefix(line, "Test results written to: ")
	}
	return strings.TrimSpace(file), ok && file != ""
}

// readWritten reads such a file: it names the tests that passed too, of which
// the output may say nothing.
func readWritten(t tasks.Task, file string, s tasks.Sink) {
	if !filepath.IsAbs(file) {
		dir := t.Spec.Dir
		if dir == "" {
			dir = t.Root
		}
		file = filepath.Join(dir, filepath.FromSlash(file))
	}
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > largestWritten {
		return
	}
	if text, err := os.ReadFile(file); err == nil {
		ReadFile(t, text, s)
	}
}
