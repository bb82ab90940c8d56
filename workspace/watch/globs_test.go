package watch

import (
	"strings"
	"testing"
)

func TestGlobsMatch(t *testing.T) {
	type list = []string
	for _, c := range []struct {
		paths, ignore list
		yes, no       list
	}{
		{paths: list{"src"}, yes: list{"src", "src/a.go", "src/b/c.go"}, no: list{"srcs/a", "a/src/x", "README"}},
		{paths: list{"./src/"}, yes: list{"src/a.go", "src/b/c.go"}, no: list{"lib/a.go"}},
		{paths: list{"."}, yes: list{"a", "a/b"}},
		{paths: list{"**/*.go"}, yes: list{"a.go", "x/y/a.go"}, no: list{"a.gox", "a.c"}},
		{paths: list{"*.go"}, yes: list{"a.go"}, no: list{"x/a.go"}},
		{paths: list{"{cmd,pkg}/**/*.go"}, yes: list{"cmd/a.go", "pkg/x/b.go"}, no: list{"lib/a.go"}},
		{paths: list{"src*/"}, yes: list{"src1/a", "src/b/c"}, no: list{"lib/a"}},
		{paths: list{"src", "!src/gen"}, yes: list{"src/a"}, no: list{"src/gen/a"}},
		{paths: list{"src", "!src/gen", "src/gen/keep.go"}, yes: list{"src/gen/keep.go"}, no: list{"src/gen/a"}},
		{paths: list{"."}, ignore: list{"**/*_gen.go", "dist"}, yes: list{"a.go"}, no: list{"a_gen.go", "x/b_gen.go", "dist/a"}},
		{no: list{"a"}},
	} {
		g, err := NewGlobs(c.paths, c.ignore)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range c.yes {
			if !g.Match(p) {
				t.Errorf("paths %q ignore %q: %q does not match", c.paths, c.ignore, p)
			}
		}
		for _, p := range c.no {
			if g.Match(p) {
				t.Errorf("paths %q ignore %q: %q matches", c.paths, c.ignore, p)
			}
		}
	}
}

func TestWrongGlobsSayWhatIsWrong(t *testing.T) {
	for glob, want := range map[string]string{
		"../x":   "leaves the workspace",
		"/etc":   "is absolute",
		"a/[b":   "is malformed",
		"!":      "is empty",
		"a/{b,c": "is malformed",
	} {
		_, err := NewGlobs([]string{glob}, nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), glob) {
			t.Errorf("NewGlobs(%q): %v, want the glob and %q", glob, err, want)
		}
	}
}

func TestOnlyDirectoriesThatAreWhollyIgnoredAreSkipped(t *testing.T) {
	for glob, want := range map[string]bool{"data": true, "data/**": true, "**/data/**": true, "data/*.csv": false, "data/sub": false, "d*": false} {
		g, err := NewGlobs([]string{glob}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if g.covers("data") != want {
			t.Errorf("glob %q covers data: %v, want %v", glob, !want, want)
		}
	}
}
