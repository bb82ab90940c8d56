package logview

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 22, 12, 4, 29, 871e6, time.UTC)

func testStyles() Styles {
	c := func(n string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(n)) }
	return Styles{
		Text: lipgloss.NewStyle(), Muted: c("8"), Faint: c("8"), Accent: c("6"),
		Cursor: c("15").Background(lipgloss.Color("4")), CursorBlur: c("15").Background(lipgloss.Color("8")),
		Error: c("1"), Warning: c("3"), Info: c("4"), Debug: c("8"), Note: c("5"), Key: c("6"),
		Match: c("0").Background(lipgloss.Color("3")), MatchCurrent: c("0").Background(lipgloss.Color("11")), Border: c("8"),
	}
}

// log is a log in memory, the naive truth that the view is compared with.
type log struct {
	first int64
	rows  []Row // position = index
}

func (l *log) add(text string) *Row {
	n := int64(len(l.rows))
	l.rows = append(l.rows, Row{Pos: n, ID: ID{"api", n}, Time: noon.Add(time.Duration(n) * 100 * time.Millisecond), Text: text})
	return &l.rows[n]
}

func (l *log) fill(n int) {
	for range n {
		l.add(fmt.Sprintf("line %d", len(l.rows)))
	}
}

func (l *log) bounds() Bounds {
	return Bounds{First: l.first, End: int64(len(l.rows)), Dropped: l.first}
}

// serve answers the view's requests until it has none, as a screen would.
func (l *log) serve(t interface{ Fatalf(string, ...any) }, v *View) {
	for range 20 {
		r, ok := v.Need()
		if !ok {
			return
		}
		if r.From < l.first || r.N <= 0 || r.From+int64(r.N) > int64(len(l.rows)) {
			t.Fatalf("asked for %+v of %+v", r, l.bounds())
		}
		v.SetWindow(Window{Source: r.Source, From: r.From, Rows: l.rows[r.From : r.From+int64(r.N)], Bounds: l.bounds()})
	}
	r, _ := v.Need()
	t.Fatalf("the view never has enough: %+v, window %d..%d, drawn %d of %d", r, v.win.From, v.win.End(), len(v.drawn), v.h)
}

func show(t *testing.T, l *log, w, h int) *View {
	t.Helper()
	v := New(testStyles())
	v.SetSize(w, h)
	v.SetOptions(Options{Zone: time.UTC})
	v.SetSource(1, l.bounds())
	l.serve(t, v)
	return v
}

// text is the view without colours, scrollbar and blanks at the end.
func text(v *View) []string {
	var lines []string
	for l := range strings.SplitSeq(ansi.Strip(v.View()), "\n") {
		r := []rune(l)
		lines = append(lines, strings.TrimRight(string(r[:max(0, len(r)-1)]), " "))
	}
	return lines
}

func wantLines(t *testing.T, v *View, want ...string) {
	t.Helper()
	got := strings.Join(text(v), "\n")
	if w := strings.Join(want, "\n"); got != w {
		t.Errorf("shows\n%s\nwant\n%s", got, w)
	}
}

func TestFollowsUntilScrolledUpThenCountsWhatIsNew(t *testing.T) {
	l := &log{}
	l.fill(100)
	v := show(t, l, 40, 3)
	wantLines(t, v, "  line 97", "  line 98", "  line 99")
	l.fill(2)
	v.SetBounds(l.bounds())
	l.serve(t, v)
	wantLines(t, v, "  line 99", "  line 100", "  line 101")

	v.Scroll(-5)
	l.serve(t, v)
	wantLines(t, v, "  line 94", "  line 95", "▌ line 96")
	l.fill(1000)
	v.SetBounds(l.bounds())
	l.serve(t, v)
	wantLines(t, v, "  line 94", "  line 95", "▌ line 96")
	if v.New() != 1000 || v.Following() {
		t.Errorf("new %d, following %v", v.New(), v.Following())
	}
	v.Follow()
	l.serve(t, v)
	wantLines(t, v, "  line 1099", "  line 1100", "  line 1101")
	if v.New() != 0 {
		t.Errorf("new %d", v.New())
	}
}

func TestMovingDownFromTheLastRowFollowsAgain(t *testing.T) {
	l := &log{}
	l.fill(10)
	v := show(t, l, 40, 3)
	v.Move(-1)
	l.serve(t, v)
	wantLines(t, v, "  line 7", "▌ line 8", "  line 9")
	v.Move(1)
	v.Move(1)
	if !v.Following() {
		t.Error("does not follow")
	}
}

