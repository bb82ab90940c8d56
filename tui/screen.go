package tui

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/notify"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
	"github.com/sawhorse-dev/sawhorse/tui/widget/tree"
)

// Screen is the only Bubble Tea model. Everything in it belongs to the
// goroutine that calls Update and View; what waits is a command.
//
//	engine --> Subscribe --> next (waits, gathers) --> eventsMsg --> Update: State.Apply
//	keys   --> Update: actions().Pressed --> Do --> Engine.Do in a command --> doneMsg
//	View   --> the lines of each pane, from its cache --> joined
type Screen struct {
	ctx    context.Context
	engine tasks.Engine
	opt    Options

	events     <-chan []tasks.Event
	stop       context.CancelFunc // of the subscription
	generation int                // of the subscription
	lastBatch  time.Time
	gone       string // why there is no host; empty while there is one
	awaiting   bool   // the host starts; the engine only stands for it
	failed     error  // why it did not start

	state   tasks.State
	alerts  []tasks.Alert
	opened  tasks.AlertID            // gone to last: its place is what e means where the log names none
	usage   map[string][]tasks.Usage // course by task, oldest first
	version int                      // of state, alerts and usage
	digest  digest

	w, h    int
	prefs   prefs
	focus   pane
	rects   rects
	mouse   bool
	theme   theme.Theme
	ink     *theme.Inks
	looks   looks
	keys    action.Keymap
	now     time.Time // of the last message; View must not ask
	ticking bool
	// treeSecond is the second that the tree's rows were made in, while it counts.
	treeSecond int64

	tree      tree.Tree
	filtering *input.Input // while the tree's filter is typed
	strip     strip
	detail    *detail
	overlay   overlay
	toasts    []toast
	pins      []*pin
	panes     panes

	// outside are the tree's groups of what is outside, taken the course of what a
	// resource took, oldest first.
	outside []outsideGroup
	taken   map[tasks.ResourceID][]tasks.Usage
	asked   asked
	looking looking

	branch string // that is checked out
	// uncommitted: something of it is not committed. asking: somebody finds that out.
	uncommitted, asking bool
	said                said // by the runs that alerts are about

	// own are the alerts of the screen itself.
	own []tasks.Alert
	// focused is whether the terminal has the focus, news what was heard since the
	// last look, progresses whether the terminal shows progress.
	focused    notify.Focus
	news       []string
	telling    bool // it is about to be told
	progresses bool

	memory memory
	saved  string // what was last saved
	saving bool
	// acts counts what a person did: keys, clicks, what was pasted.
	acts int
	// memoryTouched: a person did something that may have to be remembered.
	memoryTouched bool
	saveMu        *sync.Mutex // held while Remember.Save runs
	result        Result
	wheel         wheel
	history       []string // of the palette
}

// New is a screen on the engine, subscribed to its events. Run drives it; tests
// drive it by Update and View.
func New(ctx context.Context, engine tasks.Engine, o Options) (*Screen, error) {
	s := bare()
	s.ctx, s.engine, s.opt = ctx, engine, o
	answer := s.subscribe() // which comes while the rest is made
	if s.opt.Env == nil {
		s.opt.Env = os.Getenv
	}
	s.detail.tests.UseMemory(o.Past)
	s.detail.history.UseMemory(o.Runs)
	s.progresses = notify.ShowsProgress(s.opt.Env)
	s.recall()
	s.settle(o.Settings)
	s.subscribed(<-answer)
	return s, nil
}

// blank is a screen on nothing.
func blank() *Screen {
	s := bare()
	s.dress()
	return s
}

// bare is a screen on nothing without its looks.
func bare() *Screen {
	return &Screen{
		ctx: context.Background(), opt: Options{Env: func(string) string { return "" }}, saveMu: &sync.Mutex{},
		said: said{}, state: tasks.NewState(), usage: map[string][]tasks.Usage{}, taken: map[tasks.ResourceID][]tasks.Usage{}, now: time.Now(),
		looks: looks{all: theme.Set{theme.Dark(), theme.Light()}, dark: true}, detail: newDetail(theme.Dark()),
	}
}

// subscription is a state and all events after it.
type subscription struct {
	state  tasks.State
	events <-chan []tasks.Event
	stop   context.CancelFunc
}

// subscribe asks the engine for its state and all events after it.
func (s *Screen) subscribe() <-chan subscription {
	answer := make(chan subscription, 1)
	ctx, engine := s.ctx, s.engine
	go func() { answer <- subscribeTo(ctx, engine) }()
	return answer
}

func subscribeTo(ctx context.Context, engine tasks.Engine) subscription {
	ctx, stop := context.WithCancel(ctx)
	state, events := engine.Subscribe(ctx)
	return subscription{state, events, stop}
}

