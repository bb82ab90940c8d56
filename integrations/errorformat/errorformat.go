// Package errorformat reads output by patterns of Vim's errorformat that a task
// spells out, also of several lines. It reads nothing of a task that has none.
package errorformat

import (
	"path"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "errorformat", Title: "errorformat", Parse: parse}
}

// reader follows one run. The patterns are tried in their order:
//
//	%f:%l:%c: %m     an entry of one line
//	%E%f:%l: %m      begins one of several, as do %A, %W, %I and %N
//	%C%m             goes on with it
//	%Z%p^            ends it
//	%D, %X           a directory is entered, left
//	%O, %P, %Q       a file is named, entered, left
type reader struct {
	sink     tasks.Sink
	files    *place.Files
	patterns []config.Errorformat
	severity tasks.Severity
	said     map[string]bool

	entry *entry // of several lines, in hand
	dirs  []string
	in    []string // files that were entered
}

// entry is what lines say of one place.
type entry struct {
	file         string
	line, column int
	kind         byte
	code         string
	message      string
	left         bool // it is one to leave out
	told         string
}

// What is looked at, and remembered.
const (
	longest  = 4096
	mostSaid = 2000
	deepest  = 100
)

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	var readers []*reader
	for _, f := range t.Spec.Format {
		if len(f.Errorformat) == 0 {
			continue
		}
		r := &reader{sink: s, files: place.NewFiles(t), severity: tasks.Severity(f.Severity), said: map[string]bool{}}
		if r.severity == "" {
			r.severity = tasks.Error
		}
		for _, pattern := range f.Errorformat {
			if e, err := config.ParseErrorformat(pattern); err == nil { // a file that was read has no other
				r.patterns = append(r.patterns, e)
			}
		}
		readers = append(readers, r)
	}
	if len(readers) == 0 {
		return nil
	}
	return func(_ int64, line string) bool {
		own := false
		for _, r := range readers {
			own = r.line(line) || own
		}
		return own
	}
}

func (r *reader) line(line string) bool {
	if len(line) > longest {
		return false
	}
	for _, p := range r.patterns {
		if (p.Prefix == 'C' || p.Prefix == 'Z') && r.entry == nil {
			continue
		}
		groups := p.Line.FindStringSubmatch(line)
		if groups == nil {
			continue
		}
		get := func(name string) string {
			if i := p.Line.SubexpIndex(name); i >= 0 {
				return groups[i]
			}
			return ""
		}
		r.take(p, get, line)
		return true
	}
	r.entry = nil
	return false
}

// take is a line that a pattern fits.
func (r *reader) take(p config.Errorformat, get func(string) string, line string) {
	switch p.Prefix {
	case 'D':
		r.dirs = push(r.dirs, get("f"))
		return
	case 'X':
		r.dirs = pop(r.dirs)
		return
	case 'Q':
		r.in = pop(r.in)
		return
	case 'O', 'P':
		if p.Prefix == 'P' {
			r.in = push(r.in, get("f"))
		}
		if rest := strings.TrimSpace(get("r")); rest != "" && rest != line {
			r.line(rest)
		}
		return
	case 'A', 'E', 'W', 'I', 'N', 'C', 'Z':
		if p.Prefix != 'C' && p.Prefix != 'Z' {
			r.entry = &entry{kind: p.Prefix, left: p.Ignored}
		}
		r.entry.add(p, get, line)
		if !r.entry.left && !p.Ignored {
			r.report(r.entry)
		}
		if p.Prefix == 'Z' {
			r.entry = nil
		}
		return
	}
	r.entry = nil
	if p.Ignored || p.Prefix == 'G' {
		return
	}
	var e entry
	e.add(p, get, line)
	r.report(&e)
}

// add takes what a line says that no earlier one has said.
func (e *entry) add(p config.Errorformat, get func(string) string, line string) {
	if e.file == "" {
		e.file = strings.Clone(get("f"))
	}
	if e.line == 0 {
		e.line, _, _ = place.Number(get("l"))
	}
	if e.column == 0 {
		for _, name := range []string{"c", "v"} {
			if n, _, ok := place.Number(get(name)); ok {
				e.column = n
			}
		}
		if p.Line.SubexpIndex("p") >= 0 {
			e.column = len(get("p")) + 1
		}
	}
	if t := get("t"); t != "" {
		e.kind = t[0]
	}
	if n := get("n"); n != "" && e.code == "" {
		e.code = strings.Clone(n)
	}
	message := get("m")
	if p.Whole {
		message = line
	}
	if message = strings.TrimSpace(message); message != "" {
		e.message = place.Clip(strings.TrimSpace(e.message + " " + message))
	}
}

// report tells of an entry as soon as it has a place and a message. What is
// said of it later comes too late, but for its place.
func (r *reader) report(e *entry) {
	file := e.file
	if file == "" && len(r.in) > 0 {
		file = r.in[len(r.in)-1]
	}
	if e.told != "" || file == "" || e.message == "" || e.line == 0 && e.kind != 0 && r.entry == e {
		return
	}
	at, own := r.find(file)
	if !own {
		return
	}
	where := tasks.Location{File: at, Line: e.line, Column: e.column}
	key := where.String() + " " + e.message
	e.told = key
	if r.said[key] || len(r.said) >= mostSaid {
		return
	}
	r.said[key] = true
	r.sink.Emit(tasks.DiagnosticReported{Diagnostic: tasks.Diagnostic{
		Severity: severity(e.kind, r.severity), Location: where, Message: e.message, Code: e.code, Line: -1,
	}})
}

func (r *reader) find(file string) (string, bool) {
	if p, own := r.files.Own(file); own || len(r.dirs) == 0 {
		return p, own
	}
	return r.files.Own(path.Join(r.dirs[len(r.dirs)-1], file))
}

func push(stack []string, name string) []string {
	if name == "" || len(stack) >= deepest {
		return stack
	}
	return append(stack, strings.Clone(name))
}

func pop(stack []string) []string { return stack[:max(0, len(stack)-1)] }

func severity(kind byte, otherwise tasks.Severity) tasks.Severity {
	switch kind {
	case 'e', 'E':
		return tasks.Error
	case 'w', 'W':
		return tasks.Warning
	case 'i', 'I', 'n', 'N':
		return tasks.Info
	}
	return otherwise
}
