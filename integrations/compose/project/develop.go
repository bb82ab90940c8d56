package project

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// develop takes over what a save does: it builds the service anew, or goes into
// the container that runs.
func (p *project) develop(s types.ServiceConfig, u *config.Unit) {
	if s.Develop == nil {
		return
	}
	w := &config.Watch{}
	kept := p.keptBack(s.Build)
	for _, t := range s.Develop.Watch {
		rel, err := filepath.Rel(p.dir, t.Path)
		if err != nil || !filepath.IsLocal(rel) {
			w.Outside = append(w.Outside, filepath.ToSlash(cmp.Or(rel, t.Path)))
			continue
		}
		rel = filepath.ToSlash(rel)
		globs, ignore := []string{rel}, slices.Clone(kept)
		if info, err := os.Stat(t.Path); err != nil || info.IsDir() {
			globs = below(rel, t.Include)
		}
		for _, pattern := range t.Ignore {
			ignore = append(ignore, both(rel, pattern)...)
		}
		if t.Action == types.WatchActionRebuild && s.Build == nil {
			w.Paths, w.Ignore = append(w.Paths, globs...), append(w.Ignore, ignore...)
			continue
		}
		w.Live = append(w.Live, config.Live{Paths: globs, Ignore: ignore})
		u.Container.Sync = append(u.Container.Sync, p.live(t))
	}
	if len(w.Paths)+len(w.Live)+len(w.Outside) > 0 {
		w.Ignore = slices.Compact(w.Ignore)
		u.Watch = w
	}
}

// live is what a trigger does to the container that runs.
func (p *project) live(t types.Trigger) config.Sync {
	c := config.Sync{From: t.Path, Ignore: t.Ignore, Include: t.Include}
	switch t.Action {
	case types.WatchActionRestart, types.WatchActionRebuild:
		c.Restart, c.Build = t.Action == types.WatchActionRestart, t.Action == types.WatchActionRebuild
		return c
	case types.WatchActionSyncRestart:
		c.Restart = true
	case types.WatchActionSyncExec:
		c.Exec = &config.Exec{
			Command: t.Exec.Command, User: t.Exec.User, Dir: t.Exec.WorkingDir, Env: environment(t.Exec.Environment.Resolve(p.Environment.Resolve)), Privileged: t.Exec.Privileged,
		}
	}
	c.To, c.Initial = path.Join("/", t.Target), t.InitialSync
	return c
}

// below are the globs of what a trigger includes below its directory.
func below(rel string, include []string) []string {
	if len(include) == 0 {
		return []string{strings.TrimPrefix(rel+"/**", "./")}
	}
	var all []string
	for _, pattern := range include {
		all = append(all, both(rel, pattern)...)
	}
	return all
}

// both are globs of what a pattern names, be it a file or a directory.
func both(rel, pattern string) []string {
	at := path.Join(rel, filepath.ToSlash(pattern))
	return []string{at, at + "/**"}
}

// keptBack are globs of what a build leaves out: no file of these is news. Where
// a pattern takes others back, all of them are left to whoever reads them better.
func (p *project) keptBack(b *types.BuildConfig) []string {
	if b == nil {
		return nil
	}
	rel, err := filepath.Rel(p.dir, b.Context)
	if err != nil || !filepath.IsLocal(rel) {
		return nil
	}
	f, err := os.Open(filepath.Join(b.Context, cmp.Or(b.Dockerfile, "Dockerfile")+".dockerignore"))
	if err != nil {
		f, err = os.Open(filepath.Join(b.Context, ".dockerignore"))
	}
	if err != nil {
		return nil
	}
	defer f.Close()
	patterns, err := ignorefile.ReadAll(f)
	if err != nil {
		return nil
	}
	var all []string
	for _, pattern := range patterns {
		if strings.HasPrefix(pattern, "!") {
			return nil
		}
		if pattern == "Dockerfile" || pattern == b.Dockerfile {
			continue // which a build needs, whatever is left out
		}
		all = append(all, both(filepath.ToSlash(rel), pattern)...)
	}
	return all
}
