package tui

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui/action"
)

// verbs are the commands that take names, as the verbs of the command line do.
func (s *Screen) verbs() []action.Action {
	verb := func(word, title, usage string, writes bool, complete func([]string) []string, do func([]string) (tea.Cmd, error)) action.Action {
		return action.Action{
			ID: "verb." + word, Title: title, Group: "Commands", Verb: word, Writes: writes,
			Args: &action.Args{Usage: usage, Complete: complete, Do: do},
		}
	}
	many := func(do func(words []string) tea.Cmd) func([]string) (tea.Cmd, error) {
		return func(words []string) (tea.Cmd, error) {
			if len(words) == 0 {
				return nil, fmt.Errorf("which? name services, tasks or groups")
			}
			if _, unknown := s.state.Names(words); unknown != "" {
				return nil, s.unknown(unknown)
			}
			return do(words), nil
		}
	}
	start := func(doing string, command func(words []string) tasks.Command) func([]string) (tea.Cmd, error) {
		return many(func(words []string) tea.Cmd {
			names, _ := s.state.Names(words)
			for _, n := range names {
				if t := s.state.Units[n].Task; t.Spec.Confirm && len(names) == 1 {
					return s.rerun(n)
				} else if t.Spec.Confirm {
					return s.toast(tasks.Warning, n+" asks before it runs (confirm: true): run it by itself")
				}
			}
			return s.do(command(words), doing+" "+strings.Join(words, " "))
		})
	}
	one := func(do func(name string) tea.Cmd) func([]string) (tea.Cmd, error) {
		return func(words []string) (tea.Cmd, error) {
			if len(words) != 1 {
				return nil, fmt.Errorf("name one service or task")
			}
			if !s.known(words[0]) {
				return nil, s.unknown(words[0])
			}
			return do(words[0]), nil
		}
	}
	others := func(words []string) []string { return without(s.names(), words) }
	return append([]action.Action{
		verb("start", "Start services or tasks", "NAME…", true, others, start("starting", func(n []string) tasks.Command { return tasks.Start{Names: n} })),
		verb("stop", "Stop services or tasks", "NAME…", true, others, many(func(n []string) tea.Cmd { return s.stopTasks(n, "stopping "+strings.Join(n, " ")) })),
		verb("restart", "Restart services or tasks", "NAME…", true, others, start("restarting", func(n []string) tasks.Command { return tasks.Restart{Names: n} })),
		verb("run", "Run a task", "NAME [param=value…]", true, s.completeRun, s.runVerb),
		verb("trigger", "Trigger a pipeline", "NAME [param=value…]", true, s.completeRun, s.runVerb),
		verb("train", "Start a training", "NAME [param=value…]", true, s.completeRun, s.runVerb),
		verb("logs", "Show a log, or several merged by time", "NAME… [since=5m …]", false, s.completeLogs, s.logsVerb),
		verb("why", "Say why something is as it is", "NAME", false, others, one(func(n string) tea.Cmd { s.openWhy(n); return nil })),
		verb("attach", "Take the terminal of a service", "NAME", true, others, one(func(n string) tea.Cmd {
			if why := s.noTerminal(n); why != "" {
				return s.toast(tasks.Warning, why)
			}
			return s.takeTerminal(n)
		})),
		verb("go", "Select a service or a task", "NAME", false, others, one(func(n string) tea.Cmd {
			s.tree.Select(n)
			s.setFocus(treePane)
			return nil
		})),
		s.down(),
	}, s.pageVerbs()...)
}

func (s *Screen) unknown(word string) error {
	for _, n := range s.names() {
		if strings.HasPrefix(n, word) || strings.HasPrefix(word, n) || strings.Contains(n, word) {
			return fmt.Errorf("there is no %q; did you mean %s?", word, n)
		}
	}
	return fmt.Errorf("there is no service, task or group %q", word)
}

// names are all tasks, then their groups.
func (s *Screen) names() []string {
	names := slices.Clone(s.state.Order)
	for _, n := range s.state.Order {
		for _, g := range s.state.Units[n].Task.Spec.Groups {
			if !slices.Contains(names, g) {
				names = append(names, g)
			}
		}
	}
	return names
}

func (s *Screen) completeRun(words []string) []string {
	if len(words) == 0 {
		return s.taskNames()
	}
	var all []string
	for _, p := range s.state.Units[words[0]].Task.Spec.Params {
		if slices.ContainsFunc(words[1:], func(w string) bool { return strings.HasPrefix(w, p.Name+"=") }) {
			continue
		}
		if len(p.Choices) == 0 {
			all = append(all, p.Name+"="+p.Default)
		}
		for _, c := range p.Choices {
			all = append(all, p.Name+"="+c)
		}
	}
	return all
}

// taskNames are all that can be run, services left out.
func (s *Screen) taskNames() []string {
	var names []string
	for _, n := range s.state.Order {
		if t := s.state.Units[n].Task; !t.IsService() && !t.Spec.Hidden {
			names = append(names, n)
		}
	}
	return names
}

func (s *Screen) runVerb(words []string) (tea.Cmd, error) {
	if len(words) == 0 {
		return nil, fmt.Errorf("which task?")
	}
	name := words[0]
	if !s.known(name) {
		return nil, s.unknown(name)
	}
	t := s.state.Units[name].Task
	if t.IsService() {
		return nil, fmt.Errorf("%s is a service: start %s", name, name)
	}
	s.tree.Select(name) // who runs something wants to see it
	if len(words) == 1 && len(t.Spec.Params) > 0 {
		return s.openParams(t), nil
	}
	params, err := verbParams(t, words[1:])
	if err != nil {
		return nil, err
	}
	return s.sure(t, params, nil), nil
}

// only is choices for the first word alone.
func only(words, choices []string) []string {
	if len(words) > 0 {
		return nil
	}
	return choices
}

func without(all, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(n string) bool { return slices.Contains(gone, n) })
}

func cutAssign(w string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(w, "=")
	return name, value, ok && name != ""
}

func quoted(words []string) string { return strings.Join(words, ", ") }

func sorted(seq iter.Seq[string]) []string { return slices.Sorted(seq) }
