// Package cargo finds what a Cargo.toml makes possible, reads what cargo test and
// cargo nextest print, and narrows their runs to what a change can affect. It
// asks cargo itself only of tasks that run already, never to find something.
package cargo

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: "cargo", Title: "Cargo", Marks: []string{"Cargo.toml"}, Below: integrations.Outermost, Detect: detect, Parse: parse, Narrow: narrow, Writes: writes,
	}
}

// writes: every command of cargo brings the lock file up to date, as its first act.
func writes(u config.Unit, file string) bool {
	return path.Base(file) == "Cargo.lock" && (strings.Contains(u.Run, "cargo") || len(u.Command) > 0 && command.Program(u.Command[0]) == "cargo")
}

type manifest struct {
	Package *struct {
		Name string `toml:"name"`
	} `toml:"package"`
	Workspace map[string]any   `toml:"workspace"`
	Bin       []map[string]any `toml:"bin"`
}

func detect(_ context.Context, dir string) ([]integrations.Evidence, error) {
	text, ok, err := declared.Read(dir, "Cargo.toml")
	if !ok {
		return nil, err
	}
	var m manifest
	if err := toml.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("read Cargo.toml: %w", err)
	}
	all, what := "", "Rust package"
	if m.Package != nil {
		what = "Rust package " + m.Package.Name
	}
	if m.Workspace != nil {
		all, what = " --workspace", "Rust workspace"
	}
	ev := integrations.Evidence{Where: "Cargo.toml", Usual: "cargo", What: what, Units: []config.Unit{
		{
			Name: "test", Kind: config.Task, Run: "cargo test" + all, Description: "all tests, on save",
			Watch: &config.Watch{Paths: []string{"**/*.rs", "**/Cargo.toml", "Cargo.lock"}},
		},
		{Name: "check", Kind: config.Task, Run: "cargo check --all-targets" + all},
		{Name: "build", Kind: config.Task, Run: "cargo build" + all},
		{Name: "lint", Kind: config.Task, Run: "cargo clippy --all-targets" + all},
	}}
	if m.Package != nil && len(m.Bin) < 2 && (len(m.Bin) == 1 || declared.Has(dir, filepath.Join("src", "main.rs"))) {
		ev.Units = append(ev.Units, config.Unit{Name: "run", Kind: config.Task, Run: "cargo run"})
	}
	if len(m.Bin) > 1 {
		ev.Left = append(ev.Left, fmt.Sprintf("its %d programs: cargo run --bin NAME", len(m.Bin)))
	}
	return []integrations.Evidence{ev}, nil
}
