// Package node tells which package manager a directory of JavaScript is meant
// for. It runs none of them.
package node

import (
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
)

// Manager is by the lock file, then by what package.json asks for, then by the
// lock files of the repository above.
func Manager(dir string, m *declared.Value) (name, why string) {
	if name, why := byLock(dir); name != "" {
		return name, why
	}
	if name, _, _ := strings.Cut(m.Get("packageManager").Text, "@"); isManager(name) {
		return name, "packageManager"
	}
	if name := m.Get("devEngines", "packageManager", "name").Text; isManager(name) {
		return name, "devEngines"
	}
	if declared.Has(dir, "pnpm-workspace.yaml") {
		return "pnpm", "pnpm-workspace.yaml"
	}
	for _, above := range repository(dir) {
		if name, why := byLock(above); name != "" {
			return name, why + " above it"
		}
	}
	return "npm", "there is no lock file"
}

// repository are the directories above one, up to the top of its repository.
func repository(dir string) (above []string) {
	const highest = 8
	for range highest {
		if declared.Has(dir, ".git") {
			return above
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
		above = append(above, dir)
	}
	return nil // it is in none
}

func byLock(dir string) (manager, file string) {
	for _, lock := range [...]struct{ file, manager string }{
		{"pnpm-lock.yaml", "pnpm"},
		{"yarn.lock", "yarn"},
		{"bun.lock", "bun"},
		{"bun.lockb", "bun"},
		{"package-lock.json", "npm"},
		{"npm-shrinkwrap.json", "npm"},
	} {
		if declared.Has(dir, lock.file) {
			return lock.manager, lock.file
		}
	}
	return "", ""
}

func isManager(s string) bool { return s == "npm" || s == "pnpm" || s == "yarn" || s == "bun" }
