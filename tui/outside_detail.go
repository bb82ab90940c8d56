package tui

import (
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/screen/resource"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
)

// outsideDetail is the right pane of what is outside: a group's table, or a
// resource's tabs.
type outsideDetail struct {
	group string // selected; empty: none
	id    tasks.ResourceID
	names []string // the tabs of id
	kind  string   // "docker/container", for which the tab is remembered
	chose map[string]string
	table *resource.Table
	above int // lines above the table
	page  resource.Page
	rows  *resource.Rows
	// choosing: the shown tab has rows that can be chosen.
	choosing bool
}

// show takes over the selection.
func (o *outsideDetail) show(s *Screen) (changed bool) {
	before := *o
	o.group, o.id, o.names, o.kind, o.choosing = "", "", nil, "", false
	if g, ok := s.outsideAt(); ok {
		o.group = g.id
	}
	if r, ok := s.resourceAt(); ok {
		o.id, o.kind, o.names = r.ID, r.ID.Provider()+"/"+r.Kind, resourceTabs(r, s.kindOf(r))
		if s.detail.comparing.of == string(r.ID) {
			o.names = append(o.names, compareTab)
		}
		if _, v, ok := s.view(); ok {
			o.choosing = v.Key != ""
		}
	}
	if g, ok := s.outsideGroup(o.group); ok {
		o.table.Show(g.id, g.members, s.frame(0, 0, false))
	}
	return o.group != before.group || o.id != before.id || !slices.Equal(o.names, before.names)
}

// resourceTabs are its log, what its provider answers, and what it takes.
func resourceTabs(r tasks.Resource, k tasks.Kind) []string {
	var names []string
	if r.Log != "" {
		names = append(names, logsTab)
	}
	for _, v := range k.Views {
		names = append(names, v.Title)
	}
	if k.Usage {
		// Behind the first view, which says what the thing is.
		names = slices.Insert(names, max(0, len(names)-len(k.Views))+min(1, len(k.Views)), statsTab)
	}
	if len(names) == 0 {
		names = []string{factsTab}
	}
	return names
}

// factsTab shows what is known anyway, where a provider answers nothing.
const factsTab = "Info"

func (o *outsideDetail) tab() string {
	if o.id == "" {
		return ""
	}
	if t := o.chose[o.kind]; slices.Contains(o.names, t) {
		return t
	}
	return o.names[0]
}

// view is the shown tab's question; false: it asks none.
func (s *Screen) view() (tasks.Resource, tasks.View, bool) {
	r, ok := s.state.Resources[s.detail.outside.id]
	if !ok {
		return r, tasks.View{}, false
	}
	k := s.kindOf(r)
	i := slices.IndexFunc(k.Views, func(v tasks.View) bool { return v.Title == s.detail.outside.tab() })
	if i < 0 {
		return r, tasks.View{}, false
	}
	return r, k.Views[i], true
}

// outsideBody draws a group's table, a connection's trouble, or a tab.
func (s *Screen) outsideBody(f screen.Frame) []string {
	o := &s.detail.outside
	if o.id == "" {
		g, ok := s.outsideGroup(o.group)
		if !ok {
			return f.Empty("It is gone.", "")
		}
		return s.outsideTable(f, g)
	}
	r := s.state.Resources[o.id]
	if o.tab() == statsTab {
		return resource.Taken(f, r, s.taken[o.id])
	}
	r, v, asks := s.view()
	if !asks {
		return o.page.View(f, string(r.ID), r, true, resource.Answer{Known: true})
	}
	if v.Key != "" {
		return o.rows.View(f, string(r.ID)+" "+v.Query, v, s.asked.answer(r, v))
	}
	return o.page.View(f, string(r.ID)+" "+v.Query, r, false, s.asked.answer(r, v))
}

func (s *Screen) outsideTable(f screen.Frame, g outsideGroup) []string {
	var lines []string
	p := g.provider
	if p.Phase != tasks.PhaseUp {
		lines = s.trouble(f, p)
	} else if p.About != "" {
		lines = []string{cell.NewLine(f.W).Put(f.Ink.Faint, "  "+p.About).String()}
	}
	if len(g.members) == 0 {
		if g.kind.Unused != "" && p.Phase == tasks.PhaseUp {
			lines = append(lines, f.Empty(g.kind.Unused, "")...)
		}
		return cell.Block(lines, f.W, f.H)
	}
	if len(lines) > 0 && f.H > 8 {
		lines = append(lines, cell.Spaces(f.W))
	} else if p.Phase == tasks.PhaseUp {
		lines = nil
	}
	s.detail.outside.above = len(lines)
	f.H = max(1, f.H-len(lines))
	return append(lines, s.detail.outside.table.View(f)...)
}

// trouble says why a connection is not there, what to do, and when it is tried again.
func (s *Screen) trouble(f screen.Frame, p tasks.Provider) []string {
	if p.Phase == tasks.PhaseBusy {
		return append([]string{cell.Spaces(f.W)}, f.Fact(f.Ink.Running, "", "connecting to "+p.Title+"…")...)
	}
	lines := append([]string{cell.Spaces(f.W)}, f.Fact(f.Ink.Failed, "not reached", p.Error)...)
	if p.Hint != "" {
		lines = append(lines, f.Fact(f.Ink.Text, "try", p.Hint)...)
	}
	if wait := p.Retry.Sub(s.now).Round(time.Second); !p.Retry.IsZero() {
		text := "now"
		if wait > 0 {
			text = fmt.Sprintf("in %ds", int(wait.Seconds()))
		}
		lines = append(lines, f.Fact(f.Ink.Muted, "tried again", text)...)
	}
	return lines
}

// troubleCounts says whether the shown trouble counts seconds.
func (s *Screen) troubleCounts() bool {
	g, ok := s.outsideAt()
	return ok && g.provider.Phase == tasks.PhaseFailed && g.provider.Retry.After(s.now)
}

// selectProvider selects the heading of a connection, or of its first kind.
func (s *Screen) selectProvider(id string) bool {
	for _, g := range s.outside {
		if g.id == id || strings.HasPrefix(g.id, id+"/") {
			s.tree.Select(g.id)
			s.setFocus(treePane)
			return true
		}
	}
	return false
}

// showResource selects a resource and focuses its log, or its first tab.
func (s *Screen) showResource(id tasks.ResourceID) tea.Cmd {
	if !s.tree.Select(string(id)) {
		return s.toast(tasks.Info, "it is gone")
	}
	cmd := s.detail.show(s)
	s.detail.setTab(logsTab)
	s.setFocus(detailPane)
	return cmd
}

// browse opens an address in the person's browser; without one at hand it is
// copied.
func (s *Screen) browse(url string) tea.Cmd {
	argv := []string{"xdg-open", url}
	if runtime.GOOS == "darwin" {
		argv[0] = "open"
	}
	if _, err := exec.LookPath(argv[0]); err != nil || s.opt.Env("SSH_CONNECTION") != "" {
		return s.copyText(url)
	}
	return s.external(argv, true, url, nil)
}

// label is how a resource is called in a sentence.
func label(r tasks.Resource) string {
	if r.Group != "" && !strings.HasPrefix(r.Name, r.Group) {
		return r.Group + "/" + r.Name
	}
	return r.Name
}
