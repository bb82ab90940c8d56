package config

import (
	"encoding/json"
	"maps"
	"strings"
)

// schema is a piece of JSON Schema.
type schema = map[string]any

// Schema is the JSON Schema (draft 2020-12) of the workspace file, for editors.
// It follows from the same tables as the reader; what only the reader can say
// (unknown dependencies, cycles, taken names) is not in it.
func Schema() []byte {
	b := schemaBuilder{defs: schema{}}
	root := b.object(workspaceKind().shape)
	whole := schema{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "Sawhorse workspace",
		"description": "The file " + FileName + ": the services and tasks of a directory.",
		"$defs":       b.defs,
	}
	maps.Copy(whole, root)
	out, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		panic(err) // maps, lists and scalars only
	}
	return append(out, '\n')
}

type schemaBuilder struct{ defs schema }

// value is the schema of any of the forms of a value.
func (b *schemaBuilder) value(s *shape) schema {
	var forms []any
	if s.schema != nil {
		forms = append(forms, s.schema)
	}
	if s.elements != nil {
		forms = append(forms, schema{"type": "array", "items": b.value(s.elements)})
	}
	if s.values != nil {
		forms = append(forms, schema{
			"type":                 "object",
			"propertyNames":        schema{"pattern": s.names},
			"additionalProperties": b.value(s.values),
		})
		if s.removable {
			forms = append(forms, schema{"type": "null"})
		}
	}
	if s.keys != nil {
		if s.bare != "" {
			bare := s.key(s.bare).shape
			if !s.bareList {
				bare = &shape{schema: bare.schema}
			}
			forms = append(forms, b.value(bare))
		}
		forms = append(forms, b.reference(s))
	}
	if s.other != nil {
		forms = append(forms, b.reference(s.other))
	}
	if len(forms) == 1 {
		return forms[0].(schema)
	}
	return schema{"anyOf": forms}
}

// reference puts an object among the definitions and refers to it.
func (b *schemaBuilder) reference(s *shape) schema {
	name := strings.ReplaceAll(s.title, " ", "_")
	if _, done := b.defs[name]; !done {
		b.defs[name] = schema{} // taken, before its keys are looked at
		b.defs[name] = b.object(s)
	}
	return schema{"$ref": "#/$defs/" + name}
}

func (b *schemaBuilder) object(s *shape) schema {
	properties := schema{}
	var required []string
	for _, k := range s.keys {
		if !s.belongs(k) {
			continue
		}
		for _, word := range k.words() {
			property := maps.Clone(b.value(k.shape))
			property["description"] = plain(k.doc)
			if word != k.name {
				property["description"] = "Another word for " + k.name + ". " + plain(k.doc)
			}
			if k.def != "" {
				property["description"] = property["description"].(string) + " Default: " + plain(k.def) + "."
			}
			properties[word] = property
		}
		if k.required {
			required = append(required, k.name)
		}
	}
	out := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if s.free != nil {
		out["additionalProperties"] = b.value(s.free)
	}
	if !s.closed {
		out["patternProperties"] = schema{"^x-": true}
	}
	if len(required) > 0 {
		out["required"] = required
	}
	if rules := exclusions(s); len(rules) > 0 {
		out["allOf"] = rules
	}
	if len(s.oneOf) > 0 {
		var choices []schema
		for _, k := range s.keys {
			if s.belongs(k) && overlap(k.slots, s.oneOf) != "" {
				for _, word := range k.words() {
					choices = append(choices, schema{"required": []string{word}})
				}
			}
		}
		out["anyOf"] = choices
	}
	return out
}

// exclusions are the pairs of words that cannot be given together.
func exclusions(s *shape) []schema {
	type spelled struct {
		word string
		key  key
	}
	var words []spelled
	for _, k := range s.keys {
		if s.belongs(k) {
			for _, w := range k.words() {
				words = append(words, spelled{w, k})
			}
		}
	}
	var rules []schema
	for i, a := range words {
		for _, b := range words[i+1:] {
			if overlap(a.key.slots, b.key.slots) != "" {
				rules = append(rules, schema{"not": schema{"required": []string{a.word, b.word}}})
			}
		}
	}
	return rules
}

// plain is Markdown without its marks.
func plain(s string) string { return strings.ReplaceAll(s, "`", "") }
