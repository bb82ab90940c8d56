package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/tasks/process"
)

// cmdHost is the process that runs a workspace in the background; clients start it.
func (a *app) cmdHost() *cobra.Command {
	var start, whole bool
	var readyFD int
	cmd := &cobra.Command{
		Use: hostVerb, Hidden: true, Args: cobra.NoArgs, Short: "Run the workspace in the background (started by the other verbs)",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var ready *os.File
			if readyFD > 0 {
				ready = inherited(readyFD)
			}
			err := a.runHost(cmd.Context(), start, whole, ready)
			if err != nil && ready != nil {
				fmt.Fprint(ready, err)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&start, "start", false, "start everything that starts by itself")
	cmd.Flags().BoolVar(&whole, "whole", false, "look for all that is declared below before clients can come")
	cmd.Flags().IntVar(&readyFD, "ready-fd", 0, "say on this descriptor when clients can come")
	return cmd
}

func (a *app) runHost(ctx context.Context, start, whole bool, ready *os.File) error {
	// A terminal that closes is nothing to the host. The signal is taken, not
	// ignored: what a process ignores, its children ignore too.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	p, err := a.find()
	if err != nil {
		return err
	}
	h, err := newHost(p, a.trust)
	if err != nil {
		return err
	}
	defer h.close()
	if whole {
		h.lookAll(ctx)
	}
	l, err := attach.Listen(p.socket)
	if err != nil {
		return err
	}
	defer l.Close()
	if p.nowhere { // nothing runs in it that would have to go on
		l = &visited{Listener: l, alone: func() { _ = h.engine.Do(context.WithoutCancel(ctx), tasks.Down{}) }}
	}
	return h.run(ctx, l, func(e tasks.Engine) {
		if start {
			if err := e.Do(ctx, tasks.Start{}); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		h.raise()
		if ready != nil {
			fmt.Fprint(ready, "ready")
			ready.Close()
		}
	})
}

// raise tells what happened before this host: a crash, a damaged history.
func (h *host) raise() {
	if text := h.tellCrash(); text != "" {
		h.engine.Notify(tasks.Notice{ID: "crash", Severity: tasks.Warning, Source: "host", Message: text, Hint: "nothing to do: everything was ended; start it again"})
	}
	if h.warning != "" {
		h.engine.Notify(tasks.Notice{ID: "history", Severity: tasks.Warning, Source: "host", Message: h.warning})
	}
}

// hostVerb is the first word of the process that runs a workspace.
const hostVerb = "host"

// guardVerb is the first word of the process that ends everything when its host
// is killed. It lives as long as the host, so it is run before anything else of
// this program takes memory.
const guardVerb = "guard"

func runGuard(stateDir, token string) int {
	if err := process.Guard(os.Stdin, stateDir, token); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailure
	}
	return 0
}
