// Package integrations says what an integration is: what it is called, how it
// finds out that a directory is its business, and what it offers there. It
// knows no system itself; each has a folder of its own, listed in all.
package integrations

import (
	"context"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Definition describes an integration before anything is connected.
type Definition struct {
	// Name is one word, the folder's: "gotest". Title is for people.
	Name, Title string
	// Detect reads, and never runs, what a directory declares. nil: it detects
	// nothing.
	Detect func(ctx context.Context, dir string) ([]Evidence, error)
	// Parse begins to read the output of one run; nil: it finds nothing there.
	Parse func(t tasks.Task, s tasks.Sink) Reader
	// Only makes the command that runs just the named tests of a task; false: the
	// task's command is not its tool's. nil: its tool can't.
	Only func(t tasks.Task, names []tasks.TestName) (config.Unit, bool)
}

// Reader is given every line of a run, in order, without its newline and its
// colours, and reports at once what it finds: nothing tells it of the end. It
// says whether the line is one of its own, which no other reader is then given.
// A line that is not must cost next to nothing: a task can print millions.
type Reader func(line string) (own bool)

// Unit is what can be run, as the workspace file declares it.
type Unit = config.Unit

// Evidence is one thing that was found in a directory, and what follows from it.
type Evidence struct {
	// By is the name of the integration that found it; the asker fills it in.
	By string
	// Where is the file, relative to the directory, with :line where it helps.
	Where string
	// What was found, for people: "3 scripts", "Go module example.com/shop".
	What string
	// Units are what can be run. Name, Kind, Autostart (of services) and one of
	// Run and Command are set, and what else is known.
	Units []config.Unit
	// Left names what was found but not taken over, and why.
	Left []string
}
