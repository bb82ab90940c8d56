package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
)

func (a *app) cmdRun() *cobra.Command {
	var set []string
	cmd := &cobra.Command{
		Use: "run TASK [KEY=VALUE...]", Short: "Run a task, stream its output, exit with its code", Args: cobra.MinimumNArgs(1),
		Long: `Run runs a task once with what it depends on, prints its output as it comes and
exits with the task's own code.

It uses the workspace's host when one runs. Without one, as in CI, it runs the
task in this process and leaves nothing behind.`,
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			params, err := assignments(append(args[1:], set...))
			if err != nil {
				return err
			}
			return a.run(cmd.Context(), args[0], params)
		},
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "a parameter: --set name=value")
	return cmd
}

func assignments(words []string) (map[string]string, error) {
	params := map[string]string{}
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		if !ok || name == "" {
			return nil, &fault{code: exitUsage, err: fmt.Errorf("%q is not a parameter", w), hint: "parameters are name=value"}
		}
		params[name] = value
	}
	return params, nil
}

func (a *app) run(ctx context.Context, name string, params map[string]string) error {
	p, err := a.find()
	if err != nil {
		return err
	}
	c, err := attach.Dial(ctx, p.socket, versionText())
	if err == nil {
		return a.runOn(ctx, p, c, name, params)
	}
	if !errors.Is(err, attach.ErrNoHost) {
		return err
	}
	f, err := p.load()
	if err != nil {
		return err
	}
	if err := a.ensureTrusted(p, f); err != nil {
		return err
	}
	h, err := newHost(p, a.trust || inCI())
	if err != nil {
		return err
	}
	defer h.close()
	// The engine is stopped by Down, not by ctx, so that Ctrl-C still prints
	// what is said while everything stops.
	var outcome error
	err = h.run(context.WithoutCancel(ctx), nil, func(e tasks.Engine) {
		outcome = a.runOn(ctx, p, e, name, params)
		_ = e.Do(context.WithoutCancel(ctx), tasks.Down{})
	})
	if err != nil {
		return err
	}
	return outcome
}

// runOn asks an engine for a run and follows it to its end.
func (a *app) runOn(ctx context.Context, p place, e tasks.Engine, name string, params map[string]string) error {
	request := rand.Text()
	out := a.out
	if a.json {
		out = io.Discard
	}
	printer := a.newTail(p, nil, out)
	defer printer.close()
	if err := e.Do(ctx, tasks.RunTask{Name: name, Params: params, Request: request, Detail: "sawhorse run"}); err != nil {
		return &fault{code: exitUsage, err: err}
	}
	var id tasks.RunID
	var last tasks.Run
	said := ""
	err := follow(ctx, e, func(s *tasks.State) (bool, error) {
		if id == "" {
			id = requested(s, request)
		}
		r, ok := s.Runs[id]
		if !ok {
			return false, nil
		}
		if r.Status == tasks.Queued && len(r.Holds) > 0 && r.Holds[0].Why != said {
			said = r.Holds[0].Why
			fmt.Fprintf(a.err, "%s waits: %s\n", r.Task, said)
			for _, h := range r.Holds {
				if h.Stuck {
					return true, fmt.Errorf("%s can't run: %s", r.Task, h.Why)
				}
			}
		}
		if !r.StartedAt.IsZero() {
			if err := printer.updateRun(s, r); err != nil {
				return true, err
			}
		}
		last = r
		return r.Status.Done(), nil
	})
	if ctx.Err() != nil && id != "" {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		_ = e.Do(stopCtx, tasks.Cancel{ID: id})
		_ = follow(stopCtx, e, func(s *tasks.State) (bool, error) {
			r := s.Runs[id]
			return r.Status.Done(), printer.updateRun(s, r)
		})
		return silent(130)
	}
	if err != nil {
		return err
	}
	return a.finish(last)
}

// requested is the run that carries a client's word.
func requested(s *tasks.State, request string) tasks.RunID {
	for id, r := range s.Runs {
		if r.Cause.Request == request {
			return id
		}
	}
	return ""
}

// finish turns the end of a run into an exit code.
func (a *app) finish(r tasks.Run) error {
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	}
	if r.Status == tasks.Succeeded {
		return nil
	}
	failed := 0
	for _, t := range r.Tests {
		if t.Status != tasks.TestFailed {
			continue
		}
		failed++
		if !a.json {
			fmt.Fprintf(a.err, "✖ %s %s  %s  %s\n", t.Suite, t.Name, t.Location, t.Message)
		}
	}
	code := exitFailure
	if r.Exit != nil && r.Exit.Code != 0 {
		code = r.Exit.Code
	}
	if a.json {
		return silent(code)
	}
	text := fmt.Sprintf("%s %s", r.Task, r.Status)
	if r.Error != "" {
		text += ": " + r.Error
	}
	if failed > 0 {
		text += fmt.Sprintf(" (%d tests failed)", failed)
	}
	return &fault{code: code, err: errors.New(text)}
}

// updateRun prints what a run has said so far.
func (t *tail) updateRun(s *tasks.State, r tasks.Run) error {
	fresh := t.sources[r.Log] == nil
	src, err := t.source(r.Log)
	if err != nil {
		return err
	}
	if fresh {
		src.next, t.prefix = r.FirstLine, false
	}
	src.end = s.Lines[r.Log]
	if r.EndLine >= 0 {
		src.end = r.EndLine
	}
	return t.flush(r.Status.Done())
}
