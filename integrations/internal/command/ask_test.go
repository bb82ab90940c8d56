package command

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestAProgramIsLookedForOnThePathOfTheTask(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("programs have no mode here")
	}
	dir := t.TempDir()
	for _, name := range []string{"old/tool", "new/tool", "plain/tool"} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("#!/bin/sh\necho "+name+" in $PWD, $WORD\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "plain/tool"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + dir + "/old:/usr/bin:/bin", "WORD=said", "PATH=" + dir + "/plain:" + dir + "/new:/usr/bin:/bin"}
	out, err := Ask(t.Context(), dir, env, "tool").Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "new/tool in "+dir+", said" {
		t.Errorf("%v: %q", err, got)
	}
	if err := Ask(t.Context(), dir, env, "no-such-tool").Run(); err == nil {
		t.Error("a program that is not there ran")
	}
}
