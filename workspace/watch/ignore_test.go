package watch

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// gitRepo makes an empty repository that sees no configuration of this machine.
func gitRepo(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := tempDir(t)
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	git(t, dir, "init", "-q", "-b", "main")
	return dir
}

func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{
		"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "gc.auto=0", "-c", "core.fsmonitor=false",
	}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func write(t *testing.T, dir, rel, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(rel))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// askGit returns which of the paths git ignores. A path that ends in a slash is
// asked for without it: git finds out itself that it is a directory, and takes
// a slash for an empty name below it.
func askGit(t failer, dir string, paths []string) map[string]bool {
	cmd := exec.Command("git", "-C", dir, "check-ignore", "--no-index", "-z", "--stdin")
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(strings.Join(paths, "\x00")+"\x00", "/\x00", "\x00"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError // 1: nothing is ignored
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("git check-ignore: %v %s", err, stderr.String())
	}
	ignored := map[string]bool{}
	for p := range strings.SplitSeq(string(out), "\x00") {
		if p != "" {
			ignored[p] = true
		}
	}
	return ignored
}

type failer interface {
	Fatalf(string, ...any)
}

// compareWithGit checks every path against git. Paths with a slash at the end
// are directories and must exist, as git looks at the disk.
func compareWithGit(t failer, root string, g *Ignore, paths []string, context string) {
	want := askGit(t, root, paths)
	for _, p := range paths {
		rel, isDir := strings.CutSuffix(p, "/")
		if got := g.Match(rel, isDir); got != want[rel] {
			t.Fatalf("Match(%q, dir=%v) = %v, git says %v\n%s", rel, isDir, got, want[rel], context)
		}
	}
}

func TestIgnoreAgreesWithGitOnAwkwardPatterns(t *testing.T) {
	paths := []string{
		"a.log", "b/a.log", "important.log", "build/", "build/x", "src/build/", "src/build/x.o", "src/main.go",
		"doc/frotz/", "a/doc/frotz/", "a/doc/frotz/f", "foo/", "foo/bar", "x/foo/", "x/foo/bar", "x/", "abc/", "abc/d/", "abc/d/e/", "abc/d/e/f",
		"a/", "a/b", "a/x/b", "a/x/y/b", "axb", "x-z", "x/z", "xyz", "#hash", "!bang", "space ", "space", "tr ", "ax.md", "cx.md",
		"b]x", "-a", "deep/one/leaf", "deep/one/two/leaf", "fooz", "fooX/b/z", ".hidden", "ü", "dir/ü", "*star", "back\\slash",
		"UPPER", "upper", "tab\t", "q/r/s/t", "x[", "0", "5", "z9",
	}
	root := gitRepo(t)
	for _, p := range paths {
		if strings.HasSuffix(p, "/") {
			if err := os.MkdirAll(filepath.Join(root, p), 0o777); err != nil {
				t.Fatal(err)
			}
		} else {
			write(t, root, p, "")
		}
	}
	for _, patterns := range []string{
		"*.log\n!important.log", "build/", "/build/", "build", "doc/frotz/", "**/foo", "**/foo/bar", "foo/*", "abc/**", "abc/**/", "a/**/b",
		"a?b", "x?z", "[ab].log", "[!c]x.md", "[^c]x.md", "[a-c]x.md", "\\#hash", "\\!bang", "space\\ ", "space ", "tr\\ ", "# comment\n\n*.log",
		"deep/*/leaf", "foo**/z", "foo**", "**", "*", "*\n!*/\n!*.go", "/*\n!/src", ".*", "?", "[[:digit:]]", "[[:alpha:]]9", "[[:bad:]]", "x[", "[]]x", "[]-a]*",
		"b[]]x", "\\*star", "back\\\\slash", "trailing\\", "!", "/", "//", "a/", "a/b/", "**/", "/**", "abc/**/f", "**/**/b", "*/b", "a/*", "q/**/t", "q/r/**/s/t",
		"upper", "[a-", "[a\\]", "a.log\r\n", "\ufeffa.log", "x/", "x/*\n!x/foo", "x\n!x/foo", "[/]z", "x[/]z", "x\\/z", "[]a-]", "[--0]", "*[!.]o*",
	} {
		t.Run(fmt.Sprintf("%q", patterns), func(t *testing.T) {
			write(t, root, ".gitignore", patterns)
			compareWithGit(t, root, NewIgnore(root), paths, "")
		})
	}
}

