package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// wish is a version that a file of the workspace asks for.
type wish struct {
	want, file string
	// least: a newer one will do, whatever the wish looks like.
	least bool
}

// wishes are the versions that the files of a directory ask for, by family.
func wishes(dir string) map[string]wish {
	all := map[string]wish{}
	add := func(family, want, file string, least bool) {
		want = strings.TrimSpace(want)
		if _, known := all[family]; want != "" && !known {
			all[family] = wish{want, file, least}
		}
	}
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || len(text) > 1<<20 {
			return nil
		}
		return text
	}
	for _, one := range [...]struct{ file, family string }{{".nvmrc", "node"}, {".node-version", "node"}, {".python-version", "python"}, {".ruby-version", "ruby"}, {".java-version", "java"}, {".go-version", "go"}} {
		line, _, _ := strings.Cut(string(read(one.file)), "\n")
		if len(numbers(line)) > 0 { // "lts/*" names none
			add(one.family, line, one.file, false)
		}
	}
	for line := range strings.Lines(string(read(".tool-versions"))) {
		if words := strings.Fields(line); len(words) > 1 {
			add(family(words[0]), words[1], ".tool-versions", false)
		}
	}
	if m := regexp.MustCompile(`(?m)^go (\S+)`).FindSubmatch(read("go.mod")); m != nil {
		add("go", string(m[1]), "go.mod", true)
	}
	var pkg struct {
		Engines        map[string]any
		PackageManager string
	}
	if json.Unmarshal(bytes.TrimPrefix(read("package.json"), []byte("\ufeff")), &pkg) == nil {
		for name, v := range pkg.Engines {
			if want, ok := v.(string); ok {
				add(name, want, "package.json", false)
			}
		}
		if name, v, ok := strings.Cut(pkg.PackageManager, "@"); ok {
			v, _, _ = strings.Cut(v, "+")
			add(name, v, "package.json", false)
		}
	}
	var project struct {
		Project struct {
			Python string `toml:"requires-python"`
		} `toml:"project"`
	}
	if toml.Unmarshal(read("pyproject.toml"), &project) == nil {
		add("python", project.Project.Python, "pyproject.toml", false)
	}
	var cargo struct {
		Package struct {
			Rust any `toml:"rust-version"`
		} `toml:"package"`
	}
	if toml.Unmarshal(read("Cargo.toml"), &cargo) == nil {
		if v, ok := cargo.Package.Rust.(string); ok {
			add("rust", v, "Cargo.toml", true)
		}
	}
	for _, name := range []string{"mise.toml", ".mise.toml"} {
		var mise struct {
			Tools map[string]any `toml:"tools"`
		}
		if toml.Unmarshal(read(name), &mise) != nil {
			continue
		}
		for tool, v := range mise.Tools {
			if want, ok := v.(string); ok && len(numbers(want)) > 0 {
				add(family(tool), want, name, false)
			}
		}
	}
	return all
}

// family is a tool as doctor calls it.
func family(tool string) string {
	switch tool {
	case "nodejs":
		return "node"
	case "golang":
		return "go"
	}
	return tool
}
