package place

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestPlacesAreReadInTheirCommonForms(t *testing.T) {
	for _, c := range []struct {
		in, file     string
		line, column int
		rest         string
		ok           bool
	}{
		{"cart.go:12: want 3", "cart.go", 12, 0, "want 3", true},
		{"cart.go:12:3: want 3", "cart.go", 12, 3, "want 3", true},
		{"/a b/cart.go:12:3", "/a b/cart.go", 12, 3, "", true},
		{`C:\shop\cart.go:12: x`, `C:\shop\cart.go`, 12, 0, "x", true},
		{"x_test.go:4:", "x_test.go", 4, 0, "", true},
		{"x_test.go:4: took 5:3: more", "x_test.go", 4, 0, "took 5:3: more", true},
		{"12:00:00 no file", "12", 0, 0, "", false},
		{"nothing", "", 0, 0, "", false},
		{":3: x", "", 0, 0, "", false},
		{"a.go:99999999999: x", "", 0, 0, "", false},
		{"a.go:", "", 0, 0, "", false},
	} {
		file, line, column, rest, ok := Cut(c.in)
		if ok != c.ok || ok && (file != c.file || line != c.line || column != c.column || rest != c.rest) {
			t.Errorf("%q: %q %d %d %q %v", c.in, file, line, column, rest, ok)
		}
	}
}

func TestAPlaceIsReadBackWhateverItsFileIsCalled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := rapid.StringMatching(`[a-zA-Z_/. -]{1,20}`).Draw(t, "file")
		line := rapid.IntRange(1, largest).Draw(t, "line")
		got, n, _, rest, ok := Cut(file + ":" + strconv.Itoa(line) + ": message")
		if !ok || got != file || n != line || rest != "message" {
			t.Fatalf("%q %d %q %v", got, n, rest, ok)
		}
	})
}

func task(root, dir string) tasks.Task {
	return tasks.Task{Root: root, Spec: config.Unit{Dir: dir}}
}

func write(t *testing.T, dir, name string) {
	t.Helper()
	p := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyFilesOfTheWorkspaceAreFound(t *testing.T) {
	above := t.TempDir()
	root := filepath.Join(above, "shop")
	for _, f := range []string{"shop/web/a.ts", "shop/a.go", "outside.go", "shop/node_modules/x/index.js"} {
		write(t, above, f)
	}
	files := NewFiles(task(root, filepath.Join(root, "web")))
	for name, want := range map[string]string{
		"a.ts":                             "web/a.ts",
		"./a.ts":                           "web/a.ts",
		"../a.go":                          "a.go",
		filepath.Join(root, "a.go"):        "a.go",
		"../../outside.go":                 "",
		filepath.Join(above, "outside.go"): "",
		"..":                               "",
		"no.go":                            "",
		"":                                 "",
		"a\x00b":                           "",
		"../node_modules/x/index.js":       "node_modules/x/index.js",
	} {
		if got, ok := files.Find(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got, ok := files.Own("../node_modules/x/index.js"); ok {
		t.Errorf("an installed package is one's own: %q", got)
	}
}

func TestWhatWasLookedForIsForgottenInTime(t *testing.T) {
	files := NewFiles(task(t.TempDir(), ""))
	for i := range 3 * remembered {
		files.Find(strconv.Itoa(i))
	}
	if len(files.known) > remembered {
		t.Errorf("%d names are kept", len(files.known))
	}
}

func TestAMessageIsOneShortLine(t *testing.T) {
	if got := Clip("  want\n\t3, \x00got   4 "); got != "want 3, \x00got 4" {
		t.Errorf("%q", got)
	}
	got := Clip(strings.Repeat("grüße ", 5000))
	if len(got) > longest+len("…") || !utf8.ValidString(got) {
		t.Errorf("%d bytes", len(got))
	}
}
