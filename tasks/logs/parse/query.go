package parse

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Query is a filter for lines: terms that must all hold.
//
//	timeout            the text contains it; case counts when it has a capital
//	"two words"        the same, with blanks
//	/dial (tcp|udp)/   the text matches the regular expression
//	level>=warn        the level; also = != < <= >
//	service=cart       a field of a JSON or logfmt line; also != and numbers with < <= > >=
//	msg~"re"           a field, the message (msg) or the source matches; !~ does not
//	source=api         the log that the line is from
//	-noise             not this term
type Query struct {
	text  string
	terms []term
}

type term struct {
	not   bool
	key   string // empty: the text
	op    string // "contains", "~", "=", "<", "<=", ">", ">="
	value string
	fold  bool // compare without case; value is lower case then
	re    *regexp.Regexp
	level Level
	num   float64
	isNum bool
	field bool // the key is that of a field, whatever it is called
}

// SyntaxError says what is wrong with a query and where.
type SyntaxError struct {
	Query string
	Pos   int // byte of Query
	Why   string
}

// Error is the reason with its place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("filter: %s at column %d", e.Why, e.Pos+1)
}

// ParseQuery reads a filter; an empty text is the query that every line matches.
// The error is a *SyntaxError.
func ParseQuery(text string) (Query, error) { return parseQuery(queryParser{s: text}) }

// ParseFields is ParseQuery of what has fields and is no line of a log: a key is
// always that of a field, also where a log has something of that name.
func ParseFields(text string) (Query, error) { return parseQuery(queryParser{s: text, fields: true}) }

func parseQuery(p queryParser) (Query, error) {
	q := Query{text: strings.TrimSpace(p.s)}
	for {
		p.i = blanks(p.s, p.i)
		if p.i >= len(p.s) {
			return q, nil
		}
		t, err := p.term()
		if err != nil {
			return Query{}, err
		}
		q.terms = append(q.terms, t)
	}
}

// Search compiles what a person types into a search line: a regular expression
// that ignores case unless it has a capital. The error is a *SyntaxError.
func Search(pattern string) (*regexp.Regexp, error) {
	return compile(pattern, pattern, 0)
}

func compile(expr, query string, pos int) (*regexp.Regexp, error) {
	re, err := regexp.Compile(expr)
	if err == nil && !hasCapital(expr) {
		re, err = regexp.Compile("(?i:" + expr + ")")
	}
	if err != nil {
		why := err.Error()
		if e, ok := err.(*syntax.Error); ok { //nolint:errorlint // regexp returns it unwrapped
			why = e.Code.String()
			if e.Expr != "" && len(e.Expr) < len(expr) {
				why += " " + strconv.Quote(e.Expr)
			}
		}
		return nil, &SyntaxError{Query: query, Pos: pos, Why: why}
	}
	return re, nil
}

// hasCapital says whether a pattern asks for case: escapes like \S do not.
func hasCapital(s string) bool {
	escaped := false
	for _, r := range s {
		if unicode.IsUpper(r) && !escaped {
			return true
		}
		escaped = r == '\\' && !escaped
	}
	return false
}

type queryParser struct {
	s      string
	i      int
	fields bool
}

func (p *queryParser) fail(pos int, format string, args ...any) error {
	return &SyntaxError{Query: p.s, Pos: pos, Why: fmt.Sprintf(format, args...)}
}

func (p *queryParser) term() (term, error) {
	var t term
	from := p.i
	if p.s[p.i] == '-' && p.i+1 < len(p.s) && p.s[p.i+1] != ' ' {
		t.not = true
		p.i++
	}
	switch p.s[p.i] {
	case '/':
		// A slash that is never closed is text, such as a path.
		if end := closing(p.s, p.i+1, '/'); end > 0 && (end+1 == len(p.s) || p.s[end+1] == ' ') {
			re, err := compile(strings.ReplaceAll(p.s[p.i+1:end], `\/`, "/"), p.s, p.i)
			p.i = end + 1
			t.op, t.re = "~", re
			return t, err
		}
	case '"':
		value, err := p.quoted()
		return t.contains(value), err
	}
	start := p.i
	for p.i < len(p.s) && (keyByte(p.s[p.i]) && p.s[p.i] != '/') {
		p.i++
	}
	key := p.s[start:p.i]
	op := p.operator()
	if key == "" || op == "" {
		p.i = start
		for p.i < len(p.s) && p.s[p.i] != ' ' {
			p.i++
		}
		return t.contains(p.s[start:p.i]), nil
	}
	valueAt := p.i
	value, err := p.value()
	if err != nil {
		return t, err
	}
	t.key, t.field = key, p.fields
	switch op {
	case "==":
		op = "="
	case "!=":
		t.not, op = !t.not, "="
	case "!~":
		t.not, op = !t.not, "~"
	}
	t.op = op
	if isLevelKey(key) && op != "~" && !t.field {
		l, ok := ParseLevel(value)
		if !ok {
			return t, p.fail(valueAt, "%q is not a level; use trace, debug, info, warn, error or fatal", value)
		}
		t.key, t.level = "level", l
		return t, nil
	}
	switch op {
	case "~":
		t.re, err = compile(value, p.s, valueAt)
		return t, err
	case "=":
		if value == "" && p.i == valueAt {
			return t, p.fail(from, "%s%s has no value; write %s=\"\" for an empty one", key, op, key)
		}
	default:
		t.num, err = strconv.ParseFloat(value, 64)
		if err != nil {
			return t, p.fail(valueAt, "%s%s needs a number or a level", key, op)
		}
	}
	if n, err := strconv.ParseFloat(value, 64); err == nil {
		t.num, t.isNum = n, true
	}
	t.value = value
	return t, nil
}

