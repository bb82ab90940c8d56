package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// modulePath is the import path everything of ours begins with.
const modulePath = "github.com/sawhorse-dev/sawhorse"

// layer is a line of the table: what a package may import of ours.
// A pattern is a package, or with "/..." at its end also everything below it.
type layer struct {
	of  string
	may []string
	// why is said when an import breaks the line.
	why string
}

// layers is who may import whom; the first line that fits a package counts.
//
//	workspace <── tasks <── integrations <──┐
//	                ^                      cmd
//	                └────────── tui <───────┘
var layers = []layer{
	{"workspace/lazy", nil, "everybody may import it, so that it may import nothing"},
	{"workspace/...", []string{"workspace/..."}, "workspace says what is here and knows nothing above it"},

	{"tasks/logs/parse", nil, "log parsing is a leaf: it knows lines only"},
	{"tasks/logs", nil, "the log store is a leaf: it knows keys and lines only"},
	{"tasks", []string{"tasks/logs", "workspace/config"}, "tasks holds the words; who acts on them imports it"},
	{"tasks/engine", []string{"tasks", "tasks/logs", "workspace/config", "workspace/watch"}, "the loop reaches processes and integrations only through the capability interfaces"},
	{"tasks/process", []string{"tasks", "tasks/logs", "workspace/..."}, "a runner is called by the engine and knows nothing of it"},
	{"tasks/inputs", []string{"tasks", "tasks/logs", "workspace/..."}, "a runner before another one knows neither it nor the engine"},
	{"tasks/results", []string{"tasks", "tasks/logs", "workspace/..."}, "a runner before another one knows neither it nor the engine"},
	{"tasks/live", []string{"tasks", "tasks/logs", "workspace/..."}, "a runner before another one knows neither it nor the engine"},
	{"tasks/curves", []string{"tasks", "tasks/logs", "workspace/..."}, "a runner before another one knows neither it nor the engine"},
	{"tasks/narrow", []string{"tasks", "tasks/logs", "workspace/..."}, "a runner before another one knows neither it nor the engine"},
	{"tasks/history", []string{"tasks", "tasks/logs", "workspace/..."}, "the history is told of finished runs and knows nothing of the engine"},
	{"tasks/attach", []string{"tasks", "tasks/logs", "workspace/..."}, "attach carries commands and events and knows nothing of the engine behind them"},

	{"integrations/compose/project", []string{"integrations/compose", "integrations/internal/...", "tasks", "workspace/..."}, "it reads for integrations/compose, in a program of its own"},
	{"integrations/all", []string{"integrations/...", "tasks", "workspace/..."}, "the list of integrations knows only integrations"},
	{"integrations/internal/...", []string{"integrations/internal/...", "tasks", "workspace/..."}, "what integrations share knows none of them"},
	{"integrations/integrationtest", []string{"integrations", "integrations/internal/...", "tasks", "tasks/logs", "workspace/..."}, "the contract suite knows the contract only"},
	{"integrations/github/githubtest/...", []string{"integrations/github/githubtest"}, "a server for tests knows nobody who uses it"},
	{"integrations/...", []string{"integrations", "integrations/integrationtest", "integrations/internal/...", "tasks", "tasks/logs", "workspace/..."}, "an integration knows its own system: no other integration, no engine, no screen"},

	{"tui/theme", nil, "colors have a meaning and no users"},
	{"tui/widget/...", []string{"tui/theme", "tui/widget/..."}, "a widget knows nothing of tasks"},
	{"tui/action", nil, "the table of actions is below the screens and knows no task"},
	{"tui/screen/env", []string{"tui/screen", "tui/widget/...", "tasks", "workspace/env"}, "what is a secret is known by one package"},
	{"tui/screen/resource", []string{"tui/screen", "tui/screen/stats", "tui/action", "tui/theme", "tui/widget/...", "tasks", "tasks/logs/parse"}, "a resource is drawn with what the stats of a task are drawn with, and its rows are filtered as logs are"},
	{"tui/screen/...", []string{"tui/screen", "tui/action", "tui/theme", "tui/widget/...", "tasks", "tasks/logs", "tasks/logs/parse"}, "a screen sees its frame, the state and the logs: no other screen, no engine, no integration"},
	{"tui/...", []string{"tui/...", "tasks", "tasks/logs", "tasks/logs/parse", "workspace/..."}, "the screen sees a tasks.Engine and never what is behind it"},

	{"examples/...", nil, "examples are files that other packages read"},
	{"cmd/sawhorse/internal/demo", nil, "the parts of the demo are programs like any that a workspace runs"},
	{"cmd/sawhorse-compose", []string{"integrations/compose/project"}, "it reads Compose files and does nothing else"},
	{"cmd/sawhorse", []string{"..."}, "the one place that knows every package"},
}

// anybodys is what the standard library does not have, and knows nothing of ours.
const anybodys = "workspace/lazy"

// testsMay is what any test may import beside its package's line: what builds
// the state it starts from, and the suites that are made for tests.
var testsMay = layer{may: []string{"workspace/config", "tui/tuitest", "integrations/integrationtest", "integrations/github/githubtest"}}