func TestOldRowsStayUntilNewOnesCome(t *testing.T) {
	l := &log{}
	l.fill(5000)
	v := show(t, l, 40, 3)
	v.Home()
	wantLines(t, v, "  line 4997", "  line 4998", "  line 4999")
	l.serve(t, v)
	wantLines(t, v, "▌ line 0", "  line 1", "  line 2")
}

func TestRowsThatStayedFromBeforeAreNotTheRenewedSources(t *testing.T) {
	before, next := &log{}, &log{}
	before.add("another log")
	v := show(t, before, 40, 5)
	v.SetSource(2, next.bounds()) // a log without a line
	next.add("its own")
	v.Grow(next.bounds())
	v.Renew(3)
	next.serve(t, v)
	if got := strings.Join(text(v), "\n"); !strings.Contains(got, "its own") || strings.Contains(got, "another") {
		t.Errorf("the view shows %q", got)
	}
}

func TestStackTraceFoldsAndUnfolds(t *testing.T) {
	l := &log{}
	l.fill(1)
	head := l.add("panic: boom")
	head.Level = Fatal
	for i := range 5 {
		r := l.add(fmt.Sprintf("  at frame %d", i))
		r.Part, r.Group = i+1, ID{"api", 1}
	}
	l.fill(1)
	v := show(t, l, 40, 6)
	wantLines(t, v, "  line 0", "✖ panic: boom", "    ↳ at frame 0", "    ↳ at frame 1               [3 more]", "  line 7", "")
	v.Move(-1)
	v.ToggleOpen()
	l.serve(t, v)
	wantLines(t, v, "  line 0", "✖ panic: boom", "    ↳ at frame 0", "▌   ↳ at frame 1", "    ↳ at frame 2", "    ↳ at frame 3")
}

func TestStructuredRowsShowLevelMessageAndFields(t *testing.T) {
	l := &log{}
	r := l.add(`{"level":"info","msg":"started","port":8081,"by":"me too"}`)
	r.Structured, r.Format, r.Level, r.Message = true, "json", Info, "started"
	r.Fields = []Field{{"port", "8081"}, {"by", "me too"}}
	v := show(t, l, 60, 4)
	wantLines(t, v, `  INFO  started port=8081 by="me too"                 ▸json`, "", "", "")
	o := v.Options()
	o.HiddenFields = map[string]bool{"by": true}
	v.SetOptions(o)
	wantLines(t, v, `  INFO  started port=8081                             ▸json`, "", "", "")
	v.ToggleOpen()
	wantLines(t, v, `▌ INFO  started`, "▌     port: 8081", "▌     by: me too", "")
	o.AsPrinted = true
	v.SetOptions(o)
	wantLines(t, v, `▌ {"level":"info","msg":"started","port":8081,"by":"me too"`, "▌ }", "", "")
}

func TestDroppedLinesAndRunsHaveARowOfTheirOwn(t *testing.T) {
	l := &log{first: 1234}
	l.fill(1236)
	l.rows[1235].Break = "run 12 · cart.go changed"
	v := show(t, l, 40, 5)
	wantLines(t, v, "── 1 234 lines dropped here ───────────", "  line 1234", "── run 12 · cart.go changed ───────────", "  line 1235", "")
}

func TestColumnsOfTimeAndSource(t *testing.T) {
	l := &log{}
	l.fill(2)
	l.rows[1].Level, l.rows[1].Kind = Warn, Err
	v := show(t, l, 60, 2)
	v.SetOptions(Options{Time: Clock, Sources: 6, Zone: time.UTC})
	wantLines(t, v, "  12:04:29.871 api    line 0", "▲ 12:04:29.971 api    line 1")
	v.SetOptions(Options{Time: Delta})
	wantLines(t, v, "            line 0", "▲    +100ms line 1")
}

func TestWrapsWithoutLosingACharacter(t *testing.T) {
	l := &log{}
	l.add("日本語のログ abcdefghij")
	v := show(t, l, 11, 4)
	wantLines(t, v, "  日本語…", "", "", "")
	v.SetOptions(Options{Wrap: true})
	wantLines(t, v, "  日本語の", "  ログ abc", "  defghij", "")
	v.SetOptions(Options{})
	v.Freeze()
	v.ScrollSideways(3)
	wantLines(t, v, "▌  語のロ…", "", "", "")
}

