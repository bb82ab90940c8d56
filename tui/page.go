package tui

import (
	"errors"
	"maps"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
	"github.com/sawhorse-dev/sawhorse/tui/widget/pager"
)

// page shows what a verb of the command line prints.
type page struct {
	title string
	text  string // empty while the verb runs
	wrong string // what it ended with
	pager pager.Pager
	patch bool // the text is a patch
}

// pageMsg is what a verb has printed.
type pageMsg struct {
	of    *page
	text  string
	wrong error
}

// pageVerbs are the verbs of the command line that print a page.
func (s *Screen) pageVerbs() []action.Action {
	off := ""
	if s.opt.Verb == nil {
		off = "this screen can't run verbs of the command line"
	}
	verb := func(word, title, usage string, complete func([]string) []string) action.Action {
		a := action.Action{
			ID: "verb." + word, Title: title, Group: "Commands", Verb: word, Disabled: off,
			Do: func() tea.Cmd { return s.openPage(word) },
		}
		if usage != "" {
			a.Args = &action.Args{
				Usage: usage, Complete: complete,
				Do: func(words []string) (tea.Cmd, error) { return s.openPage(append([]string{word}, words...)...), nil },
			}
		}
		return a
	}
	others := func(words []string) []string { return without(s.names(), words) }
	trust := verb("trust", "Let the workspace file run its commands", "", nil)
	trust.Writes = true
	trust.Confirm = &action.Confirm{
		Title: "Trust the workspace file?",
		Text:  "What it declares in " + s.state.Workspace.Root + " can then run on this machine. Read it first.",
		Yes:   "Trust it",
	}
	promote := verb("promote", "Move an alias of a registered model to a version", "MODEL@ALIAS [--version N]", func([]string) []string { return nil })
	promote.Writes = true
	return []action.Action{
		verb("ps", "What runs, what waits and why", "[NAME…]", others),
		verb("history", "Finished runs: why they began, how they ended, how long they took", "[NAME…]", others),
		verb("runs", "The latest runs of pipelines and trainings elsewhere", "[NAME]", others),
		verb("compare", "Compare trainings: only what differs between them", "RUN RUN…", func([]string) []string { return nil }),
		promote,
		verb("ask", "Ask another system what a tab of it shows", "NAME [QUESTION] [KEY=VALUE…]", func(words []string) []string {
			return only(words, sorted(maps.Keys(s.state.Providers)))
		}),
		verb("feedback", "How long you wait, and for what", "", nil),
		verb("doctor", "Check what this workspace needs of the machine", "", nil),
		verb("validate", "Check the workspace file", "", nil),
		verb("keys", "Every key, with your own bindings", "[WORD…]", func([]string) []string { return nil }),
		verb("version", "The version", "", nil),
		trust,
	}
}

// openPage runs a verb and shows what it prints.
func (s *Screen) openPage(words ...string) tea.Cmd {
	b := &page{title: "sawhorse " + strings.Join(words, " ")}
	s.overlay = b
	run, ctx := s.opt.Verb, s.ctx
	return func() tea.Msg {
		text, err := run(ctx, words)
		return pageMsg{b, text, err}
	}
}

// printed takes what a verb has printed, unless nobody looks any more.
func (s *Screen) printed(m pageMsg) {
	if s.overlay != overlay(m.of) {
		return
	}
	m.of.text = strings.TrimRight(m.text, "\n")
	if m.wrong != nil {
		m.of.wrong = m.wrong.Error()
	}
	if m.of.text == "" && m.of.wrong == "" {
		m.of.text = "It printed nothing."
	}
}

func (b *page) press(s *Screen, k tea.KeyPressMsg) tea.Cmd {
	switch key := k.String(); key {
	case "y":
		return s.copyText(b.text + "\n")
	case "esc", "enter", "q", "ctrl+c":
		s.overlay = nil
	default:
		b.pager.Press(key)
	}
	return nil
}

// patchInk is the colour of a line of a patch, which its first sign tells, too.
func patchInk(line string, in *theme.Inks) theme.Ink {
	switch {
	case strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "+++ "), strings.HasPrefix(line, "--- "):
		return in.Bold
	case strings.HasPrefix(line, "@@"):
		return in.Accent
	case strings.HasPrefix(line, "+"):
		return in.Succeeded
	case strings.HasPrefix(line, "-"):
		return in.Failed
	}
	return in.Text
}

