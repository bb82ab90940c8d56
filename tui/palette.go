package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/widget/cell"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
	"github.com/sawhorse-dev/sawhorse/tui/widget/input"
)

// palette is the line that finds every action, and takes verbs with arguments:
// ":restart api".
type palette struct {
	input   input.Input
	at, top int
	// recalled counts back through the history; 0: what is typed.
	recalled int
	problem  string
	// shown undoes the preview that is shown; nil: none.
	shown func(words []string)
}

// keptHistory bounds the remembered commands.
const keptHistory = 50

func (s *Screen) openPalette() { s.overlay = &palette{} }

// choice is a row of the palette.
type choice struct {
	text, note, key string
	off             string
	action          action.Action
	// completes is the whole line that the row stands for, when it is a word.
	completes string
	// bold are the byte offsets of text that were matched.
	bold []int
}

func (b *palette) press(s *Screen, k tea.KeyPressMsg) tea.Cmd {
	cmd := b.pressed(s, k)
	b.preview(s)
	return cmd
}

// preview shows what the row would do, for the verbs that can; when the palette
// has gone, or stands elsewhere, what was there before.
func (b *palette) preview(s *Screen) {
	var args *action.Args
	var words []string
	if s.overlay == overlay(b) {
		if rows := b.rows(s); b.at < len(rows) && rows[b.at].completes != "" {
			args, words = rows[b.at].action.Args, splitWords(rows[b.at].completes)[1:]
		}
	}
	if b.shown != nil && (args == nil || args.Preview == nil) {
		b.shown(nil)
		b.shown = nil
	}
	if args != nil && args.Preview != nil {
		b.shown = args.Preview
		b.shown(words)
	}
}

func (b *palette) pressed(s *Screen, k tea.KeyPressMsg) tea.Cmd {
	rows := b.rows(s)
	b.at = max(0, min(b.at, len(rows)-1))
	switch k.String() {
	case "esc", "ctrl+c":
		s.overlay = nil
	case "enter":
		return b.enter(s, rows)
	case "tab":
		b.complete(rows)
	case "up":
		if b.at == 0 && b.recall(s, 1) {
			return nil
		}
		b.at = max(0, b.at-1)
	case "down":
		if b.recalled > 0 {
			b.recall(s, -1)
			return nil
		}
		b.at = max(0, min(len(rows)-1, b.at+1))
	case "pgup":
		b.at = max(0, b.at-8)
	case "pgdown":
		b.at = max(0, min(len(rows)-1, b.at+8))
	default:
		if k.String() == "backspace" && b.input.Value() == "" {
			s.overlay = nil
			return nil
		}
		if b.input.Press(k) {
			b.at, b.top, b.problem, b.recalled = 0, 0, "", 0
		}
	}
	return nil
}

// recall walks the history, newest first.
func (b *palette) recall(s *Screen, n int) bool {
	if b.recalled == 0 && b.input.Value() != "" {
		return false
	}
	to := b.recalled + n
	if to < 0 || to > len(s.history) {
		return b.recalled > 0
	}
	b.recalled = to
	b.input.Set("")
	if to > 0 {
		b.input.Set(s.history[len(s.history)-to])
	}
	return true
}

// enter does the row, or the line when it is a verb with its words.
func (b *palette) enter(s *Screen, rows []choice) tea.Cmd {
	line := strings.TrimSpace(strings.TrimPrefix(b.input.Value(), ":"))
	if a, words, ok := verbLine(s.allActions(), line); ok {
		return b.verb(s, a, words, line, rows)
	}
	if b.at >= len(rows) {
		b.problem = "nothing matches"
		return nil
	}
	a := rows[b.at].action
	if a.Do == nil && a.Args != nil && a.Disabled == "" {
		b.input.Set(a.Verb + " ")
		b.at, b.top = 0, 0
		return nil
	}
	s.overlay = nil
	s.learn(cmp.Or(a.Verb, strings.ToLower(a.Title)))
	return s.run(a)
}

func (b *palette) verb(s *Screen, a action.Action, words []string, line string, rows []choice) tea.Cmd {
	if a.Disabled != "" {
		b.problem = a.Disabled
		return nil
	}
	if len(words) == 0 && a.Do != nil {
		s.overlay = nil
		s.learn(line)
		return s.run(a)
	}
	if len(words) == 0 && len(rows) > 0 && rows[b.at].completes != "" {
		b.input.Set(rows[b.at].completes + " ")
		b.at = 0
		return nil
	}
	cmd, err := a.Args.Do(words)
	if err != nil && len(rows) > 0 && rows[b.at].completes != "" && rows[b.at].completes != line {
		// What is typed is the start of the row: the row is meant.
		full := rows[b.at].completes
		if _, w, ok := verbLine(s.allActions(), full); ok {
			if c, e := a.Args.Do(w); e == nil {
				cmd, err, line = c, nil, full
			}
		}
	}
	if err != nil {
		b.problem = err.Error()
		return nil
	}
	s.learn(line)
	// The verb may have opened a box of its own.
	if s.overlay == overlay(b) {
		s.overlay = nil
	}
	return cmd
}

