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
	var start bool
	var readyFD int
	cmd := &cobra.Command{
		Use: "host", Hidden: true, Args: cobra.NoArgs, Short: "Run the workspace in the background (started by the other verbs)",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var ready *os.File
			if readyFD > 0 {
				ready = inherited(readyFD)
			}
			err := a.runHost(cmd.Context(), start, ready)
			if err != nil && ready != nil {
				fmt.Fprint(ready, err)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&start, "start", false, "start everything that starts by itself")
	cmd.Flags().IntVar(&readyFD, "ready-fd", 0, "say on this descriptor when clients can come")
	return cmd
}

func (a *app) runHost(ctx context.Context, start bool, ready *os.File) error {
	signal.Ignore(syscall.SIGHUP) // a terminal that closes is nothing to the host
	p, err := a.find()
	if err != nil {
		return err
	}
	h, err := newHost(p, a.trust)
	if err != nil {
		return err
	}
	defer h.close()
	l, err := attach.Listen(p.socket)
	if err != nil {
		return err
	}
	defer l.Close()
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

// raise tells what happened before this host: a crash, a broken history.
func (h *host) raise() {
	if text := h.tellCrash(); text != "" {
		h.engine.Notify(tasks.Notice{ID: "crash", Severity: tasks.Warning, Source: "host", Message: text, Hint: "nothing to do: everything was ended; start it again"})
	}
}

// cmdGuard is the process that ends everything when its host is killed.
func (a *app) cmdGuard() *cobra.Command {
	return &cobra.Command{
		Use: "guard STATE", Hidden: true, Args: cobra.ExactArgs(1), Short: "End what a killed host leaves behind (started by the host)",
		RunE: func(_ *cobra.Command, args []string) error { return process.Guard(os.Stdin, args[0]) },
	}
}
