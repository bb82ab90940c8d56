package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
	"github.com/sawhorse-dev/sawhorse/tui/widget/form"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// operateTimeout is how long an operation may take: a container has time to
// stop, and a prune walks through a disk.
const operateTimeout = 10 * time.Minute

// previewRows is how many lines of a preview a question shows.
const previewRows = 12

var errNoAnswers = errors.New("this host answers no questions about what is outside")

// resourceActions are those of the resource that is meant, or of the selected
// group as a whole.
func (s *Screen) resourceActions() []action.Action {
	r, ok := s.resource()
	if !ok {
		return s.wholeActions()
	}
	var all []action.Action
	taken := map[string]bool{}
	for _, op := range s.kindOf(r).Operations {
		if why, off := r.Off[op.Name]; off && why == "" {
			continue
		}
		a := s.operation(r, op)
		if taken[op.Key] {
			a.Keys = nil
		}
		taken[op.Key] = true
		all = append(all, a)
	}
	if s.kindOf(r).Terminal && !taken["x"] {
		all = append(all, action.Action{
			ID: "outside.terminal", Title: "Open a shell in " + label(r), Hint: "shell", Group: "Outside", Keys: []string{"x"}, Writes: true,
			Disabled: s.noShell(r), Do: func() tea.Cmd { return s.openShell(r) },
		})
	}
	if r.Log != "" && !taken["l"] {
		all = append(all, action.Action{
			ID: "outside.log", Title: "Show the log of " + label(r), Hint: "logs", Group: "Outside", Keys: []string{"l"},
			Do: func() tea.Cmd { return s.showResource(r.ID) },
		})
	}
	if r.URL != "" && !taken["B"] {
		all = append(all, action.Action{
			ID: "outside.browse", Title: "Open " + label(r) + " in the browser", Hint: "browse", Group: "Outside", Keys: []string{"B"},
			Do: func() tea.Cmd { return s.browse(r.URL) },
		})
	}
	return all
}

// wholeActions are the operations about all resources of the selected group.
func (s *Screen) wholeActions() []action.Action {
	g, ok := s.outsideAt()
	if !ok || len(g.members) == 0 || s.focus == stripPane {
		return nil
	}
	var all []action.Action
	for _, op := range g.kind.Operations {
		if op.Whole {
			all = append(all, s.operation(g.members[0], op))
		}
	}
	return all
}

// operation is an operation of a resource as an action.
func (s *Screen) operation(r tasks.Resource, op tasks.Operation) action.Action {
	a := action.Action{
		ID: "outside." + r.Kind + "." + op.Name, Title: op.Title + " " + label(r), Hint: strings.ReplaceAll(op.Name, "-", " "), Group: "Outside",
		Writes: true, Dangerous: op.Dangerous, Disabled: r.Off[op.Name],
		Do: func() tea.Cmd { return s.beginOperation(r, op) },
	}
	if op.Whole {
		a.Title, a.Disabled = op.Title, ""
	}
	if op.Key != "" {
		a.Keys = []string{op.Key}
	}
	if r.Doing != "" && !op.Whole {
		a.Disabled = "wait: " + r.Doing + " goes on"
	}
	return a
}

// beginOperation asks for what the operation needs, shows what it will do, asks
// whether it shall, and does it. What the chosen row says is not asked for.
//
//	params missing? ──> form, with what its system offers (Form) ──> Preview? ──> dialog ──> operate
func (s *Screen) beginOperation(r tasks.Resource, op tasks.Operation) tea.Cmd {
	given := s.rowArgs(r, op)
	values := maps.Clone(given)
	for _, p := range op.Params {
		if _, has := values[p.Name]; has {
			continue
		}
		if p.Required && !p.HasDefault || op.Preview == "" {
			return s.askFor(r, op, given)
		}
		if p.HasDefault {
			if values == nil {
				values = map[string]string{}
			}
			values[p.Name] = p.Default
		}
	}
	return s.considerOperation(r, op, values, nil)
}

// askFor asks for an operation's parameters, with what is known already and with
// what its system offers.
func (s *Screen) askFor(r tasks.Resource, op tasks.Operation, given map[string]string) tea.Cmd {
	if op.Form == "" {
		return s.askParams(r, op, tasks.Result{Params: op.Params}, given)
	}
	args := viewArgs(r)
	maps.Copy(args, given)
	ask := s.query(tasks.Query{Provider: r.ID.Provider(), Name: op.Form, Args: args})
	return func() tea.Msg {
		result, err := ask()
		return offeredMsg{r, op, given, result, err}
	}
}

