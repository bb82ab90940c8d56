//go:build linux || darwin

package paint

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// person sits at a terminal: a real one, with an emulator at its other end.
type person struct {
	t           *testing.T
	master, tty *os.File
	before      *unix.Termios

	mu     sync.Mutex
	screen *vt.Emulator
	raw    bytes.Buffer
}

func sit(t *testing.T, w, h int) *person {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, master: master, tty: tty, screen: vt.NewEmulator(w, h)}
	p.resize(w, h)
	p.before = p.termios()
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 32<<10)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			p.mu.Lock()
			p.raw.Write(buf[:n])
			_, _ = p.screen.Write(buf[:n])
			p.mu.Unlock()
		}
	})
	// What the emulator answers comes as keys do.
	wg.Go(func() { _, _ = io.Copy(master, p.screen) })
	t.Cleanup(func() {
		_ = tty.Close()
		if answers, ok := p.screen.InputPipe().(io.Closer); ok {
			_ = answers.Close()
		}
		_ = master.Close()
		wg.Wait()
	})
	return p
}

func (p *person) termios() *unix.Termios {
	p.t.Helper()
	state, err := unix.IoctlGetTermios(int(p.tty.Fd()), ioctlGetTermios)
	if err != nil {
		p.t.Fatal(err)
	}
	return state
}

func (p *person) resize(w, h int) {
	p.t.Helper()
	p.mu.Lock()
	p.screen.Resize(w, h)
	p.mu.Unlock()
	if err := pty.Setsize(p.tty, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)}); err != nil {
		p.t.Fatal(err)
	}
	// The terminal is not this process' own, so the kernel signals nobody.
	_ = syscall.Kill(os.Getpid(), syscall.SIGWINCH)
}

func (p *person) press(keys string) { _, _ = io.WriteString(p.master, keys) }

// written is everything that was written to the terminal.
func (p *person) written() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.raw.String()
}

// text is what is seen.
func (p *person) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.String()
}

// showsAll says whether exactly the view is seen.
func (p *person) showsAll(content string, w, h int, m ansi.Method) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Equal(wanted(content, w, h, m), picture(p.screen, w, h))
}

func (p *person) inAltScreen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.IsAltScreen()
}

func (p *person) wait(what string, holds func() bool) {
	p.t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			p.t.Fatalf("it never came that %s; the terminal shows\n%s\nafter %q", what, p.text(), p.written())
		case <-tick.C:
		}
	}
}

func (p *person) sees(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%q is seen", text), func() bool { return strings.Contains(p.text(), text) })
}

// hasTheTerminalBack checks that nothing is left of the program.
func (p *person) hasTheTerminalBack() {
	p.t.Helper()
	for _, seq := range []string{
		ansi.ResetModeAltScreenSaveCursor, ansi.SetModeTextCursorEnable, ansi.ResetModeBracketedPaste, ansi.ResetModeFocusEvent,
		ansi.ResetModeMouseButtonEvent, ansi.PopKittyKeyboard(1), ansi.ResetModifyOtherKeys, ansi.SetWindowTitle(""),
	} {
		p.wait(fmt.Sprintf("%q is written", seq), func() bool { return strings.Contains(p.written(), seq) })
	}
	p.wait("the first screen is back", func() bool { return !p.inAltScreen() })
	p.cooked()
	raw := p.written()
	for on, off := range map[string]string{
		ansi.SetModeAltScreenSaveCursor: ansi.ResetModeAltScreenSaveCursor,
		ansi.SetModeMouseButtonEvent:    ansi.ResetModeMouseButtonEvent,
		ansi.PushKittyKeyboard(1):       ansi.PopKittyKeyboard(1),
		ansi.SetModeUnicodeCore:         ansi.ResetModeUnicodeCore,
	} {
		if n, m := strings.Count(raw, on), strings.Count(raw, off); n != m {
			p.t.Errorf("%q was set %d times and taken back %d times", on, n, m)
		}
	}
}

func (p *person) cooked() {
	p.t.Helper()
	if diff := cmp.Diff(p.before, p.termios()); diff != "" {
		p.t.Errorf("the terminal is not as it was (-before +after):\n%s", diff)
	}
}

// model shows what it is told.
type model struct {
	content string
	w, h    int
	views   int
	panics  bool
	update  func(*model, tea.Msg) tea.Cmd
}

type (
	contentMsg string
	quitMsg    struct{}
)

func (m *model) Init() tea.Cmd { return nil }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case contentMsg:
		m.content = string(msg)
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case quitMsg:
		return m, tea.Quit
	}
	if m.update != nil {
		return m, m.update(m, msg)
	}
	return m, nil
}

