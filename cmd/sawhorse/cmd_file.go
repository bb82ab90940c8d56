package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
	"github.com/sawhorse-dev/sawhorse/workspace/settings"
)

func (a *app) cmdValidate() *cobra.Command {
	return &cobra.Command{
		Use: "validate", Short: "Check the workspace file and say everything that is wrong with it", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p, err := a.find()
			if err != nil {
				return err
			}
			f, err := p.load()
			if problems, ok := err.(config.Problems); ok && a.json { //nolint:errorlint // Load returns Problems itself
				if err := a.printJSON(problems); err != nil {
					return err
				}
				return silent(exitUsage)
			}
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON([]config.Problem{})
			}
			services := 0
			for _, u := range f.Units {
				if u.Kind == config.Service {
					services++
				}
			}
			if f.Detected {
				fmt.Fprintf(a.out, "no sawhorse.yml here: %d services and %d tasks are detected; write it: sawhorse init\n", services, len(f.Units)-services)
				return nil
			}
			fmt.Fprintf(a.out, "%s: %d services, %d tasks, no problems\n", f.Files[0], services, len(f.Units)-services)
			return nil
		},
	}
}

func (a *app) cmdSchema() *cobra.Command {
	var mine bool
	cmd := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of sawhorse.yml, for editors", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema := config.Schema()
			if mine {
				schema = settings.Schema(known())
			}
			_, err := a.out.Write(schema)
			return err
		},
	}
	cmd.Flags().BoolVar(&mine, "settings", false, "that of your own settings, config.yml")
	return cmd
}

func (a *app) cmdTrust() *cobra.Command {
	var revoke bool
	cmd := &cobra.Command{
		Use: "trust", Short: "Let this workspace file run its commands", Args: cobra.NoArgs,
		Long: `Trust shows what the workspace file would run and remembers that you accept it.
A running host then takes over a file that waited for trust.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := a.find()
			if err != nil {
				return err
			}
			store, err := session.OpenTrust()
			if err != nil {
				return err
			}
			if revoke {
				if err := store.Revoke(p.root); err != nil {
					return err
				}
				fmt.Fprintf(a.out, "%s is no longer trusted\n", p.root)
				return nil
			}
			f, err := p.load()
			if err != nil {
				return err
			}
			before, err := store.Trusted(p.root)
			if err != nil {
				return err
			}
			now := session.Commands(f)
			if err := store.Allow(p.root, session.Digest(now), now); err != nil {
				return err
			}
			changes := session.Review(before, now)
			if len(changes) == 0 {
				fmt.Fprintf(a.out, "%s was trusted already\n", declaredIn(f))
			} else {
				fmt.Fprintf(a.out, "%s may now run:\n%s", declaredIn(f), describeChanges(changes))
			}
			a.reloadHost(cmd.Context(), p)
			return nil
		},
	}
	cmd.Flags().BoolVar(&revoke, "revoke", false, "trust it no longer")
	return cmd
}

func (a *app) cmdInit() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "init", Short: "Write a first sawhorse.yml from what this directory declares", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := filepath.Abs(a.dirOrHere())
			if err != nil {
				return err
			}
			path := filepath.Join(dir, "sawhorse.yml")
			if _, err := os.Stat(path); err == nil && !force {
				return &fault{code: exitUsage, err: fmt.Errorf("%s is there already", path), hint: "replace it: sawhorse init --force   ·   check it: sawhorse validate"}
			}
			found, err := all.Detect(cmd.Context(), dir)
			if err != nil { // what can't be read does not hide the rest
				fmt.Fprintf(a.err, "not everything here could be read: %v\n", err)
			}
			text := all.Draft(filepath.Base(dir), found)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				return fmt.Errorf("write %s: %w", path, err)
			}
			if _, err := config.Load(dir); err != nil {
				return fmt.Errorf("the file written has problems, which is a fault of sawhorse itself: %w", err)
			}
			// What a person writes, a person may run.
			f, err := config.Load(dir)
			if err != nil {
				return err
			}
			store, err := session.OpenTrust()
			if err != nil {
				return err
			}
			if resolved, err := filepath.EvalSymlinks(dir); err == nil {
				dir = resolved
			}
			now := session.Commands(f)
			if err := store.Allow(dir, session.Digest(now), now); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "wrote %s\n", path)
			for _, ev := range found {
				fmt.Fprintf(a.out, "  from %s: %s\n", ev.Where, ev.What)
			}
			if len(found) == 0 {
				fmt.Fprintln(a.out, "  nothing was found here to start from; the file has an example to change")
			}
			ignoreLocal(dir)
			fmt.Fprintln(a.out, "open it: sawhorse")
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace the file that is there")
	return cmd
}

func (a *app) dirOrHere() string {
	if a.dir != "" {
		return a.dir
	}
	return "."
}

// ignoreLocal adds sawhorse.local.yml to the .gitignore of a git checkout.
func ignoreLocal(dir string) {
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		return
	}
	path := filepath.Join(dir, ".gitignore")
	old, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) || strings.Contains(string(old), "sawhorse.local.yml") {
		return
	}
	text := string(old)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_ = os.WriteFile(path, []byte(text+"sawhorse.local.yml\n"), 0o644)
}
