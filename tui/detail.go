package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/screen/compare"
	"github.com/sawhorse-dev/sawhorse/tui/screen/config"
	"github.com/sawhorse-dev/sawhorse/tui/screen/curves"
	"github.com/sawhorse-dev/sawhorse/tui/screen/env"
	"github.com/sawhorse-dev/sawhorse/tui/screen/events"
	"github.com/sawhorse-dev/sawhorse/tui/screen/history"
	"github.com/sawhorse-dev/sawhorse/tui/screen/overview"
	"github.com/sawhorse-dev/sawhorse/tui/screen/resource"
	"github.com/sawhorse-dev/sawhorse/tui/screen/stats"
	"github.com/sawhorse-dev/sawhorse/tui/screen/steps"
	"github.com/sawhorse-dev/sawhorse/tui/screen/sweep"
	"github.com/sawhorse-dev/sawhorse/tui/screen/tests"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// The tabs.
const (
	logsTab    = "Logs"
	statsTab   = "Stats"
	envTab     = "Env"
	eventsTab  = "Events"
	configTab  = "Config"
	testsTab   = "Tests"
	historyTab = "History"
	curvesTab  = "Curves"
	stepsTab   = "Steps"
	sweepTab   = "Sweep"
)

func serviceTabs() []string { return []string{logsTab, statsTab, envTab, eventsTab, configTab} }

// tells is what the runs of a task tell of themselves.
type tells struct{ tests, steps, numbers, sweep, remote bool }

// taskTabs are those of a task: tests, steps and curves where its runs tell of
// such; the place of tests is kept for a task that has told of nothing yet.
func taskTabs(t tells) []string {
	names := []string{logsTab}
	if t.steps || t.remote {
		names = append(names, stepsTab)
	}
	if t.tests || !t.steps && !t.numbers && !t.remote {
		names = append(names, testsTab)
	}
	if t.numbers {
		names = append(names, curvesTab)
	}
	if t.sweep {
		names = append(names, sweepTab)
	}
	names = append(names, historyTab)
	if !t.remote {
		names = append(names, statsTab)
	}
	return append(names, eventsTab, configTab)
}

// tellsOf looks at the runs that are kept.
func tellsOf(s *tasks.State, unit string) tells {
	u := s.Units[unit]
	spec := u.Task.Spec
	t := tells{remote: u.Task.Remote(), numbers: spec.Track != "" || len(spec.Metrics) > 0} // those will be told
	for _, id := range slices.Concat(u.Swept, u.Runs) {
		r := s.Runs[id]
		t.tests = t.tests || len(r.Tests) > 0
		t.steps = t.steps || len(r.Steps) > 0
		t.numbers = t.numbers || len(r.Metrics) > 0
		t.sweep = t.sweep || r.Sweep != nil
	}
	return t
}

// tab is a detail tab other than the logs.
type tab interface {
	View(screen.Frame) []string
	Move(n int)
}

// filtered is a tab with a filter that is typed.
type filtered interface {
	Typing() bool
	Key(k tea.KeyPressMsg)
	Paste(text string)
}

// detail is the right pane: what is selected, in the tabs of its kind.
type detail struct {
	unit  string
	group []string
	// beside is what else the log shows, merged by time: `:logs api web`.
	beside    []string
	service   bool
	tells     tells
	step      steps.OpenLog   // the step whose log is shown; its zero: the run's
	stepFrom  string          // the tab in which it was chosen
	chosen    chosenRun       // the run that is looked at; its zero: the one that matters now
	tabs      map[bool]string // the chosen tab, by whether it is a service
	overview  *overview.Screen
	tests     *tests.Screen
	history   *history.Screen
	curves    *curves.Screen
	steps     *steps.Screen
	sweep     *sweep.Screen
	others    map[string]tab
	outside   outsideDetail
	comparing comparing
	logs      *logPane
	// touched counts what changed the picture besides the state.
	touched int
	spots   []spot
}

