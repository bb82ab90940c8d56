// Package tui is the screen of a workspace: Run shows what the engine knows and
// sends it what a person asks for. It never runs a task, reads no configuration
// and keeps nothing but what the person did with the screen itself.
package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/paint"
	"github.com/sawhorse-dev/sawhorse/tui/screen/history"
	"github.com/sawhorse-dev/sawhorse/tui/screen/tests"
)

// OnQuit is what happens to the services when the screen is left.
type OnQuit string

// The answers.
const (
	Ask   OnQuit = ""
	Stop  OnQuit = "stop"
	Leave OnQuit = "leave"
)

// Options are what a screen is started with. The zero value works.
type Options struct {
	// Interactor gives the terminals of running services; nil: none.
	Interactor tasks.Interactor
	// Verb runs a verb of the command line and returns what it prints; nil: none is
	// run. It is called from a goroutine.
	Verb func(ctx context.Context, words []string) (string, error)
	// Lend is told before another program gets the terminal, and when it is back:
	// ctrl+c is that program's meanwhile. May be nil.
	Lend func(lent bool)
	// Suspends: a shell waits behind the screen, and brings it back after a key gave it
	// the terminal.
	Suspends bool
	// Host waits for the host where the engine only stands for it, so that there is
	// something to see meanwhile; without one the screen ends with the error. nil: the
	// engine is the host.
	Host func(context.Context) (tasks.Engine, tasks.Interactor, error)
	// Branch says which branch is checked out, where there is one; nil: nobody knows.
	// It is called from a goroutine, when the screen begins, gets the focus, and each
	// minute.
	Branch func() string
	// Uncommitted says whether something of it is not committed; nil: nobody knows. It is
	// called from a goroutine, when Branch was and after a save was tested.
	Uncommitted func(context.Context) bool
	// Reconnect finds the host again after it was lost; nil: it can't.
	Reconnect func(context.Context) (tasks.Engine, tasks.Interactor, error)
	// Past reads what is remembered of a task's tests, Runs its older runs; nil:
	// nothing is.
	Past tests.Remember
	Runs history.Remember
	// Settings are the person's own. Changed brings them anew, whole, whenever they
	// are others; nil: they stay.
	Settings
	Changed <-chan Settings
	// ReadOnly takes out everything that changes what runs.
	ReadOnly bool
	// NoColor leaves bold, underline and reverse.
	NoColor bool
	// Load and Save keep what is remembered of the screen, a value for JSON, under
	// a name. Either may be nil. Save is called from a goroutine, one call at a
	// time.
	Load func(name string, v any) error
	Save func(name string, v any) error
	// Env gives variables of the environment; nil: os.Getenv.
	Env func(string) string
	// Version is shown in the help.
	Version string
	// FPS bounds how often the terminal is written to; 0: 125. Nothing is written,
	// and nobody wakes up, while nothing changes.
	FPS int
	// Input and Output are the terminal; nil: standard input and output.
	Input  io.Reader
	Output io.Writer
	// Paper is what the first picture is drawn on, if it was prepared.
	Paper *paint.Paper
	// Shown is called once, when the first picture is on the terminal; may be nil.
	Shown func()
}

// Result is how a screen was left.
type Result struct {
	// StopAll: the person wants everything stopped; else what runs, runs on.
	StopAll bool
	// HostGone: there is no host any more; Why says what is known.
	HostGone bool
	Why      string
}

// Run shows the screen until the person leaves it or ctx ends.
func Run(ctx context.Context, engine tasks.Engine, o Options) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := New(ctx, engine, o)
	if err != nil {
		return Result{}, err
	}
	var profile *colorprofile.Profile
	if o.NoColor {
		profile = new(colorprofile.ASCII)
	}
	run := paintOnDemand
	if os.Getenv(rendererVariable) == "tea" {
		run = paintByTicker
	}
	err = run(ctx, s, o, profile)
	var out io.Writer = os.Stdout
	if o.Output != nil {
		out = o.Output
	}
	// Asked for in Init, and not known to Bubble Tea.
	_, _ = io.WriteString(out, ansi.ResetModeLightDark)
	s.Close()
	if s.failed != nil {
		return Result{}, s.failed
	}
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		err = nil
	}
	if err != nil {
		return Result{}, fmt.Errorf("run the screen: %w", err)
	}
	return s.Result(), nil
}

// rendererVariable set to "tea" has Bubble Tea draw, by its ticker: a way out
// should a terminal show something wrong.
const rendererVariable = "SAWHORSE_RENDERER"

func paintOnDemand(ctx context.Context, s *Screen, o Options, profile *colorprofile.Profile) error {
	p := paint.Options{Input: o.Input, Output: o.Output, Filter: s.Filter, Profile: profile, Paper: o.Paper, Shown: o.Shown}
	if o.FPS > 0 {
		p.Every = time.Second / time.Duration(o.FPS)
	}
	_, err := paint.Run(ctx, s, p)
	return err
}

func paintByTicker(ctx context.Context, s *Screen, o Options, profile *colorprofile.Profile) error {
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFilter(s.Filter), tea.WithFPS(cmp.Or(o.FPS, 30))}
	if profile != nil {
		options = append(options, tea.WithColorProfile(*profile))
	}
	if o.Output != nil {
		options = append(options, tea.WithOutput(o.Output))
	}
	if o.Input != nil {
		options = append(options, tea.WithInput(o.Input))
	}
	if o.Shown != nil {
		o.Shown() // when it is, is not known here
	}
	_, err := tea.NewProgram(s, options...).Run()
	return err
}
