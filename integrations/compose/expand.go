package compose

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Program is what reads Compose files.
const Program = "sawhorse-compose"

// Request is what Program is asked on its standard input, as JSON.
type Request struct {
	Dir     string        `json:"dir"` // of the workspace
	Units   []config.Unit `json:"units"`
	Environ []string      `json:"environ"` // what the files may name
}

// Answer is what it says on its standard output, as JSON.
type Answer struct {
	Units    []config.Unit   `json:"units"` // with those of the files in the place of those that name them
	Files    []string        `json:"files"` // that were read; absolute
	Problems config.Problems `json:"problems,omitempty"`
}

// Reader finds out what the files of a request declare.
type Reader func(context.Context, Request) (Answer, error)

// Expand puts what Compose files declare in the place of the units that name
// them. A file that can't be read, or says what is not supported here, is an
// error of config.Problems, each with its file and line. Without such a unit
// nothing is asked.
func Expand(ctx context.Context, f *config.File, environ []string, read Reader) error {
	i := slices.IndexFunc(f.Units, func(u config.Unit) bool { return u.Compose != "" })
	if i < 0 {
		return nil
	}
	a, err := read(ctx, Request{Dir: f.Dir, Units: f.Units, Environ: environ})
	if err != nil {
		first := f.Units[i]
		return config.Problems{{Pos: first.Pos, Message: first.Compose + ": " + err.Error(), Hint: hint(err)}}
	}
	for _, part := range a.Files {
		if !slices.Contains(f.Files, part) {
			f.Files = append(f.Files, part)
		}
	}
	if len(a.Problems) > 0 {
		return a.Problems
	}
	f.Units = a.Units
	return nil
}

// errNoProgram is By's answer for a program that is not there.
var errNoProgram = errors.New(Program + ", which reads Compose files and comes with sawhorse, is not there")

func hint(err error) string {
	if errors.Is(err, errNoProgram) {
		return "install sawhorse again, with all that belongs to it: ./install.sh"
	}
	return ""
}

// patience is how long reading may take: a file may include others from a slow
// disk.
const patience = 30 * time.Second

// By reads with the program at path, or with that of its name on PATH.
func By(path string) Reader {
	return func(ctx context.Context, q Request) (Answer, error) {
		program, err := exec.LookPath(path)
		if err != nil {
			if program, err = exec.LookPath(Program); err != nil {
				return Answer{}, errNoProgram
			}
		}
		asked, err := json.Marshal(q)
		if err != nil {
			return Answer{}, err
		}
		ctx, enough := context.WithTimeout(ctx, patience)
		defer enough()
		cmd := exec.CommandContext(ctx, program)
		var said, wrong bytes.Buffer
		cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = q.Dir, bytes.NewReader(asked), &said, &wrong
		cmd.WaitDelay = time.Second
		var a Answer
		if err := cmd.Run(); err != nil {
			why := strings.Join(strings.Fields(wrong.String()), " ")
			return a, fmt.Errorf("%s: %s", Program, cmp.Or(why, err.Error()))
		}
		if err := json.Unmarshal(said.Bytes(), &a); err != nil {
			return a, fmt.Errorf("%s, of another version perhaps, gave an answer that can't be read: %w", program, err)
		}
		return a, nil
	}
}
