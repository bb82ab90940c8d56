package logs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func FuzzAKeyBecomesASafeNameAndBack(f *testing.F) {
	for _, key := range []string{
		"", "api", "API", "ci#4812/build", "../../etc/passwd", ".", "..", "con", "NUL.txt", "lpt1.x", "a.", ".a", "%", "%41", "%~",
		"snow☃man", "a b", "a\\b:c*?\"<>|", strings.Repeat("long", 100), strings.Repeat("Ü", 100), "\xff\xfe",
	} {
		f.Add(key)
	}
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, key string) {
		name := dirName(Key(key))
		if len(name) > 255 || name == "" || name != filepath.Base(name) || name != strings.ToLower(name) {
			t.Fatalf("%q becomes %q", key, name)
		}
		if strings.Trim(name, ". ") != name || reservedName(name) || strings.ContainsAny(name, "/\\:*?\"<>|\x00") {
			t.Fatalf("%q becomes %q, which is not legal everywhere", key, name)
		}
		dir := filepath.Join(root, name)
		if err := os.MkdirAll(dir, dirMode); err != nil {
			t.Fatal(err)
		}
		if err := saveKey(dir, Key(key)); err != nil {
			t.Fatal(err)
		}
		if back, ok := keyOf(dir); !ok || back != Key(key) {
			t.Fatalf("%q comes back as %q, %v", key, back, ok)
		}
	})
}

func TestDirectoriesOfOthersAreNoLogs(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"API", "%4", "%zz", "%61", "a b", "x%~0123"} {
		dir := filepath.Join(root, name)
		if err := os.Mkdir(dir, dirMode); err != nil {
			t.Fatal(err)
		}
		if key, ok := keyOf(dir); ok {
			t.Errorf("directory %q is taken for log %q", name, key)
		}
	}
}
