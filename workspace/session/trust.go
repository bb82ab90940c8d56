package session

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Entry is one thing that a workspace file makes run, or that decides how it
// runs.
type Entry struct {
	Unit  string `json:"unit"`  // "" for the whole workspace
	Field string `json:"field"` // as in the file: "run", "ready.exec", "env.PATH"
	Line  string `json:"line"`
}

// Commands lists all that a workspace file makes run, in the order of the file.
// What cannot change what runs (descriptions, dependencies, what is watched) is
// not in it; neither is what is inside of the scripts and env files it names.
func Commands(f *config.File) []Entry {
	var es []Entry
	add := func(unit, field, line string) {
		if line != "" {
			es = append(es, Entry{unit, field, line})
		}
	}
	environment := func(unit string, env map[string]string, files []string) {
		for _, name := range slices.Sorted(maps.Keys(env)) {
			es = append(es, Entry{unit, "env." + name, env[name]})
		}
		for _, file := range files {
			add(unit, "env_file", relative(f.Dir, file))
		}
	}
	add("", "shell", quoteArgs(f.Shell))
	environment("", f.Env, f.EnvFile)
	for _, c := range f.Integrations {
		add("", "integrations."+c.Name, c.Use)
		for _, name := range slices.Sorted(maps.Keys(c.Options)) {
			add("", "integrations."+c.Name+"."+name, c.Options[name])
		}
	}
	for i := range f.Units {
		u := &f.Units[i]
		add(u.Name, "run", u.Run)
		add(u.Name, "command", quoteArgs(u.Command))
		if !slices.Equal(u.Shell, f.Shell) { // else it stands at the top
			add(u.Name, "shell", quoteArgs(u.Shell))
		}
		for _, line := range containerLines(f.Dir, u.Container) {
			add(u.Name, line[0], line[1])
		}
		if dir := relative(f.Dir, u.Dir); dir != "." {
			add(u.Name, "dir", dir)
		}
		if u.Ready != nil {
			add(u.Name, "ready.exec", u.Ready.Exec)
		}
		if u.Inputs != nil {
			for _, line := range u.Inputs.Tools {
				add(u.Name, "inputs.tools", line)
			}
		}
		environment(u.Name, u.Env, u.EnvFile)
	}
	return es
}

