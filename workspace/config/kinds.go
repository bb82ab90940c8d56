package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// placed is a value with its node, for what is checked later. A nil node: not
// given.
type placed[V any] struct {
	v V
	n *node
}

func (p placed[V]) given() bool { return p.n != nil }

// place keeps the node beside the value.
func place[V any](k kind[V]) kind[placed[V]] {
	return kind[placed[V]]{shape: k.shape, read: func(r *reader, n *node) (placed[V], bool) {
		v, ok := k.read(r, n)
		return placed[V]{v: v, n: n}, ok
	}}
}

// must reports that n is not what it has to be.
func (r *reader) must(n *node, words, hint string) {
	got := n.kind.String()
	switch {
	case n.kind == textNode:
		got = strconv.Quote(clip(n.text))
	case n.scalar():
		got = clip(n.text)
	}
	r.problem(n, fmt.Sprintf("%s must be %s, not %s", r.place(), words, got), hint)
}

// clip shortens what is repeated in a message.
func clip(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}

// text is a string with something in it.
func text() kind[string] {
	return kind[string]{
		shape: &shape{words: "text", schema: schema{"type": "string", "pattern": `\S`}},
		read: func(r *reader, n *node) (string, bool) {
			if n.kind != textNode {
				hint := ""
				if n.scalar() {
					hint = fmt.Sprintf("put it in quotes: %q", clip(n.text))
				}
				r.must(n, "text", hint)
				return "", false
			}
			return r.nonBlank(n)
		},
	}
}

func (r *reader) nonBlank(n *node) (string, bool) {
	if strings.TrimSpace(n.text) == "" {
		r.problem(n, r.place()+" is empty", "give it a value or remove the key")
		return "", false
	}
	return r.noNUL(n)
}

func (r *reader) noNUL(n *node) (string, bool) {
	if strings.ContainsRune(n.text, 0) {
		r.problem(n, r.place()+" has a NUL character, which no process can be given", "")
		return "", false
	}
	return n.text, true
}

func anyScalar() schema { return schema{"type": []string{"string", "number", "boolean"}} }

// scalar is a string, number or boolean, taken as it is written.
func scalar() kind[string] {
	return kind[string]{
		shape: &shape{words: "text, a number or a boolean", schema: anyScalar()},
		read: func(r *reader, n *node) (string, bool) {
			if !n.scalar() {
				r.must(n, "text", "")
				return "", false
			}
			return r.noNUL(n)
		},
	}
}

// template is a scalar in which ${{ ... }} is known.
func template() kind[string] {
	k := scalar()
	return kind[string]{shape: k.shape, read: func(r *reader, n *node) (string, bool) {
		s, ok := k.read(r, n)
		return s, ok && r.template(n)
	}}
}

// line is a template with something in it: a command line.
func line() kind[string] {
	k := template()
	sh := &shape{words: "a command line", schema: schema{"anyOf": []schema{
		{"type": "string", "pattern": `\S`}, {"type": []string{"number", "boolean"}},
	}}}
	return kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		s, ok := k.read(r, n)
		if !ok {
			return "", false
		}
		_, ok = r.nonBlank(n)
		return s, ok
	}}
}

func boolean() kind[bool] {
	return kind[bool]{
		shape: &shape{words: "true or false", schema: schema{"type": "boolean"}},
		read: func(r *reader, n *node) (bool, bool) {
			if n.kind != boolNode {
				r.must(n, "true or false", "")
				return false, false
			}
			return strings.EqualFold(n.text, "true"), true
		},
	}
}

func integer(low, high int) kind[int] {
	words := fmt.Sprintf("a whole number from %d to %d", low, high)
	bounds := schema{"type": "integer", "minimum": low, "maximum": high}
	if high == math.MaxInt32 {
		words = fmt.Sprintf("a whole number, at least %d", low)
		delete(bounds, "maximum")
	}
	return kind[int]{
		shape: &shape{words: words, schema: bounds},
		read: func(r *reader, n *node) (int, bool) {
			i, err := strconv.ParseInt(strings.ReplaceAll(n.text, "_", ""), 0, 64)
			if n.kind != intNode || err != nil || i < int64(low) || i > int64(high) {
				r.must(n, words, "")
				return 0, false
			}
			return int(i), true
		},
	}
}

