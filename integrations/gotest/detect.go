package gotest

import (
	"context"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// detect offers the three things that one does in every Go module. The tests that pass
// have a name without -v, too: live sees to that.
func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, ok, err := declared.Read(dir, "go.mod")
	if !ok {
		return nil, err
	}
	ev := integrations.Evidence{
		Where: "go.mod", Usual: "go",
		What: "Go module " + moduleName(text),
		Units: []config.Unit{
			{
				Name: "test", Kind: config.Task, Run: "go test ./...", Description: "all tests, on save",
				Watch: &config.Watch{Paths: []string{"**/*.go", "**/testdata/**", "go.mod", "go.sum"}},
			},
			{Name: "build", Kind: config.Task, Run: "go build ./..."},
			{Name: "vet", Kind: config.Task, Run: "go vet ./..."},
		},
	}
	for _, settings := range []string{".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json"} {
		if declared.Has(dir, settings) {
			ev.Units = append(ev.Units, config.Unit{
				Name: "lint", Kind: config.Task, Run: "golangci-lint run", Pos: config.Position{File: settings, Line: 1},
			})
			break
		}
	}
	return []integrations.Evidence{ev}, nil
}
