package tui_test

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
)

// nasty are texts that a program may have printed into a name or a message.
func nasty() []string {
	return []string{
		"plain", "", "ünïcödé", "漢字漢字漢字漢字漢字", "👩‍👩‍👧‍👦 family", "\x1b[2J\x1b]0;owned\x07", "tab\there", "line\nbreak\r\n",
		"\u202eright to left", "\xff\xfe bad", "a very long text that goes on and on and on and on and on and on and on and on and on", "\x00\x9b31m",
	}
}

// TestNoSequenceOfKeysAndEventsLeavesTheScreen holds the picture's bounds (which
// tuitest checks after every message) against anything.
func TestNoSequenceOfKeysAndEventsLeavesTheScreen(t *testing.T) {
	keys := []string{
		"up", "down", "left", "right", "enter", "esc", "tab", "shift+tab", "space", "pgup", "pgdown", "home", "end", "backspace", "delete",
		"s", "r", "l", "w", "e", "y", "z", "b", "a", "d", "D", "K", "R", "U", "T", "M", "o", "O", "f", "F", "c", "x", ":", "/", "?", ".", ",", "<", ">",
		"1", "2", "3", "4", "5", "6", "7", "g", "G", "j", "k", "n", "N", "v", "m", "t", "i", "H", "&", "@", "'", "\"", "{", "}", "C", "X", "h", "q", "ctrl+u", "ctrl+w", "p", "p", "P", "é", "漢",
	}
	t.Setenv("VISUAL", "vi")
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "TMUX"} {
		t.Setenv(name, "")
	}
	t.Setenv("TMPDIR", t.TempDir()) // of texts for the pager
	rapid.Check(t, func(rt *rapid.T) {
		type step struct {
			what, a, b, c int
		}
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{rapid.IntRange(0, 9).Draw(t, "what"), rapid.IntRange(0, 999).Draw(t, "a"), rapid.IntRange(0, 999).Draw(t, "b"), rapid.IntRange(0, 99).Draw(t, "c")}
		}), 1, 60).Draw(rt, "steps")
		inBubble(t, func(t *testing.T) {
			e := busy()
			store := keep(t, e)
			u := tuitest.New(t, 120, 36, e, tui.Options{Interactor: terminals{}})
			names := []string{"web", "api", "db", "worker", "docs", "test", "build", "train", "deploy"}
			for _, s := range steps {
				name, text := names[s.a%len(names)], nasty()[s.b%len(nasty())]
				switch s.what {
				case 0:
					u.Resize(s.a%210, s.b%60)
				case 1:
					u.Click(s.a%130, s.b%40)
				case 2:
					u.Wheel(s.a%130, s.b%40, s.c%7-3)
				case 3:
					id := e.Start(name, tasks.Cause{Kind: tasks.ByWatch, Files: []string{text}})
					e.Emit(tasks.ProbeFailed{ID: id, Error: text}, tasks.TestReported{ID: id, Test: tasks.TestResult{
						Suite: text, Name: text, Status: tasks.TestFailed, Message: text, Location: tasks.Location{File: text, Line: s.c}, Line: int64(s.c) - 1,
					}})
					if s.c%2 == 0 {
						e.Emit(tasks.RunEnded{ID: id, At: time.Now(), Status: tasks.Failed, Error: text, EndLine: 3})
					}
				case 4:
					e.Emit(tasks.NoticeRaised{Notice: tasks.Notice{ID: text, Severity: tasks.Warning, Source: text, Message: text, Hint: text, At: time.Now()}})
				case 5:
					u.Send(tea.PasteMsg{Content: text})
					printTo(t, e, store, name, text, "level=error msg=\""+text+"\"")
				case 6:
					u.Wait(time.Duration(s.c) * 40 * time.Millisecond)
				default:
					u.Press(keys[(s.a+s.b)%len(keys)])
				}
				if _, left := u.Left(); left {
					return
				}
			}
			u.Resize(80, 24)
			u.Wait(20 * time.Millisecond)
		})
	})
}
