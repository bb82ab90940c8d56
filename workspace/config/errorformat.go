package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Errorformat is one pattern of Vim's errorformat.
type Errorformat struct {
	// Line is the expression for a line, whose groups are named by the letters
	// of the pattern: f, l, c, m and so on.
	Line *regexp.Regexp
	// Prefix is the letter that says what the line is among several: A, E, W, I,
	// N, C, Z, D, X, O, P, Q or G; 0 for a pattern of one line.
	Prefix byte
	// Whole: the whole line is the message. Ignored: what matches is left out.
	Whole, Ignored bool
}

// errorformatItems are what a letter after a % stands for.
func errorformatItems() map[byte]string {
	return map[byte]string{
		'f': `(?P<f>(?:[A-Za-z]:)?[^:\n]*?[^:\s][^:\n]*?)`, 'l': `(?P<l>\d+)`, 'c': `(?P<c>\d+)`, 'v': `(?P<v>\d+)`, 'e': `\d+`, 'k': `\d+`,
		'n': `(?P<n>\d+)`, 't': `(?P<t>.)`, 'm': `(?P<m>.+)`, 'r': `(?P<r>.*)`, 'p': `(?P<p>[- \t.]*)`, 's': `.+`, 'o': `.+`,
	}
}

// ParseErrorformat reads a pattern: "%f:%l:%c: %m" or "%E%f:%l: %m".
func ParseErrorformat(pattern string) (Errorformat, error) {
	var e Errorformat
	items := errorformatItems()
	var re strings.Builder
	re.WriteByte('^')
	seen := map[byte]bool{}
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c != '%' {
			if c == '\\' && i+1 < len(pattern) {
				i++
			}
			re.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
			continue
		}
		if i++; i >= len(pattern) {
			return e, errors.New("a % stands at the end: write %% for a percent sign")
		}
		c = pattern[i]
		item, isItem := items[c]
		switch {
		case isItem && seen[c]:
			return e, fmt.Errorf("%%%c stands there twice", c)
		case isItem:
			seen[c] = true
			re.WriteString(item)
		case c == '*':
			n, err := errorformatClass(&re, pattern[i+1:])
			if err != nil {
				return e, err
			}
			i += n
		case (c == '+' || c == '-') && i+1 < len(pattern) && isErrorformatPrefix(pattern[i+1]) && e.Prefix == 0:
			e.Whole, e.Ignored = c == '+', c == '-'
			i++
			e.Prefix = pattern[i]
		case strings.IndexByte(`%\.^$?+[~`, c) >= 0:
			re.WriteString(map[byte]string{'%': "%", '\\': `\\`, '~': "~"}[c])
			if strings.IndexByte(`.^$?+[`, c) >= 0 {
				re.WriteByte(c)
			}
		case c == '#':
			re.WriteByte('*')
		case c == '>': // stay with this pattern: that is so here of several lines anyway
		case isErrorformatPrefix(c):
			if e.Prefix != 0 {
				return e, fmt.Errorf("%%%c is a second prefix", c)
			}
			e.Prefix = c
		default:
			return e, fmt.Errorf("%%%c is unknown", c)
		}
	}
	re.WriteByte('$')
	line, err := regexp.Compile(re.String())
	if err != nil {
		return e, fmt.Errorf("it makes no expression: %w", err)
	}
	e.Line = line
	return e, nil
}

func isErrorformatPrefix(c byte) bool { return strings.IndexByte("DXAEWINCZGOPQ", c) >= 0 }

// errorformatClass reads what follows %*: [^a-z] or \d, any number of them but
// none. It returns how many bytes that was.
func errorformatClass(re *strings.Builder, rest string) (int, error) {
	switch {
	case strings.HasPrefix(rest, `\`) && len(rest) > 1:
		if strings.IndexByte("dDsSwW", rest[1]) < 0 {
			return 0, fmt.Errorf(`%%*\%c is unknown`, rest[1])
		}
		re.WriteString(rest[:2] + "+")
		return 2, nil
	case strings.HasPrefix(rest, "["):
		// The first ] is one of the class.
		from := len("[")
		if strings.HasPrefix(rest[from:], "^") {
			from++
		}
		if end := strings.IndexByte(rest[min(from+1, len(rest)):], ']'); end >= 0 {
			end += from + 1
			re.WriteString(rest[:end+1] + "+")
			return end + 1, nil
		}
		return 0, errors.New("%*[ has no closing bracket")
	}
	return 0, errors.New(`%* is followed by no [class] and no \d`)
}