// learn puts a command into the history.
func (s *Screen) learn(line string) {
	s.history = slices.DeleteFunc(s.history, func(h string) bool { return h == line })
	s.history = append(s.history, line)
	s.history = s.history[max(0, len(s.history)-keptHistory):]
}

func (b *palette) complete(rows []choice) {
	if b.at >= len(rows) {
		return
	}
	r := rows[b.at]
	switch {
	case r.completes != "":
		b.input.Set(r.completes)
		if !strings.HasSuffix(r.completes, "=") {
			b.input.Insert(" ")
		}
	case r.action.Verb != "":
		b.input.Set(r.action.Verb + " ")
	}
	b.at = 0
}

// splitWords splits a line at its blanks. A word, or a value behind "=", that
// begins with a quote goes on to the next one, blanks included.
func splitWords(line string) []string {
	var words []string
	for line = strings.TrimLeft(line, " "); line != ""; line = strings.TrimLeft(line, " ") {
		var word strings.Builder
		for line != "" && line[0] != ' ' {
			c := line[0]
			line = line[1:]
			if c != '"' && c != '\'' || word.Len() > 0 && !strings.HasSuffix(word.String(), "=") {
				word.WriteByte(c)
				continue
			}
			quoted, rest, _ := strings.Cut(line, string(c)) // to the end while it is typed
			word.WriteString(quoted)
			line = rest
		}
		words = append(words, word.String())
	}
	return words
}

// verbLine reads "restart api" as a verb and its words.
func verbLine(all []action.Action, line string) (action.Action, []string, bool) {
	words := splitWords(line)
	if len(words) == 0 {
		return action.Action{}, nil, false
	}
	// A verb with arguments wins over an action of the same word.
	var found action.Action
	ok := false
	for _, a := range all {
		if a.Verb == words[0] && (a.Args != nil || !ok && len(words) == 1) {
			found, ok = a, true
		}
	}
	return found, words[1:], ok
}

// rows are what matches: the verb's next words once there is a verb, else
// actions, best first.
func (b *palette) rows(s *Screen) []choice {
	all := s.allActions()
	text := strings.TrimLeft(strings.TrimPrefix(b.input.Value(), ":"), " ")
	if a, words, ok := verbLine(all, text); ok && a.Args != nil && strings.Contains(text, " ") {
		return wordRows(a, words, strings.HasSuffix(text, " "))
	}
	var rows []choice
	for _, a := range all {
		if a.Do == nil && a.Args == nil || strings.HasPrefix(a.ID, "move.") || a.ID == "palette" {
			continue
		}
		c := choice{text: a.Title, action: a, off: a.Disabled, key: action.Keys(a.Keys...)}
		if a.Verb != "" {
			c.text = a.Verb
			if a.Args != nil {
				c.text += " " + a.Args.Usage
			}
			c.note = a.Title
		}
		rows = append(rows, c)
	}
	if text == "" {
		slices.SortStableFunc(rows, func(a, b choice) int { return rankOf(a) - rankOf(b) })
		return rows
	}
	return fuzzyRows(rows, text)
}

// rankOf puts what one comes for first: tasks, then verbs, then the rest; what
// moves about in a log last.
func rankOf(c choice) int {
	switch {
	case c.off != "":
		return 4
	case c.action.Group == "Tasks":
		return 0
	case c.action.Group == "Commands":
		return 1
	case c.action.Group == "Log":
		return 3
	}
	return 2
}

func wordRows(a action.Action, words []string, next bool) []choice {
	last := ""
	if !next && len(words) > 0 {
		last = words[len(words)-1]
		words = words[:len(words)-1]
	}
	prefix := strings.Join(append([]string{a.Verb}, words...), " ") + " "
	var rows []choice
	for _, w := range a.Args.Complete(words) {
		rows = append(rows, choice{text: w, action: a, off: a.Disabled, completes: prefix + w})
	}
	if last == "" {
		return rows
	}
	return fuzzyRows(rows, last)
}

// source lets fuzzy search see verb and title as one text.
type source []choice

func (r source) String(i int) string { return r[i].text + "  " + r[i].note }
func (r source) Len() int            { return len(r) }

