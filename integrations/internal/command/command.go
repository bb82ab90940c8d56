// Package command reads a task's command as the words of one program, so that
// an integration can change it, and writes it back. It leaves alone whatever
// needs a shell to be understood.
package command

import (
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Line is one program with its arguments, and the variables set for it alone.
type Line struct {
	Env   map[string]string
	Words []string
}

// Read is the command of a unit: its argv, or its shell line when that is one
// plain command: no pipe, no list, no substitution, no pattern.
func Read(u config.Unit) (Line, bool) {
	words := u.Command
	if u.Run != "" {
		var ok bool
		if words, ok = split(u.Run, quotes(u.Shell)); !ok {
			return Line{}, false
		}
	}
	return line(words, u.Run != "")
}

// Split reads a line for a POSIX shell as Read does.
func Split(text string) (Line, bool) {
	words, ok := split(text, true)
	if !ok {
		return Line{}, false
	}
	return line(words, true)
}

var assignment = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_]*=`)

func line(words []string, shell bool) (Line, bool) {
	l := Line{Words: slices.Clone(words)}
	for shell && len(l.Words) > 0 && assignment().MatchString(l.Words[0]) {
		name, value, _ := strings.Cut(l.Words[0], "=")
		if l.Env == nil {
			l.Env = map[string]string{}
		}
		l.Env[name], l.Words = value, l.Words[1:]
	}
	return l, len(l.Words) > 0
}

// With is the unit with these words as its command.
func (l Line) With(u config.Unit, words []string) config.Unit {
	u.Run, u.Command = "", words
	if len(l.Env) > 0 {
		env := maps.Clone(u.Env)
		if env == nil {
			env = map[string]string{}
		}
		maps.Copy(env, l.Env)
		u.Env = env
	}
	return u
}

// Without is the unit with no command: nothing is left to do.
func Without(u config.Unit) config.Unit {
	u.Run, u.Command = "", nil
	return u
}

// quotes says whether a shell knows 'these' and "these".
func quotes(shell []string) bool {
	if len(shell) == 0 {
		return true
	}
	switch strings.TrimSuffix(path.Base(filepath.ToSlash(shell[0])), ".exe") {
	case "sh", "bash", "dash", "zsh", "ksh", "ash", "busybox":
		return true
	}
	return false
}

// split cuts a line at its blanks; false: it means more than its words.
func split(text string, quotes bool) (words []string, ok bool) {
	var word strings.Builder
	var quote byte
	open := false // a word is begun, be it an empty one in quotes
	for i := range len(text) {
		c := text[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && c != '"':
			if quote == '"' && strings.IndexByte("$`\\!", c) >= 0 {
				return nil, false
			}
			word.WriteByte(c)
		case quote != 0:
			quote = 0
		case c == '\'' || c == '"':
			if !quotes {
				return nil, false
			}
			quote, open = c, true
		case c == ' ' || c == '\t':
			if open {
				words = append(words, word.String())
				word.Reset()
				open = false
			}
		case strings.IndexByte("|&;<>()$`\\*?[]{}~#!\n\r%^", c) >= 0:
			return nil, false
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if quote != 0 {
		return nil, false
	}
	if open {
		words = append(words, word.String())
	}
	return words, true
}

// Program is the name of a program, without its directory and ".exe".
func Program(word string) string {
	return strings.TrimSuffix(path.Base(filepath.ToSlash(word)), ".exe")
}

// In is a line to be typed in a workspace's directory that runs in one below.
func In(root, dir, line string) string {
	rel, err := filepath.Rel(root, dir)
	if err != nil || rel == "." {
		return line
	}
	return "(cd " + config.ShellWord(filepath.ToSlash(rel)) + " && " + line + ")"
}
