package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// tail prints the logs of a workspace, merged by time, as far as they have
// grown; the engine says how far that is.
type tail struct {
	dir     string
	out     *bufio.Writer // flushed when all that is known is printed
	only    []string      // task names; nil: all
	json    bool
	clock   bool // the time of its arrival before each line
	color   bool
	prefix  bool // name each line's source
	want    func(line, source string) bool
	start   func(*tailSource) error // where a log begins; nil: with its first line
	sources map[logs.Key]*tailSource
	width   int
	names   map[logs.Key]string // what a log is called before its lines, where that is not its key

	searching sync.WaitGroup
}

type tailSource struct {
	key  logs.Key
	r    *logs.Reader
	next int64
	end  int64
	// limit ends it before its end, when limited.
	limit   int64
	limited bool
	buf     []logs.Line
	// hits come from a search over what was stored before; nil: none, or done.
	hits <-chan []logs.Line
}

func (a *app) newTail(p place, out io.Writer) *tail {
	return &tail{
		dir: logDir(p), out: bufio.NewWriterSize(out, 64<<10), json: a.json, prefix: true,
		color:   isTerminal(out) && os.Getenv("NO_COLOR") == "" && !a.plain,
		sources: map[logs.Key]*tailSource{},
	}
}

// about says whether it prints what a task says.
func (t *tail) about(task string) bool { return len(t.only) == 0 || slices.Contains(t.only, task) }

// update prints what came since the last call.
func (t *tail) update(s *tasks.State) error {
	for _, name := range s.Order {
		if !t.about(name) {
			continue
		}
		key := logs.Key(name)
		end, grown := s.Lines[key]
		if !grown {
			continue
		}
		if _, err := t.source(key); err != nil {
			return err
		}
		t.sources[key].end = max(t.sources[key].end, end)
	}
	return t.flush(false)
}

// rest prints what the logs have beyond what the host has told: a host that
// leaves tells no more of the last lines.
func (t *tail) rest() error {
	for _, src := range t.sources {
		_, end, err := src.r.Bounds()
		if err != nil {
			return fmt.Errorf("read the log of %s: %w", src.key, err)
		}
		src.end = max(src.end, end)
	}
	return t.flush(true)
}

// source is the open log of a task, from its beginning or from where start puts it.
func (t *tail) source(key logs.Key) (*tailSource, error) {
	if src := t.sources[key]; src != nil {
		return src, nil
	}
	src, err := t.open(key)
	if err != nil {
		return nil, err
	}
	if t.start != nil {
		return src, t.start(src)
	}
	return src, nil
}

// open opens a log at its beginning.
func (t *tail) open(key logs.Key) (*tailSource, error) {
	r, err := logs.OpenReader(t.dir, key)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", key, err)
	}
	src := &tailSource{key: key, r: r}
	t.sources[key] = src
	t.width = max(t.width, len(t.name(key)))
	return src, nil
}

// openAll opens the logs that are on disk, also of tasks that said nothing to
// this host.
func (t *tail) openAll(s *tasks.State) error {
	keys, err := logs.Keys(t.dir)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if _, known := s.Units[string(key)]; !known || !t.about(string(key)) {
			continue
		}
		if _, err := t.source(key); err != nil {
			return err
		}
	}
	return nil
}

// flush prints whole lines up to what is known, oldest first over all sources.
// last: also lines that have no newline yet.
func (t *tail) flush(last bool) error {
	for {
		var oldest *tailSource
		for _, src := range t.sources {
			ok, err := src.fill(last)
			if err != nil {
				return err
			}
			if ok && (oldest == nil || src.buf[0].Time.Before(oldest.buf[0].Time) ||
				src.buf[0].Time.Equal(oldest.buf[0].Time) && src.key < oldest.key) {
				oldest = src
			}
		}
		if oldest == nil {
			return t.out.Flush()
		}
		if err := t.print(oldest.key, oldest.buf[0]); err != nil {
			return err
		}
		oldest.buf = oldest.buf[1:]
	}
}

// printed is how many lines are read at a time.
const printed = 512

// fill reads on when nothing is left, and says whether a line is there.
func (src *tailSource) fill(last bool) (bool, error) {
	for src.hits != nil && len(src.buf) == 0 {
		var more bool
		if src.buf, more = <-src.hits; !more {
			src.hits = nil
		}
	}
	end := src.end
	if src.limited {
		end = min(end, src.limit)
	}
	if len(src.buf) == 0 && src.next < end {
		lines, err := src.r.Lines(src.next, int(min(printed, end-src.next)), 0, nil)
		if err != nil {
			return false, fmt.Errorf("read the log of %s: %w", src.key, err)
		}
		for i := range lines {
			lines[i].Text = slices.Clone(lines[i].Text)
		}
		if n := len(lines); n > 0 {
			if lines[0].N > src.next && src.next > 0 {
				gap := lines[0]
				gap.Stream, gap.Text = logs.Note, fmt.Appendf(nil, "%d lines dropped here", lines[0].N-src.next)
				src.buf = append(src.buf, gap)
			}
			if lines[n-1].Open && !last {
				lines = lines[:n-1]
			}
			if n = len(lines); n > 0 {
				src.next = lines[n-1].N + 1
			}
			src.buf = append(src.buf, lines...)
		}
	}
	return len(src.buf) > 0, nil
}

