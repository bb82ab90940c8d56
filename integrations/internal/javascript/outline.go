package javascript

import (
	"os"
	"strings"
)

// Titled is a test in a file.
type Titled struct {
	Titles []string // of what is around it, and its own
	Line   int
}

// Outline finds the tests that a file spells out, by their indentation. It
// reads no JavaScript: a title that is put together elsewhere is not found.
func Outline(file string) []Titled {
	const largest = 1 << 20
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > largest {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	type group struct {
		indent int
		title  string
	}
	var around []group
	var found []Titled
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		code := strings.TrimLeft(line, " \t")
		indent := len(line) - len(code)
		title, isGroup, ok := titled(code)
		if !ok {
			continue
		}
		for len(around) > 0 && around[len(around)-1].indent >= indent {
			around = around[:len(around)-1]
		}
		if isGroup {
			around = append(around, group{indent, title})
			continue
		}
		t := Titled{Line: n}
		for _, g := range around {
			t.Titles = append(t.Titles, g.title)
		}
		t.Titles = append(t.Titles, title)
		found = append(found, t)
	}
	return found
}

// titled reads "describe('cart', ..." and "it.skip('is fine', ...".
func titled(code string) (title string, group, ok bool) {
	end := strings.IndexFunc(code, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '.'
	})
	if end <= 0 || code[end] != '(' {
		return "", false, false
	}
	word, _, _ := strings.Cut(code[:end], ".")
	switch word {
	case "describe", "suite", "context":
		group = true
	case "it", "test":
	default:
		return "", false, false
	}
	rest := strings.TrimLeft(code[end+1:], " ")
	if rest == "" || strings.IndexByte("'\"`", rest[0]) < 0 {
		return "", false, false
	}
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; c {
		case rest[0]:
			return b.String(), group, true
		case '\\':
			if i++; i < len(rest) {
				b.WriteByte(rest[i])
			}
		case '$':
			if rest[0] == '`' {
				return "", false, false
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return "", false, false
}
