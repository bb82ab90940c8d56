package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// promoteOptions are the flags of promote.
type promoteOptions struct {
	version, ifBetter string
	undo, watch       bool
}

// promoted is what promote prints with --json.
type promoted struct {
	Model    string `json:"model"`
	Alias    string `json:"alias"`
	Version  string `json:"version,omitempty"` // who has the alias now
	Before   string `json:"before,omitempty"`  // who had it
	Promoted bool   `json:"promoted"`
	Why      string `json:"why,omitempty"` // it was not
	// Runs are those of the tasks that follow it.
	Runs []tasks.RunID `json:"runs,omitempty"`
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
anything else; an experiment that says it for its primary metric is believed. --undo
gives the alias back to the version that had it before, or takes it away if none had.

Tasks with after: promote run then. Without the workspace's host they are followed to
their end, with it only with --watch; their outcome is the exit code then.

It exits with 0 when it was done, 1 when it could not be done or a task that follows
it failed, 2 when the words make no sense, 6 when the condition does not hold.`,
		Example: `  sawhorse promote shop@champion --version 7
  sawhorse promote shop@champion --version 7 --if-better val_auc
  sawhorse promote --undo shop@champion`,
		ValidArgsFunction: a.completeModels,
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
			return a.withEngine(cmd.Context(), func(p place, e outside) error {
				return a.promote(cmd.Context(), p, e, promoted{Model: model, Alias: alias}, o)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.version, "version", "", "the number of the version that gets the alias")
	f.StringVar(&o.ifBetter, "if-better", "", "only when this metric is better than that of who has the alias now")
	f.BoolVar(&o.undo, "undo", false, "give the alias back to the version that had it before")
	f.BoolVarP(&o.watch, "watch", "w", false, "follow the tasks with after: promote, and exit as they end")
	_ = cmd.RegisterFlagCompletionFunc("version", a.completeVersions)
	_ = cmd.RegisterFlagCompletionFunc("if-better", cobra.NoFileCompletions)
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

func (a *app) promote(ctx context.Context, at place, e outside, p promoted, o promoteOptions) error {
	// What follows a promotion runs only where a person trusts what is declared.
	if err := a.unlockFollowers(ctx, at, e); err != nil {
		return err
	}
	m, err := awaitModel(ctx, e, p.Model)
	if err != nil {
		return err
	}
	ask := func(number string) (tasks.Result, error) {
		return e.Query(ctx, tasks.Query{Provider: m.ID.Provider(), Name: "promotion", Args: map[string]string{
			"model": p.Model, "alias": p.Alias, "version": number, "if_better": o.ifBetter,
		}})
	}
	before, err := ask(o.version)
	if err != nil {
		return err
	}
	p.Before = factOf(before, "holder")
	if p.Why = factOf(before, "not better"); p.Why != "" {
		p.Version = p.Before
		return a.notBetter(p)
	}
	request := rand.Text()
	operation := tasks.Operate{
		ID: m.ID, Operation: "promote", Request: request,
		Args: map[string]string{"alias": p.Alias, "version": o.version, "if_better": o.ifBetter, "over": cmp.Or(p.Before, "nobody")},
	}
	if o.undo {
		operation.Operation, operation.Args = "undo", map[string]string{"alias": p.Alias, "over": cmp.Or(p.Before, "nobody")}
	}
	if err := e.Do(ctx, operation); err != nil {
		return err
	}
	p.Promoted, p.Version = !o.undo, o.version
	if o.undo {
		after, err := ask("")
		if err != nil {
			return fmt.Errorf("it is undone, but who has the alias now can't be read: %w", err)
		}
		p.Version = factOf(after, "holder")
	}
	if !a.json {
		fmt.Fprintf(a.out, "%s@%s is %s, was %s\n", p.Model, p.Alias, versionWord(p.Version), versionWord(p.Before))
		if !o.undo {
			fmt.Fprintf(a.err, "take it back: sawhorse promote --undo %s@%s\n", p.Model, p.Alias)
		}
	}
	return a.followers(ctx, at, e, p, o, request)
}

// unlockFollowers asks for the trust that tasks with after: promote wait for; where
// there are none nothing would run.
func (a *app) unlockFollowers(ctx context.Context, p place, e tasks.Engine) error {
	s, err := declared(ctx, e)
	if err != nil {
		return err
	}
	for _, n := range s.Order {
		if s.Units[n].Task.Spec.After == config.AfterPromote {
			return a.unlock(ctx, p, e)
		}
	}
	return nil
}

// followers follows the runs that came of a promotion, or says where they are.
func (a *app) followers(ctx context.Context, at place, e outside, p promoted, o promoteOptions, request string) error {
	s, err := snapshot(ctx, e)
	if err != nil {
		return err
	}
	var jobs []*job
	for _, n := range s.Order {
		for _, id := range s.Units[n].Runs {
			if s.Runs[id].Cause.Request == request {
				p.Runs = append(p.Runs, id)
				// Of its run only the name: what it has printed already is to be seen, too.
				jobs = append(jobs, &job{task: n, asked: true, run: tasks.Run{ID: id}})
			}
		}
	}
	_, hosted := e.(*attach.Client)
	if wait := len(jobs) > 0 && (!hosted || o.watch); !wait {
		if a.json {
			return a.printJSON(p)
		}
		for _, id := range p.Runs {
			fmt.Fprintf(a.err, "%s runs: sawhorse logs -f %s\n", id, id.Task())
		}
		return nil
	}
	out := a.out
	if a.json {
		out = io.Discard
	}
	lines := a.newTail(at, out)
	defer lines.close()
	d := &drive{app: a, e: e, jobs: jobs, o: runOptions{keepGoing: true, parallel: true}, tail: lines, ci: plainOutput{}, named: len(jobs) > 1}
	err = follow(ctx, e, func(s *tasks.State) (bool, error) { return d.step(ctx, s) })
	switch {
	case ctx.Err() != nil:
		d.cancel(ctx)
		return silent(130)
	case err != nil:
		return err
	case a.json:
		if err := a.printJSON(p); err != nil {
			return err
		}
	}
	for _, j := range jobs {
		if err := a.verdict(j); err != nil {
			return err
		}
	}
	return nil
}

// completeModels offers the models that a running host knows, with the aliases that
// they have.
func (a *app) completeModels(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, none
	}
	var words []string
	a.withModels(cmd.Context(), func(_ *attach.Client, m tasks.Resource) {
		aliases := 0
		for _, f := range m.Facts {
			if f.Name == "alias" {
				as, _, _ := strings.Cut(f.Value, " ")
				words = append(words, m.Name+"@"+as+"\t"+f.Value)
				aliases++
			}
		}
		if aliases == 0 {
			words = append(words, m.Name+"@champion\tnobody's yet")
		}
	})
	slices.Sort(words)
	return words, none
}

// completeVersions offers the versions of the named model.
func (a *app) completeVersions(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	if len(args) == 0 {
		return nil, none
	}
	model, _, _ := cutLast(args[0], "@")
	var words []string
	a.withModels(cmd.Context(), func(c *attach.Client, m tasks.Resource) {
		if m.Name != model {
			return
		}
		res, err := c.Query(cmd.Context(), tasks.Query{Provider: m.ID.Provider(), Name: "versions", Args: map[string]string{"model": model}})
		if err != nil {
			return
		}
		for _, row := range res.Rows {
			words = append(words, strings.TrimSpace(row[0]+"\t"+row[1]))
		}
	})
	return words, none
}

// completeWithin is how long a shell waits for what a host has to say.
const completeWithin = 2 * time.Second

// withModels calls f for each model that the workspace's host knows, if there is one.
func (a *app) withModels(ctx context.Context, f func(*attach.Client, tasks.Resource)) {
	p, err := a.find()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, completeWithin)
	defer cancel()
	c, err := attach.Dial(ctx, p.socket, versionText())
	if err != nil {
		return
	}
	defer c.Close()
	s, err := snapshot(ctx, c)
	if err != nil {
		return
	}
	for _, r := range s.Resources {
		if r.Kind == keepsModels {
			f(c, r)
		}
	}
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
