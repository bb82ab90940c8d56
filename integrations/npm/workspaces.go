package npm

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
)

// mostPackages bounds how many packages of a workspace are listed.
const mostPackages = 200

// packages are the patterns by which a package.json, or pnpm's own file, names the
// directories of its packages.
func packages(dir string, m *declared.Value) ([]string, error) {
	patterns := m.Get("workspaces").Strings()
	if patterns == nil {
		patterns = m.Get("workspaces", "packages").Strings()
	}
	if text, ok, err := declared.Read(dir, "pnpm-workspace.yaml"); ok || err != nil {
		if err != nil {
			return nil, err
		}
		file, err := declared.FirstYAML("pnpm-workspace.yaml", text)
		if err != nil {
			return nil, err
		}
		patterns = file.Get("packages").Strings()
	}
	return patterns, nil
}

// workspaces are the directories of the packages that a package.json, or pnpm's
// own file, counts as its own.
func workspaces(dir string, m *declared.Value) ([]string, error) {
	patterns, err := packages(dir, m)
	if err != nil {
		return nil, err
	}
	var dirs []string
	listed := 0
	for _, p := range patterns {
		not := strings.HasPrefix(p, "!")
		p = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(p, "!"), "./"), "/")
		if p == "" || p == "." || path.IsAbs(p) || strings.Contains(p, "..") {
			continue
		}
		if not {
			dirs = slices.DeleteFunc(dirs, func(d string) bool { ok, _ := doublestar.Match(p, d); return ok })
			continue
		}
		found, err := packagesIn(dir, p, &listed)
		if err != nil {
			return dirs, err
		}
		for _, d := range found {
			if !slices.Contains(dirs, d) {
				dirs = append(dirs, d)
			}
		}
	}
	return dirs, nil
}

// mostListed bounds how many directories the patterns may lead into.
const mostListed = 5000

// packagesIn are the directories with a package.json that a pattern fits.
func packagesIn(dir, pattern string, listed *int) ([]string, error) {
	if !doublestar.ValidatePattern(pattern) {
		return nil, fmt.Errorf("the pattern %q of its workspaces can't be read", pattern)
	}
	fixed, rest := doublestar.SplitPattern(pattern)
	var found []string
	var look func(rel, rest string)
	look = func(rel, rest string) {
		if *listed++; *listed > mostListed {
			return
		}
		part, deeper, more := strings.Cut(rest, "/")
		entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(rel)))
		if err != nil {
			return
		}
		if part == "**" && deeper != "" { // none or more directories
			look(rel, deeper)
		}
		for _, e := range entries {
			if !e.IsDir() || e.Name() == "node_modules" || strings.HasPrefix(e.Name(), ".") {
				continue
			}
			sub := path.Join(rel, e.Name())
			switch ok, _ := doublestar.Match(part, e.Name()); {
			case part == "**":
				if !more && declared.Has(filepath.Join(dir, filepath.FromSlash(sub)), manifest) {
					found = append(found, sub)
				}
				look(sub, rest)
			case !ok:
			case more:
				look(sub, deeper)
			case declared.Has(filepath.Join(dir, filepath.FromSlash(sub)), manifest):
				found = append(found, sub)
			}
		}
	}
	if !strings.ContainsAny(rest, "*?[{") { // one directory
		if declared.Has(filepath.Join(dir, filepath.FromSlash(pattern)), manifest) {
			return []string{pattern}, nil
		}
		return nil, nil
	}
	look(fixed, rest)
	slices.Sort(found)
	return slices.Compact(found), nil
}
