package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
)

// Actions is what can be done now, innermost layer first, with the user's keys.
func (s *Screen) Actions() action.Set {
	set := action.Set{}
	switch s.focus {
	case treePane:
		set = append(set, action.Layer{Name: "tree", Actions: s.treeActions()})
	case detailPane:
		if s.detail.tab() == testsTab {
			set = append(set, s.testLayers()...)
			break
		}
		if s.detail.tab() == sweepTab {
			set = append(set, action.Layer{Name: "sweep", Actions: s.sweepActions()})
			break
		}
		set = append(set, action.Layer{Name: "detail", Actions: s.detail.actions()})
	case stripPane:
		set = append(set, action.Layer{Name: "attention", Actions: s.stripActions()})
	}
	if p, ok := s.focusedPin(); ok {
		set = append(set, action.Layer{Name: "log", Actions: p.logs.actions()})
	}
	set = append(set, action.Layer{Name: "outside", Actions: s.resourceActions()}, action.Layer{Name: "screen", Actions: s.globalActions()})
	for i := range set {
		set[i].Actions = s.permit(s.keys.Bind(set[i].Actions))
	}
	return set
}

// Layers is every layer that there is, whatever has the focus: what the keymap
// is checked against, and what the docs are made of.
func (s *Screen) Layers() []action.Layer {
	return []action.Layer{
		{Name: "screen", Actions: s.globalActions()},
		{Name: "tree", Actions: s.treeActions()},
		{Name: "attention", Actions: s.stripActions()},
		{Name: "log", Actions: s.detail.logs.tab.Actions()},
		{Name: "tests", Actions: slices.Concat(s.detail.tests.Actions(), s.testRuns())},
		{Name: "failure", Actions: s.detail.tests.FailureActions()},
		{Name: "history", Actions: s.detail.history.Actions()},
		{Name: "curves", Actions: s.detail.curves.Actions()},
		{Name: "steps", Actions: s.detail.steps.Actions()},
		{Name: "sweep", Actions: s.sweepActions()},
		{Name: "table", Actions: s.detail.overview.Actions()},
		{Name: "rows", Actions: s.detail.outside.rows.Actions()},
		{Name: "compare", Actions: s.detail.comparing.screen.Actions()},
	}
}

// allActions is every action, for palette and help: what can be done now, then what
// other panes offer.
func (s *Screen) allActions() []action.Action {
	all := s.Actions().All()
	seen := map[string]bool{}
	for _, a := range all {
		seen[a.ID] = true
	}
	for _, l := range s.Layers() {
		for _, a := range s.permit(s.keys.Bind(l.Actions)) {
			if !seen[a.ID] {
				seen[a.ID] = true
				all = append(all, a)
			}
		}
	}
	return all
}

// permit takes out what a read-only screen must not do.
func (s *Screen) permit(actions []action.Action) []action.Action {
	if !s.opt.ReadOnly {
		return actions
	}
	var kept []action.Action
	for _, a := range actions {
		if a.Dangerous {
			continue
		}
		if a.Writes {
			a.Disabled = "this screen is read-only (--read-only)"
		}
		kept = append(kept, a)
	}
	return kept
}

// run does an action, or says why not, or asks first.
func (s *Screen) run(a action.Action) tea.Cmd {
	switch {
	case a.Disabled != "":
		return s.toast(tasks.Warning, a.Title+": "+a.Disabled)
	case a.Do == nil:
		return nil
	case a.Confirm != nil:
		s.ask(*a.Confirm, a.Do)
		return nil
	}
	return a.Do()
}

// act wraps a change of the screen alone.
func act(f func()) func() tea.Cmd {
	return func() tea.Cmd { f(); return nil }
}

func (s *Screen) globalActions() []action.Action {
	all := append(make([]action.Action, 0, 64), s.taskActions()...)
	all = append(all, s.alertActions()...)
	all = append(all, s.viewActions()...)
	all = append(all, s.moveActions()...)
	return append(all, s.screenActions()...)
}

