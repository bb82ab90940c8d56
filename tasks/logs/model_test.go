package logs

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// model is a log as simple as can be: all lines in memory.
type model struct {
	lines []modelLine
	held  [2]modelHeld
	last  time.Time
}

type modelLine struct {
	stream Stream
	at     time.Time
	text   string // with its newline
	open   bool
}

type modelHeld struct {
	text  string
	since time.Time
}

func (m *model) write(s Stream, p string) {
	h := &m.held[s]
	end := strings.LastIndexByte(p, '\n') + 1
	if end == 0 && len(h.text)+len(p) > maxHeld {
		end = len(p)
	}
	if end > 0 {
		m.emit(s, p[:end])
	}
	if rest := p[end:]; rest != "" {
		if h.text == "" {
			h.since = time.Now()
		}
		h.text += rest
	}
}

// emit appends what is held and p to the lines.
func (m *model) emit(s Stream, p string) {
	at := time.Now()
	if s != Note && m.held[s].text != "" {
		p = m.held[s].text + p
		at = m.held[s].since
		m.held[s] = modelHeld{}
	}
	for first := true; p != ""; first = false {
		if !first {
			at = time.Now()
		}
		if at.Before(m.last) {
			at = m.last
		}
		m.last = at
		line, rest, ended := strings.Cut(p, "\n")
		if ended {
			line += "\n"
		}
		p = rest
		if n := len(m.lines) - 1; n >= 0 && m.lines[n].open && m.lines[n].stream == s {
			m.lines[n].text += line
			m.lines[n].open = !ended
			continue
		}
		m.end()
		m.lines = append(m.lines, modelLine{stream: s, at: at, text: line, open: !ended})
	}
}

func (m *model) end() {
	if n := len(m.lines) - 1; n >= 0 {
		m.lines[n].open = false
	}
}

// release emits what is held for at least d, the oldest first.
func (m *model) release(d time.Duration) {
	order := []Stream{Out, Err}
	if m.held[Err].since.Before(m.held[Out].since) {
		order = []Stream{Err, Out}
	}
	for _, s := range order {
		if h := m.held[s]; h.text != "" && time.Since(h.since) >= d {
			m.emit(s, "")
		}
	}
}

// sleep lets the bubble's clock go on, in steps so small that the model and the
// writer's timer take the same moments.
func (m *model) sleep(d time.Duration) {
	for range d / time.Millisecond {
		time.Sleep(time.Millisecond)
		synctest.Wait()
		m.release(holdFor)
	}
}

func (m *model) want(n int64, limit int) Line {
	l := m.lines[n]
	text, ended := strings.CutSuffix(l.text, "\n")
	if ended {
		text = strings.TrimSuffix(text, "\r")
	}
	return Line{
		N: n, Time: l.at, Stream: l.stream, Size: int64(len(text)),
		Text: []byte(text[:min(limit, len(text))]), Open: l.open,
	}
}

func show(lines []Line) []string {
	var out []string
	for _, l := range lines {
		text := string(l.Text)
		if len(text) > 60 {
			text = fmt.Sprintf("%s...(%d, %x)", text[:60], len(text), text[len(text)-8:])
		}
		out = append(out, fmt.Sprintf("%d %d %s %q size %d open %v",
			l.N, l.Stream, l.Time.UTC().Format(time.StampMilli), text, l.Size, l.Open))
	}
	return out
}

// subject is the store under test beside its model.
type subject struct {
	dir   string
	o     Options
	store *Store
	w     *Writer
	r     *Reader
	m     model
	first int64 // that the reader saw last
}

func (s *subject) open() {
	var err error
	s.store, err = Open(s.dir, s.o)
	s.ok(err)
	s.w, err = s.store.Writer("api")
	s.ok(err)
}

func (s *subject) ok(err error) {
	if err != nil {
		s.failf("%v\n%s", err, debug.Stack())
	}
}

func (s *subject) failf(format string, args ...any) { panic(failed(fmt.Sprintf(format, args...))) }

