package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
)

func (a *app) cmdAttach() *cobra.Command {
	return &cobra.Command{
		Use: "attach SERVICE", Short: "Take a service's terminal; ctrl+], or your detach_key, gives it back", Args: cobra.ExactArgs(1),
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			c, s, all, err := a.reachTasks(cmd.Context(), names)
			if err != nil {
				return err
			}
			defer c.Close()
			r, ok := s.Active(all[0])
			if !ok {
				return &fault{code: exitFailure, err: fmt.Errorf("%s does not run", all[0]), hint: "start it: sawhorse start " + all[0]}
			}
			return a.takeTerminal(cmd.Context(), c, r.ID)
		},
	}
}

// takeTerminal joins this terminal to a run's, until the detach key or its end.
func (a *app) takeTerminal(ctx context.Context, i tasks.Interactor, id tasks.RunID) error {
	t, err := i.Terminal(ctx, id)
	if err != nil {
		return err
	}
	defer t.Close()
	out := &tui.Alternate{Out: a.out}
	wishes := loadMine()
	a.warn(wishes)
	fd := a.in.Fd()
	if isTerminal(a.in) {
		if w, h, err := term.GetSize(fd); err == nil {
			// One row apart, so that a program that fills the screen draws anew.
			_ = t.Resize(w, max(1, h-1))
			_ = t.Resize(w, h)
		}
		fmt.Fprintf(a.err, "the terminal of %s; %s gives it back\r\n", id.Task(), wishes.DetachKey)
		old, err := term.MakeRaw(fd)
		if err != nil {
			return fmt.Errorf("take the terminal: %w", err)
		}
		defer func() {
			_ = term.Restore(fd, old)
			fmt.Fprint(a.err, tui.ResetTerminal)
			if out.On {
				fmt.Fprint(a.err, "\x1b[?1049l")
			}
			fmt.Fprintln(a.err)
		}()
		stop := onResize(func() {
			if w, h, err := term.GetSize(fd); err == nil {
				_ = t.Resize(w, h)
			}
		})
		defer stop()
	}
	ended := make(chan error, 2)
	var copying sync.WaitGroup
	copying.Go(func() {
		_, err := io.Copy(out, t)
		ended <- err
	})
	defer copying.Wait() // before the terminal is put in order again
	defer t.Close()
	go func() { ended <- typeInto(t, a.in, tui.DetachSequences(wishes.DetachKey)) }()
	select {
	case err := <-ended:
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// typeInto hands on what is typed until the detach key or the end of input.
func typeInto(w io.Writer, in io.Reader, ends [][]byte) error {
	buf := make([]byte, 4096)
	for {
		n, err := in.Read(buf)
		for _, end := range ends {
			if before, _, found := bytes.Cut(buf[:n], end); found {
				_, werr := w.Write(before)
				return werr
			}
		}
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return werr
			}
		}
		if err != nil {
			return err
		}
	}
}
