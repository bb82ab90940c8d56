package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
	"github.com/sawhorse-dev/sawhorse/workspace/checkout"
	"github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// code tells which code a run ran, after it has ended: by git where it is, else
// by what the watch has heard. What it does not know for certain it leaves
// open, so that no test is called flaky that only met other code.
type code struct {
	root  string
	begun time.Time
	files func() []string // that git may not know and that decide what runs

	changed atomic.Int64 // the newest change that the watch has reported, in Unix nanoseconds
	seeing  atomic.Int64 // since when it reports every change; 0: it does not
	slow    bool         // git once took too long here; owned by the goroutine that records
}

func newCode(root string, files func() []string) *code {
	return &code{root: root, begun: time.Now(), files: files}
}

// watched and heard take in what the watch says.
func (c *code) watched(s watch.Status) {
	switch sees := s.Ready && s.Problem == "" && len(s.Polling) == 0; {
	case !sees:
		c.seeing.Store(0)
	case c.seeing.Load() == 0:
		c.seeing.Store(time.Now().UnixNano())
	}
}

func (c *code) heard(b watch.Batch) { c.changed.Store(b.Settled.UnixNano()) }

// gitTime is how long git may take; where it takes longer it is not asked again.
const gitTime = 2 * time.Second

// of names the code of a run that has just ended. Only the results of tests are
// compared over time, so that other runs cost nothing.
func (c *code) of(ctx context.Context, r tasks.Run) history.Code {
	if len(r.Tests) == 0 || r.StartedAt.IsZero() {
		return history.Code{}
	}
	at, mark := c.mark(ctx, r.StartedAt)
	if mark != "" && !c.addFiles(&mark, r.StartedAt) || c.changed.Load() >= r.StartedAt.UnixNano() {
		mark = ""
	}
	at.Print = mark
	return at
}

func (c *code) mark(ctx context.Context, since time.Time) (history.Code, string) {
	if !c.slow {
		ctx, cancel := context.WithTimeout(ctx, gitTime)
		defer cancel()
		at, mark, err := gitCode(ctx, c.root, since)
		if err == nil {
			return at, mark
		}
		c.slow = errors.Is(ctx.Err(), context.DeadlineExceeded)
	}
	seeing := c.seeing.Load()
	if seeing == 0 || seeing > since.UnixNano() {
		return history.Code{}, ""
	}
	return history.Code{}, fmt.Sprintf("watch %d %d %d", c.begun.UnixNano(), seeing, c.changed.Load())
}

// addFiles makes the workspace's own files part of a mark; false: one changed
// since.
func (c *code) addFiles(mark *string, since time.Time) bool {
	d := digest{Hash: sha256.New(), since: since, budget: printBudget}
	fmt.Fprintln(d, *mark)
	for _, file := range c.files() {
		if !d.add(file) {
			return false
		}
	}
	*mark = hex.EncodeToString(d.Sum(nil)[:16])
	return true
}

// gitCode is the commit, and a mark of it with all that is different from it.
// The mark is empty when something changed since then, or cannot be read.
func gitCode(ctx context.Context, root string, since time.Time) (history.Code, string, error) {
	places, err := git(ctx, root, "rev-parse", "--show-toplevel", "--git-path", "index")
	if err != nil {
		return history.Code{}, "", err
	}
	top, index, ok := strings.Cut(strings.TrimRight(string(places), "\n"), "\n")
	if !ok {
		return history.Code{}, "", fmt.Errorf("git says of its places: %q", places)
	}
	if !filepath.IsAbs(index) {
		index = filepath.Join(root, index)
	}
	status, err := git(ctx, root, "status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=none")
	if err != nil {
		return history.Code{}, "", err
	}
	// A file that was changed and changed back is like its commit again, but
	// not as old as the index remembers it.
	touched, err := git(ctx, top, "diff-files", "-z", "--name-only", "--ignore-submodules=all")
	if err != nil {
		return history.Code{}, "", err
	}
	d := digest{Hash: sha256.New(), since: since, budget: printBudget}
	at, same := readStatus(top, status, &d)
	for path := range strings.SplitSeq(string(touched), "\x00") {
		same = same && (path == "" || older(filepath.Join(top, path), since))
	}
	if !same || !older(index, since) {
		return at, "", nil
	}
	return at, hex.EncodeToString(d.Sum(nil)), nil
}

