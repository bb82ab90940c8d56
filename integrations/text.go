package integrations

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// unitText is a unit in the shortest form that says all of it. A field that is
// zero is not said: the file's default is meant.
func unitText(u config.Unit, name string) string {
	var fields []string
	literal := func(s string) string { return literal(s, u.Params) }
	add := func(key, value string) {
		if value != "" {
			fields = append(fields, key+": "+value)
		}
	}
	if text := strings.TrimSpace(printable(u.Description)); text != "" {
		add("description", quote(text))
	}
	if u.Compose != "" {
		add("compose", quote(printable(u.Compose)))
	} else if u.Run != "" {
		add("run", scriptText(literal(u.Run)))
	} else {
		add("command", list(u.Command, literal))
	}
	if len(u.Shell) > 0 {
		add("shell", list(u.Shell, printable))
	}
	if u.Dir != "" {
		add("dir", quote(printable(u.Dir)))
	}
	add("env", mapping(u.Env, literal))
	if len(u.EnvFile) > 0 {
		add("env_file", list(u.EnvFile, printable))
	}
	if len(u.Groups) > 0 {
		add("groups", list(u.Groups, func(g string) string { return unitName(g, "", nil) }))
	}
	add("depends_on", dependsText(u.DependsOn))
	add("ready", probeText(u.Ready, literal))
	add("restart", restartText(u.Restart))
	add("stop", stopText(u.Stop))
	add("ports", portsText(u.Ports))
	if u.Replicas > 1 {
		add("replicas", strconv.Itoa(u.Replicas))
	}
	add("watch", watchText(u.Watch))
	add("params", paramsText(u.Params))
	if u.Timeout > 0 {
		add("timeout", u.Timeout.String())
	}
	if u.Schedule != "" {
		add("schedule", strconv.Quote(printable(u.Schedule)))
	}
	add("on_busy", string(u.OnBusy))
	add("format", formatText(u.Format))
	if len(u.Results) > 0 {
		add("results", list(u.Results, printable))
	}
	if len(u.Curves) > 0 {
		add("curves", list(u.Curves, printable))
	}
	if u.Hidden {
		add("hidden", "true")
	}
	if u.TTY && u.Kind == config.Task {
		add("tty", "true")
	}
	if u.Kind == config.Service && !u.Autostart {
		add("autostart", "false")
	}
	if len(fields) == 1 && u.Run != "" {
		return fmt.Sprintf("  %s: %s\n", quote(name), quote(literal(u.Run)))
	}
	return fmt.Sprintf("  %s:\n    %s\n", quote(name), strings.Join(fields, "\n    "))
}

// scriptText is a line for the shell; a script of several lines stands as it is,
// where YAML reads exactly that back.
func scriptText(run string) string {
	body := strings.TrimSuffix(run, "\n")
	if !strings.Contains(body, "\n") {
		return quote(run)
	}
	var block strings.Builder
	block.WriteString("|")
	if body == run {
		block.WriteString("-")
	}
	for line := range strings.SplitSeq(body, "\n") {
		block.WriteString("\n")
		if line != "" {
			block.WriteString("      " + line)
		}
	}
	text := fmt.Sprintf("version: %d\ntasks:\n  a:\n    run: %s\n    dir: x\n", config.Version, block.String())
	f, err := config.LoadBytes(config.FileName, []byte(text))
	if err != nil || len(f.Units) != 1 || f.Units[0].Run != run {
		return quote(run)
	}
	return block.String()
}

