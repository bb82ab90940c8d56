package tui

import (
	"encoding/json"

	tea "charm.land/bubbletea/v2"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
)

// logPane is the Logs tab.
type logPane struct{ version int }

func newLogPane() *logPane { return &logPane{} }

func (p *logPane) Open(dir string)                     {}
func (p *logPane) Close()                              {}
func (p *logPane) SetTheme(t theme.Theme)              { p.version++ }
func (p *logPane) SetSize(w, h int)                    {}
func (p *logPane) Show(sources []tasks.Task, vis bool) {}
func (p *logPane) Grew()                               {}
func (p *logPane) Update(msg tea.Msg) tea.Cmd          { return nil }
func (p *logPane) Actions() []action.Action            { return nil }
func (p *logPane) Scroll(n int)                        {}
func (p *logPane) Wheel(n int)                         {}
func (p *logPane) Mouse(m tea.MouseMsg, x, y int) tea.Cmd {
	return nil
}
func (p *logPane) Version() int                       { return p.version }
func (p *logPane) View(f screen.Frame) []string       { return f.Empty("no log", "") }
func (p *logPane) Flags(in *theme.Inks) (string, int) { return "", 0 }
func (p *logPane) Goto(key logs.Key, line int64)      {}
func (p *logPane) Typing() bool                       { return false }
func (p *logPane) Press(k tea.KeyPressMsg) tea.Cmd    { return nil }
func (p *logPane) Paste(text string) tea.Cmd          { return nil }
func (p *logPane) Recall(m json.RawMessage)           {}
func (p *logPane) Remembered() json.RawMessage        { return nil }
