// Package secret finds tokens where people already keep them: a variable, a
// file, a command's output, netrc, git's credentials. It never writes one down
// and never asks a person.
package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// patience is how long another program may take to answer.
const patience = 20 * time.Second

// Resolve is the value that an option says where to find: "env:NAME",
// "file:PATH" or "command:LINE". The words of an error never have the value in them.
func Resolve(ctx context.Context, spec, dir string, getenv func(string) string) (string, error) {
	how, what, ok := strings.Cut(spec, ":")
	what = strings.TrimSpace(what)
	if !ok || what == "" {
		return "", wrong()
	}
	switch how {
	case "env":
		if v := strings.TrimSpace(getenv(what)); v != "" {
			return v, nil
		}
		return "", &tasks.StartError{Reason: fmt.Sprintf("the variable %s is not set", what), Hint: "set it before the host starts, or name another place"}
	case "file":
		if below, home := strings.CutPrefix(what, "~/"); home {
			what = filepath.Join(getenv("HOME"), below)
		}
		if !filepath.IsAbs(what) {
			what = filepath.Join(dir, what)
		}
		text, err := os.ReadFile(what)
		if err != nil {
			return "", &tasks.StartError{Reason: "read the token: " + err.Error(), Hint: "the file holds the token and nothing else"}
		}
		if v := strings.TrimSpace(string(text)); v != "" {
			return v, nil
		}
		return "", &tasks.StartError{Reason: fmt.Sprintf("the file %s is empty", what), Hint: "it holds the token and nothing else"}
	case "command":
		return command(ctx, what, dir)
	}
	return "", wrong()
}

// IsReference says whether an option's value says where a secret is, and is not the
// secret itself: "env:NAME", "file:PATH" or "command:LINE".
func IsReference(v string) bool {
	for _, prefix := range []string{"env:", "file:", "command:"} {
		if what, ok := strings.CutPrefix(v, prefix); ok && strings.TrimSpace(what) != "" {
			return true
		}
	}
	return false
}

// wrong does not repeat what was written: it may be the token itself.
func wrong() error {
	return &tasks.StartError{Reason: "the token does not say where it is found", Hint: "write env:NAME, file:PATH or command:LINE; a token itself does not belong into the file"}
}

func command(ctx context.Context, line, dir string) (string, error) {
	argv := []string{"sh", "-c", line}
	if runtime.GOOS == "windows" {
		argv = []string{"cmd", "/c", line}
	}
	out, err := Output(ctx, dir, nil, "", argv...)
	if err != nil {
		return "", &tasks.StartError{Reason: fmt.Sprintf("the command for the token failed: %v", err), Hint: "run it by hand: " + line}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	if first == "" {
		return "", &tasks.StartError{Reason: "the command for the token printed nothing", Hint: "run it by hand: " + line}
	}
	return strings.TrimSpace(first), nil
}

// Output runs a program that answers without a person, and returns what it
// printed. Its error has what the program complained of.
func Output(ctx context.Context, dir string, env []string, input string, argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out, complaint bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, strings.NewReader(input), &out, &complaint
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second // what it started may hold its output open
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return out.String(), nil
	}
	if said, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n"); said != "" {
		return "", fmt.Errorf("%w: %s", err, said)
	}
	return "", err
}

// Netrc is what netrc has for a host; empty: nothing.
func Netrc(host, home string, getenv func(string) string) (login, password string) {
	files := []string{filepath.Join(home, ".netrc"), filepath.Join(home, "_netrc")}
	if f := getenv("NETRC"); f != "" {
		files = []string{f}
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if login, password := netrc(string(text), host); password != "" {
			return login, password
		}
	}
	return "", ""
}

// netrc reads the machine of that name; what is said by default is for others.
func netrc(text, host string) (login, password string) {
	var lines []string
	inMacro := false
	for line := range strings.SplitSeq(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case inMacro: // up to an empty line
			inMacro = trimmed != ""
			continue
		case strings.HasPrefix(trimmed, "macdef"):
			inMacro = true
			continue
		case strings.HasPrefix(trimmed, "#"):
			continue
		}
		lines = append(lines, trimmed)
	}
	words := strings.Fields(strings.Join(lines, " "))
	ours := false
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "default":
			if ours && password != "" {
				return login, password
			}
			ours = false
		case "machine", "login", "password", "account":
			if i+1 == len(words) {
				return login, password
			}
			value := words[i+1]
			switch {
			case words[i] == "machine":
				if ours && password != "" {
					return login, password
				}
				ours, login, password = strings.EqualFold(value, host), "", ""
			case ours && words[i] == "login":
				login = value
			case ours && words[i] == "password":
				password = value
			}
			i++
		}
	}
	if !ours {
		return "", ""
	}
	return login, password
}

// Git is what git's credential helpers know of an address; empty: nothing. No
// helper may ask a person.
func Git(ctx context.Context, dir, scheme, host string) (login, password string) {
	env := []string{"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true", "SSH_ASKPASS=true", "GCM_INTERACTIVE=never"}
	out, err := Output(ctx, dir, env, "protocol="+scheme+"\nhost="+host+"\n\n", "git", "credential", "fill")
	if err != nil {
		return "", ""
	}
	for line := range strings.SplitSeq(out, "\n") {
		switch name, value, _ := strings.Cut(line, "="); name {
		case "username":
			login = value
		case "password":
			password = value
		}
	}
	return login, strings.TrimSpace(password)
}
