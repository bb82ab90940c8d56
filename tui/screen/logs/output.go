package logs

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/clipperhouse/displaywidth"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// What the tab asks of the root, which owns the clipboard and the terminal.
type (
	// Copy asks to put a text on the clipboard; Lines is how many it has.
	Copy struct {
		Text  string
		Lines int
	}
	// OpenPlace asks for the editor at a place in a file.
	OpenPlace struct{ Location tasks.Location }
	// OpenText asks for the pager, or the editor, on a file at a line. The file
	// is the root's to delete when that program has ended.
	OpenText struct {
		Path  string
		Line  int
		End   bool // its end is what is looked at
		Pager bool
	}
	// Stream asks to print these logs to the terminal's own scrollback until the
	// user comes back.
	Stream struct {
		Keys   []logs.Key
		Filter string
	}
)

// copyLimit is how much goes to the clipboard at once.
const copyLimit = 1 << 20

// copySelection reads the selected lines as they were printed; characters of one
// line are copied as they are shown.
func (t *Tab) copySelection() tea.Cmd {
	from, to := t.view.Selection()
	if t.src == nil || from >= to {
		return nil
	}
	src, ctx := t.src, t.ctx
	picked := t.view.Picked()
	t.view.Unselect()
	if picked != "" {
		t.note = "copied " + count(characters(picked), "character")
		return func() tea.Msg { return Copy{Text: picked, Lines: 1} }
	}
	return func() tea.Msg {
		var b strings.Builder
		n, cut := 0, false
		err := scan(ctx, src, from, to, false, func(l line) bool {
			if b.Len()+len(l.text) > copyLimit && n > 0 {
				cut = true
				return false
			}
			if n > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(parse.Strip(l.text))
			n++
			return true
		})
		switch {
		case err != nil:
			return done{of: of{tab: t}, note: "copy: " + err.Error()}
		case n == 0:
			return done{of: of{tab: t}, note: "nothing to copy: the lines are gone"}
		}
		note := fmt.Sprintf("copied %s", count(int64(n), "line"))
		if cut {
			note += fmt.Sprintf(" of %d: a clipboard takes 1 MB; export the rest with X", to-from)
		}
		return done{of: of{tab: t}, note: note, then: Copy{Text: b.String(), Lines: n}}
	}
}

// export writes what the filter shows to a file.
func (t *Tab) export(path string) tea.Cmd {
	if t.src == nil {
		return nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.target.root, path)
	}
	src, ctx := t.src, t.ctx
	t.note = "exporting…"
	return func() tea.Msg {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return done{of: of{tab: t}, note: "export: " + err.Error() + "; choose another name"}
		}
		n, err := write(ctx, f, src)
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return done{of: of{tab: t}, note: "export: " + err.Error()}
		}
		return done{of: of{tab: t}, note: fmt.Sprintf("exported %s to %s", count(n, "line"), path)}
	}
}

// exportName is what is proposed to export to.
func (t *Tab) exportName(now time.Time) string {
	name := "logs"
	if len(t.target.keys) == 1 {
		name = strings.Map(func(r rune) rune {
			if strings.ContainsRune(`/\:*?"<>|# `, r) {
				return '-'
			}
			return r
		}, string(t.target.keys[0]))
	}
	return name + now.Format("-20060102-150405") + ".log"
}

// openText writes what is shown to a temporary file for the pager or the editor.
func (t *Tab) openText(pager bool) tea.Cmd {
	if t.src == nil {
		return nil
	}
	src, ctx, at, end := t.src, t.ctx, t.view.CursorPos(), t.view.Following()
	t.note = "preparing…"
	return func() tea.Msg {
		f, err := os.CreateTemp("", "sawhorse-*.log")
		if err != nil {
			return done{of: of{tab: t}, note: "open: " + err.Error()}
		}
		b, err := src.bounds()
		if err == nil {
			_, err = write(ctx, f, src)
		}
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			_ = os.Remove(f.Name()) // of no use
			return done{of: of{tab: t}, note: "open: " + err.Error()}
		}
		return done{of: of{tab: t}, then: OpenText{Path: f.Name(), Line: int(at-b.First) + 1, End: end, Pager: pager}}
	}
}

// write writes all lines of a source as they were printed, without escape
// sequences.
func write(ctx context.Context, w io.Writer, src source) (n int64, err error) {
	b, err := src.bounds()
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(w, 256<<10)
	err = scan(ctx, src, b.First, b.End, false, func(l line) bool {
		n++
		_, _ = out.WriteString(parse.Strip(l.text)) // Flush returns the error
		return out.WriteByte('\n') == nil
	})
	if e := out.Flush(); e != nil {
		err = e
	}
	return n, err
}

func count(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	if strings.HasSuffix(word, "h") {
		word += "e"
	}
	return grouped(n) + " " + word + "s"
}

// characters are those that a reader sees.
func characters(text string) int64 {
	n := int64(0)
	for g := displaywidth.StringGraphemes(text); g.Next(); {
		n++
	}
	return n
}

// grouped is a number with a gap between thousands.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}
