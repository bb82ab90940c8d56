package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sourceFile is a parsed file of the repository.
type sourceFile struct {
	name string // from the root: "tasks/words.go"
	ast  *ast.File
	test bool
}

// imports are the paths the file imports.
func (f sourceFile) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

// sourcePackage is a folder with Go files, whatever system they are for.
type sourcePackage struct {
	path  string // from the root: "tasks/engine"
	files []sourceFile
}

// repository is its root, seen from this folder.
const repository = "../.."

// sources parses every package of the module, the files of other systems included.
func sources(t *testing.T) []sourcePackage {
	t.Helper()
	found := map[string]*sourcePackage{}
	err := filepath.WalkDir(repository, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(repository, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			return skipped(rel, file)
		}
		if path.Ext(rel) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := path.Dir(rel)
		if found[dir] == nil {
			found[dir] = &sourcePackage{path: dir}
		}
		found[dir].files = append(found[dir].files, sourceFile{rel, parsed, strings.HasSuffix(rel, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatalf("read the sources: %v", err)
	}
	if len(found) < 2 {
		t.Fatalf("found %d packages: the sources are not where this test looks", len(found))
	}
	var packages []sourcePackage
	for _, dir := range slices.Sorted(maps.Keys(found)) {
		packages = append(packages, *found[dir])
	}
	return packages
}

// skipped leaves out folders that Go leaves out too: data, hidden ones, other modules.
func skipped(rel, dir string) error {
	base := path.Base(rel)
	if rel != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && rel != "." {
		return fs.SkipDir
	}
	return nil
}

func TestEveryPackageHasOneComment(t *testing.T) {
	for _, pkg := range sources(t) {
		var with []string
		shipped := false
		for _, f := range pkg.files {
			if f.test {
				continue
			}
			shipped = true
			if f.ast.Doc != nil {
				with = append(with, f.name)
			}
		}
		if shipped && len(with) != 1 {
			t.Errorf("package %s has %d package comments, want 1 %v", pkg.path, len(with), with)
		}
	}
}

// vague are names that say nothing about what is inside.
var vague = regexp.MustCompile(`^(utils?|common|shared|types|helpers?|core|managers?|misc|base)$`)

func TestNoPackageHasAVagueName(t *testing.T) {
	for _, pkg := range sources(t) {
		for element := range strings.SplitSeq(pkg.path, "/") {
			if vague.MatchString(element) {
				t.Errorf("package %s: %q does not say what is inside", pkg.path, element)
			}
		}
	}
}

func TestNothingHappensBeforeMain(t *testing.T) {
	for _, pkg := range sources(t) {
		for _, f := range pkg.files {
			for _, decl := range f.ast.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s has an init function: wire it where it is read", f.name)
				}
			}
		}
	}
}

func TestNoPackageVariableChanges(t *testing.T) {
	for _, pkg := range sources(t) {
		variables := packageVariables(pkg)
		for _, f := range pkg.files {
			if f.test {
				continue
			}
			for _, decl := range f.ast.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if !ok || fn.Body == nil {
					continue
				}
				for _, name := range assigned(fn) {
					if variables[name] {
						t.Errorf("%s: %s changes the package variable %s: give it an owner", f.name, fn.Name.Name, name)
					}
				}
			}
		}
	}
}

// packageVariables are the names of a package's variables outside functions.
func packageVariables(pkg sourcePackage) map[string]bool {
	names := map[string]bool{}
	for _, f := range pkg.files {
		for _, decl := range f.ast.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR || f.test {
				continue
			}
			for _, spec := range group.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					names[name.Name] = name.Name != "_"
				}
			}
		}
	}
	return names
}

// assigned are the names a function assigns to, or into, and does not declare itself.
func assigned(fn *ast.FuncDecl) []string {
	local := map[string]bool{}
	var targets []string
	declare := func(names ...*ast.Ident) {
		for _, name := range names {
			local[name.Name] = true
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			declare(n.Names...)
		case *ast.ValueSpec:
			declare(n.Names...)
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && n.Tok == token.DEFINE {
					declare(id)
				}
			}
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				id, ok := e.(*ast.Ident)
				if ok && n.Tok == token.DEFINE {
					declare(id)
					continue
				}
				targets = append(targets, owner(e))
			}
		case *ast.IncDecStmt:
			targets = append(targets, owner(n.X))
		}
		return true
	})
	return slices.DeleteFunc(targets, func(name string) bool { return name == "" || local[name] })
}

// owner is the variable that an assignment reaches into: m for m[k].x.
func owner(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.IndexExpr:
		return owner(e.X)
	case *ast.SelectorExpr:
		return owner(e.X)
	case *ast.ParenExpr:
		return owner(e.X)
	}
	return ""
}

func TestAssignmentsToPackageVariablesAreTold(t *testing.T) {
	code := `package p
var count, table, shadowed = 0, map[string]int{}, 0
func change(shadowed int) { count++; table["a"] = 1; shadowed = 2; local := 1; local = 3; for i, v := range table { i, v = v, i } }`
	parsed, err := parser.ParseFile(token.NewFileSet(), "p.go", code, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	got := assigned(parsed.Decls[1].(*ast.FuncDecl))
	if want := []string{"count", "table"}; !slices.Equal(got, want) {
		t.Errorf("assigned %v, want %v", got, want)
	}
}

// requirement is a line of go.mod; an indirect one has a comment behind its version.
var requirement = regexp.MustCompile(`(?m)^\t?(?:require )?(\S+) v\S+$`)

func TestEveryDependencyHasItsReason(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(repository, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile(filepath.Join(repository, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{}
	for _, match := range requirement.FindAllStringSubmatch(string(mod), -1) {
		direct[match[1]] = true
		if !strings.Contains(string(docs), "| `"+match[1]+"` |") {
			t.Errorf("docs/dependencies.md has no line for %s: say what it is for and why this one", match[1])
		}
	}
	if len(direct) == 0 {
		t.Error("go.mod requires nothing directly: it wants go mod tidy, or this test another look")
	}
	for _, match := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(string(docs), -1) {
		if !direct[match[1]] {
			t.Errorf("docs/dependencies.md has a line for %s, which go.mod does not require directly", match[1])
		}
	}
}
