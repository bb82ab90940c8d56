package integrations

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Draft is the text of a first sawhorse.yml made of what was found, with
// comments that say where each part came from and what was left out. It is
// always a file that can be read, whatever the names and lines in it are.
func Draft(name string, found []Evidence) string {
	d := draft{taken: map[string]bool{}}
	d.line("# All keys: sawhorse schema, and docs/config.md. Check it: sawhorse validate")
	d.line("version: %d", config.Version)
	if name = strings.TrimSpace(printable(name)); name != "" {
		d.line("name: %s", quote(name))
	}
	units := d.section("services", config.Service, found) + d.section("tasks", config.Task, found)
	if units == 0 {
		d.text.WriteString(example)
	}
	for _, ev := range found {
		for _, l := range ev.Left {
			d.left = append(d.left, ev.Where+": "+l)
		}
	}
	if len(d.left) > 0 {
		d.line("")
		d.line("# Left out:")
		for _, l := range d.left {
			d.line("#   %s", comment(l))
		}
	}
	return d.text.String()
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

// draft is a workspace file being written.
type draft struct {
	text  strings.Builder
	taken map[string]bool // names, which services and tasks share
	left  []string
}

func (d *draft) line(format string, args ...any) { fmt.Fprintf(&d.text, format+"\n", args...) }

// section writes the units of one kind and returns how many there are.
func (d *draft) section(title string, kind config.Kind, found []Evidence) int {
	n := 0
	for _, ev := range found {
		first := true
		for _, u := range ev.Units {
			if u.Kind != kind {
				continue
			}
			name := d.name(u.Name, ev.By)
			text := unitText(u, name)
			if why := rejected(title, text); why != "" {
				d.left = append(d.left, fmt.Sprintf("%s: %s %q: %s", ev.Where, kind, u.Name, why))
				continue
			}
			if n++; n == 1 {
				d.line("\n%s:", title)
			}
			if first {
				first = false
				d.line("  # from %s (%s)", comment(ev.Where), comment(ev.What))
			}
			d.taken[name] = true
			d.text.WriteString(text)
		}
	}
	return n
}

// rejected says why a unit can't be in a file.
func rejected(section, unit string) string {
	text := fmt.Sprintf("version: %d\n%s:\n%s", config.Version, section, unit)
	if _, err := config.LoadBytes("sawhorse.yml", []byte(text)); err != nil {
		why, _, _ := strings.Cut(err.Error(), "\n")
		return why
	}
	return ""
}

// unitText is a unit in the shortest form that says all of it.
func unitText(u config.Unit, name string) string {
	var fields []string
	add := func(key, value string) { fields = append(fields, key+": "+value) }
	if text := strings.TrimSpace(printable(u.Description)); text != "" {
		add("description", quote(text))
	}
	if u.Run != "" {
		add("run", quote(literal(u.Run)))
	} else {
		add("command", list(u.Command, literal))
	}
	if u.Dir != "" {
		add("dir", quote(u.Dir))
	}
	if len(u.Env) > 0 {
		var pairs []string
		for _, key := range slices.Sorted(maps.Keys(u.Env)) {
			pairs = append(pairs, strconv.Quote(key)+": "+strconv.Quote(literal(u.Env[key])))
		}
		add("env", "{"+strings.Join(pairs, ", ")+"}")
	}
	if len(u.Ports) > 0 {
		var pairs []string
		for _, p := range u.Ports {
			number := "auto"
			if p.Number != 0 {
				number = strconv.Itoa(p.Number)
			}
			pairs = append(pairs, strconv.Quote(p.Name)+": "+number)
		}
		add("ports", "{"+strings.Join(pairs, ", ")+"}")
	}
	if u.Watch != nil {
		add("watch", list(u.Watch.Paths, printable))
	}
	if u.Kind == config.Service && !u.Autostart {
		add("autostart", "false")
	}
	if len(fields) == 1 && u.Run != "" {
		return fmt.Sprintf("  %s: %s\n", quote(name), quote(literal(u.Run)))
	}
	return fmt.Sprintf("  %s:\n    %s\n", quote(name), strings.Join(fields, "\n    "))
}

var (
	notInName = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)
	// plain is what YAML reads as the text that it looks like.
	plain = regexp.MustCompile(`^[A-Za-z./][A-Za-z0-9 _./=@+-]*$`)
)

// name makes a name that the file does not have yet; of two with one name, the
// second is called after who found it.
func (d *draft) name(name, by string) string {
	clean := func(s string) string { return strings.Trim(notInName.ReplaceAllString(s, "-"), "-._") }
	if name = clean(name); name == "" {
		name = "unit"
	}
	if by = clean(by); d.taken[name] && by != "" {
		name = by + "-" + name
	}
	for n, base := 2, name; d.taken[name]; n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	return name
}

// literal is text that has no ${{ references }} of ours.
func literal(s string) string { return strings.ReplaceAll(printable(s), "${{", "$${{") }

// printable drops what no terminal and no YAML file should hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
}

// comment is text on one line of bounded length.
func comment(s string) string {
	const longest = 160
	s = strings.Join(strings.Fields(printable(s)), " ")
	if runes := []rune(s); len(runes) > longest {
		s = string(runes[:longest]) + "…"
	}
	return s
}

// quote writes a text as YAML, plain where it stays what it is. What Go escapes
// in quotes, YAML reads in the same way.
func quote(s string) string {
	if plain.MatchString(s) && s[len(s)-1] != ' ' && !reserved(s) {
		return s
	}
	return strconv.Quote(s)
}

// reserved are the words that YAML, or an older one, does not read as text.
func reserved(s string) bool {
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf", "nan", "inf":
		return true
	}
	_, err := strconv.ParseFloat(s, 64) // ".5"
	return err == nil
}

func list(words []string, clean func(string) string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(clean(w))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