// relative makes a path independent of where the workspace is.
func relative(dir, path string) string {
	if path == "" {
		return "."
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// quoteArgs is JSON: unambiguous, and readable for whoever is asked.
func quoteArgs(args []string) string {
	if len(args) == 0 {
		return ""
	}
	text, err := json.Marshal(args)
	if err != nil {
		return fmt.Sprintf("%q", args)
	}
	return string(text)
}

// Digest is the same for the same entries, and only for these. The order counts
// only among entries of the same unit and field (several env_file).
func Digest(entries []Entry) string {
	sorted := slices.SortedStableFunc(slices.Values(entries), func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Unit, b.Unit), strings.Compare(a.Field, b.Field))
	})
	h := sha256.New()
	var size [8]byte
	for _, e := range sorted {
		for _, s := range []string{e.Unit, e.Field, e.Line} {
			binary.BigEndian.PutUint64(size[:], uint64(len(s))) // or "a"+"bc" would be "ab"+"c"
			h.Write(size[:])
			h.Write([]byte(s))
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// ChangeKind says what has become of an entry.
type ChangeKind string

// The kinds of change.
const (
	Added   ChangeKind = "new"
	Changed ChangeKind = "changed"
	Removed ChangeKind = "removed"
)

// Change is one difference between what was trusted and what would run.
type Change struct {
	Kind   ChangeKind `json:"kind"`
	Unit   string     `json:"unit"`
	Field  string     `json:"field"`
	Before string     `json:"before,omitempty"`
	After  string     `json:"after,omitempty"`
}

// Review returns what is different now: new and changed entries in their order,
// then the removed ones. Entries of the same unit and field (several env_file)
// are compared as a group, in order.
func Review(trusted, now []Entry) []Change {
	type key struct{ unit, field string }
	before := map[key][]string{}
	for _, e := range trusted {
		k := key{e.Unit, e.Field}
		before[k] = append(before[k], e.Line)
	}
	var changes []Change
	for _, e := range now {
		k := key{e.Unit, e.Field}
		lines := before[k]
		switch {
		case len(lines) == 0:
			changes = append(changes, Change{Added, e.Unit, e.Field, "", e.Line})
		case lines[0] != e.Line:
			changes = append(changes, Change{Changed, e.Unit, e.Field, lines[0], e.Line})
		}
		if len(lines) > 0 {
			before[k] = lines[1:]
		}
	}
	for _, e := range trusted {
		k := key{e.Unit, e.Field}
		if lines := before[k]; len(lines) > 0 {
			changes = append(changes, Change{Removed, e.Unit, e.Field, lines[0], ""})
			before[k] = lines[1:]
		}
	}
	return changes
}

// Trust is the user's own record of which workspaces may run what. Each
// workspace has a file of its own, so that two processes do not overwrite each
// other's answers.
type Trust struct {
	dir string
}

// trusted is the record of one workspace.
type trusted struct {
	Root    string    `json:"root"`
	Digest  string    `json:"digest"`
	Allowed time.Time `json:"allowed"`
	Entries []Entry   `json:"entries"`
}

// OpenTrust returns the user's record.
func OpenTrust() (*Trust, error) {
	base, err := baseDir()
	if err != nil {
		return nil, err
	}
	dir, err := privateDir(base, "trust")
	if err != nil {
		return nil, err
	}
	return &Trust{dir}, nil
}

// IsTrusted tells whether the user has allowed exactly this digest for the
// workspace at root. With an error the answer is no.
func (t *Trust) IsTrusted(root, digest string) (bool, error) {
	r, err := t.read(root)
	if err != nil {
		return false, err
	}
	return digest != "" && r.Digest == digest, nil
}

// Trusted returns what was allowed last for the workspace, for Review; nothing
// when nothing was.
func (t *Trust) Trusted(root string) ([]Entry, error) {
	r, err := t.read(root)
	return r.Entries, err
}

// Allow records that the user has seen the entries and lets them run, instead
// of what was allowed before.
func (t *Trust) Allow(root, digest string, entries []Entry) error {
	path, root, err := t.path(root)
	if err != nil {
		return err
	}
	if err := writeJSON(path, trusted{root, digest, time.Now(), entries}); err != nil {
		return fmt.Errorf("remember that %s is trusted: %w", root, err)
	}
	return nil
}

// Revoke takes back what was allowed, if anything.
func (t *Trust) Revoke(root string) error {
	path, root, err := t.path(root)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take back the trust in %s: %w", root, err)
	}
	return nil
}

func (t *Trust) read(root string) (trusted, error) {
	path, root, err := t.path(root)
	if err != nil {
		return trusted{}, err
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return trusted{}, nil
	}
	if err := checkPrivate(path); err != nil {
		return trusted{}, err
	}
	var r trusted
	name := strings.TrimSuffix(filepath.Base(path), ".json")
	if err := Load(t.dir, name, &r); err != nil {
		return trusted{}, err
	}
	if r.Root != root {
		return trusted{}, nil // another directory whose short hash is the same
	}
	return r, nil
}

// path returns the file of a workspace, and its root as it is recorded.
func (t *Trust) path(root string) (path, resolved string, err error) {
	name, err := workspaceName(root)
	if err != nil {
		return "", "", err
	}
	resolved, err = resolve(root)
	return filepath.Join(t.dir, name+".json"), resolved, err
}

// containerLines are what a person should know of a container before it is made:
// where it comes from, and what of this machine it is given.
func containerLines(dir string, c *config.Container) [][2]string {
	if c == nil {
		return nil
	}
	lines := [][2]string{{"image", c.Image}, {"entrypoint", quoteArgs(c.Entrypoint)}, {"user", c.User}}
	if c.Build != nil {
		lines = append(lines, [2]string{"build", relative(dir, c.Build.Context)})
	}
	for _, v := range c.Volumes {
		source := v.Source
		if v.Bind() {
			source = relative(dir, source)
		}
		lines = append(lines, [2]string{"volumes", source + ":" + v.Target})
	}
	if len(c.Create) > 0 {
		lines = append(lines, [2]string{"container", c.Create})
	}
	return lines
}