// fuzzyRows are the rows that match, best first. Those in which the letters only
// stand in that order somewhere are left out when a word begins with what was
// typed.
func fuzzyRows(rows []choice, text string) []choice {
	type match struct {
		choice
		rank int
	}
	var all []match
	near := false
	for _, m := range fuzzy.FindFrom(text, source(rows)) {
		c := rows[m.Index]
		c.bold = m.MatchedIndexes
		rank := closeness(source(rows).String(m.Index), text, m.MatchedIndexes)
		near = near || rank < within
		all = append(all, match{c, rank})
	}
	// What can't be done comes after what can.
	slices.SortStableFunc(all, func(a, b match) int {
		return cmp.Or(btoi(a.off != "")-btoi(b.off != ""), a.rank-b.rank)
	})
	var found []choice
	for _, m := range all {
		if m.rank < inFirstWord || !near {
			found = append(found, m.choice)
		}
	}
	return found
}

// How a row has what was typed, best first.
const (
	atStart = iota
	atWord
	within
	inFirstWord // its letters, in their order
	scattered
)

// closeness says how a row has what was typed; matched is where its letters stand.
func closeness(row, typed string, matched []int) int {
	row, typed = strings.ToLower(row), strings.ToLower(typed)
	at := strings.Index(row, typed)
	switch {
	case at == 0:
		return atStart
	case strings.Contains(row, " "+typed):
		return atWord
	case at > 0:
		return within
	case len(matched) > 0 && !strings.Contains(row[:matched[len(matched)-1]], " "):
		return inFirstWord
	}
	return scattered
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (b *palette) paste(text string) { b.input.Insert(text); b.at = 0 }
func (b *palette) scroll(n int)      { b.at = max(0, b.at+n/wheelLines) }
func (b *palette) click(s *Screen, x, y int) tea.Cmd {
	cmd := b.clicked(s, x, y)
	b.preview(s)
	return cmd
}

func (b *palette) clicked(s *Screen, x, y int) tea.Cmd {
	r := s.boxAt(b.view(s))
	rows := b.rows(s)
	if i := b.top + y - r.Y - 3; r.Contains(x, y) && y-r.Y >= 3 && i < len(rows) {
		b.at = i
		return b.enter(s, rows)
	}
	if !r.Contains(x, y) {
		s.overlay = nil
	}
	return nil
}

func (b *palette) view(s *Screen) []string {
	w, h := min(s.w-2, 84), max(1, min(14, s.h-8))
	in := s.ink
	rows := b.rows(s)
	b.at = max(0, min(b.at, len(rows)-1))
	if b.at < b.top {
		b.top = b.at
	}
	if b.at >= b.top+h {
		b.top = b.at - h + 1
	}
	line := cell.NewLine(w-2).Put(in.Key, " :")
	line.Painted(b.input.View(line.Left()-1, true, "type a command, or what you want to do", in), line.Left()-1)
	body := []string{line.String(), in.Border.Paint(cell.Rule(w - 2))}
	for i := b.top; i < min(b.top+h, len(rows)); i++ {
		body = append(body, b.row(s, rows[i], i == b.at, w-2))
	}
	if len(rows) == 0 {
		l := cell.NewLine(w - 2)
		if a, _, ok := verbLine(s.allActions(), b.input.Value()); ok {
			l.Put(in.Key, "  ↵ ").Put(in.Muted, a.Title)
		} else {
			l.Put(in.Muted, "  nothing matches; esc closes")
		}
		body = append(body, l.String())
	}
	body = cell.Block(body, w-2, h+2)
	if b.problem != "" {
		body = append(body, cell.NewLine(w-2).Put(in.Failed, " ✖ "+b.problem).String())
	}
	return dialog.Frame("Commands", "↵ do  tab complete  ↑ history  esc close", body, w, in)
}

func (b *palette) row(s *Screen, c choice, selected bool, w int) string {
	in := s.ink
	l := cell.NewLine(w)
	text, note, key, fill := in.Text, in.Muted, in.Key, in.Text
	mark := "  "
	if c.off != "" {
		text, note = in.Faint, in.Faint
	}
	if selected {
		mark = "▌ "
		text, note, key, fill = in.Selected, in.Selected, in.Selected, in.Selected
	}
	l.Put(pick(selected, in.Accent, in.Text), mark)
	tail := c.key
	if c.off != "" {
		tail = "off: " + c.off
	}
	tail = cell.Cut(tail, w/2)
	if c.note != "" {
		l.Column(text, c.text, min(28, w/3)).Put(fill, " ").Put(note, cell.Cut(c.note, l.Left()-cell.Width(tail)-3))
	} else {
		l.Put(text, cell.Cut(c.text, l.Left()-cell.Width(tail)-3))
	}
	l.Fill(fill, cell.Width(tail)+1)
	if c.off != "" {
		key = note
	}
	return l.Put(key, tail).Fill(fill, 0).String()
}
