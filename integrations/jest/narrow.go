package jest

import (
	"slices"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/javascript"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// narrow lets jest find the tests that reach the changed files.
func narrow(integrations.Surroundings) tasks.Narrower {
	return javascript.Narrower{
		Tool: "jest",
		Chooses: []string{
			"--watch", "--watchAll", "-o", "--onlyChanged", "--changedSince", "--lastCommit", "--findRelatedTests", "--runTestsByPath", "--shard",
			"--testPathPattern", "--testPathPatterns", "-f", "--onlyFailures", "--listTests", "--init", "--showConfig", "--clearCache",
		},
		Valued: []string{
			"-c", "--config", "--rootDir", "--env", "--testEnvironment", "--maxWorkers", "-w", "--outputFile", "--reporters", "--testTimeout",
			"--maxConcurrency", "--cacheDirectory", "--coverageDirectory", "--seed", "--testRunner",
		},
		Coverage: []string{"--coverage", "--collectCoverage"},
		Only: func(flags []string, pattern string, files []string) []string {
			words := slices.Clone(flags)
			if pattern != "" {
				words = append(words, "-t", pattern)
			}
			if len(files) > 0 {
				words = append(append(words, "--runTestsByPath"), files...)
			}
			return words
		},
		Related: func(flags, selection, files []string) []string {
			return slices.Concat(flags, selection, []string{"--passWithNoTests", "--findRelatedTests"}, files)
		},
	}
}
