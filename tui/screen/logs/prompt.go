package logs

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/clipperhouse/displaywidth"

	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// promptKind is what a line of input is for.
type promptKind uint8

const (
	noPrompt promptKind = iota
	searchPrompt
	filterPrompt
	timePrompt
	fieldsPrompt
	exportPrompt
)

var promptLabels = map[promptKind]string{
	searchPrompt: "/", filterPrompt: "filter: ", timePrompt: "go to (12:04, -5m): ", fieldsPrompt: "hide fields: ", exportPrompt: "export to: ",
}

// prompt is a line of input at the bottom of the tab.
type prompt struct {
	kind    promptKind
	text    []rune
	at      int // where the cursor is
	problem string
	old     int    // how far back in the history; 0 is what is being typed
	typed   string // kept while in the history
}

// Typing says whether keys are text now: hand every key press to Key then.
func (t *Tab) Typing() bool { return t.prompt != nil }

func (t *Tab) ask(kind promptKind, text string) {
	t.prompt = &prompt{kind: kind, text: []rune(text), at: len([]rune(text))}
	t.note = ""
}

// Paste types a text.
func (t *Tab) Paste(s string) tea.Cmd {
	if t.prompt == nil {
		return nil
	}
	first, _, _ := strings.Cut(s, "\n")
	t.prompt.insert(parse.Clean(first).Plain)
	return t.typed()
}

// Key takes a key press while Typing.
func (t *Tab) Key(k tea.KeyPressMsg) tea.Cmd {
	p := t.prompt
	if p == nil {
		return nil
	}
	switch k.String() {
	case "esc", "ctrl+c":
		t.prompt = nil
		if p.kind == searchPrompt {
			t.stopSearch()
		}
		return nil
	case "enter":
		return t.submit()
	case "backspace":
		if len(p.text) == 0 {
			t.prompt = nil
			return nil
		}
		if p.at > 0 {
			p.text = slices.Delete(p.text, p.at-1, p.at)
			p.at--
		}
	case "delete":
		if p.at < len(p.text) {
			p.text = slices.Delete(p.text, p.at, p.at+1)
		}
	case "left":
		p.at = max(0, p.at-1)
		return nil
	case "right":
		p.at = min(len(p.text), p.at+1)
		return nil
	case "home", "ctrl+a":
		p.at = 0
		return nil
	case "end", "ctrl+e":
		p.at = len(p.text)
		return nil
	case "ctrl+u":
		p.text, p.at = p.text[p.at:], 0
	case "ctrl+w":
		from := p.at
		for from > 0 && p.text[from-1] == ' ' {
			from--
		}
		for from > 0 && p.text[from-1] != ' ' {
			from--
		}
		p.text = slices.Delete(p.text, from, p.at)
		p.at = from
	case "tab":
		t.complete()
	case "up":
		t.recall(1)
	case "down":
		t.recall(-1)
	default:
		if k.Text == "" {
			return nil
		}
		p.insert(parse.Clean(k.Text).Plain)
	}
	return t.typed()
}

func (p *prompt) insert(s string) {
	r := []rune(s)
	p.text = slices.Insert(p.text, p.at, r...)
	p.at += len(r)
}

// recall goes back in what was typed here before.
func (t *Tab) recall(step int) {
	p, past := t.prompt, t.history[t.prompt.kind]
	next := p.old + step
	if next < 0 || next > len(past) {
		return
	}
	if p.old == 0 {
		p.typed = string(p.text)
	}
	p.old = next
	text := p.typed
	if next > 0 {
		text = past[len(past)-next]
	}
	p.text = []rune(text)
	p.at = len(p.text)
}

func (t *Tab) remember(kind promptKind, text string) {
	if text == "" {
		return
	}
	past := slices.DeleteFunc(t.history[kind], func(s string) bool { return s == text })
	t.history[kind] = append(past, text)[max(0, len(past)-49):]
}

