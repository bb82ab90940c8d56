// Package matcher reads output by problem matchers, as VS Code has them: those
// that editors know by a name and those that a task spells out. It reads
// nothing of a task that names none.
package matcher

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "matcher", Title: "problem matchers", Parse: parse}
}

// line is a pattern with its expression.
type line struct {
	config.Pattern
	re *regexp.Regexp
}

// matcher follows one matcher's patterns: one a line, the last perhaps any
// number of times.
type matcher struct {
	lines    []line
	severity tasks.Severity
	next     int
	found    found
}

// found is what the lines have said so far.
type found struct {
	file     string
	at       tasks.Location
	severity string
	code     string
	message  []string
}

type reader struct {
	sink     tasks.Sink
	files    *place.Files
	matchers []*matcher
	said     map[string]bool
}

// What is looked at, and what is told of one run at most.
const (
	longest  = 4096
	mostSaid = 2000
)

func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	r := &reader{sink: s, files: place.NewFiles(t), said: map[string]bool{}}
	for _, f := range t.Spec.Format {
		patterns, severity := f.Pattern, tasks.Severity(f.Severity)
		if len(patterns) == 0 {
			known, ok := named()[f.Name]
			if !ok {
				continue
			}
			patterns = known.patterns
			if severity == "" {
				severity = known.severity
			}
		}
		if m := newMatcher(patterns, severity); m != nil {
			r.matchers = append(r.matchers, m)
		}
	}
	if len(r.matchers) == 0 {
		return nil
	}
	return r.line
}

func newMatcher(patterns []config.Pattern, severity tasks.Severity) *matcher {
	m := &matcher{severity: severity}
	if severity == "" {
		m.severity = tasks.Error
	}
	for _, p := range patterns {
		re, err := regexp.Compile(p.Regexp)
		if err != nil { // a file that was read has none
			return nil
		}
		m.lines = append(m.lines, line{p, re})
	}
	return m
}

func (r *reader) line(_ int64, text string) bool {
	if len(text) > longest {
		return false
	}
	own := false
	for _, m := range r.matchers {
		own = r.try(m, text) || own
	}
	return own
}

// try says whether the line is the next one of the matcher.
func (r *reader) try(m *matcher, text string) bool {
	for {
		l := m.lines[m.next]
		groups := l.re.FindStringSubmatch(text)
		if groups == nil {
			if m.next == 0 {
				return false
			}
			m.next, m.found = 0, found{} // it may begin another one
			continue
		}
		last := m.next == len(m.lines)-1
		before := m.found
		m.found.add(l.Pattern, groups, len(m.lines) == 1)
		switch {
		case !last:
			m.next++
		case l.Loop && len(m.lines) > 1:
			r.report(m)
			m.found = before
		default:
			r.report(m)
			m.next, m.found = 0, found{}
		}
		return true
	}
}

// add takes what a line says; of a matcher of one pattern without a group for
// the message all that matched is the message.
func (f *found) add(p config.Pattern, groups []string, alone bool) {
	get := func(i int) string {
		if i <= 0 || i >= len(groups) {
			return ""
		}
		return strings.TrimSpace(groups[i])
	}
	if file := get(p.File); file != "" {
		f.file = strings.Clone(file)
	}
	if where := get(p.Location); where != "" {
		l, rest, _ := place.Number(where)
		f.at.Line = l
		f.at.Column, _, _ = place.Number(strings.TrimLeft(rest, ",: "))
	}
	if n, _, ok := place.Number(get(p.Line)); ok {
		f.at.Line = n
	}
	if n, _, ok := place.Number(get(p.Column)); ok {
		f.at.Column = n
	}
	if s := get(p.Severity); s != "" {
		f.severity = strings.Clone(s)
	}
	if s := get(p.Code); s != "" {
		f.code = strings.Clone(s)
	}
	message := get(p.Message)
	if p.Message == 0 && alone {
		message = groups[0]
	}
	if message != "" {
		f.message = append(slices.Clip(f.message), strings.Clone(message))
	}
}

func (r *reader) report(m *matcher) {
	p, own := r.files.Own(m.found.file)
	message := place.Clip(strings.Join(m.found.message, " "))
	if !own || message == "" {
		return
	}
	at := m.found.at
	at.File = p
	key := at.String() + " " + message
	if r.said[key] || len(r.said) >= mostSaid {
		return
	}
	r.said[key] = true
	r.sink.Emit(tasks.DiagnosticReported{Diagnostic: tasks.Diagnostic{
		Severity: severity(m.found.severity, m.severity), Location: at, Message: message, Code: place.Clip(m.found.code), Line: -1,
	}})
}

// severity understands the words that tools have for it.
func severity(word string, otherwise tasks.Severity) tasks.Severity {
	switch word = strings.ToLower(word); {
	case strings.HasSuffix(word, "error"), word == "e", word == "fatal":
		return tasks.Error
	case strings.HasPrefix(word, "warn"), word == "w":
		return tasks.Warning
	case word == "info", word == "i", word == "note", word == "hint", word == "n", word == "help", word == "information":
		return tasks.Info
	}
	return otherwise
}
