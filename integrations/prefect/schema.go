package prefect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// schema is the JSON Schema of a flow's parameters, as pydantic writes it.
type schema struct {
	Properties  map[string]property `json:"properties"`
	Required    []string            `json:"required"`
	Definitions map[string]property `json:"definitions"`
}

type property struct {
	Title       string            `json:"title"`
	Type        string            `json:"type"`
	Format      string            `json:"format"`
	WriteOnly   bool              `json:"writeOnly"`
	Description string            `json:"description"`
	Default     json.RawMessage   `json:"default"`
	Position    *int              `json:"position"`
	Enum        []json.RawMessage `json:"enum"`
	AnyOf       []property        `json:"anyOf"`
	AllOf       []property        `json:"allOf"`
	Ref         string            `json:"$ref"`
}

// params are the schema's parameters in the order of the function, with the
// defaults of the deployment in place of the flow's.
func (s schema) params(defaults json.RawMessage) []config.Param {
	var given map[string]json.RawMessage
	_ = json.Unmarshal(defaults, &given) // without any, there are none
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(position(s.Properties[a])-position(s.Properties[b]), strings.Compare(a, b))
	})
	var all []config.Param
	for _, name := range names {
		written := s.Properties[name]
		p := s.resolved(written, 0)
		param := config.Param{
			Name: name, Type: typeOf(p), Description: cmp.Or(written.Description, p.Description),
			Required: slices.Contains(s.Required, name), Secret: p.Format == "password",
		}
		for _, e := range p.Enum {
			param.Choices = append(param.Choices, plain(e))
		}
		value := written.Default
		if v, ok := given[name]; ok {
			value = v
		}
		if len(value) > 0 && !bytes.Equal(value, []byte("null")) {
			param.Default, param.HasDefault, param.Required = plain(value), true, false
		}
		all = append(all, param)
	}
	return all
}

func position(p property) int {
	if p.Position == nil {
		return 1 << 20
	}
	return *p.Position
}

// resolved follows references, and takes the part of an optional one that is not
// null.
func (s schema) resolved(p property, depth int) property {
	if depth > 16 { // a definition that refers to itself
		return p
	}
	switch {
	case p.Ref != "":
		name := p.Ref[strings.LastIndexByte(p.Ref, '/')+1:]
		return s.resolved(s.Definitions[name], depth+1)
	case len(p.AllOf) == 1:
		return s.resolved(p.AllOf[0], depth+1)
	case len(p.AnyOf) > 0:
		var some []property
		for _, a := range p.AnyOf {
			if a.Type != "null" {
				some = append(some, a)
			}
		}
		if len(some) == 1 {
			return s.resolved(some[0], depth+1)
		}
	}
	return p
}

// typeOf is the type that a form knows; of several it is text, which is sent as
// JSON where it reads as such.
func typeOf(p property) config.ParamType {
	switch p.Type {
	case "integer":
		return config.ParamInt
	case "number":
		return config.ParamFloat
	case "boolean":
		return config.ParamBool
	}
	return config.ParamString
}

// plain is a JSON value as a person types it.
func plain(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	return string(v)
}

// Bounds of what is shown of a run's values.
const (
	mostShown    = 100
	longestShown = 1000
)

// shown are the values of a run as they would be typed: numbers, words and choices, the
// flow's own defaults among them. What is made of several may have a secret in it.
func (s schema) shown(values json.RawMessage) map[string]string {
	var given map[string]json.RawMessage
	if json.Unmarshal(values, &given) != nil {
		return nil
	}
	all := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		v, is := given[name]
		if !is {
			v = s.Properties[name].Default
		}
		p := s.resolved(s.Properties[name], 0)
		simple := slices.Contains([]string{"string", "integer", "number", "boolean"}, p.Type)
		if simple && p.Format != "password" && !p.WriteOnly && len(v) > 0 && string(v) != "null" && len(v) <= longestShown && len(all) < mostShown {
			all[name] = plain(v)
		}
	}
	return all
}

// values are what was typed, as the JSON that the schema asks for.
func (s schema) values(typed map[string]string) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for name, text := range typed {
		p := s.resolved(s.Properties[name], 0)
		if p.Type != "string" && json.Valid([]byte(text)) {
			all[name] = json.RawMessage(text)
			continue
		}
		quoted, _ := json.Marshal(text) // text is always JSON
		all[name] = quoted
	}
	return all
}