func (t term) contains(s string) term {
	t.op, t.value = "contains", s
	if !hasCapital(s) {
		t.fold, t.value = true, strings.ToLower(s)
	}
	return t
}

func (p *queryParser) operator() string {
	for _, op := range []string{">=", "<=", "!=", "!~", "==", "=", "~", ">", "<"} {
		if strings.HasPrefix(p.s[p.i:], op) {
			p.i += len(op)
			return op
		}
	}
	return ""
}

// value is a word, a quoted text, or /a regular expression/ up to a blank.
func (p *queryParser) value() (string, error) {
	if p.i < len(p.s) && p.s[p.i] == '"' {
		return p.quoted()
	}
	if p.i < len(p.s) && p.s[p.i] == '/' {
		if end := closing(p.s, p.i+1, '/'); end > 0 && (end+1 == len(p.s) || p.s[end+1] == ' ') {
			v := p.s[p.i+1 : end]
			p.i = end + 1
			return v, nil
		}
	}
	from := p.i
	for p.i < len(p.s) && p.s[p.i] != ' ' {
		p.i++
	}
	return p.s[from:p.i], nil
}

func (p *queryParser) quoted() (string, error) {
	from := p.i
	end := closing(p.s, p.i+1, '"')
	if end < 0 {
		return "", p.fail(from, "the quote is not closed")
	}
	p.i = end + 1
	return strings.ReplaceAll(p.s[from+1:end], `\"`, `"`), nil
}

// closing is where the unescaped c stands at or after i; -1 nowhere.
func closing(s string, i int, c byte) int {
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case c:
			return i
		}
	}
	return -1
}

// String is the query as it was typed.
func (q Query) String() string { return q.text }

// Empty says whether every line matches.
func (q Query) Empty() bool { return len(q.terms) == 0 }

// With is the query with another text's terms added.
func (q Query) With(more Query) Query {
	return Query{
		text:  strings.TrimSpace(q.text + " " + more.text),
		terms: append(append([]term(nil), q.terms...), more.terms...),
	}
}

// AtLeast is the query for lines of a level or above.
func AtLeast(l Level) Query {
	if l == Unknown {
		return Query{}
	}
	return Query{text: "level>=" + l.String(), terms: []term{{key: "level", op: ">=", level: l}}}
}

// Line is what a query is asked about.
type Line struct {
	Source string
	Text   string // clean
	// Record is the parsed text, nil to let Match parse it when a term needs it.
	Record  *Record
	Arrived time.Time
}

// Match says whether a line fulfils every term. A line without a level fulfils
// no term about levels but level!=...
func (q Query) Match(l Line) bool {
	for i := range q.terms {
		t := &q.terms[i]
		if t.key != "" && (t.key != "source" || t.field) && l.Record == nil {
			r := Parse(l.Text, l.Arrived)
			l.Record = &r
		}
		if t.match(&l) == t.not {
			return false
		}
	}
	return true
}

func (t *term) match(l *Line) bool {
	if t.field {
		return t.among(l.Record.Fields)
	}
	switch t.key {
	case "":
		switch {
		case t.re != nil:
			return t.re.MatchString(l.Text)
		case t.fold:
			return containsFold(l.Text, t.value)
		}
		return strings.Contains(l.Text, t.value)
	case "level":
		if t.re != nil {
			return t.re.MatchString(l.Record.Level.String())
		}
		return l.Record.Level != Unknown && compare(int(l.Record.Level), int(t.level), t.op)
	case "source":
		return t.value1(l.Source)
	case "msg", "message":
		if t.value1(l.Record.Message) {
			return true
		}
	}
	return t.among(l.Record.Fields)
}

// among says whether a field of the term's name fits.
func (t *term) among(fields []Field) bool {
	for _, f := range fields {
		if f.Key == t.key && t.value1(f.Value) {
			return true
		}
	}
	return false
}

// value1 compares one value.
func (t *term) value1(v string) bool {
	switch {
	case t.re != nil:
		return t.re.MatchString(v)
	case t.op == "=":
		if v == t.value {
			return true
		}
		if !t.isNum {
			return false
		}
	}
	n, err := strconv.ParseFloat(v, 64)
	return err == nil && compare(n, t.num, t.op)
}

func compare[T int | float64](a, b T, op string) bool {
	switch op {
	case "=":
		return a == b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	}
	return false
}

// containsFold is strings.Contains without case; low is in lower case.
func containsFold(s, low string) bool {
	if low == "" {
		return true
	}
	if !isPlain(low) || !isPlain(s) {
		return strings.Contains(strings.ToLower(s), low)
	}
	first := low[0]
	for i := 0; i+len(low) <= len(s); i++ {
		if lower(s[i]) != first {
			continue
		}
		j := 1
		for j < len(low) && lower(s[i+j]) == low[j] {
			j++
		}
		if j == len(low) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
