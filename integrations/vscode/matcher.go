package vscode

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// formats are what a task's problem matchers say of its output; left names those
// that can't be followed.
func formats(v *declared.Value) (all []config.Format, left []string) {
	if v.Kind != declared.List {
		v = &declared.Value{Kind: declared.List, Items: []*declared.Value{v}}
	}
	for _, m := range v.Items {
		if m.Kind == declared.Missing || m.Kind == declared.Null {
			continue
		}
		f, why := format(m)
		if why != "" {
			left = append(left, "its problem matcher: "+why)
			continue
		}
		all = append(all, f)
	}
	return all, left
}

func format(m *declared.Value) (config.Format, string) {
	name := m.Text
	if m.Kind == declared.Map {
		name = m.Get("base").Text
		if p := m.Get("pattern"); p.Kind == declared.Scalar {
			name = p.Text
		}
	}
	if m.Kind == declared.Map && name == "" {
		return patterns(m)
	}
	if !slices.Contains(config.Formats(), name) {
		return config.Format{}, fmt.Sprintf("%s belongs to an extension", name)
	}
	return config.Format{Name: name}, ""
}

// patterns are those that a matcher writes out itself.
func patterns(m *declared.Value) (f config.Format, why string) {
	p := m.Get("pattern")
	lines := p.Items
	if p.Kind == declared.Map {
		lines = []*declared.Value{p}
	}
	for _, v := range lines {
		one := config.Pattern{
			Regexp: v.Get("regexp").Text, File: v.Get("file").Number(), Line: v.Get("line").Number(), Column: v.Get("column").Number(),
			Location: v.Get("location").Number(), Severity: v.Get("severity").Number(), Code: v.Get("code").Number(),
			Message: v.Get("message").Number(), Loop: v.Get("loop").Is(),
		}
		re, err := regexp.Compile(one.Regexp)
		switch {
		case err != nil || one.Regexp == "":
			return f, "its pattern can't be read here"
		case max(one.File, one.Line, one.Column, one.Location, one.Severity, one.Code, one.Message) > re.NumSubexp():
			return f, "its pattern has fewer groups than it names"
		}
		f.Pattern = append(f.Pattern, one)
	}
	if len(f.Pattern) == 0 {
		return f, "it has no pattern"
	}
	switch s := m.Get("severity").Text; s {
	case "error", "warning", "info":
		f.Severity = s
	}
	return f, ""
}
