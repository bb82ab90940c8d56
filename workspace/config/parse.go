package config

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds that no real file comes near, so that a hostile one costs little.
const (
	maxTokens  = 100_000
	maxNesting = 64
	maxIndent  = 512     // columns: a level has one at least (the lexer's own levels only grow)
	maxNodes   = 100_000 // after aliases are expanded
)

// parse turns the text of a file into a node. A nil node without problems is
// an empty file.
func parse(src source) (*node, Problems) {
	file, problem := parseYAML(src)
	if problem != nil {
		return nil, Problems{*problem}
	}
	c := converter{src: src, anchors: map[string]*node{}}
	var root *node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if root != nil {
			c.problem(doc.Body, "the file has a second document", "keep one document; remove the line ---")
			break
		}
		root = c.convert(doc.Body, 0)
	}
	if root != nil && root.size > maxNodes {
		c.problems = append(c.problems, src.problem(1, 1,
			fmt.Sprintf("aliases make the file larger than %d values", maxNodes), "use fewer aliases inside aliases"))
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return root, nil
}

// parseYAML runs the YAML parser. It is not proof against every malformed
// input, so that a panic of its own is a problem of the file too.
func parseYAML(src source) (file *ast.File, problem *Problem) {
	defer func() {
		if r := recover(); r != nil {
			p := src.problem(1, 1, fmt.Sprintf("the YAML parser gave up: %v", r), "look for an unusual construct, and simplify it")
			file, problem = nil, &p
		}
	}()
	tokens := lexer.Tokenize(src.text)
	if p := bounded(src, tokens); p != nil {
		return nil, p
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		p := syntaxProblem(src, err)
		return nil, &p
	}
	return file, nil
}

// bounded refuses what would make the recursive parser run out of stack.
func bounded(src source, tokens token.Tokens) *Problem {
	if len(tokens) > maxTokens {
		p := src.problem(1, 1, fmt.Sprintf("the file has more than %d YAML tokens", maxTokens), "is this the right file?")
		return &p
	}
	flow, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			dashes++
		}
		if flow+dashes > maxNesting || t.Position.IndentNum > maxIndent {
			p := src.problem(t.Position.Line, t.Position.Column, fmt.Sprintf("values are nested deeper than %d levels", maxNesting), "")
			return &p
		}
	}
	return nil
}

func syntaxProblem(src source, err error) Problem {
	line, column, message := 1, 1, err.Error()
	if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		message = syntax.Message
		if syntax.Token != nil && syntax.Token.Position != nil {
			line, column = syntax.Token.Position.Line, syntax.Token.Position.Column
		}
	}
	pos := src.at(line, column)
	text := src.lines[pos.Line-1]
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	if tab := strings.IndexByte(indent, '\t'); tab >= 0 {
		return src.problem(pos.Line, tab+1, "a tab is used for indentation, which YAML does not allow", "indent with spaces")
	}
	return src.problem(line, column, "invalid YAML: "+message, syntaxHint(message))
}

func syntaxHint(message string) string {
	switch {
	case strings.Contains(message, "reserved character"), strings.Contains(message, "directive value"):
		return "put the value in quotes"
	case strings.Contains(message, "mapping value is not allowed"):
		return `a value with ": " in it needs quotes`
	case strings.Contains(message, "not allowed in this context"):
		return "check the indentation of this line and of the one above"
	case strings.Contains(message, "could not find end character"):
		return "close the quotes"
	case strings.Contains(message, "must be specified"):
		return "close the bracket; inside of brackets a value with { } [ ] or a comma in it needs quotes"
	case strings.Contains(message, "not found"), strings.Contains(message, "could not find flow"):
		return "close the bracket"
	}
	return ""
}

// converter turns the parser's tree into nodes.
type converter struct {
	src      source
	anchors  map[string]*node // nil while the anchor's own value is read
	merged   int              // keys copied by merge keys so far
	problems Problems
}

func (c *converter) problem(at ast.Node, message, hint string) {
	pos := c.at(at)
	c.problems = append(c.problems, c.src.problem(pos.Line, pos.Column, message, hint))
}

func (c *converter) at(n ast.Node) Position {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	if m, ok := n.(*ast.MappingValueNode); ok {
		n = m.Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return c.src.at(t.Position.Line, t.Position.Column)
	}
	return c.src.at(1, 1)
}

