package paint

import (
	"fmt"
	"reflect"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// root stands between Bubble Tea and the model: it takes the model's views, and
// takes out what Bubble Tea would write to the terminal itself. Everything in it
// belongs to the goroutine of Bubble Tea's loop.
type root struct {
	model   tea.Model
	painter *painter
	inner   func(tea.Model, tea.Msg) tea.Msg
	// exec is the type of the message that tea.Exec sends.
	exec reflect.Type
}

func newRoot(model tea.Model, p *painter, filter func(tea.Model, tea.Msg) tea.Msg) *root {
	return &root{model: model, painter: p, inner: filter, exec: reflect.TypeOf(tea.Exec(nil, nil)())}
}

// Init starts the model.
func (r *root) Init() tea.Cmd {
	defer r.painter.closeOnPanic()
	return r.guard(r.model.Init())
}

// filter sees a message before Bubble Tea does: what is to be written goes to
// the painter, and before anybody else gets the terminal it is given back.
func (r *root) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	defer r.painter.closeOnPanic()
	if r.inner != nil {
		msg = r.inner(r.model, msg)
	}
	if m, ok := msg.(tea.RawMsg); ok {
		r.painter.send(fmt.Sprint(m.Msg))
		return nil
	}
	if seq := request(msg); seq != "" {
		r.painter.send(seq)
		return nil
	}
	switch {
	case msg == tea.ClearScreen():
		r.painter.set(func(f *frame) { f.redraws++ })
		return nil
	case r.lends(msg):
		r.painter.release()
	}
	return msg
}

// request is what a request of Bubble Tea asks the terminal; empty: it is none.
func request(msg tea.Msg) string {
	switch msg {
	case tea.RequestBackgroundColor():
		return ansi.RequestBackgroundColor
	case tea.RequestForegroundColor():
		return ansi.RequestForegroundColor
	case tea.RequestCursorColor():
		return ansi.RequestCursorColor
	case tea.RequestTerminalVersion():
		return ansi.RequestNameVersion
	case tea.RequestCursorPosition():
		return ansi.RequestCursorPositionReport
	case tea.ReadClipboard():
		return ansi.RequestSystemClipboard
	case tea.ReadPrimaryClipboard():
		return ansi.RequestPrimaryClipboard
	}
	return ""
}

// lends says whether the terminal is somebody else's between filter and Update:
// Bubble Tea runs the program, or is stopped, in between.
func (r *root) lends(msg tea.Msg) bool {
	_, suspends := msg.(tea.SuspendMsg)
	return suspends || reflect.TypeOf(msg) == r.exec
}

// Update hands the message to the model, and keeps what it tells of the terminal.
func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	defer r.painter.closeOnPanic()
	p := r.painter
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.set(func(f *frame) { f.w, f.h = msg.Width, msg.Height })
	case tea.ColorProfileMsg:
		p.set(func(f *frame) { f.profile = msg.Profile })
	case tea.ModeReportMsg:
		p.set(func(f *frame) { f.report(msg) })
	case tea.KeyPressMsg, tea.MouseClickMsg, tea.PasteMsg:
		p.ask()
	default:
		if r.lends(msg) {
			p.restore()
		}
	}
	var cmd tea.Cmd
	r.model, cmd = r.model.Update(msg)
	return r, r.guard(cmd)
}

// View gives the model's view to the painter. Bubble Tea throws it away.
func (r *root) View() tea.View {
	defer r.painter.closeOnPanic()
	v := r.model.View()
	r.painter.paint(v)
	return v
}

// guard gives the terminal back before a panic in a command is reported, so that
// the report can be read.
func (r *root) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		defer r.painter.closeOnPanic()
		msg := cmd()
		// Batches and sequences, whose type Bubble Tea keeps to itself.
		if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() {
			for i := range v.Len() {
				if c, ok := reflect.TypeAssert[*tea.Cmd](v.Index(i).Addr()); ok {
					*c = r.guard(*c)
				}
			}
		}
		return msg
	}
}
