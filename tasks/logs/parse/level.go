package parse

import (
	"strconv"
	"strings"
)

// Level is how serious a line says it is.
type Level uint8

// The levels, in order.
const (
	Unknown Level = iota
	Trace
	Debug
	Info
	Warn
	Error
	Fatal
)

// String is the level's short name in lower case; empty for Unknown.
func (l Level) String() string {
	switch l {
	case Trace:
		return "trace"
	case Debug:
		return "debug"
	case Info:
		return "info"
	case Warn:
		return "warn"
	case Error:
		return "error"
	case Fatal:
		return "fatal"
	}
	return ""
}

// ParseLevel reads a level's name as people and programs write it, or the
// number that pino and bunyan print.
func ParseLevel(s string) (Level, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		switch {
		case n >= 10 && n < 70:
			return Level(n / 10), true
		}
		return Unknown, false
	}
	l := levelWord(s)
	return l, l != Unknown
}

// levelWord is the level that a word names, whatever its case.
func levelWord(w string) Level {
	if len(w) < 3 || len(w) > 11 {
		return Unknown
	}
	var buf [11]byte
	for i := range len(w) {
		buf[i] = w[i] | 0x20
	}
	switch string(buf[:len(w)]) {
	case "trace", "trc", "trac", "verbose", "vrb", "finest", "finer":
		return Trace
	case "debug", "dbg", "debu", "dbug", "fine":
		return Debug
	case "info", "inf", "information", "notice", "note", "log":
		return Info
	case "warn", "warning", "wrn":
		return Warn
	case "error", "err", "erro", "eror", "severe":
		return Error
	case "fatal", "fata", "ftl", "critical", "crit", "crt", "panic", "emerg", "emergency", "alert":
		return Fatal
	}
	return Unknown
}

// levelLetter is the level that a single letter in brackets names.
func levelLetter(c byte) Level {
	switch c | 0x20 {
	case 'v', 't':
		return Trace
	case 'd':
		return Debug
	case 'i':
		return Info
	case 'w':
		return Warn
	case 'e':
		return Error
	case 'f', 'c':
		return Fatal
	}
	return Unknown
}

// The tiers of confidence that a word means the level of its line, best first.
const (
	tierPrefix    = iota // the first word, with what sets it apart
	tierBracket          // [E], [warn], <error>
	tierTag              // level=error, app:ERROR
	tierQuoted           // "error"
	tierSeparated        // - ERROR -, | WARN |
	tierBare             // ERROR anywhere, error: anywhere
	tiers
)

// scanned is how much of a line is searched for its level.
const scanned = 400

// detectFrom finds the level of a clean plain line whose text begins at from. The
// best tier that has a word decides; when its words disagree the level is Unknown.
func detectFrom(s string, from int) Level {
	if l := headLevel(s[from:]); l != Unknown {
		return l
	}
	var found [tiers]Level
	var conflict [tiers]bool
	if len(s) > scanned {
		s = s[:scanned]
	}
	first := true
	for i := from; i < len(s); {
		if !letter(s[i]) {
			i++
			continue
		}
		j := i + 1
		for j < len(s) && letter(s[j]) {
			j++
		}
		if l, tier := judge(s, i, j, first); tier < tiers {
			if found[tier] != Unknown && found[tier] != l {
				conflict[tier] = true
			}
			found[tier] = l
			if tier == tierPrefix {
				return l
			}
		}
		first = false
		i = j
	}
	for t := range tiers {
		if conflict[t] {
			return Unknown
		}
		if found[t] != Unknown {
			return found[t]
		}
	}
	return Unknown
}

