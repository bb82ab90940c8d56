package gotest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/command"
)

// listed is a package as `go list` tells of it. With -test there are several of
// one: "cart", "cart [cart.test]" with its test files, "cart_test [cart.test]",
// the program "cart.test", and "price [cart.test]" where a dependency had to be
// built anew for it.
type listed struct {
	ImportPath, Dir, Name, ForTest string
	Standard, DepOnly, Incomplete  bool
	Error                          *struct{ Err string }
	Module                         *struct {
		Main         bool
		GoMod        string
		Dir, Version string
	}
	Imports, TestImports, XTestImports                          []string
	GoFiles, CgoFiles, IgnoredGoFiles                           []string
	TestGoFiles, XTestGoFiles                                   []string
	CFiles, CXXFiles, MFiles, HFiles, FFiles                    []string
	SFiles, SwigFiles, SwigCXXFiles, SysoFiles                  []string
	EmbedPatterns, TestEmbedPatterns, XTestEmbedPatterns        []string
	EmbedFiles, TestEmbedFiles, XTestEmbedFiles, InvalidGoFiles []string
}

// fields are what is asked for; without, go list works out much more.
const fields = "ImportPath,Dir,Name,ForTest,Standard,DepOnly,Incomplete,Error,Module,Imports,TestImports,XTestImports," +
	"GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles," +
	"SwigCXXFiles,SysoFiles,EmbedPatterns,TestEmbedPatterns,XTestEmbedPatterns,EmbedFiles,TestEmbedFiles,XTestEmbedFiles,InvalidGoFiles"

// graph is who imports whom, without the standard library, as of a moment.
type graph struct {
	at        time.Time // before it was read
	nodes     map[string]*listed
	importers map[string][]string // by raw import path
	variants  map[string][]string // import path -> its nodes, itself among them
	byDir     map[string]*listed  // the packages themselves
	std       map[string]bool     // what of the standard library is imported
	requested []*listed           // those that the patterns named, in order
	gomods    []string            // go.mod and go.work files that decide
}