func (c *converter) convert(n ast.Node, depth int) *node {
	out := &node{pos: c.at(n), length: 1, size: 1}
	if depth > maxNesting {
		c.problem(n, fmt.Sprintf("values are nested deeper than %d levels", maxNesting), "")
		return out
	}
	switch v := n.(type) {
	case *ast.AnchorNode:
		name := v.Name.GetToken().Value
		c.anchors[name] = nil
		value := c.convert(v.Value, depth+1)
		c.anchors[name] = value
		return value
	case *ast.AliasNode:
		return c.alias(v, out)
	case *ast.TagNode:
		return c.tagged(v, depth)
	case *ast.SequenceNode:
		out.kind = listNode
		for _, item := range v.Values {
			out.items = append(out.items, c.convert(item, depth+1))
			out.size += out.items[len(out.items)-1].size
		}
	case *ast.MappingNode:
		out.kind = mapNode
		c.entries(out, v.Values, depth)
	case *ast.MappingValueNode:
		out.kind = mapNode
		c.entries(out, []*ast.MappingValueNode{v}, depth)
	default:
		c.scalar(out, n)
	}
	// Sizes saturate: aliases may multiply them beyond any number.
	out.size = min(out.size, maxNodes+1)
	return out
}

func (c *converter) alias(v *ast.AliasNode, out *node) *node {
	name := v.Value.GetToken().Value
	target, known := c.anchors[name]
	switch {
	case !known:
		names := make([]string, 0, len(c.anchors))
		for a := range c.anchors {
			names = append(names, a)
		}
		c.problem(v, fmt.Sprintf("unknown anchor %q", name), didYouMean(name, names))
	case target == nil:
		c.problem(v, fmt.Sprintf("anchor %q contains itself", name), "")
	default:
		return target
	}
	return out
}

func (c *converter) tagged(v *ast.TagNode, depth int) *node {
	out := c.convert(v.Value, depth+1)
	tag := v.Start.Value
	switch tag {
	case "!!str", "!":
		if out.kind <= textNode {
			same := *out
			same.kind = textNode
			return &same
		}
	case "!!map", "!!seq", "!!int", "!!float", "!!bool", "!!null":
	default:
		c.problem(v, fmt.Sprintf("the tag %s has no meaning here", tag), "remove it")
	}
	return out
}

func (c *converter) scalar(out *node, n ast.Node) {
	out.text = n.GetToken().Value
	switch v := n.(type) {
	case *ast.NullNode:
		out.kind, out.text = nullNode, ""
	case *ast.BoolNode:
		out.kind = boolNode
	case *ast.IntegerNode:
		out.kind = intNode
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.kind = floatNode
	case *ast.StringNode:
		out.kind, out.text = textNode, v.Value
	case *ast.LiteralNode:
		out.kind, out.text = textNode, v.Value.Value
	default:
		c.problem(n, "this YAML construct is not used here", "")
	}
	out.length = caretLength(out.text)
}

func caretLength(text string) int {
	first, _, _ := strings.Cut(text, "\n")
	return max(utf8.RuneCountInString(first), 1)
}

// entries adds the keys of a mapping. What comes in through a merge key (<<)
// loses against what is written out, and the first one merged wins.
func (c *converter) entries(out *node, values []*ast.MappingValueNode, depth int) {
	seen := map[string]Position{}
	var merged []*node
	for _, v := range values {
		if v.Key.IsMergeKey() {
			merged = append(merged, c.mergeSources(v, depth)...)
			continue
		}
		key, ok := c.key(v.Key)
		if !ok {
			continue
		}
		e := entry{key: key, pos: c.at(v.Key), length: caretLength(key), value: c.convert(v.Value, depth+1)}
		if e.value.kind == nullNode {
			e.value.pos, e.value.length = e.pos, e.length
		}
		if first, dup := seen[key]; dup {
			c.problem(v.Key, fmt.Sprintf("key %q is given twice", key), "keep one of them")
			c.problems[len(c.problems)-1].Related = []Related{{Pos: first, Message: "the first one"}}
			continue
		}
		seen[key] = e.pos
		out.entries = append(out.entries, e)
		out.size += e.value.size
	}
	for _, m := range merged {
		for _, e := range m.entries {
			if c.merged++; c.merged > maxNodes {
				out.size = maxNodes + 1 // parse refuses the file
				return
			}
			if _, dup := seen[e.key]; !dup {
				seen[e.key] = e.pos
				out.entries = append(out.entries, e)
				out.size += e.value.size
			}
		}
	}
}

func (c *converter) key(k ast.MapKeyNode) (string, bool) {
	switch v := k.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.NullNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode:
		return v.GetToken().Value, true
	}
	c.problem(k, "a key must be plain text", "")
	return "", false
}

func (c *converter) mergeSources(v *ast.MappingValueNode, depth int) []*node {
	value := c.convert(v.Value, depth+1)
	sources := []*node{value}
	if value.kind == listNode {
		sources = value.items
	}
	for _, s := range sources {
		if s.kind != mapNode {
			c.problem(v.Key, "<< merges mappings, this is "+s.kind.String(), "")
			return nil
		}
	}
	return sources
}
