package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// examinePrograms looks for what the units run: is it there, and is it the
// version that the workspace's files ask for?
func examinePrograms(ctx context.Context, p place, f *config.File) []finding {
	type needed struct {
		name, file string
		by         config.Unit
	}
	var programs []needed
	for _, u := range f.Units {
		name := program(u)
		if name == "" || slices.ContainsFunc(programs, func(n needed) bool { return n.name == name }) {
			continue
		}
		file := name
		if strings.ContainsRune(name, '/') && !filepath.IsAbs(name) {
			file = filepath.Join(u.Dir, name)
			if _, ok := all.Lacks(p.root, u, os.Getenv("PATH")); ok {
				continue // it comes with what examineInstalled names
			}
		}
		programs = append(programs, needed{name, file, u})
	}
	wanted := wishes(p.root)
	found := make([]finding, len(programs))
	var looking sync.WaitGroup
	slots := make(chan struct{}, 4) // versions are asked of this many at once
	for i, n := range programs {
		looking.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			found[i] = examineProgram(ctx, n.name, n.file, n.by, wanted)
		})
	}
	looking.Wait()
	return found
}

func examineProgram(ctx context.Context, name, file string, by config.Unit, wanted map[string]wish) finding {
	where, err := exec.LookPath(file)
	if err != nil {
		return finding{What: "program", Text: fmt.Sprintf("%s: not found, and %s needs it (%s)", name, by.Name, by.Pos), Hint: howToInstall(name)}
	}
	out := finding{What: "program", OK: true, Text: name + ": " + where}
	k, known := programs()[name]
	if !known {
		return out // what is not known is not run only to be asked
	}
	have := versionOf(ctx, where, k)
	if have != "" {
		out.Text += ", " + have
	}
	w, wants := wanted[k.family]
	if !wants || k.family == "" {
		return out
	}
	want := w.want
	if w.least {
		want = ">=" + want
	}
	if ok, told := satisfies(have, want); told && !ok {
		out.OK = false
		out.Text += fmt.Sprintf("; %s asks for %s", w.file, w.want)
		out.Hint = "bring that version, or change " + w.file
	} else if told {
		out.Text += fmt.Sprintf(" (%s asks for %s)", w.file, w.want)
	}
	return out
}

// versionTime is how long a program may take to say its version.
const versionTime = 5 * time.Second

var versionForm = lazy.Regexp(`\d+(\.\d+)+`)

// nobodys is a directory in which no other person can leave a file that a program asked
// there takes for its own: settings, a module. The one of temporary files is everybody's.
func nobodys() string {
	return filepath.VolumeName(os.TempDir()) + string(filepath.Separator)
}

// versionOf asks a program, from a directory where no file of the workspace can
// make it do anything else.
func versionOf(ctx context.Context, program string, k tool) string {
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	args := k.version
	if args == nil {
		args = []string{"--version"}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = nobodys()
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local", "COREPACK_ENABLE_DOWNLOAD_PROMPT=0", "COREPACK_ENABLE_NETWORK=0")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return ""
	}
	return versionForm().FindString(string(out))
}

// connectTime is how long a system may take to answer doctor.
const connectTime = 8 * time.Second

// examineConnections asks every system that can be reached from here. One that
// the workspace does not need may be away.
func examineConnections(ctx context.Context, p place, f *config.File) []finding {
	connections, err := all.Connections(ctx, f, surroundings(p))
	connections = wanted(f, connections)
	found := make([]finding, len(connections))
	var asking sync.WaitGroup
	for i, c := range connections {
		asking.Go(func() { found[i] = examineConnection(ctx, c) })
	}
	asking.Wait()
	if err != nil {
		found = append(found, finding{What: "connect", Text: err.Error()})
	}
	return found
}

func examineConnection(ctx context.Context, c tasks.Connection) finding {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	provider, err := c.Connect(ctx, nobody{})
	if err != nil {
		text := fmt.Sprintf("%s: %v", c.Title, err)
		if !c.Wanted {
			text = "nothing here needs it   ·   " + text
		}
		return finding{What: "connect", OK: !c.Wanted, Text: text}
	}
	text := c.Title + ": connected"
	if d, ok := provider.(tasks.Describer); ok {
		text = d.About()
	}
	if asked, ok := provider.(tasks.Querier); ok {
		if left, err := asked.Query(ctx, tasks.Query{Name: "budget"}); err == nil { // others have none
			for _, f := range left.Facts {
				text += ", " + f.Value
			}
		}
	}
	if closer, ok := provider.(io.Closer); ok {
		_ = closer.Close()
	}
	return finding{What: "connect", OK: true, Text: text}
}

// nobody looks: a provider that polls waits.
type nobody struct{}

func (nobody) Wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// examineState looks whether the state directory can be written to, and how much
// is in it.
func examineState(p place) finding {
	probe, err := os.CreateTemp(p.state, ".doctor-*")
	if err != nil {
		return finding{What: "state", Text: err.Error(), Hint: "make it writable, or set SAWHORSE_STATE_DIR to a directory of your own"}
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	var size int64
	_ = filepath.WalkDir(p.state, func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return finding{What: "state", OK: true, Text: fmt.Sprintf("%.1f MB in %s", float64(size)/1e6, p.state)}
}
