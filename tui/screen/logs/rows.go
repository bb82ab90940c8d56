package logs

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// contextLines are read before a window, so that a stack trace is known whose
// head is above it: up to mostContext of them while all may be of the stacks of many
// goroutines.
const (
	contextLines = 48
	mostContext  = 4096
)

// textLimit is how much of a line the view can show.
const textLimit = 8 << 10

// sameTime is how far the time that a line says of itself may be from its arrival
// and still be the same for who reads it: many programs print whole seconds.
const sameTime = 2 * time.Second

// rowMaker makes rows of lines: everything that costs time, done off the loop.
type rowMaker struct {
	root   string
	breaks map[int64]string // above which line of a single log a run begins
	// loose rows are shown each for itself: a filter tears traces apart.
	loose  bool
	traces map[string]*trace
}

type trace struct {
	grouper parse.Grouper
	head    logview.ID
	part    int   // frames so far that say something
	own     bool  // the first one of Go in the workspace is shown
	frames  []int // their rows, since the last one that concluded something
}

// idle lines of a stack trace say nothing.
func idle(text string) bool {
	return strings.HasPrefix(text, "goroutine ") || strings.HasPrefix(text, "stack backtrace") ||
		strings.HasPrefix(text, "Traceback (most recent") || strings.Trim(text, " ~^=") == ""
}

// rows makes the rows of lines, the first skip of which are context only.
func (m *rowMaker) rows(lines []line, skip int) []logview.Row {
	m.traces = map[string]*trace{}
	rows := make([]logview.Row, 0, len(lines))
	for _, l := range lines {
		rows = append(rows, m.row(l, rows))
	}
	if !m.loose {
		foldGroups(rows)
	}
	return slices.Clip(rows[skip:])
}

// concluded folds what is above the frames that a conclusion comes from: shown
// are those right above it, and itself.
func (t *trace) concluded(before []logview.Row, deepest bool) (part int) {
	if deepest {
		for i, at := range t.frames {
			before[at].Part = logview.Folded
			if left := len(t.frames) - i; left <= 2 {
				before[at].Part = 3 - left
			}
		}
	}
	t.frames = t.frames[:0]
	return 1
}

// only shows, of the frames so far, the one in hand: its function, and its place.
func (t *trace) only(before []logview.Row) {
	for _, at := range t.frames[:len(t.frames)-1] {
		before[at].Part = logview.Folded
	}
	before[t.frames[len(t.frames)-2]].Part = 1
}

// own says whether a line is the place of a frame of Go, below its function, in a
// file of the workspace.
func (m *rowMaker) own(text string) bool {
	place := strings.TrimLeft(text, " \t")
	rest, ok := strings.CutPrefix(place, m.root+"/")
	return ok && len(place) < len(text) && m.root != "" && !strings.HasPrefix(rest, "vendor/") && strings.Contains(rest, ".go:")
}

// row makes the row of a line; before are those of the lines before it.
func (m *rowMaker) row(l line, before []logview.Row) logview.Row {
	text := parse.Clean(l.text)
	row := logview.Row{
		Pos: l.pos, ID: logview.ID{Source: l.source, N: l.n}, Time: l.time, Kind: logview.Kind(l.stream),
		Text: text.Plain, Open: l.open, Cut: max(0, l.size-int64(len(l.text))), Break: m.breaks[l.n],
	}
	for _, s := range text.Spans {
		row.Spans = append(row.Spans, logview.Span(s))
	}
	if l.stream == logs.Note {
		return row
	}
	t := m.traces[l.source]
	if t == nil {
		t = &trace{}
		m.traces[l.source] = t
	}
	switch n := t.grouper.Next(text.Plain); {
	case n == 0:
		t.head, t.part, t.own, t.frames = row.ID, 0, false, t.frames[:0]
	case m.loose || t.head == (logview.ID{}):
	case idle(text.Plain):
		row.Part, row.Group = logview.Idle, t.head
	default:
		t.part++
		row.Part, row.Group = min(t.part, logview.Folded), t.head
		if concludes, deepest := t.grouper.Concludes(); concludes {
			row.Part = t.concluded(before, deepest)
			break
		}
		t.frames = append(t.frames, len(before))
		if !t.own && len(t.frames) > 2 && m.own(text.Plain) {
			t.own = true
			row.Part = 2
			t.only(before)
		}
	}
	r := parse.Parse(text.Plain, l.time)
	row.Level = logview.Level(r.Level)
	if own, behind := parse.Stamp(text.Plain, l.time); behind < len(text.Plain) && own.Sub(l.time).Abs() < sameTime {
		row.Stamp = behind
	}
	if r.Format == parse.JSON || r.Format == parse.Logfmt {
		row.Structured, row.Format, row.Message = true, r.Format.String(), r.Message
		for _, f := range r.Fields {
			row.Fields = append(row.Fields, logview.Field(f))
		}
		row.Unfold = sync.OnceValue(func() []logview.Line { return m.unfold(r.Fields) })
	}
	row.Links = m.links(text.Plain)
	return row
}

// unfold is the fields of a line as lines of their own.
func (m *rowMaker) unfold(fields []parse.Field) []logview.Line {
	texts := detail(fields)
	lines := make([]logview.Line, len(texts))
	for i, text := range texts {
		lines[i] = logview.Line{Text: text, Links: m.links(text)}
	}
	return lines
}

// links are the places that a text names.
func (m *rowMaker) links(text string) []logview.Link {
	var found []logview.Link
	for _, loc := range parse.Locations(text) {
		found = append(found, logview.Link{Start: loc.Start, End: loc.End, URL: m.address(loc)})
	}
	return found
}

// address is where a place in a line leads.
func (m *rowMaker) address(l parse.Loc) string {
	if l.URL != "" {
		if u, err := url.Parse(l.URL); err == nil {
			return u.String() // with everything unusual escaped
		}
		return ""
	}
	path := l.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(m.root, path)
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return u.String()
}

// level is the level of a line, for counting.
func level(l line) parse.Level {
	if l.stream == logs.Note {
		return parse.Unknown
	}
	return parse.Parse(parse.Clean(l.text).Plain, time.Time{}).Level
}

// location is the first place in a file that a row names.
func location(root string, row logview.Row) (tasks.Location, bool) {
	for _, l := range parse.Locations(row.Text) {
		if l.File == "" {
			continue
		}
		file := l.File
		if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
			file = filepath.ToSlash(rel)
		}
		return tasks.Location{File: file, Line: l.Line, Column: l.Col}, true
	}
	return tasks.Location{}, false
}
