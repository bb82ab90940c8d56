package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// configPage is docs/config.md: the keys of sawhorse.yml, from the tables that
// the reader itself uses.
func configPage() string {
	return generated + `# sawhorse.yml

Every key of the workspace file. ` + "`sawhorse.local.yml`" + ` beside it is merged on top and is not for git.
` + "`sawhorse validate`" + ` says everything that is wrong with them, with line and column; ` + "`sawhorse schema`" + `
prints the JSON Schema that lets an editor complete and check:

` + "```yaml\n# yaml-language-server: $schema=./.sawhorse.schema.json\n```" + `

` + config.Reference() + "\n" + all.Reference()
}

// verbsPage is docs/cli.md: every verb as its own help has it.
func verbsPage() string {
	var b strings.Builder
	b.WriteString(generated + `# Verbs

Without a verb, ` + "`sawhorse`" + ` starts what starts by itself and opens the screen. These flags count everywhere:
`)
	root := (&app{}).root()
	flags(&b, root.PersistentFlags())
	b.WriteString(`
## Exit codes

| code | meaning |
|---|---|
`)
	for _, c := range []struct {
		code int
		text string
	}{
		{0, "it was done"},
		{exitFailure, "what was asked for did not succeed; `run` ends with the task's own code instead"},
		{exitUsage, "wrong words, or a workspace file with problems"},
		{exitNoPlace, "not in a workspace"},
		{exitNoHost, "nothing runs here"},
		{exitUntrusted, "the workspace file waits for trust"},
		{exitCondition, "what `--if-better` or `--fail-if` asks for does not hold"},
		{exitTimeout, "`wait` gave up"},
		{130, "interrupted"},
	} {
		fmt.Fprintf(&b, "| %d | %s |\n", c.code, c.text)
	}
	for _, cmd := range root.Commands() {
		if cmd.Hidden || cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		verb(&b, cmd)
	}
	b.WriteString("\n## sawhorse completion bash|zsh|fish|powershell\n\nPrints a completion script that knows the names in the workspace.\n")
	return b.String()
}

func verb(b *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", strings.TrimSuffix(cmd.UseLine(), " [flags]"), cmd.Short+".")
	if cmd.Long != "" {
		fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.TrimSpace(cmd.Long))
	}
	if cmd.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimLeft(cmd.Example, " "), "\n  ", "\n"))
	}
	flags(b, cmd.LocalNonPersistentFlags())
}

// usages is a set of flags, as far as a page needs it.
type usages interface {
	HasAvailableFlags() bool
	FlagUsages() string
}

func flags(b *strings.Builder, f usages) {
	if f.HasAvailableFlags() {
		fmt.Fprintf(b, "\n```text\n%s```\n", f.FlagUsages())
	}
}

func TestEveryVerbHasHelpForAPerson(t *testing.T) {
	for _, cmd := range (&app{}).root().Commands() {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: the short help %q is empty, or ends with a full stop", cmd.Name(), cmd.Short)
		}
	}
}

// guides are the pages that people wrote.
func guides(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"README.md", "docs/getting-started.md", "docs/how-it-works.md", "docs/troubleshooting.md", "docs/pipelines.md"} {
		text, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	return all
}

func TestTheWorkspaceFilesInTheGuidesAreRight(t *testing.T) {
	checked := 0
	for name, text := range guides(t) {
		for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(text, -1) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "sawhorse.yml"), []byte(block[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := config.Load(dir); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			checked++
		}
	}
	if checked < 2 {
		t.Errorf("%d examples were found; this test looks at the wrong place", checked)
	}
}

func TestTheLinksInTheGuidesLeadSomewhere(t *testing.T) {
	for name, text := range guides(t) {
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(text, -1) {
			to := filepath.Join(repository, filepath.Dir(filepath.FromSlash(name)), filepath.FromSlash(link[1]))
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s: %v", name, link[1], err)
			}
		}
	}
}

func TestTheVerbsInTheGuidesExist(t *testing.T) {
	verbs := map[string]bool{"completion": true, "help": true}
	for _, cmd := range (&app{}).root().Commands() {
		verbs[cmd.Name()] = true
	}
	for name, text := range guides(t) {
		for _, said := range regexp.MustCompile("(?m)(?:`|^)sawhorse ([a-z]+)").FindAllStringSubmatch(text, -1) {
			if !verbs[said[1]] {
				t.Errorf("%s speaks of sawhorse %s, which there is not", name, said[1])
			}
		}
	}
}
