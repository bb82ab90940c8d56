package tui

import (
	"cmp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// said is what runs whose exit code is all that is known of them printed last.
// Text is read from the log only for those that ATTENTION shows.
type said map[tasks.RunID]string

// saidMsg is what such a run said.
type saidMsg struct {
	run  tasks.RunID
	text string
}

// saidLines is how far back an error may stand before the end of a run.
const saidLines = 60

// askSaid reads what the runs of alerts said, once each.
func (s *Screen) askSaid() tea.Cmd {
	var cmds []tea.Cmd
	for _, a := range s.alerts {
		r := s.state.Runs[a.Run]
		if _, asked := s.said[a.Run]; asked || !mute(a, r) {
			continue
		}
		s.said[a.Run] = ""
		dir := s.state.Workspace.LogDir
		cmds = append(cmds, func() tea.Msg { return saidMsg{r.ID, lastError(dir, r)} })
	}
	return tea.Batch(cmds...)
}

// mute says whether an alert tells of nothing but how a process ended.
func mute(a tasks.Alert, r tasks.Run) bool {
	return r.Status == tasks.Failed && r.Exit != nil && r.EndLine > r.FirstLine && a.Location.File == "" && a.Test.Name == "" &&
		strings.Contains(a.Message, r.Exit.String())
}

// heard adds what runs said to their alerts, and forgets the other runs.
func (s *Screen) heard(alerts []tasks.Alert) {
	kept := said{}
	for i, a := range alerts {
		text, asked := s.said[a.Run]
		if !asked || !mute(a, s.state.Runs[a.Run]) {
			continue
		}
		kept[a.Run] = text
		if text != "" {
			// What the log names is here now, and the room is small.
			if exit := s.state.Runs[a.Run].Exit.String(); strings.HasPrefix(a.Message, exit+": the shell ") {
				alerts[i].Message = exit
			}
			alerts[i].Message += ": " + text
		}
	}
	s.said = kept
}

// lastError is the last error that a run has printed, or its last line where none
// looks like one.
func lastError(dir string, r tasks.Run) string {
	reader, err := logs.OpenReader(dir, r.Log)
	if err != nil {
		return "" // it is gone: the exit code has to do
	}
	defer reader.Close()
	from := max(r.FirstLine, r.EndLine-saidLines)
	lines, err := reader.Lines(from, int(r.EndLine-from), logs.TextLimit, nil)
	if err != nil {
		return ""
	}
	var last, worst string
	var g parse.Grouper
	for _, l := range lines {
		text := strings.TrimSpace(parse.Clean(string(l.Text)).Plain)
		if l.Stream == logs.Note || text == "" {
			continue
		}
		last = text
		n := g.Next(parse.Clean(string(l.Text)).Plain)
		concludes, _ := g.Concludes()
		record := parse.Parse(text, l.Time)
		switch {
		case n > 0 && concludes:
			worst = text
		case n == 0 && record.Level >= parse.Error && !strings.HasPrefix(text, "Traceback (most recent"):
			if worst = text; record.Message != "" {
				worst = record.Message
			}
		}
	}
	return cmp.Or(worst, last)
}
