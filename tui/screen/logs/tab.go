// Package logs is the Logs tab: it shows one log, one run of it, or several logs
// in time order, and searches, filters, copies and exports all that is stored.
// It reads in commands only, never in Update or View, and never writes a log.
package logs

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// Frame is the place that the tab is drawn in.
type Frame struct {
	Width, Height int
	Focused       bool
}

// Prefs is what is remembered between sessions.
type Prefs struct {
	Wrap       bool               `json:"wrap,omitempty"`
	Time       logview.TimeColumn `json:"time"`
	AsPrinted  bool               `json:"as_printed,omitempty"`
	WholeLog   bool               `json:"whole_log,omitempty"`  // of a task, not only its latest run
	LatestRun  bool               `json:"latest_run,omitempty"` // of a service, not its whole log
	Filter     string             `json:"filter,omitempty"`
	Level      parse.Level        `json:"level,omitempty"`
	HideFields []string           `json:"hide_fields,omitempty"`
	// Marks are the numbers of the marked lines of each log, ascending.
	Marks map[logs.Key][]int64 `json:"marks,omitempty"`
}

// Tab is the Logs tab. All of it belongs to the Bubble Tea loop; commands work on
// copies and on sources, which have locks of their own.
type Tab struct {
	look  theme.Theme
	view  *logview.View
	prefs Prefs

	// What is shown.
	target   target
	lines    map[logs.Key]int64
	breaks   map[int64]string
	newest   string      // the newest runs that breaks know, with the status of the last
	older    []tasks.Run // what is remembered of earlier runs, newest first
	marked   int         // how often breaks were made anew
	byRun    bool        // has runs that can be shown alone
	service  bool        // it is one service's log
	keys     action.Keymap
	gen      int
	ctx      context.Context
	cancel   context.CancelFunc
	src      source
	parts    []*single // what src reads
	filter   *filtered
	placed   bool // marks were looked for in all that the filter lets through
	level    parse.Level
	query    parse.Query
	reading  bool
	asked    logview.Request
	looking  bool
	failure  string
	silent   string   // why nothing was printed
	awaitKey logs.Key // a line to jump to when its log is shown
	awaitN   int64

	// Background work over all that is stored.
	hunt      *hunt
	hunting   bool
	finding   bool // the next match is looked for first
	survey    *survey
	surveying bool
	idle      bool // the survey waits a moment before it looks at new lines
	shownHits tally
	hitsDone  bool
	errors    tally
	warns     int64
	partial   bool
	hidden    int64

	drawn struct{ body, foot, all string } // the last frame's parts

	ended   end // where nothing more was found
	prompt  *prompt
	history map[promptKind][]string
	note    string
	dragged bool
}

// end is a place from where nothing was found in a direction.
type end struct {
	dir int
	at  int64
}

// target is a choice of logs.
type target struct {
	dir, root string
	keys      []logs.Key
	lo, hi    int64 // of one log: the run's lines; hi -1: to the end
}

func (t target) same(o target) bool {
	return t.dir == o.dir && t.root == o.root && slices.Equal(t.keys, o.keys) && t.lo == o.lo
}

