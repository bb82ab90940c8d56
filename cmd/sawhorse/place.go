package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/charmbracelet/x/term"

	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
)

// place is an opened workspace, before anything runs in it.
type place struct {
	root   string // absolute, symbolic links resolved
	state  string // its state directory
	socket string // where its host listens
	// nowhere: the directory declares nothing, and what is looked at is the engine.
	nowhere bool
}

// find looks for the workspace from --dir or here, upwards.
func (a *app) find() (place, error) {
	start := a.dir
	if start == "" {
		start = "."
	}
	abs, err := filepath.Abs(start)
	if err != nil {
		return place{}, err
	}
	if _, err := os.Stat(abs); errors.Is(err, fs.ErrNotExist) {
		return place{}, &fault{code: exitNoPlace, err: fmt.Errorf("%s: no such directory", abs), hint: "--dir is where the workspace is looked for"}
	}
	if session.IsNowhere(abs) {
		return placeAt(abs, true)
	}
	root, err := config.Find(abs)
	if errors.Is(err, config.ErrNotFound) {
		var declares bool
		if root, declares = nearestDeclared(abs); !declares {
			return a.findNowhere(abs)
		}
		err = nil
	}
	if err != nil {
		return place{}, err
	}
	return placeAt(root, false)
}

// findNowhere is the place of whoever is in a directory that declares nothing: the
// engine of this machine, for those that look, where it has containers.
func (a *app) findNowhere(dir string) (place, error) {
	refusal := &fault{
		code: exitNoPlace,
		err:  fmt.Errorf("no sawhorse.yml in %s or above it, and no file there that says what can be run", dir),
		hint: "write one: sawhorse init   ·   see how it works: sawhorse demo",
	}
	root, err := session.Nowhere()
	if err != nil {
		return place{}, refusal
	}
	p, err := placeAt(root, true)
	if err != nil {
		return place{}, refusal
	}
	if _, alive, err := session.ReadHost(p.state); err == nil && alive {
		return p, nil
	}
	if a.looks && docker.Here(context.Background(), surroundings(p)) {
		return p, nil
	}
	return place{}, refusal
}

func placeAt(root string, nowhere bool) (place, error) {
	if resolved, err := filepath.EvalSymlinks(root); err == nil {
		root = resolved
	}
	state, err := session.StateDir(root)
	if err != nil {
		return place{}, err
	}
	socket, err := session.SocketPath(state)
	if err != nil {
		return place{}, err
	}
	return place{root: root, state: state, socket: socket, nowhere: nowhere}, nil
}

// load reads the workspace's file; its problems are the error. Without one it
// is what the directory declares, here and below.
func (p place) load() (*config.File, error) {
	f, err := loadFile(context.Background(), p.root)
	if errors.Is(err, config.ErrNotFound) {
		return detected(context.Background(), p.root, true)
	}
	if err != nil {
		return nil, err
	}
	return f, all.Check(f)
}

// ensureTrusted returns when the file may run things: it was trusted before,
// --trust or CI says so, or a person at the terminal says so now.
func (a *app) ensureTrusted(p place, f *config.File) error {
	store, err := session.OpenTrust()
	if err != nil {
		return err
	}
	if a.trust || inCI() {
		return nil
	}
	now := session.Commands(f)
	ok, err := store.IsTrusted(p.root, session.Digest(now))
	if err != nil || ok {
		return err
	}
	before, err := store.Trusted(p.root)
	if err != nil || f.Detected && len(before) > 0 && len(news(before, now)) == 0 {
		return err
	}
	if !isTerminal(a.in) || !isTerminal(a.err) {
		return &fault{
			code: exitUntrusted, err: fmt.Errorf("%s is not trusted yet, and nobody is here to be asked", declaredIn(f)),
			hint: "read it, then: sawhorse trust   ·   for once: --trust",
		}
	}
	fmt.Fprintf(a.err, "%s can run commands on this machine:\n\n%s\n", declaredIn(f), describeChanges(session.Review(before, now)))
	fmt.Fprint(a.err, "Trust it and go on? [y/N] ")
	line, _ := bufio.NewReader(a.in).ReadString('\n')
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return &fault{code: exitUntrusted, err: errors.New("not trusted; nothing was run")}
	}
	return store.Allow(p.root, session.Digest(now), now)
}

// describeChanges lists what would run, or what is different since it was
// trusted last.
func describeChanges(changes []session.Change) string {
	var b strings.Builder
	for _, c := range changes {
		where := c.Field
		if c.Unit != "" {
			where = c.Unit + "." + c.Field
		}
		where = shown(where)
		switch c.Kind {
		case session.Added:
			fmt.Fprintf(&b, "  + %-20s %s\n", where, shown(c.After))
		case session.Removed:
			fmt.Fprintf(&b, "  - %-20s %s\n", where, shown(c.Before))
		default:
			fmt.Fprintf(&b, "  ~ %-20s %s\n  %-22s now: %s\n", where, shown(c.Before), "", shown(c.After))
		}
	}
	return b.String()
}

// shown keeps what a stranger's file says from doing anything to the terminal.
func shown(line string) string {
	return strings.ReplaceAll(safeText(strings.ReplaceAll(line, "\n", "⏎ "), false), "\t", " ")
}

func inCI() bool {
	v := strings.ToLower(os.Getenv("CI"))
	return v != "" && v != "0" && v != "false"
}

// cameFromElsewhere says whether git knows a file exactly as it is now: then a
// pull or a checkout brought it, not this person's editor. Git has a file's text
// before it writes the file, so that the answer is right at any moment of a pull;
// whether the file differs from HEAD would not be.
func cameFromElsewhere(ctx context.Context, file string) bool {
	dir, name := filepath.Split(file)
	id, err := exec.CommandContext(ctx, "git", "-C", dir, "hash-object", "--", name).Output()
	if err != nil {
		return false
	}
	return exec.CommandContext(ctx, "git", "-C", dir, "cat-file", "-e", strings.TrimSpace(string(id))).Run() == nil
}

// isTerminal says whether v is a terminal of a person.
func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}
