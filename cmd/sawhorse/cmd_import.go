package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/all"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func (a *app) cmdImport() *cobra.Command {
	var write, force bool
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Print what one file of another tool declares, or add it to sawhorse.yml", Args: cobra.ExactArgs(1),
		Long: `Import reads one file of another tool (process-compose.yaml, .vscode/tasks.json, a Makefile ...)
and prints its services and tasks as sawhorse.yml has them. With --write they are added to
sawhorse.yml, which keeps everything else, its comments included. What has a name that is
there already is left as it is; --force replaces it.`,
		Example: `  sawhorse import process-compose.yaml
  sawhorse import .vscode/tasks.json --write`,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, found, err := a.source(cmd, args[0])
			if err != nil {
				return err
			}
			pieces, left := all.Pieces(found)
			for _, l := range left {
				fmt.Fprintf(a.err, "left out: %s\n", oneLine(l))
			}
			if len(pieces) == 0 {
				return &fault{code: exitFailure, err: fmt.Errorf("%s declares nothing that can be run here", args[0])}
			}
			if !write && !force {
				fmt.Fprint(a.out, sections(pieces))
				return nil
			}
			return a.addTo(dir, pieces, force)
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "add it to sawhorse.yml instead of printing it")
	cmd.Flags().BoolVar(&force, "force", false, "with --write: replace what has the same name")
	return cmd
}

// source finds what one file declares, as the workspace that it belongs to sees it.
func (a *app) source(cmd *cobra.Command, name string) (dir string, found []integrations.Evidence, err error) {
	file, err := filepath.Abs(filepath.Join(a.dir, name))
	if filepath.IsAbs(name) {
		file = name
	}
	if err != nil {
		return "", nil, err
	}
	if _, err := os.Stat(file); err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "name a file that is there; what is detected here: sawhorse validate"
		}
		return "", nil, &fault{code: exitUsage, err: fmt.Errorf("import: %w", err), hint: hint}
	}
	dir, err = filepath.Abs(a.dirOrHere())
	if err != nil {
		return "", nil, err
	}
	if p, err := config.Find(dir); err == nil {
		dir = p
	}
	rel, err := filepath.Rel(dir, file)
	if err != nil || !filepath.IsLocal(rel) {
		return "", nil, &fault{code: exitUsage, err: fmt.Errorf("import: %s is not in the workspace %s", file, dir), hint: "run it from there, or name the workspace: -C"}
	}
	everything, err := all.In(cmd.Context(), dir, filepath.ToSlash(rel))
	if err != nil {
		return "", nil, &fault{code: exitUsage, err: fmt.Errorf("import: %w", err)}
	}
	for _, ev := range everything {
		if where, _, _ := strings.Cut(ev.Where, ":"); where == filepath.ToSlash(rel) || strings.HasPrefix(filepath.ToSlash(rel), where+"/") {
			found = append(found, ev)
		}
	}
	if len(found) == 0 {
		return "", nil, &fault{code: exitUsage, err: fmt.Errorf("import: no integration reads a file like %s", rel), hint: "files that are read: " + joinNames(all.Marks())}
	}
	return dir, found, nil
}

// sections are pieces as a file has them.
func sections(pieces []integrations.Piece) string {
	var text strings.Builder
	for _, kind := range []config.Kind{config.Service, config.Task} {
		if part := lines(pieces, kind, ""); part != "" {
			fmt.Fprintf(&text, "%ss:\n%s", kind, part)
		}
	}
	return text.String()
}

// lines are the pieces of one kind, under comments that say where they are from.
func lines(pieces []integrations.Piece, kind config.Kind, indent string) string {
	var text strings.Builder
	from := ""
	for _, p := range pieces {
		if p.Kind != kind {
			continue
		}
		if p.From != from {
			from = p.From
			fmt.Fprintf(&text, "%s  # from %s\n", indent, from)
		}
		for line := range strings.Lines(p.Text) {
			text.WriteString(indent + line)
		}
	}
	return text.String()
}

// addTo adds pieces to the workspace file, or writes a new one.
func (a *app) addTo(dir string, pieces []integrations.Piece, force bool) error {
	path := filepath.Join(dir, config.FileName)
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		other := strings.TrimSuffix(path, ".yml") + ".yaml"
		if text, err := os.ReadFile(other); err == nil {
			path, old = other, text
		} else {
			old = fmt.Appendf(nil, "# All keys: sawhorse schema, and docs/config.md. Check it: sawhorse validate\nversion: %d\n", config.Version)
		}
	} else if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	merged, err := mergeInto(string(old), pieces, force)
	if err != nil {
		return &fault{code: exitFailure, err: fmt.Errorf("import into %s: %w", path, err), hint: "print it, and add it by hand: sawhorse import FILE"}
	}
	for _, name := range merged.kept {
		fmt.Fprintf(a.err, "%s is there already and stays as it is; replace it: --force\n", name)
	}
	if len(merged.added) == 0 {
		fmt.Fprintf(a.out, "%s has all of it already\n", path)
		return nil
	}
	if err := os.WriteFile(path, []byte(merged.text), 0o644); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	if err := trustWritten(dir); err != nil {
		_ = os.WriteFile(path, old, 0o644) // as it was
		return err
	}
	fmt.Fprintf(a.out, "%s: added %s\n", path, joinNames(merged.added))
	return nil
}

