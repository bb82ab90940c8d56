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
	// Marks are the files whose presence makes a directory its business, as
	// names or short paths with * (path.Match). A change of one detects anew.
	Marks []string
	// Below says whether it is also looked for in the directories below a
	// workspace's.
	Below Below
	// Detect reads, and never runs, what a directory declares. nil: it detects
	// nothing.
	Detect func(ctx context.Context, dir string) ([]Evidence, error)
	// Parse begins to read the output of one run; nil, or a nil Reader: it finds
	// nothing there.
	Parse func(t tasks.Task, s tasks.Sink) Reader
	// File reads a whole file of results that a task wrote; false: it is of
	// another kind. nil: it reads none.
	File func(t tasks.Task, text []byte, s tasks.Sink) bool
	// Curves begins to read a file of numbers over steps that a training writes while
	// it goes on; false: it is of another kind, by its path. nil: it reads none.
	Curves func(file string) (tasks.Growing, bool)
	// Narrow makes, once a host, what lets its tool do less than all of a task;
	// nil: the tool can't.
	Narrow func(s Surroundings) tasks.Narrower
	// Lacks says what a unit needs that was never installed here, as far as files
	// tell: it runs nothing. PATH is the unit's. nil: it knows of nothing.
	Lacks func(root string, u config.Unit, path string) (Lack, bool)
	// Writes says whether a file, relative to the workspace, is one that a unit's tool
	// writes by itself while it runs, and has taken into account then: a change of it
	// during a run begins no other. nil: there are none.
	Writes func(u config.Unit, file string) bool
	// Live changes a task's command so that its tool tells of each test while it runs,
	// not of each package when that is over; false: the command is another tool's, or
	// tells already, or is not to. nil: the tool can't.
	Live func(t tasks.Task) (tasks.Live, bool)
	// Options are what `integrations:` may say of one of its connections; checks and
	// docs (go test ./cmd/sawhorse -run Docs -update-docs) are made of them.
	Options []Option
	// Pins are what a task of the workspace file may say that one of its
	// connections runs, beside what every such task may: "workflow".
	Pins []Option
	// Connections are the systems to be reached from here: those that the
	// workspace declares, and those that the person has already (a socket, a
	// profile, a git remote). It reads files and variables, and asks nobody
	// anything: Connect does. nil: it connects to nothing.
	Connections func(ctx context.Context, p Place) ([]Connection, error)
}

// Option is a setting of a connection.
type Option struct {
	Name        string
	Description string
	Default     string // as the docs say it
	Choices     []string
	Required    bool
	// Secret options are never written down: their value says where to find them,
	// "env:NAME", "file:PATH" or "command:LINE".
	Secret bool
}

// Declared is one entry of `integrations:` that is this integration's.
type Declared struct {
	// Name is the connection's own: the key of the entry.
	Name    string
	Options map[string]string
}

// Place is what Connections may look at.
type Place struct {
	Dir      string // the workspace
	State    string // a directory for what is to be remembered; it may not exist yet
	Declared []Declared
	Getenv   func(string) string
	Home     string
}

// Connection is a system that can be reached.
type Connection = tasks.Connection

// Surroundings are what a host gives to those who find out what a change can
// affect. They are asked about trusted tasks only, and may ask their tool.
type Surroundings struct {
	// Aside runs work beside the runs; ctx ends with the host, which waits for
	// the work.
	Aside func(work func(ctx context.Context))
	// Env is the environment of a unit's process.
	Env func(u config.Unit) ([]string, error)
}

// Lack is what stands between a unit and a run that could succeed.
type Lack struct {
	// What is missing, in one sentence; Fix is the command that brings it.
	What, Fix string
}

// String has the command first: what stands behind it may be cut off.
func (l Lack) String() string { return "run `" + l.Fix + "`: " + l.What }

// Below says where an integration is looked for below the workspace's directory.
type Below int

// The answers.
const (
	// TopOnly: it has a meaning at the top alone.
	TopOnly Below = iota
	// Anywhere: each such directory stands for itself.
	Anywhere
	// Outermost: what is found in a directory covers those below it.
	Outermost
)

// Reader is given every line of a run, in order, without its newline and its
// colours, and reports at once what it finds: nothing tells it of the end. It
// says whether the line is one of its own, which no other reader is then given;
// n is the line's number in the log. A line that is not its own must cost next
// to nothing: a task can print millions.
type Reader func(n int64, line string) (own bool)

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
	// Run and Command are set, and what else is known; what is zero is the
	// file's default. Dir and files are relative to the directory. Pos is where
	// it is declared.
	Units []config.Unit
	// Usual is the word for a tool that offers the same everywhere: "go", "cargo". Where
	// somebody wrote a task of the same name down, the tool's has the word before it.
	// "": they are written down.
	Usual string
	// Files are what else was read, besides Where.
	Files []string
	// Below: it was found in a directory below the workspace's.
	Below bool
	// Left names what was found but not taken over, and why.
	Left []string
}