func newDetail(t theme.Theme) *detail {
	d := &detail{
		tabs:     map[bool]string{true: logsTab, false: logsTab},
		overview: overview.New(), tests: tests.New(), history: history.New(), logs: newLogPane(t),
		curves: curves.New(), steps: steps.New(), sweep: sweep.New(),
		outside:   outsideDetail{table: resource.NewTable(), rows: resource.NewRows(), chose: map[string]string{}},
		comparing: comparing{screen: compare.New()},
	}
	d.others = map[string]tab{
		statsTab: &stats.Screen{}, envTab: &env.Screen{}, eventsTab: &events.Screen{}, configTab: &config.Screen{},
		testsTab: d.tests, historyTab: d.history, curvesTab: d.curves, stepsTab: d.steps, sweepTab: d.sweep, compareTab: d.comparing.screen,
	}
	return d
}

// names are the tabs of what is selected; none for a group.
func (d *detail) names() []string {
	switch {
	case d.outside.id != "":
		return d.outside.names
	case d.unit == "":
		return nil
	case d.service:
		return serviceTabs()
	}
	names := taskTabs(d.tells)
	if d.comparing.of == d.unit {
		names = slices.Insert(names, slices.Index(names, historyTab)+1, compareTab)
	}
	return names
}

// tab is the one that is shown; empty for a group's table.
func (d *detail) tab() string {
	if d.outside.id != "" {
		return d.outside.tab()
	}
	if d.unit == "" {
		return ""
	}
	if t := d.tabs[d.service]; slices.Contains(d.names(), t) {
		return t
	}
	return logsTab
}

func (d *detail) setTab(name string) {
	if !slices.Contains(d.names(), name) {
		return
	}
	d.touched++
	if name != logsTab {
		d.step = steps.OpenLog{}
	}
	if d.outside.id != "" {
		d.outside.chose[d.outside.kind] = name
		return
	}
	d.tabs[d.service] = name
}

// show takes over the selection and the room.
func (d *detail) show(s *Screen) tea.Cmd {
	unit := s.selected()
	if d.outside.show(s) {
		d.touched++
	}
	if unit != d.unit || unit == "" {
		d.unit, d.group = unit, s.group()
		d.service = s.state.Units[unit].Task.IsService()
		d.beside = nil
		d.step = steps.OpenLog{}
		d.touched++
	}
	if !d.chosen.stands(&s.state, unit) {
		d.chosen = chosenRun{}
		d.touched++
	}
	d.sweep.RankBy(unit, d.curves.Ranks()[unit])
	if now := tellsOf(&s.state, unit); now != d.tells {
		d.tells = now
		d.touched++
	}
	r := s.rects.Detail
	names := d.beside
	if len(names) == 0 {
		names = []string{d.logName(&s.state)}
	}
	if id := d.outside.id; id != "" {
		names = []string{string(s.state.Resources[id].Log)}
	}
	older := d.tab() == logsTab && unit != "" && slices.Equal(names, []string{unit})
	if older && d.logs.tab.SetOlder(d.history.Older(unit)) {
		d.logs.stale = true
	}
	if d.logs.tab.Silent(d.silence(&s.state)) {
		d.logs.version++
	}
	cmd := d.logs.show(&s.state, names, d.tab() == logsTab && !r.Empty(), r.W, max(0, r.H-2))
	if r.Empty() {
		return cmd
	}
	f := s.frame(r.W, max(0, r.H-2), s.focus == detailPane)
	if older && d.logs.tab.Whole() { // it says where they begin
		return tea.Batch(cmd, d.history.Follow(f))
	}
	switch d.tab() {
	case compareTab:
		s.readCompared(false)
	case testsTab:
		return tea.Batch(cmd, d.tests.Follow(f))
	case historyTab:
		return tea.Batch(cmd, d.history.Follow(f))
	case curvesTab:
		cmd = tea.Batch(cmd, d.history.Follow(f))
		d.curves.SetOlder(d.history.Older(unit))
	}
	return cmd
}

