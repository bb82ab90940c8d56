package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
)

// logDir is where the logs of a workspace are.
func logDir(p place) string { return filepath.Join(p.state, "logs") }

// reloadHost asks a running host to read the workspace file again.
func (a *app) reloadHost(ctx context.Context, p place) {
	if c, err := attach.Dial(ctx, p.socket, versionText()); err == nil {
		_ = c.Do(ctx, tasks.Reload{})
	}
}

// leaveWait is how long a host may take for its last steps.
const leaveWait = 20 * time.Second

// hostGone returns when the workspace's lock is free.
func (a *app) hostGone(ctx context.Context, p place) error {
	deadline := time.Now().Add(leaveWait)
	for {
		_, alive, err := session.ReadHost(p.state)
		if err != nil || !alive {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("everything was stopped, but the host itself has not ended within %v; end it: sawhorse down --force", leaveWait)
		}
		// The lock has no event for another process; this is the last moment of a host.
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// forceDown ends the host by its pid; its guard ends what it ran.
func (a *app) forceDown(ctx context.Context, p place) error {
	info, alive, err := session.ReadHost(p.state)
	if err != nil {
		return err
	}
	if !alive {
		fmt.Fprintln(a.out, "nothing was running")
		return nil
	}
	proc, err := os.FindProcess(info.PID)
	if err != nil {
		return err
	}
	if err := proc.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal the host, pid %d: %w", info.PID, err)
	}
	soft, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if a.hostGone(soft, p) == nil {
		fmt.Fprintln(a.out, "stopped")
		return nil
	}
	if err := proc.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the host, pid %d: %w", info.PID, err)
	}
	if err := a.hostGone(ctx, p); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "killed the host, pid %d; its guard ends what it ran within 5 seconds\n", info.PID)
	return nil
}

// completeNames completes task names and groups, from the host or the file.
func (a *app) completeNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	p, err := a.find()
	if err != nil {
		return nil, none
	}
	f, err := p.load()
	if err != nil {
		return nil, none
	}
	given := map[string]bool{}
	for _, w := range args {
		given[w] = true
	}
	var names []string
	groups := map[string]bool{}
	for _, u := range f.Units {
		if !given[u.Name] && !u.Hidden {
			names = append(names, u.Name+"\t"+string(u.Kind)+" "+firstLine(u.Description))
		}
		for _, g := range u.Groups {
			if !groups[g] && !given[g] {
				groups[g] = true
				names = append(names, g+"\tgroup")
			}
		}
	}
	return names, none
}

// safeLines makes a text of several lines harmless: names of files stand in errors, and
// what other systems answer.
func safeLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = safeText(line, false)
	}
	return strings.Join(lines, "\n")
}

// safeText makes a log line harmless for a terminal; colours stay if wanted.
func safeText(text string, color bool) string {
	clean := parse.Clean(text)
	if !color || len(clean.Spans) == 0 {
		return clean.Plain
	}
	var b strings.Builder
	at := 0
	for _, s := range clean.Spans {
		b.WriteString(clean.Plain[at:s.Start])
		b.WriteString(s.SGR)
		b.WriteString(clean.Plain[s.Start:s.End])
		b.WriteString("\x1b[m")
		at = s.End
	}
	b.WriteString(clean.Plain[at:])
	return b.String()
}
