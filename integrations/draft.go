package integrations

import (
	"fmt"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Draft is the text of a first sawhorse.yml made of what was found, with
// comments that say where each part came from and what was left out. It is
// always a file that can be read, whatever the names and lines in it are.
func Draft(name string, found []Evidence) string {
	s := settle(found)
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("# All keys: sawhorse schema, and docs/config.md. Check it: sawhorse validate")
	line("version: %d", config.Version)
	if name = strings.TrimSpace(printable(name)); name != "" {
		line("name: %s", quote(name))
	}
	if len(s.units) == 0 {
		text.WriteString(example)
	}
	text.WriteString(s.sections())
	if len(s.left) > 0 {
		line("")
		line("# Left out:")
		for _, l := range s.left {
			line("#   %s", comment(l))
		}
	}
	return text.String()
}

const example = `
services: {}
  # api:
  #   run: go run ./cmd/api
  #   ready: {http: ":8080/health"}
  #   restart: on-failure

tasks:
  hello: echo "hello from $PWD"   # change me; run it: sawhorse run hello
  # test:
  #   run: make test
  #   watch: ["src/**"]
`

// sections are the services and tasks, each evidence under a comment.
func (s *settled) sections() string {
	var text strings.Builder
	for _, kind := range [...]config.Kind{config.Service, config.Task} {
		from := -1
		for i := range s.units {
			u := &s.units[i]
			if u.Kind != kind {
				continue
			}
			if from < 0 {
				fmt.Fprintf(&text, "\n%ss:\n", kind)
			}
			if from != u.evidence {
				from = u.evidence
				ev := s.found[from]
				fmt.Fprintf(&text, "  # from %s (%s)\n", comment(ev.Where), comment(ev.What))
			}
			text.WriteString(u.text)
		}
	}
	return text.String()
}

// Piece is one unit as a sawhorse.yml has it.
type Piece struct {
	Name string // in the file
	Kind config.Kind
	From string // where it was found, and what that is
	Text string // its lines, indented by two
}

// Pieces are the units of what was found, each with its text, and what is left out.
func Pieces(found []Evidence) (pieces []Piece, left []string) {
	s := settle(found)
	for _, u := range s.units {
		ev := s.found[u.evidence]
		pieces = append(pieces, Piece{
			Name: u.name, Kind: u.Kind, Text: u.text, From: fmt.Sprintf("%s (%s)", comment(ev.Where), comment(ev.What)),
		})
	}
	return pieces, s.left
}

// File is what was found as if a sawhorse.yml said it: what Draft writes, read
// back, so that both are the same. Nothing in it starts by itself, and each
// unit is listed under the file it came from. left is what is not in it.
func File(dir, name string, found []Evidence) (f *config.File, left []string, err error) {
	s := settle(found)
	text := fmt.Sprintf("version: %d\n", config.Version)
	if name = strings.TrimSpace(printable(name)); name != "" {
		text += "name: " + quote(name) + "\n"
	}
	f, err = config.LoadBytes(dir+"/"+config.FileName, []byte(text+s.sections()))
	if err != nil {
		return nil, nil, fmt.Errorf("read what was detected in %s: %w", dir, err)
	}
	f.Detected = true
	for _, u := range s.units {
		to := f.Unit(u.name)
		to.Autostart, to.Pos = false, u.Pos
		to.Source, _, _ = strings.Cut(s.found[u.evidence].Where, ":") // without its line
		if to.Pos.File == "" {
			to.Pos.File = to.Source
		}
		to.Groups = append([]string{to.Source}, to.Groups...)
	}
	return f, s.left, nil
}