func TestIgnoreAgreesWithGitOnRandomTrees(t *testing.T) {
	root := gitRepo(t)
	names := []string{"a", "b", "ab", "a.go", "b.c", "c"}
	var paths []string
	for _, x := range names[:3] {
		for _, y := range names[:3] {
			paths = append(paths, x+"/"+y+"/")
			for _, z := range names {
				if z == "c" || strings.Contains(z, ".") {
					paths = append(paths, x+"/"+y+"/"+z)
					write(t, root, x+"/"+y+"/"+z, "")
				}
			}
		}
		paths = append(paths, x+"/", x+"/c", x+"/a.go")
		write(t, root, x+"/c", "")
		write(t, root, x+"/a.go", "")
	}
	element := rapid.SampledFrom([]string{"a", "b", "ab", "*", "**", "?", "[ab]", "[!a]", "a*", "*b", "*.go", "a**", "c", "a.go", "?*", "\\a"})
	rapid.Check(t, func(rt *rapid.T) {
		pattern := rapid.Custom(func(rt *rapid.T) string {
			p := strings.Join(rapid.SliceOfN(element, 1, 3).Draw(rt, "elements"), "/")
			return rapid.SampledFrom([]string{"", "", "", "!"}).Draw(rt, "not") + rapid.SampledFrom([]string{"", "", "/"}).Draw(rt, "lead") +
				p + rapid.SampledFrom([]string{"", "", "/"}).Draw(rt, "trail")
		})
		var context strings.Builder
		for _, dir := range []string{"", "a/", "a/b/"} {
			lines := strings.Join(rapid.SliceOfN(pattern, 0, 3).Draw(rt, "lines"), "\n")
			if err := os.WriteFile(filepath.Join(root, dir, ".gitignore"), []byte(lines), 0o666); err != nil {
				rt.Fatal(err)
			}
			fmt.Fprintf(&context, "%s.gitignore:\n%s\n", dir, lines)
		}
		compareWithGit(rt, root, NewIgnore(root), paths, context.String())
		// The same seen from a workspace below the repository's top, when the
		// workspace itself is not ignored.
		if below := NewIgnore(filepath.Join(root, "a")); !NewIgnore(root).Match("a", true) {
			want := askGit(rt, root, paths)
			for _, p := range paths {
				rel, ok := strings.CutPrefix(p, "a/")
				if !ok || rel == "" {
					continue
				}
				rel, isDir := strings.CutSuffix(rel, "/")
				if got := below.Match(rel, isDir); got != want["a/"+rel] {
					rt.Fatalf("in a: Match(%q) = %v, git says %v\n%s", rel, got, want["a/"+rel], context.String())
				}
			}
		}
	})
}

func TestIgnoreReadsExcludeAndGlobalFiles(t *testing.T) {
	root := gitRepo(t)
	paths := []string{"one", "two", "three", "four"}
	for _, p := range paths {
		write(t, root, p, "")
	}
	home := os.Getenv("HOME")
	write(t, home, ".config/git/ignore", "one\n")
	write(t, root, ".git/info/exclude", "two\n")
	compareWithGit(t, root, NewIgnore(root), paths, "default global file")

	write(t, home, ".gitconfig", "[user]\n\tname = x\n[core]\n\texcludesFile = \"~/my ignore\" ; mine\n")
	write(t, home, "my ignore", "three\n!two\n")
	compareWithGit(t, root, NewIgnore(root), paths, "core.excludesFile")

	write(t, root, ".gitignore", "!two\nfour\n")
	compareWithGit(t, root, NewIgnore(root), paths, ".gitignore wins")
}

func TestIgnoreFoldsCaseWhenGitDoes(t *testing.T) {
	root := gitRepo(t)
	git(t, root, "config", "core.ignoreCase", "true")
	write(t, root, ".gitignore", "*.LOG\nBuild/x\n")
	write(t, root, "a.log", "")
	write(t, root, "build/X", "")
	compareWithGit(t, root, NewIgnore(root), []string{"a.log", "A.Log", "build/X", "build/y"}, "")
}

func TestIgnoreWorksInALinkedWorktree(t *testing.T) {
	root := gitRepo(t)
	write(t, root, "f", "")
	git(t, root, "add", "f")
	git(t, root, "commit", "-qm", "one")
	write(t, root, ".git/info/exclude", "secret\n")
	linked := filepath.Join(tempDir(t), "linked")
	git(t, root, "worktree", "add", "-q", linked)
	write(t, linked, "secret", "")
	compareWithGit(t, linked, NewIgnore(linked), []string{"secret", "f"}, "")
}

func TestAWorkspaceInsideAnIgnoredDirectoryIsStillSeen(t *testing.T) {
	root := gitRepo(t)
	write(t, root, ".gitignore", "scratch/\n*.tmp\n")
	write(t, root, "scratch/demo/.gitignore", "out\n")
	write(t, root, "scratch/demo/main.go", "")
	g := NewIgnore(filepath.Join(root, "scratch", "demo"))
	if g.Match("main.go", false) {
		t.Error("main.go is ignored because of a directory above the workspace")
	}
	if !g.Match("out", true) {
		t.Error("the workspace's own .gitignore is not read")
	}
}

func TestIgnoreOutsideOfGitReadsGitignoreFiles(t *testing.T) {
	root := tempDir(t)
	write(t, root, ".gitignore", "*.log\n")
	g := NewIgnore(root)
	if !g.Match("sub/a.log", false) || g.Match("sub/a.go", false) {
		t.Error("a .gitignore without a repository is not used")
	}
}
