package tui

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// oscLimit is the most base64 that terminals take in one OSC 52: xterm and tmux
// drop longer ones without a word.
const oscLimit = 74_994

// copyTimeout is how long a clipboard program may take.
const copyTimeout = 2 * time.Second

// clipboards are the programs that may put text on the clipboard, best first.
// Over SSH those of the system are at the wrong end. tmux takes no clipboard from
// what a program in it prints, unless it was told to; from its own client it does,
// and with -w it hands it on to the terminal around it.
func clipboards(goos string, env func(string) string) [][]string {
	var all [][]string
	if env("SSH_TTY") == "" && env("SSH_CONNECTION") == "" {
		all = systemClipboards(goos, env)
	}
	if env("TMUX") != "" {
		all = append(all, []string{"tmux", "load-buffer", "-w", "-"})
	}
	return all
}

func systemClipboards(goos string, env func(string) string) [][]string {
	switch goos {
	case "darwin":
		return [][]string{{"pbcopy"}}
	case "windows":
		return [][]string{{"clip.exe"}}
	}
	var all [][]string
	if env("WAYLAND_DISPLAY") != "" {
		all = append(all, []string{"wl-copy"})
	}
	if env("DISPLAY") != "" {
		all = append(all, []string{"xclip", "-in", "-selection", "clipboard"}, []string{"xsel", "--input", "--clipboard"})
	}
	if env("WSL_DISTRO_NAME") != "" {
		all = append(all, []string{"clip.exe"})
	}
	return all
}

// clipboardSequence asks the terminal to take the text; in tmux both tmux and
// the terminal around it are asked. ok is false when the text is too long.
func clipboardSequence(text string, inTmux bool) (seq string, ok bool) {
	if base64.StdEncoding.EncodedLen(len(text)) > oscLimit {
		return "", false
	}
	seq = ansi.SetSystemClipboard(text)
	if inTmux {
		seq += ansi.TmuxPassthrough(seq)
	}
	return seq, true
}

// copied says what was copied.
func copied(text string) string {
	n := strings.Count(strings.TrimSuffix(text, "\n"), "\n") + 1
	if n == 1 {
		return "copied: " + cell.Cut(text, 60)
	}
	return fmt.Sprintf("copied %d lines", n)
}

// copyText puts text on the clipboard: by a program of the system, else by the
// terminal.
func (s *Screen) copyText(text string) tea.Cmd {
	ctx := s.ctx
	return func() tea.Msg {
		for _, argv := range clipboards(runtime.GOOS, os.Getenv) {
			if pipe(ctx, argv, text) == nil {
				return noticeMsg{tasks.Info, copied(text)}
			}
		}
		seq, ok := clipboardSequence(text, os.Getenv("TMUX") != "")
		if !ok {
			return noticeMsg{tasks.Warning, fmt.Sprintf("%d KB is more than a terminal's clipboard takes: copy less, or export to a file", len(text)/1000)}
		}
		return tea.Sequence(tea.Raw(seq), func() tea.Msg {
			return noticeMsg{tasks.Info, copied(text) + " (through the terminal)"}
		})()
	}
}

func pipe(ctx context.Context, argv []string, text string) error {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, copyTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, argv[1:]...)
	cmd.Stdin = bytes.NewReader([]byte(text))
	return cmd.Run()
}

// selectedText is what y copies outside of the log: the alert or test as
// file:line: message, the run's error, the command.
func (s *Screen) selectedText() string {
	if p, ok := s.testPlace(); ok {
		return p.Text
	}
	if s.focus == stripPane {
		if a, ok := s.strip.selected(); ok {
			return placed(a.Location, a.Title+": "+a.Message)
		}
	}
	if r, ok := s.resource(); ok {
		if r.URL != "" {
			return r.URL
		}
		return r.ID.Native()
	}
	u, ok := s.state.Units[s.target()]
	switch {
	case !ok:
		return ""
	case u.Task.Spec.Run != "":
		return u.Task.Spec.Run
	case len(u.Task.Spec.Command) > 0:
		return strings.Join(u.Task.Spec.Command, " ")
	}
	return u.Task.Name
}

func placed(l tasks.Location, text string) string {
	if l.File == "" {
		return text
	}
	return l.String() + ": " + text
}

func (s *Screen) nothingToCopy() string {
	if s.selectedText() == "" {
		return "nothing is selected"
	}
	return ""
}

func (s *Screen) copySelected() tea.Cmd { return s.copyText(s.selectedText()) }
