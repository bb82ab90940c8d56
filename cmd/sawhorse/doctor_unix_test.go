//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAProgramIsAskedWhereNobodyCanLeaveItSettings(t *testing.T) {
	everybodys := t.TempDir()
	if err := os.WriteFile(filepath.Join(everybodys, "sawhorse-test-settings"), []byte("9.9.9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", everybodys)
	reads := tool{version: []string{"-c", "cat sawhorse-test-settings 2>/dev/null || echo 4.5.0"}}
	if got := versionOf(t.Context(), "/bin/sh", reads); got != "4.5.0" {
		t.Errorf("version %s", got)
	}
}
