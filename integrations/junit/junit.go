// Package junit reads JUnit XML, as most test runners can write it, from files
// and from output. It names tests as the readers of the runners' own output do,
// so that none is told twice.
package junit

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "junit", Title: "JUnit XML", Parse: parse, File: file}
}

// What of one run's XML is read.
const (
	mostTests = 20_000
	mostBytes = 16 << 20 // of output; a file has its own bound
)

// parse collects a document that a task prints, until its last tag.
func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	var text []byte
	end := ""
	return func(_ int64, line string) bool {
		if end == "" {
			switch {
			case line == "" || line[0] != '<':
				return false
			case strings.HasPrefix(line, "<testsuites"):
				end = "</testsuites>"
			case strings.HasPrefix(line, "<testsuite"):
				end = "</testsuite>"
			default:
				return strings.HasPrefix(line, "<?xml ")
			}
			text = text[:0]
		}
		if len(text) < mostBytes {
			text = append(append(text, line...), '\n')
		}
		if strings.HasSuffix(strings.TrimRight(line, " "), end) || strings.HasPrefix(line, "<testsuites") && strings.HasSuffix(line, "/>") {
			file(t, text, s)
			text, end = nil, ""
		}
		return true
	}
}

// testcase is one of the document's.
type testcase struct {
	Name  string `xml:"name,attr"`
	Class string `xml:"classname,attr"`
	File  string `xml:"file,attr"`
	Line  string `xml:"line,attr"`
	Time  string `xml:"time,attr"`

	Failures []failure `xml:"failure"`
	Errors   []failure `xml:"error"`
	Skipped  *failure  `xml:"skipped"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// file reads a document; false: it is another one.
func file(t tasks.Task, text []byte, s tasks.Sink) bool {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // names and places are ASCII
	n := namer{files: place.NewFiles(t), task: t}
	ours, count := false, 0
	var suites []string
	for {
		token, err := d.Token()
		if err != nil {
			return ours // a document that is cut off has told what it has told
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "testsuites":
				ours = true
			case "testsuite":
				ours = true
				suites = append(suites, attribute(e, "name"))
			case "testcase":
				var c testcase
				if !ours || d.DecodeElement(&c, &e) != nil {
					continue
				}
				if count++; count > mostTests {
					return true
				}
				suite := ""
				if len(suites) > 0 {
					suite = suites[len(suites)-1]
				}
				if r, ok := n.result(suite, c); ok {
					s.Emit(tasks.TestReported{Test: r})
				}
			default:
				if !ours {
					return false
				}
			}
		case xml.EndElement:
			if e.Name.Local == "testsuite" && len(suites) > 0 {
				suites = suites[:len(suites)-1]
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// result is a test case as a result.
func (n *namer) result(suite string, c testcase) (tasks.TestResult, bool) {
	r, how := n.name(suite, c)
	if r.Name = place.Clip(r.Name); r.Name == "" {
		return r, false
	}
	r.Status, r.Duration, r.Line = tasks.TestPassed, seconds(c.Time), -1
	failures := append(c.Failures, c.Errors...)
	switch {
	case len(failures) > 0:
		r.Status = tasks.TestFailed
		explain(&r, n, how, failures[0])
		if line, err := strconv.Atoi(c.Line); r.Location.File == "" && r.File != "" {
			r.Location = tasks.Location{File: r.File, Line: 1}
			if err == nil && line > 0 {
				r.Location.Line = line
			}
		}
	case c.Skipped != nil:
		r.Status, r.Message = tasks.TestSkipped, place.Clip(c.Skipped.Message)
	}
	return r, true
}

// seconds reads "0.012" and "1,204.5".
func seconds(s string) time.Duration {
	v, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
	if err != nil || math.IsNaN(v) || v < 0 || v > 1e6 {
		return 0
	}
	return time.Duration(v * float64(time.Second))
}

// base is a file's own name.
func base(name string) string { return path.Base(strings.ReplaceAll(name, `\`, "/")) }