// logName is what the Logs tab shows of the unit: the log of all of its runs, of
// its newest run where each has its own, or of the chosen step.
func (d *detail) logName(s *tasks.State) string {
	if d.step.Key != "" {
		return string(d.step.Key)
	}
	r, ok := s.Runs[d.chosen.id]
	if !ok {
		r, ok = s.Current(d.unit)
	}
	if ok && (s.Units[d.unit].Task.Remote() || r.Sweep != nil) {
		return string(r.Log)
	}
	return d.unit
}

// silence is why a run has printed nothing: it has ended so, or its system says what it
// waits for.
func (d *detail) silence(s *tasks.State) string {
	r, ok := s.Runs[d.chosen.id]
	if !ok {
		r, ok = s.Current(d.unit)
	}
	switch {
	case !ok || d.outside.id != "" || d.step.Key != "" || len(d.beside) > 0 || d.service:
		return ""
	case r.Status.Done() && r.Error != "":
		return "It printed nothing: " + r.Error
	case r.Status.Done():
		return "It printed nothing."
	case r.Native != "":
		return "No output yet. It is " + strings.TrimSuffix(r.Native+": "+r.Reason, ": ") + "."
	}
	return ""
}

// openStep shows a step's log in the Logs tab.
func (d *detail) openStep(m steps.OpenLog) {
	d.step, d.stepFrom = m, d.tab()
	d.setTab(logsTab)
}

// closeStep goes back to the tab in which the log that is shown was chosen.
func (d *detail) closeStep() bool {
	if d.step.Key == "" || d.tab() != logsTab || d.stepFrom == logsTab || !slices.Contains(d.names(), d.stepFrom) {
		return false
	}
	d.setTab(d.stepFrom)
	return true
}

// actions are what can be done in the shown tab.
func (d *detail) actions() []action.Action {
	switch t := d.tab(); {
	case t == "" && d.outside.group != "":
		return d.outside.table.Actions()
	case t == "":
		return d.overview.Actions()
	case t == logsTab:
		return d.logs.actions()
	case t == compareTab:
		return d.touching(d.comparing.screen.Actions())
	case t == historyTab && d.outside.id == "":
		return d.touching(d.history.Actions())
	case d.outside.choosing:
		return d.touching(d.outside.rows.Actions())
	case t == curvesTab:
		return d.touching(d.curves.Actions())
	case t == stepsTab:
		return d.touching(d.steps.Actions())
	}
	return nil
}

// filtered is the shown tab, if it has a filter.
func (d *detail) filtered() filtered {
	switch t := d.tab(); {
	case d.outside.choosing:
		return d.outside.rows
	case d.outside.id != "":
		return nil
	case t == testsTab:
		return d.tests
	case t == historyTab:
		return d.history
	}
	return nil
}

// touching are actions that change the picture of the tab.
func (d *detail) touching(actions []action.Action) []action.Action {
	for i, a := range actions {
		if a.Do != nil {
			actions[i].Do = func() tea.Cmd { d.touched++; return a.Do() }
		}
	}
	return actions
}

func (d *detail) move(n int) {
	d.touched++
	switch t := d.tab(); {
	case t == "" && d.outside.group != "":
		d.outside.table.Move(n)
	case t == "":
		d.overview.Move(n)
	case t == logsTab:
		// The log tab has actions of its own for moving.
	case t == compareTab:
		d.comparing.screen.Move(n)
	case d.outside.choosing:
		d.outside.rows.Move(n)
	case d.outside.id != "":
		d.outside.page.Move(n)
	default:
		d.others[t].Move(n)
	}
}

func (d *detail) click(x, y int) {
	d.touched++
	if d.outside.choosing {
		d.outside.rows.Click(y)
	}
	if d.outside.id != "" {
		return
	}
	switch d.tab() {
	case "":
		if d.outside.group != "" {
			d.outside.table.Click(y - d.outside.above)
			return
		}
		d.overview.Click(y)
	case testsTab:
		d.tests.Click(x, y)
	case historyTab:
		d.history.Click(y)
	case stepsTab:
		d.steps.Click(x, y)
	case sweepTab:
		d.sweep.Click(y)
	}
}

