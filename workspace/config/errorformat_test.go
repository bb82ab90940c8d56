package config_test

import (
	"testing"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAPatternOfErrorformatIsAnExpression(t *testing.T) {
	for _, c := range []struct {
		pattern, line string
		fits          bool
		prefix        byte
	}{
		{"%f:%l:%c: %m", "a.go:3:4: no", true, 0},
		{"%f:%l:%c: %m", "a.go:3: no", false, 0},
		{`%f(%l\,%c) : %m`, "a.c(3,4) : no", true, 0},
		{"%-G%.%#", "anything", true, 'G'},
		{"%+E%f:%l", "a:1", true, 'E'},
		{`%*[^:]:%*\d %m`, "ab:12 said", true, 0},
		{"100%% of %m", "100% of it", true, 0},
		{"%A%>%m", "x", true, 'A'},
	} {
		e, err := config.ParseErrorformat(c.pattern)
		if err != nil || e.Line.MatchString(c.line) != c.fits || e.Prefix != c.prefix {
			t.Errorf("%q: %v, prefix %q, expression %v", c.pattern, err, e.Prefix, e.Line)
		}
	}
	for _, wrong := range []string{"%", "%y", "%f%f", "%E%C%m", "%*x", "%*[a", `%*\q`, "%["} {
		if _, err := config.ParseErrorformat(wrong); err == nil {
			t.Errorf("%q is read", wrong)
		}
	}
}

func FuzzAnyPatternOfErrorformatIsReadOrRefused(f *testing.F) {
	for _, seed := range []string{"%f:%l:%c: %m", `%*[^:]:%*\d %m`, "%-G%.%#", "%", "é%%\\"} {
		f.Add(seed, "a.go:3:4: no")
	}
	f.Fuzz(func(_ *testing.T, pattern, line string) {
		if e, err := config.ParseErrorformat(pattern); err == nil {
			e.Line.MatchString(line)
		}
	})
}
