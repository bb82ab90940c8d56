package junit

import (
	"path"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/javascript"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/place"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// namer names tests as the output of their runners does.
type namer struct {
	files  *place.Files
	task   tasks.Task
	module *string // of go.mod
}

// language says how the text of a failure is to be read.
type language int

const (
	other language = iota
	python
	script
	golang
)

// name makes suite, name and file of a case:
//
//	pytest   tests.test_cart.TestCart  test_first        tests/test_cart.py, TestCart::test_first
//	vitest   src/cart.test.ts          cart > adds up    as it stands
//	Go       example.com/shop/cart     TestTotal/two     cart, TestTotal/two
//	others   com.example.CartTest      addsUp            as it stands
func (n *namer) name(suite string, c testcase) (r tasks.TestResult, how language) {
	r.File, _ = n.files.Own(c.File)
	if c.Class == "" && suite == "pytest" {
		if file, rest, ok := n.module2file(c.Name); ok && rest == "" {
			r.Suite, r.Name, r.Separator = file, "(collection)", "::"
			r.File, _ = n.files.Own(file)
			return r, python
		}
	}
	if file, rest, ok := n.module2file(c.Class); ok {
		r.Suite, r.Name, r.Separator = file, c.Name, "::"
		if rest != "" {
			r.Name = strings.ReplaceAll(rest, ".", "::") + "::" + c.Name
		}
		r.File, _ = n.files.Own(file)
		return r, python
	}
	if p, ok := n.files.Own(c.Class); ok {
		r.Suite, r.Name, r.Separator, r.File = n.files.Shown(c.Class), c.Name, javascript.Between, p
		if r.Name == c.Class {
			r.Name = javascript.Whole
		}
		return r, script
	}
	if dir, ok := n.packageOf(c.Class); ok {
		r.Suite, r.Name, r.Separator = dir, c.Name, "/"
		return r, golang
	}
	r.Suite, r.Name = c.Class, c.Name
	if r.Suite == "" {
		r.Suite = suite
	}
	if r.File == "" {
		r.File = n.classFile(c.Class)
	}
	r.Suite = place.Clip(r.Suite)
	return r, other
}

// module2file finds the file of a Python module, and what of the name is left.
func (n *namer) module2file(name string) (file, rest string, ok bool) {
	if name == "" || strings.ContainsAny(name, " /\\") || len(name) > 400 {
		return "", "", false
	}
	for head := name; head != ""; {
		file := strings.ReplaceAll(head, ".", "/") + ".py"
		if _, found := n.files.Own(file); found {
			return file, strings.TrimPrefix(name[len(head):], "."), true
		}
		i := strings.LastIndexByte(head, '.')
		if i < 0 {
			break
		}
		head = head[:i]
	}
	return "", "", false
}

// packageOf is the directory of a package of the module here.
func (n *namer) packageOf(importPath string) (dir string, ok bool) {
	if n.module == nil {
		n.module = new(string)
		if text, found, err := declared.Read(n.files.Dir(), "go.mod"); found && err == nil {
			for line := range strings.Lines(string(text)) {
				if words := strings.Fields(line); len(words) == 2 && words[0] == "module" {
					*n.module = strings.Trim(words[1], "\"`")
				}
			}
		}
	}
	if *n.module == "" {
		return "", false
	}
	if importPath == *n.module {
		return path.Base(importPath), true
	}
	return strings.CutPrefix(importPath, *n.module+"/")
}

// classFile is where the class of a program for the JVM is usually written.
func (n *namer) classFile(class string) string {
	if strings.ContainsAny(class, " /\\") || !strings.Contains(class, ".") || len(class) > 400 {
		return ""
	}
	class, _, _ = strings.Cut(class, "$")
	name := strings.ReplaceAll(class, ".", "/")
	for _, dir := range [...]string{"src/test/java/", "src/test/kotlin/", "src/test/scala/", "src/test/groovy/"} {
		for _, ending := range [...]string{".java", ".kt", ".scala", ".groovy"} {
			if p, ok := n.files.Own(dir + name + ending); ok {
				return p
			}
		}
	}
	return ""
}

// explain reads the text of a failure for what it says and where.
func explain(r *tasks.TestResult, n *namer, how language, f failure) {
	if how == script {
		var report javascript.Failure
		for line := range strings.SplitSeq(f.Text, "\n") {
			report.Line(n.files.Own, line)
		}
		r.Message, r.Location, r.Diff = report.Message, report.Location, report.Diff.String()
	}
	if how == other && strings.Contains(f.Text, " panicked at ") {
		n.panicked(r, f.Text)
	}
	if r.Message == "" {
		first, _, _ := strings.Cut(strings.TrimSpace(f.Message), "\n")
		r.Message = place.Clip(first)
	}
	if r.Message == "" || how == golang {
		for line := range strings.SplitSeq(f.Text, "\n") {
			if line = strings.TrimSpace(line); line != "" && (how != golang || !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "===")) {
				r.Message = place.Clip(line)
				break
			}
		}
	}
	if r.Message == "" {
		r.Message = place.Clip(f.Type) // "test timeout" of nextest
	}
	if r.Location.File != "" {
		return
	}
	for line := range strings.SplitSeq(f.Text, "\n") {
		at, message := n.locate(r, how, strings.TrimSpace(line))
		if at.File == "" {
			continue
		}
		if r.Location = at; how == golang && message != "" {
			r.Message = place.Clip(message)
		}
		if how != python { // whose innermost frame stands last
			return
		}
	}
}

// panicked reads "thread 'x' panicked at src/lib.rs:29:9:" and what is below it.
func (n *namer) panicked(r *tasks.TestResult, text string) {
	r.Separator = "::"
	_, rest, _ := strings.Cut(text, " panicked at ")
	at, said, _ := strings.Cut(rest, "\n")
	file, line, column, _, ok := place.Cut(at)
	if p, own := n.files.Own(file); ok && own {
		r.Location = tasks.Location{File: p, Line: line, Column: column}
	}
	said, _, _ = strings.Cut(said, "\nstack backtrace:")
	said, _, _ = strings.Cut(said, "\nnote: ")
	r.Message = place.Clip(said)
}

// locate finds a place of the workspace in a line:
//
//	test_cart.py:6: AssertionError
//	cart_test.go:12: want 4, got 3
//	at com.example.CartTest.addsUp(CartTest.java:12)
func (n *namer) locate(r *tasks.TestResult, how language, line string) (at tasks.Location, message string) {
	if open := strings.LastIndexByte(line, '('); open >= 0 && strings.HasPrefix(line, "at ") {
		line = strings.TrimSuffix(line[open+1:], ")")
	}
	file, l, column, message, ok := place.Cut(line)
	if !ok {
		return at, ""
	}
	if how == golang && !strings.Contains(file, "/") {
		file = path.Join(r.Suite, file)
	}
	p, own := n.files.Own(file)
	if !own && r.File != "" && base(r.File) == base(file) {
		p, own = r.File, true
	}
	if !own {
		return at, ""
	}
	return tasks.Location{File: p, Line: l, Column: column}, message
}