// merged is a workspace file with pieces in it.
type merged struct {
	text        string
	added, kept []string
}

// mergeInto adds pieces at the ends of their sections, so that everything else
// in the text stays as it is.
func mergeInto(text string, pieces []integrations.Piece, force bool) (merged, error) {
	f, err := config.LoadBytes(config.FileName, []byte(text))
	if err != nil {
		return merged{}, err
	}
	m := merged{text: text}
	if m.text != "" && !strings.HasSuffix(m.text, "\n") {
		m.text += "\n"
	}
	var add []integrations.Piece
	for _, p := range pieces {
		if u := f.Unit(p.Name); u != nil {
			if !force {
				m.kept = append(m.kept, p.Name)
				continue
			}
			if m.text, err = without(m.text, u.Kind, p.Name); err != nil {
				return m, err
			}
		}
		add = append(add, p)
		m.added = append(m.added, p.Name)
	}
	for _, kind := range []config.Kind{config.Service, config.Task} {
		if m.text, err = addSection(m.text, kind, add); err != nil {
			return m, err
		}
	}
	if _, err := config.LoadBytes(config.FileName, []byte(m.text)); err != nil {
		return m, err
	}
	return m, nil
}

// section is the part of a file below a key of the top: its lines, from the one
// behind the key on.
type section struct {
	key, end int // lines, from 0; end is behind the last one with something in it
	indent   int // of its entries; 0: it has none
	flow     bool
}

// find looks for services: or tasks:, under any of the words for it.
func find(lines []string, kind config.Kind) (s section, ok bool) {
	words := map[config.Kind][]string{config.Service: {"services", "processes"}, config.Task: {"tasks"}}[kind]
	at := slices.IndexFunc(lines, func(line string) bool {
		word, _, ok := strings.Cut(line, ":")
		return ok && slices.Contains(words, strings.Trim(word, `"' `)) && !strings.HasPrefix(line, " ")
	})
	if at < 0 {
		return s, false
	}
	s = section{key: at, end: at + 1}
	_, rest, _ := strings.Cut(lines[at], ":")
	rest, _, _ = strings.Cut(rest, " #")
	rest = strings.TrimSpace(rest)
	s.flow = rest != "" && rest != "{}" && rest != "~" && rest != "null"
	for i := at + 1; i < len(lines); i++ {
		trimmed := strings.TrimLeft(lines[i], " ")
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		n := len(lines[i]) - len(trimmed)
		if n == 0 {
			break
		}
		if s.indent == 0 {
			s.indent = n
		}
		s.end = i + 1
	}
	return s, true
}

func addSection(text string, kind config.Kind, pieces []integrations.Piece) (string, error) {
	all := strings.SplitAfter(text, "\n")
	s, ok := find(trimmed(all), kind)
	switch {
	case lines(pieces, kind, "") == "":
		return text, nil
	case !ok:
		return text + fmt.Sprintf("\n%ss:\n%s", kind, lines(pieces, kind, "")), nil
	case s.flow:
		return text, fmt.Errorf("its %ss stand in braces on one line", kind)
	}
	if s.indent == 0 { // services: {}
		word, _, _ := strings.Cut(all[s.key], ":")
		all[s.key] = word + ":\n"
	}
	part := lines(pieces, kind, strings.Repeat(" ", max(0, s.indent-2)))
	if s.indent == 1 {
		return text, fmt.Errorf("its %ss are indented by one column", kind)
	}
	return strings.Join(all[:s.end], "") + part + strings.Join(all[s.end:], ""), nil
}

func trimmed(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimRight(l, "\r\n")
	}
	return out
}

// without takes a unit out of a file.
func without(text string, kind config.Kind, name string) (string, error) {
	all := strings.SplitAfter(text, "\n")
	s, ok := find(trimmed(all), kind)
	if !ok || s.flow || s.indent == 0 {
		return text, fmt.Errorf("%s stands in braces", name)
	}
	begin, end := -1, s.end
	for i := s.key + 1; i < s.end; i++ {
		line := strings.TrimRight(all[i], "\r\n")
		trimmed := strings.TrimLeft(line, " ")
		if len(line)-len(trimmed) != s.indent || trimmed == "" || trimmed[0] == '#' {
			continue
		}
		if begin >= 0 {
			end = i
			break
		}
		if key, _, _ := strings.Cut(trimmed, ":"); strings.Trim(key, `"' `) == name {
			begin = i
		}
	}
	if begin < 0 {
		return text, fmt.Errorf("the lines of %s can't be told", name)
	}
	return strings.Join(all[:begin], "") + strings.Join(all[end:], ""), nil
}