// taskActions are about the task that is meant: the selection's, or the alert's.
func (s *Screen) taskActions() []action.Action {
	name := s.target()
	none := ""
	if name == "" {
		none, name = "select a service or a task first", "what is selected"
	}
	showLog, noLog, logged := "Show the log", none, []string{name}
	if group := s.group(); none != "" && len(group) > 0 && s.focus != stripPane {
		showLog, noLog, logged = "Show the logs of the group, merged by time", "", group
	}
	return []action.Action{
		s.toggleAction(name, none), s.restartAction(name, none),
		{
			ID: "task.terminal", Title: "Take the terminal of " + name, Hint: "terminal", Group: "Tasks", Keys: []string{"x"}, Writes: true,
			Disabled: cmp.Or(none, s.noTerminal(name)), Do: func() tea.Cmd { return s.takeTerminal(name) },
		},
		{
			ID: "task.logs", Title: showLog, Hint: "logs", Group: "Tasks", Keys: []string{"l"}, Disabled: noLog,
			Do: func() tea.Cmd { return s.showLog(logged...) },
		},
		{
			ID: "task.why", Title: "Why is it like this?", Hint: "why", Group: "Tasks", Keys: []string{"w"}, Disabled: none,
			Do: act(func() { s.openWhy(name) }),
		},
		s.cancelAction(name, none),
		{
			ID: "edit", Title: "Open in the editor", Hint: "edit", Group: "Tasks", Keys: []string{"e"}, Disabled: s.noPlace(),
			Do: func() tea.Cmd { return s.editPlace() },
		},
		{
			ID: "copy", Title: "Copy what is selected", Hint: "copy", Group: "Tasks", Keys: []string{"y"}, Disabled: s.nothingToCopy(),
			Do: func() tea.Cmd { return s.copySelected() },
		},
	}
}

// toggleAction starts the task, or stops what goes on of it.
func (s *Screen) toggleAction(name, none string) action.Action {
	u := s.state.Units[name]
	toggle := action.Action{
		ID: "task.toggle", Title: "Start " + name, Hint: "start", Group: "Tasks", Keys: []string{"s"}, Writes: true,
		Disabled: none, Do: func() tea.Cmd { return s.start(name) },
	}
	if u.Task.Remote() { // the same as to run it, which says so
		toggle.Hint = ""
	}
	if watchOff(u) {
		toggle.Title, toggle.Hint = "Run "+name+", and again when its files change", "watch"
	}
	_, active := s.state.Active(name)
	_, waits := s.state.Waiting(name)
	_, elsewhere := s.state.Elsewhere(name)
	switch {
	case active || waits || elsewhere:
		toggle.Title, toggle.Hint = "Stop "+name, "stop"
		toggle.Do = func() tea.Cmd { return s.stopTasks([]string{name}, "stopping "+name) }
	case !u.Task.IsService() && u.Task.Spec.Watch != nil && u.Up:
		toggle.Title, toggle.Hint = "Run "+name+" no more when its files change", "unwatch"
		toggle.Do = func() tea.Cmd { return s.do(tasks.Stop{Names: []string{name}}, "not watching for "+name) }
	}
	if w, ok := s.sweeping(name); ok {
		toggle.Title, toggle.Do = "Stop the sweep of "+name, func() tea.Cmd { return s.askStopSweep(w) }
	}
	if g := s.groupServices(); g != nil && s.target() == "" {
		toggle = s.groupToggle(toggle, g)
	}
	return toggle
}

// restartAction restarts a service and runs a task.
func (s *Screen) restartAction(name, none string) action.Action {
	u := s.state.Units[name]
	restart := action.Action{
		ID: "task.restart", Title: "Restart " + name, Hint: "restart", Group: "Tasks", Keys: []string{"r"}, Writes: true,
		Disabled: none, Verb: "restart", Do: func() tea.Cmd { return s.rerun(name) },
	}
	if u.Task.IsService() {
		return restart
	}
	restart.Title, restart.Hint, restart.Keys = "Run "+name, "run", []string{"r", "t"}
	if _, ran := s.state.Finished(name); ran {
		restart.Title, restart.Hint = "Run "+name+" again", "rerun"
	}
	if u.Task.Remote() { // its system has a rerun of its own, of the run that was
		restart.Hint = "trigger"
	}
	return restart
}

