package tui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
	"github.com/sawhorse-dev/sawhorse/tui/widget/form"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// paramsBox asks for a task's parameters and runs it. Of a task that another system
// runs, that system is asked for the form as it is there, and for what of this
// checkout will not be part of the run:
//
//	openParams ─> Query form ──> formMsg: target, ref, warnings, fields
//	          └─> Query branches ─> branchesMsg: what completes the ref
//	another ref ─> Query form at it
type paramsBox struct {
	task   tasks.Task
	form   *form.Form
	last   map[string]string // values that were given last
	params []config.Param
	ref    string   // the field that says where it runs; "" for none
	asked  string   // the ref that the form was asked for
	refs   []string // that there are
	target string   // what will be run where, as its system says it
	warn   []string
	// parallel is how many runs of a sweep go on at once, unless a person says else.
	parallel int
	// best is whose values were filled in, before what stood there until then.
	best   string
	before map[string]string
	// alone: nothing is asked for but whether it shall run, with these values.
	alone  bool
	from   *filled // where these were typed, if they were
	values map[string]string
}

type (
	// formMsg is a form as the task's system has it.
	formMsg struct {
		box    *paramsBox
		ref    string
		result tasks.Result
		err    error
	}
	// branchesMsg are the branches that a task can run at.
	branchesMsg struct {
		box    *paramsBox
		result tasks.Result
	}
)

// openParams asks for parameters, with those that were given last filled in.
func (s *Screen) openParams(t tasks.Task) tea.Cmd {
	b := &paramsBox{task: t, last: s.lastGiven(t), params: t.Spec.Params, ref: refField(t.Spec.Params)}
	b.parallel = s.lastParallel(t.Name)
	b.form = form.New("Run "+t.Name, "Run", b.fields())
	if s.hasBest(t) {
		b.form.Keys = bestKey + " best run's values"
	} else {
		b.form.Single = t.Remote() // a pipeline can be swept, and hardly ever is
	}
	s.overlay = b
	if !t.Remote() {
		return nil
	}
	if b.ref == "" {
		return s.askForm(b, "")
	}
	ref, _ := b.form.Value(b.ref)
	branches := s.query(tasks.Query{Provider: t.Provider, Name: "branches"})
	return tea.Batch(s.askForm(b, ref), func() tea.Msg {
		result, err := branches()
		if err != nil {
			return nil // a ref can be typed without
		}
		return branchesMsg{b, result}
	})
}

// refField is the parameter for a branch or tag, by the names that such have: the
// other one is for a form that has an input of the first.
func refField(params []config.Param) string {
	for _, name := range []string{"git-ref", "ref"} {
		if slices.ContainsFunc(params, func(p config.Param) bool { return p.Name == name }) {
			return name
		}
	}
	return ""
}

// askForm asks the task's system for its form at a ref.
func (s *Screen) askForm(b *paramsBox, ref string) tea.Cmd {
	b.asked = ref
	name := b.task.Name
	if of, ok := s.state.StandsFor(b.task); ok {
		name = of.Name
	}
	ask := s.query(tasks.Query{Provider: b.task.Provider, Name: "form", Args: map[string]string{"task": name, "ref": ref}})
	return func() tea.Msg {
		result, err := ask()
		return formMsg{b, ref, result, err}
	}
}

// formed shows what a task's system says of its form.
func (s *Screen) formed(m formMsg) tea.Cmd {
	b := m.box
	if m.ref != b.asked {
		return nil // another ref was chosen meanwhile
	}
	b.take(m)
	if b.alone {
		return s.sureNow(b.task, b.target, b.warn, b.values, b.from)
	}
	return nil
}

func (b *paramsBox) take(m formMsg) {
	if m.err != nil {
		b.target, b.warn = "", []string{m.err.Error()}
		b.note()
		return
	}
	b.target, b.warn = "", nil
	var parts []string // "Deploy at fix of ada/shop"
	for _, of := range []struct{ name, word string }{{"workflow", ""}, {"ref", "at "}, {"target", "of "}} {
		for _, f := range m.result.Facts {
			if f.Name == of.name {
				parts = append(parts, of.word+f.Value)
			}
		}
	}
	for _, f := range m.result.Facts {
		if f.Name == "warning" {
			b.warn = append(b.warn, f.Value)
		}
	}
	b.target = strings.Join(parts, " ")
	b.merge(m.result.Params)
	b.note()
}

// merge takes what the form there says of the parameters that the task has: their
// choices and words. Values that the workspace file gives stay.
func (b *paramsBox) merge(there []config.Param) {
	params := slices.Clone(b.params)
	for i, p := range params {
		j := slices.IndexFunc(there, func(o config.Param) bool { return o.Name == p.Name })
		if j < 0 {
			if p.Name != b.ref {
				b.warn = append(b.warn, fmt.Sprintf("the form there has no %s any more", p.Name))
			}
			continue
		}
		now := there[j]
		if v, given := b.task.Spec.Values[p.Name]; given {
			now.Default, now.HasDefault, now.Required = v, true, false
		}
		if v, given := b.task.Spec.With[p.Name]; given && p.Name == b.ref {
			now.Default, now.HasDefault = v, true
		}
		params[i] = now
	}
	for _, p := range there {
		if !slices.ContainsFunc(params, func(o config.Param) bool { return o.Name == p.Name }) {
			b.warn = append(b.warn, fmt.Sprintf("the form there has %s, too, which takes its default", p.Name))
		}
	}
	b.params = params
	b.refill()
	if ref, _ := b.form.Value(b.ref); b.asked == "" {
		b.asked = ref // what was asked for without a name has one now
	}
}