// suggestions are what may stand for the word before the cursor: names of fields,
// and in a filter what can be asked of them.
func (t *Tab) suggestions() []string {
	p := t.prompt
	if p == nil || p.at < len(p.text) {
		return nil
	}
	var words []string
	switch p.kind {
	case fieldsPrompt:
		words = t.view.Fields()
	case filterPrompt:
		words = []string{"level>=warn", "level>=error"}
		for _, f := range t.view.Fields() {
			words = append(words, f+"=")
		}
	default:
		return nil
	}
	before := strings.FieldsFunc(string(p.text), between)
	last := p.word()
	if last != "" {
		before = before[:len(before)-1]
	}
	return slices.DeleteFunc(words, func(w string) bool {
		return w == last || !strings.HasPrefix(w, last) || slices.ContainsFunc(before, func(b string) bool { return strings.HasPrefix(b, w) })
	})
}

func between(r rune) bool { return r == ' ' || r == ',' }

// word is what has been typed of the last word.
func (p *prompt) word() string {
	text := string(p.text)
	return text[strings.LastIndexFunc(text, between)+1:]
}

// complete types the first suggestion.
func (t *Tab) complete() {
	found := t.suggestions()
	if len(found) == 0 {
		return
	}
	p := t.prompt
	rest := found[0][len(p.word()):]
	if p.kind == fieldsPrompt {
		rest += " "
	}
	p.insert(rest)
}

// suggested is the suggestions for the line of the prompt.
func (t *Tab) suggested() string {
	found := t.suggestions()
	if len(found) == 0 {
		return ""
	}
	const some = 6
	return "tab " + strings.Join(found[:min(some, len(found))], " ")
}

// typed checks what stands there and searches as it is typed.
func (t *Tab) typed() tea.Cmd {
	p := t.prompt
	text := string(p.text)
	p.problem = ""
	switch p.kind {
	case searchPrompt:
		cmd, err := t.search(text)
		if err != nil {
			p.problem = why(err)
		}
		return cmd
	case filterPrompt:
		if _, err := parse.ParseQuery(text); err != nil {
			p.problem = why(err)
		}
	}
	return nil
}

// submit does what the prompt is for. With a problem it stays open.
func (t *Tab) submit() tea.Cmd {
	p := t.prompt
	text := strings.TrimSpace(string(p.text))
	var cmd tea.Cmd
	var err error
	switch p.kind {
	case searchPrompt:
		if cmd, err = t.search(string(p.text)); err == nil && text != "" {
			cmd = tea.Batch(cmd, t.findMatch(-1, true))
		}
	case filterPrompt:
		cmd, err = t.setFilter(text)
	case timePrompt:
		cmd, err = t.goToTime(text)
	case fieldsPrompt:
		t.prefs.HideFields = strings.FieldsFunc(text, between)
		t.options()
	case exportPrompt:
		if text != "" {
			cmd = t.export(text)
		}
	}
	if err != nil {
		p.problem = why(err)
		return nil
	}
	t.remember(p.kind, text)
	t.prompt = nil
	return cmd
}

// draw is the prompt in a line of the given width.
func (p *prompt) draw(w int, label, text, cursor, problem func(string) string) string {
	head := promptLabels[p.kind]
	room := w - ansi.StringWidth(head) - 1
	tail := ""
	if p.problem != "" {
		tail = "  " + ansi.Truncate(p.problem, max(0, w/2), "…")
		room -= ansi.StringWidth(tail)
	}
	before, after := string(p.text[:p.at]), string(p.text[p.at:])
	for before != "" && ansi.StringWidth(before) >= max(1, room) {
		g := displaywidth.StringGraphemes(before)
		g.Next()
		before = before[len(g.Value()):]
	}
	under := " "
	if after != "" {
		g := displaywidth.StringGraphemes(after)
		g.Next()
		under, after = g.Value(), after[len(g.Value()):]
	}
	after = ansi.Truncate(after, max(0, room-ansi.StringWidth(before)-ansi.StringWidth(under)+1), "")
	line := label(head) + text(before) + cursor(under) + text(after)
	line += strings.Repeat(" ", max(0, w-ansi.StringWidth(line)-ansi.StringWidth(tail)))
	return ansi.Truncate(line+problem(tail), w, "")
}