// cancelAction ends the run of a task that goes on, else the one that waits.
func (s *Screen) cancelAction(name, none string) action.Action {
	run, active := s.state.Active(name)
	waiting, waits := s.state.Waiting(name)
	other, elsewhere := s.state.Elsewhere(name)
	switch {
	case elsewhere:
		run = other
	case !active:
		run = waiting
	}
	off := none
	switch {
	case none == "" && !active && !waits && !elsewhere:
		off = name + " is not running and not waiting"
	case s.state.Units[name].Task.IsService() && active && !waits:
		off = name + " is a service: stop it instead"
	}
	return action.Action{
		ID: "task.cancel", Title: "Cancel the run of " + name, Group: "Tasks", Keys: []string{"c"}, Writes: true,
		Disabled: off, Do: func() tea.Cmd { return s.cancelRun(run) },
	}
}

func (s *Screen) alertActions() []action.Action {
	none := ""
	if len(s.alerts) == 0 {
		none = "nothing needs attention"
	}
	return []action.Action{
		{
			ID: "alert.next", Title: "Go to the next failure", Hint: pick(none == "" && s.rects.Strip.Empty(), "next failure", ""), Group: "Attention", Keys: []string{"."}, Disabled: none,
			Do: func() tea.Cmd { return s.stepAlert(1) },
		},
		{
			ID: "alert.previous", Title: "Go to the previous failure", Group: "Attention", Keys: []string{","}, Disabled: none,
			Do: func() tea.Cmd { return s.stepAlert(-1) },
		},
		{
			ID: "alert.expand", Title: "Give ATTENTION half of the screen", Group: "Attention", Keys: []string{"a"}, Disabled: none,
			Do: act(func() {
				s.prefs.StripOpen = !s.prefs.StripOpen
				s.setFocus(stripPane)
				if !s.prefs.StripOpen {
					s.setFocus(treePane)
				}
			}),
		},
		{
			ID: "alert.acknowledge-all", Title: "Acknowledge everything in ATTENTION", Group: "Attention", Keys: []string{"D"}, Disabled: none, Writes: true, Verb: "ack",
			Do: func() tea.Cmd {
				return s.acknowledge(slices.Clone(s.alerts))
			},
		},
	}
}

// stripActions are those of the strip alone.
func (s *Screen) stripActions() []action.Action {
	a, ok := s.strip.selected()
	none := ""
	if !ok {
		none = "nothing needs attention"
	}
	return []action.Action{
		{
			ID: "alert.open", Title: "Go to where it is told", Hint: "go there", Group: "Attention", Keys: []string{"enter"}, Disabled: none,
			Do: func() tea.Cmd { return s.openAlert(a) },
		},
		{
			ID: "alert.acknowledge", Title: "Acknowledge this one", Hint: "acknowledge", Group: "Attention", Keys: []string{"d"}, Disabled: none, Writes: true,
			Do: func() tea.Cmd {
				return s.acknowledge([]tasks.Alert{a})
			},
		},
	}
}

// treeActions are those of the tree alone.
func (s *Screen) treeActions() []action.Action {
	n, _ := s.tree.Selected()
	onGroup := n.ID != "" && n.Group == ""
	open := "open"
	if onGroup {
		open = "fold"
	}
	return append([]action.Action{
		{
			ID: "tree.open", Title: "Open what is selected", Hint: open, Group: "Tree", Keys: []string{"enter"},
			Do: act(func() {
				if onGroup {
					s.tree.Toggle(n.ID)
					return
				}
				s.setFocus(detailPane)
			}),
		},
		{ID: "tree.filter", Title: "Filter the tree", Hint: "filter", Group: "Tree", Keys: []string{"/"}, Do: act(s.filterTree)},
		{
			ID: "tree.out", Title: "To the group, or fold it", Group: "Tree", Keys: []string{"left"},
			Do: act(func() {
				if onGroup {
					s.tree.SetCollapsed(n.ID, true)
				} else {
					s.tree.Parent()
				}
			}),
		},
		{
			ID: "tree.in", Title: "Into the group, or to the detail", Group: "Tree", Keys: []string{"right"},
			Do: act(func() {
				switch {
				case onGroup && s.tree.IsCollapsed(n.ID):
					s.tree.SetCollapsed(n.ID, false)
				case onGroup:
					s.tree.Move(1)
				default:
					s.setFocus(detailPane)
				}
			}),
		},
		{
			ID: "tree.toggle", Title: "Fold or open the group", Group: "Tree", Keys: []string{"space"},
			Do: act(func() {
				if !onGroup {
					s.tree.Parent()
				}
				if g, ok := s.tree.Selected(); ok {
					s.tree.Toggle(g.ID)
				}
			}),
		},
	}, s.extentActions()...)
}

