package all

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
)

// Reference is what may stand below `integrations:`, as a chapter of the docs.
func Reference() string {
	var b strings.Builder
	b.WriteString("## Connections\n\nBelow `integrations` stands a name, and below it the options of the system that is called so, or that `use` names:\n\n" +
		"```yaml\nintegrations:\n  github: {token: \"env:DEPLOY_TOKEN\"}\n  lab: {use: mlflow, url: \"https://mlflow.corp\"}\n```\n")
	for _, name := range slices.Sorted(slices.Values(connectable(Definitions()))) {
		d, _ := connecting(Definitions(), name)
		b.WriteString("\n### `" + name + "`\n\n")
		table(&b, d.Options)
		for i, o := range d.Pins {
			if i == 0 {
				b.WriteString("\nA task with `use: " + name + "` may also have:\n\n| key | meaning |\n|---|---|\n")
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", o.Name, o.Description)
		}
	}
	return b.String()
}

func table(b *strings.Builder, options []integrations.Option) {
	b.WriteString("| option | default | meaning |\n|---|---|---|\n")
	for _, o := range options {
		text := o.Description
		if len(o.Choices) > 0 {
			text += " One of " + strings.Join(o.Choices, ", ") + "."
		}
		if o.Secret {
			text += " A secret: `env:NAME`, `file:PATH` or `command:LINE`."
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", o.Name, o.Default, text)
	}
}
