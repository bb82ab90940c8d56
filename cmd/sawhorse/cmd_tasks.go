package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func (a *app) cmdTasks() *cobra.Command {
	return &cobra.Command{
		Use: "tasks", Aliases: []string{"list", "ls"}, Short: "What can be run here, and where it is declared", Args: cobra.NoArgs,
		Long: `Tasks lists the services and tasks of sawhorse.yml; without one, what the other files here and
in the directories below declare. It reads them and runs nothing, so that it asks for no trust
and needs no host. What runs: sawhorse ps.`,
		Example: `  sawhorse tasks            # list and ls mean the same
  sawhorse tasks --json     # with what each would run`,
		RunE: func(*cobra.Command, []string) error {
			p, err := a.find()
			if err != nil {
				return err
			}
			f, err := p.load()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(offers(f))
			}
			return printOffers(a.out, f)
		},
	}
}

// offer is what can be run, as tasks prints it.
type offer struct {
	Name        string   `json:"name"`
	Kind        string   `json:"kind"`
	Description string   `json:"description,omitempty"`
	Run         string   `json:"run,omitempty"`
	Image       string   `json:"image,omitempty"`
	Dir         string   `json:"dir,omitempty"`
	At          string   `json:"at,omitempty"`
	Params      []string `json:"params,omitempty"`
	Groups      []string `json:"groups,omitempty"`
}

// offers are the units that a person may name, in the order of the screen.
func offers(f *config.File) []offer {
	all := []offer{}
	for _, u := range f.Units {
		if u.Hidden {
			continue
		}
		u.Pos.Column = 0
		o := offer{
			Name: u.Name, Kind: string(u.Kind), Description: u.Description,
			Run: cmp.Or(u.Run, strings.Join(u.Command, " ")), Dir: u.Dir, At: u.Pos.String(), Groups: u.Groups,
		}
		if c := u.Container; c != nil {
			o.Image = imageOf(f.Dir, c)
		}
		for _, p := range u.Params {
			o.Params = append(o.Params, p.Name)
		}
		all = append(all, o)
	}
	return all
}

// imageOf says what a container is made of: its image, or where that is built.
func imageOf(root string, c *config.Container) string {
	if c.Build == nil {
		return c.Image
	}
	from := c.Build.Context
	if rel, err := filepath.Rel(root, from); err == nil {
		from = filepath.ToSlash(rel)
	}
	return "built from " + from
}

// whichTask is the answer to a verb that was given no task: those that there are.
func (a *app) whichTask() error {
	p, err := a.find()
	if err != nil {
		return err
	}
	f, err := p.load()
	if err != nil {
		return err
	}
	if err := printOffers(a.err, f); err != nil {
		return err
	}
	return &fault{code: exitUsage, err: errors.New("TASK is missing; what can be run stands above"), hint: "sawhorse run TASK [KEY=VALUE...]   ·   more: sawhorse run --help"}
}

func printOffers(to io.Writer, f *config.File) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	for _, o := range offers(f) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", o.Name, o.Kind, oneLine(o.At), oneLine(cmp.Or(o.Description, o.Run, o.Image)))
	}
	return w.Flush()
}