func TestSelectionCoversARangeAndFoldedRows(t *testing.T) {
	l := &log{}
	l.fill(20)
	v := show(t, l, 40, 5)
	v.Click(2, 1)
	v.Drag(2, 3)
	if from, to := v.Selection(); from != 16 || to != 19 {
		t.Errorf("selected %d..%d", from, to)
	}
	v.Drag(2, -1)
	if from, to := v.Selection(); from != 16 || to != 18 {
		t.Errorf("selected %d..%d", from, to)
	}
	v.Unselect()
	v.Jump(3)
	l.serve(t, v)
	if from, to := v.Selection(); from != 3 || to != 4 {
		t.Errorf("selected %d..%d", from, to)
	}
}

func TestMarksStayWithTheirRow(t *testing.T) {
	l := &log{}
	l.fill(1000)
	v := show(t, l, 40, 5)
	v.Jump(10)
	l.serve(t, v)
	v.ToggleMark()
	v.Follow()
	l.serve(t, v)
	if !v.NextMark(-1) {
		t.Fatal("no mark")
	}
	l.serve(t, v)
	wantLines(t, v, "  line 8", "  line 9", "◆ line 10", "  line 11", "  line 12")
}

func TestSearchIsHighlightedAndTicked(t *testing.T) {
	l := &log{}
	l.fill(10)
	v := show(t, l, 20, 2)
	v.SetSearch(regexp.MustCompile("ne 9"))
	v.SetOverview(Overview{Hits: []int64{0}, Errors: []int64{9}})
	got := v.View()
	if !strings.Contains(got, "li\x1b[30;43mne 9\x1b[m") {
		t.Errorf("%q", got)
	}
	if lines := strings.Split(ansi.Strip(got), "\n"); !strings.HasSuffix(lines[0], "◂") || !strings.HasSuffix(lines[1], "●") {
		t.Errorf("%q", lines)
	}
}

