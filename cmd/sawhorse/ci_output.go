package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// ciOutput marks up what run prints, so that a CI system folds it and shows
// failures at their lines.
type ciOutput interface {
	// folds says whether begin and end mean anything: one job then follows the
	// other.
	folds() bool
	begin(w io.Writer, j *job)
	end(w io.Writer, j *job)
	annotate(w io.Writer, r tasks.Run)
}

// ciOutput is the mark-up that was asked for; auto: that of the CI system that
// this runs in.
func (a *app) ciOutput(name string) (ciOutput, error) {
	if name == "auto" {
		switch {
		case saysYes("GITHUB_ACTIONS"):
			name = "github"
		case saysYes("GITLAB_CI"):
			name = "gitlab"
		default:
			name = "none"
		}
	}
	switch name {
	case "none":
		return plainOutput{}, nil
	case "github":
		return githubOutput{}, nil
	case "gitlab":
		return gitlabOutput{now: time.Now}, nil
	}
	return nil, &fault{code: exitUsage, err: fmt.Errorf("--ci %q is not known", name), hint: "one of: auto, github, gitlab, none"}
}

// saysYes says whether a variable is set to anything but a no.
func saysYes(name string) bool {
	v := os.Getenv(name)
	yes, err := strconv.ParseBool(v)
	return v != "" && (yes || err != nil)
}

type plainOutput struct{}

func (plainOutput) folds() bool                   { return false }
func (plainOutput) begin(io.Writer, *job)         {}
func (plainOutput) end(io.Writer, *job)           {}
func (plainOutput) annotate(io.Writer, tasks.Run) {}

// githubOutput speaks GitHub's workflow commands.
type githubOutput struct{}

func (githubOutput) folds() bool { return true }

func (githubOutput) begin(w io.Writer, j *job) {
	fmt.Fprintf(w, "::group::%s\n", commandText(j.title()))
}
func (githubOutput) end(w io.Writer, _ *job) { fmt.Fprintln(w, "::endgroup::") }

func (githubOutput) annotate(w io.Writer, r tasks.Run) {
	for _, t := range r.Failures() {
		message := t.Message
		if message == "" {
			message = "failed"
		}
		annotation(w, "error", t.Location, strings.TrimSpace(t.Suite+" "+t.Shown()), message)
	}
	for _, d := range r.Diagnostics {
		kind := "error"
		switch d.Severity {
		case tasks.Warning:
			kind = "warning"
		case tasks.Info:
			kind = "notice"
		}
		annotation(w, kind, d.Location, strings.TrimSpace(r.Task+" "+d.Code), d.Message)
	}
}

func annotation(w io.Writer, kind string, at tasks.Location, title, message string) {
	props := []string{"title=" + commandProperty(title)}
	if at.File != "" {
		props = append(props, "file="+commandProperty(at.File))
		if at.Line > 0 {
			props = append(props, fmt.Sprintf("line=%d", at.Line))
		}
		if at.Column > 0 {
			props = append(props, fmt.Sprintf("col=%d", at.Column))
		}
	}
	fmt.Fprintf(w, "::%s %s::%s\n", kind, strings.Join(props, ","), commandText(message))
}

// commandText and commandProperty escape what would end a workflow command.
func commandText(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func commandProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandText(s))
}

// gitlabOutput makes collapsible sections of GitLab's job log.
type gitlabOutput struct{ now func() time.Time }

func (gitlabOutput) folds() bool { return true }

func (g gitlabOutput) begin(w io.Writer, j *job) {
	fmt.Fprintf(w, "\x1b[0Ksection_start:%d:%s\r\x1b[0K%s\n", g.now().Unix(), sectionName(j), j.title())
}

func (g gitlabOutput) end(w io.Writer, j *job) {
	fmt.Fprintf(w, "\x1b[0Ksection_end:%d:%s\r\x1b[0K\n", g.now().Unix(), sectionName(j))
}

func (gitlabOutput) annotate(io.Writer, tasks.Run) {}

func sectionName(j *job) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, j.title())
}

// The parts of JUnit XML that every reader of it knows.
type (
	junitFile struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     float64     `xml:"time,attr"` // seconds
		At       string      `xml:"timestamp,attr,omitempty"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    float64      `xml:"time,attr"`
		File    string       `xml:"file,attr,omitempty"`
		Line    int          `xml:"line,attr,omitempty"`
		Failure *junitReason `xml:"failure,omitempty"`
		Skipped *junitReason `xml:"skipped,omitempty"`
	}
	junitReason struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"` // what GitLab shows
	}
)

// failureOf is why a test failed: where, what it said, and what it compared.
func failureOf(t tasks.TestResult) *junitReason {
	var lines []string
	for _, l := range []string{strings.Trim(t.Location.String()+": "+t.Message, ": "), t.Diff} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return &junitReason{t.Message, strings.Join(lines, "\n")}
}

// mostSaid is what is read of a task that failed without a failed test.
const mostSaid = 100

// failureOfRun is why a task failed that has no tests: what was said of its files.
func failureOfRun(r tasks.Run) *junitReason {
	var lines []string
	for _, d := range r.Diagnostics[:min(len(r.Diagnostics), mostSaid)] {
		line := fmt.Sprintf("%s: %s: %s", d.Location, d.Severity, d.Message)
		if d.Code != "" {
			line += " [" + d.Code + "]"
		}
		lines = append(lines, line)
	}
	return &junitReason{r.Error, strings.Join(lines, "\n")}
}

// junit is one suite a job; a task without tests is a case of its own.
func junit(jobs []*job) junitFile {
	var file junitFile
	for _, j := range jobs {
		if !j.asked {
			continue
		}
		r := j.run
		s := junitSuite{Name: j.title(), Time: r.Duration(r.EndedAt).Seconds(), At: r.StartedAt.UTC().Format("2006-01-02T15:04:05")}
		for _, t := range r.Counted() {
			c := junitCase{Class: strings.TrimSpace(r.Task + " " + t.Suite), Name: t.Name, Time: t.Duration.Seconds(), File: t.Location.File, Line: t.Location.Line}
			switch t.Status {
			case tasks.TestFailed:
				c.Failure = failureOf(t)
			case tasks.TestSkipped:
				c.Skipped = &junitReason{Message: t.Message}
			}
			s.add(c)
		}
		if s.Failures == 0 && (r.Status != tasks.Succeeded || len(r.Tests) == 0) {
			c := junitCase{Class: r.Task, Name: j.title(), Time: s.Time}
			if r.Status != tasks.Succeeded {
				c.Failure = failureOfRun(r)
			}
			s.add(c)
		}
		file.Suites = append(file.Suites, s)
	}
	return file
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

func writeJUnit(path string, jobs []*job) error {
	text, err := xml.MarshalIndent(junit(jobs), "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit results: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("write JUnit results: %w", err)
	}
	if err := os.WriteFile(path, append([]byte(xml.Header), append(text, '\n')...), 0o600); err != nil {
		return fmt.Errorf("write JUnit results: %w", err)
	}
	return nil
}
