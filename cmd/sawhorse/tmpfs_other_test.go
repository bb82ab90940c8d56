//go:build unix && !linux

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func canMount(*testing.T) bool { return false }

func scriptTmpfs(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("only Linux can mount a file system here")
}
