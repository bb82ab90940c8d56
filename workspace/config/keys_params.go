package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// Parameters of tasks.

const paramPattern = `^[A-Za-z_][A-Za-z0-9_-]*$`

var paramForm = lazy.Regexp(paramPattern)

func paramName() kind[string] {
	return kind[string]{
		shape: &shape{words: "a name", schema: schema{"type": "string", "pattern": paramPattern}},
		read: func(r *reader, n *node) (string, bool) {
			if !paramForm().MatchString(n.text) || n.kind != textNode {
				r.must(n, "a name of letters, digits, - and _", "")
				return "", false
			}
			return n.text, true
		},
	}
}

func paramFields() []field[Param] {
	return []field[Param]{
		give("type", choice([]word[ParamType]{{"string", ParamString}, {"int", ParamInt}, {"float", ParamFloat}, {"bool", ParamBool}}, nil),
			func(p *Param, v ParamType) { p.Type = v }, "`string`, `int`, `float` or `bool`.", fallback("string")),
		give("default", scalar(), func(p *Param, v string) { p.Default, p.HasDefault = v, true }, "The value when none is given."),
		give("choices", list(scalar()), func(p *Param, v []string) { p.Choices = v }, "The only values that are allowed."),
		give("required", boolean(), func(p *Param, v bool) { p.Required = v }, "A value must be given.", fallback("false")),
		give("secret", boolean(), func(p *Param, v bool) { p.Secret = v }, "Never shown, never written to the history.", fallback("false")),
		give("description", text(), func(p *Param, v string) { p.Description = v }, "One line for people."),
	}
}

// paramsKind is a mapping of names to parameters, or a list in which each has
// its name. A bare value in the mapping is the default.
func paramsKind() kind[[]placed[Param]] {
	name := paramName()
	named := object(shape{words: "a default or a mapping", title: "param", bare: "default"}, paramFields())
	listed := object(shape{words: "a name or a mapping", title: "listed param", bare: "name"}, append([]field[Param]{
		give("name", name, func(p *Param, v string) { p.Name = v }, "The parameter's name.", required),
	}, paramFields()...))
	sh := &shape{
		words: "a mapping of names to parameters, or a list", values: named.shape, names: paramPattern, elements: listed.shape,
	}
	return kind[[]placed[Param]]{shape: sh, read: func(r *reader, n *node) ([]placed[Param], bool) {
		var params []placed[Param]
		add := func(p Param, at *node) {
			if p.Type == "" {
				p.Type = ParamString
			}
			params = append(params, placed[Param]{v: p, n: at})
		}
		switch n.kind {
		case mapNode:
			for _, e := range n.entries {
				at := &node{pos: e.pos, length: e.length}
				switch {
				case !paramForm().MatchString(e.key):
					r.at(e.pos, e.length, fmt.Sprintf("%q is not the name of a parameter", e.key), "names have letters, digits, - and _")
				case e.value.kind == nullNode:
					r.at(e.pos, e.length, fmt.Sprintf("%s of %s has no value", e.key, r.place()), "give it a default, or {required: true}")
				default:
					r.within(e.key, func() {
						p, _ := named.read(r, e.value)
						p.Name = e.key
						add(p, at)
					})
				}
			}
		case listNode:
			for _, item := range n.items {
				if p, _ := listed.read(r, item); p.Name != "" {
					add(p, item)
				}
			}
		default:
			r.must(n, sh.words, "")
		}
		for _, p := range params {
			r.within(p.v.Name, func() { r.checkParam(p) })
		}
		return params, true
	}}
}

// checkParam looks at what the keys of one parameter say together.
func (r *reader) checkParam(p placed[Param]) {
	for _, c := range p.v.Choices {
		if err := p.v.Type.check(c); err != nil {
			r.problem(p.n, fmt.Sprintf("%s: the choice %v", r.place(), err), "")
		}
	}
	if p.v.HasDefault && p.v.Required {
		r.problem(p.n, r.place()+" is required and has a default", "remove required: the default is used when no value is given")
	}
	if !p.v.HasDefault {
		return
	}
	if err := p.v.Type.check(p.v.Default); err != nil {
		r.problem(p.n, fmt.Sprintf("%s: the default %v", r.place(), err), "")
	} else if len(p.v.Choices) > 0 && !slices.Contains(p.v.Choices, p.v.Default) {
		r.problem(p.n, fmt.Sprintf("%s: the default %q is not one of the choices", r.place(), p.v.Default),
			"choices: "+strings.Join(p.v.Choices, ", "))
	}
}

// check reports whether value is of the type.
func (t ParamType) check(value string) error {
	var err error
	switch t {
	case ParamInt:
		_, err = strconv.ParseInt(value, 10, 64)
	case ParamFloat:
		_, err = strconv.ParseFloat(value, 64)
	case ParamBool:
		if value != "true" && value != "false" {
			err = strconv.ErrSyntax
		}
	}
	if err != nil {
		return fmt.Errorf("%q is not of type %s", value, t)
	}
	return nil
}

// Check reports why value cannot be that of the parameter.
func (p Param) Check(value string) error {
	if err := p.Type.check(value); err != nil {
		return fmt.Errorf("parameter %s: %w", p.Name, err)
	}
	if len(p.Choices) > 0 && !slices.Contains(p.Choices, value) {
		return fmt.Errorf("parameter %s: %q is not one of %s", p.Name, value, strings.Join(p.Choices, ", "))
	}
	return nil
}