func (m *model) View() tea.View {
	if m.panics {
		panic("oh")
	}
	m.views++
	v := tea.NewView(m.content)
	v.ReportFocus, v.MouseMode, v.WindowTitle = true, tea.MouseModeCellMotion, "a title"
	return v
}

// running is a program that was started on a person's terminal.
type running struct {
	ended chan error
	stop  context.CancelFunc
	send  chan tea.Msg
}

// start runs the model until it quits; what is sent comes in its own time.
func (p *person) start(m *model, o Options) *running {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.t.Context(), time.Minute)
	r := &running{ended: make(chan error, 1), stop: stop, send: make(chan tea.Msg)}
	o.Input, o.Output = p.tty, p.tty
	if o.Env == nil {
		o.Env = []string{"TERM=xterm-256color"}
	}
	if o.Profile == nil {
		o.Profile = new(colorprofile.TrueColor)
	}
	next := func() tea.Msg {
		select {
		case msg := <-r.send:
			return msg
		case <-ctx.Done():
			return nil
		}
	}
	update := m.update
	m.update = func(m *model, msg tea.Msg) tea.Cmd {
		var cmds []tea.Cmd
		switch msg.(type) {
		case tea.EnvMsg, contentMsg: // the environment comes first
			cmds = append(cmds, next)
		}
		if update != nil {
			cmds = append(cmds, update(m, msg))
		}
		return tea.Batch(cmds...)
	}
	go func() {
		defer stop()
		_, err := Run(ctx, m, o)
		r.ended <- err
	}()
	return r
}

func (p *person) leave(r *running) {
	p.t.Helper()
	r.send <- quitMsg{}
	if err := <-r.ended; err != nil {
		p.t.Error(err)
	}
}

func TestAPersonSeesTheViewAndGetsTheTerminalBack(t *testing.T) {
	p := sit(t, 60, 12)
	_, _ = io.WriteString(p.tty, "$ sawhorse\r\n")
	m := &model{content: "one ● 日本"}
	r := p.start(m, Options{})
	p.sees("one ● 日本")
	if !p.inAltScreen() {
		t.Error("drawn over what was there")
	}
	r.send <- contentMsg("two\n\x1b[1mthree\x1b[m")
	p.sees("three")
	p.wait("the terminal shows the view", func() bool {
		return p.showsAll("two\n\x1b[1mthree\x1b[m", 60, 12, ansi.GraphemeWidth)
	})
	p.leave(r)
	p.hasTheTerminalBack()
	p.sees("$ sawhorse")
	if m.w != 60 || m.h != 12 {
		t.Errorf("the model was told %dx%d", m.w, m.h)
	}
}

func TestKeysArriveAtOnceAndTheTerminalEchoesNothing(t *testing.T) {
	p := sit(t, 40, 5)
	r := p.start(&model{content: "none", update: func(m *model, msg tea.Msg) tea.Cmd {
		if k, ok := msg.(tea.KeyPressMsg); ok {
			m.content = "pressed " + k.String()
		}
		return nil
	}}, Options{})
	p.sees("none")
	for _, key := range []string{"a", "z", "ctrl+c", "up"} {
		p.press(map[string]string{"ctrl+c": "\x03", "up": "\x1b[A"}[key])
		if len(key) == 1 {
			p.press(key)
		}
		p.sees("pressed " + key)
	}
	p.leave(r)
	p.hasTheTerminalBack()
}

func TestTheTerminalIsGivenBackWhenTheContextEnds(t *testing.T) {
	p := sit(t, 40, 5)
	r := p.start(&model{content: "text"}, Options{})
	p.sees("text")
	r.stop()
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
	p.hasTheTerminalBack()
}

func TestAResizeStormEndsWithTheViewOfTheLastSize(t *testing.T) {
	p := sit(t, 80, 24)
	fill := func(m *model, msg tea.Msg) tea.Cmd {
		if _, ok := msg.(tea.WindowSizeMsg); ok {
			line := strings.Repeat("abcdefghij", m.w/10+1)[:m.w]
			m.content = strings.TrimSuffix(strings.Repeat(line+"\n", m.h), "\n")
		}
		return nil
	}
	r := p.start(&model{update: fill}, Options{})
	p.sees("abcdefghij")
	for i := range 60 {
		p.resize(20+(i*37)%100, 5+(i*13)%40)
	}
	p.resize(50, 10)
	want := strings.TrimSuffix(strings.Repeat(strings.Repeat("abcdefghij", 5)+"\n", 10), "\n")
	p.wait("the last size is drawn", func() bool { return p.showsAll(want, 50, 10, ansi.WcWidth) })
	p.leave(r)
	p.hasTheTerminalBack()
}