func (s *Screen) viewActions() []action.Action {
	alone := ""
	if s.rects.Wall < 0 {
		alone = "the tree does not stand beside anything now"
	}
	all := []action.Action{
		{
			ID: "view.zoom", Title: "Zoom the focused pane", Hint: "zoom", Group: "View", Keys: []string{"z"},
			Do: act(func() { s.prefs.Zoom = !s.prefs.Zoom; s.setFocus(s.focus) }),
		},
		{ID: "view.focus", Title: "Focus the next pane", Hint: "focus", Group: "View", Keys: []string{"tab"}, Do: act(func() { s.cycle(1) })},
		{ID: "view.focus-back", Title: "Focus the previous pane", Group: "View", Keys: []string{"shift+tab"}, Do: act(func() { s.cycle(-1) })},
		{
			ID: "view.tree", Title: "Hide or show the tree", Hint: pick(s.prefs.TreeHidden && !s.prefs.Zoom && s.w >= 60, "tree", ""), Group: "View", Keys: []string{"b"},
			Do: act(func() {
				s.prefs.TreeHidden = !s.prefs.TreeHidden
				if s.prefs.TreeHidden {
					s.setFocus(detailPane)
				} else {
					s.setFocus(treePane)
				}
			}),
		},
		{ID: "view.wider", Title: "Make the tree wider", Group: "View", Keys: []string{">"}, Disabled: alone, Do: act(func() { s.widen(4) })},
		{ID: "view.narrower", Title: "Make the tree narrower", Group: "View", Keys: []string{"<"}, Disabled: alone, Do: act(func() { s.widen(-4) })},
		{
			ID: "view.mouse", Title: "Give the mouse to the terminal, or take it", Group: "View", Keys: []string{"M"}, Verb: "mouse",
			Do: func() tea.Cmd {
				s.mouse = !s.mouse
				s.memory.Mouse = new(s.mouse)
				if s.mouse {
					return s.toast(tasks.Info, "the mouse selects and scrolls here")
				}
				return s.toast(tasks.Info, "the mouse is the terminal's: drag to select; M takes it back")
			},
		},
		{
			ID: "view.theme", Title: "Next theme", Group: "View", Keys: []string{"T"}, Verb: "theme",
			Args: &action.Args{
				Usage:    "NAME|auto|default",
				Complete: func(words []string) []string { return only(words, s.themeNames()) },
				Preview:  s.tryTheme,
				Do:       s.themeVerb,
			},
			Do: func() tea.Cmd { return s.nextTheme() },
		},
	}
	all = append(all, s.pinActions()...)
	tabs := s.detail.names()
	for i := range 9 {
		a := action.Action{
			ID: fmt.Sprintf("tab.%d", i+1), Title: fmt.Sprintf("Tab %d", i+1), Group: "Tabs", Keys: []string{string(rune('1' + i))},
			Disabled: "there is no such tab here",
		}
		if i < len(tabs) {
			a.Title, a.Disabled = "Show "+tabs[i], ""
			a.Do = act(func() { s.detail.setTab(tabs[i]) })
		}
		all = append(all, a)
	}
	return all
}