// secrets are the libraries that only some of our packages may import.
var secrets = []layer{
	{"charm.land/bubbletea/v2/...", []string{"tui/..."}, "Bubble Tea is the screen's own affair"},
	{"charm.land/bubbles/v2/...", []string{"tui/..."}, "Bubbles are the screen's own affair"},
	{"charm.land/lipgloss/v2/...", []string{"tui/..."}, "Lip Gloss is the screen's own affair"},
	{"charm.land/fang/v2/...", []string{"cmd/..."}, "the verbs are made in cmd"},
	{"github.com/spf13/cobra/...", []string{"cmd/..."}, "the verbs are made in cmd"},
	{"github.com/fsnotify/fsnotify/...", []string{"workspace/watch"}, "one package watches files"},
	{"github.com/goccy/go-yaml/...", []string{"workspace/...", "integrations/..."}, "YAML is how files are written, not what the program knows"},
	{"modernc.org/sqlite/...", []string{"tasks/history", "integrations/mlflow"}, "how the history is kept is its own secret; MLflow keeps its runs in SQLite"},
	{"github.com/docker/docker/...", []string{"integrations/docker", "integrations/compose/project"}, "a vendor's library stays inside its integration"},
	{"github.com/moby/moby/...", []string{"integrations/docker", "integrations/compose/project"}, "a vendor's library stays inside its integration"},
	{"github.com/coder/websocket/...", []string{"integrations/..."}, "only other systems are spoken to over websockets"},
	{"github.com/compose-spec/compose-go/...", []string{"integrations/compose/project"}, "a vendor's library stays inside its integration"},
	{"k8s.io/...", []string{"integrations/kubernetes"}, "a vendor's library stays inside its integration"},
}

// covers says whether a pattern fits a package: "tui/..." fits tui and all below it.
func covers(pattern, pkg string) bool {
	if pattern == "..." {
		return true
	}
	if above, all := strings.CutSuffix(pattern, "/..."); all {
		return pkg == above || strings.HasPrefix(pkg, above+"/")
	}
	return pkg == pattern
}

// lineFor finds the line of the table for a package.
func lineFor(table []layer, pkg string) (layer, bool) {
	i := slices.IndexFunc(table, func(l layer) bool { return covers(l.of, pkg) })
	if i < 0 {
		return layer{}, false
	}
	return table[i], true
}

// allows says whether a package on this line may import (of a library: may be
// imported by) another one. What lies below a package is its own affair.
func (l layer) allows(pkg, other string) bool {
	return strings.HasPrefix(other, pkg+"/internal/") ||
		slices.ContainsFunc(l.may, func(pattern string) bool { return covers(pattern, other) })
}

func TestEveryImportFollowsTheLayers(t *testing.T) {
	for _, pkg := range sources(t) {
		line, known := lineFor(layers, pkg.path)
		if !known {
			t.Errorf("package %s has no line in layers: add one that says what it may import", pkg.path)
			continue
		}
		for _, f := range pkg.files {
			for _, imported := range f.imports() {
				ours, isOurs := strings.CutPrefix(imported, modulePath+"/")
				if !isOurs || ours == pkg.path || ours == anybodys { // an external test imports its own package
					continue
				}
				if !line.allows(pkg.path, ours) && (!f.test || !testsMay.allows(pkg.path, ours)) {
					t.Errorf("%s imports %s, but %s: %s may import %s", f.name, ours, line.why, line.of, naming(line.may))
				}
			}
		}
	}
}

func TestEveryLibraryStaysWhereItBelongs(t *testing.T) {
	for _, pkg := range sources(t) {
		for _, f := range pkg.files {
			for _, imported := range f.imports() {
				line, secret := lineFor(secrets, imported)
				if secret && !line.allows(imported, pkg.path) {
					t.Errorf("%s imports %s, but %s: it belongs to %s", f.name, imported, line.why, naming(line.may))
				}
			}
		}
	}
}

// naming writes patterns for a reader.
func naming(patterns []string) string {
	if len(patterns) == 0 {
		return "nothing of ours"
	}
	return strings.Join(patterns, ", ")
}

func TestTheTableTellsAnArrowThatPointsBack(t *testing.T) {
	tests := []struct {
		pkg, imported string
		allowed       bool
	}{
		{"workspace/watch", "workspace/config", true},
		{"workspace/config", "tasks", false},
		{"tasks", "tasks/engine", false},
		{"tasks/engine", "tasks/process", false},
		{"tasks/process", "tasks/engine", false},
		{"tasks/logs", "tasks", false},
		{"integrations/jenkins", "integrations/internal/rest", true},
		{"integrations/jenkins", "integrations/gitlab", false},
		{"integrations/jenkins", "tui", false},
		{"tui", "tasks/attach", false},
		{"tui/screen/logs", "tui/screen/tree", false},
		{"tui/widget/table", "tasks", false},
		{"tui/theme", "tui/widget/table", false},
		{"cmd/sawhorse", "tasks/engine", true},
	}
	for _, tt := range tests {
		line, known := lineFor(layers, tt.pkg)
		if !known || line.allows(tt.pkg, tt.imported) != tt.allowed {
			t.Errorf("%s may import %s: known %v, want %v", tt.pkg, tt.imported, known, tt.allowed)
		}
	}
	for pkg, allowed := range map[string]bool{"tui/widget/table": true, "tasks/engine": false, "cmd/sawhorse": false} {
		line, known := lineFor(secrets, "charm.land/lipgloss/v2/table")
		if !known || line.allows("charm.land/lipgloss/v2/table", pkg) != allowed {
			t.Errorf("Lip Gloss in %s: known %v, want %v", pkg, known, allowed)
		}
	}
}

// The parser's packages take as long to begin as all others together.
func TestTheProgramDoesNotBeginWithComposesParser(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		if strings.HasPrefix(pkg, "github.com/compose-spec/") || strings.HasPrefix(pkg, "github.com/santhosh-tekuri/jsonschema/") {
			t.Errorf("the program has %s in it: only cmd/sawhorse-compose may", strings.TrimSpace(pkg))
		}
	}
}
