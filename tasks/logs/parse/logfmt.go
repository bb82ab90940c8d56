package parse

import (
	"strings"
	"time"
)

// parseLogfmt reads a line that consists of key=value pairs only: at least
// three, or two when one of them is a level or a message.
func parseLogfmt(s string, arrived time.Time) (Record, bool) {
	r := Record{Format: Logfmt}
	pairs, hasMessage := 0, false
	for i := blanks(s, 0); i < len(s); i = blanks(s, i) {
		key, value, n := pair(s[i:])
		if n == 0 {
			return Record{}, false
		}
		i += n
		pairs++
		switch {
		case r.Level == Unknown && isLevelKey(key):
			if l, ok := ParseLevel(value); ok {
				r.Level = l
				continue
			}
		case r.Time.IsZero() && isTimeKey(key):
			if t := fieldTime(value, arrived); !t.IsZero() {
				r.Time = t
				continue
			}
		case !hasMessage && isMessageKey(key):
			r.Message, hasMessage = value, true
			continue
		}
		r.Fields = append(r.Fields, Field{key, value})
	}
	named := hasMessage || r.Level != Unknown
	return r, pairs >= 3 || pairs == 2 && named
}

// inlineFields are the key=value words of a text.
func inlineFields(s string) []Field {
	var fields []Field
	for from := 0; ; {
		eq := strings.IndexByte(s[from:], '=')
		if eq < 0 || len(fields) == 64 {
			return fields
		}
		eq += from
		start := eq
		for start > 0 && keyByte(s[start-1]) {
			start--
		}
		from = eq + 1
		if start == eq || start > 0 && s[start-1] != ' ' && s[start-1] != '(' && s[start-1] != '[' && s[start-1] != '{' && s[start-1] != ',' {
			continue
		}
		if key, value, n := pair(s[start:]); n > 0 {
			fields = append(fields, Field{key, strings.TrimRight(value, ",;)]}")})
			from = start + n
		}
	}
}

func keyByte(c byte) bool {
	return letter(c) || digit(c) || c == '_' || c == '.' || c == '-' || c == '/' || c == '@'
}

// pair reads key=value or key="quoted value" at the start of s; n is 0 when
// there is none.
func pair(s string) (key, value string, n int) {
	i := 0
	for i < len(s) && keyByte(s[i]) {
		i++
	}
	if i == 0 || i == len(s) || s[i] != '=' || !letter(s[0]) && s[0] != '_' && s[0] != '@' {
		return "", "", 0
	}
	key = s[:i]
	i++
	if i < len(s) && s[i] == '"' {
		n := stringLen(s[i:])
		q := s[i : i+n]
		if n >= 2 && q[n-1] == '"' {
			if i += n; i < len(s) && s[i] != ' ' && s[i] != ',' && s[i] != ')' && s[i] != ']' && s[i] != '}' {
				return "", "", 0
			}
			return key, unquote(q), i
		}
		return "", "", 0
	}
	from := i
	for i < len(s) && s[i] != ' ' && s[i] != '\t' {
		if s[i] == '"' {
			return "", "", 0
		}
		i++
	}
	return key, s[from:i], i
}