// New is a tab that shows nothing yet.
func New(look theme.Theme) *Tab {
	t := &Tab{look: look, view: logview.New(styles(look)), history: map[promptKind][]string{}, lines: map[logs.Key]int64{}, awaitN: -1}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

func styles(l theme.Theme) logview.Styles {
	return logview.Styles{
		Text: l.Text, Muted: l.Muted, Faint: l.Faint, Accent: l.Accent,
		Cursor: l.Selected, CursorBlur: l.SelectedBlur,
		Error: l.Failed, Warning: l.Warning, Info: l.Info, Debug: l.Debug, Note: l.Running, Key: l.Muted,
		Match: l.Match, MatchCurrent: l.MatchCurrent, Border: l.Border,
	}
}

// SetTheme changes the looks.
func (t *Tab) SetTheme(look theme.Theme) {
	t.look = look
	t.view.SetStyles(styles(look))
}

// Prefs is what to remember.
func (t *Tab) Prefs() Prefs {
	p := t.prefs
	p.Filter, p.Level = t.query.String(), t.level
	return p
}

// SetPrefs brings back what was remembered; call it before the first Sync.
func (t *Tab) SetPrefs(p Prefs) {
	t.prefs, t.level = p, min(p.Level, parse.Fatal)
	if q, err := parse.ParseQuery(p.Filter); err == nil {
		t.query = q
	}
	t.options()
}

// options tells the view how to draw.
func (t *Tab) options() {
	o := logview.Options{Time: t.prefs.Time, Wrap: t.prefs.Wrap, AsPrinted: t.prefs.AsPrinted, HiddenFields: map[string]bool{}}
	for _, f := range t.prefs.HideFields {
		o.HiddenFields[f] = true
	}
	if len(t.target.keys) > 1 {
		for _, k := range t.target.keys {
			o.Sources = min(max(o.Sources, len(k)), 14)
		}
	}
	t.view.SetOptions(o)
}

// Silent says why nothing was printed, for a log without lines; "": nobody knows. It
// returns whether that is other than before.
func (t *Tab) Silent(why string) bool {
	changed := why != t.silent
	t.silent = why
	return changed
}

// Sync tells the tab the state and which tasks it is to show; names may be one
// task, several for a merged view, or none. Call it after each batch of events
// and when the selection changes: it costs next to nothing when nothing of it
// concerns the tab. The command reads what is needed; nil when nothing is.
func (t *Tab) Sync(s *tasks.State, names ...string) tea.Cmd {
	next := target{dir: s.Workspace.LogDir, root: s.Workspace.Root, hi: -1}
	t.byRun, t.service = false, false
	for _, name := range names {
		next.keys = append(next.keys, keyOf(s, name))
	}
	if len(names) == 1 {
		u := s.Units[names[0]]
		t.byRun, t.service = len(u.Runs) > 0, u.Task.IsService()
		if r, ok := s.Current(names[0]); ok && t.oneRun() {
			if r.Status == tasks.Queued {
				if f, ok := s.Finished(names[0]); ok {
					r = f
				}
			}
			next.lo, next.hi = r.FirstLine, r.EndLine
			if !r.Status.Done() {
				next.hi = -1
			}
		}
	}
	grown := t.mark(s, names, next)
	for _, k := range next.keys {
		if n := s.Lines[k]; n != t.lines[k] {
			t.lines[k], grown = n, true
		}
	}
	if next.same(t.target) {
		ended := t.target.hi != next.hi
		t.target.hi = next.hi
		if ended {
			// What comes after the run's end is not its own.
			return tea.Batch(t.open(true), t.grew())
		}
		if !grown {
			return nil
		}
		return t.grew()
	}
	if !slices.Equal(next.keys, t.target.keys) {
		t.lines = map[logs.Key]int64{}
		for _, k := range next.keys {
			t.lines[k] = s.Lines[k]
		}
		t.stopSearch()
	}
	t.target = next
	t.options()
	return t.open(false)
}

// oneRun says whether the latest run is shown alone: of a task it is, unless a
// person wants all, of a service its whole log.
func (t *Tab) oneRun() bool {
	if t.service {
		return t.byRun && t.prefs.LatestRun
	}
	return t.byRun && !t.prefs.WholeLog
}

// toggleRun shows the whole log instead of the latest run, or that.
func (t *Tab) toggleRun() tea.Cmd {
	if t.service {
		t.prefs.LatestRun = !t.prefs.LatestRun
	} else {
		t.prefs.WholeLog = !t.prefs.WholeLog
	}
	return resync
}

// SetKeys tells the tab a person's keys, for what it says of them.
func (t *Tab) SetKeys(keys action.Keymap) { t.keys = keys }

// key is the name of the key of an action of the tab.
func (t *Tab) key(id, otherwise string) string {
	switch keys, bound := t.keys["log."+id]; {
	case !bound:
		return otherwise
	case len(keys) > 0:
		return action.KeyName(keys[0])
	}
	return ":"
}

// mark notes where runs begin in a log that is shown whole; it says whether that
// has changed.
func (t *Tab) mark(s *tasks.State, names []string, next target) bool {
	var newest string
	whole := len(names) == 1 && next.lo == 0 && next.hi < 0
	if whole {
		if runs := s.Units[names[0]].Runs; len(runs) > 0 {
			last := runs[len(runs)-1]
			newest = string(last) + string(s.Runs[last].Status)
		}
		if len(t.older) > 0 {
			newest += fmt.Sprint(" ", t.older[0].ID, len(t.older), names[0])
		}
	}
	if newest == t.newest {
		return false
	}
	t.newest, t.breaks = newest, map[int64]string{}
	if newest == "" {
		return true
	}
	from := int64(math.MaxInt64) // where the runs of the state begin, or the log ends
	if n := s.Lines[next.keys[0]]; n > 0 {
		from = n
	}
	for _, id := range s.Units[names[0]].Runs {
		if r := s.Runs[id]; !r.StartedAt.IsZero() {
			from = min(from, r.FirstLine)
			t.breaks[r.FirstLine] = fmt.Sprintf("run %d · %s · %s", r.Number, r.StartedAt.Local().Format("15:04:05"), parse.Clean(r.Because()).Plain)
		}
	}
	for _, r := range t.older {
		// A log that was taken away begins anew: where they were is no place of this one.
		if r.Log == next.keys[0] && !r.StartedAt.IsZero() && r.FirstLine < r.EndLine && r.EndLine <= from {
			t.breaks[r.FirstLine] = fmt.Sprintf("run %d · %s · %s", r.Number, r.StartedAt.Local().Format("Jan 2 15:04:05"), parse.Clean(r.Because()).Plain)
		}
	}
	t.marked++
	t.outdate()
	return true
}

// outdate has the lines read once more that do not have the newest breaks.
func (t *Tab) outdate() {
	t.view.Outdate()
	t.asked = logview.Request{}
}

// SetOlder tells the tab what is remembered of the runs of the shown task, newest
// first; it says whether that is news, of which the next Sync hears.
func (t *Tab) SetOlder(runs []tasks.Run) bool {
	if len(runs) == len(t.older) && (len(runs) == 0 || runs[0].ID == t.older[0].ID) {
		return false
	}
	t.older = runs
	return true
}

// Whole says whether the log of one task is shown with all of its runs.
func (t *Tab) Whole() bool { return len(t.target.keys) == 1 && t.target.lo == 0 && t.target.hi < 0 }

func keyOf(s *tasks.State, name string) logs.Key {
	if r, ok := s.Current(name); ok && r.Log != "" {
		return r.Log
	}
	return logs.Key(name)
}

// open begins to read the target anew, with the filter that is set. keep leaves
// the view where it is: its positions stay the same.
func (t *Tab) open(keep bool) tea.Cmd {
	t.cancel()
	old := t.src
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.gen++
	t.src, t.parts, t.filter, t.failure, t.note = nil, nil, nil, "", ""
	t.reading, t.looking, t.hunting, t.finding, t.surveying, t.idle = false, false, false, false, false, true
	t.asked = logview.Request{}
	t.errors, t.warns, t.partial, t.hidden, t.survey = tally{}, 0, false, 0, nil
	t.shownHits, t.hitsDone = tally{}, false
	var b logview.Bounds
	if len(t.target.keys) > 0 {
		for _, k := range t.target.keys {
			p := &single{dir: t.target.dir, key: k, name: string(k), lo: t.target.lo, hi: t.target.hi}
			t.parts = append(t.parts, p)
		}
		t.src = t.parts[0]
		if len(t.parts) > 1 {
			t.src = &merged{t.parts}
		}
		b = t.known()
		if q := t.wanted(); !q.Empty() {
			t.filter = &filtered{inner: t.src, query: q}
			t.src = t.filter
			b = logview.Bounds{First: middle, End: middle}
		}
		t.survey = &survey{src: t.src}
	}
	if keep && t.filter == nil {
		t.view.Renew(t.gen)
	} else {
		t.view.SetSource(t.gen, b)
		t.view.SetMarks(t.marks())
	}
	if t.hunt != nil && t.src != nil {
		t.hunt.stop()
		t.hunt = newHunt(t.ctx, t.hunt.pattern, t.hunt.re, t.src)
	}
	delay := surveyDelay
	if keep {
		delay = 0 // the counts are seen
	}
	t.placed = t.filter == nil
	return tea.Batch(shut(old), t.pump(), t.stored(), t.lookOn(), t.huntOn(), t.rest(delay), t.await(), t.placeMarks())
}

// stored looks how much there is of a log that the state says nothing of: what was
// printed before this host began.
func (t *Tab) stored() tea.Cmd {
	if b := t.view.Bounds(); t.src == nil || t.filter != nil || t.reading || b.End > b.First {
		return nil
	}
	src, gen := t.src, t.gen
	t.reading = true
	return func() tea.Msg {
		b, err := src.bounds()
		return windowRead{of: of{t, gen}, err: err, win: logview.Window{Source: gen, From: b.First, Bounds: b}}
	}
}

func shut(s source) tea.Cmd {
	if s == nil {
		return nil
	}
	return func() tea.Msg { s.close(); return nil }
}

// known is what the state says of how much there is, without looking.
func (t *Tab) known() logview.Bounds {
	b := t.view.Bounds()
	if t.view.Source() != t.gen || t.filter != nil {
		b = logview.Bounds{First: t.target.lo}
	}
	if len(t.target.keys) > 1 {
		b.First, b.Dropped = 0, 0
	}
	b.End = 0
	for _, k := range t.target.keys {
		b.End += t.lines[k]
	}
	if t.target.hi >= 0 {
		b.End = min(b.End, t.target.hi)
	}
	b.End = max(b.End, b.First)
	return b
}

// wanted is the filter and the level together.
func (t *Tab) wanted() parse.Query { return parse.AtLeast(t.level).With(t.query) }

// grew notes that there is more, and reads what of it is to be seen.
func (t *Tab) grew() tea.Cmd {
	if t.filter == nil {
		t.view.Grow(t.grown(t.view.Bounds()))
	}
	return tea.Batch(t.pump(), t.lookOn(), t.huntOn(), t.surveyOn(), t.await())
}

// grown is the new end with the old beginning, which only a reader knows. A
// reader may also have seen more than the state tells yet.
func (t *Tab) grown(b logview.Bounds) logview.Bounds {
	end := t.known().End
	if t.target.hi < 0 {
		end = max(end, b.End)
	}
	b.End = max(end, b.First)
	return b
}

// Show puts the cursor on a line of a log, as soon as that log is shown.
func (t *Tab) Show(key logs.Key, n int64) tea.Cmd {
	t.awaitKey, t.awaitN = key, n
	return t.await()
}

// await jumps to the line that Show named.
func (t *Tab) await() tea.Cmd {
	if t.awaitN < 0 || len(t.target.keys) != 1 || t.target.keys[0] != t.awaitKey || t.src == nil {
		return nil
	}
	if t.awaitN < t.target.lo && t.oneRun() {
		return t.toggleRun() // it is of an older run: the whole log has it
	}
	n := t.awaitN
	t.awaitN = -1
	return t.goTo(n)
}

// goTo shows line n of the one log, whatever the filter.
func (t *Tab) goTo(n int64) tea.Cmd {
	var cmd tea.Cmd
	if t.filter != nil {
		t.level, t.query = parse.Unknown, parse.Query{}
		cmd = t.open(false)
	}
	t.view.Jump(n)
	return tea.Batch(cmd, t.pump())
}

// Close ends all work and closes the files.
func (t *Tab) Close() tea.Cmd {
	t.cancel()
	s := t.src
	t.src, t.target = nil, target{}
	return shut(s)
}

// location is the place in a file that the line under the cursor names.
func (t *Tab) location() (tasks.Location, bool) {
	r, ok := t.view.Cursor()
	if !ok {
		return tasks.Location{}, false
	}
	return location(t.target.root, r)
}

// withContext reads n lines from a position on, and those before it that say of which
// trace they are.
func withContext(ctx context.Context, src source, first, from int64, n int) (start int64, lines []line, err error) {
	for above := int64(contextLines); ; above *= 4 {
		start = max(first, from-above)
		lines, err = src.read(ctx, start, int(from-start)+n, textLimit)
		deep := 0
		for deep < len(lines) && lines[deep].pos < from && parse.Deep(parse.Clean(lines[deep].text).Plain) {
			deep++
		}
		if err != nil || start == first || above >= mostContext || deep == 0 || lines[deep-1].pos < from-1 {
			return start, lines, err
		}
	}
}

// pump asks for the rows that the view lacks: one read at a time.
func (t *Tab) pump() tea.Cmd {
	if t.reading || t.src == nil {
		return nil
	}
	r, ok := t.view.Need()
	if !ok || r == t.asked {
		return nil
	}
	t.reading, t.asked = true, r
	src, ctx, gen, marked := t.src, t.ctx, t.gen, t.marked
	maker := rowMaker{root: t.target.root, breaks: maps.Clone(t.breaks), loose: t.filter != nil}
	return func() tea.Msg {
		b, err := src.bounds()
		if err != nil {
			return windowRead{of: of{t, gen}, err: err}
		}
		from := max(b.First, r.From)
		if r.Last {
			from = max(b.First, b.End-int64(r.N))
		}
		start, lines, err := withContext(ctx, src, b.First, from, r.N)
		if err != nil {
			return windowRead{of: of{t, gen}, err: err}
		}
		skip := min(int(from-start), len(lines))
		if len(lines) > 0 && lines[0].pos > start {
			skip = max(0, int(from-lines[0].pos))
			from = max(from, lines[0].pos)
		}
		return windowRead{of: of{t, gen}, marked: marked, win: logview.Window{
			Source: r.Source, From: from, Rows: maker.rows(lines, min(skip, len(lines))), Bounds: b,
		}}
	}
}