// rowArgs are what the chosen row gives an operation; nil: no row is chosen, or
// the operation is not about one.
func (s *Screen) rowArgs(r tasks.Resource, op tasks.Operation) map[string]string {
	if s.focus != detailPane || s.detail.outside.id != r.ID {
		return nil
	}
	id, as := "", ""
	if _, v, ok := s.view(); ok && v.Key != "" {
		id, _ = s.detail.outside.rows.Selected()
		as = v.As
	} else if c := &s.detail.comparing; s.detail.tab() == compareTab {
		for _, v := range s.kindOf(r).Views {
			if v.Compare == c.query && c.screen.Column() < len(c.ids) {
				id, as = c.ids[c.screen.Column()], v.As
			}
		}
	}
	if id == "" || !slices.ContainsFunc(op.Params, func(p config.Param) bool { return p.Name == as }) {
		return nil
	}
	return map[string]string{as: id}
}

// offeredMsg is what an operation can be given.
type offeredMsg struct {
	r      tasks.Resource
	op     tasks.Operation
	given  map[string]string
	result tasks.Result
	err    error
}

func (s *Screen) offered(m offeredMsg) tea.Cmd {
	if m.err != nil {
		return s.toast(tasks.Error, m.err.Error())
	}
	return s.askParams(m.r, m.op, m.result, m.given)
}

// askParams asks for an operation's parameters, with what is known filled in, and
// what was given when it was refused.
func (s *Screen) askParams(r tasks.Resource, op tasks.Operation, offered tasks.Result, given map[string]string) tea.Cmd {
	title := op.Title
	if !op.Whole {
		title += " " + label(r)
	}
	b := &operationBox{r: r, op: op, params: offered.Params}
	values := maps.Clone(s.memory.Forms[b.name()].Values)
	if values == nil {
		values = map[string]string{}
	}
	maps.Copy(values, given)
	fields := paramFields(offered.Params, values)
	for i := range fields {
		fields[i].Suggest = offered.Suggest[fields[i].Name]
	}
	b.form = form.New(title, verbOf(op), fields)
	s.overlay = b
	return nil
}

// considerOperation shows what the operation will do with these values, and asks;
// what is not dangerous is done. from is the form that they were typed into, or nil.
func (s *Screen) considerOperation(r tasks.Resource, op tasks.Operation, values map[string]string, from *filled) tea.Cmd {
	switch {
	case op.Preview != "":
		args := viewArgs(r)
		maps.Copy(args, values)
		ask := s.query(tasks.Query{Provider: r.ID.Provider(), Name: op.Preview, Args: args})
		if from != nil {
			from.acts = s.acts
		}
		return func() tea.Msg {
			result, err := ask()
			return previewMsg{r, op, values, from, result, err}
		}
	case op.Dangerous:
		s.askOperation(r, op, values, from, "")
		return nil
	}
	return s.answering(from, s.operate(r, op, values))
}

// previewMsg is what an operation will do.
type previewMsg struct {
	r      tasks.Resource
	op     tasks.Operation
	values map[string]string
	from   *filled
	result tasks.Result
	err    error
}

// preview asks with what will happen in view.
func (s *Screen) preview(m previewMsg) tea.Cmd {
	if m.err != nil {
		return s.refused(m.from, "what it would do can't be said, so it is not done: "+m.err.Error())
	}
	if len(m.result.Runs) > 0 {
		s.askBeside(m)
		return nil
	}
	if len(m.result.Rows) == 0 && m.op.Whole {
		return s.toast(tasks.Info, cmp.Or(m.result.Text, "there is nothing to do"))
	}
	s.askOperation(m.r, m.op, m.values, m.from, previewText(m.result))
	return nil
}

// previewText are a result's rows and its sum, as much as a question holds.
func previewText(r tasks.Result) string {
	var lines []string
	for i, row := range r.Rows {
		if i == previewRows-1 && len(r.Rows) > previewRows {
			lines = append(lines, fmt.Sprintf("and %d more", len(r.Rows)-i))
			break
		}
		lines = append(lines, "• "+strings.Join(slices.DeleteFunc(slices.Clone(row), func(s string) bool { return s == "" }), "  "))
	}
	if r.Text != "" {
		lines = append(lines, r.Text)
	}
	return strings.Join(lines, "\n")
}