// headLevel is the level of a line that begins a stack trace without a word for
// it.
func headLevel(s string) Level {
	if s == "" {
		return Unknown
	}
	switch s[0] {
	case 'T':
		if strings.HasPrefix(s, "Traceback (most recent call last)") {
			return Error
		}
	case 'E':
		if strings.HasPrefix(s, "Exception in thread ") {
			return Error
		}
	case 't':
		if strings.HasPrefix(s, "thread '") && strings.Contains(s[:min(len(s), scanned)], "' panicked at ") {
			return Fatal
		}
	}
	return Unknown
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// judge says which level s[i:j], a run of letters, may mean, and how surely.
func judge(s string, i, j int, first bool) (Level, int) {
	before, after := byte(' '), byte(' ')
	if i > 0 {
		before = s[i-1]
	}
	if j < len(s) {
		after = s[j]
	}
	if j-i == 1 {
		if (before == '[' && after == ']') || (before == '(' && after == ')') || (before == '|' && after == '|') ||
			first && i == 0 && after == '/' { // Android: "E/tag"
			l := levelLetter(s[i])
			if l != Unknown {
				return l, tierBracket
			}
		}
		return Unknown, tiers
	}
	l := levelWord(s[i:j])
	if l == Unknown || digit(after) || after == '_' || digit(before) || before == '_' || before == '.' || after == '-' && j+1 < len(s) && letter(s[j+1]) {
		return Unknown, tiers
	}
	upper := s[i]&0x20 == 0 && s[j-1]&0x20 == 0
	title := s[i]&0x20 == 0
	word := s[i:j]
	weak := strings.EqualFold(word, "log") || strings.EqualFold(word, "note") || strings.EqualFold(word, "alert") || strings.EqualFold(word, "fine")
	switch {
	case first && upper && (after == ' ' || after == ':' || after == '[' || after == ']' || after == '!' || after == '|' || after == '>' || after == ')' || after == '\t'),
		first && !weak && (after == ':' || after == ']' || after == '|' || after == '>'),
		first && !weak && strings.HasPrefix(s[j:], " -"):
		if before == ' ' || before == '[' || before == '<' || before == '(' || before == '|' || before == '\t' || i == 0 || !plainWordByte(before) {
			return l, tierPrefix
		}
	}
	p, n := i, j // without the blanks around
	for p > 0 && s[p-1] == ' ' {
		p--
	}
	for n < len(s) && s[n] == ' ' {
		n++
	}
	prev, next := byte(0), byte(0)
	if p > 0 {
		prev = s[p-1]
	}
	if n < len(s) {
		next = s[n]
	}
	switch {
	case prev == '[' && next == ']', prev == '<' && next == '>' && !weak, prev == '(' && next == ')' && upper:
		return l, tierBracket
	case (before == '=' || before == ':') && !weak && keyBefore(s, i-1),
		before == ':' && upper && i > 1 && letter(s[i-2]):
		return l, tierTag
	case weak:
		if upper && prev != 0 && (prev == '-' || prev == '|' || prev == ']') && (next == '-' || next == '|' || next == ':') {
			return l, tierSeparated
		}
		return Unknown, tiers
	case before == '"' && after == '"' || before == '\'' && after == '\'':
		return l, tierQuoted
	case strings.IndexByte("-|/]", prev) >= 0 && prev != 0 && strings.IndexByte("-|/:", next) >= 0 && next != 0 && (title || prev != '/'):
		return l, tierSeparated
	case upper && (before == ' ' || before == '(' || before == '\t' || before == '|' || before == ']') && after != '=' && after != '/' && after != '.':
		return l, tierBare
	case after == ':' && (before == ' ' || before == ':' || before == ']') && l >= Warn:
		return l, tierBare
	case l == Fatal && first && after == ' ' && strings.EqualFold(word, "panic"):
		return l, tierBare
	}
	return Unknown, tiers
}

func plainWordByte(c byte) bool {
	return letter(c) || digit(c) || c == '/' || c == '=' || c == '-' || c == ':' || c == '"'
}

// keyBefore says whether the key that ends before s[at] ('=' or ':') is one of
// those that name a level.
func keyBefore(s string, at int) bool {
	end := at
	for end > 0 && (s[end-1] == '"' || s[end-1] == '\'') {
		end--
	}
	start := end
	for start > 0 && (letter(s[start-1]) || s[start-1] == '_' || s[start-1] == '.' || s[start-1] == '@') {
		start--
	}
	return isLevelKey(s[start:end])
}

func isLevelKey(k string) bool {
	switch len(k) {
	case 2, 3, 5, 8, 9, 12, 13:
	default:
		return false
	}
	switch strings.ToLower(k) {
	case "@l", "lvl", "level", "severity", "log.level", "loglevel", "levelname", "log_level", "severity_text", "severitytext":
		return true
	}
	return false
}