// subscribed shows what a subscription brings.
func (s *Screen) subscribed(to subscription) {
	s.state, s.events, s.stop = to.state, to.events, to.stop
	s.generation++
	s.gone = ""
	s.changed()
	s.stale()
}

// Close ends the subscription, gives back the logs and saves what is remembered.
func (s *Screen) Close() {
	s.stop()
	for _, p := range s.logPanes() {
		p.close()
	}
	s.saveNow()
}

// Result is how the screen was left.
func (s *Screen) Result() Result {
	s.result.HostGone, s.result.Why = s.gone != "", s.gone
	return s.result
}

// Init asks the terminal for its colours and waits for the first events.
func (s *Screen) Init() tea.Cmd {
	return tea.Batch(
		tea.RequestBackgroundColor, tea.Raw(ansi.SetModeLightDark),
		s.next(), s.nextSettings(), s.minute(), s.askBranch(), s.tick(), s.expireToasts(), s.awaitHost(),
	)
}

type (
	minuteMsg      struct{}
	tickMsg        struct{}
	branchMsg      string
	gitMsg         struct{} // whether something is not committed
	uncommittedMsg bool
)

// askBranch looks which branch is checked out.
func (s *Screen) askBranch() tea.Cmd {
	branch := s.opt.Branch
	if branch == nil {
		return nil
	}
	return func() tea.Msg { return branchMsg(branch()) }
}

// gitAfter is how long it may take until somebody sees that something is not
// committed: git is not asked while the screen begins, nor for each of many saves.
const gitAfter = 400 * time.Millisecond

// askGit looks soon whether something is not committed.
func (s *Screen) askGit() tea.Cmd {
	if s.opt.Uncommitted == nil || s.branch == "" || s.asking {
		return nil
	}
	s.asking = true
	return s.later(gitAfter, gitMsg{})
}

// minute wakes the clock in the header.
func (s *Screen) minute() tea.Cmd {
	return s.later(time.Minute-time.Duration(s.now.UnixNano()%int64(time.Minute)), minuteMsg{})
}

// tick wakes once a second, but only while something on the screen counts
// seconds.
func (s *Screen) tick() tea.Cmd {
	if s.ticking || !s.digest.ticks {
		return nil
	}
	s.ticking = true
	return s.later(time.Second-time.Duration(s.now.UnixNano()%int64(time.Second)), tickMsg{})
}

// later brings a message after a time, unless the screen is left before.
func (s *Screen) later(d time.Duration, msg tea.Msg) tea.Cmd {
	ctx := s.ctx
	return func() tea.Msg {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			return msg
		}
	}
}

// Update takes a message.
func (s *Screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	s.now = time.Now()
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case eventsMsg:
		cmd = s.take(msg)
	case tea.WindowSizeMsg:
		s.w, s.h = msg.Width, msg.Height
		s.arrange()
	case tea.KeyPressMsg:
		s.memoryTouched = true
		s.acts++
		cmd = s.press(msg)
	case tea.PasteMsg:
		s.acts++
		cmd = s.paste(msg.Content)
	case tea.MouseMsg:
		s.memoryTouched = true
		s.acts++
		cmd = s.mouseMsg(msg)
	case wheelLaterMsg:
		cmd = s.flushWheel()
	case wheelMsg:
		cmd = s.scroll(msg)
	case tea.BackgroundColorMsg:
		if s.looks.paper == nil { // else it is ours
			s.terminalIs(msg.IsDark())
		}
	case tea.ColorProfileMsg:
		if msg.Profile != s.looks.profile {
			s.looks.profile = msg.Profile
			s.dress()
		}
	case tea.FocusMsg:
		s.focused = notify.Focused
		cmd = s.askBranch() // it may have been changed elsewhere
	case branchMsg:
		s.branch = parse.Clean(string(msg)).Plain
		cmd = s.askGit()
	case gitMsg:
		ctx, uncommitted := s.ctx, s.opt.Uncommitted
		cmd = func() tea.Msg { return uncommittedMsg(uncommitted(ctx)) }
	case uncommittedMsg:
		s.uncommitted, s.asking = bool(msg), false
	case tea.BlurMsg:
		s.focused = notify.Blurred
	case uv.DarkColorSchemeEvent:
		s.terminalIs(true)
	case uv.LightColorSchemeEvent:
		s.terminalIs(false)
	case tickMsg:
		s.ticking = false
		cmd = s.tick()
	case tellMsg:
		cmd = s.tell()
	case minuteMsg:
		cmd = tea.Batch(s.minute(), s.askBranch())
	case toastMsg:
		s.pruneToasts()
	case doneMsg:
		cmd = s.done(msg)
	case noticeMsg:
		cmd = s.toast(msg.severity, msg.text)
	case pageMsg:
		s.printed(msg)
	case settingsMsg:
		cmd = s.resettle(msg.Settings)
	case hostLateMsg:
		cmd = s.hostIsLate()
	case hostMsg:
		cmd = s.hostCame(msg)
	case connectedMsg:
		cmd = s.connected(msg)
	case askMsg:
		cmd = s.askNow(msg)
	case answerMsg:
		cmd = s.answered(msg)
	case saidMsg:
		if _, asked := s.said[msg.run]; asked && msg.text != "" {
			s.said[msg.run] = msg.text
			s.changed()
		}
	case lookMsg:
		cmd = s.lookNow(msg)
	case offeredMsg:
		cmd = s.offered(msg)
	case previewMsg:
		cmd = s.preview(msg)
	case bestMsg:
		cmd = s.fillBest(msg)
	case formMsg:
		cmd = s.formed(msg)
	case branchesMsg:
		branched(msg)
	case saveMsg:
		s.saving = false
		cmd = s.save()
	case savedMsg:
		if msg.err != nil {
			cmd = s.toast(tasks.Warning, "what the screen remembers could not be saved: "+msg.err.Error())
		}
	default:
		cmd = s.tabMsg(msg)
	}
	return s, tea.Batch(cmd, s.follow(), s.remember())
}

