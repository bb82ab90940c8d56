package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
)

// hostRow is one host of this machine, as ps --all prints it.
type hostRow struct {
	Root    string    `json:"root"`
	Name    string    `json:"name,omitempty"`
	Branch  string    `json:"branch,omitempty"` // of git, where root is in a checkout
	PID     int       `json:"pid"`
	Version string    `json:"version,omitempty"`
	Started time.Time `json:"started,omitzero"`
	State   string    `json:"state"`
	Socket  string    `json:"socket,omitempty"`
	// Up services are ready or on their way; Running tasks have work going on.
	Up      int            `json:"up"`
	Running int            `json:"running"`
	Failed  int            `json:"failed"`
	Ports   map[string]int `json:"ports,omitempty"` // "service.port"
	// Error is why the host could not be asked.
	Error string `json:"error,omitempty"`
}

// hostAnswer is how long a host may take to answer ps --all.
const hostAnswer = 3 * time.Second

// psAll lists every host of this user, whatever directory it runs.
func (a *app) psAll(ctx context.Context) error {
	hosts, err := session.Hosts()
	if err != nil {
		return err
	}
	rows := []hostRow{}
	for _, h := range hosts {
		if h.Alive || h.Err != nil {
			rows = append(rows, hostRow{
				Root: h.Info.Root, PID: h.Info.PID, Version: h.Info.Version, Started: h.Info.Started, State: h.StateDir, Socket: h.Info.Socket,
				Branch: branchOf(h.Info.Root), Error: errorText(h.Err),
			})
		}
	}
	var asking sync.WaitGroup
	for i := range rows {
		if rows[i].Error == "" {
			asking.Go(func() { rows[i].ask(ctx) })
		}
	}
	asking.Wait()
	if a.json {
		return a.printJSON(rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(a.out, "no host runs; start one: sawhorse up -d")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  WORKSPACE\tBRANCH\tPID\tSINCE\tUP\tRUNNING\tFAILED\tDIRECTORY")
	for _, r := range rows {
		mark := "●"
		if r.Failed > 0 || r.Error != "" {
			mark = "✖"
		}
		where := r.Root
		if r.Error != "" {
			where += "  " + firstLine(r.Error)
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", mark, cmp.Or(r.Name, filepath.Base(r.Root)), cmp.Or(r.Branch, "-"), number(r.PID), age(r.Started), r.Up, r.Running, r.Failed, where)
	}
	return w.Flush()
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// ask fills in what the host itself says.
func (r *hostRow) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, hostAnswer)
	defer cancel()
	c, err := attach.Dial(ctx, r.Socket, versionText())
	if err != nil {
		r.Error = err.Error()
		return
	}
	defer c.Close()
	s, err := snapshot(ctx, c)
	if err != nil {
		r.Error = err.Error()
		return
	}
	r.Name = s.Workspace.Name
	for _, n := range s.Order {
		u := s.Units[n]
		run, active := s.Active(n)
		switch last, ended := s.Finished(n); {
		case active && u.Task.IsService():
			r.Up++
			for name, port := range run.Ports {
				if r.Ports == nil {
					r.Ports = map[string]int{}
				}
				r.Ports[n+"."+name] = port
			}
		case active:
			r.Running++
		case ended && last.Status == tasks.Failed:
			r.Failed++
		}
	}
}

// branchOf is what git has checked out where a directory is: worktrees of one
// repository are told apart by it. Git itself is not asked.
func branchOf(dir string) string {
	for at := dir; at != ""; at = filepath.Dir(at) {
		git := filepath.Join(at, ".git")
		if text, err := os.ReadFile(git); err == nil { // a worktree: a file that leads to its directory
			where, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
			if !ok {
				return ""
			}
			if !filepath.IsAbs(where) {
				where = filepath.Join(at, where)
			}
			git = where
		}
		if head, err := os.ReadFile(filepath.Join(git, "HEAD")); err == nil {
			text := strings.TrimSpace(string(head))
			if branch, ok := strings.CutPrefix(text, "ref: refs/heads/"); ok {
				return branch
			}
			return text[:min(len(text), 10)]
		}
		if filepath.Dir(at) == at {
			break
		}
	}
	return ""
}
