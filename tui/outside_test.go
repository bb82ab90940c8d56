package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

func TestTheClipboardThatIsMeantIsAsked(t *testing.T) {
	for name, tt := range map[string]struct {
		goos string
		env  map[string]string
		want string
	}{
		"on a Mac":                 {goos: "darwin", want: "pbcopy"},
		"under Wayland and X":      {goos: "linux", env: map[string]string{"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, want: "wl-copy xclip xsel"},
		"in WSL":                   {goos: "linux", env: map[string]string{"WSL_DISTRO_NAME": "Debian"}, want: "clip.exe"},
		"on a console":             {goos: "linux", want: ""},
		"in tmux":                  {goos: "linux", env: map[string]string{"TMUX": "/tmp/tmux,1,0", "DISPLAY": ":0"}, want: "xclip xsel tmux"},
		"in tmux over SSH":         {goos: "linux", env: map[string]string{"TMUX": "/tmp/tmux,1,0", "DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}, want: "tmux"},
		"over SSH the other one's": {goos: "darwin", env: map[string]string{"SSH_TTY": "/dev/pts/1"}, want: ""},
	} {
		var got []string
		for _, argv := range clipboards(tt.goos, func(k string) string { return tt.env[k] }) {
			got = append(got, argv[0])
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %q, want %q", name, s, tt.want)
		}
	}
}

func TestWhatATerminalCannotTakeIsNotSent(t *testing.T) {
	if _, ok := clipboardSequence(strings.Repeat("x", 60_000), false); ok {
		t.Error("more than terminals take was sent")
	}
	seq, ok := clipboardSequence("hello", true)
	if !ok || !strings.Contains(seq, ansi.SetSystemClipboard("hello")) || !strings.Contains(seq, "\x1bPtmux;") {
		t.Errorf("in tmux both are asked, not %q", seq)
	}
}

func TestEveryEditorIsToldTheLineInItsOwnWay(t *testing.T) {
	for line, want := range map[string]string{
		"vim":           "vim +call cursor(41,7) a.go",
		"nano":          "nano +41,7 a.go",
		"code --wait":   "code --wait --goto a.go:41:7",
		"codium":        "codium --goto a.go:41:7",
		"/usr/bin/zed":  "/usr/bin/zed a.go:41:7",
		"hx":            "hx a.go:41:7",
		"goland":        "goland --line 41 a.go",
		"emacs -nw":     "emacs -nw +41:7 a.go",
		"an-editor -x":  "an-editor -x a.go",
		"":              "vi +call cursor(41,7) a.go",
		"sublime_text ": "sublime_text a.go",
	} {
		if diff := cmp.Diff(want, strings.Join(editorArgs(line, "a.go", 41, 7), " ")); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
	if got := strings.Join(editorArgs("vim", "a.go", 0, 0), " "); got != "vim a.go" {
		t.Errorf("without a line: %s", got)
	}
	if got := strings.Join(pagerArgs("less -R", "log.txt", 12), " "); got != "less -R +12 log.txt" {
		t.Errorf("the pager: %s", got)
	}
	if got := strings.Join(pagerArgs("less", "log.txt", -1), " "); got != "less +G log.txt" {
		t.Errorf("the pager at the end: %s", got)
	}
}

// program is a terminal whose program echoes what is typed.
type program struct {
	io.Reader
	io.Writer
	typed *bytes.Buffer
	out   *io.PipeWriter
}

func newProgram() *program {
	r, w := io.Pipe()
	typed := &bytes.Buffer{}
	return &program{Reader: r, Writer: io.MultiWriter(typed, w), typed: typed, out: w}
}

func (p *program) Close() error          { return p.out.Close() }
func (p *program) Resize(int, int) error { return nil }

func TestATerminalIsGivenBackByItsKeyAlone(t *testing.T) {
	for name, end := range map[string]string{"plain": "\x1d", "kitty": "\x1b[93;5u", "xterm": "\x1b[27;5;93~"} {
		t.Run(name, func(t *testing.T) {
			p := newProgram()
			var out bytes.Buffer
			s := &session{ctx: context.Background(), name: "api", terminal: p, key: "ctrl+]"}
			s.SetStdin(strings.NewReader("ls\x03\x1b[A" + end + "never typed"))
			s.SetStdout(&out)
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			if got := p.typed.String(); got != "ls\x03\x1b[A" {
				t.Errorf("the program was typed %q", got)
			}
			if !strings.Contains(out.String(), "ctrl+] comes back") || !strings.HasSuffix(out.String(), ResetTerminal+"\x1b[?1049l\x1b]2;\a") {
				t.Errorf("the terminal was written %q", out.String())
			}
		})
	}
}

func TestATerminalBeginsWithWhatItsProgramSaidLast(t *testing.T) {
	dir := t.TempDir()
	store, err := logs.Open(dir, logs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if got := lastLines(dir, "api", 0, 10); got != "" {
		t.Errorf("of no log: %q", got)
	}
	w, err := store.Writer("api")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(logs.Out, []byte("of a run before\none\ntwo\n\x1b[31mthree\x1b[0m\x1b]0;title\a\nname? "))
	if err := errors.Join(err, w.Flush()); err != nil {
		t.Fatal(err)
	}
	for rows, want := range map[int]string{10: "one\r\ntwo\r\nthree\r\nname? ", 2: "three\r\nname? ", -1: ""} {
		if diff := cmp.Diff(want, lastLines(dir, "api", 1, rows)); diff != "" {
			t.Errorf("%d rows: %s", rows, diff)
		}
	}
}

func TestATerminalIsGivenBackWhenItsProgramEnds(t *testing.T) {
	p := newProgram()
	_ = p.Close()
	in, keep := io.Pipe()
	defer keep.Close()
	s := &session{ctx: context.Background(), name: "api", terminal: p, key: "ctrl+]"}
	s.SetStdin(in)
	s.SetStdout(io.Discard)
	done := make(chan error, 1)
	go func() { done <- s.Run() }()
	_, _ = keep.Write([]byte("one more key"))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
