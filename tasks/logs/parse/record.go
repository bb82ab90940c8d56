package parse

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Format is how a line is written.
type Format uint8

// The formats.
const (
	Plain Format = iota
	JSON
	Logfmt
	Klog
	Syslog
)

// String is the format's name.
func (f Format) String() string {
	return [...]string{"plain", "json", "logfmt", "klog", "syslog"}[f]
}

// Field is a named value of a line, in the order of the line.
type Field struct {
	Key, Value string
}

// Record is what a line says.
type Record struct {
	Level Level
	// Time is the line's own timestamp; zero when it has none.
	Time time.Time
	// Message is the text without level, time and fields; of a plain line all
	// of it.
	Message string
	// Fields of a plain line are the key=value words in it.
	Fields []Field
	Format Format
}

// Parse reads a clean line. Arrived is when it was received; it completes a
// timestamp that has no year, no date or no zone, and may be zero.
func Parse(s string, arrived time.Time) Record {
	if r, ok := parseJSON(s, arrived); ok {
		return r
	}
	if r, ok := parseKlog(s, arrived); ok {
		return r
	}
	if r, ok := parseSyslog(s, arrived); ok {
		return r
	}
	if strings.IndexByte(s, '=') > 0 {
		if r, ok := parseLogfmt(s, arrived); ok {
			return r
		}
	}
	r := Record{Message: s}
	st, start, end := leadingTime(s)
	if end > 0 {
		r.Time = st.at(arrived)
	}
	if start > 0 {
		end = 0
	}
	r.Level = detectFrom(s, end)
	r.Fields = inlineFields(s)
	return r
}

func parseJSON(s string, arrived time.Time) (Record, bool) {
	if s == "" {
		return Record{}, false
	}
	if s[0] != '{' {
		s = strings.TrimLeft(s, " ")
		if s == "" || s[0] != '{' {
			return Record{}, false
		}
	}
	r := Record{Format: JSON}
	hasMessage := false
	ok := objectFields(s, func(key, raw string) {
		value := raw
		if raw[0] == '"' {
			value = unquote(raw)
		}
		switch {
		case r.Level == Unknown && isLevelKey(key):
			if l, ok := ParseLevel(value); ok {
				r.Level = l
				return
			}
		case r.Time.IsZero() && isTimeKey(key):
			if t := fieldTime(value, arrived); !t.IsZero() {
				r.Time = t
				return
			}
		case !hasMessage && isMessageKey(key) && raw[0] == '"':
			r.Message, hasMessage = value, true
			return
		case key == "log" && raw[0] == '{' && r.Level == Unknown: // Elastic: {"log":{"level":"info"}}
			objectFields(raw, func(k, v string) {
				if isLevelKey(k) && v[0] == '"' {
					r.Level, _ = ParseLevel(unquote(v))
				}
			})
		}
		r.Fields = append(r.Fields, Field{key, value})
	})
	return r, ok
}

func isTimeKey(k string) bool {
	switch k {
	case "time", "ts", "timestamp", "@timestamp", "@t", "datetime", "t", "date", "asctime":
		return true
	}
	return false
}

func isMessageKey(k string) bool {
	switch k {
	case "msg", "message", "@m", "@mt", "event", "text":
		return true
	}
	return false
}