// readStatus reads git's status and adds it, with what the files hold, to d;
// false: what they hold cannot be told.
func readStatus(top string, status []byte, d *digest) (at history.Code, same bool) {
	same = true
	for line := range strings.SplitSeq(string(status), "\x00") {
		if line == "" {
			continue
		}
		if commit, ok := strings.CutPrefix(line, "# branch.oid "); ok {
			if commit != "(initial)" {
				at.Commit = commit
			}
			fmt.Fprintln(d, commit)
			continue
		}
		path, module := entry(line)
		if path == "" {
			continue // the branch: its name is nothing to the code
		}
		at.Dirty = true
		fmt.Fprintf(d, "%q", line)
		same = same && !module && d.add(filepath.Join(top, filepath.FromSlash(path)))
	}
	return at, same
}

// entry is the path of a line of git's status; module: it is another
// repository, of which git does not say what it holds.
func entry(line string) (path string, module bool) {
	fields := map[byte]int{'1': 9, 'u': 11, '?': 2}[line[0]]
	parts := strings.SplitN(line, " ", fields)
	if fields == 0 || len(parts) < fields {
		return "", false
	}
	path = parts[fields-1]
	return path, strings.HasSuffix(path, "/") || fields > 2 && strings.HasPrefix(parts[2], "S")
}

// printBudget is how many bytes of changed files are read for a mark; those
// beyond it are told by their size and time.
const printBudget = 8 << 20

// digest takes files in; one that is not older than since makes it worthless.
type digest struct {
	hash.Hash
	since  time.Time
	budget int64
}

func (d *digest) add(path string) bool {
	if !older(path, d.since) {
		return false
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Fprintln(d, "absent")
		return true
	case err != nil:
		return false
	}
	fmt.Fprintln(d, info.Mode(), info.Size())
	switch {
	case info.Mode().Type() == fs.ModeSymlink:
		to, err := os.Readlink(path)
		fmt.Fprintln(d, to)
		return err == nil
	case info.Mode().IsRegular() && info.Size() <= d.budget:
		d.budget -= info.Size()
		f, err := os.Open(path)
		if err != nil {
			return false
		}
		defer f.Close()
		n, err := io.Copy(d, io.LimitReader(f, info.Size()))
		return err == nil && n == info.Size()
	}
	fmt.Fprintln(d, info.ModTime().UnixNano())
	return true
}

// tick is what the clock that stamps files may be behind.
const tick = 20 * time.Millisecond

// older says whether nothing at the path has changed since. Of what is gone,
// the directory that had it tells.
func older(path string, since time.Time) bool {
	for {
		info, err := os.Lstat(path)
		if err == nil {
			return info.ModTime().Before(since.Add(-tick))
		}
		up := filepath.Dir(path)
		if !errors.Is(err, fs.ErrNotExist) || up == path {
			return false
		}
		path = up
	}
}

// git asks git, without any lock that could be in a person's way.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	cmd.WaitDelay = time.Second
	for _, v := range os.Environ() {
		// A host that a hook of git has started would look at the hook's repository.
		if name, _, _ := strings.Cut(v, "="); name != "GIT_DIR" && name != "GIT_WORK_TREE" && name != "GIT_INDEX_FILE" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, firstLine(said.String()))
	}
	return out.Bytes(), nil
}

// mostPatch is how much of what is not committed is kept with a run.
const mostPatch = 32 << 10

// codeNow is what the workspace holds now.
func codeNow(ctx context.Context, root string) tasks.Code {
	ctx, cancel := context.WithTimeout(ctx, 5*gitTime)
	defer cancel()
	return tasks.Code(checkout.Now(ctx, root, mostPatch))
}