// setTheme changes all colours at once.
func (s *Screen) setTheme(t theme.Theme) {
	s.theme, s.ink = t, t.Inks()
	s.dressLogs(t)
	s.panes = panes{}
	s.rebuild()
}

// changed takes over a new state: what is derived from it is derived anew.
func (s *Screen) changed() {
	s.version++
	s.alerts = s.state.Alerts()
	s.heard(s.alerts)
	if len(s.own) > 0 {
		s.alerts = slices.Concat(s.own, s.alerts)
		slices.SortStableFunc(s.alerts, func(a, b tasks.Alert) int { return b.At.Compare(a.At) })
	}
	s.strip.set(s.alerts)
	s.rebuild()
	s.arrange()
}

// arrange lays the screen out and moves the focus out of what is not shown.
func (s *Screen) arrange() {
	s.prefs.Alerts = len(s.alerts)
	s.rects = layout(s.w, s.h, s.focus, s.prefs)
	switch {
	case s.rects.Small:
	case s.focus == treePane && s.prefs.TreeHidden: // as it was left the last time
		s.setFocus(detailPane)
	case s.focus == stripPane && s.rects.Strip.Empty():
		s.setFocus(treePane)
	case s.focus >= firstPin && s.rects.Pins[s.focus-firstPin].Empty():
		s.setFocus(detailPane)
	}
}

func (s *Screen) setFocus(p pane) {
	if p == treePane && s.prefs.TreeHidden {
		p = detailPane
	}
	s.focus = p
	s.strip.chosen = s.strip.chosen || p == stripPane
	s.rects = layout(s.w, s.h, s.focus, s.prefs)
}

// follow tells the detail what is selected and how much room it has.
func (s *Screen) follow() tea.Cmd {
	s.digest.ticks = s.digest.ticks || s.troubleCounts()
	return tea.Batch(s.detail.show(s), s.followPins(), s.askShown(), s.askSaid(), s.look(), s.tick())
}

// selected is the task under the tree's cursor; empty on a group, and on what is
// outside.
func (s *Screen) selected() string {
	n, ok := s.tree.Selected()
	if !ok || n.Group == "" {
		return ""
	}
	if _, outside := s.outsideGroup(n.Group); outside {
		return ""
	}
	return n.ID
}

// group is the tasks of the group under the tree's cursor.
func (s *Screen) group() []string {
	n, ok := s.tree.Selected()
	if !ok || n.Group != "" {
		return nil
	}
	if _, outside := s.outsideGroup(n.ID); outside {
		return nil
	}
	return s.members(n.ID)
}

// target is the task that task actions are about: the alert's in the strip, the
// row's in a group's table, else the selection.
func (s *Screen) target() string {
	if s.focus == stripPane {
		if a, ok := s.strip.selected(); ok {
			return a.Task
		}
		return ""
	}
	if p, ok := s.focusedPin(); ok {
		return p.name
	}
	if name := s.selected(); name != "" {
		return name
	}
	if s.focus == detailPane && s.group() != nil {
		name, _ := s.detail.overview.Selected()
		return name
	}
	return ""
}

// known says whether the task is in the workspace.
func (s *Screen) known(name string) bool { return slices.Contains(s.state.Order, name) }
