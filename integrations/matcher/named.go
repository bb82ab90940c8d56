package matcher

import (
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// known is a matcher that editors know by a name.
type known struct {
	patterns []config.Pattern
	severity tasks.Severity
}

// named are the matchers with a name, written anew for what the tools print.
func named() map[string]known {
	tsc := []config.Pattern{{
		Regexp: `^(\S.*?)(?:\((\d+,\d+|\d+)(?:,\d+,\d+)?\)|:(\d+):(\d+))\s*(?::|-)\s+(error|warning|info)\s+(TS\d+)\s*:\s*(.*)$`,
		File:   1, Location: 2, Line: 3, Column: 4, Severity: 5, Code: 6, Message: 7,
	}}
	stylish := func(row string, code int) []config.Pattern {
		return []config.Pattern{
			{Regexp: `^((?:[A-Za-z]:)?[./\\]*[^\s:].*)$`, File: 1},
			{Regexp: row, Line: 1, Column: 2, Severity: 3, Message: 4, Code: code, Loop: true},
		}
	}
	rustc := []config.Pattern{
		{Regexp: `^(warning|warn|error|note)(?:\[(.*?)\])?: (.*)$`, Severity: 1, Code: 2, Message: 3},
		{Regexp: `^[\s=]*-->\s(.*?):(\d+):(\d+)\s*$`, File: 1, Line: 2, Column: 3},
	}
	return map[string]known{
		"$tsc":            {patterns: tsc},
		"$tsc-watch":      {patterns: tsc},
		"$eslint-compact": {patterns: []config.Pattern{{Regexp: `^(.+):\sline\s(\d+),\scol\s(\d+),\s(Error|Warning|Info)\s-\s(.+?)(?:\s\((\S+)\))?$`, File: 1, Line: 2, Column: 3, Severity: 4, Message: 5, Code: 6}}},
		"$eslint-stylish": {patterns: stylish(`^\s+(\d+):(\d+)\s+(error|warning|info)\s+(.+?)(?:\s\s+(\S+))?$`, 5)},
		"$jshint":         {patterns: []config.Pattern{{Regexp: `^(.*):\s+line\s+(\d+),\s+col\s+(\d+),\s(.+?)(?:\s+\((\w)(\d+)\))?$`, File: 1, Line: 2, Column: 3, Message: 4, Severity: 5, Code: 6}}},
		"$jshint-stylish": {patterns: []config.Pattern{{Regexp: `^(\S.*)$`, File: 1}, {Regexp: `^\s+line\s+(\d+)\s+col\s+(\d+)\s+(.+?)(?:\s+\((\w)(\d+)\))?$`, Line: 1, Column: 2, Message: 3, Severity: 4, Code: 5, Loop: true}}},
		"$go":             {patterns: []config.Pattern{{Regexp: `^(?:vet: )?([^:\s][^:]*\.go):(\d+)(?::(\d+))?: (.+)$`, File: 1, Line: 2, Column: 3, Message: 4}}},
		"$gcc":            {patterns: []config.Pattern{{Regexp: `^(.+?):(\d+):(?:(\d+):)?\s+(?:(fatal error|error|warning|note)|.*):\s+(.+)$`, File: 1, Line: 2, Column: 3, Severity: 4, Message: 5}}},
		"$msCompile":      {patterns: []config.Pattern{{Regexp: `^(?:\s*\d+>)?(\S.*?)(?:\((\d+|\d+,\d+|\d+,\d+,\d+,\d+)\))?\s*:\s+(?:fatal\s+)?(error|warning|info)\s+(\w{1,3}\d+)?\s*:\s*(.*)$`, File: 1, Location: 2, Severity: 3, Code: 4, Message: 5}}},
		"$rustc":          {patterns: rustc},
		"$lessCompile":    {patterns: []config.Pattern{{Regexp: `(.*) in file (.*) line no\. (\d+)`, Message: 1, File: 2, Line: 3}}},
	}
}
