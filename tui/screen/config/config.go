// Package config is the tab with a unit's declaration as the host understands
// it, defaults included. It edits nothing.
package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/screen"
	"github.com/sawhorse-dev/sawhorse/tui/widget/pager"
)

// Screen is the tab.
type Screen struct{ pager pager.Pager }

// Move scrolls.
func (s *Screen) Move(n int) { s.pager.Move(n) }

// View draws the declaration.
func (s *Screen) View(f screen.Frame) []string {
	u, ok := f.State.Units[f.Unit]
	if !ok {
		return f.Empty("It is no longer in the workspace file.", "")
	}
	var lines []string
	say := func(label, text string) {
		if text != "" {
			lines = append(lines, f.Fact(f.Ink.Text, label, text)...)
		}
	}
	for _, p := range facts(u) {
		say(p[0], p[1])
	}
	return s.pager.View(lines, f.W, f.H)
}

// facts are the labels and texts of a declaration, in the order of the file's
// documentation.
func facts(u tasks.Unit) [][2]string {
	spec := u.Task.Spec
	all := [][2]string{
		{"declared in", spec.Pos.String()},
		{"about", spec.Description},
		{"run", spec.Run},
		{"command", strings.Join(spec.Command, " ")},
		{"dir", spec.Dir},
		{"groups", strings.Join(spec.Groups, " ")},
		{"starts", map[bool]string{true: "with the workspace", false: "when asked to"}[spec.Autostart]},
		{"terminal", map[bool]string{true: "yes (x takes it)", false: "no, pipes"}[spec.TTY]},
	}
	for _, d := range spec.DependsOn {
		text := d.Name + " " + string(d.Condition)
		if d.Restart {
			text += ", restarts with it"
		}
		all = append(all, [2]string{"depends on", text})
	}
	if w := spec.Watch; w != nil {
		all = append(all, [2]string{"watches", strings.Join(w.Paths, "  ")}, [2]string{"ignores", strings.Join(w.Ignore, "  ")})
		for i, l := range w.Live {
			text := strings.Join(l.Paths, "  ")
			if c := spec.Container; c != nil && i < len(c.Sync) {
				text += c.Sync[i].Then()
			}
			all = append(all, [2]string{"takes in", text})
		}
	}
	if spec.Container != nil {
		all = append(all, container(u)...)
	}
	if u.Task.IsService() {
		all = append(all, service(u)...)
	} else {
		all = append(all, task(u)...)
	}
	return append(all, [2]string{"stop", fmt.Sprintf("%s, then KILL after %s", spec.Stop.Signal, spec.Stop.Timeout)})
}

// container are the facts of a service that is one.
func container(u tasks.Unit) [][2]string {
	c := u.Task.Spec.Container
	all := [][2]string{{"image", c.Image}}
	if b := c.Build; b != nil {
		text := b.Context
		if b.Dockerfile != "" {
			text += "  " + b.Dockerfile
		}
		if b.Target != "" {
			text += "  up to " + b.Target
		}
		all = append(all, [2]string{"built of", text})
	}
	for _, v := range c.Volumes {
		all = append(all, [2]string{"volume", strings.TrimSuffix(v.Source+" at "+v.Target+" "+v.Only, " ")})
	}
	for _, v := range c.Named {
		all = append(all, [2]string{"volume", v.Name})
	}
	for _, n := range c.Networks {
		all = append(all, [2]string{"network", n.Name})
	}
	return append(all, [2]string{"platform", c.Platform}, [2]string{"user", c.User})
}

func service(u tasks.Unit) [][2]string {
	spec := u.Task.Spec
	var all [][2]string
	if p := spec.Ready; p != nil {
		what := ""
		switch {
		case p.HTTP != "":
			what = "http " + p.HTTP
		case p.TCP != "":
			what = "tcp " + p.TCP
		case p.Exec != "":
			what = "exec " + p.Exec
		case p.Log != "":
			what = "a line that matches " + p.Log
		}
		all = append(all, [2]string{"ready when", fmt.Sprintf("%s, asked every %s", what, p.Every)})
		if p.Within > 0 {
			all = append(all, [2]string{"", "fails if not ready within " + p.Within.String()})
		}
	}
	for _, p := range spec.Ports {
		n := "auto"
		if p.Number > 0 {
			n = fmt.Sprint(p.Number)
		}
		all = append(all, [2]string{"port", p.Name + " " + n})
	}
	restart := string(spec.Restart.When)
	if restart != "" && restart != "no" {
		restart += fmt.Sprintf(", after %s doubling to %s", spec.Restart.Min, spec.Restart.Max)
		if spec.Restart.Limit > 0 {
			restart += fmt.Sprintf(", at most %d times", spec.Restart.Limit)
		}
	}
	all = append(all, [2]string{"restart", restart})
	if spec.Replicas > 1 {
		all = append(all, [2]string{"replicas", fmt.Sprint(spec.Replicas)})
	}
	return all
}

func task(u tasks.Unit) [][2]string {
	spec := u.Task.Spec
	all := [][2]string{{"when busy", string(spec.OnBusy)}, {"schedule", spec.Schedule}}
	if spec.Timeout > 0 {
		all = append(all, [2]string{"timeout", spec.Timeout.Round(time.Millisecond).String()})
	}
	for _, p := range spec.Params {
		text := p.Name + " " + string(p.Type)
		if p.Required {
			text += ", required"
		}
		if p.HasDefault && !p.Secret {
			text += ", default " + p.Default
		}
		if len(p.Choices) > 0 {
			text += ", one of " + strings.Join(p.Choices, " ")
		}
		if p.Description != "" {
			text += ": " + p.Description
		}
		all = append(all, [2]string{"param", text})
	}
	return all
}
