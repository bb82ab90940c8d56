package all

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files that no person wrote take no longer than those that one did: each of these
// would keep detection for minutes if the work grew with the square of the file.
func TestAFileOfMoreThanAnybodyReadsIsTakenUpToABound(t *testing.T) {
	many := func(n int, format string) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, format, i)
		}
		return text.String()
	}
	for name, c := range map[string]struct {
		file, text string
		units      int
	}{
		"targets":                {"Makefile", many(50_000, "a%d:\n\techo\n"), mostUnits},
		"environments":           {"tox.ini", many(100_000, "[testenv:a%d]\n"), mostUnits},
		"environments in TOML":   {"tox.toml", many(2_000, "[env.a%d]\n"), mostUnits},
		"a decorator of nothing": {"noxfile.py", "@nox.session\n" + strings.Repeat("\n", 2_000_000), 0},
		"one pattern many times": {"package.json", `{"scripts": {"a": "a"}, "workspaces": [` + many(100_000, `"**/x%d",`) + `"**"]}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			found, err := Detect(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			units := 0
			for _, ev := range found {
				units += len(ev.Units)
			}
			if units != c.units {
				t.Errorf("%d units, want %d", units, c.units)
			}
			if _, _, err := File(dir, found); err != nil {
				t.Error(err)
			}
		})
	}
}
