package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen/compare"
	"github.com/sawhorse-dev/sawhorse/workspace/checkout"
)

// compareTab is there while runs of what is selected are compared.
const compareTab = "Compare"

const (
	// compareEvery is how often runs that go on elsewhere are asked for again.
	compareEvery = 4 * time.Second
	// diffTimeout is how long git may take.
	diffTimeout = time.Minute
)

// comparing is what stands in the Compare tab.
//
//	v in a table ──> comparing{of, ids} ──> runs of this workspace: read off the state
//	                                    └─> rows of a system: its Query ──> comparedMsg
type comparing struct {
	// of is the task or the resource whose runs they are; empty: none.
	of string
	// ids are the runs, view the question that compares them; empty: they are runs
	// of the workspace.
	ids        []string
	provider   string
	query      string
	args       map[string]string
	screen     *compare.Screen
	generation int
	version    int // of the state that they were read off
}

type (
	// comparedMsg is a system's answer, compareMsg that it is time to ask again.
	comparedMsg struct {
		generation int
		result     tasks.Result
		err        error
	}
	compareMsg struct{ generation int }
)

// compareLocal shows runs of the selected task beside each other. Those that a
// tracker has recorded are shown as it knows them, where it can be asked.
func (s *Screen) compareLocal(ids []string) tea.Cmd {
	c := &s.detail.comparing
	c.of, c.ids, c.query = s.detail.unit, ids, ""
	c.generation++
	c.version = -1
	s.detail.setTab(compareTab)
	s.readCompared(true)
	track := s.state.Units[c.of].Task.Spec.Track
	if track == "" || s.state.Providers[track].Phase != tasks.PhaseUp {
		return nil
	}
	var known []string
	for _, id := range ids {
		r, ok := s.runByID(id)
		if !ok || r.External == "" {
			return nil
		}
		known = append(known, r.External)
	}
	c.provider, c.query, c.args = track, "compare", map[string]string{"runs": strings.Join(known, ",")}
	return s.askCompared()
}

// runByID is a run that the state or the history tab knows.
func (s *Screen) runByID(id string) (tasks.Run, bool) {
	if r, ok := s.state.Runs[tasks.RunID(id)]; ok {
		return r, true
	}
	return s.detail.history.Run(id)
}

// readCompared reads the compared runs off the state, if it has changed.
func (s *Screen) readCompared(always bool) {
	c := &s.detail.comparing
	if c.of == "" || c.query != "" && !always || c.version == s.version {
		return
	}
	if !always && !c.screen.Live() {
		return
	}
	c.version = s.version
	var runs []tasks.Subject
	var gone []string
	for _, id := range c.ids {
		if r, ok := s.runByID(id); ok {
			runs = append(runs, r.Subject())
		} else {
			gone = append(gone, id)
		}
	}
	d := compare.Data{Runs: runs, Known: true}
	if len(gone) > 0 {
		d.Note = "not known any more: " + strings.Join(gone, ", ")
	}
	c.screen.Set(d)
	s.detail.touched++
}

// compareRows shows rows of the selected resource's tab beside each other.
func (s *Screen) compareRows(ids []string) tea.Cmd {
	r, v, ok := s.view()
	if !ok || v.Compare == "" {
		return nil
	}
	c := &s.detail.comparing
	c.of, c.ids, c.provider, c.query = string(r.ID), ids, r.ID.Provider(), v.Compare
	c.args = viewArgs(r)
	c.args["runs"] = strings.Join(ids, ",")
	c.screen.Set(compare.Data{})
	s.detail.outside.show(s)
	s.detail.setTab(compareTab)
	return s.askCompared()
}

// askCompared asks the system for the compared runs.
func (s *Screen) askCompared() tea.Cmd {
	c := &s.detail.comparing
	c.generation++
	generation := c.generation
	ask := s.query(tasks.Query{Provider: c.provider, Name: c.query, Args: c.args})
	return func() tea.Msg {
		result, err := ask()
		return comparedMsg{generation, result, err}
	}
}

// compared takes the system's answer, and asks again while one of the runs goes on
// and is looked at.
func (s *Screen) compared(m comparedMsg) tea.Cmd {
	c := &s.detail.comparing
	if m.generation != c.generation {
		return nil
	}
	s.detail.touched++
	switch {
	case m.err != nil && s.state.Units[c.of].Task.Name != "":
		c.query = "" // what is known here is on the screen
		return s.toast(tasks.Warning, "as this workspace knows them, since their tracker does not answer: "+m.err.Error())
	case m.err != nil && len(m.result.Runs) == 0:
		c.screen.Fail(m.err)
	default:
		c.screen.Set(compare.Data{Runs: m.result.Runs, Greater: m.result.Greater, Known: true, Err: m.err})
	}
	if !c.screen.Live() {
		return nil
	}
	return s.later(compareEvery, compareMsg{c.generation})
}

func (s *Screen) compareAgain(m compareMsg) tea.Cmd {
	c := &s.detail.comparing
	if m.generation != c.generation || s.gone != "" {
		return nil
	}
	if s.detail.tab() != compareTab || s.rects.Detail.Empty() {
		return s.later(compareEvery, m)
	}
	return s.askCompared()
}

// drop leaves a run out of the comparison, and takes its mark away.
func (s *Screen) drop(id string) tea.Cmd {
	c := &s.detail.comparing
	i := slices.IndexFunc(c.ids, func(known string) bool { return known == id })
	if i < 0 {
		// A tracker's run of the workspace: they stand in the same order.
		i = c.screen.Column()
	}
	if len(c.ids) < 2 || i >= len(c.ids) {
		return nil
	}
	gone := c.ids[i]
	ids := slices.Delete(slices.Clone(c.ids), i, i+1)
	if s.detail.outside.id == "" {
		if m := s.detail.history.Marks(); m.Letter(gone) != "" {
			m.Toggle(gone)
		}
		return s.compareLocal(ids)
	}
	if m := s.detail.outside.rows.Marks(); m.Letter(gone) != "" {
		m.Toggle(gone)
	}
	c.ids, c.args["runs"] = ids, strings.Join(ids, ",")
	return s.askCompared()
}

// showDiff shows what differs between the code of two runs, in a page of its own.
func (s *Screen) showDiff(m compare.Diff) tea.Cmd {
	b := &page{title: fmt.Sprintf("git diff  %s → %s", m.A.Name, m.B.Name), patch: true}
	s.overlay = b
	ctx, root := s.ctx, s.state.Workspace.Root
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, diffTimeout)
		defer cancel()
		text, err := codeDiff(ctx, root, m.A, m.B)
		return pageMsg{b, text, err}
	}
}

// codeDiff is what differs between the code of two runs, for a person.
func codeDiff(ctx context.Context, root string, a, b tasks.Subject) (string, error) {
	patch, note, err := checkout.Diff(ctx, root, checkout.Code(a.Code), checkout.Code(b.Code))
	var absent *checkout.AbsentError
	switch {
	case errors.As(err, &absent):
		return "", err
	case err != nil && (a.Code.Commit == "" || b.Code.Commit == ""):
		who := a.Name
		if a.Code.Commit != "" {
			who = b.Name
		}
		return "", fmt.Errorf("which commit %s ran is not known: a run tells it with its first number, in a git repository with a commit", who)
	case err != nil:
		return "", err
	case patch == "":
		return "Nothing: both ran the same code.", nil
	case note != "":
		patch = note + "\n\n" + patch
	}
	return patch, nil
}
