package diagnostics

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// report is a place with a message that may begin with its severity.
func (r *reader) report(file string, line, column int, message string) bool {
	file = strings.TrimSpace(file)
	if line <= 0 || !plausible(file) {
		return false
	}
	p, ok := r.files.Own(file)
	if !ok {
		// "vet: ./a.go", "ERROR in ./src/a.ts"
		i := strings.LastIndexByte(file, ' ')
		if i < 0 || !plausible(file[i+1:]) {
			return false
		}
		if p, ok = r.files.Own(file[i+1:]); !ok {
			return false
		}
	}
	severity, code, message := understand(strings.TrimSpace(message))
	return r.emit(tasks.Location{File: p, Line: line, Column: column}, severity, message, code)
}

func (r *reader) emit(at tasks.Location, severity tasks.Severity, message, code string) bool {
	message = place.Clip(message)
	if message == "" {
		return false
	}
	key := at.String() + " " + message
	r.unnamed = nil
	if !r.said[key] && len(r.said) < mostSaid {
		r.said[key] = true
		d := tasks.Diagnostic{Severity: severity, Location: at, Message: message, Code: code, Line: -1}
		r.sink.Emit(tasks.DiagnosticReported{Diagnostic: d})
		if code == "" && (strings.HasSuffix(at.File, ".rs") || strings.HasSuffix(at.File, ".py")) {
			r.unnamed = &d
		}
	}
	return true
}

// rule takes the name of a rule of rustc or clippy:
//
//	= note: `#[warn(unused_variables)]` on by default
//	= note: requested on the command line with `-D clippy::ptr-arg`
//	= help: for further information visit https://…/index.html#needless_return
func (r *reader) rule(text string) bool {
	code := ""
	for _, level := range [...]string{"[warn(", "[deny(", "[forbid(", "`-W ", "`-D ", "`-F "} {
		if _, after, ok := strings.Cut(text, level); ok {
			if i := strings.IndexAny(after, ")`"); i > 0 {
				code = strings.ReplaceAll(after[:i], "-", "_")
			}
			break
		}
	}
	if _, lint, ok := strings.Cut(text, "/rust-clippy/"); ok && code == "" {
		if _, name, ok := strings.Cut(lint, "#"); ok {
			code = "clippy::" + name
		}
	}
	if code == "" || !strings.HasSuffix(r.unnamed.Location.File, ".rs") || !isRule(strings.ReplaceAll(code, "::", "/")) {
		return false
	}
	d := *r.unnamed
	d.Code, r.unnamed = strings.Clone(code), nil
	r.sink.Emit(tasks.DiagnosticReported{Diagnostic: d})
	return true
}

// severities are the words that a message may begin with.
var severities = [...]struct {
	word string
	is   tasks.Severity
}{
	{"fatal error", tasks.Error},
	{"error", tasks.Error},
	{"warning", tasks.Warning},
	{"note", tasks.Info},
	{"info", tasks.Info},
	{"help", tasks.Info},
	{"hint", tasks.Info},
}

// understand splits a message into its parts:
//
//	error TS2322: no          error[E0425]: no       error: no  [return-value]
//	F401 [*] no               no (errcheck)          warning: no [-Wunused]
//
// Without a word for its severity it is an error, but for a warning of Python, which
// has its class: "DeprecationWarning: no".
func understand(s string) (severity tasks.Severity, code, message string) {
	severity, message = tasks.Error, s
	for _, sev := range severities {
		if len(s) <= len(sev.word) || !strings.EqualFold(s[:len(sev.word)], sev.word) {
			continue
		}
		head, rest, ok := strings.Cut(s[len(sev.word):], ":")
		head = strings.Trim(head, " []")
		if ok && (head == "" || isCode(head)) {
			severity, code, message = sev.is, head, strings.TrimSpace(rest)
			break
		}
	}
	if code != "" {
		return severity, code, message
	}
	if strings.HasPrefix(message, "required from ") || strings.HasPrefix(message, "recursively required from ") {
		return tasks.Info, "", message // where g++ was led to an error by
	}
	if number, rest, ok := strings.Cut(message, ": "); ok && isCode(number) && len(number) == 5 { // of pylint
		switch number[0] {
		case 'C', 'R', 'W':
			severity, message = tasks.Warning, rest
		case 'E', 'F':
			message = rest
		}
	}
	if number, rest, ok := strings.Cut(strings.TrimPrefix(message, "["), "] "); ok && message[0] == '[' && isCode(number) && hasDigit(number) {
		return severity, number, rest // as ruff has it for pylint's readers
	}
	if class, _, ok := strings.Cut(message, ": "); ok && strings.HasSuffix(class, "Warning") && isRule(class) {
		severity = tasks.Warning
	}
	if first, rest, ok := strings.Cut(message, " "); ok && isCode(first) && hasDigit(first) {
		return severity, first, strings.TrimPrefix(rest, "[*] ")
	}
	for _, pair := range [...]string{"[]", "()"} {
		if i := strings.LastIndexByte(message, pair[0]); i > 0 && message[len(message)-1] == pair[1] {
			if inner := message[i+1 : len(message)-1]; message[i-1] == ' ' && isRule(inner) {
				message = strings.TrimSpace(message[:i])
				switch word, rule, _ := strings.Cut(inner, "/"); word { // of eslint for unix
				case "Error":
					return tasks.Error, rule, message
				case "Warning":
					return tasks.Warning, rule, message
				}
				return severity, inner, message
			}
		}
	}
	return severity, code, message
}

// isCode tells "TS2322" and "E0425" from words.
func isCode(s string) bool {
	if len(s) < 2 || len(s) > 12 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// isRule tells "errcheck" and "-Wunused-variable" from a remark.
func isRule(s string) bool {
	if len(s) < 3 || len(s) > 40 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '/' && c != '=' {
			return false
		}
	}
	return true
}

// plausible tells the name of a file from a time, an address and a sentence,
// before the disk is asked.
func plausible(file string) bool {
	if file == "" || len(file) > 400 {
		return false
	}
	base := file[strings.LastIndexAny(file, `/\`)+1:]
	if dot := strings.LastIndexByte(base, '.'); dot < 0 {
		if base != "Makefile" && base != "Dockerfile" {
			return false
		}
	} else if ending := base[dot+1:]; ending == "" || len(ending) > 11 || !isLetter(ending[0]) {
		return false
	}
	return !strings.ContainsAny(file, "\"'`<>|*?={}")
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