func fieldTime(v string, arrived time.Time) time.Time {
	if st, n := readStamp(v); n > 0 && n == len(v) {
		return st.at(arrived)
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil {
		return epochTime(f)
	}
	return time.Time{}
}

// objectFields calls field for each member of the JSON object s, in order, with
// its raw value. It says whether s is one object and nothing else.
func objectFields(s string, field func(key, raw string)) bool {
	if !json.Valid([]byte(s)) || s[0] != '{' {
		return false
	}
	i := blanks(s, 1)
	for s[i] != '}' {
		keyEnd := stringLen(s[i:]) + i
		key := unquote(s[i:keyEnd])
		i = blanks(s, keyEnd)
		i = blanks(s, i+1) // the colon
		n := valueLen(s[i:])
		field(key, s[i:i+n])
		i = blanks(s, i+n)
		if s[i] == ',' {
			i = blanks(s, i+1)
		}
	}
	return true
}

func blanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// stringLen and valueLen measure a value in JSON that is known to be valid.
func stringLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

func valueLen(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i += stringLen(s[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			if depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// unquote reads a quoted string; what is no valid one stays as it is. The text
// may hold control characters again, so it is cleaned once more.
func unquote(q string) string {
	if strings.IndexByte(q, '\\') < 0 {
		if len(q) >= 2 {
			return q[1 : len(q)-1]
		}
		return q
	}
	var v string
	if json.Unmarshal([]byte(q), &v) != nil {
		return q
	}
	return Flat(v)
}

// Flat makes a text of several lines one safe line; a newline is shown as ⏎.
func Flat(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.TrimRight(s, "\r\n")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "⏎")
	return Clean(s).Plain
}

// parseKlog reads "W1122 10:11:12.131415   1 file.go:12] message".
func parseKlog(s string, arrived time.Time) (Record, bool) {
	if len(s) < 20 || strings.IndexByte("IWEF", s[0]) < 0 {
		return Record{}, false
	}
	rd := reader{s: s, i: 1}
	m, ok1 := rd.num(2)
	d, ok2 := rd.num(2)
	st := stamp{month: time.Month(m), day: d, date: true}
	if !ok1 || !ok2 || m < 1 || m > 12 || d < 1 || d > 31 || !rd.byte(' ') || !rd.clock(&st) {
		return Record{}, false
	}
	head, msg, ok := strings.Cut(s[rd.i:], "] ")
	if !ok {
		return Record{}, false
	}
	r := Record{Format: Klog, Level: levelLetter(s[0]), Time: st.at(arrived), Message: msg}
	words := strings.Fields(head)
	if len(words) == 0 || len(words) > 2 || !strings.Contains(words[len(words)-1], ":") {
		return Record{}, false
	}
	r.Fields = append(r.Fields, Field{"caller", words[len(words)-1]})
	r.Fields = append(r.Fields, inlineFields(msg)...)
	return r, true
}

// parseSyslog reads "<34>1 2026-11-22T10:11:12Z host app pid id - message" and
// the older "<34>Nov 22 10:11:12 host app[1]: message".
func parseSyslog(s string, arrived time.Time) (Record, bool) {
	if len(s) < 8 || s[0] != '<' {
		return Record{}, false
	}
	num, rest, ok := strings.Cut(s[1:], ">")
	pri, err := strconv.Atoi(num)
	if !ok || err != nil || len(num) > 3 || pri < 0 || pri > 191 {
		return Record{}, false
	}
	r := Record{Format: Syslog, Level: [8]Level{Fatal, Fatal, Fatal, Error, Warn, Info, Info, Debug}[pri&7]}
	if after, rfc5424 := strings.CutPrefix(rest, "1 "); rfc5424 {
		parts := strings.SplitN(after, " ", 6)
		if len(parts) < 6 {
			return Record{}, false
		}
		if st, n := readStamp(parts[0]); n > 0 {
			r.Time = st.at(arrived)
		}
		for i, key := range []string{"host", "app", "pid", "id"} {
			if v := parts[i+1]; v != "-" {
				r.Fields = append(r.Fields, Field{key, v})
			}
		}
		msg := parts[5]
		if after, nothing := strings.CutPrefix(msg, "-"); nothing {
			msg = after
		} else if end := strings.LastIndex(msg, "] "); strings.HasPrefix(msg, "[") && end > 0 {
			r.Fields = append(r.Fields, inlineFields(strings.NewReplacer("[", " ", "]", " ").Replace(msg[:end]))...)
			msg = msg[end+1:]
		}
		r.Message = strings.TrimLeft(msg, " ")
		return r, true
	}
	st, n := readStamp(rest)
	if n == 0 {
		return Record{}, false
	}
	r.Time = st.at(arrived)
	rest = strings.TrimLeft(rest[n:], " ")
	host, rest, _ := strings.Cut(rest, " ")
	app, msg, ok := strings.Cut(rest, ": ")
	if !ok {
		app, msg = "", rest
	}
	r.Fields = append(r.Fields, Field{"host", host})
	if app != "" {
		r.Fields = append(r.Fields, Field{"app", app})
	}
	r.Message = msg
	return r, true
}
