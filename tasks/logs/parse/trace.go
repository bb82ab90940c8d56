package parse

import "strings"

// Grouper tells, line after line of one log, which lines continue the one
// before them: the frames of a stack trace. The zero value is ready.
type Grouper struct {
	in traceKind
	n  int
	// concluded: the last line says what the trace is about.
	concluded bool
}

type traceKind uint8

const (
	noTrace traceKind = iota
	goTrace
	raceTrace
	raceEnd // behind a race's report
	pythonTrace
	pythonChain // behind a traceback; another one may belong to it
	otherTrace
)

// Next says which line of its group this clean line is: 0 for a line that
// stands for itself, 1 for the first that continues it.
func (g *Grouper) Next(s string) int {
	if s == "" && g.in == noTrace {
		g.concluded = false
		return 0
	}
	was := g.in
	var head bool
	g.in, head = g.classify(s)
	g.concluded = was == pythonTrace && g.in == pythonChain || !head && g.in == otherTrace && strings.HasPrefix(s, "Caused by: ")
	if g.in == noTrace || head {
		g.n = 0
	} else {
		g.n++
	}
	return g.n
}

// Concludes says whether the line that Next saw last, a line of a trace, is what
// the trace is about: the exception below Python's frames, which stand in their
// order, and the cause of an exception of Java. deepest is whether the frames just
// above it are those that matter.
func (g *Grouper) Concludes() (concludes, deepest bool) {
	return g.concluded, g.in == pythonChain
}

// classify says in what trace a line leaves us, and whether it is its head.
func (g *Grouper) classify(s string) (kind traceKind, head bool) {
	switch {
	case strings.HasPrefix(s, "panic:"), strings.HasPrefix(s, "fatal error:"), s == "SIGQUIT: quit", s == "SIGABRT: abort":
		return goTrace, true
	case s == "WARNING: DATA RACE":
		return raceTrace, true
	case strings.HasPrefix(s, "goroutine ") && strings.HasSuffix(s, ":"):
		return goTrace, g.in != goTrace
	case strings.HasPrefix(s, "Traceback (most recent"):
		return pythonTrace, g.in != pythonChain || g.n == 0
	case strings.HasPrefix(s, "thread '") && strings.Contains(s, "panicked at"):
		return otherTrace, true
	}
	switch g.in {
	case goTrace:
		if goFrame(s) {
			return goTrace, false
		}
	case raceTrace:
		switch {
		case strings.HasPrefix(s, "====="):
			return raceEnd, false
		case s == "" || s[0] == ' ' || strings.HasSuffix(s, ":"):
			return raceTrace, false
		}
	case pythonTrace:
		if s == "" || s[0] == ' ' {
			return pythonTrace, false
		}
		if pythonException(s) {
			return pythonChain, false
		}
	case pythonChain:
		if s == "" || strings.HasPrefix(s, "During handling of") || strings.HasPrefix(s, "The above exception") {
			return pythonChain, false
		}
	case otherTrace:
		if s == "stack backtrace:" || strings.HasPrefix(s, "note: ") {
			return otherTrace, false
		}
	}
	if frame(s) {
		return otherTrace, false
	}
	return noTrace, false
}

// Deep says whether a line can stand deep in the stacks of many goroutines, so that
// the head of the dump may be far above it.
func Deep(s string) bool { return goFrame(s) }

// goFrame says whether a line can stand within a Go panic.
func goFrame(s string) bool {
	switch {
	case s == "", strings.HasPrefix(s, "goroutine ") && strings.HasSuffix(s, ":"), strings.HasPrefix(s, "created by "),
		strings.HasPrefix(s, "[signal "), strings.HasPrefix(s, "\t"), strings.HasPrefix(s, "        "),
		strings.HasPrefix(s, "exit status "), strings.HasPrefix(s, "main."), strings.HasPrefix(s, "panic("),
		strings.HasPrefix(s, "PC=0x"), s == "runtime stack:", strings.HasPrefix(s, "...") && strings.HasSuffix(s, "frames elided..."), register(s):
		return true
	}
	open := strings.IndexByte(s, '(')
	return open > 0 && strings.HasSuffix(s, ")") && strings.IndexByte(s[:open], '.') > 0 && strings.IndexByte(s[:open], ' ') < 0
}

// register is one of a processor, as the end of a dump lists them: "rax    0xca".
func register(s string) bool {
	name, value, ok := strings.Cut(s, " ")
	return ok && len(name) >= 2 && len(name) <= 6 && strings.HasPrefix(strings.TrimLeft(value, " "), "0x") && strings.IndexByte(strings.TrimLeft(value, " "), ' ') < 0
}

func pythonException(s string) bool {
	name, _, _ := strings.Cut(s, ":")
	return name != "" && strings.IndexByte(name, ' ') < 0 && (strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") ||
		strings.HasSuffix(name, "Interrupt") || strings.HasSuffix(name, "Exit") || strings.HasSuffix(name, "Warning") || strings.Contains(name, "."))
}

// frame says whether a line is a frame wherever it stands: Java, JavaScript,
// .NET, Rust, and goroutine headers.
func frame(s string) bool {
	t := strings.TrimLeft(s, " ")
	indent := len(s) - len(t)
	switch {
	case strings.HasPrefix(t, "at ") && indent >= 2:
		return strings.ContainsAny(t, "(:")
	case strings.HasPrefix(s, "Caused by: "), strings.HasPrefix(t, "Suppressed: ") && indent > 0:
		return true
	case strings.HasPrefix(t, "... ") && indent > 0 && (strings.HasSuffix(t, " more") || strings.HasSuffix(t, "omitted")):
		return true
	case indent >= 2 && digitsThenColon(t):
		return true
	}
	return false
}

// digitsThenColon is a frame of a Rust backtrace: "12: core::panicking".
func digitsThenColon(s string) bool {
	i := 0
	for i < len(s) && digit(s[i]) {
		i++
	}
	return i > 0 && i < 4 && strings.HasPrefix(s[i:], ": ") && strings.Contains(s, "::")
}
