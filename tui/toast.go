package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// toast is a message that goes by itself.
type toast struct {
	severity tasks.Severity
	text     string
	until    time.Time
}

// How long a toast stays, by what it says.
const (
	infoToast  = 3 * time.Second
	errorToast = 7 * time.Second
	maxToasts  = 3
)

type (
	toastMsg struct{}
	// noticeMsg is a toast from a command.
	noticeMsg struct {
		severity tasks.Severity
		text     string
	}
)

// toast shows a message; the same one again only stays longer.
func (s *Screen) toast(v tasks.Severity, text string) tea.Cmd {
	stay := errorToast
	if v == tasks.Info {
		stay = infoToast
	}
	t := toast{v, text, s.now.Add(stay)}
	if n := len(s.toasts); n > 0 && s.toasts[n-1].text == text {
		s.toasts[n-1] = t
	} else {
		s.toasts = append(s.toasts, t)
		s.toasts = s.toasts[max(0, len(s.toasts)-maxToasts):]
	}
	return s.later(stay, toastMsg{})
}

// expireToasts is for toasts that were there before the program ran.
func (s *Screen) expireToasts() tea.Cmd {
	if len(s.toasts) == 0 {
		return nil
	}
	return s.later(errorToast, toastMsg{})
}

func (s *Screen) pruneToasts() {
	kept := s.toasts[:0]
	for _, t := range s.toasts {
		if t.until.After(s.now) {
			kept = append(kept, t)
		}
	}
	s.toasts = kept
}

// toastView is the lines of all toasts, newest last, in at most w cells.
func (s *Screen) toastView(w int) []string {
	var lines []string
	for _, t := range s.toasts {
		glyph, ink := "ℹ", s.ink.Info
		switch t.severity {
		case tasks.Error:
			glyph, ink = "✖", s.ink.Failed
		case tasks.Warning:
			glyph, ink = "▲", s.ink.Warning
		}
		text := cell.Wrap(t.text, w-7)
		if len(text) > 3 {
			text = append(text[:2:2], text[2]+" …")
		}
		for i, line := range text {
			if i > 0 {
				glyph = " "
			}
			back := s.ink.SelectedBlur
			lines = append(lines, cell.NewLine(min(w, longest(text)+6)).
				Put(ink, "▌").Put(back, " "+glyph+" "+line).Fill(back, 0).String())
		}
	}
	return lines
}

func longest(lines []string) int {
	n := 0
	for _, l := range lines {
		n = max(n, cell.Width(l))
	}
	return n
}
