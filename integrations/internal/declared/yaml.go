package declared

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds that no real file comes near, so that a hostile one costs little.
const (
	mostTokens = 200_000
	mostNested = 64
	// A level of a block is indented by a column at least.
	mostIndented = 512
	mostValues   = 200_000 // after aliases are followed
)

// YAML reads the documents of a file. What another tool's tags mean is not
// looked at.
func YAML(name string, text []byte) (docs []*Value, err error) {
	defer func() { // the parser is not proof against every malformed input
		if r := recover(); r != nil {
			docs, err = nil, fmt.Errorf("read %s: the YAML parser gave up: %v", name, r)
		}
	}()
	tokens := lexer.Tokenize(string(text))
	if err := bounded(tokens); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	c := converter{anchors: map[string]*Value{}}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType || doc.Body.Type() == ast.CommentType {
			continue
		}
		docs = append(docs, c.convert(doc.Body, 0))
	}
	if c.made > mostValues {
		return nil, fmt.Errorf("read %s: aliases make it larger than %d values", name, mostValues)
	}
	return docs, nil
}

// FirstYAML is the first document of a file; it is never nil.
func FirstYAML(name string, text []byte) (*Value, error) {
	docs, err := YAML(name, text)
	if err != nil || len(docs) == 0 {
		return missing(), err
	}
	return docs[0], nil
}

func bounded(tokens token.Tokens) error {
	if len(tokens) > mostTokens {
		return fmt.Errorf("it has more than %d YAML tokens", mostTokens)
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
		if flow+dashes > mostNested || t.Position.IndentNum > mostIndented {
			return fmt.Errorf("line %d: values are nested deeper than %d levels", t.Position.Line, mostNested)
		}
	}
	return nil
}

// converter turns the parser's tree into values. An alias is its anchor's value
// itself, so that following it costs nothing; who walks a value meets it again.
type converter struct {
	anchors map[string]*Value
	sizes   map[*Value]int
	made    int
}

func (c *converter) convert(n ast.Node, depth int) *Value {
	v := c.read(n, depth)
	if c.sizes == nil {
		c.sizes = map[*Value]int{}
	}
	size := 1
	for _, item := range v.Items {
		size += c.sizes[item]
	}
	for _, e := range v.Entries {
		size += c.sizes[e.Value]
	}
	c.sizes[v] = min(size, mostValues+1) // aliases may multiply it beyond any number
	c.made = max(c.made, c.sizes[v])
	return v
}

func (c *converter) read(n ast.Node, depth int) *Value {
	v := &Value{Kind: Null, Line: lineOf(n)}
	if n == nil || depth > mostNested || c.made > mostValues {
		return v
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		name := n.Name.GetToken().Value
		value := c.convert(n.Value, depth+1)
		c.anchors[name] = value
		return value
	case *ast.AliasNode:
		if target := c.anchors[n.Value.GetToken().Value]; target != nil {
			return target
		}
	case *ast.TagNode:
		return c.convert(n.Value, depth+1)
	case *ast.SequenceNode:
		v.Kind = List
		for _, item := range n.Values {
			v.Items = append(v.Items, c.convert(item, depth+1))
		}
	case *ast.MappingNode:
		v.Kind = Map
		c.entries(v, n.Values, depth)
	case *ast.MappingValueNode:
		v.Kind = Map
		c.entries(v, []*ast.MappingValueNode{n}, depth)
	case *ast.StringNode:
		v.Kind, v.Text = Scalar, n.Value
		v.Quoted = n.GetToken().Type == token.SingleQuoteType || n.GetToken().Type == token.DoubleQuoteType
	case *ast.LiteralNode:
		v.Kind, v.Text, v.Quoted = Scalar, n.Value.Value, true
	case *ast.NullNode:
	case ast.ScalarNode:
		v.Kind, v.Text = Scalar, n.GetToken().Value
	}
	return v
}

// entries adds the keys of a map; what a merge key (<<) brings loses against
// what is written out, and of a key that is given twice the last counts.
func (c *converter) entries(v *Value, values []*ast.MappingValueNode, depth int) {
	at := map[string]int{}
	var merged []*Value
	for _, pair := range values {
		value := c.convert(pair.Value, depth+1)
		if pair.Key.IsMergeKey() {
			if value.Kind == List {
				merged = append(merged, value.Items...)
			} else {
				merged = append(merged, value)
			}
			continue
		}
		e := Entry{Key: keyText(pair.Key), Line: lineOf(pair.Key), Value: value}
		if i, twice := at[e.Key]; twice {
			v.Entries[i] = e
			continue
		}
		at[e.Key] = len(v.Entries)
		v.Entries = append(v.Entries, e)
	}
	for _, m := range merged {
		for _, e := range m.Entries {
			if _, known := at[e.Key]; !known && len(v.Entries) < mostValues {
				at[e.Key] = len(v.Entries)
				v.Entries = append(v.Entries, e)
			}
		}
	}
}

func keyText(k ast.MapKeyNode) string {
	if s, ok := k.(*ast.StringNode); ok {
		return s.Value
	}
	if t := k.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

func lineOf(n ast.Node) int {
	switch m := n.(type) {
	case nil:
		return 1
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			n = m.Values[0].Key
		}
	case *ast.MappingValueNode:
		n = m.Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}
