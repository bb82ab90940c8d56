package config

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/robfig/cron/v3"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// The kinds of value that only units have.

// commands is `command:`, an argv; as Compose and process-compose write it, a
// string is a line for the shell.
type commands struct {
	line string
	argv []string
}

func commandKind() kind[commands] {
	one, word := line(), template()
	sh := &shape{
		words: "a list: the program and its arguments", schema: one.shape.schema,
		elements: &shape{words: "text", schema: anyScalar()},
	}
	return kind[commands]{shape: sh, read: func(r *reader, n *node) (commands, bool) {
		if n.kind != listNode {
			s, ok := one.read(r, n)
			return commands{line: s}, ok
		}
		before := len(r.problems)
		var argv []string
		for _, item := range n.items {
			s, _ := word.read(r, item)
			argv = append(argv, s)
		}
		if len(r.problems) == before && (len(argv) == 0 || strings.TrimSpace(argv[0]) == "") {
			r.problem(n, r.place()+" names no program", `write it like ["go", "run", "."]`)
		}
		return commands{argv: argv}, len(r.problems) == before
	}}
}

// shellKind is the argv before a line: [bash, -euc]; "bash" is [bash, -c].
func shellKind() kind[[]string] {
	k := list(text())
	k.shape.words = "a list, or the name of a shell"
	return kind[[]string]{shape: k.shape, read: func(r *reader, n *node) ([]string, bool) {
		argv, ok := k.read(r, n)
		if !ok {
			return nil, false
		}
		if len(argv) == 0 {
			r.problem(n, r.place()+" is empty", `write it like ["bash", "-euc"]`)
			return nil, false
		}
		if n.kind != listNode {
			argv = strings.Fields(argv[0])
		}
		if len(argv) == 1 {
			argv = append(argv, lineFlag(argv[0]))
		}
		return argv, true
	}}
}

