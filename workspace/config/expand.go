package config

import (
	"fmt"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// part is a piece of a text: literal text, or a reference with its name.
type part struct {
	text string // as written
	ref  string
}

var referenceName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+$`)

// scan splits s at its references. $${{ is the text ${{.
func scan(s string) ([]part, error) {
	var parts []part
	literal := func(text string) {
		if text != "" {
			parts = append(parts, part{text: text})
		}
	}
	for {
		before, rest, found := strings.Cut(s, "${{")
		if !found {
			literal(s)
			return parts, nil
		}
		if before, escaped := strings.CutSuffix(before, "$"); escaped {
			literal(before + "${{")
			s = rest
			continue
		}
		inner, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return nil, fmt.Errorf("${{ without }}")
		}
		name := strings.TrimSpace(inner)
		if !referenceName().MatchString(name) {
			return nil, fmt.Errorf("${{%s}} is not a reference", inner)
		}
		literal(before)
		parts = append(parts, part{text: "${{" + inner + "}}", ref: name})
		s = after
	}
}

// Expand replaces every ${{ name }} in s by what lookup says; $${{ becomes
// ${{. Nothing else is touched: $VAR is for the shell. The names are those of
// the file: "ports.http", "ports.api.http", "params.target", "env.HOME". A name
// that lookup does not know is an error.
func Expand(s string, lookup func(ref string) (string, bool)) (string, error) {
	if !strings.Contains(s, "${{") {
		return s, nil
	}
	parts, err := scan(s)
	if err != nil {
		return "", fmt.Errorf("expand %q: %w", s, err)
	}
	var b strings.Builder
	for _, p := range parts {
		if p.ref == "" {
			b.WriteString(p.text)
			continue
		}
		value, ok := lookup(p.ref)
		if !ok {
			return "", fmt.Errorf("expand %q: %s has no value here", s, p.ref)
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

// stand replaces every reference by text, so that the rest can be checked.
func stand(s, text string) string {
	out, err := Expand(s, func(string) (string, bool) { return text, true })
	if err != nil {
		return s
	}
	return out
}

// portReference splits "ports.name" and "ports.service.name"; service is ""
// for the unit's own port. A service's name may have dots, a port's has none.
func portReference(ref string) (service, port string, ok bool) {
	rest, ok := strings.CutPrefix(ref, "ports.")
	if !ok {
		return "", "", false
	}
	if dot := strings.LastIndexByte(rest, '.'); dot >= 0 {
		return rest[:dot], rest[dot+1:], true
	}
	return "", rest, true
}
