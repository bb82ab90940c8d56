package config

import (
	"io/fs"
	"testing"
)

// The test user may be one who can read every file, so that the disk cannot
// give this error.
func TestAFileWithoutPermissionSaysHowToGetIt(t *testing.T) {
	p := unreadable(FileName, &fs.PathError{Op: "open", Path: "/ws/sawhorse.yml", Err: fs.ErrPermission})
	want := "sawhorse.yml: the file cannot be read: permission denied (make it readable for you: chmod u+r sawhorse.yml)"
	if got := p.Summary(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