// crash leaves the store as kill -9 does: what is held is gone.
func (s *subject) crash() {
	s.w.mu.Lock()
	s.w.held = [Note + 1]held{}
	s.w.giveBack()
	s.w.mu.Unlock()
	s.m.held = [2]modelHeld{}
	s.m.end()
}

func (s *subject) check() {
	s.ok(s.w.Flush())
	s.m.release(0)
	first, end, err := s.r.Bounds()
	s.ok(err)
	if end != int64(len(s.m.lines)) || end != s.w.Lines() || first < s.first || first > end {
		s.failf("bounds are %d..%d, before %d.., lines %d; want the end at %d", first, end, s.first, s.w.Lines(), len(s.m.lines))
	}
	s.first = first
	if first == end {
		return
	}
	// A line longer than a segment may have lost its beginning.
	head, err := s.r.Lines(first, 1, 1<<20, nil)
	s.ok(err)
	l := &s.m.lines[first]
	want := s.m.want(first, 1<<20)
	if head[0].Size < want.Size && bytes.HasSuffix(want.Text, head[0].Text) {
		l.at = head[0].Time
		l.text = l.text[want.Size-head[0].Size:]
	}
}

func (s *subject) window(st step) {
	n := int64(len(s.m.lines))
	from, count := int64(st.A)%(n+1), st.B%40
	limit := []int{1, 3, 100, 1 << 20}[st.C%4]
	got, err := s.r.Lines(from, count, limit, nil)
	s.ok(err)
	var want []Line
	for i := max(from, s.first); i < n && len(want) < count; i++ {
		want = append(want, s.m.want(i, limit))
	}
	if d := cmp.Diff(show(want), show(got)); d != "" {
		s.failf("lines from %d, first %d:\n%s", from, s.first, d)
	}
}

func (s *subject) at(st step) {
	if len(s.m.lines) == 0 {
		return
	}
	t := s.m.lines[st.A%len(s.m.lines)].at.Add(time.Duration(st.B%3 - 1))
	got, err := s.r.At(t)
	s.ok(err)
	want := int64(slices.IndexFunc(s.m.lines[s.first:], func(l modelLine) bool { return !l.at.Before(t) }))
	if want < 0 {
		want = int64(len(s.m.lines)) - s.first
	}
	if got != want+s.first {
		s.failf("the first line at %v is %d, want %d", t, got, want+s.first)
	}
}

func (s *subject) raw(step) {
	got, err := printed(s.r)
	s.ok(err)
	var want strings.Builder
	for _, l := range s.m.lines[s.first:] {
		if l.stream != Note {
			want.WriteString(l.text)
		}
	}
	if d := cmp.Diff(want.String(), got); d != "" {
		s.failf("raw bytes:\n%s", d)
	}
}

func (s *subject) search(st step) {
	n := int64(len(s.m.lines))
	patterns := []string{"a", "ab", "b+c", "^a", "c$", "", "^$", "é", "a|bc", `\bb`, "[^a]c", `\r`, "^.$", "restart.*ms", "x+"}
	q := Query{
		Pattern: patterns[st.C%len(patterns)], Literal: st.A&1 != 0, IgnoreCase: st.A&2 != 0,
		Invert: st.A&4 != 0, Reverse: st.A&8 != 0, From: int64(st.A>>4) % (n + 1), To: int64(st.B) % (n + 1),
	}
	expr := q.Pattern
	if q.Literal {
		expr = regexp.QuoteMeta(expr)
	}
	if q.IgnoreCase {
		expr = "(?i)" + expr
	}
	re := regexp.MustCompile(expr)
	to := q.To
	if to == 0 {
		to = n
	}
	var want, got []Line
	for i := max(q.From, s.first); i < to; i++ {
		l := s.m.want(i, 1<<30)
		if re.Match(l.Text) != q.Invert {
			l.Text = l.Text[:min(len(l.Text), TextLimit)]
			want = append(want, l)
		}
	}
	if q.Reverse {
		slices.Reverse(want)
	}
	err := s.r.Search(context.Background(), q, func(l Line) bool {
		l.Text = bytes.Clone(l.Text)
		got = append(got, l)
		return true
	})
	s.ok(err)
	if d := cmp.Diff(show(want), show(got)); d != "" {
		s.failf("search %+v, first %d:\n%s", q, s.first, d)
	}
}