// lineFlag is the flag by which a shell takes a line.
func lineFlag(shell string) string {
	switch strings.TrimSuffix(path.Base(strings.ReplaceAll(shell, `\`, "/")), ".exe") {
	case "pwsh", "powershell":
		return "-Command"
	case "cmd":
		return "/C"
	}
	return "-c"
}

// dependency is an entry of depends_on; condition "" is the default.
type dependency struct {
	name      string
	condition Condition
	restart   bool
	pos       Position
	length    int
}

func conditionKind() kind[Condition] {
	return choice(
		[]word[Condition]{{"started", Started}, {"ready", Ready}, {"succeeded", Succeeded}, {"completed", Completed}},
		[]word[Condition]{
			{"healthy", Ready},
			{"service_started", Started},
			{"service_healthy", Ready},
			{"service_completed_successfully", Succeeded},
			{"process_started", Started},
			{"process_healthy", Ready},
			{"process_log_ready", Ready},
			{"process_completed", Completed},
			{"process_completed_successfully", Succeeded},
		},
	)
}

func dependsKind() kind[[]dependency] {
	type long struct {
		condition Condition
		restart   bool
	}
	condition := conditionKind()
	entryKind := object(shape{words: "a condition", title: "dependency", bare: "condition"}, []field[long]{
		give("condition", condition, func(l *long, c Condition) { l.condition = c },
			"What the other unit must have reached.", fallback("ready for services, succeeded for tasks")),
		give("restart", boolean(), func(l *long, v bool) { l.restart = v },
			"Restart this service when the other one was restarted by a person or a save, or made anew.", fallback("false")),
	})
	name := text()
	sh := &shape{
		words: "a list of names, or a mapping of names to conditions", schema: name.shape.schema,
		elements: name.shape, values: entryKind.shape, names: namePattern,
	}
	// What could be read is kept although there are problems, so that they are
	// not followed by others that are not there. Ports and params do the same.
	return kind[[]dependency]{shape: sh, read: func(r *reader, n *node) ([]dependency, bool) {
		var deps []dependency
		add := func(d dependency) {
			for _, other := range deps {
				if other.name == d.name {
					r.at(d.pos, d.length, fmt.Sprintf("%s names %q twice", r.place(), d.name), "keep one of them")
					return
				}
			}
			deps = append(deps, d)
		}
		if n.kind != mapNode {
			names, _ := list(place(name)).read(r, n)
			for _, p := range names {
				if p.v != "" {
					add(dependency{name: p.v, pos: p.n.pos, length: p.n.length})
				}
			}
			return deps, true
		}
		for _, e := range n.entries {
			d := dependency{name: e.key, pos: e.pos, length: e.length}
			if e.value.kind == nullNode {
				r.at(e.pos, e.length, fmt.Sprintf("%s of %s has no condition", e.key, r.place()), "write a condition: "+strings.TrimPrefix(condition.shape.words, "one of "))
				continue
			}
			r.within(e.key, func() {
				v, _ := entryKind.read(r, e.value)
				d.condition, d.restart = v.condition, v.restart
			})
			add(d)
		}
		return deps, true
	}}
}

// globKind is a glob below the workspace directory.
func globKind() kind[string] {
	k := text()
	sh := &shape{words: "a glob", schema: k.shape.schema}
	return kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		s, ok := k.read(r, n)
		if !ok {
			return "", false
		}
		glob := strings.TrimPrefix(strings.ReplaceAll(s, `\`, "/"), "./")
		if strings.HasSuffix(glob, "/") {
			glob += "**"
		}
		switch {
		case !doublestar.ValidatePattern(glob):
			r.problem(n, fmt.Sprintf("%s: %q is not a glob", r.place(), s), "close brackets and braces; ** stands for any directories")
		case path.IsAbs(glob) || glob == ".." || strings.HasPrefix(glob, "../") || strings.Contains(glob, "/../"):
			r.problem(n, fmt.Sprintf("%s: %q is outside of the workspace", r.place(), s), "write it relative to the directory of the file")
		case glob == "." || glob == "":
			return "**", true
		default:
			return glob, true
		}
		return "", false
	}}
}

func watchKind() kind[Watch] {
	globs := func() kind[[]string] {
		k := list(globKind())
		k.shape.words = "a list of globs"
		return k
	}
	return object(shape{words: "a list of globs, or a mapping", title: "watch", bare: "paths", bareList: true}, []field[Watch]{
		give("paths", globs(), func(w *Watch, v []string) { w.Paths = v },
			"Globs of the files to watch, relative to the workspace directory; `**` stands for any directories. What git ignores is never seen.", required),
		give("ignore", globs(), func(w *Watch, v []string) { w.Ignore = v },
			"Globs of files to leave out; they win over `paths`."),
		give("all", boolean(), func(w *Watch, v bool) { w.All = v },
			"A save runs all of the task. Otherwise it runs what the change can affect, where the task's tool is known (go, cargo, vitest, jest, pytest)."),
	})
}

// inputsKind is a list of globs, or a mapping.
func inputsKind() kind[Inputs] {
	globs := func() kind[[]string] {
		k := list(globKind())
		k.shape.words = "a list of globs"
		return k
	}
	words := func(of string, one kind[string]) kind[[]string] {
		k := list(one)
		k.shape.words = "a list of " + of
		return k
	}
	return object(shape{words: "a list of globs, or a mapping", title: "inputs", bare: "files", bareList: true}, []field[Inputs]{
		give("files", globs(), func(i *Inputs, v []string) { i.Files = v },
			"Globs of the files that are read, relative to the workspace directory. What git ignores counts where a glob names it: `dist/*.js`.", required),
		give("ignore", globs(), func(i *Inputs, v []string) { i.Ignore = v },
			"Globs of files to leave out; they win over `files`."),
		give("env", words("names", variableName()), func(i *Inputs, v []string) { i.Env = v },
			"Names of environment variables that matter, beside those that the workspace gives by `env` and `env_file`."),
		give("tools", words("lines", text()), func(i *Inputs, v []string) { i.Tools = v },
			"Lines for the shell whose output is the version of a tool: `go version`."),
	})
}

// portName is one that can be part of ${{ ports.service.name }}.
const portNamePattern = `^[A-Za-z0-9][A-Za-z0-9_-]*$`

var portNameForm = lazy.Regexp(portNamePattern)

func portsKind() kind[[]placed[Port]] {
	number := integer(1, 65535)
	one := schema{"anyOf": []schema{{"const": "auto"}, number.shape.schema, {"type": "string", "pattern": `^(auto|[0-9]+):[0-9]+$`}}}
	element := &shape{words: "a port number or auto", schema: one}
	sh := &shape{
		words: "a mapping of names to numbers or auto", schema: one,
		values: element, names: portNamePattern, elements: element,
	}
	return kind[[]placed[Port]]{shape: sh, read: func(r *reader, n *node) ([]placed[Port], bool) {
		var ports []placed[Port]
		add := func(name string, v *node) {
			p := readPort(r, v)
			p.Name = name
			ports = append(ports, placed[Port]{v: p, n: v})
		}
		switch n.kind {
		case mapNode:
			for _, e := range n.entries {
				if !portNameForm().MatchString(e.key) {
					r.at(e.pos, e.length, fmt.Sprintf("%q is not the name of a port", e.key), "names have letters, digits, - and _")
					continue
				}
				r.within(e.key, func() { add(e.key, e.value) })
			}
		case listNode:
			for i, item := range n.items {
				name := "port"
				if i > 0 {
					name = fmt.Sprintf("port%d", i+1)
				}
				add(name, item)
			}
		default:
			add("port", n)
		}
		return ports, true
	}}
}

// readPort reads a number, auto, or outside:inside.
func readPort(r *reader, v *node) Port {
	if v.kind == textNode && v.text == "auto" {
		return Port{}
	}
	if outside, inside, ok := strings.Cut(v.text, ":"); ok && v.kind == textNode {
		target, err := strconv.Atoi(inside)
		number, err2 := strconv.Atoi(outside)
		if outside == "auto" {
			number, err2 = 0, nil
		}
		if err != nil || err2 != nil || target < 1 || target > 65535 || number < 0 || number > 65535 {
			r.must(v, "a port number, auto, or outside:inside like 8080:80", "")
		}
		return Port{Number: number, Target: target}
	}
	port, err := strconv.Atoi(v.text)
	if v.kind != intNode || err != nil || port < 1 || port > 65535 {
		r.must(v, "a port number from 1 to 65535, or auto", "")
		return Port{}
	}
	return Port{Number: port}
}

// signals are the names that a signal may have, and the numbers that mean the
// same on every system.
func signals() ([]string, map[int]string) {
	return []string{"TERM", "INT", "HUP", "QUIT", "KILL", "USR1", "USR2", "ABRT", "ALRM", "CONT", "PIPE", "TSTP", "WINCH"},
		map[int]string{1: "HUP", 2: "INT", 3: "QUIT", 6: "ABRT", 9: "KILL", 13: "PIPE", 14: "ALRM", 15: "TERM"}
}

func signalKind() kind[string] {
	names, numbers := signals()
	known := slices.Sorted(maps.Keys(numbers))
	sh := &shape{words: "the name of a signal", schema: schema{"anyOf": []schema{
		{"type": "string", "pattern": `^(SIG)?(` + strings.Join(names, "|") + `)$`}, {"enum": known},
	}}}
	return kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		if n.kind == intNode {
			if i, err := strconv.Atoi(n.text); err == nil && numbers[i] != "" {
				return numbers[i], true
			}
		}
		name := strings.TrimPrefix(n.text, "SIG")
		for _, s := range names {
			if n.kind == textNode && name == s {
				return s, true
			}
		}
		r.must(n, "the name of a signal", closest(strings.TrimPrefix(strings.ToUpper(n.text), "SIG"), names))
		return "", false
	}}
}

// scheduleKind is a cron line, or an interval.
func scheduleKind() kind[string] {
	interval := duration(time.Second)
	sh := &shape{words: "a cron line or an interval", schema: schema{"anyOf": []schema{
		{"type": "string", "pattern": `\S`}, {"type": "number", "minimum": 1},
	}}}
	return kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		every := strings.TrimSpace(strings.TrimPrefix(n.text, "@every "))
		if n.kind == intNode || n.kind == floatNode || n.kind == textNode && (every != n.text || durationForm().MatchString(every)) {
			spaced := *n
			spaced.text = every
			d, ok := interval.read(r, &spaced)
			return "@every " + d.String(), ok
		}
		if n.kind != textNode {
			r.must(n, sh.words, "")
			return "", false
		}
		// The cron parser slices at the space after the zone without looking.
		zone := strings.HasPrefix(n.text, "TZ=") || strings.HasPrefix(n.text, "CRON_TZ=")
		if zone && !strings.Contains(n.text, " ") {
			r.problem(n, r.place()+" has a time zone and no cron line", "write it like \"TZ=UTC 0 3 * * *\"")
			return "", false
		}
		if _, err := cron.ParseStandard(n.text); err != nil {
			r.problem(n, fmt.Sprintf("%s: %v", r.place(), err), `write it like "0 3 * * *" (minute hour day month weekday), "@daily" or "5m"`)
			return "", false
		}
		return n.text, true
	}}
}

// addressKind is what a probe connects to; a bare number is a port of this
// machine.
func addressKind(words string, check func(string) error) kind[string] {
	k := template()
	sh := &shape{words: words, schema: schema{"anyOf": []schema{
		{"type": "string", "pattern": `\S`}, {"type": "integer", "minimum": 1, "maximum": 65535},
	}}}
	return kind[string]{shape: sh, read: func(r *reader, n *node) (string, bool) {
		s, ok := k.read(r, n)
		if !ok {
			return "", false
		}
		if n.kind == intNode {
			s = ":" + s
		}
		if n.kind == boolNode || n.kind == floatNode {
			r.must(n, words, "")
			return "", false
		}
		if err := check(stand(s, "1")); err != nil {
			r.problem(n, fmt.Sprintf("%s: %v", r.place(), err), "write "+words)
			return "", false
		}
		return s, true
	}}
}

// localURL spells out ":8080/health".
func localURL(s string) string {
	if strings.HasPrefix(s, ":") {
		return "http://127.0.0.1" + s
	}
	return s
}

func checkURL(s string) error {
	u, err := url.Parse(localURL(s))
	if err != nil {
		return fmt.Errorf("%q is not a URL", s)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return fmt.Errorf("%q is not a URL of http or https", s)
	}
	if u.Port() == "" {
		return nil
	}
	return checkPort(u.Port())
}

// localAddress spells out ":5432".
func localAddress(s string) string {
	if strings.HasPrefix(s, ":") {
		return "127.0.0.1" + s
	}
	return s
}

func checkAddress(s string) error {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return fmt.Errorf("%q has no port", s)
	}
	return checkPort(s[colon+1:])
}

func checkPort(s string) error {
	if port, err := strconv.Atoi(s); err != nil || port < 1 || port > math.MaxUint16 {
		return fmt.Errorf("%q is not a port", s)
	}
	return nil
}