func (b *page) paste(string)                      {}
func (b *page) scroll(n int)                      { b.pager.Move(n) }
func (b *page) click(s *Screen, _, _ int) tea.Cmd { s.overlay = nil; return nil }

func (b *page) view(s *Screen) []string {
	w := min(s.w-2, 120)
	if b.text == "" && b.wrong == "" {
		return dialog.Frame(b.title, "esc closes", []string{cell.NewLine(w-2).Put(s.ink.Muted, " …").String()}, w, s.ink)
	}
	var lines []string
	put := func(ink theme.Ink, text string) {
		for line := range strings.SplitSeq(text, "\n") {
			lines = append(lines, cell.NewLine(w-2).Put(ink, " "+cell.Clean(line)).String())
		}
	}
	switch {
	case b.patch:
		for line := range strings.SplitSeq(b.text, "\n") {
			put(patchInk(line, s.ink), strings.ReplaceAll(line, "\t", "    "))
		}
	case b.text != "":
		put(s.ink.Text, b.text)
	}
	if b.wrong != "" { // what to do next stands at the end of its lines
		for line := range strings.SplitSeq("✖ "+b.wrong, "\n") {
			for i, part := range cell.Wrap(cell.Clean(line), w-7) {
				put(s.ink.Failed, pick(i > 0, "    ", "")+part)
			}
		}
	}
	body := b.pager.View(lines, w-2, max(1, min(len(lines), s.h-6)))
	return dialog.Frame(b.title, "↑↓ scroll  y copy  esc closes", body, w, s.ink)
}

// down asks, and leaves the screen with everything stopped.
func (s *Screen) down() action.Action {
	return action.Action{
		ID: "verb.down", Title: "Stop everything and the host, and leave", Group: "Commands", Verb: "down", Writes: true, Dangerous: true,
		Confirm: &action.Confirm{
			Title: "Stop everything in " + s.state.Workspace.Name + " and leave?",
			Text:  "Stops " + s.runningNames() + " in " + s.state.Workspace.Root + ", and the host with it.",
			Yes:   "Stop and leave",
		},
		Do: func() tea.Cmd {
			s.result.StopAll = true
			return tea.Quit
		},
	}
}

// logWords reads "worker since=5m level=warn grep=re where=filter" as names and
// what their log is opened with. What follows where= is all of the filter.
func logWords(words []string) (names []string, wish map[string]string, err error) {
	wish = map[string]string{}
	for i, w := range words {
		name, value, ok := cutAssign(w)
		switch {
		case !ok:
			names = append(names, strings.FieldsFunc(w, func(r rune) bool { return r == '|' || r == ',' })...)
		case name == "where":
			wish[name] = strings.Join(append([]string{value}, words[i+1:]...), " ")
			return names, wish, nil
		case name == "since" || name == "level" || name == "grep":
			wish[name] = value
		default:
			return nil, nil, errors.New("write since=5m, level=warn, grep=RE or where=FILTER, not " + w)
		}
	}
	return names, wish, nil
}

// logsVerb shows a log, or several, as the words wish.
func (s *Screen) logsVerb(words []string) (tea.Cmd, error) {
	words, wish, err := logWords(words)
	if err != nil {
		return nil, err
	}
	names, unknown := s.state.Names(words)
	switch {
	case unknown != "":
		return nil, s.unknown(unknown)
	case len(names) == 0:
		return nil, errors.New("which? name services, tasks or groups")
	}
	tab := s.detail.logs.tab
	aim, err := tab.Aim(wish["since"], wish["level"], wish["grep"], wish["where"])
	if err != nil {
		return nil, err
	}
	return tea.Batch(s.showLog(names...), s.follow(), s.detail.logs.did(aim())), nil
}

func (s *Screen) completeLogs(words []string) []string {
	all := without(s.names(), words)
	if len(words) == 0 {
		return all
	}
	return append([]string{"since=5m", "level=warn", "level=error", "grep=", "where="}, all...)
}