func TestUnchangedViewIsNotDrawnAgain(t *testing.T) {
	l := &log{}
	l.fill(100)
	v := show(t, l, 120, 30)
	_ = v.View()
	if n := testing.AllocsPerRun(100, func() { _ = v.View() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWindowOfAnEarlierSourceIsIgnored(t *testing.T) {
	l := &log{}
	l.fill(5)
	v := show(t, l, 40, 2)
	v.SetSource(2, Bounds{End: 1})
	v.SetWindow(Window{Source: 1, Rows: l.rows[:1], Bounds: l.bounds()})
	if v.Bounds().End != 1 {
		t.Error("took the window")
	}
	wantLines(t, v, "  line 3", "  line 4")
}

// genRow draws a row as hostile as clean text can be.
func genRow(t *rapid.T, l *log) {
	word := rapid.SampledFrom([]string{"ok", "日本語", "👍", "e\u0301", "error here", strings.Repeat("long ", 40), "", "a\u0301日b"})
	r := l.add(strings.Join(rapid.SliceOfN(word, 0, 6).Draw(t, "words"), " "))
	r.Level = Level(rapid.IntRange(0, 6).Draw(t, "level"))
	r.Kind = Kind(rapid.IntRange(0, 2).Draw(t, "kind"))
	if rapid.IntRange(0, 9).Draw(t, "break") == 0 {
		r.Break = "run 日本"
	}
	switch rapid.IntRange(0, 4).Draw(t, "shape") {
	case 0:
		r.Structured, r.Format, r.Message, r.Fields = true, "json", r.Text, []Field{{"k", r.Text}, {"日", "v"}}
	case 1:
		if n := len(l.rows) - 2; n >= 0 {
			prev := l.rows[n]
			r.Part, r.Group = prev.Part+1, prev.Group
			if prev.Part == 0 {
				r.Group = prev.ID
			}
		}
	case 2:
		if len(r.Text) > 2 && r.Text[0] < 0x80 {
			r.Spans = []Span{{0, 1, "\x1b[31m"}}
			r.Links = []Link{{0, 1, "http://x"}}
		}
	case 3:
		r.Cut = 5000
	}
}

func TestAnyUseKeepsTheViewWithinItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &log{}
		v := New(testStyles())
		v.SetSource(1, l.bounds())
		w, h := 0, 0
		check := func() {
			out := v.View()
			if w <= 0 || h <= 0 {
				if out != "" {
					t.Fatalf("drew %q without place", out)
				}
				return
			}
			lines := strings.Split(out, "\n")
			if len(lines) != h {
				t.Fatalf("%d lines of %d", len(lines), h)
			}
			for _, line := range lines {
				if n := ansi.StringWidth(line); n != w {
					t.Fatalf("%d cells of %d: %q", n, w, line)
				}
			}
			b := v.Bounds()
			if c := v.CursorPos(); b.End > b.First && (c < b.First || c >= b.End) {
				t.Fatalf("cursor %d outside of %+v", c, b)
			}
			if from, to := v.Selection(); from > to || b.End > b.First && (from < b.First || to > b.End) {
				t.Fatalf("selection %d..%d outside of %+v", from, to, b)
			}
		}
		n := rapid.IntRange(-9, 9)
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { check() },
			"grow": func(t *rapid.T) {
				for range rapid.IntRange(1, 30).Draw(t, "n") {
					genRow(t, l)
				}
				v.SetBounds(l.bounds())
			},
			"drop": func(t *rapid.T) {
				l.first = min(int64(len(l.rows)), l.first+int64(rapid.IntRange(0, 20).Draw(t, "n")))
				v.SetBounds(l.bounds())
			},
			"serve": func(t *rapid.T) {
				l.serve(t, v)
				if i, ok := v.index(v.CursorPos()); ok && h > 0 && w > 0 && !v.Following() && !v.hidden(i) {
					v.layout()
					seen := false
					for _, d := range v.drawn {
						seen = seen || d.row == i
					}
					if !seen {
						t.Fatalf("cursor %d is not in view: top %d", v.CursorPos(), v.top)
					}
				}
			},
			"size": func(t *rapid.T) {
				w, h = rapid.IntRange(0, 60).Draw(t, "w"), rapid.IntRange(0, 12).Draw(t, "h")
				v.SetSize(w, h)
			},
			"options": func(t *rapid.T) {
				v.SetOptions(Options{
					Time: TimeColumn(rapid.IntRange(0, 2).Draw(t, "time")), Wrap: rapid.Bool().Draw(t, "wrap"),
					AsPrinted: rapid.Bool().Draw(t, "printed"), Sources: rapid.IntRange(0, 8).Draw(t, "sources"),
				})
			},
			"move":   func(t *rapid.T) { v.Move(n.Draw(t, "n")) },
			"page":   func(t *rapid.T) { v.Page(n.Draw(t, "n")) },
			"scroll": func(t *rapid.T) { v.Scroll(n.Draw(t, "n")) },
			"side":   func(t *rapid.T) { v.ScrollSideways(n.Draw(t, "n")) },
			"jump":   func(t *rapid.T) { v.Jump(int64(rapid.IntRange(-5, 200).Draw(t, "to"))) },
			"click":  func(t *rapid.T) { v.Click(rapid.IntRange(-2, 90).Draw(t, "x"), rapid.IntRange(-2, 14).Draw(t, "y")) },
			"drag":   func(t *rapid.T) { v.Drag(rapid.IntRange(-2, 90).Draw(t, "x"), rapid.IntRange(-2, 14).Draw(t, "y")) },
			"open":   func(*rapid.T) { v.ToggleOpen() },
			"mark":   func(*rapid.T) { v.ToggleMark(); v.NextMark(1) },
			"select": func(*rapid.T) { v.Select() },
			"follow": func(*rapid.T) { v.Follow() },
			"home":   func(*rapid.T) { v.Home() },
			"search": func(t *rapid.T) {
				v.SetSearch(rapid.SampledFrom([]*regexp.Regexp{nil, regexp.MustCompile("o|本"), regexp.MustCompile("")}).Draw(t, "re"))
			},
		})
	})
}

func benchView(b *testing.B, change func(v *View, i int)) {
	l := &log{}
	for i := range 1000 {
		r := l.add(fmt.Sprintf("GET /api/cart %d 200 12ms id=7f3a user=somebody took a while to answer this one", i))
		r.Level = Level(i % 6)
		if i%7 == 0 {
			r.Spans = []Span{{0, 3, "\x1b[32m"}, {4, 9, "\x1b[1;34m"}}
		}
		if i%5 == 0 {
			r.Structured, r.Format, r.Message, r.Fields = true, "json", "started up", []Field{{"port", "8081"}, {"service", "cart"}}
		}
	}
	v := New(testStyles())
	v.SetSize(120, 30)
	v.SetOptions(Options{Time: Clock, Zone: time.UTC})
	v.SetSource(1, l.bounds())
	l.serve(b, v)
	v.SetSearch(regexp.MustCompile("(?i)answer"))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		change(v, i)
		_ = v.View()
	}
}

func BenchmarkViewCached(b *testing.B) { benchView(b, func(*View, int) {}) }

func BenchmarkViewChanged(b *testing.B) {
	benchView(b, func(v *View, i int) { v.Scroll(1 - 2*(i&1)*1); v.stale = true })
}
