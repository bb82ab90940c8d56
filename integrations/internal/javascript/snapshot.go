package javascript

import (
	"path"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Snapshot says whether a file holds snapshots that the tests of a unit write: what
// a new one holds is what its test has just seen.
func Snapshot(u config.Unit, file string) bool {
	if path.Ext(file) != ".snap" || path.Base(path.Dir(file)) != "__snapshots__" {
		return false
	}
	words := u.Command
	if len(words) == 0 {
		words = strings.Fields(u.Run)
	}
	return slices.ContainsFunc(words, func(w string) bool {
		switch command.Program(w) {
		case "npm", "npx", "pnpm", "pnpx", "yarn", "bun", "bunx", "vitest", "jest":
			return true
		}
		return false
	})
}
