package config

import (
	"fmt"
	"slices"
	"strings"
)

// Reference is the reference of every key, in Markdown, from the same tables
// as the reader.
func Reference() string {
	var b strings.Builder
	root := workspaceKind().shape
	services, tasks := root.key("services").shape.values, root.key("tasks").shape.values

	section(&b, "The file", root.keys, "")
	common, onlyServices, onlyTasks := split(services.keys)
	section(&b, "Services and tasks", common,
		"A string is short for `{run: string}`. Exactly one of `run` and `command` is given.")
	section(&b, "Services only", onlyServices, "")
	section(&b, "Tasks only", onlyTasks, "")
	section(&b, "Tasks of other systems", tasks.other.keys,
		"A task with `use` is run by a connection, not by this machine: `deploy: {use: github, workflow: deploy.yml, inputs: {env: staging}, confirm: true}`. "+
			"Keys that are not in this table are that system's own, like `workflow`.")
	nested := []*shape{root.key("logs").shape, services.key("depends_on").shape.values}
	for _, k := range slices.Concat(common, onlyServices, onlyTasks) {
		if k.shape.keys != nil && !k.foreign {
			nested = append(nested, k.shape)
		}
	}
	format := tasks.key("format").shape.elements
	nested = append(nested, format, format.key("pattern").shape.elements, tasks.key("params").shape.values)
	for _, s := range nested {
		intro := ""
		if s.bare != "" {
			intro = fmt.Sprintf("A value that is not a mapping stands for `{%s: value}`.", s.bare)
		}
		if len(s.oneOf) > 0 {
			one := "Exactly one of " + strings.ReplaceAll(s.choices(), " or ", ", ") + " is given."
			intro = strings.TrimSpace(intro + " " + one)
		}
		section(&b, "`"+s.title+"`", s.keys, intro)
	}
	foreignSection(&b, services)
	b.WriteString(`## Values

- Durations are text like "500ms", "2s", "1h30m" or "14d"; a bare number is seconds.
- Sizes are text like "64MiB" or "1GB"; a bare number is bytes.
- Signals are names (TERM, SIGINT) or the numbers that mean the same everywhere.
- ` + "`${{ ports.NAME }}`, `${{ ports.SERVICE.NAME }}`, `${{ params.NAME }}` and `${{ env.NAME }}`" + ` are replaced
  in ` + "`run`, `command`, `env` and `ready`; `$${{` is the text `${{`" + `. Everything else with a dollar sign is for the shell.
- Keys that begin with ` + "`x-`" + ` are left to other tools; YAML anchors and merge keys work.
`)
	return b.String()
}

// split sorts the native keys of a unit by where they belong.
func split(keys []key) (both, services, tasks []key) {
	for _, k := range keys {
		switch {
		case k.foreign:
		case k.on == onService:
			services = append(services, k)
		case k.on == onTask:
			tasks = append(tasks, k)
		default:
			both = append(both, k)
		}
	}
	return both, services, tasks
}

func section(b *strings.Builder, title string, keys []key, intro string) {
	fmt.Fprintf(b, "## %s\n\n", title)
	if intro != "" {
		fmt.Fprintf(b, "%s\n\n", intro)
	}
	b.WriteString("| key | value | default | meaning |\n|---|---|---|---|\n")
	for _, k := range keys {
		meaning := k.doc
		if len(k.aliases) > 0 {
			meaning += " Also: `" + strings.Join(k.aliases, "`, `") + "`."
		}
		def := k.def
		if k.required {
			def = "required"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", k.name, cell(k.shape.words), cell(def), cell(meaning))
	}
	b.WriteString("\n")
}

func foreignSection(b *strings.Builder, s *shape) {
	b.WriteString("## Words of Compose and process-compose\n\n| key | value | meaning |\n|---|---|---|\n")
	for _, k := range s.keys {
		if !k.foreign {
			continue
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", k.name, cell(k.shape.words), cell(k.doc))
		for _, inner := range k.shape.keys {
			fmt.Fprintf(b, "| `%s.%s` | %s | %s |\n", k.name, inner.name, cell(inner.shape.words), cell(inner.doc))
		}
	}
	b.WriteString("\n")
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
