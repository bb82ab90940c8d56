package javascript

import (
	"testing"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestSnapshotsAreWrittenByTheTestsThemselves(t *testing.T) {
	for _, c := range []struct {
		unit config.Unit
		file string
		want bool
	}{
		{config.Unit{Run: "npm run test"}, "src/__snapshots__/cart.test.ts.snap", true},
		{config.Unit{Command: []string{"node_modules/.bin/vitest", "run"}}, "__snapshots__/cart.test.ts.snap", true},
		{config.Unit{Run: "npm run test"}, "src/cart.snap", false},
		{config.Unit{Run: "npm run test"}, "src/__snapshots__/cart.ts", false},
		{config.Unit{Run: "go test ./..."}, "src/__snapshots__/cart.test.ts.snap", false},
	} {
		if got := Snapshot(c.unit, c.file); got != c.want {
			t.Errorf("%v, %s: %v", c.unit, c.file, got)
		}
	}
}
