package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/disk"
	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
	"github.com/sawhorse-dev/sawhorse/tasks/process"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
)

// finding is one thing that doctor looked at.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

func (a *app) cmdDoctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check what this workspace needs of the machine, and say what is missing", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all := a.examine(cmd.Context())
			bad := 0
			for _, f := range all {
				if !f.OK {
					bad++
				}
			}
			if a.json {
				if err := a.printJSON(all); err != nil {
					return err
				}
			} else {
				for _, f := range all {
					mark := "●"
					if !f.OK {
						mark = "✖"
					}
					fmt.Fprintf(a.out, "%s %-10s %s\n", mark, f.What, shown(f.Text)) // it has words of the workspace's files
					if f.Hint != "" {
						fmt.Fprintf(a.out, "  %-10s → %s\n", "", shown(f.Hint))
					}
				}
			}
			if bad > 0 {
				return silent(exitFailure)
			}
			return nil
		},
	}
}

func (a *app) examine(ctx context.Context) []finding {
	p, err := a.find()
	if err != nil {
		hint := ""
		if f, ok := errors.AsType[*fault](err); ok {
			hint = f.hint
		}
		return []finding{{What: "workspace", Text: err.Error(), Hint: hint}}
	}
	f, err := p.load()
	if err != nil {
		return []finding{{What: "workspace", Text: firstLine(err.Error()), Hint: "all of it: sawhorse validate"}}
	}
	trust, trusted := a.examineTrust(p, f)
	found := append(examineFile(ctx, p, f), trust, examineHost(ctx, p), examineState(p))
	found = append(found, examinePrograms(ctx, p, f)...)
	found = append(found, examineInstalled(ctx, p.root, f)...)
	if n := len(f.Integrations); n > 0 && !trusted && !a.trust && !inCI() {
		// Whom a stranger's file names may be sent a token, or a command may have to tell it.
		found = append(found, finding{What: "connect", Text: tasks.Counted(n, "connection") + " not asked: the file that names them is not trusted yet", Hint: "sawhorse trust"})
		own := *f
		own.Integrations = nil
		f = &own
	}
	found = append(found, examineConnections(ctx, p, f)...)
	found = append(found, examinePorts(ctx, p, f)...)
	return append(found, examineDisk(p), examineWatch(), examineInstances())
}

// examineFile says what the workspace is made of; without a sawhorse.yml, also
// what of it can't be read.
func examineFile(ctx context.Context, p place, f *config.File) []finding {
	if !f.Detected {
		return []finding{{What: "workspace", OK: true, Text: fmt.Sprintf("%s (%s)", f.Files[0], tasks.Counted(len(f.Units), "unit"))}}
	}
	found := []finding{{
		What: "workspace", OK: true, Text: fmt.Sprintf("%s: no sawhorse.yml; %s of other files detected", p.root, tasks.Counted(len(f.Units), "unit")),
		Hint: "to change them: sawhorse init",
	}}
	if _, err := all.Detect(ctx, p.root); err != nil {
		for line := range strings.Lines(err.Error()) {
			found = append(found, finding{What: "detect", Text: strings.TrimSpace(line), Hint: "mend the file; what it declares is not listed"})
		}
	}
	return found
}

func (a *app) examineTrust(p place, f *config.File) (told finding, trusted bool) {
	store, err := session.OpenTrust()
	if err != nil {
		return finding{What: "trust", Text: err.Error()}, false
	}
	ok, err := store.IsTrusted(p.root, session.Digest(session.Commands(f)))
	switch {
	case err != nil:
		return finding{What: "trust", Text: err.Error()}, false
	case !ok && f.Detected:
		return finding{What: "trust", OK: true, Text: "asked for at the first start", Hint: "or now: sawhorse trust"}, false
	case !ok:
		return finding{What: "trust", Text: "the workspace file is not trusted yet", Hint: "sawhorse trust"}, false
	}
	return finding{What: "trust", OK: true, Text: "trusted"}, true
}

