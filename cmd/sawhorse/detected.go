package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/tasks/engine"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
)

// Without a sawhorse.yml a directory is what its other files declare. With one,
// that file alone counts: what is in force can then be read in one place, and
// nothing appears in it because somebody added a script. `sawhorse init` and
// `sawhorse import` take over what is detected.

// nearestDeclared is the nearest directory whose files declare something, from
// dir upwards to the top of its repository; outside of one, only dir.
func nearestDeclared(dir string) (root string, ok bool) {
	top := dir
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			top = at
			break
		}
		if filepath.Dir(at) == at {
			break
		}
	}
	for at := dir; ; at = filepath.Dir(at) {
		if all.Here(at) {
			return at, true
		}
		if at == top {
			break
		}
	}
	// Nothing at the top of a repository: what is below it may declare something.
	if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil && len(all.Below(context.Background(), top, nil)) > 0 {
		return top, true
	}
	return "", false
}

// detected is what a directory declares, as a file; deep: also in the
// directories below it.
func detected(ctx context.Context, root string, deep bool) (*config.File, error) {
	found, _ := all.Detect(ctx, root) // what can't be read hides nothing else; doctor and init name it
	if deep {
		found = append(found, all.Below(ctx, root, found)...)
	}
	f, err := detectedFile(ctx, root, found)
	return f, err
}

// declaredIn names what would be trusted, for people.
func declaredIn(f *config.File) string {
	if !f.Detected {
		return shown(f.Files[0])
	}
	var names []string
	for _, file := range f.Files {
		name := file
		if rel, err := filepath.Rel(f.Dir, file); err == nil {
			name = filepath.ToSlash(rel)
		}
		names = append(names, name)
	}
	const some = 4
	if len(names) > some+1 {
		names = append(names[:some], fmt.Sprintf("%d more files", len(names)-some))
	}
	return shown(fmt.Sprintf("%s (%s)", f.Dir, strings.Join(names, ", ")))
}

// news is what would run now and was not trusted: what is gone needs no trust.
func news(before, now []session.Entry) []session.Change {
	return slices.DeleteFunc(session.Review(before, now), func(c session.Change) bool { return c.Kind == session.Removed })
}

// loadDetected is load for a directory without a sawhorse.yml. What is new in
// it may not run before a person trusts it; what was trusted and is now another
// command is not even taken over, unless it was changed here.
func (h *host) loadDetected(ctx context.Context) (*config.File, error) {
	found, _ := all.Detect(ctx, h.place.root)
	below := h.below.Load()
	if below != nil {
		found = append(found, *below...)
	}
	f, err := detectedFile(ctx, h.place.root, found)
	if err == nil && h.place.nowhere {
		f.Detected = false // there is nothing to write down
	}
	if err != nil || h.trusted {
		return f, err
	}
	store, err := session.OpenTrust()
	if err != nil {
		return nil, err
	}
	before, err := store.Trusted(h.place.root)
	if err != nil {
		return nil, err
	}
	now := session.Commands(f)
	changes := news(before, now)
	switch {
	case len(before) > 0 && len(changes) == 0:
		return f, nil
	case len(before) == 0:
		f.Locked = true
		return f, nil
	case h.complete && h.changedHere(ctx, f):
		return f, store.Allow(h.place.root, session.Digest(now), now)
	case h.complete && slices.ContainsFunc(changes, func(c session.Change) bool { return c.Kind == session.Changed }):
		return nil, engine.ErrUntrusted
	}
	f.Locked = true
	return f, nil
}

// changedHere says whether every file that is not as it was seen last was
// changed on this machine.
func (h *host) changedHere(ctx context.Context, f *config.File) bool {
	for _, file := range f.Files {
		text, err := os.ReadFile(file)
		if err != nil || h.seen[file] != string(text) && cameFromElsewhere(ctx, file) {
			return false
		}
	}
	return true
}

// lookAll finds what the directories below declare before the engine begins.
func (h *host) lookAll(ctx context.Context) {
	if !h.file.Load().Detected {
		return
	}
	h.look(ctx)
}

// look walks the directories below, once in a host's life; whoever comes second
// waits for the first. first says that it was this call.
func (h *host) look(ctx context.Context) (first bool) {
	h.walk.Do(func() {
		first = true
		top, _ := all.Detect(ctx, h.place.root)
		found := all.Below(ctx, h.place.root, top)
		h.below.Store(&found)
	})
	return first
}

// lookBelow finds what the directories below declare, then has the file read
// again. The screen does not wait for it.
func (h *host) lookBelow(ctx context.Context) {
	if h.look(ctx) && ctx.Err() == nil {
		_ = h.engine.Do(ctx, tasks.Reload{})
	}
}

// trust keeps that a person lets the workspace run all that it declares.
func (h *host) trust(ctx context.Context) error {
	if f := h.file.Load(); f.Detected {
		if h.look(context.WithoutCancel(ctx)) { // what is below is trusted with it
			defer func() { _ = h.engine.Do(ctx, tasks.Reload{}) }()
		}
		found, _ := all.Detect(ctx, h.place.root)
		f, err := detectedFile(ctx, h.place.root, append(found, *h.below.Load()...))
		if err != nil {
			return err
		}
		return allow(h.place.root, f)
	}
	return allow(h.place.root, h.file.Load())
}

func allow(root string, f *config.File) error {
	store, err := session.OpenTrust()
	if err != nil {
		return err
	}
	now := session.Commands(f)
	return store.Allow(root, session.Digest(now), now)
}

// listDetected prints what a directory without a sawhorse.yml declares, where
// there is no screen to show it in. done: that was all there was to do.
func (a *app) listDetected(ctx context.Context, p place) (done bool, err error) {
	if _, err := config.Load(p.root); !errors.Is(err, config.ErrNotFound) {
		return false, nil
	}
	if c, err := attach.Dial(ctx, p.socket, versionText()); err == nil {
		c.Close()
		return false, nil // what runs is followed
	}
	if p.nowhere {
		return true, a.psContainers(ctx, p, nil)
	}
	f, err := p.load()
	if err != nil {
		return true, err
	}
	if err := printOffers(a.out, f); err != nil {
		return true, err
	}
	fmt.Fprintln(a.err, "start a service: sawhorse up NAME   ·   run a task: sawhorse run NAME   ·   write it down: sawhorse init")
	return true, nil
}

// unlockFor is unlock, where the command may start something.
func (a *app) unlockFor(ctx context.Context, e tasks.Engine, c tasks.Command) error {
	switch c.(type) {
	case tasks.Start, tasks.Restart, tasks.RunTask:
		p, err := a.find()
		if err != nil {
			return err
		}
		return a.unlock(ctx, p, e)
	}
	return nil
}

// unlock asks a person for the trust that a running host waits for.
func (a *app) unlock(ctx context.Context, p place, e tasks.Engine) error {
	s, err := declared(ctx, e)
	if err != nil || !s.Locked {
		return err
	}
	f, err := p.load()
	if err != nil {
		return err
	}
	if err := a.ensureTrusted(p, f); err != nil {
		return err
	}
	return e.Do(ctx, tasks.Trust{})
}
