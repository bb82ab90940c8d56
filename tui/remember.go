package tui

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen/tests"
	"github.com/sawhorse-dev/sawhorse/tui/widget/table"
)

// memoryName is what the screen's memory is kept under.
const memoryName = "screen"

// memory is what is remembered of the screen between two starts.
type memory struct {
	Selected  string            `json:"selected,omitempty"`
	Tabs      map[string]string `json:"tabs,omitempty"`   // by "service" and "task"
	Filter    string            `json:"filter,omitempty"` // of the tree
	Collapsed []string          `json:"collapsed,omitempty"`
	Prefs     prefs             `json:"prefs"`
	Mouse     *bool             `json:"mouse,omitempty"`  // nil: as the settings say
	Theme     string            `json:"theme,omitempty"`  // empty: as the settings say
	Notify    string            `json:"notify,omitempty"` // empty: as the settings say
	OnQuit    OnQuit            `json:"on_quit,omitempty"`
	History   []string          `json:"history,omitempty"` // of the palette
	Log       json.RawMessage   `json:"log,omitempty"`     // the log view's own
	Pins      []pinMemory       `json:"pins,omitempty"`
	Tests     tests.Prefs       `json:"tests,omitzero"`
	Graph     bool              `json:"graph,omitempty"` // steps are shown as a graph
	Orders    orders            `json:"orders,omitzero"`
	Ranks     map[string]string `json:"ranks,omitempty"` // by task: the metric that says which run is best
	// Forms are what was given last, by task, and by operation until it is done.
	Forms map[string]given `json:"forms,omitempty"`
	// Opened are groups that are folded unless a person opened them; Kinds the tabs
	// of resources, by provider and kind.
	Opened []string          `json:"opened,omitempty"`
	Kinds  map[string]string `json:"kinds,omitempty"`
	// Rows are the filters of tables of rows, by question.
	Rows map[string]string `json:"rows,omitempty"`
	// Runs are those of the History tab, by task.
	Runs map[string]string `json:"runs,omitempty"`
}

// orders are how tables are sorted.
type orders struct {
	Services table.Order `json:"services,omitzero"`
	Tasks    table.Order `json:"tasks,omitzero"`
	Runs     table.Order `json:"runs,omitzero"`
}

// recall takes over what was remembered.
func (s *Screen) recall() {
	if s.opt.Load == nil {
		return
	}
	var m memory
	if err := s.opt.Load(memoryName, &m); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.toast(tasks.Warning, "what the screen remembered could not be read: "+err.Error())
		}
		return
	}
	s.memory = m
	s.prefs, s.history = m.Prefs, m.History
	for _, id := range m.Collapsed {
		s.tree.SetCollapsed(id, true)
	}
	for _, id := range m.Opened {
		s.tree.SetCollapsed(id, false)
	}
	maps.Copy(s.detail.outside.chose, m.Kinds)
	s.detail.outside.rows.SetFilters(m.Rows)
	s.tree.SetFilter(m.Filter)
	if m.Selected != "" {
		s.tree.Prefer(m.Selected)
	}
	for kind, t := range m.Tabs {
		s.detail.tabs[kind == "service"] = t
	}
	s.detail.logs.recall(m.Log)
	s.recallPins(m.Pins)
	s.detail.tests.SetPrefs(m.Tests)
	s.detail.steps.SetGraph(m.Graph)
	s.detail.curves.SetRanks(m.Ranks)
	s.detail.overview.SetOrders(m.Orders.Services, m.Orders.Tasks)
	s.detail.history.SetOrder(m.Orders.Runs)
	s.detail.history.SetFilters(m.Runs)
	s.saved = s.remembered()
}

// remembered is what is to be remembered now, as JSON.
func (s *Screen) remembered() string {
	m := s.memory
	if n, ok := s.tree.Selected(); ok {
		m.Selected = n.ID
	}
	m.Tabs = map[string]string{"service": s.detail.tabs[true], "task": s.detail.tabs[false]}
	m.Collapsed, m.Prefs, m.History = s.tree.Collapsed(), s.prefs, s.history
	m.Opened, m.Kinds = s.tree.Opened(), maps.Clone(s.detail.outside.chose)
	m.Filter, m.Rows = s.tree.Filter(), s.detail.outside.rows.Filters()
	m.Log, m.Pins = s.detail.logs.remembered(), s.rememberedPins()
	m.Tests = s.detail.tests.Prefs()
	m.Graph = s.detail.steps.Graph()
	m.Ranks = s.detail.curves.Ranks()
	m.Orders.Services, m.Orders.Tasks = s.detail.overview.Orders()
	m.Orders.Runs = s.detail.history.Order()
	m.Runs = s.detail.history.Filters()
	s.memory = m
	text, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(text)
}

type (
	saveMsg  struct{}
	savedMsg struct{ err error }
)

// saveAfter is how long the screen waits for more changes before it saves.
const saveAfter = 2 * time.Second

// remember saves what has changed, a little later: a screen that is killed has
// lost nothing.
func (s *Screen) remember() tea.Cmd {
	if s.opt.Save == nil || s.saving || !s.touchedMemory() {
		return nil
	}
	s.saving = true
	return s.later(saveAfter, saveMsg{})
}

// touchedMemory says cheaply whether a person did something since the last
// look; what they did is compared when it is saved.
func (s *Screen) touchedMemory() bool {
	touched := s.memoryTouched
	s.memoryTouched = false
	return touched
}

func (s *Screen) save() tea.Cmd {
	text := s.remembered()
	if text == s.saved {
		return nil
	}
	s.saved = text
	save, mu := s.opt.Save, s.saveMu
	return func() tea.Msg {
		mu.Lock()
		defer mu.Unlock()
		return savedMsg{save(memoryName, json.RawMessage(text))} // not the memory, which goes on changing
	}
}

// saveNow saves when the screen ends.
func (s *Screen) saveNow() {
	if s.opt.Save == nil {
		return
	}
	if cmd := s.save(); cmd != nil {
		cmd()
	}
}
