package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// version is set by the release build.
var version = ""

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// streams are what a verb reads and writes.
type streams struct {
	in       *os.File
	out, err io.Writer
	// lend is told when another program has the terminal for a time.
	lend func(lent bool)
}

// Exit codes by family, for scripts.
const (
	exitFailure   = 1   // what was asked for did not succeed
	exitUsage     = 2   // wrong words, or a workspace file with problems
	exitNoPlace   = 3   // not in a workspace
	exitNoHost    = 4   // nothing runs here
	exitUntrusted = 5   // the workspace waits for trust
	exitCondition = 6   // a condition of the command line does not hold: --if-better, --fail-if
	exitTimeout   = 124 // wait gave up, as timeout(1) says it
)

// fault is an error with its exit code and the next step for a person.
type fault struct {
	code int
	err  error
	hint string
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// silent ends with a code and says nothing more: it has been said.
func silent(code int) error { return &fault{code: code} }

// app is what every verb shares: the streams and the global flags.
type app struct {
	streams
	dir      string
	json     bool
	trust    bool
	plain    bool
	readOnly bool
	// looks: the verb shows what there is, also where nothing is declared.
	looks bool
}

// execute runs a command line and returns the exit code.
func execute(ctx context.Context, args []string, s streams) int {
	a := &app{streams: s}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	var err error
	if hidden(args) || (a.bare() && !manual(args)) {
		// What other programs start, and pages for other programs, carry no decoration.
		root.SilenceErrors, root.SilenceUsage = true, true
		err = root.ExecuteContext(ctx)
	} else {
		err = fang.Execute(ctx, root, fang.WithVersion(versionText()), fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}))
	}
	return a.report(err)
}

// hidden says whether the first word is a verb of the program's own.
func hidden(args []string) bool {
	return len(args) > 0 && (args[0] == hostVerb || args[0] == "demo-part" || args[0] == "__complete")
}

// manual says whether the manual page is asked for, which fang writes.
func manual(args []string) bool { return len(args) > 0 && args[0] == "man" }

// bare says whether standard output is not a person's terminal.
func (a *app) bare() bool { return !isTerminal(a.out) }

// report says what went wrong and returns the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return 0
	}
	var f *fault
	var problems config.Problems
	switch {
	case errors.As(err, &problems):
		_ = problems.Format(a.err, isTerminal(a.err) && os.Getenv("NO_COLOR") == "")
		return exitUsage
	case errors.As(err, &f):
		if f.err != nil {
			fmt.Fprintf(a.err, "sawhorse: %s\n", safeLines(f.err.Error()))
		}
		if f.hint != "" {
			fmt.Fprintf(a.err, "  %s\n", safeLines(f.hint))
		}
		return f.code
	case errors.Is(err, context.Canceled):
		return 130
	}
	fmt.Fprintf(a.err, "sawhorse: %s\n", safeLines(err.Error()))
	return exitFailure
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "sawhorse",
		Short: "One screen to run, watch and mend a local development environment",
		Long: `Sawhorse runs the services and tasks of sawhorse.yml, follows their logs,
reruns tests on save and shows what broke, where, and the key that leads there.

Without a verb it opens the screen. What runs goes on when the screen is closed.`,
		Example: `  sawhorse                 # start everything and open the screen
  sawhorse up -d           # the same without the screen
  sawhorse logs -f api     # follow one service
  sawhorse run test        # run a task, exit with its code
  sawhorse down            # stop everything`,
		Args:          noWords,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return a.openScreen(cmd.Context()) },

		SuggestionsMinimumDistance: 2, // cobra sets it only for its own message
	}
	root.SetFlagErrorFunc(wrongWords)
	f := root.PersistentFlags()
	f.StringVarP(&a.dir, "dir", "C", "", "look for the workspace from this directory")
	f.BoolVar(&a.json, "json", false, "print data as JSON")
	f.BoolVar(&a.trust, "trust", false, "trust the workspace file without asking")
	f.BoolVar(&a.plain, "plain", false, "plain lines instead of a screen, no colours")
	f.BoolVar(&a.readOnly, "read-only", false, "look, but start and stop nothing")
	group := func(title string, verbs ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: title, Title: title})
		for _, v := range verbs {
			v.GroupID = title
		}
		root.AddCommand(verbs...)
	}
	group("Run and stop", a.cmdUp(), a.cmdDown(), a.cmdStart(), a.cmdStop(), a.cmdRestart(), a.cmdRun(), a.cmdWait(), a.cmdAttach())
	group("See", a.cmdTasks(), a.cmdPs(), a.cmdLogs(), a.cmdWhy(), a.cmdHistory(), a.cmdFeedback())
	group("Pipelines and trainings", a.cmdTrigger(), a.cmdRuns(), a.cmdTrain(), a.cmdCompare(), a.cmdPromote(), a.cmdAsk())
	group("The workspace", a.cmdInit(), a.cmdImport(), a.cmdValidate(), a.cmdSchema(), a.cmdTrust(), a.cmdDoctor())
	const program = "The program"
	group(program, a.cmdDemo(), a.cmdKeys(), a.cmdVersion())
	root.SetHelpCommandGroupID(program)
	root.SetCompletionCommandGroupID(program)
	root.AddCommand(a.cmdHost(), a.cmdDemoPart())
	for _, cmd := range root.Commands() {
		if check := cmd.Args; check != nil {
			cmd.Args = func(cmd *cobra.Command, args []string) error {
				return wrongWords(cmd, named(cmd, args, check(cmd, args)))
			}
		}
	}
	return root
}

// named says what is missing, or too much, in place of the numbers that cobra tells.
func named(cmd *cobra.Command, args []string, err error) error {
	if err == nil || !strings.Contains(err.Error(), "arg(s)") {
		return err
	}
	words := strings.Fields(cmd.Use)[1:]
	taken := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return strings.HasPrefix(w, "[") })
	if len(args) < len(taken) {
		return fmt.Errorf("%s is missing", strings.TrimSuffix(taken[len(args)], "..."))
	}
	return fmt.Errorf("%q is too much", args[min(len(words), len(args)-1)])
}

// wrongWords makes what cobra says of flags and words a fault of usage.
func wrongWords(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return &fault{code: exitUsage, err: err, hint: "usage: " + cmd.UseLine() + "   ·   more: " + cmd.CommandPath() + " --help"}
}

// noWords refuses words with what was probably meant.
func noWords(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "all verbs: sawhorse --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean: sawhorse " + near[0] + "?"
	}
	return &fault{code: exitUsage, err: fmt.Errorf("there is no verb %q", args[0]), hint: hint}
}
