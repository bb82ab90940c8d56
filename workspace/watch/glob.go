package watch

import "strings"

// glob matches one path element.
type glob struct {
	deep   bool // "**": any number of elements
	tokens []token
}

type tokenKind uint8

const (
	literal tokenKind = iota
	anyByte           // ?
	anyRun            // *
	class             // [a-z]
)

type token struct {
	kind tokenKind
	lit  byte
	set  *[256]bool
}

// parseGlobs splits a pattern at its slashes; a slash inside a class is none.
// A "**" that is a whole element is deep, unless oneElement. malformed is true
// for an open class or a backslash at the end, which match nothing.
func parseGlobs(s string, oneElement bool) (globs []glob, malformed bool) {
	var cur glob
	start := 0 // of the current element
	flush := func(end int) {
		cur.deep = !oneElement && end-start >= 2 && strings.Trim(s[start:end], "*") == ""
		globs = append(globs, cur)
		cur = glob{}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '/':
			flush(i)
			start = i + 1
		case '?':
			cur.tokens = append(cur.tokens, token{kind: anyByte})
		case '*':
			if n := len(cur.tokens); n == 0 || cur.tokens[n-1].kind != anyRun {
				cur.tokens = append(cur.tokens, token{kind: anyRun})
			}
		case '[':
			set, n := parseClass(s[i:])
			if n == 0 {
				return nil, true
			}
			cur.tokens = append(cur.tokens, token{kind: class, set: set})
			i += n - 1
		case '\\':
			if i++; i == len(s) {
				return nil, true
			}
			if s[i] == '/' {
				flush(i - 1)
				start = i + 1
				continue
			}
			cur.tokens = append(cur.tokens, token{lit: s[i]})
		default:
			cur.tokens = append(cur.tokens, token{lit: c})
		}
	}
	flush(len(s))
	return globs, false
}

// parseClass reads "[...]" at the start of s and returns the bytes it matches
// and its length, 0 when it does not end.
func parseClass(s string) (*[256]bool, int) {
	var set [256]bool
	i := 1
	negate := i < len(s) && (s[i] == '!' || s[i] == '^')
	if negate {
		i++
	}
	first := i
	prev := -1 // the byte before a "-", when it can begin a range
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == ']' && i > first:
			if negate {
				for b := range set {
					set[b] = !set[b]
				}
			}
			set['/'] = false
			return &set, i + 1
		case c == '-' && prev >= 0 && i+1 < len(s) && s[i+1] != ']':
			i++
			if s[i] == '\\' {
				if i++; i == len(s) {
					return nil, 0
				}
			}
			for b := prev; b <= int(s[i]); b++ {
				set[b] = true
			}
			prev = -1
			continue
		case c == '[' && i+1 < len(s) && s[i+1] == ':':
			end := strings.IndexByte(s[i+2:], ']')
			if end < 0 {
				return nil, 0
			}
			word := s[i+2 : i+2+end]
			if !strings.HasSuffix(word, ":") {
				// No ":]": an ordinary "[".
				set[c], prev = true, int(c)
				continue
			}
			in := posixClass(strings.TrimSuffix(word, ":"))
			if in == nil {
				return nil, 0
			}
			for b := range set {
				set[b] = set[b] || in(byte(b))
			}
			i += 2 + end
			prev = -1
			continue
		case c == '\\':
			if i++; i == len(s) {
				return nil, 0
			}
			c = s[i]
		}
		set[c], prev = true, int(c)
	}
	return nil, 0
}

func posixClass(name string) func(byte) bool {
	var (
		isUpper = func(b byte) bool { return 'A' <= b && b <= 'Z' }
		isLower = func(b byte) bool { return 'a' <= b && b <= 'z' }
		isDigit = func(b byte) bool { return '0' <= b && b <= '9' }
		isAlpha = func(b byte) bool { return isUpper(b) || isLower(b) }
		isGraph = func(b byte) bool { return '!' <= b && b <= '~' }
	)
	switch name {
	case "upper":
		return isUpper
	case "lower":
		return isLower
	case "digit":
		return isDigit
	case "alpha":
		return isAlpha
	case "alnum":
		return func(b byte) bool { return isAlpha(b) || isDigit(b) }
	case "graph":
		return isGraph
	case "print":
		return func(b byte) bool { return isGraph(b) || b == ' ' }
	case "punct":
		return func(b byte) bool { return isGraph(b) && !isAlpha(b) && !isDigit(b) }
	case "space":
		return func(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }
	case "blank":
		return func(b byte) bool { return b == ' ' || b == '\t' }
	case "cntrl":
		return func(b byte) bool { return b < ' ' || b == 0x7f }
	case "xdigit":
		return func(b byte) bool { return isDigit(b) || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F' }
	}
	return nil
}

// match tells whether the glob matches all of s. Only the last "*" needs to be
// tried again, so the time is at most the product of the two lengths.
func (g *glob) match(s string) bool {
	t, i := 0, 0
	again, from := -1, 0
	for t < len(g.tokens) || i < len(s) {
		if t < len(g.tokens) {
			k := &g.tokens[t]
			if k.kind == anyRun {
				again, from = t, i
				t++
				continue
			}
			if i < len(s) && k.match(s[i]) {
				t++
				i++
				continue
			}
		}
		if again < 0 || from >= len(s) {
			return false
		}
		from++
		t, i = again+1, from
	}
	return true
}

func (k *token) match(b byte) bool {
	switch k.kind {
	case anyByte:
		return true
	case class:
		return k.set[b]
	default:
		return k.lit == b
	}
}
