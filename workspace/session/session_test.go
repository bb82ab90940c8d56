package session

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// ownState gives the test a base directory of its own and returns it.
func ownState(t *testing.T) string {
	t.Helper()
	base := filepath.Join(tempDir(t), "state")
	t.Setenv("SAWHORSE_STATE_DIR", base)
	return base
}

func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func mkdir(t *testing.T, path string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func stateDir(t *testing.T, root string) string {
	t.Helper()
	dir, err := StateDir(root)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func notOnWindows(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
}

func TestAWorkspaceHasOneStateDirectoryWhateverThePathToIt(t *testing.T) {
	ownState(t)
	root := mkdir(t, filepath.Join(tempDir(t), "My Shop"), 0o755)
	link := filepath.Join(tempDir(t), "link")
	if err := os.Symlink(root, link); err != nil {
		t.Skip(err)
	}
	dir := stateDir(t, root)
	if again := stateDir(t, link+"/."); again != dir {
		t.Errorf("%s for the link, %s for the directory", again, dir)
	}
	if name := filepath.Base(dir); !strings.HasPrefix(name, "my-shop-") || len(name) != len("my-shop-")+8 {
		t.Errorf("the name is not readable: %s", name)
	}
	other := mkdir(t, filepath.Join(tempDir(t), "My Shop"), 0o755)
	if stateDir(t, other) == dir {
		t.Error("two workspaces of the same name share a state directory")
	}
}

func TestReadableNames(t *testing.T) {
	for name, want := range map[string]string{
		"shop": "shop", "Shop v2": "shop-v2", "...": "workspace", "läden": "l-den", "日本": "workspace",
		strings.Repeat("x", 60): strings.Repeat("x", 24), "a--b": "a-b", "/": "workspace",
	} {
		if got := readable(name); got != want {
			t.Errorf("readable(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestStateIsForTheUserAlone(t *testing.T) {
	notOnWindows(t)
	base := ownState(t)
	mkdir(t, base, 0o755) // made by somebody with an ordinary umask
	dir := stateDir(t, t.TempDir())
	for ; len(dir) >= len(base); dir = filepath.Dir(dir) {
		if got := mode(t, dir); got != 0o700 {
			t.Errorf("%s has mode %04o, want 0700", dir, got)
		}
	}
}

func TestStateOthersCouldChangeIsRefusedWithAWayOut(t *testing.T) {
	notOnWindows(t)
	for name, prepare := range map[string]func(base string){
		"writable for the group": func(base string) { mkdir(t, base, 0o770) },
		"writable for all":       func(base string) { mkdir(t, filepath.Join(base, "workspaces"), 0o777) },
		"below a directory writable for all": func(base string) {
			mkdir(t, filepath.Dir(base), 0o777)
		},
		"a link": func(base string) {
			if err := os.Symlink(t.TempDir(), base); err != nil {
				t.Fatal(err)
			}
		},
		"of another user": func(base string) {
			if os.Getuid() != 0 {
				return
			}
			mkdir(t, base, 0o700)
			if err := os.Chown(base, 12345, -1); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "of another user" && os.Getuid() != 0 {
				t.Skip("only root can give directories away")
			}
			base := ownState(t)
			prepare(base)
			_, err := StateDir(t.TempDir())
			if !errors.Is(err, ErrNotPrivate) {
				t.Fatalf("StateDir: %v, want ErrNotPrivate", err)
			}
			if text := err.Error(); !strings.Contains(text, "chmod") && !strings.Contains(text, "SAWHORSE_STATE_DIR") {
				t.Errorf("the error does not say what to do: %s", text)
			}
		})
	}
}

func TestTheStateDirectoryFollowsTheEnvironment(t *testing.T) {
	notOnWindows(t)
	home := tempDir(t)
	t.Setenv("HOME", home)
	t.Setenv("SAWHORSE_STATE_DIR", "")
	t.Setenv("XDG_STATE_HOME", "relative/is/ignored")
	root := tempDir(t)
	for _, c := range []struct{ name, value, want string }{
		{"HOME", home, filepath.Join(home, ".local/state/sawhorse")},
		{"XDG_STATE_HOME", filepath.Join(home, "xdg"), filepath.Join(home, "xdg/sawhorse")},
		{"SAWHORSE_STATE_DIR", filepath.Join(home, "own"), filepath.Join(home, "own")},
	} {
		t.Setenv(c.name, c.value)
		if dir := stateDir(t, root); filepath.Dir(filepath.Dir(dir)) != c.want {
			t.Errorf("with %s=%s: %s, want it in %s", c.name, c.value, dir, c.want)
		}
	}
}

func TestAShortSocketPathIsInTheStateDirectory(t *testing.T) {
	got, err := SocketPath("/home/u/.local/state/sawhorse/workspaces/shop-3f9a1c2b")
	if want := "/home/u/.local/state/sawhorse/workspaces/shop-3f9a1c2b/host.sock"; err != nil || filepath.ToSlash(got) != want {
		t.Errorf("SocketPath: %s, %v, want %s", got, err, want)
	}
}

func TestALongSocketPathIsReplacedByAShortPrivateOne(t *testing.T) {
	notOnWindows(t)
	long := "/" + strings.Repeat("very-long-directory/", 8) + "shop-3f9a1c2b"
	runtimeDir, err := os.MkdirTemp("/tmp", "rt") //nolint:usetesting // t.TempDir is too long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(runtimeDir) })
	for _, c := range []struct{ session, in string }{
		{runtimeDir, filepath.Join(runtimeDir, "sawhorse")},
		{"/" + strings.Repeat("long/", 30), "/tmp/sawhorse-"},
		{"", "/tmp/sawhorse-"},
	} {
		t.Setenv("XDG_RUNTIME_DIR", c.session)
		first, err := SocketPath(long)
		if err != nil {
			t.Fatal(err)
		}
		again, err := SocketPath(long)
		if err != nil || again != first {
			t.Errorf("the second answer is %s, %v, the first was %s", again, err, first)
		}
		other, err := SocketPath(long + "x")
		if err != nil || other == first {
			t.Errorf("another workspace has the same socket: %s, %v", other, err)
		}
		if !strings.HasPrefix(first, c.in) || len(first) > 103 {
			t.Errorf("%s is not a short path in %s", first, c.in)
		}
		if got := mode(t, filepath.Dir(first)); got != 0o700 {
			t.Errorf("the directory of the socket has mode %04o", got)
		}
	}
}

func TestASocketDirectoryThatOthersCouldChangeIsRefused(t *testing.T) {
	notOnWindows(t)
	runtimeDir, err := os.MkdirTemp("/tmp", "rt") //nolint:usetesting // t.TempDir is too long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(runtimeDir) })
	mkdir(t, filepath.Join(runtimeDir, "sawhorse"), 0o777)
	t.Setenv("XDG_RUNTIME_DIR", runtimeDir)
	if path, err := SocketPath("/" + strings.Repeat("x", 120)); !errors.Is(err, ErrNotPrivate) {
		t.Errorf("SocketPath: %s, %v, want ErrNotPrivate", path, err)
	}
}
