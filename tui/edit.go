package tui

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/editor"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// place is the location that e opens; ok is false when there is none here.
func (s *Screen) place() (tasks.Location, bool) {
	if p, ok := s.testPlace(); ok {
		return p.Location, p.Location.File != ""
	}
	if s.focus == stripPane {
		a, _ := s.strip.selected()
		return a.Location, a.Location.File != ""
	}
	// Outside of the strip: the first failure of what is selected.
	name := s.target()
	for _, a := range s.alerts {
		if a.ID == s.opened && a.Task == name && a.Location.File != "" {
			return a.Location, true
		}
	}
	for _, a := range s.alerts {
		if a.Task == name && name != "" && a.Location.File != "" {
			return a.Location, true
		}
	}
	pos := s.state.Units[name].Task.Spec.Pos
	return tasks.Location{File: pos.File, Line: pos.Line, Column: pos.Column}, pos.File != ""
}

func (s *Screen) noPlace() string {
	if _, ok := s.place(); !ok {
		return "there is no file and line here"
	}
	return ""
}

func (s *Screen) editPlace() tea.Cmd {
	l, _ := s.place()
	return s.edit(l)
}

// editDeclaration opens the workspace file where the selection is declared.
func (s *Screen) editDeclaration() tea.Cmd {
	l := tasks.Location{File: "sawhorse.yml", Line: 1}
	if pos := s.state.Units[s.target()].Task.Spec.Pos; pos.File != "" {
		l = tasks.Location{File: pos.File, Line: pos.Line, Column: pos.Column}
	}
	return s.edit(l)
}

// edit opens a file of the workspace in the editor.
func (s *Screen) edit(l tasks.Location) tea.Cmd {
	path := l.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.state.Workspace.Root, filepath.FromSlash(path))
	}
	argv := editorArgs(s.editorLine(), path, l.Line, l.Column)
	return s.external(argv, windowed(argv[0]), l.String(), nil)
}

// external runs a program: one with a window of its own beside the screen, any
// other one in its place.
func (s *Screen) external(argv []string, window bool, what string, after func()) tea.Cmd {
	cmd := exec.CommandContext(s.ctx, argv[0], argv[1:]...)
	cmd.Dir = s.state.Workspace.Root
	failed := func(err error) tea.Msg {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return nil // it was there; how it ended is its own affair
		}
		return noticeMsg{tasks.Error, fmt.Sprintf("%s: %v; set $EDITOR to an editor that is there", strings.Join(argv, " "), err)}
	}
	if window {
		return func() tea.Msg {
			if err := cmd.Run(); err != nil {
				return failed(err)
			}
			return noticeMsg{tasks.Info, "opened " + what}
		}
	}
	return s.lent(guest{cmd}, func(err error) tea.Msg {
		if after != nil {
			after()
		}
		if err != nil {
			return failed(err)
		}
		return nil
	})
}

// editorLine is the editor's command line.
func (s *Screen) editorLine() string {
	line := cmp.Or(s.opt.Editor, os.Getenv("VISUAL"), os.Getenv("EDITOR"))
	switch {
	case line != "":
		return line
	case os.Getenv("TERM_PROGRAM") == "vscode":
		return "code"
	case runtime.GOOS == "windows":
		return "notepad"
	}
	for _, name := range []string{"nvim", "vim", "nano", "vi"} {
		if _, err := exec.LookPath(name); err == nil {
			return name
		}
	}
	return "vi"
}

// pagerLine is the pager's command line.
func (s *Screen) pagerLine() string {
	return cmp.Or(s.opt.Pager, os.Getenv("PAGER"), "less -R")
}

// pagerArgs is the command that shows a file from a line on, its end when at is
// negative.
func pagerArgs(line, path string, at int) []string {
	argv := strings.Fields(line)
	if len(argv) == 0 {
		argv = []string{"less", "-R"}
	}
	if filepath.Base(argv[0]) == "less" {
		switch {
		case at < 0:
			argv = append(argv, "+G")
		case at > 0:
			argv = append(argv, fmt.Sprintf("+%d", at))
		}
	}
	return append(argv, path)
}

// editorArgs is the command that opens a file at a line and column, in the way
// that the editor wants them.
func editorArgs(line, path string, at, column int) []string {
	argv := strings.Fields(line)
	if len(argv) == 0 {
		argv = []string{"vi"}
	}
	if at <= 0 {
		return append(argv, path)
	}
	name := strings.TrimSuffix(filepath.Base(argv[0]), ".exe")
	switch name {
	case "code-insiders", "codium", "cursor", "windsurf":
		return append(argv, "--goto", fmt.Sprintf("%s:%d:%d", path, at, max(column, 1)))
	case "subl", "zed", "zeditor", "micro":
		return append(argv, fmt.Sprintf("%s:%d:%d", path, at, max(column, 1)))
	case "idea", "goland", "pycharm", "webstorm":
		return append(argv, "--line", fmt.Sprint(at), path)
	}
	args, withPath := editor.AtPosition(at, column)(name, path)
	argv = append(argv, args...)
	if !withPath {
		argv = append(argv, path)
	}
	return argv
}

// windowed says whether the editor has a window of its own, so that the screen
// can stay.
func windowed(name string) bool {
	name = strings.TrimSuffix(filepath.Base(name), ".exe")
	return slices.Contains([]string{
		"code", "code-insiders", "codium", "cursor", "windsurf", "subl", "zed", "zeditor",
		"idea", "goland", "pycharm", "webstorm", "gedit", "notepad",
	}, name)
}
