package vitest

import (
	"slices"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/javascript"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// narrow lets vitest find the tests that reach the changed files.
func narrow(integrations.Surroundings) tasks.Narrower {
	return javascript.Narrower{
		Tool: "vitest", Lead: "run",
		Chooses: []string{"-w", "--watch", "--ui", "--changed", "--shard", "--bench", "--standalone"},
		Idle:    []string{"--run", "--watch=false", "--no-watch", "--passWithNoTests"},
		Valued: []string{
			"-c", "-r", "--config", "--root", "--dir", "--reporter", "--outputFile", "--project", "--environment", "--env", "--mode", "--pool",
			"--exclude", "--testTimeout", "--hookTimeout", "--maxWorkers", "--minWorkers", "--retry", "--bail", "--maxConcurrency",
			"--configLoader", "--sequence.seed", "--diff",
		},
		Coverage: []string{"--coverage"},
		Only: func(flags []string, pattern string, files []string) []string {
			words := slices.Concat([]string{"run"}, flags, files)
			if pattern != "" {
				words = append(words, "-t", pattern)
			}
			return words
		},
		Related: func(flags, selection, files []string) []string {
			return slices.Concat([]string{"related", "--run"}, flags, selection, files)
		},
	}
}
