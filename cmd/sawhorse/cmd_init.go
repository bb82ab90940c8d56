package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func (a *app) cmdInit() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "init", Short: "Write a first sawhorse.yml from what this directory declares", Args: cobra.NoArgs,
		Long: `Init writes what the other files here and in the directories below declare (package.json,
a Makefile, go.mod, a process-compose.yaml and many more) into a sawhorse.yml, with comments
that say where each part came from, and says what it left out.

Without a sawhorse.yml all of that can be run too, as it is: sawhorse. With one, only what
stands in it counts.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := filepath.Abs(a.dirOrHere())
			if err != nil {
				return err
			}
			path := filepath.Join(dir, config.FileName)
			if _, err := os.Stat(path); err == nil && !force {
				return &fault{code: exitUsage, err: fmt.Errorf("%s is there already", path), hint: "add to it: sawhorse import FILE --write   ·   replace it: sawhorse init --force   ·   check it: sawhorse validate"}
			}
			found, err := all.Detect(cmd.Context(), dir)
			if err != nil { // what can't be read does not hide the rest
				fmt.Fprintf(a.err, "not everything here could be read: %v\n", err)
			}
			found = append(found, all.Below(cmd.Context(), dir, found)...)
			text := all.Draft(filepath.Base(dir), found)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				return fmt.Errorf("write %s: %w", path, err)
			}
			if err := trustWritten(dir); err != nil {
				return err
			}
			a.printInit(path, found)
			if ignoreLocal(dir) {
				fmt.Fprintln(a.out, "  added to .gitignore: sawhorse.local.yml, which is for what only you want")
			}
			fmt.Fprintln(a.out, "open it: sawhorse")
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace the file that is there")
	return cmd
}

// printInit says what a new file is made of, and what it is not.
func (a *app) printInit(path string, found []integrations.Evidence) {
	fmt.Fprintf(a.out, "wrote %s\n", path)
	units := 0
	for _, ev := range found {
		if len(ev.Units) > 0 {
			fmt.Fprintf(a.out, "  from %s: %s\n", ev.Where, ev.What)
			units += len(ev.Units)
		}
	}
	if units == 0 {
		fmt.Fprintln(a.out, "  nothing was found here to start from; the file has an example to change")
	}
	_, left := all.Pieces(found)
	const shown = 12
	for i, l := range left {
		if i == shown {
			fmt.Fprintf(a.out, "  and %d more, which the end of the file lists\n", len(left)-shown)
			break
		}
		fmt.Fprintf(a.out, "  left out: %s\n", oneLine(l))
	}
}

// oneLine is a text of a stranger's file on one line.
func oneLine(text string) string { return firstLine(shown(text)) }

// trustWritten checks the workspace file and lets it run: what a person writes,
// a person may run.
func trustWritten(dir string) error {
	f, err := config.Load(dir)
	if err != nil {
		return fmt.Errorf("the file written has problems, which is a fault of sawhorse itself: %w", err)
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	return allow(dir, f)
}

func (a *app) dirOrHere() string {
	if a.dir != "" {
		return a.dir
	}
	return "."
}

// ignoreLocal adds sawhorse.local.yml to the .gitignore of a git checkout, and says
// whether that changed it.
func ignoreLocal(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		return false
	}
	path := filepath.Join(dir, ".gitignore")
	old, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) || strings.Contains(string(old), "sawhorse.local.yml") {
		return false
	}
	text := string(old)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return os.WriteFile(path, []byte(text+"sawhorse.local.yml\n"), 0o644) == nil
}