const durationPattern = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d|w))+$`

var (
	durationForm = lazy.Regexp(durationPattern)
	durationPart = lazy.Regexp(`([0-9.]+)([a-zµ]+)`)
)

// duration is "2s" or "1h30m"; a bare number is seconds.
func duration(least time.Duration) kind[time.Duration] {
	number := schema{"type": "number", "minimum": 0}
	words := "a duration"
	if least > 0 {
		number = schema{"type": "number", "exclusiveMinimum": 0}
		words = fmt.Sprintf("a duration of at least %s", least)
	}
	return kind[time.Duration]{
		shape: &shape{words: "a duration", schema: schema{"anyOf": []schema{
			{"type": "string", "pattern": durationPattern}, number,
		}}},
		read: func(r *reader, n *node) (time.Duration, bool) {
			d, ok := parseDuration(n)
			if !ok || d < least {
				hint := `write it like "500ms", "2s", "1h30m", "14d"; a bare number is seconds`
				if n.kind == textNode && ok {
					hint = ""
				}
				r.must(n, words, hint)
				return 0, false
			}
			return d, true
		},
	}
}

func parseDuration(n *node) (time.Duration, bool) {
	total := 0.0
	switch n.kind {
	case intNode, floatNode:
		f, err := strconv.ParseFloat(strings.ReplaceAll(n.text, "_", ""), 64)
		if err != nil {
			return 0, false
		}
		total = f * float64(time.Second)
	case textNode:
		if !durationForm().MatchString(n.text) {
			return 0, false
		}
		for _, m := range durationPart().FindAllStringSubmatch(n.text, -1) {
			f, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				return 0, false
			}
			total += f * float64(durationUnit(m[2]))
		}
	default:
		return 0, false
	}
	const century = 100 * 365 * 24 * float64(time.Hour)
	if !(total >= 0 && total <= century) { // also not a number
		return 0, false
	}
	return time.Duration(math.Round(total)), true
}

func durationUnit(unit string) time.Duration {
	switch unit {
	case "ns":
		return time.Nanosecond
	case "us", "µs":
		return time.Microsecond
	case "ms":
		return time.Millisecond
	case "m":
		return time.Minute
	case "h":
		return time.Hour
	case "d":
		return 24 * time.Hour
	case "w":
		return 7 * 24 * time.Hour
	}
	return time.Second
}

const sizePattern = `^[0-9]+(\.[0-9]+)? ?([KkMmGgTt]i?)?[Bb]?$`

var sizeForm = lazy.Regexp(`^([0-9]+(?:\.[0-9]+)?) ?(?:([KkMmGgTt])(i?))?[Bb]?$`)

// size is a number of bytes: "64MiB", "1GB", or a bare number.
func size() kind[int64] {
	return kind[int64]{
		shape: &shape{words: "a size", schema: schema{"anyOf": []schema{
			{"type": "string", "pattern": sizePattern}, {"type": "integer", "minimum": 1},
		}}},
		read: func(r *reader, n *node) (int64, bool) {
			m := sizeForm().FindStringSubmatch(n.text)
			if m == nil || n.kind != textNode && n.kind != intNode {
				r.must(n, "a size", `write it like "64MiB" or "1GB"; a bare number is bytes`)
				return 0, false
			}
			base := 1000.0
			if m[3] == "i" {
				base = 1024
			}
			f, err := strconv.ParseFloat(m[1], 64)
			if power := strings.Index("kmgt", strings.ToLower(m[2])); m[2] != "" {
				f *= math.Pow(base, float64(power+1))
			}
			if err != nil || f < 1 || f > 1<<60 {
				r.must(n, "a size between 1 byte and 1 EiB", "")
				return 0, false
			}
			return int64(f), true
		},
	}
}

// word is a word of the file and what it means.
type word[V any] struct {
	word  string
	means V
}

// choice is one of a few words; also are those of other tools.
func choice[V any](native, also []word[V]) kind[V] {
	all := slices.Concat(native, also)
	spell := func(words []word[V]) []string {
		out := make([]string, len(words))
		for i, w := range words {
			out[i] = w.word
		}
		return out
	}
	words := strings.Join(spell(native), ", ")
	if len(native) > 1 {
		words = "one of " + words
	}
	return kind[V]{
		shape: &shape{words: words, schema: schema{"enum": spell(all)}},
		read: func(r *reader, n *node) (V, bool) {
			for _, w := range all {
				if n.kind == textNode && n.text == w.word {
					return w.means, true
				}
			}
			r.must(n, words, closest(n.text, spell(all)))
			var zero V
			return zero, false
		},
	}
}

// list is a list of values, or one value alone.
func list[V any](element kind[V]) kind[[]V] {
	sh := &shape{
		words: "a list, or one value", elements: element.shape, schema: element.shape.schema,
	}
	return kind[[]V]{shape: sh, read: func(r *reader, n *node) ([]V, bool) {
		items := n.items
		if n.kind != listNode {
			items = []*node{n}
		}
		ok := true
		out := make([]V, 0, len(items))
		for _, item := range items {
			v, fine := element.read(r, item)
			ok = ok && fine
			out = append(out, v)
		}
		return out, ok
	}}
}

// pattern is a regular expression; ${{ ... }} is known in it.
func pattern() kind[string] {
	k := template()
	sh := &shape{words: "a regular expression", schema: schema{"type": "string", "pattern": `\S`}}
	return kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		if n.kind != textNode {
			r.must(n, "a regular expression", "put it in quotes")
			return "", false
		}
		s, ok := k.read(r, n)
		if !ok {
			return "", false
		}
		if _, ok := r.nonBlank(n); !ok {
			return "", false
		}
		if _, err := regexp.Compile(stand(s, "1")); err != nil {
			r.problem(n, fmt.Sprintf("%s: %v", r.place(), err), "the syntax is RE2: https://golang.org/s/re2syntax")
			return "", false
		}
		return s, true
	}}
}

// namePattern is the pattern of the names of units.
const namePattern = `^[A-Za-z0-9][A-Za-z0-9_.-]*$`

var nameForm = lazy.Regexp(namePattern)

// variablePattern is that of the names of environment variables.
const variablePattern = `^[^=\s\x00]+$`

var variableForm = lazy.Regexp(variablePattern)

// variableName is the name of an environment variable, without a value.
func variableName() kind[string] {
	return kind[string]{
		shape: &shape{words: "the name of a variable", schema: schema{"type": "string", "pattern": variablePattern}},
		read: func(r *reader, n *node) (string, bool) {
			if n.kind != textNode || !variableForm().MatchString(n.text) {
				r.must(n, "the name of a variable", "names have no =, no space")
				return "", false
			}
			return n.text, true
		},
	}
}

// environment is a mapping of names to values, or a list of KEY=VALUE.
func environment() kind[map[string]string] {
	value := template()
	sh := &shape{
		words: "a mapping, or a list of KEY=VALUE", values: value.shape, names: variablePattern,
		elements: &shape{words: "KEY=VALUE", schema: schema{"type": "string", "pattern": `^[^=\s\x00]+=`}},
	}
	return kind[map[string]string]{shape: sh, read: func(r *reader, n *node) (map[string]string, bool) {
		before := len(r.problems)
		env := map[string]string{}
		switch n.kind {
		case mapNode:
			for _, e := range n.entries {
				if !variableForm().MatchString(e.key) {
					r.at(e.pos, e.length, fmt.Sprintf("%q is not the name of a variable", e.key), "names have no =, no space")
					continue
				}
				if e.value.kind == nullNode {
					r.at(e.pos, e.length, fmt.Sprintf("%s of %s has no value", e.key, r.place()), `for an empty one write ""`)
					continue
				}
				r.within(e.key, func() { env[e.key], _ = value.read(r, e.value) })
			}
		case listNode:
			for _, item := range n.items {
				name, v, found := strings.Cut(item.text, "=")
				if item.kind != textNode || !found || !variableForm().MatchString(name) {
					r.must(item, "a list of KEY=VALUE", "")
					continue
				}
				if _, twice := env[name]; twice {
					r.problem(item, fmt.Sprintf("%s is given twice in %s", name, r.place()), "keep one of them")
					continue
				}
				if _, ok := r.noNUL(item); ok && r.template(item) {
					env[name] = v
				}
			}
		default:
			r.must(n, sh.words, "")
		}
		return env, len(r.problems) == before
	}}
}
