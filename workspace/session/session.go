// Package session keeps what is remembered of a workspace between two starts:
// where its state lives, which host runs it, what the user has trusted, how the
// screen was left. It never asks, prints or starts anything.
package session

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Inside of the base directory:
//
//	workspaces/shop-3f9a1c2b/   the state directory of one workspace
//	    host.lock               held by its host; says which one that is
//	    host.sock               where the host listens
//	    *.json                  what Save wrote
//	trust/shop-3f9a1c2b.json    what may run there; not inside of the above, so
//	                            that removing a workspace's state keeps it

// StateDir returns the state directory of the workspace at root and creates it,
// for the user alone. It is the same for every path to the directory.
func StateDir(root string) (string, error) {
	base, err := baseDir()
	if err != nil {
		return "", err
	}
	name, err := workspaceName(root)
	if err != nil {
		return "", err
	}
	return privateDir(base, "workspaces", name)
}

// Nowhere is a directory of our own in which nothing is: the workspace of whoever
// looks, from a directory that declares nothing, at what this machine has.
func Nowhere() (string, error) {
	base, err := baseDir()
	if err != nil {
		return "", err
	}
	dir, err := privateDir(base, nowhere)
	if err != nil {
		return "", err
	}
	return resolve(dir)
}

// IsNowhere says whether a directory is that one.
func IsNowhere(dir string) bool {
	if filepath.Base(dir) != nowhere { // almost always
		return false
	}
	base, err := baseDir()
	if err != nil {
		return false
	}
	at, err := resolve(filepath.Join(base, nowhere))
	if err != nil {
		return false
	}
	dir, err = resolve(dir)
	return err == nil && at == dir
}

// nowhere is what the screen calls that workspace.
const nowhere = "containers"

// baseDir is where the state of all workspaces of this user lives; it need not
// exist.
func baseDir() (string, error) {
	if dir := os.Getenv("SAWHORSE_STATE_DIR"); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", fmt.Errorf("state directory from SAWHORSE_STATE_DIR: %w", err)
		}
		return abs, nil
	}
	// The XDG specification wants relative values ignored.
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sawhorse"), nil
	}
	if dir := os.Getenv("LocalAppData"); runtime.GOOS == "windows" && dir != "" {
		return filepath.Join(dir, "sawhorse", "state"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the state directory: %w; set SAWHORSE_STATE_DIR to a directory of your own", err)
	}
	return filepath.Join(home, ".local", "state", "sawhorse"), nil
}

// workspaceName is a directory name that a person recognises and that no other
// workspace has.
func workspaceName(root string) (string, error) {
	root, err := resolve(root)
	if err != nil {
		return "", fmt.Errorf("workspace directory: %w", err)
	}
	sum := sha256.Sum256([]byte(root))
	return readable(filepath.Base(root)) + "-" + hex.EncodeToString(sum[:4]), nil
}

func resolve(root string) (string, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// readable keeps the part of a name that every file system and shell takes, not
// longer than a socket path can bear.
func readable(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if b.Len() == 24 {
			break
		}
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if name := strings.Trim(b.String(), "-"); name != "" {
		return name
	}
	return "workspace"
}

// privateDir creates base and the directories below it for the user alone, and
// returns the last one. Whoever can write to them could make the host run
// anything, so they must be the user's own, and so must be the way to them.
func privateDir(base string, below ...string) (string, error) {
	if err := checkWay(filepath.Dir(base)); err != nil {
		return "", err
	}
	dir := base
	for _, name := range append([]string{""}, below...) {
		dir = filepath.Join(dir, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", fmt.Errorf("create state directory: %w; set SAWHORSE_STATE_DIR to a directory that you can write to", err)
		}
		if err := checkPrivate(dir); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// ErrNotPrivate is in the errors about directories and files that others could
// have changed.
var ErrNotPrivate = errors.New("not private")
