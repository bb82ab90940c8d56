// Package sarif reads SARIF, in which many linters and scanners can write what
// they find, from files and from output. Results that somebody has suppressed
// are left out.
package sarif

import (
	"bytes"
	"encoding/json"
	"net/url"
	"path"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition {
	return integrations.Definition{Name: "sarif", Title: "SARIF", Parse: parse, File: file}
}

// What is read of one run.
const (
	mostResults = 2000
	mostBytes   = 16 << 20 // of output; a file has its own bound
	mostLines   = 5        // until a document has said what it is
)

// parse collects a document that a task prints: one line, or several from "{"
// to "}".
func parse(t tasks.Task, s tasks.Sink) integrations.Reader {
	var text []byte
	lines, known := 0, false
	return func(_ int64, line string) bool {
		if lines == 0 {
			if line == "" || line[0] != '{' || line != "{" && !speaksOfIt(line) {
				return false
			}
			text, known = text[:0], false
		}
		lines++
		known = known || speaksOfIt(line)
		if !known && lines > mostLines {
			lines = 0
			return false
		}
		if len(text) < mostBytes {
			text = append(append(text, line...), '\n')
		}
		if line == "}" || lines == 1 && line != "{" {
			if known {
				file(t, text, s)
			}
			text, lines = nil, 0
		}
		return known
	}
}

// speaksOfIt tells a document by its head.
func speaksOfIt(line string) bool {
	head := line[:min(len(line), 400)]
	return strings.Contains(head, "sarif") && (strings.Contains(head, "$schema") || strings.Contains(head, `"version"`))
}

// document is what is read of SARIF.
type document struct {
	Version string `json:"version"`
	Runs    *[]struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ID      string `json:"id"`
					Default struct {
						Level string `json:"level"`
					} `json:"defaultConfiguration"`
				} `json:"rules"`
			} `json:"driver"`
		} `json:"tool"`
		Bases map[string]struct {
			URI string `json:"uri"`
		} `json:"originalUriBaseIds"`
		Results []result `json:"results"`
	} `json:"runs"`
}

type result struct {
	RuleID    string `json:"ruleId"`
	RuleIndex *int   `json:"ruleIndex"`
	Rule      struct {
		ID string `json:"id"`
	} `json:"rule"`
	Level   string `json:"level"`
	Kind    string `json:"kind"`
	Message struct {
		Text string `json:"text"`
	} `json:"message"`
	Suppressions []json.RawMessage `json:"suppressions"`
	Locations    []struct {
		Physical struct {
			Artifact struct {
				URI  string `json:"uri"`
				Base string `json:"uriBaseId"`
			} `json:"artifactLocation"`
			Region struct {
				Line   int `json:"startLine"`
				Column int `json:"startColumn"`
			} `json:"region"`
		} `json:"physicalLocation"`
	} `json:"locations"`
}

// file reads a document; false: it is another one.
func file(t tasks.Task, text []byte, s tasks.Sink) bool {
	var d document
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if json.Unmarshal(text, &d) != nil || d.Runs == nil || !strings.HasPrefix(d.Version, "2.") {
		return false
	}
	files := place.NewFiles(t)
	told := 0
	for _, run := range *d.Runs {
		levels := map[string]string{}
		for _, rule := range run.Tool.Driver.Rules {
			levels[rule.ID] = rule.Default.Level
		}
		for _, r := range run.Results {
			if r.Kind != "" && r.Kind != "fail" && r.Kind != "open" && r.Kind != "review" || len(r.Suppressions) > 0 || len(r.Locations) == 0 {
				continue
			}
			code := r.RuleID
			if code == "" {
				code = r.Rule.ID
			}
			if i := r.RuleIndex; code == "" && i != nil && *i >= 0 && *i < len(run.Tool.Driver.Rules) {
				code = run.Tool.Driver.Rules[*i].ID
			}
			at := r.Locations[0].Physical
			p, own := files.Own(named(at.Artifact.URI))
			if base := run.Bases[at.Artifact.Base].URI; !own && base != "" {
				p, own = files.Own(path.Join(named(base), named(at.Artifact.URI)))
			}
			message := place.Clip(r.Message.Text)
			if !own || message == "" {
				continue
			}
			level := r.Level
			if level == "" {
				level = levels[code]
			}
			if told++; told > mostResults {
				return true
			}
			s.Emit(tasks.DiagnosticReported{Diagnostic: tasks.Diagnostic{
				Severity: severity(level), Location: tasks.Location{File: p, Line: max(0, at.Region.Line), Column: max(0, at.Region.Column)},
				Message: message, Code: place.Clip(code), Line: -1,
			}})
		}
	}
	return true
}

// named is the file that a URI names.
func named(uri string) string {
	uri = strings.TrimPrefix(uri, "file://")
	if name, err := url.PathUnescape(uri); err == nil {
		return name
	}
	return uri
}

// severity of a level; without one it is a warning.
func severity(level string) tasks.Severity {
	switch level {
	case "error":
		return tasks.Error
	case "note", "none":
		return tasks.Info
	}
	return tasks.Warning
}
