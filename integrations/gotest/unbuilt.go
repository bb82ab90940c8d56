package gotest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// notBuilt is a line of what the go command says of packages that it can't even
// give to the compiler:
//
//	package example.com/shop/cart
//		imports example.com/shop/price from cart.go
//		imports example.com/shop/cart from price.go: import cycle not allowed
//	found packages cart (a.go) and other (b.go) in /shop/cart
func (o *output) notBuilt(line string) bool {
	if rest, ok := strings.CutPrefix(line, "\timports "); ok && o.importer != "" {
		return o.imports(rest)
	}
	o.importer = ""
	if pkg, ok := strings.CutPrefix(line, "package "); ok {
		if _, known := o.sources.dirOf(pkg); known {
			o.importer = strings.Clone(pkg)
		}
		return o.importer != ""
	}
	if rest, ok := strings.CutPrefix(line, "found packages "); ok {
		names, dir, in := cutLast(rest, " in ")
		_, second, two := cutLast(names, " (")
		if !in || !two {
			return false
		}
		if p, own := o.sources.files.Own(filepath.Join(dir, strings.TrimSuffix(second, ")"))); own {
			o.diagnose(tasks.Diagnostic{Severity: tasks.Error, Location: tasks.Location{File: p, Line: 1}, Message: place.Clip("found packages " + names + " in one directory")})
			return true
		}
	}
	return false
}

// imports is "example.com/shop/price from cart.go", and what is wrong with it.
func (o *output) imports(text string) bool {
	imported, from, ok := strings.Cut(text, " from ")
	file, message, wrong := strings.Cut(from, ": ")
	dir, known := o.sources.dirOf(o.importer)
	if !ok || !known {
		return false
	}
	importer := o.importer
	o.importer = strings.Clone(imported)
	if !wrong {
		return true
	}
	o.importer = ""
	name := filepath.Join(dir, file)
	if p, own := o.sources.files.Own(name); own {
		at := tasks.Location{File: p, Line: lineOf(name, `"`+imported+`"`)}
		o.diagnose(tasks.Diagnostic{Severity: tasks.Error, Location: at, Message: place.Clip(message + ": " + importer + " imports " + imported)})
	}
	return true
}

// lineOf is the first line of a file that has a word; 1 where none has.
func lineOf(file, word string) int {
	const largest = 1 << 20
	if info, err := os.Stat(file); err != nil || info.Size() > largest {
		return 1
	}
	text, _ := os.ReadFile(file)
	i := bytes.Index(text, []byte(word))
	return 1 + bytes.Count(text[:max(i, 0)], []byte("\n"))
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
