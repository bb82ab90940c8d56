package diagnostics

import (
	"encoding/json"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// document is what some tools say in JSON, all of it or a problem a line:
//
//	[{"filePath":"/shop/src/cart.js","messages":[…]}]        eslint -f json
//	{"reason":"compiler-message",…,"message":{…}}            cargo --message-format json
//	{"cell":null,"code":"F401",…}                            ruff --output-format json-lines
//	{"file": "bad.py", "line": 3, …}                         mypy --output json
//	{"Issues":[…]}                                           golangci-lint
func (r *reader) document(line string) bool {
	switch {
	case strings.HasPrefix(line, `[{"filePath":`):
		return r.eslint(line)
	case strings.HasPrefix(line, `{"reason":"compiler-message"`):
		return r.cargo(line)
	case strings.HasPrefix(line, `{"cell":`):
		return r.ruff(line)
	case strings.HasPrefix(line, `{"file": "`):
		return r.mypy(line)
	case strings.HasPrefix(line, `{"Issues":`):
		return r.golangci(line)
	}
	return false
}

// found tells of a problem in a file, if that is one's own.
func (r *reader) found(file string, line, column int, severity tasks.Severity, message, code string) {
	if p, own := r.files.Own(file); own && line >= 0 && column >= 0 {
		r.emit(tasks.Location{File: p, Line: line, Column: column}, severity, message, code)
	}
}

func (r *reader) eslint(line string) bool {
	var files []struct {
		Path     string `json:"filePath"`
		Messages []struct {
			Rule     string `json:"ruleId"`
			Severity int    `json:"severity"`
			Message  string `json:"message"`
			Line     int    `json:"line"`
			Column   int    `json:"column"`
		} `json:"messages"`
	}
	if json.Unmarshal([]byte(line), &files) != nil {
		return false
	}
	for _, f := range files {
		for _, m := range f.Messages {
			severity := tasks.Error
			if m.Severity == 1 {
				severity = tasks.Warning
			}
			r.found(f.Path, m.Line, m.Column, severity, m.Message, m.Rule)
		}
	}
	return true
}

func (r *reader) cargo(line string) bool {
	var m struct {
		Message struct {
			Text  string `json:"message"`
			Level string `json:"level"`
			Code  *struct {
				Code string `json:"code"`
			} `json:"code"`
			Spans []struct {
				File    string `json:"file_name"`
				Line    int    `json:"line_start"`
				Column  int    `json:"column_start"`
				Primary bool   `json:"is_primary"`
			} `json:"spans"`
		} `json:"message"`
	}
	if json.Unmarshal([]byte(line), &m) != nil {
		return false
	}
	code := ""
	if m.Message.Code != nil {
		code = m.Message.Code.Code
	}
	for _, s := range m.Message.Spans {
		if s.Primary {
			r.found(s.File, s.Line, s.Column, named(m.Message.Level), m.Message.Text, code)
			break
		}
	}
	return true
}

func (r *reader) ruff(line string) bool {
	var m struct {
		File     string `json:"filename"`
		Code     string `json:"code"`
		Message  string `json:"message"`
		Severity string `json:"severity"`
		Location struct {
			Row    int `json:"row"`
			Column int `json:"column"`
		} `json:"location"`
	}
	if json.Unmarshal([]byte(line), &m) != nil {
		return false
	}
	r.found(m.File, m.Location.Row, m.Location.Column, named(m.Severity), m.Message, m.Code)
	return true
}

func (r *reader) mypy(line string) bool {
	var m struct {
		File     string `json:"file"`
		Line     int    `json:"line"`
		Column   int    `json:"column"` // from 0
		Message  string `json:"message"`
		Code     string `json:"code"`
		Severity string `json:"severity"`
	}
	if json.Unmarshal([]byte(line), &m) != nil || m.Severity == "" {
		return false
	}
	r.found(m.File, m.Line, m.Column+1, named(m.Severity), m.Message, m.Code)
	return true
}

func (r *reader) golangci(line string) bool {
	var d struct {
		Issues []struct {
			Linter   string `json:"FromLinter"`
			Text     string
			Severity string
			Pos      struct {
				Filename     string
				Line, Column int
			}
		}
	}
	if json.Unmarshal([]byte(line), &d) != nil {
		return false
	}
	for _, i := range d.Issues {
		r.found(i.Pos.Filename, i.Pos.Line, i.Pos.Column, named(i.Severity), i.Text, i.Linter)
	}
	return true
}

// named is the severity of a word; without a known one it is an error.
func named(word string) tasks.Severity {
	for _, s := range severities {
		if strings.EqualFold(word, s.word) {
			return s.is
		}
	}
	return tasks.Error
}