func (s *Screen) moveActions() []action.Action {
	move := func(id, title string, n func() int, keys ...string) action.Action {
		return action.Action{ID: id, Title: title, Group: "Moving", Keys: keys, Do: act(func() { s.move(n()) })}
	}
	step := func(n int) func() int { return func() int { return n } }
	page := func(sign int) func() int { return func() int { return sign * s.page() } }
	return []action.Action{
		move("move.up", "Up", step(-1), "up", "k"), move("move.down", "Down", step(1), "down", "j"),
		move("move.page-up", "A page up", page(-1), "pgup"), move("move.page-down", "A page down", page(1), "pgdown"),
		move("move.top", "To the top", step(-1<<30), "home", "g"), move("move.bottom", "To the bottom", step(1<<30), "end", "G"),
		{ID: "move.back", Title: "Back", Hint: pick(s.leadsBack(), "back", ""), Group: "Moving", Keys: []string{"esc"}, Do: act(s.back)},
	}
}

func (s *Screen) screenActions() []action.Action {
	all := []action.Action{
		{ID: "palette", Title: "Commands", Hint: "command", Group: "Screen", Keys: []string{":"}, Do: act(s.openPalette)},
		{ID: "help", Title: "Help: every key", Hint: "help", Group: "Screen", Keys: []string{"?"}, Verb: "help", Do: act(s.openHelp)},
		{
			ID: "quit", Title: "Leave the screen", Hint: "quit", Group: "Screen", Keys: []string{"q", "ctrl+c"}, Verb: "quit",
			Args: &action.Args{
				Usage:    "stop|leave|ask",
				Complete: func(words []string) []string { return only(words, []string{"stop", "leave", "ask"}) },
				Do:       s.quitVerb,
			},
			Do: func() tea.Cmd { return s.quit() },
		},
		{
			ID: "suspend", Title: "Back to the shell, until `fg`", Group: "Screen", Keys: []string{"ctrl+z"},
			Disabled: pick(s.opt.Suspends, "", "no shell waits behind this screen"), Do: func() tea.Cmd { return tea.Suspend },
		},
		{
			ID: "workspace.reload", Title: "Read the workspace file again", Group: "Workspace", Keys: []string{"R"}, Writes: true, Verb: "reload",
			Do: func() tea.Cmd { return s.do(tasks.Reload{}, "reading the workspace file again") },
		},
		{
			ID: "workspace.start", Title: "Start everything that starts by itself", Group: "Workspace", Keys: []string{"U"}, Writes: true, Verb: "up",
			Disabled: pick(s.state.Detected, "without a sawhorse.yml nothing starts by itself; s starts what is selected", ""),
			Do:       func() tea.Cmd { return s.do(tasks.Start{}, "starting everything") },
		},
		{
			ID: "workspace.stop", Title: "Stop everything", Group: "Workspace", Keys: []string{"K"}, Writes: true, Dangerous: true, Verb: "stop-all",
			Disabled: s.nothingRuns(),
			Confirm: &action.Confirm{
				Title: "Stop everything in " + s.state.Workspace.Name + "?",
				Text:  "Stops " + s.runningNames() + " in " + s.state.Workspace.Root + ". The host stays, and nothing starts again by itself.",
				Yes:   "Stop everything",
			},
			Do: func() tea.Cmd { return s.do(tasks.Stop{}, "stopping everything") },
		},
		{ID: "workspace.edit", Title: "Edit the workspace file", Group: "Workspace", Keys: []string{"E"}, Do: func() tea.Cmd { return s.editDeclaration() }},
	}
	reconnect := action.Action{
		ID: "host.reconnect", Title: "Find or start the host again", Group: "Workspace", Keys: []string{"ctrl+r"},
		Disabled: "the host is there", Do: func() tea.Cmd { return s.reconnect() },
	}
	if s.gone != "" {
		reconnect.Disabled, reconnect.Hint = "", "reconnect"
		if s.opt.Reconnect == nil {
			reconnect.Disabled = "this screen can't: quit and start `sawhorse` again"
		}
	}
	return append(append(all, s.notifyAction(), reconnect), s.verbs()...)
}

func (s *Screen) nothingRuns() string {
	if len(s.digest.active) == 0 && !s.digest.queued {
		return "nothing runs"
	}
	return ""
}

// runningNames names what runs, a few by name.
func (s *Screen) runningNames() string {
	names := s.digest.active
	if len(names) > 4 {
		return strings.Join(names[:4], ", ") + fmt.Sprintf(" and %d more", len(names)-4)
	}
	return cmp.Or(strings.Join(names, ", "), "what waits")
}
