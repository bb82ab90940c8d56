package history

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
)

// filterExample is what can be typed into the filter.
const filterExample = "a text, outcome=failed, took>60, fails>0, lr=0.1…"

// Typing says whether keys go to the filter.
func (s *Screen) Typing() bool { return s.filter.Typing() }

// Key types into the filter.
func (s *Screen) Key(k tea.KeyPressMsg) { s.filter.Type(k, s.Move) }

// Paste types text into the filter.
func (s *Screen) Paste(text string) { s.filter.Paste(text) }

// Filters are those that are set, by task.
func (s *Screen) Filters() map[string]string { return s.filter.Texts() }

// SetFilters takes over filters as Filters said before.
func (s *Screen) SetFilters(texts map[string]string) { s.filter.SetTexts(texts) }

// fits says whether the filter lets a run pass. Its columns are fields, times in
// seconds, and so are its parameters and the last values of its metrics.
func (s *Screen) fits(f screen.Frame, p Past) bool {
	if s.filter.InForce() == "" {
		return true
	}
	r := p.Run
	_, word := screen.StatusWord(r.Status)
	fields := []parse.Field{
		{Key: "run", Value: strconv.Itoa(r.Number)},
		{Key: "outcome", Value: word},
		{Key: "fails", Value: strconv.Itoa(p.Failures)},
		{Key: "cause", Value: r.Because()},
	}
	text := []string{strconv.Itoa(r.Number), word, r.Because(), screen.When(r.StartedAt, f.Now)}
	if r.Status == tasks.Failed {
		fields = append(fields, parse.Field{Key: "outcome", Value: failedWord(r)})
		text = append(text, failedWord(r))
	}
	if !r.StartedAt.IsZero() {
		fields = append(fields,
			parse.Field{Key: "started", Value: r.StartedAt.Local().Format(time.DateTime)},
			parse.Field{Key: "took", Value: fmt.Sprint(r.Duration(f.Now).Seconds())})
	}
	if d, ok := r.Feedback(); ok {
		fields = append(fields, parse.Field{Key: "feedback", Value: fmt.Sprint(d.Seconds())})
	}
	params := r.AllParams()
	for _, name := range slices.Sorted(maps.Keys(params)) {
		fields = append(fields, parse.Field{Key: strings.ReplaceAll(name, "/", "."), Value: params[name]})
		text = append(text, name+"="+params[name])
	}
	for name, m := range r.Metrics {
		fields = append(fields, parse.Field{Key: strings.ReplaceAll(name, "/", "."), Value: fmt.Sprint(m.Last.Value)})
	}
	return s.filter.Fits(strings.Join(text, " "), fields)
}
