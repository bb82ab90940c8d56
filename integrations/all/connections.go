package all

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/secret"
	"github.com/sawhorse-dev/sawhorse/integrations/mlflow"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Check says what is wrong with the integrations that a file declares; its
// error is config.Problems.
func Check(f *config.File) error { return check(f, Definitions()) }

func check(f *config.File, known []integrations.Definition) error {
	var problems config.Problems
	for _, c := range f.Integrations {
		d, ok := connecting(known, c.Use)
		if !ok {
			at, hint := c.Pos, "name the integration with use: "
			if p, given := c.At["use"]; given {
				at, hint = p, ""
			}
			problems = append(problems, f.Problem(at, len(c.Use), fmt.Sprintf("there is no integration %q to connect to", c.Use),
				hint+config.DidYouMean(c.Use, connectable(known))))
			continue
		}
		problems = append(problems, checkOptions(f, c, d)...)
	}
	for i := range f.Units {
		if u := &f.Units[i]; u.Use != "" {
			problems = append(problems, checkPinned(f, u, known)...)
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

func checkOptions(f *config.File, c config.Integration, d integrations.Definition) (problems config.Problems) {
	var names []string
	for _, o := range d.Options {
		names = append(names, o.Name)
		v, given := c.Options[o.Name]
		switch {
		case !given && o.Required:
			problems = append(problems, f.Problem(c.Pos, len(c.Name), fmt.Sprintf("%s needs the option %s", c.Name, o.Name), o.Description))
		case given && o.Secret && !secret.IsReference(v):
			problems = append(problems, f.Problem(c.At[o.Name], len(o.Name), fmt.Sprintf("%s of %s is a secret, which does not belong into a file", o.Name, c.Name),
				"say where it is: env:NAME, file:PATH or command:LINE"))
		case given && len(o.Choices) > 0 && !slices.Contains(o.Choices, v):
			problems = append(problems, f.Problem(c.At[o.Name], len(o.Name), fmt.Sprintf("%s of %s is %q", o.Name, c.Name, v), config.DidYouMean(v, o.Choices)))
		}
	}
	for _, e := range sortedKeys(c.Options) {
		if !slices.Contains(names, e) {
			problems = append(problems, f.Problem(c.At[e], len(e), fmt.Sprintf("%s (%s) has no option %q", c.Name, d.Title, e), config.DidYouMean(e, names)))
		}
	}
	return problems
}

// checkPinned says what is wrong with a task that another system runs, as far as
// its file can tell: the system itself knows the rest.
func checkPinned(f *config.File, u *config.Unit, known []integrations.Definition) (problems config.Problems) {
	use, names := u.Use, connectable(known)
	for _, c := range f.Integrations {
		names = append(names, c.Name)
		if c.Name == u.Use {
			use = c.Use
		}
	}
	d, ok := connecting(known, use)
	if !ok {
		hint := config.DidYouMean(u.Use, names)
		if hint == "" {
			hint = "declare it under integrations, or use one of " + strings.Join(connectable(known), ", ")
		}
		return config.Problems{f.Problem(u.At["use"], len(u.Use), fmt.Sprintf("task %q is run by %q, which is no connection", u.Name, u.Use), hint)}
	}
	if len(d.Pins) == 0 {
		return config.Problems{f.Problem(u.At["use"], len(u.Use), fmt.Sprintf("%s runs no tasks that are declared here", d.Title), "its own tasks are in the tree")}
	}
	var keys []string
	for _, o := range d.Pins {
		keys = append(keys, o.Name)
		if _, given := u.With[o.Name]; o.Required && !given {
			problems = append(problems, f.Problem(u.Pos, len(u.Name), fmt.Sprintf("task %q has no %s", u.Name, o.Name), o.Description))
		}
	}
	for _, key := range sortedKeys(u.With) {
		if !slices.Contains(keys, key) {
			hint := config.DidYouMean(key, keys)
			if hint == "" {
				hint = "parameters of its own stand in inputs: {" + key + ": " + u.With[key] + "}"
			}
			problems = append(problems, f.Problem(u.At[key], len(key), fmt.Sprintf("task %q, which %s runs, has no key %q", u.Name, u.Use, key), hint))
		}
	}
	return problems
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func connecting(known []integrations.Definition, name string) (integrations.Definition, bool) {
	i := slices.IndexFunc(known, func(d integrations.Definition) bool { return d.Connections != nil && d.Name == name })
	if i < 0 {
		return integrations.Definition{}, false
	}
	return known[i], true
}

func connectable(known []integrations.Definition) []string {
	var names []string
	for _, d := range known {
		if d.Connections != nil {
			names = append(names, d.Name)
		}
	}
	return names
}

// Connections are all systems to be reached from here. What one integration
// can't read does not hide the others', and those with one title are told apart by
// their names.
func Connections(ctx context.Context, f *config.File, p integrations.Place) ([]tasks.Connection, error) {
	return connections(ctx, f, p, Definitions())
}

// Offering are the titles of the systems to be reached from here that have tasks of
// their own: what a name means may be known only when they have answered.
func Offering(ctx context.Context, f *config.File, p integrations.Place) (titles []string) {
	for _, d := range Definitions() {
		if d.Connections == nil || len(d.Pins) == 0 {
			continue
		}
		p.Declared = declaredOf(f, d.Name)
		its, _ := d.Connections(ctx, p) // what can't be read is told by who connects
		for _, c := range its {
			titles = append(titles, c.Title)
		}
	}
	return titles
}

func connections(ctx context.Context, f *config.File, p integrations.Place, known []integrations.Definition) ([]tasks.Connection, error) {
	var found []tasks.Connection
	var errs []error
	taken := map[string]bool{}
	for _, d := range known {
		if d.Connections == nil {
			continue
		}
		p.Declared = declaredOf(f, d.Name)
		its, err := d.Connections(ctx, p)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", d.Title, err))
		}
		first := true
		for _, c := range its {
			if taken[c.Name] {
				continue
			}
			taken[c.Name] = true
			c.Later, first = !first, false
			found = append(found, c)
		}
	}
	titled := map[string]int{}
	for _, c := range found {
		titled[c.Title]++
	}
	for i, c := range found {
		if titled[c.Title] > 1 {
			found[i].Title = c.Name + " (" + c.Title + ")"
		}
	}
	return found, errors.Join(errs...)
}

// Track is a runner that records the runs of tasks with track:. now says what the
// workspace declares and where it is.
func Track(next tasks.Runner, now func() (*config.File, integrations.Place)) tasks.Runner {
	return mlflow.Track(next, func() integrations.Place {
		f, p := now()
		p.Declared = declaredOf(f, mlflow.Name)
		return p
	})
}

// declaredOf are a file's connections of one integration.
func declaredOf(f *config.File, name string) (all []integrations.Declared) {
	for _, c := range f.Integrations {
		if c.Use == name {
			all = append(all, integrations.Declared{Name: c.Name, Options: c.Options})
		}
	}
	return all
}