// step is one thing that is done to the log. Its numbers mean what do makes of them.
type step struct {
	Do      string
	Stream  Stream
	Text    string
	A, B, C int
}

var doings = []string{
	"write", "write", "write", "write lines", "write lines", "write much", "wait", "wait", "note", "break",
	"end of run", "reopen", "crash", "window", "window", "at", "raw", "search", "search",
}

func drawStep(t *rapid.T) step {
	return step{
		Do:     rapid.SampledFrom(doings).Draw(t, "do"),
		Stream: rapid.SampledFrom([]Stream{Out, Err}).Draw(t, "stream"),
		Text:   rapid.StringOf(rapid.SampledFrom([]rune("aabbccAB \n\n\r\ré"))).Draw(t, "text"),
		A:      rapid.IntRange(0, 1<<20).Draw(t, "a"),
		B:      rapid.IntRange(0, 1<<20).Draw(t, "b"),
		C:      rapid.IntRange(0, 1<<10).Draw(t, "c"),
	}
}

func (s *subject) do(st step) {
	write := func(p string) {
		_, err := s.w.Write(st.Stream, []byte(p))
		s.ok(err)
		s.m.write(st.Stream, p)
	}
	end := func() {
		s.m.release(0)
		s.m.end()
	}
	switch st.Do {
	case "write":
		write(st.Text)
	case "write lines":
		write(strings.Repeat(st.Text+"\n", st.A%20))
	case "write much":
		write(strings.Repeat("x", st.A%(maxHeld*3/4)) + st.Text)
	case "wait":
		s.m.sleep([]time.Duration{2, 10, 21, 50}[st.A%4] * time.Millisecond)
	case "note":
		s.m.release(0)
		s.m.emit(Note, "restarting in 200ms\n")
		s.ok(s.w.Note("restarting in 200ms"))
	case "break":
		end()
		s.ok(s.w.Break())
	case "end of run":
		end()
		s.ok(s.w.Close())
	case "reopen":
		end()
		s.ok(s.store.Close())
		s.open()
	case "crash":
		s.m.sleep(6 * time.Millisecond) // then the index is written
		s.crash()
		s.open()
	default:
		s.check()
		map[string]func(step){"window": s.window, "at": s.at, "raw": s.raw, "search": s.search}[st.Do](st)
	}
}

func TestALogIsWhatASimpleModelSays(t *testing.T) {
	for name, o := range map[string]Options{
		"one segment":              {},
		"many segments":            {SegmentSize: 200, LogSize: 1 << 30},
		"old segments are dropped": {SegmentSize: 200, LogSize: 1500},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			rapid.Check(t, func(rt *rapid.T) {
				steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 25).Draw(rt, "steps")
				var failure string
				synctest.Test(t, func(*testing.T) { failure = runSteps(root, o, steps) })
				if failure != "" {
					rt.Fatal(failure)
				}
			})
		})
	}
}

// failed unwinds a run of steps.
type failed string

func runSteps(root string, o Options, steps []step) (failure string) {
	dir, err := os.MkdirTemp(root, "")
	if err != nil {
		return err.Error()
	}
	defer os.RemoveAll(dir)
	s := &subject{dir: dir, o: o}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failed:
			failure = string(p)
		default:
			failure = fmt.Sprintf("panic: %v\n%s", p, debug.Stack())
		}
		_ = s.r.Close()
		_ = s.store.Close()
	}()
	s.r, err = OpenReader(dir, "api")
	s.ok(err)
	s.open()
	for _, st := range steps {
		s.do(st)
	}
	s.check()
	return ""
}