func (s *Screen) frame(w, h int, focused bool) screen.Frame {
	return screen.Frame{
		W: w, H: h, Focused: focused, State: &s.state, Unit: s.detail.unit, Group: s.detail.group, Chosen: s.detail.chosen.id,
		Now: s.now, Ink: s.ink, Usage: s.usage[s.detail.unit], Version: s.version,
	}
}

// body draws the tab below its heading.
func (d *detail) body(s *Screen, f screen.Frame) []string {
	switch t := d.tab(); {
	case t == logsTab:
		return d.logs.view(f)
	case t == compareTab:
		return d.comparing.screen.View(f)
	case d.outside.id != "" || d.outside.group != "":
		return s.outsideBody(f)
	case t != "" && t != logsTab:
		return d.others[t].View(f)
	case len(f.State.Order) == 0:
		return f.Empty("The workspace has no services and no tasks yet.",
			"Declare them in sawhorse.yml; they appear here as soon as the file is saved.")
	case f.Group == nil:
		return f.Empty("Nothing is selected.", "↑ ↓ in the tree choose a service or a task.")
	}
	return d.overview.View(f)
}

// heading is the line of tabs, with the shown log's flags at its end.
func (d *detail) heading(s *Screen, w int) string {
	in := s.ink
	l := cell.NewLine(w).Put(in.Text, " ")
	focused := s.focus == detailPane
	name := d.unit
	if d.outside.id != "" {
		name = label(s.state.Resources[d.outside.id])
	}
	if len(d.beside) > 0 {
		name = strings.Join(d.beside, " + ")
	} else if d.step.Key != "" {
		name += " / " + d.step.Name
	} else if d.chosen.id != "" && d.tab() != sweepTab {
		name = string(d.chosen.id)
	}
	if name == "" {
		if n, ok := s.tree.Selected(); ok {
			name = n.Label
		}
	}
	l.Put(pick(focused, in.Bold, in.Text), cell.Cut(name, max(8, w/4))).Put(in.Text, "  ")
	d.spots = d.spots[:0]
	gap, letters := tabRoom(d.names(), d.tab(), l.Left())
	for i, t := range d.names() {
		from := w - l.Left()
		l.Put(in.Faint, string(rune('1'+i)))
		switch {
		case t == d.tab():
			l.Put(pick(focused, in.Selected, in.SelectedBlur), " "+t+" ")
		case letters > 0:
			l.Put(in.Muted, " "+t[:min(len(t), letters)])
		}
		l.Put(in.Text, gap)
		d.spots = append(d.spots, spot{t, from, w - l.Left()})
	}
	if d.tab() == logsTab {
		if flags := d.logs.tab.Flags(l.Left() - 1); flags != "" {
			l.Fill(theme.Ink{}, cell.Width(flags)+1).Put(in.Muted, flags)
		}
	}
	return l.String()
}

// tabRoom is how tabs fit into w cells: first the room between them goes, then
// the names of those that are not shown become short ones of so many letters,
// then their numbers alone are left.
func tabRoom(names []string, shown string, w int) (gap string, letters int) {
	need := func(gap, letters int) int {
		sum := len("  ") // around the name of the shown one
		for _, n := range names {
			if n != shown {
				n = n[:min(len(n), letters)]
			}
			sum += len("1 ") + len(n) + gap
		}
		return sum
	}
	longest := 0
	for _, n := range names {
		longest = max(longest, len(n))
	}
	if need(2, longest) <= w {
		return "  ", longest
	}
	for _, letters := range []int{longest, 4, 3, 2} {
		if need(1, letters) <= w {
			return " ", letters
		}
	}
	return " ", 0
}

// tabAt is the tab whose name stands at column x of the heading.
func (d *detail) tabAt(x int) (string, bool) {
	for _, t := range d.spots {
		if x >= t.from && x < t.to {
			return t.name, true
		}
	}
	return "", false
}

// spot is where a tab's name was drawn.
type spot struct {
	name     string
	from, to int
}
