package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// MetricPattern is an expression that finds numbers in a line, each by a group.
type MetricPattern struct {
	Line *regexp.Regexp
	// Names are those of the groups, from the first; each has one.
	Names []string
}

var (
	beforeGroup = lazy.Regexp(`([A-Za-z_][A-Za-z0-9_/.@-]*)[^A-Za-z0-9]*$`)
	classes     = lazy.Regexp(`\\[A-Za-z]`) // \s, \d: no names
)

// ParseMetric reads an expression like loss=([0-9.]+). A group without a name has
// that of the word before it.
func ParseMetric(expression string) (MetricPattern, error) {
	re, err := regexp.Compile(expression)
	if err != nil {
		return MetricPattern{}, errors.New(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	p := MetricPattern{Line: re, Names: re.SubexpNames()[1:]}
	if len(p.Names) == 0 {
		return p, errors.New("it has no group for the number")
	}
	n := 0
	for i := 0; i < len(expression); i++ {
		switch {
		case expression[i] == '\\':
			i++
		case expression[i] == '[': // a bracket in a class is no group
			i = endOfClass(expression, i)
		case expression[i] != '(':
		case !strings.HasPrefix(expression[i:], "(?"):
			n++
			m := beforeGroup().FindStringSubmatch(classes().ReplaceAllString(expression[:i], " "))
			if m == nil || n > len(p.Names) {
				return p, fmt.Errorf("its group %d has no name, and no word before it", n)
			}
			p.Names[n-1] = m[1]
		case strings.HasPrefix(expression[i:], "(?P<"), strings.HasPrefix(expression[i:], "(?<"):
			n++
		}
	}
	for i, name := range p.Names {
		if name == "" {
			return p, fmt.Errorf("its group %d has no name", i+1)
		}
	}
	return p, nil
}

// endOfClass is where a class of characters ends that begins at i. Where it can't be,
// the expression was refused.
func endOfClass(expression string, i int) int {
	i++
	if strings.HasPrefix(expression[i:], "^") {
		i++
	}
	for first := i; i < len(expression); i++ {
		switch {
		case expression[i] == '\\':
			i++
		case strings.HasPrefix(expression[i:], "[:"):
			if n := strings.Index(expression[i+2:], ":]"); n >= 0 {
				i += n + 3
			}
		case expression[i] == ']' && i > first:
			return i
		}
	}
	return i
}

// metricsKind is an expression, or a list of them.
func metricsKind() kind[[]string] {
	one := text()
	k := list(kind[string]{shape: &shape{words: "an expression", schema: one.shape.schema}, read: func(r *reader, n *node) (string, bool) {
		s, ok := one.read(r, n)
		if !ok {
			return "", false
		}
		if _, err := ParseMetric(s); err != nil {
			r.problem(n, fmt.Sprintf("%s: %q: %v", r.place(), s, err), "a group for each number: loss=([0-9.]+), or named: (?P<loss>[0-9.]+)")
			return "", false
		}
		return s, true
	}})
	k.shape.words = "a list of expressions"
	return k
}
