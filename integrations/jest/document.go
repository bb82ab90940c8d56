package jest

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/javascript"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// results is the JSON of jest, which vitest writes too.
type results struct {
	Files *[]struct {
		Name    string `json:"name"`
		Status  string `json:"status"`
		Message string `json:"message"`
		Tests   []struct {
			Around   []string `json:"ancestorTitles"`
			Title    string   `json:"title"`
			Status   string   `json:"status"`
			Duration float64  `json:"duration"` // milliseconds
			Failures []string `json:"failureMessages"`
			Location *struct {
				Line   int `json:"line"`
				Column int `json:"column"`
			} `json:"location"`
		} `json:"assertionResults"`
	} `json:"testResults"`
}

var statuses = map[string]tasks.TestStatus{
	"passed": tasks.TestPassed, "failed": tasks.TestFailed,
	"pending": tasks.TestSkipped, "skipped": tasks.TestSkipped, "todo": tasks.TestSkipped, "disabled": tasks.TestSkipped,
}

// file reads a file of results.
func file(t tasks.Task, text []byte, s tasks.Sink) bool { return document(place.NewFiles(t), text, s) }

// document reads results; false: they are none of jest.
func document(files *place.Files, text []byte, s tasks.Sink) bool {
	var r results
	if json.Unmarshal(text, &r) != nil || r.Files == nil {
		return false
	}
	for _, f := range *r.Files {
		at, _ := files.Own(f.Name)
		suite := files.Shown(f.Name)
		if len(f.Tests) == 0 && f.Status == "failed" {
			t := tasks.TestResult{Suite: suite, Name: javascript.Whole, File: at, Status: tasks.TestFailed, Line: -1}
			explain(&t, files, f.Message)
			s.Emit(tasks.TestReported{Test: t})
		}
		for _, a := range f.Tests {
			status, known := statuses[a.Status]
			if !known || a.Title == "" {
				continue
			}
			t := tasks.TestResult{
				Suite: suite, Name: place.Clip(strings.Join(append(append([]string{}, a.Around...), a.Title), javascript.Between)), Separator: javascript.Between,
				File: at, Status: status, Duration: time.Duration(a.Duration * float64(time.Millisecond)), Line: -1,
			}
			if t.Name == "" {
				continue
			}
			if status == tasks.TestFailed {
				if len(a.Failures) > 0 {
					explain(&t, files, a.Failures[0])
				}
				if t.Location.File == "" && a.Location != nil && at != "" {
					t.Location = tasks.Location{File: at, Line: a.Location.Line, Column: a.Location.Column}
				}
			}
			s.Emit(tasks.TestReported{Test: t})
		}
	}
	return true
}

// explain reads the text of a failure.
func explain(t *tasks.TestResult, files *place.Files, text string) {
	var f javascript.Failure
	for line := range strings.SplitSeq(text, "\n") {
		f.Line(files.Own, line)
	}
	t.Message, t.Location, t.Diff = strings.TrimPrefix(f.Message, "Error: "), f.Location, f.Diff.String()
}