func mapping(vars map[string]string, clean func(string) string) string {
	if len(vars) == 0 {
		return ""
	}
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(vars)) {
		pairs = append(pairs, strconv.Quote(key)+": "+strconv.Quote(clean(vars[key])))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// dependsText is a list, or a mapping where a condition is not the usual one.
func dependsText(needs []config.Dependency) string {
	if len(needs) == 0 {
		return ""
	}
	var names, pairs []string
	said := false
	for _, d := range needs {
		names = append(names, quote(d.Name))
		said = said || d.Condition != ""
		if d.Restart {
			said = true
			pairs = append(pairs, quote(d.Name)+": {condition: "+cmp.Or(string(d.Condition), string(config.Ready))+", restart: true}")
			continue
		}
		pairs = append(pairs, quote(d.Name)+": "+string(d.Condition))
	}
	if !said {
		return "[" + strings.Join(names, ", ") + "]"
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// braced is a flow mapping of what is given.
type braced []string

func (b *braced) text(key, value string) {
	if value != "" {
		*b = append(*b, key+": "+strconv.Quote(value))
	}
}

func (b *braced) time(key string, d time.Duration) {
	if d > 0 {
		*b = append(*b, key+": "+d.String())
	}
}

func (b *braced) raw(key, value string) { *b = append(*b, key+": "+value) }

func (b braced) String() string {
	if len(b) == 0 {
		return ""
	}
	return "{" + strings.Join(b, ", ") + "}"
}

func probeText(p *config.Probe, literal func(string) string) string {
	if p == nil {
		return ""
	}
	var b braced
	b.text("http", literal(p.HTTP))
	b.text("tcp", literal(p.TCP))
	b.text("exec", literal(p.Exec))
	b.text("log", printable(p.Log))
	b.time("every", p.Every)
	b.time("timeout", p.Timeout)
	b.time("within", p.Within)
	return b.String()
}

func restartText(r config.Restart) string {
	var b braced
	if r.When != "" {
		b.raw("when", strconv.Quote(string(r.When)))
	}
	b.time("min", r.Min)
	b.time("max", r.Max)
	b.time("reset", r.Reset)
	if r.Limit > 0 {
		b.raw("limit", strconv.Itoa(r.Limit))
	}
	if len(b) == 1 && r.When != "" {
		return quote(string(r.When))
	}
	return b.String()
}

func stopText(s config.Stop) string {
	var b braced
	b.text("signal", printable(s.Signal))
	b.time("timeout", s.Timeout)
	return b.String()
}

func portsText(ports []config.Port) string {
	var b braced
	for _, p := range ports {
		number := "auto"
		if p.Number != 0 {
			number = strconv.Itoa(p.Number)
		}
		b.raw(strconv.Quote(p.Name), number)
	}
	return b.String()
}

func watchText(w *config.Watch) string {
	switch {
	case w == nil:
		return ""
	case len(w.Ignore) == 0:
		return list(w.Paths, printable)
	}
	return "{paths: " + list(w.Paths, printable) + ", ignore: " + list(w.Ignore, printable) + "}"
}

func paramsText(params []config.Param) string {
	var all []string
	for _, p := range params {
		var b braced
		b.raw("name", strconv.Quote(printable(p.Name)))
		if p.Type != "" && p.Type != config.ParamString {
			b.raw("type", string(p.Type))
		}
		if p.HasDefault {
			b.raw("default", strconv.Quote(printable(p.Default)))
		}
		if len(p.Choices) > 0 {
			b.raw("choices", list(p.Choices, printable))
		}
		if p.Required {
			b.raw("required", "true")
		}
		if p.Secret {
			b.raw("secret", "true")
		}
		b.text("description", strings.TrimSpace(printable(p.Description)))
		all = append(all, "\n      - "+b.String())
	}
	return strings.Join(all, "")
}

// formatText is how a task's output is read: names, or patterns.
func formatText(formats []config.Format) string {
	var all []string
	for _, f := range formats {
		var b braced
		switch {
		case f.Name != "":
			all = append(all, quote(f.Name))
			continue
		case len(f.Errorformat) > 0:
			b.raw("errorformat", list(f.Errorformat, printable))
		default:
			b.raw("pattern", patternsText(f.Pattern))
		}
		if f.Severity != "" {
			b.raw("severity", quote(f.Severity))
		}
		all = append(all, b.String())
	}
	if len(all) == 0 {
		return ""
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func patternsText(patterns []config.Pattern) string {
	var all []string
	for _, p := range patterns {
		var b braced
		b.text("regexp", printable(p.Regexp))
		for _, group := range [...]struct {
			key string
			n   int
		}{
			{"file", p.File}, {"line", p.Line}, {"column", p.Column}, {"location", p.Location}, {"severity", p.Severity}, {"code", p.Code}, {"message", p.Message},
		} {
			if group.n > 0 {
				b.raw(group.key, strconv.Itoa(group.n))
			}
		}
		if p.Loop {
			b.raw("loop", "true")
		}
		all = append(all, b.String())
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// plain is what YAML reads as the text that it looks like.
var plain = lazy.Regexp(`^[A-Za-z./][A-Za-z0-9 _./=@+-]*$`)

// literal is text that has no ${{ references }} of ours but those to a unit's
// own parameters, which are its detector's.
func literal(s string, params []config.Param) string {
	s = strings.ReplaceAll(printable(s), "${{", "$${{")
	for _, p := range params {
		ref := ParamReference(p.Name)
		s = strings.ReplaceAll(s, "$"+ref, ref)
	}
	return s
}

// ParamReference is how a command of ours names a parameter's value.
func ParamReference(name string) string { return "${{ params." + name + " }}" }

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
	if plain().MatchString(s) && s[len(s)-1] != ' ' && !reserved(s) {
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