// refill gives the form its fields, with the refs that there are.
func (b *paramsBox) refill() {
	fields := b.fields()
	for i := range b.params {
		if fields[i].Name == b.ref {
			fields[i].Value = b.params[i].Default // the branch that is checked out, whatever the last run was of
		}
		if fields[i].Name == b.ref && len(fields[i].Choices) == 0 {
			fields[i].Suggest = b.refs
		}
	}
	b.form.Replace(fields)
}

// note writes what the form is about above its fields.
func (b *paramsBox) note() {
	b.form.Notes = b.bestNote()
	if b.target != "" {
		b.form.Notes = append(b.form.Notes, form.Note{Text: b.target})
	}
	for _, w := range b.warn {
		b.form.Notes = append(b.form.Notes, form.Note{Text: w, Warn: true})
	}
}

// branched gives the form the branches to choose from.
func branched(m branchesMsg) {
	m.box.refs = nil
	for _, row := range m.result.Rows {
		m.box.refs = append(m.box.refs, row[0])
	}
	m.box.refill()
}

func (b *paramsBox) press(s *Screen, k tea.KeyPressMsg) tea.Cmd {
	if k.String() == bestKey {
		return s.best(b)
	}
	switch b.form.Press(k) {
	case form.Cancelled:
		s.overlay = nil
	case form.Submitted:
		s.overlay = nil
		from := s.sentForm(&filled{box: b, form: b.form, name: b.task.Name}, b.params)
		if ref, _ := b.form.Value(b.ref); b.task.Spec.Confirm && b.task.Remote() && ref != b.asked {
			return s.sure(b.task, b.form.Values(), from) // what is asked names what is run
		}
		return s.sureNow(b.task, b.target, b.warn, b.form.Values(), from)
	}
	if ref, focused := b.form.Value(b.ref); b.ref != "" && !focused && ref != b.asked {
		return s.askForm(b, ref)
	}
	return nil
}

func (b *paramsBox) paste(text string)               { b.form.Paste(text) }
func (b *paramsBox) scroll(int)                      {}
func (b *paramsBox) click(*Screen, int, int) tea.Cmd { return nil }
func (b *paramsBox) view(s *Screen) []string {
	return b.form.View(min(s.w-2, 76), s.h-4, s.ink)
}

// sure runs a task with values that are known, and asks before where the workspace
// file wants that. from is the form that they were typed into, or nil.
func (s *Screen) sure(t tasks.Task, values map[string]string, from *filled) tea.Cmd {
	if !t.Spec.Confirm || !t.Remote() {
		return s.sureNow(t, "", nil, values, from)
	}
	b := &paramsBox{task: t, params: t.Spec.Params, ref: refField(t.Spec.Params), alone: true, values: values, from: from}
	b.form = form.New("", "", nil)
	return s.askForm(b, values[b.ref])
}

// sureNow is sure once it is known what will be run and where. Who does not agree comes
// back to the form.
func (s *Screen) sureNow(t tasks.Task, target string, warn []string, values map[string]string, from *filled) tea.Cmd {
	if !t.Spec.Confirm {
		return s.answering(from, s.begin(t, values))
	}
	text, yes := []string{cmp.Or(target, t.Title)}, "Run"
	if c, err := sweepOf(t, values); err == nil && len(c.Sets) > 0 {
		text = append(text, fmt.Sprintf("▲ a sweep: %d runs, %d at once", len(c.Sets), c.Parallel))
		yes = fmt.Sprintf("Run %d times", len(c.Sets))
	}
	if given := valuesText(t, values); given != "" {
		text = append(text, given)
	}
	for _, w := range warn {
		text = append(text, "▲ "+w)
	}
	s.overlay = &question{
		dialog: dialog.Dialog{
			Title: "Run " + t.Name + "?", Text: strings.Join(text, "\n"), Opened: s.now,
			Buttons: []dialog.Button{{Label: "Cancel"}, {Label: yes, Danger: true}},
		},
		answer: func(button int) tea.Cmd {
			if button > 0 {
				return s.answering(from, s.begin(t, values))
			}
			s.again(from)
			return nil
		},
	}
	return nil
}

// valuesText are values as one line, secrets left out.
func valuesText(t tasks.Task, values map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		secret := func(p config.Param) bool { return p.Name == name && p.Secret }
		if name == atOnce || slices.ContainsFunc(t.Spec.Params, secret) {
			continue
		}
		parts = append(parts, name+"="+values[name])
	}
	return strings.Join(parts, "  ")
}

// paramFields are parameters as a form asks for them, with values that were
// given before.
func paramFields(params []config.Param, last map[string]string) []form.Field {
	var fields []form.Field
	for _, p := range params {
		f := form.Field{
			Name: p.Name, Description: p.Description, Value: p.Default, Choices: p.Choices,
			Required: p.Required, Secret: p.Secret,
		}
		if v, ok := last[p.Name]; ok && !p.Secret {
			f.Value = v
		}
		switch p.Type {
		case config.ParamInt:
			f.Type = form.Int
		case config.ParamFloat:
			f.Type = form.Float
		case config.ParamBool:
			f.Type = form.Bool
		}
		fields = append(fields, f)
	}
	return fields
}
