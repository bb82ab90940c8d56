package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// canMount says whether this test may mount a small file system, to fill it.
func canMount(t *testing.T) bool {
	t.Helper()
	if os.Getuid() != 0 {
		return false
	}
	dir := t.TempDir()
	if syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k") != nil {
		return false
	}
	return syscall.Unmount(dir, 0) == nil
}

// scriptTmpfs mounts a file system of the given size, over a directory of the page.
func scriptTmpfs(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(mountSmall(dir, args[1]))
	w := worldOf(ts)
	ts.Defer(func() {
		_ = w.end()
		ts.Check(syscall.Unmount(dir, syscall.MNT_DETACH))
	})
}

// mountSmall mounts a file system of the given size at a new directory.
func mountSmall(dir, size string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size)
}

func TestAFullDiskIsToldOnTheScreenAndStopsNothing(t *testing.T) {
	if !canMount(t) {
		t.Skip("may not mount a small file system to fill")
	}
	t.Parallel()
	w, dir := newWorld(t, "version: 1\nservices: {quiet: exec sleep 1000}\ntasks: {noisy: 'seq 1 2000000; touch finished'}\n")
	if err := mountSmall(w.state, "3m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.end(); err != nil {
			t.Error(err)
		}
		if err := syscall.Unmount(w.state, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w.sawhorse(t, dir, "trust")
	p := sit(t, w, dir, 160, 36, nil)
	p.see("● quiet").command("run noisy")
	p.see("ATTENTION [1-9]", "its output is not kept: no space left on device")
	p.until("the task runs to its end", func() bool {
		_, err := os.Stat(filepath.Join(dir, "finished"))
		return err == nil
	})
	p.see("● quiet")
}
