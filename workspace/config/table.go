package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What a table of keys is made of, for a file beside the workspace file: the
// user's settings are described, read and explained as sawhorse.yml is, but a
// bad value costs only itself.

// Value is a type of value: how it is read, and what it may look like.
type Value[V any] = kind[V]

// Field is a key and where its value goes in T.
type Field[T any] = field[T]

// Named is an entry of a mapping with free keys.
type Named[V any] struct {
	Name  string
	Value V
}

// Text is a string with something in it.
func Text() Value[string] { return text() }

// Boolean is true or false.
func Boolean() Value[bool] { return boolean() }

// Duration is "2s" or "1h30m"; a bare number is seconds.
func Duration() Value[time.Duration] { return duration(0) }

// Choice is one of a few words.
func Choice(words ...string) Value[string] {
	native := make([]word[string], len(words))
	for i, w := range words {
		native[i] = word[string]{w, w}
	}
	return choice(native, nil)
}

// ListOf is a list of values, or one value alone.
func ListOf[V any](element Value[V]) Value[[]V] { return list(element) }

// Checked is text that accept has to agree with; it returns what is meant, or
// why not and what to do.
func Checked(words, pattern string, accept func(written string) (meant, why, hint string)) Value[string] {
	sh := &shape{words: words, schema: schema{"type": "string", "pattern": pattern}}
	return kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		// 1 is a key, and "1" is too much to ask for.
		if !n.scalar() {
			r.must(n, words, "")
			return "", false
		}
		if _, ok := r.nonBlank(n); !ok {
			return "", false
		}
		meant, why, hint := accept(n.text)
		if why != "" {
			r.problem(n, fmt.Sprintf("%s: %s", r.place(), why), hint)
			return "", false
		}
		return meant, true
	}}
}

// OneOf is text from a list that the caller knows; with none known, any text.
func OneOf(words string, known []string) Value[string] {
	k := text()
	sh := &shape{words: words, schema: k.shape.schema}
	if len(known) > 0 {
		sh.schema = schema{"anyOf": []schema{{"enum": slices.Clone(known)}, k.shape.schema}}
	}
	return kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		s, ok := k.read(r, n)
		if ok && len(known) > 0 && !slices.Contains(known, s) {
			r.must(n, words, DidYouMean(s, known))
			return "", false
		}
		return s, ok
	}}
}

// Names is a mapping of free names to values. A nil known takes any name of the
// pattern; else others are unknown keys.
func Names[V any](words, pattern string, known []string, value Value[V]) Value[[]Named[V]] {
	sh := &shape{words: words, values: value.shape, names: pattern}
	form := regexp.MustCompile(pattern)
	return kind[[]Named[V]]{shape: sh, read: func(r *reader, n *node) ([]Named[V], bool) {
		if n.kind != mapNode {
			r.must(n, sh.words, "")
			return nil, false
		}
		var all []Named[V]
		for _, e := range n.entries {
			switch {
			case !form.MatchString(e.key) || known != nil && !slices.Contains(known, e.key):
				hint := closest(e.key, known)
				if hint == "" && known == nil {
					hint = "names fit " + pattern
				}
				r.at(e.pos, e.length, fmt.Sprintf("unknown key %q in %s", clip(e.key), r.place()), hint)
			case e.value.kind == nullNode:
				r.at(e.pos, e.length, fmt.Sprintf("%s of %s has no value", e.key, r.place()), "give it a value or remove the key")
			default:
				r.within(e.key, func() {
					if v, ok := value.read(r, e.value); ok {
						all = append(all, Named[V]{e.key, v})
					}
				})
			}
		}
		return all, true
	}}
}

// Give describes a key: its value is handed to put. def is the default, for the
// reference; empty: none.
func Give[T, V any](name string, k Value[V], put func(into *T, v V), doc, def string) Field[T] {
	return give(name, k, put, doc, fallback(def))
}

// Table is the kind of a mapping with these keys. Reading begins with start, and
// what can't be read leaves it as it is.
func Table[T any](title string, start func() T, fields ...Field[T]) Value[T] {
	k := object(shape{words: "a mapping", title: title}, fields)
	return kind[T]{shape: k.shape, read: func(r *reader, n *node) (T, bool) {
		into := start()
		readObject(r, n, k.shape, fields, &into)
		return into, n.kind == mapNode
	}}
}

// Verified looks at what several keys say together; fault tells what is wrong
// with one of them.
func Verified[T any](k Value[T], verify func(v *T, fault func(key, message, hint string))) Value[T] {
	return kind[T]{shape: k.shape, read: func(r *reader, n *node) (T, bool) {
		v, ok := k.read(r, n)
		if ok {
			verify(&v, func(key, message, hint string) {
				if at := n.get(key); at != nil {
					r.problem(at, message, hint)
				}
			})
		}
		return v, ok
	}}
}

// ReadTable reads a file. There is always a value: the start's, with all that
// could be read. A file that is not there is fs.ErrNotExist; else the error is
// Problems or nil.
func ReadTable[T any](path string, k Value[T], start func() T) (T, error) {
	text, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return start(), err
	}
	if err != nil {
		p := unreadable(path, err)
		if !errors.Is(err, fs.ErrPermission) {
			p.Hint = "move it away"
		}
		return start(), Problems{p}
	}
	return ReadTableBytes(path, text, k, start)
}

// ReadTableBytes is ReadTable of text that is there already.
func ReadTableBytes[T any](name string, text []byte, k Value[T], start func() T) (T, error) {
	src, problem := newSource(name, text)
	if problem != nil {
		return start(), Problems{*problem}
	}
	root, problems := parse(src)
	if len(problems) > 0 {
		return start(), problems
	}
	if root == nil || root.kind == nullNode {
		return start(), nil
	}
	r := &reader{sources: map[string]source{name: src}, main: name}
	v, ok := k.read(r, root)
	if !ok {
		v = start()
	}
	if len(r.problems) > 0 {
		return v, r.problems.sort([]string{name})
	}
	return v, nil
}

// TableSchema is the JSON Schema of the file, for editors.
func TableSchema[T any](k Value[T], title, description string) []byte {
	b := schemaBuilder{defs: schema{}}
	whole := schema{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "description": description, "$defs": b.defs,
	}
	maps.Copy(whole, b.object(k.shape))
	out, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		panic(err) // maps, lists and scalars only
	}
	return append(out, '\n')
}

// TableReference is the reference of every key, in Markdown.
func TableReference[T any](k Value[T]) string {
	var b strings.Builder
	section(&b, "The file", k.shape.keys, "")
	for _, key := range k.shape.keys {
		inner, intro := key.shape, ""
		if inner.values != nil {
			inner, intro = inner.values, "Every value of `"+key.name+"`."
		}
		if inner.keys != nil {
			section(&b, "`"+inner.title+"`", inner.keys, intro)
		}
	}
	return b.String()
}
