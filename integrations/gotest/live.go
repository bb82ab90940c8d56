package gotest

import (
	"os"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// live has `go test` of a task tell of each test as it goes on: of several packages it
// prints nothing of one, with -v neither, before that package is over, so that nobody
// could be shown which test hangs.
//
// The flag is put into the one command, not into GOFLAGS, which would change what
// `go vet` and `go build` of the same task print, too, and the go commands that a
// test runs. A command that says -json or -json=false itself has it as it says.
func live(t tasks.Task) (tasks.Live, bool) {
	v, ok := dissect(t)
	if !ok || v.verb != "test" || v.head[len(v.head)-1] != "test" {
		return tasks.Live{}, false
	}
	prints := how{local: v.implied}
	for _, w := range slices.Concat(v.everywhere(), v.flags) {
		if !strings.HasPrefix(w, "-") {
			continue
		}
		name, value, valued := strings.Cut(strings.TrimLeft(w, "-"), "=")
		switch {
		case slices.Contains(silent(), name), strings.HasPrefix(name, "test."):
			return tasks.Live{}, false
		case name == "v" && valued && value != "true" && value != "1":
			return tasks.Live{}, false
		case name == "v":
			prints.verbose = true
		}
	}
	return tasks.Live{
		Spec: v.telling(),
		Read: func(s tasks.LineSink) tasks.LiveReader { return newTeller(t, s, prints) },
	}, true
}

// everywhere are the flags that GOFLAGS gives to each go command.
func (v invocation) everywhere() []string {
	for _, env := range []map[string]string{v.line.Env, v.unit.Env} {
		if flags, given := env["GOFLAGS"]; given {
			return strings.Fields(flags)
		}
	}
	return strings.Fields(os.Getenv("GOFLAGS"))
}

// silent are the flags with which go test runs no tests, prints as it goes on, or has
// been told how to print.
func silent() []string {
	return []string{"json", "bench", "c", "fuzz", "h", "help", "list", "n", "x"}
}

// telling is the command with -json. A shell's line stays one: its shell may be the
// one that finds the go command.
func (v invocation) telling() config.Unit {
	const flag = "-json"
	before := len(v.head)
	if before < len(v.line.Words) { // -C is taken as the first flag only
		switch name, _, valued := strings.Cut(strings.TrimLeft(v.line.Words[before], "-"), "="); {
		case name != "C":
		case valued:
			before++
		default:
			before = min(before+2, len(v.line.Words))
		}
	}
	words := slices.Insert(slices.Clone(v.line.Words), before, flag)
	u := v.unit
	if u.Run == "" {
		u.Command = words
		return u
	}
	at := 0
	for range len(v.line.Env) + before {
		rest := strings.TrimLeft(u.Run[at:], " \t")
		at = len(u.Run) - len(rest) + len(firstWord(rest))
	}
	u.Run = u.Run[:at] + " " + flag + u.Run[at:]
	if line, ok := command.Read(u); ok && slices.Equal(line.Words, words) {
		return u
	}
	return v.line.With(v.unit, words) // something in front of it is quoted
}