func TestAProgramIsLentTheTerminalAndTheScreenComesBack(t *testing.T) {
	p := sit(t, 60, 8)
	r := p.start(&model{content: "the screen", update: func(_ *model, msg tea.Msg) tea.Cmd {
		if k, ok := msg.(tea.KeyPressMsg); ok && k.String() == "e" {
			// It reads a line, so it needs a terminal that gathers lines.
			return tea.ExecProcess(exec.CommandContext(t.Context(), "sh", "-c", "echo editor; read line; echo got $line; read line; stty raw"), func(err error) tea.Msg {
				return contentMsg(fmt.Sprintf("back with %v", err))
			})
		}
		return nil
	}}, Options{})
	p.sees("the screen")
	p.press("e")
	p.sees("editor")
	p.cooked()
	if p.inAltScreen() {
		t.Error("the editor is drawn on the program's screen")
	}
	p.press("words\r")
	p.sees("got words")
	p.press("\r")
	p.sees("back with <nil>")
	if !p.inAltScreen() {
		t.Error("the screen is not back")
	}
	p.leave(r)
	// Also after a program that left the terminal raw.
	p.hasTheTerminalBack()
}

func TestQuestionsAndSequencesAreSentAtOnceAndAnswered(t *testing.T) {
	p := sit(t, 40, 5)
	r := p.start(&model{content: "asked", update: func(m *model, msg tea.Msg) tea.Cmd {
		switch msg := msg.(type) {
		case tea.KeyPressMsg:
			return tea.Sequence(tea.RequestBackgroundColor, tea.Raw("\x1b]0;raw\x07"))
		case tea.BackgroundColorMsg:
			m.content = fmt.Sprint("dark: ", msg.IsDark())
		}
		return nil
	}}, Options{})
	p.sees("asked")
	p.press("?")
	p.sees("dark: true")
	p.wait("the sequence is there", func() bool { return strings.Contains(p.written(), "\x1b]0;raw\x07") })
	if n := strings.Count(p.written(), ansi.RequestBackgroundColor); n != 1 {
		t.Errorf("asked %d times", n)
	}
	p.leave(r)
}

func TestAFloodIsDrawnOnceAFrameAndNothingWhenNothingChanges(t *testing.T) {
	p := sit(t, 40, 5)
	const every = 50 * time.Millisecond
	m := &model{content: "0"}
	r := p.start(m, Options{Every: every})
	p.sees("0")
	start := time.Now()
	const n = 2000
	for i := range n {
		r.send <- contentMsg(fmt.Sprint("news ", i))
	}
	r.send <- contentMsg("the last")
	p.sees("the last")
	frames := int(time.Since(start)/every) + 2
	shown := strings.Count(p.written(), "news ") + strings.Count(p.written(), "the last")
	if shown == 0 || shown > frames {
		t.Errorf("%d frames of %d changes in %v", shown, n, time.Since(start))
	}
	before := len(p.written())
	for range 100 {
		r.send <- contentMsg("the last")
	}
	r.send <- contentMsg("the very last")
	p.sees("the very last")
	if more := p.written()[before:]; len(more) > 60 {
		t.Errorf("100 times nothing new and then two words: %q", more)
	}
	p.leave(r)
}

func TestWhatAKeyBringsAboutIsDrawnAtOnce(t *testing.T) {
	p := sit(t, 40, 5)
	told := make(chan struct{}, 3)
	m := &model{content: "0", update: func(m *model, msg tea.Msg) tea.Cmd {
		switch msg := msg.(type) {
		case tea.KeyPressMsg:
			m.content += msg.String()
		case contentMsg:
			told <- struct{}{}
		}
		return nil
	}}
	r := p.start(m, Options{Every: time.Hour})
	p.sees("0")
	for i := range 3 {
		// What comes by itself waits its hour, and is drawn with the answer.
		r.send <- contentMsg(fmt.Sprintf("news %d ", i))
		<-told // a key may be faster
		p.press("x")
		p.sees(fmt.Sprintf("news %d x", i))
	}
	p.leave(r)
}

func TestATerminalThatTakesNothingDoesNotKeepTheProgram(t *testing.T) {
	in, keys := io.Pipe()
	stuck := &stuckWriter{writing: make(chan struct{}), free: make(chan struct{})}
	p := newPainter(&terminal{in: in, out: stuck}, Options{Every: time.Millisecond, Profile: new(colorprofile.ASCII), Env: []string{"TERM=x"}})
	<-stuck.writing
	ended := make(chan struct{})
	go func() { defer close(ended); p.close() }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("it does not end")
	}
	close(stuck.free)
	<-p.done
	_ = keys.Close()
}

type stuckWriter struct {
	once          sync.Once
	writing, free chan struct{}
}

func (w *stuckWriter) Write(b []byte) (int, error) {
	w.once.Do(func() { close(w.writing) })
	<-w.free
	return len(b), nil
}
