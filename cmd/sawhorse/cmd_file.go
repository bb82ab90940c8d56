package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
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
				fmt.Fprintf(a.out, "no sawhorse.yml here: %s and %s detected; write it: sawhorse init\n", tasks.Counted(services, "service"), tasks.Counted(len(f.Units)-services, "task"))
				return nil
			}
			fmt.Fprintf(a.out, "%s: %s, %s, no problems\n", f.Files[0], tasks.Counted(services, "service"), tasks.Counted(len(f.Units)-services, "task"))
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
