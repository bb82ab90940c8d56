package command

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAPlainLineIsItsWords(t *testing.T) {
	for text, want := range map[string]Line{
		"go test ./...":                    {Words: []string{"go", "test", "./..."}},
		"  go\ttest  ":                     {Words: []string{"go", "test"}},
		"go test -run 'TestA|TestB' ./...": {Words: []string{"go", "test", "-run", "TestA|TestB", "./..."}},
		`pytest -m "not slow" ""`:          {Words: []string{"pytest", "-m", "not slow", ""}},
		"CGO_ENABLED=0 X= go test":         {Env: map[string]string{"CGO_ENABLED": "0", "X": ""}, Words: []string{"go", "test"}},
		"npm run test -- --ci":             {Words: []string{"npm", "run", "test", "--", "--ci"}},
	} {
		got, ok := Read(config.Unit{Run: text})
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%q: %v %s", text, ok, diff)
		}
	}
}

func TestWhatNeedsAShellIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"", "go vet && go test", "go test | tee x", "go test $PKG", "go test `ls`", "go test *", "a; b", "a # b", "~/go test",
		"go test 'open", `echo "$HOME"`, "go test > out", "X=1", "a\nb", "go test ./{a,b}", "%PATH% x",
	} {
		if got, ok := Read(config.Unit{Run: text}); ok {
			t.Errorf("%q was read as %q", text, got.Words)
		}
	}
	if got, ok := Read(config.Unit{Run: "go test -run 'A'", Shell: []string{"cmd", "/c"}}); ok {
		t.Errorf("quotes that the shell does not know were read: %q", got.Words)
	}
	if got, ok := Read(config.Unit{}); ok {
		t.Errorf("no command was read as %q", got.Words)
	}
}

func TestVariablesOfTheLineAreVariablesOfTheUnit(t *testing.T) {
	u := config.Unit{Run: "A=1 go test", Env: map[string]string{"A": "0", "B": "2"}}
	l, _ := Read(u)
	got := l.With(u, []string{"go", "version"})
	want := config.Unit{Command: []string{"go", "version"}, Env: map[string]string{"A": "1", "B": "2"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if u.Env["A"] != "0" {
		t.Error("the declaration itself was changed")
	}
}

// The shell itself is asked what its words are.
func TestTheShellSeesTheSameWords(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	checked := 0
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune(`ab '"=-./:,@+_$*|;#`)), 0, 20, -1).Draw(r, "line")
		words, ok := split(text, true)
		if !ok || checked > 60 {
			return
		}
		checked++
		out, err := exec.CommandContext(t.Context(), sh, "-c", `printf '%s\n' x `+text).Output()
		if err != nil {
			r.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(strings.Join(append([]string{"x"}, words...), "\n")+"\n", string(out)); diff != "" {
			r.Fatalf("%q: %s", text, diff)
		}
	})
}