// readGraph asks the go command, which neither builds nor fetches anything.
func readGraph(ctx context.Context, v invocation, env []string) (*graph, error) {
	at := time.Now()
	words := slices.Concat([]string{"go", "list", "-e", "-deps", "-test", "-json=" + fields}, v.build, []string{"--"}, v.packages)
	cmd := command.Ask(ctx, v.dir, append(slices.Clone(env), "GOPROXY=off"), words...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	g, err := decodeGraph(out)
	if err != nil { // drain, so that the command can end
		_, _ = io.Copy(io.Discard, out)
	}
	if waited := cmd.Wait(); waited != nil && err == nil {
		err = waited
		if text := strings.TrimSpace(stderr.String()); text != "" {
			err = errors.New(firstLine(text))
		}
	}
	if err != nil {
		return nil, err
	}
	if len(g.requested) == 0 {
		return nil, errors.New("its packages are not known")
	}
	g.at = at
	return g, nil
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

func decodeGraph(r io.Reader) (*graph, error) {
	g := &graph{nodes: map[string]*listed{}, importers: map[string][]string{}, variants: map[string][]string{}, byDir: map[string]*listed{}, std: map[string]bool{}}
	mods := map[string]bool{}
	for d := json.NewDecoder(r); ; {
		p := &listed{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		if p.Standard {
			g.std[p.ImportPath] = true
			continue
		}
		g.nodes[p.ImportPath] = p
		base := p.base()
		g.variants[base] = append(g.variants[base], p.ImportPath)
		for _, i := range p.Imports {
			g.importers[i] = append(g.importers[i], p.ImportPath)
		}
		if p.Module != nil && p.Module.Version == "" && p.Module.GoMod != "" {
			mods[p.Module.GoMod] = true
		}
		if !p.plain() {
			continue
		}
		if p.Dir == "" && !p.DepOnly && p.Error != nil {
			return nil, errors.New(firstLine(p.Error.Err)) // a pattern that fits nothing
		}
		g.byDir[p.Dir] = p
		if !p.DepOnly {
			g.requested = append(g.requested, p)
		}
	}
	for m := range mods {
		g.gomods = append(g.gomods, m)
	}
	slices.Sort(g.gomods)
	slices.SortFunc(g.requested, func(a, b *listed) int { return strings.Compare(a.Dir, b.Dir) })
	return g, nil
}

// base is the import path without the test that it was built for.
func (p *listed) base() string {
	base, _, _ := strings.Cut(p.ImportPath, " ")
	return base
}

// plain says whether it is the package itself, as others import it.
func (p *listed) plain() bool {
	return p.ForTest == "" && (p.Name != "main" || !strings.HasSuffix(p.ImportPath, ".test"))
}

// doubtful says whether go list could not tell all about a package.
func (p *listed) doubtful() bool { return p.Incomplete || p.Error != nil }

// own says whether its files are edited here, and not in the module cache.
func (p *listed) own() bool { return p.Module == nil || p.Module.Version == "" }

// test is a package's test, and its two parts.
func testOf(path string) string         { return path + ".test" }
func internalTestOf(path string) string { return path + " [" + path + ".test]" }
func externalTestOf(path string) string { return path + "_test [" + path + ".test]" }

// affected are the requested packages that the changes reach. verb says what a
// package is made of: of its tests too, or not.
func (g *graph) affected(verb string, starts []string) []*listed {
	reached := map[string]bool{}
	todo := starts
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[n] {
			continue
		}
		reached[n] = true
		todo = append(todo, g.importers[n]...)
	}
	var all []*listed
	for _, p := range g.requested {
		with := []string{p.ImportPath}
		if verb != "build" {
			with = append(with, testOf(p.ImportPath), internalTestOf(p.ImportPath), externalTestOf(p.ImportPath))
		}
		if slices.ContainsFunc(with, func(n string) bool {
			node := g.nodes[n]
			return reached[n] || node != nil && node.doubtful()
		}) {
			all = append(all, p)
		}
	}
	return all
}

// change is what a changed file means.
type change struct {
	starts []string // the nodes that it is part of
	all    string   // why everything is affected
	guess  bool     // it only may be: a person who asks for what is near does not mean it
	new    bool     // the graph does not know the file: read it again
}

// meaning of a changed file, by its absolute path.
func (g *graph) meaning(verb, file string) change {
	dir, name := filepath.Split(file)
	dir = filepath.Clean(dir)
	p := g.byDir[dir]
	fixture := testdata(file)
	switch {
	case fixture == "" && (name == "go.mod" || name == "go.sum" || name == "go.work" || name == "go.work.sum" ||
		name == "modules.txt" && filepath.Base(dir) == "vendor"):
		return change{all: name + " changed"}
	case fixture == "" && strings.HasSuffix(name, ".go"):
		if p == nil {
			return change{new: true}
		}
		return g.source(p, name)
	}
	if c, ok := g.companion(file); ok {
		return c
	}
	switch {
	case verb != "test":
		return change{} // only tests read files while they run
	case fixture != "":
		return g.testsBelow(fixture)
	}
	return change{all: fmt.Sprintf("%s is not a Go file, and any test may read it", name), guess: true}
}

// source is a Go file of a package.
func (g *graph) source(p *listed, name string) change {
	switch {
	case slices.Contains(p.TestGoFiles, name):
		return change{starts: []string{internalTestOf(p.ImportPath)}}
	case slices.Contains(p.XTestGoFiles, name):
		return change{starts: []string{externalTestOf(p.ImportPath)}}
	case slices.Contains(p.GoFiles, name), slices.Contains(p.CgoFiles, name), slices.Contains(p.InvalidGoFiles, name):
		return change{starts: g.variants[p.ImportPath]}
	case slices.Contains(p.IgnoredGoFiles, name):
		return change{}
	}
	return change{new: true}
}

// companion is a file that is built into a package: embedded, or C and assembly.
func (g *graph) companion(file string) (change, bool) {
	p, rel := g.above(filepath.Dir(file), file)
	if p == nil {
		return change{}, false
	}
	switch {
	case embeds(p.EmbedPatterns, p.EmbedFiles, rel):
		return change{starts: g.variants[p.ImportPath]}, true
	case embeds(p.TestEmbedPatterns, p.TestEmbedFiles, rel):
		return change{starts: []string{internalTestOf(p.ImportPath)}}, true
	case embeds(p.XTestEmbedPatterns, p.XTestEmbedFiles, rel):
		return change{starts: []string{externalTestOf(p.ImportPath)}}, true
	}
	switch filepath.Ext(rel) {
	case ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".s", ".S", ".sx", ".f", ".F", ".for", ".f90",
		".swig", ".swigcxx", ".syso":
		if len(p.CgoFiles)+len(p.CFiles)+len(p.CXXFiles)+len(p.HFiles)+len(p.SFiles)+len(p.MFiles)+len(p.FFiles)+len(p.SysoFiles) > 0 {
			return change{starts: g.variants[p.ImportPath]}, true
		}
	}
	return change{}, false
}

// above is the nearest package at or above a directory, and file as seen from it.
func (g *graph) above(dir, file string) (*listed, string) {
	for {
		if p := g.byDir[dir]; p != nil {
			rel, err := filepath.Rel(dir, file)
			if err != nil || !p.own() {
				return nil, ""
			}
			return p, filepath.ToSlash(rel)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil, ""
		}
		dir = parent
	}
}

// embeds says whether a file is, or now may be, one of those embedded.
func embeds(patterns, files []string, rel string) bool {
	if slices.Contains(files, rel) {
		return true
	}
	for _, pat := range patterns {
		pat = strings.TrimPrefix(pat, "all:")
		for at := rel; at != "." && at != "/"; at = path.Dir(at) {
			if ok, _ := path.Match(pat, at); ok {
				return true
			}
		}
	}
	return false
}

// testdata is the directory above the outermost testdata that a file is in.
func testdata(file string) string {
	sep := string(filepath.Separator)
	dir, _, ok := strings.Cut(file, sep+"testdata"+sep)
	if !ok {
		return ""
	}
	return dir
}

// testsBelow are the tests of the packages at and below dir: those that may
// read its testdata.
func (g *graph) testsBelow(dir string) change {
	var c change
	for _, p := range g.requested {
		if p.Dir == dir || strings.HasPrefix(p.Dir, dir+string(filepath.Separator)) {
			c.starts = append(c.starts, testOf(p.ImportPath))
		}
	}
	if len(c.starts) == 0 {
		c.all = "any test may read " + filepath.Base(dir) + "/testdata"
	}
	return c
}
