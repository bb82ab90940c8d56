package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// promoteOptions are the flags of promote.
type promoteOptions struct {
	version, ifBetter string
	undo              bool
}

// promoted is what promote prints with --json.
type promoted struct {
	Model    string `json:"model"`
	Alias    string `json:"alias"`
	Version  string `json:"version,omitempty"` // who has the alias now
	Before   string `json:"before,omitempty"`  // who had it
	Promoted bool   `json:"promoted"`
	Why      string `json:"why,omitempty"` // it was not
}

func (a *app) cmdPromote() *cobra.Command {
	var o promoteOptions
	cmd := &cobra.Command{
		Use: "promote MODEL@ALIAS", Short: "Give an alias of a registered model to a version, or take that back", Args: cobra.ExactArgs(1),
		Long: `Promote gives an alias of a registered model to one of its versions, with tags on
the version that say who did it, when, and which version had the alias before.

With --if-better it does so only when that metric, of the run behind the version,
is better than that of the version that has the alias now; otherwise it changes
nothing and exits with 6. Less is better of a loss, an error and a time, more of
anything else. --undo gives the alias back to the version that had it before.`,
		Example: `  sawhorse promote shop@champion --version 7
  sawhorse promote shop@champion --version 7 --if-better val_auc
  sawhorse promote --undo shop@champion`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			model, alias, ok := cutLast(args[0], "@")
			switch {
			case !ok || model == "" || alias == "":
				return &fault{code: exitUsage, err: fmt.Errorf("%q is not MODEL@ALIAS", args[0]), hint: "sawhorse promote " + args[0] + "@champion --version N"}
			case o.undo && (o.version != "" || o.ifBetter != ""):
				return &fault{code: exitUsage, err: errors.New("--undo takes no --version and no --if-better"), hint: "it gives the alias back to the version that had it before"}
			case !o.undo && o.version == "":
				return &fault{code: exitUsage, err: errors.New("which version is to have the alias?"), hint: "sawhorse promote " + args[0] + " --version N"}
			}
			return a.withEngine(cmd.Context(), func(_ place, e outside) error {
				return a.promote(cmd.Context(), e, promoted{Model: model, Alias: alias}, o)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.version, "version", "", "the number of the version that gets the alias")
	f.StringVar(&o.ifBetter, "if-better", "", "only when this metric is better than that of who has the alias now")
	f.BoolVar(&o.undo, "undo", false, "give the alias back to the version that had it before")
	return cmd
}

// cutLast cuts at the last sep: a model's name may hold one.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func (a *app) promote(ctx context.Context, e outside, p promoted, o promoteOptions) error {
	m, err := awaitModel(ctx, e, p.Model)
	if err != nil {
		return err
	}
	ask := func() (tasks.Result, error) {
		return e.Query(ctx, tasks.Query{Provider: m.ID.Provider(), Name: "promotion", Args: map[string]string{
			"model": p.Model, "alias": p.Alias, "version": o.version, "if_better": o.ifBetter,
		}})
	}
	before, err := ask()
	if err != nil {
		return err
	}
	p.Before = factOf(before, "holder")
	if p.Why = factOf(before, "not better"); p.Why != "" {
		p.Version = p.Before
		return a.notBetter(p)
	}
	operation, args := "promote", map[string]string{"alias": p.Alias, "version": o.version, "if_better": o.ifBetter}
	if o.undo {
		operation, args = "undo", map[string]string{"alias": p.Alias}
	}
	if err := e.Do(ctx, tasks.Operate{ID: m.ID, Operation: operation, Args: args}); err != nil {
		return err
	}
	p.Promoted, p.Version = !o.undo, o.version
	if o.undo {
		after, err := ask()
		if err != nil {
			return fmt.Errorf("it is undone, but who has the alias now can't be read: %w", err)
		}
		p.Version = factOf(after, "holder")
	}
	if a.json {
		return a.printJSON(p)
	}
	fmt.Fprintf(a.out, "%s@%s is %s, was %s\n", p.Model, p.Alias, versionWord(p.Version), versionWord(p.Before))
	if !o.undo {
		fmt.Fprintf(a.err, "take it back: sawhorse promote --undo %s@%s\n", p.Model, p.Alias)
	}
	return nil
}

func versionWord(number string) string {
	if number == "" {
		return "nobody's"
	}
	return "version " + number
}

func (a *app) notBetter(p promoted) error {
	if a.json {
		if err := a.printJSON(p); err != nil {
			return err
		}
		return silent(exitCondition)
	}
	return &fault{code: exitCondition, err: errors.New(p.Why), hint: fmt.Sprintf("%s@%s stays %s", p.Model, p.Alias, versionWord(p.Before))}
}