func (s *Screen) askOperation(r tasks.Resource, op tasks.Operation, args map[string]string, from *filled, preview string) {
	title := op.Title
	if !op.Whole {
		title += " " + label(r)
	}
	text := strings.ReplaceAll(op.Confirm, "{name}", label(r))
	p := s.state.Providers[r.ID.Provider()]
	if p.About != "" {
		text = strings.TrimSpace(text) + "\n" + p.About
	}
	if preview != "" {
		text += "\n\n" + preview
	}
	s.overlay = &question{
		dialog: dialog.Dialog{
			Title: title + "?", Text: text, Opened: s.now,
			Buttons: []dialog.Button{{Label: "Cancel"}, {Label: op.Title, Danger: true}},
		},
		answer: func(button int) tea.Cmd {
			if button > 0 {
				return s.answering(from, s.operate(r, op, args))
			}
			s.again(from)
			return nil
		},
	}
}

// operate sends the operation and says when it is done.
func (s *Screen) operate(r tasks.Resource, op tasks.Operation, args map[string]string) tea.Cmd {
	if s.gone != "" {
		return s.toast(tasks.Error, "the host is gone: nothing can be done")
	}
	engine, ctx := s.engine, s.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, operateTimeout)
		defer cancel()
		err := engine.Do(ctx, tasks.Operate{ID: r.ID, Operation: op.Name, Args: args})
		what := strings.ToLower(op.Title[:1]) + op.Title[1:]
		if !op.Whole {
			what += " " + label(r)
		}
		if op.Tells && err == nil {
			return doneMsg{} // what came of it is told with its end
		}
		return doneMsg{what: what + ": done", err: err}
	}
}

// operationBox asks for an operation's parameters.
type operationBox struct {
	r      tasks.Resource
	op     tasks.Operation
	params []config.Param
	form   *form.Form
}

// name is what the form is remembered by: no task has a blank in its name.
func (b *operationBox) name() string {
	if b.op.Whole {
		return b.op.Name + " of " + b.r.ID.Provider()
	}
	return b.op.Name + " of " + string(b.r.ID)
}

func (b *operationBox) press(s *Screen, k tea.KeyPressMsg) tea.Cmd {
	switch b.form.Press(k) {
	case form.Cancelled:
		s.overlay = nil
	case form.Submitted:
		s.overlay = nil
		from := s.sentForm(&filled{box: b, form: b.form, name: b.name(), once: true}, b.params)
		return s.considerOperation(b.r, b.op, b.form.Values(), from)
	}
	return nil
}

func (b *operationBox) paste(text string)               { b.form.Paste(text) }
func (b *operationBox) scroll(int)                      {}
func (b *operationBox) click(*Screen, int, int) tea.Cmd { return nil }
func (b *operationBox) view(s *Screen) []string         { return b.form.View(min(s.w-2, 76), s.h-4, s.ink) }

// noShell says why a terminal can't be opened inside of a resource.
func (s *Screen) noShell(r tasks.Resource) string {
	_, ok := tasks.As[tasks.Opener](s.opt.Interactor)
	switch {
	case s.opt.Interactor == nil || !ok:
		return "this host gives no terminals"
	case r.Phase == tasks.PhaseOff || r.Phase == tasks.PhaseFailed:
		return label(r) + " is not running"
	}
	return ""
}

// openShell gives the whole terminal to a shell inside of the resource, until it
// ends or the detach key.
func (s *Screen) openShell(r tasks.Resource) tea.Cmd {
	opener, _ := tasks.As[tasks.Opener](s.opt.Interactor)
	ctx, key, name := s.ctx, cmp.Or(s.opt.Detach, detachKey), label(r)
	return func() tea.Msg {
		t, err := opener.Open(ctx, r.ID)
		if err != nil {
			return noticeMsg{tasks.Error, fmt.Sprintf("a shell in %s: %v", name, err)}
		}
		return s.lent(&session{ctx: ctx, name: name, terminal: t, key: key}, func(err error) tea.Msg {
			if err != nil {
				return noticeMsg{tasks.Error, fmt.Sprintf("a shell in %s: %v", name, err)}
			}
			return noticeMsg{tasks.Info, "back from " + name}
		})()
	}
}
