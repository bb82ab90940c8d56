package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/action"
)

func (a *app) cmdKeys() *cobra.Command {
	var changed bool
	cmd := &cobra.Command{
		Use: "keys [WORD...]", Short: "Print what every key of the screen does, with your own bindings",
		Long: `Keys prints every action of the screen with the keys that lead to it, yours
included. Words choose: those actions that have all of them in their id, their
title, their place or their keys.

Bind others in your settings, by the action's id:

  keys:
    task.restart: [r, f5]
    view.zoom: ctrl+e
    tree.toggle: []        # no key`,
		Example: "  sawhorse keys\n  sawhorse keys log copy\n  sawhorse keys --changed",
		RunE: func(_ *cobra.Command, words []string) error {
			m := loadMine()
			a.warn(m)
			layers := tui.Layers()
			held, clashes := action.Resolve(layers, m.Keys)
			for _, c := range clashes {
				fmt.Fprintf(a.err, "sawhorse: %s\n", c)
			}
			rows := []action.Binding{}
			for _, b := range held.Bindings(layers) {
				if has(b, words) && (b.Changed() || !changed) {
					rows = append(rows, b)
				}
			}
			if a.json {
				return a.printJSON(rows)
			}
			return a.printKeys(rows)
		},
	}
	cmd.Flags().BoolVar(&changed, "changed", false, "only what you have changed")
	return cmd
}

// has says whether all words are somewhere in the binding.
func has(b action.Binding, words []string) bool {
	text := strings.ToLower(strings.Join([]string{b.ID, b.Title, b.Group, b.Place, b.Verb}, " ") + " " + strings.Join(b.Keys, " "))
	for _, w := range words {
		if !strings.Contains(text, strings.ToLower(w)) {
			return false
		}
	}
	return true
}

func (a *app) printKeys(rows []action.Binding) error {
	if len(rows) == 0 {
		fmt.Fprintln(a.out, "no action has that; all of them: sawhorse keys")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PLACE\tKEYS\tACTION\tWHAT IT DOES")
	for _, b := range rows {
		keys := strings.Join(b.Keys, " ")
		if keys == "" && b.Verb != "" {
			keys = ":" + b.Verb
		}
		if keys == "" {
			keys = "-"
		}
		what := b.Title
		if b.Changed() {
			what += "  (yours; default: " + orNone(strings.Join(b.Default, " "))
			if len(b.Hidden) > 0 {
				what += "; means something else: " + strings.Join(b.Hidden, ", ")
			}
			what += ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", b.Place, keys, b.ID, what)
	}
	return w.Flush()
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
