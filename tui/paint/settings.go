package paint

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// setting is one thing that a view changes in the terminal, and how it is taken
// back. The zero value is what a terminal is by itself.
type setting struct {
	on, off string
	// stacked settings are taken back before another value is set.
	stacked bool
}

// What a view sets, in the order in which it is set; it is taken back in the
// other one. The keyboard comes after the screen, since each screen has its own.
const (
	altScreen = iota
	unicodeCore
	keyboard
	paste
	focus
	mouse
	title
	cursorStyle
	cursorColor
	foreground
	background
	progress
	settingCount
)

type settings [settingCount]setting

// settingsOf are the settings that a view asks for.
func settingsOf(v tea.View) settings {
	s := settings{
		altScreen: {on: ansi.SetModeAltScreenSaveCursor, off: ansi.ResetModeAltScreenSaveCursor},
		keyboard: {
			on:      ansi.SetModifyOtherKeys2 + ansi.PushKittyKeyboard(keyboardFlags(v.KeyboardEnhancements)) + ansi.RequestKittyKeyboard,
			off:     ansi.ResetModifyOtherKeys + ansi.PopKittyKeyboard(1),
			stacked: true,
		},
		foreground: colour(v.ForegroundColor, ansi.SetForegroundColor, ansi.ResetForegroundColor),
		background: colour(v.BackgroundColor, ansi.SetBackgroundColor, ansi.ResetBackgroundColor),
		mouse:      mouseSetting(v.MouseMode),
		progress:   progressSetting(v.ProgressBar),
	}
	if !v.DisableBracketedPasteMode {
		s[paste] = setting{on: ansi.SetModeBracketedPaste, off: ansi.ResetModeBracketedPaste}
	}
	if v.ReportFocus {
		s[focus] = setting{on: ansi.SetModeFocusEvent, off: ansi.ResetModeFocusEvent}
	}
	if v.WindowTitle != "" {
		s[title] = setting{on: ansi.SetWindowTitle(v.WindowTitle), off: ansi.SetWindowTitle("")}
	}
	if c := v.Cursor; c != nil {
		style := int(c.Shape)*2 + 1
		if !c.Blink {
			style++
		}
		s[cursorStyle] = setting{on: ansi.SetCursorStyle(style), off: ansi.SetCursorStyle(0)}
		s[cursorColor] = colour(c.Color, ansi.SetCursorColor, ansi.ResetCursorColor)
	}
	return s
}

// to is what turns a terminal with these settings into one with the next ones.
func (s settings) to(next settings) string {
	if s == next {
		return ""
	}
	var b strings.Builder
	for i, old := range slices.Backward(s[:]) {
		if old != next[i] && (next[i].on == "" || old.stacked) {
			b.WriteString(old.off)
		}
	}
	for i, wanted := range next {
		if wanted != s[i] {
			b.WriteString(wanted.on)
		}
	}
	return b.String()
}

func keyboardFlags(k tea.KeyboardEnhancements) int {
	flags := ansi.KittyDisambiguateEscapeCodes
	if k.ReportEventTypes {
		flags |= ansi.KittyReportEventTypes
	}
	if k.ReportAlternateKeys {
		flags |= ansi.KittyReportAlternateKeys
	}
	if k.ReportAllKeysAsEscapeCodes {
		flags |= ansi.KittyReportAllKeysAsEscapeCodes
	}
	if k.ReportAssociatedText {
		flags |= ansi.KittyReportAssociatedKeys
	}
	return flags
}

func mouseSetting(m tea.MouseMode) setting {
	s := setting{off: ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseAnyEvent + ansi.ResetModeMouseExtSgr, stacked: true}
	switch m {
	case tea.MouseModeCellMotion:
		s.on = ansi.SetModeMouseButtonEvent + ansi.SetModeMouseExtSgr
	case tea.MouseModeAllMotion:
		s.on = ansi.SetModeMouseAnyEvent + ansi.SetModeMouseExtSgr
	default:
		return setting{}
	}
	return s
}

func progressSetting(p *tea.ProgressBar) setting {
	s := setting{off: ansi.ResetProgressBar}
	if p == nil {
		return setting{}
	}
	switch p.State {
	case tea.ProgressBarDefault:
		s.on = ansi.SetProgressBar(p.Value)
	case tea.ProgressBarError:
		s.on = ansi.SetErrorProgressBar(p.Value)
	case tea.ProgressBarIndeterminate:
		s.on = ansi.SetIndeterminateProgressBar
	case tea.ProgressBarWarning:
		s.on = ansi.SetWarningProgressBar(p.Value)
	default:
		return setting{}
	}
	return s
}

func colour(c color.Color, set func(string) string, reset string) setting {
	if c == nil {
		return setting{}
	}
	r, g, b, _ := c.RGBA()
	return setting{on: set(fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)), off: reset}
}
