package npm

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/node"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// lacks compares what a package.json depends on with what node would find: after
// a clone nothing of it is there, after a pull maybe one package is not.
func lacks(root string, u config.Unit, _ string) (integrations.Lack, bool) {
	dir, ok := place(root, u)
	if !ok {
		return integrations.Lack{}, false
	}
	m, dir, ok := nearest(root, dir)
	if !ok {
		return integrations.Lack{}, false
	}
	var names, missing []string
	for _, kind := range [...]string{"dependencies", "devDependencies"} {
		for _, e := range m.Get(kind).Entries {
			names = append(names, e.Key)
			if filepath.IsLocal(e.Key) && !resolves(dir, e.Key) {
				missing = append(missing, e.Key)
			}
		}
	}
	if len(missing) == 0 || above(dir, ".pnp.cjs") || above(dir, ".pnp.js") { // Yarn keeps no node_modules there
		return integrations.Lack{}, false
	}
	file := manifest
	if rel, err := filepath.Rel(root, filepath.Join(dir, manifest)); err == nil && filepath.IsLocal(rel) {
		file = filepath.ToSlash(rel)
	}
	lack := integrations.Lack{What: "there is no node_modules for " + file, Fix: install(root, dir, m)}
	if len(missing) < len(names) || above(dir, "node_modules") {
		lack.What = fmt.Sprintf("%s depends on %s, which is not installed", file, several(missing))
	}
	return lack, true
}

// several names the first of some packages.
func several(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// place is the directory that a unit's command of JavaScript is about.
func place(root string, u config.Unit) (dir string, ok bool) {
	dir = u.Dir
	if dir == "" {
		dir = root
	}
	words := u.Command
	if len(words) == 0 {
		words = strings.Fields(u.Run)
	}
	for i, w := range words {
		if !slices.Contains([]string{"--prefix", "-C", "--cwd", "--dir"}, w) || i+1 == len(words) || !ok {
			ok = ok || ofNode(w)
			continue
		}
		if inner := words[i+1]; filepath.IsAbs(inner) {
			dir = inner
		} else {
			dir = filepath.Join(dir, inner)
		}
	}
	return dir, ok
}

// ofNode says whether a word of a command is a program that finds what it needs in
// node_modules.
func ofNode(word string) bool {
	switch command.Program(word) {
	case "npm", "npx", "pnpm", "pnpx", "yarn", "bun", "bunx", "node", "vite", "next", "tsc", "tsx", "eslint", "prettier":
		return true
	}
	return slices.Contains(runners(), command.Program(word)) || strings.HasPrefix(strings.TrimPrefix(word, "./"), "node_modules/")
}

// nearest is the package.json of a directory or of the first one above it, up to
// the workspace's.
func nearest(root, dir string) (m *declared.Value, in string, ok bool) {
	for {
		if m, ok, err := read(dir); ok && err == nil {
			return m, dir, true
		}
		rel, err := filepath.Rel(root, dir)
		if err != nil || rel == "." || !filepath.IsLocal(rel) {
			return nil, "", false
		}
		dir = filepath.Dir(dir)
	}
}

// resolves says whether node would find a package from a directory. A link that
// leads nowhere is none.
func resolves(dir, name string) bool {
	return above(dir, filepath.Join("node_modules", filepath.FromSlash(name)))
}

// above says whether a directory, or one above it, has such a file.
func above(dir, name string) bool {
	for {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

// install is the command that installs what the lock file says, and where it is to
// be typed when that is not the workspace's directory.
func install(root, dir string, m *declared.Value) string {
	manager, lock := node.Manager(dir, m)
	if strings.HasSuffix(lock, " above it") {
		lock, _, _ = strings.Cut(lock, " ")
		for parent := filepath.Dir(dir); parent != dir; parent = filepath.Dir(dir) {
			if dir = parent; declared.Has(dir, lock) {
				break
			}
		}
	} else if lock == "" || !declared.Has(dir, lock) {
		if top, of, ok := workspaceOf(root, dir); ok {
			dir = top
			manager, lock = node.Manager(dir, of)
		}
	}
	line := manager + " install"
	if manager == "npm" && (lock == "package-lock.json" || lock == "npm-shrinkwrap.json") {
		line = "npm ci"
	}
	return command.In(root, dir, line)
}

// workspaceOf is the directory above a package's, up to the workspace's, whose
// package.json counts it as its own: what is installed there is for all of them.
func workspaceOf(root, dir string) (top string, m *declared.Value, ok bool) {
	for top = dir; top != root; {
		rel, err := filepath.Rel(root, top)
		if err != nil || !filepath.IsLocal(rel) {
			break
		}
		top = filepath.Dir(top)
		m, ok, err = read(top)
		if !ok || err != nil {
			continue
		}
		patterns, err := packages(top, m)
		if rel, bad := filepath.Rel(top, dir); err == nil && bad == nil && counts(patterns, filepath.ToSlash(rel)) {
			return top, m, true
		}
	}
	return "", nil, false
}

// counts says whether the patterns of a workspace have a directory among its packages.
func counts(patterns []string, dir string) (is bool) {
	for _, p := range patterns {
		p, not := strings.CutPrefix(p, "!")
		if ok, err := doublestar.Match(strings.TrimSuffix(strings.TrimPrefix(p, "./"), "/"), dir); ok && err == nil {
			is = !not
		}
	}
	return is
}
