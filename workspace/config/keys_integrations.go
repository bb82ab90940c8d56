package config

import "fmt"

// integrationsKind is `integrations:`, names and connections. What a connection
// may say besides `use` is its integration's affair, which checks it when the
// file was read: this package knows none of them.
func integrationsKind() kind[[]Integration] {
	value := scalar()
	one := &shape{words: "a mapping of options", values: value.shape, title: "integration", removable: true}
	sh := &shape{words: "a mapping of names to connections", values: one, names: namePattern, removable: true}
	return kind[[]Integration]{shape: sh, read: func(r *reader, n *node) ([]Integration, bool) {
		if n.kind != mapNode {
			r.must(n, sh.words, "")
			return nil, false
		}
		var all []Integration
		for _, e := range n.entries {
			if !nameForm().MatchString(e.key) {
				r.at(e.pos, e.length, fmt.Sprintf("%q is not the name of a connection", e.key),
					"names begin with a letter or digit and have letters, digits, dot, - and _")
				continue
			}
			c := Integration{Name: e.key, Use: e.key, Pos: e.pos, Options: map[string]string{}, At: map[string]Position{}}
			r.within(e.key, func() { r.options(e.value, &c) })
			all = append(all, c)
		}
		return all, true
	}}
}

// options reads one connection; nothing is as good as no options.
func (r *reader) options(n *node, c *Integration) {
	if n.kind == nullNode {
		return
	}
	if n.kind != mapNode {
		r.must(n, "a mapping of options", "")
		return
	}
	value := scalar()
	for _, o := range n.entries {
		r.within(o.key, func() {
			v, ok := value.read(r, o.value)
			switch {
			case !ok:
			case o.key == "use":
				c.Use = v
				c.At[o.key] = o.value.pos
			default:
				c.Options[o.key], c.At[o.key] = v, o.pos
			}
		})
	}
}
