// Package checkout says what code a directory holds, by git: its commit and what is
// not committed, and what differs between two such states. It never changes the
// repository: what it has to build, it builds beside it.
package checkout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
)

// Code is a commit, and what was not committed on top of it, as git diff says it.
type Code struct {
	Commit, Patch string
	// Cut: the patch was too long, and its end is missing.
	Cut bool
}

// Now is what the directory holds; zero without git or a commit. A patch of more
// than most bytes is cut at the end of a line.
func Now(ctx context.Context, dir string, most int) Code {
	commit, err := run(ctx, dir, nil, nil, "rev-parse", "--verify", "--quiet", "HEAD")
	if err != nil {
		return Code{}
	}
	c := Code{Commit: strings.TrimSpace(commit)}
	// What is cut off may be gigabytes: git is ended there.
	reading, enough := context.WithCancel(ctx)
	defer enough()
	patch := &beginning{most: most, enough: enough}
	if err := ask(reading, dir, nil, nil, patch, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD"); err == nil || patch.full {
		c.Patch, c.Cut = cut(string(patch.text), most)
	}
	return c
}

// beginning keeps one byte more than most, and says when it has that.
type beginning struct {
	text   []byte
	most   int
	full   bool
	enough func()
}

func (b *beginning) Write(p []byte) (int, error) {
	b.text = append(b.text, p[:min(len(p), b.most+1-len(b.text))]...)
	if len(b.text) > b.most {
		b.full = true
		b.enough()
	}
	return len(p), nil
}

// cut is at most so many bytes of a text, in whole lines.
func cut(text string, most int) (string, bool) {
	if len(text) <= most {
		return strings.ToValidUTF8(text, string(utf8.RuneError)), false
	}
	text = text[:most]
	return strings.ToValidUTF8(text[:strings.LastIndexByte(text, '\n')+1], string(utf8.RuneError)), true
}

// Branch is the branch that is checked out; empty when none is.
func Branch(ctx context.Context, dir string) string {
	name, err := run(ctx, dir, nil, nil, "symbolic-ref", "--quiet", "--short", "HEAD")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(name)
}

// Uncommitted says whether a file that git knows is not as it was committed. What is new
// to git does not count: to look for that is to walk all directories.
func Uncommitted(ctx context.Context, dir string) bool {
	out, err := run(ctx, dir, nil, nil, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
	return err == nil && out != ""
}

// AbsentError says that a commit is not in this checkout.
type AbsentError struct{ Commit string }

// Error says what to do.
func (e *AbsentError) Error() string {
	return fmt.Sprintf("commit %s is not in this checkout; git fetch may bring it", short(e.Commit))
}

// short is the part of a commit's id that a person reads.
func short(commit string) string { return commit[:min(len(commit), 9)] }

// Diff is what differs between two states of the repository of dir, as a patch that
// leads from one to the other; empty: nothing. What was not committed is part of it.
// Where a patch was cut, or does not fit its commit, the difference is that of the
// commits, with the patches below and the reason in note.
func Diff(ctx context.Context, dir string, a, b Code) (patch, note string, err error) {
	for _, c := range []Code{a, b} {
		if c.Commit == "" {
			return "", "", errors.New("which commit it ran is not known")
		}
		if _, err := run(ctx, dir, nil, nil, "cat-file", "-e", c.Commit+"^{commit}"); err != nil {
			if _, err := run(ctx, dir, nil, nil, "rev-parse", "--git-dir"); err != nil {
				return "", "", err
			}
			return "", "", &AbsentError{c.Commit}
		}
	}
	from, errA := tree(ctx, dir, a)
	to, errB := tree(ctx, dir, b)
	defer from.remove()
	defer to.remove()
	if err := errors.Join(errA, errB); err != nil {
		if ctx.Err() != nil {
			return "", "", ctx.Err()
		}
		return loose(ctx, dir, a, b)
	}
	env := []string{"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + strings.Join([]string{from.objects, to.objects}, string(os.PathListSeparator))}
	patch, err = diff(ctx, dir, env, from.id, to.id)
	return patch, "", err
}

func diff(ctx context.Context, dir string, env []string, from, to string) (string, error) {
	return run(ctx, dir, env, nil, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--stat", "--patch", from, to)
}

// loose is the difference of the commits, and what was not committed as it is known.
func loose(ctx context.Context, dir string, a, b Code) (patch, note string, err error) {
	patch, err = diff(ctx, dir, nil, a.Commit, b.Commit)
	if err != nil {
		return "", "", err
	}
	for i, c := range []Code{a, b} {
		if c.Patch != "" {
			patch += fmt.Sprintf("\nnot committed in the %s one:\n\n%s", []string{"first", "second"}[i], c.Patch)
		}
	}
	if a.Cut || b.Cut {
		return patch, "of what was not committed only the beginning is kept, so it stands below the difference of the commits", nil
	}
	return patch, "what was not committed does not fit its commit, so it stands below the difference of the commits", nil
}

// built is a tree that may be of objects that are not the repository's.
type built struct{ id, objects, scratch string }

func (b built) remove() {
	if b.scratch != "" {
		_ = os.RemoveAll(b.scratch)
	}
}

// tree is what a state holds. With a patch it is built with an index and objects
// of its own.
func tree(ctx context.Context, dir string, c Code) (b built, err error) {
	if c.Patch == "" {
		b.id = c.Commit
		return b, nil
	}
	if c.Cut {
		return b, errors.New("the patch is cut")
	}
	objects, err := run(ctx, dir, nil, nil, "rev-parse", "--path-format=absolute", "--git-path", "objects")
	if err != nil {
		return b, err
	}
	if b.scratch, err = os.MkdirTemp("", "sawhorse-diff-"); err != nil {
		return b, err
	}
	b.objects = filepath.Join(b.scratch, "objects")
	if err := os.Mkdir(b.objects, 0o700); err != nil {
		return b, err
	}
	env := []string{
		"GIT_INDEX_FILE=" + filepath.Join(b.scratch, "index"), "GIT_OBJECT_DIRECTORY=" + b.objects,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + strings.TrimSpace(objects),
	}
	if _, err := run(ctx, dir, env, nil, "read-tree", c.Commit); err != nil {
		return b, err
	}
	// Paths of a patch are those from the top of the repository, wherever dir is.
	top, err := run(ctx, dir, nil, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return b, err
	}
	if _, err := run(ctx, strings.TrimRight(top, "\n"), env, []byte(c.Patch), "apply", "--cached", "--whitespace=nowarn", "-"); err != nil {
		return b, err
	}
	id, err := run(ctx, dir, env, nil, "write-tree")
	b.id = strings.TrimSpace(id)
	return b, err
}

// run is what git answers.
func run(ctx context.Context, dir string, env []string, in []byte, args ...string) (string, error) {
	var out bytes.Buffer
	if err := ask(ctx, dir, env, in, &out, args...); err != nil {
		return "", err
	}
	return out.String(), nil
}

// ask asks git, without any lock that could be in a person's way.
func ask(ctx context.Context, dir string, env []string, in []byte, out io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "core.fsmonitor=false"}, args...)...)
	cmd.WaitDelay = time.Second
	for _, v := range os.Environ() {
		// Whoever was started by a hook of git would look at the hook's repository.
		if name, _, _ := strings.Cut(v, "="); name != "GIT_DIR" && name != "GIT_WORK_TREE" && name != "GIT_INDEX_FILE" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C"), env...)
	if in != nil {
		cmd.Stdin = bytes.NewReader(in)
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &said
	if err := cmd.Run(); err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return fmt.Errorf("git %s: %w: %s", args[0], err, line)
	}
	return nil
}