// tailLine is a line as --json prints it.
type tailLine struct {
	Time   time.Time `json:"time"`
	Source string    `json:"source"`
	Line   int64     `json:"line"`
	Stream string    `json:"stream"`
	Text   string    `json:"text"`
	Cut    bool      `json:"cut,omitempty"`
	// Level is what the line says of itself, Message and Fields what a JSON or
	// logfmt line is made of.
	Level   string            `json:"level,omitempty"`
	Message string            `json:"message,omitempty"`
	Fields  map[string]string `json:"fields,omitempty"`
}

// readInto adds what can be read in the line.
func (l *tailLine) readInto() {
	r := parse.Parse(parse.Clean(l.Text).Plain, l.Time)
	if r.Level != parse.Unknown {
		l.Level = r.Level.String()
	}
	if r.Format != parse.JSON && r.Format != parse.Logfmt {
		return
	}
	l.Message, l.Fields = r.Message, map[string]string{}
	for _, f := range r.Fields {
		l.Fields[f.Key] = f.Value
	}
}

func (t *tail) print(key logs.Key, l logs.Line) error {
	text := string(l.Text)
	if t.want != nil && !t.want(text, string(key)) {
		return nil
	}
	if t.json {
		data := tailLine{
			Time: l.Time, Source: string(key), Line: l.N, Stream: streamName(l.Stream),
			Text: ansi.Strip(text), Cut: l.Size > int64(len(l.Text)),
		}
		if l.Stream != logs.Note {
			data.readInto()
		}
		return json.NewEncoder(t.out).Encode(data)
	}
	if l.Size > int64(len(l.Text)) {
		var err error
		if text, err = t.whole(key, l); err != nil {
			return err
		}
	}
	text = safeText(text, t.color)
	if l.Stream == logs.Note {
		text = "── " + text
	}
	if t.clock {
		text = l.Time.Local().Format("15:04:05.000") + " " + text
	}
	var err error
	if t.prefix {
		_, err = fmt.Fprintf(t.out, "%-*s │ %s\n", t.width, t.name(key), text)
	} else {
		_, err = fmt.Fprintln(t.out, text)
	}
	return err
}

// longestPrinted bounds the memory that one line may take.
const longestPrinted = 64 << 20

// whole is a line that is longer than what is read of many lines: a report of one
// line, which somebody takes in behind a pipe, is worth nothing without its end.
func (t *tail) whole(key logs.Key, l logs.Line) (string, error) {
	lines, err := t.sources[key].r.Lines(l.N, 1, int(min(l.Size, longestPrinted)), nil)
	if err != nil {
		return "", fmt.Errorf("read the log of %s: %w", key, err)
	}
	if len(lines) == 0 || lines[0].N != l.N { // dropped meanwhile
		return string(l.Text) + " … the rest is dropped", nil
	}
	if more := lines[0].Size - int64(len(lines[0].Text)); more > 0 {
		return fmt.Sprintf("%s … %d bytes more", lines[0].Text, more), nil
	}
	return string(lines[0].Text), nil
}

// reach prints what a run that has ended said, also where the host has told of its
// end and not yet of its last lines.
func (t *tail) reach(r tasks.Run) error {
	if r.Log != logs.Key(r.Task) || r.EndLine <= 0 {
		return nil
	}
	src, err := t.source(r.Log)
	if err != nil || src.end >= r.EndLine {
		return err
	}
	src.end = r.EndLine
	return t.flush(false)
}

// tell prints a line of our own among those of a task, after what is printed of
// it so far.
func (t *tail) tell(name, text string) error {
	_, err := fmt.Fprintf(t.out, "%-*s │ ── %s\n", t.width, name, safeText(text, t.color))
	return err
}

// from begins every log at what has come since a moment.
func (t *tail) from(moment time.Time) {
	t.start = func(src *tailSource) error { return src.seek(-1, moment, time.Time{}, nil) }
}

// name is what a log is called before its lines.
func (t *tail) name(key logs.Key) string {
	if name := t.names[key]; name != "" {
		return name
	}
	return string(key)
}

func streamName(s logs.Stream) string {
	switch s {
	case logs.Err:
		return "stderr"
	case logs.Note:
		return "note"
	}
	return "stdout"
}

// hitBatch is how many hits are handed over at a time.
const hitBatch = 256

// search replaces reading what is stored by searching it, which is many times
// faster when little matches. A line with escapes is always a candidate, because
// they may stand inside of what is looked for; want decides.
func (t *tail) search(ctx context.Context, src *tailSource, pattern string) {
	end := src.end
	if src.limited {
		end = min(end, src.limit)
	}
	hits := make(chan []logs.Line, 4) // so that the search and the printing overlap
	q := logs.Query{Pattern: pattern, Also: "\x1b\r", From: src.next, To: end}
	src.hits, src.next = hits, max(src.next, end)
	if q.From >= q.To {
		close(hits)
		return
	}
	t.searching.Go(func() {
		defer close(hits)
		r, err := logs.OpenReader(t.dir, src.key)
		if err != nil {
			return
		}
		defer r.Close()
		var batch []logs.Line
		give := func() bool {
			if len(batch) == 0 {
				return true
			}
			select {
			case hits <- batch:
				batch = nil
				return true
			case <-ctx.Done():
				return false
			}
		}
		_ = r.Search(ctx, q, func(l logs.Line) bool {
			l.Text = slices.Clone(l.Text)
			batch = append(batch, l)
			return len(batch) < hitBatch || give()
		})
		give()
	})
}

func (t *tail) close() {
	defer t.searching.Wait()
	_ = t.flush(true)
	for _, src := range t.sources {
		_ = src.r.Close()
	}
}
