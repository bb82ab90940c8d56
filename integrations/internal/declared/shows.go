package declared

import (
	"slices"
	"strings"
)

// Shows says whether a directory, relative to another one, is or is in one whose
// files declare something else than how to work here: what was fetched or built,
// and what tests, examples and docs show.
func Shows(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(name string) bool {
		switch name {
		case "node_modules", "vendor", "third_party", "bower_components", "site-packages", "venv", "__pycache__",
			"dist", "build", "target", "out",
			"test", "tests", "testdata", "testing", "fixtures", "__fixtures__", "test-fixtures", "__tests__", "e2e", "benchmarks",
			"examples", "example", "samples", "demo", "demos", "templates", "template", "playground", "playgrounds", "issues", "docs":
			return true
		}
		return strings.HasPrefix(name, "template-") // what a program of scaffolding copies, one for each kind
	})
}