func examineHost(ctx context.Context, p place) finding {
	c, err := attach.Dial(ctx, p.socket, versionText())
	var mismatch *attach.VersionError
	switch {
	case errors.Is(err, attach.ErrNoHost):
		return finding{What: "host", OK: true, Text: "nothing runs; state in " + p.state}
	case errors.As(err, &mismatch):
		return finding{What: "host", Text: err.Error(), Hint: "sawhorse down --force"}
	case err != nil:
		return finding{What: "host", Text: err.Error(), Hint: "sawhorse down --force"}
	}
	h := c.Host()
	return finding{What: "host", OK: true, Text: fmt.Sprintf("pid %d, version %s", h.PID, h.Version), Hint: c.Warning()}
}

// program is the program that a unit runs, where that can be told without a shell.
func program(u config.Unit) string {
	if len(u.Command) > 0 {
		return u.Command[0]
	}
	for w := range strings.FieldsSeq(u.Run) {
		if strings.Contains(w, "=") && !strings.HasPrefix(w, "-") {
			continue // an assignment before the command
		}
		if strings.ContainsAny(w, "$`\"'(){};|&<>*?[]~") || slices.Contains(builtins(), w) {
			return ""
		}
		return w
	}
	return ""
}

func builtins() []string {
	return []string{
		"cd", "echo", "exec", "export", "for", "if", "while", "until", "set", "trap", "true", "false", "test", ":", ".",
		"eval", "exit", "printf", "read", "sleep", "case", "ulimit", "umask", "unset", "wait", "!",
	}
}

// examinePorts looks whether the fixed ports are free, or its own service's.
func examinePorts(ctx context.Context, p place, f *config.File) []finding {
	var all []finding
	c, err := attach.Dial(ctx, p.socket, versionText())
	running := err == nil && c != nil
	for _, u := range f.Units {
		for _, port := range u.Ports {
			if port.Number == 0 {
				continue
			}
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port.Number))
			if err == nil {
				_ = l.Close()
				all = append(all, finding{What: "port", OK: true, Text: fmt.Sprintf("%d (%s) is free", port.Number, u.Name)})
				continue
			}
			text := fmt.Sprintf("%d (%s) is taken", port.Number, u.Name)
			if who := process.Holder(port.Number); who != nil {
				text += fmt.Sprintf(" by pid %d (%s) since %s", who.PID, who.Command, who.Started.Format(time.TimeOnly))
			}
			all = append(all, finding{What: "port", OK: running, Text: text, Hint: portHint(running)})
		}
	}
	return all
}

func portHint(running bool) string {
	if running {
		return ""
	}
	return "stop that process, or write `auto` for the port"
}

// littleDisk is when doctor speaks up.
const littleDisk = 1 << 30

func examineDisk(p place) finding {
	usage, err := disk.Usage(p.state)
	if err != nil {
		return finding{What: "disk", Text: fmt.Sprintf("look at the disk of %s: %v", p.state, err)}
	}
	text := fmt.Sprintf("%.1f GB free for logs in %s", float64(usage.Free)/1e9, p.state)
	if usage.Free < littleDisk {
		return finding{What: "disk", Text: text, Hint: "free some space, or set logs: {total: …} in sawhorse.yml"}
	}
	return finding{What: "disk", OK: true, Text: text}
}

// fewWatches is fewer than a middling repository has directories.
const fewWatches = 16384

func examineWatch() finding {
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_user_watches")
	if err != nil {
		return finding{What: "watch", OK: true, Text: "this system sets no limit that can be read"}
	}
	var n int
	_, _ = fmt.Sscan(string(text), &n)
	if n < fewWatches {
		return finding{
			What: "watch", Text: fmt.Sprintf("only %d directories can be watched", n),
			Hint: "sudo sysctl fs.inotify.max_user_watches=524288",
		}
	}
	return finding{What: "watch", OK: true, Text: fmt.Sprintf("up to %d directories can be watched", n)}
}

// fewInstances is what one editor, one file manager and a few hosts take.
const fewInstances = 128

// examineInstances looks at how many programs may watch at all.
func examineInstances() finding {
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_user_instances")
	if err != nil {
		return finding{What: "watch", OK: true, Text: "this system sets no limit on watching programs that can be read"}
	}
	var n int
	_, _ = fmt.Sscan(string(text), &n)
	if n < fewInstances {
		return finding{What: "watch", Text: fmt.Sprintf("only %d programs can watch files at once", n), Hint: "sudo sysctl fs.inotify.max_user_instances=512"}
	}
	return finding{What: "watch", OK: true, Text: fmt.Sprintf("up to %d programs can watch files at once", n)}
}
