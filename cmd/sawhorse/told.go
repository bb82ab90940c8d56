package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// told says between the lines of the logs what became of services and tasks, and
// what needs a person: each once, until it is something else.
type told struct {
	*app
	t      *tail
	words  map[string]string // by task: what was said of it last
	alerts []tasks.AlertID   // those that stood when it last looked
}

// update says what is new; at first, how everything stands.
func (o *told) update(s *tasks.State) error {
	if o.json {
		return nil
	}
	if o.words == nil {
		o.words = map[string]string{}
	}
	for _, name := range s.Order {
		if !o.t.about(name) {
			continue
		}
		u := s.Units[name]
		text := became(s, u)
		if text == o.words[name] {
			continue
		}
		o.words[name] = text
		if text == "" {
			continue
		}
		if r, ended := s.Finished(name); ended {
			if err := o.t.reach(r); err != nil {
				return err
			}
		}
		if err := o.t.tell(name, glyph(s, u)+" "+text); err != nil {
			return err
		}
	}
	if err := o.failures(s); err != nil {
		return err
	}
	return o.t.out.Flush()
}

// failures says what ATTENTION would show beyond the ends of runs.
func (o *told) failures(s *tasks.State) error {
	var standing []tasks.AlertID
	for _, a := range slices.Backward(s.Alerts()) { // the oldest first
		if a.Source == "svc" || a.Source == "task" || !o.t.about(a.Task) {
			continue
		}
		standing = append(standing, a.ID)
		if slices.Contains(o.alerts, a.ID) {
			continue
		}
		text := "▲ " + a.Title
		if a.Severity == tasks.Error {
			text = "✖ " + a.Title
		}
		if where := a.Location.String(); where != "" {
			text += "  " + where
		}
		if err := o.t.tell(cmp.Or(a.Task, a.Source), text+"  "+a.Message); err != nil {
			return err
		}
	}
	o.alerts = standing
	return nil
}

// became is how a service or the last run of a task stands.
func became(s *tasks.State, u tasks.Unit) string {
	r, ok := s.Current(u.Task.Name)
	switch {
	case !ok || r.Observed:
		return ""
	case r.Status == tasks.Cancelled:
		return "stopped"
	case u.Task.IsService() || r.Status == tasks.Queued:
		text, _, _ := standing(s, u)
		return text
	case r.Status.Active():
		return "runs: " + r.Because()
	case r.Status == tasks.Succeeded:
		return fmt.Sprintf("succeeded in %v", r.EndedAt.Sub(r.StartedAt).Round(time.Millisecond))
	case r.Error != "":
		return string(r.Status) + ": " + r.Error
	}
	return string(r.Status)
}
