package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func (a *app) cmdAsk() *cobra.Command {
	return &cobra.Command{
		Use: "ask NAME [QUESTION] [KEY=VALUE...]", Short: "Ask another system what the screen shows of it", Args: cobra.MinimumNArgs(1),
		Long: `Ask puts a question to a connection, or to one about a thing that it has: a
container, a target, a model. Of a connection alone it lists its things with the
questions that each answers, which are the tabs that the screen shows; of a thing
alone it asks the first of them. Nothing is changed there.`,
		Example: `  sawhorse ask prometheus                        # what there is to ask about
  sawhorse ask prometheus query expr='rate(http_requests_total[5m])'
  sawhorse ask prometheus range expr=up for=6h --json
  sawhorse ask shop-db-1 top                     # a container's tab
  sawhorse ask prometheus/target/api-1 metrics   # where several have the name`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := questionIn(args)
			if err != nil {
				return err
			}
			return a.withEngine(cmd.Context(), func(_ place, e outside) error { return a.ask(cmd.Context(), e, q) })
		},
	}
}

// question is what a person asks.
type question struct {
	name, question string
	args           map[string]string
}

func questionIn(words []string) (question, error) {
	q := question{name: words[0], args: map[string]string{}}
	for i, w := range words[1:] {
		key, v, is := strings.Cut(w, "=")
		switch {
		case is && key != "":
			q.args[key] = v
		case i == 0:
			q.question = w
		default:
			return q, &fault{code: exitUsage, err: fmt.Errorf("%q is no KEY=VALUE", w), hint: "quote a value that has blanks: sawhorse ask prometheus query expr='sum by (job) (up)'"}
		}
	}
	return q, nil
}

func (a *app) ask(ctx context.Context, e outside, q question) error {
	s, about, err := awaitAsked(ctx, e, q)
	if err != nil {
		return err
	}
	provider := q.name
	if about.ID != "" {
		provider = about.ID.Provider()
	}
	p := s.Providers[provider]
	switch {
	case p.Phase == tasks.PhaseFailed:
		return &fault{code: exitFailure, err: fmt.Errorf("%s is not connected: %s", p.Title, p.Error), hint: p.Hint}
	case about.ID == "" && q.question == "":
		return a.listThings(&s, provider)
	}
	name, err := questionOf(p, about, q.question)
	if err != nil {
		return err
	}
	args := map[string]string{}
	if about.ID != "" {
		args["id"], args["kind"] = about.ID.Native(), about.Kind
	}
	maps.Copy(args, q.args)
	res, err := e.Query(ctx, tasks.Query{Provider: provider, Name: name, Args: args})
	switch {
	case err != nil:
		return err
	case a.json:
		return a.printJSON(res)
	}
	return a.printResult(res)
}

// awaitAsked waits until it is known of whom a name is: a connection, or a thing that
// one of them tells of.
func awaitAsked(ctx context.Context, e outside, q question) (last tasks.State, about tasks.Resource, err error) {
	limited, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	var found []tasks.Resource
	var settled time.Time // since when nobody is being connected
	err = followTicking(limited, e, func(s *tasks.State) (bool, error) {
		last, found = *s, thingsCalled(s, q.name)
		p, isConnection := s.Providers[q.name]
		busy := len(s.Providers) == 0 // the engine has only begun
		for _, p := range s.Providers {
			busy = busy || p.Phase == tasks.PhaseBusy
		}
		switch {
		case isConnection && p.Phase != tasks.PhaseBusy && (q.question != "" || p.Phase == tasks.PhaseFailed || tellsOf(s, q.name)):
			return true, nil
		case !isConnection && len(found) > 0:
			return true, nil
		case busy:
			settled = time.Time{}
		case settled.IsZero():
			settled = time.Now()
		}
		return !settled.IsZero() && time.Since(settled) > telling, nil
	})
	_, isConnection := last.Providers[q.name]
	switch {
	case ctx.Err() != nil:
		return last, about, ctx.Err()
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return last, about, err
	case isConnection:
		return last, about, nil
	case len(found) == 1:
		return last, found[0], nil
	case len(found) > 1:
		var ids []string
		for _, r := range found {
			ids = append(ids, string(r.ID))
		}
		return last, about, &fault{code: exitUsage, err: fmt.Errorf("several are called %q", q.name), hint: "say which: " + joinNames(ids)}
	case len(last.Providers) == 0:
		return last, about, noConnection(&last)
	}
	var names []string
	for _, p := range valuesOf(last.Providers) {
		names = append(names, p.Name)
	}
	return last, about, &fault{
		code: exitUsage, err: fmt.Errorf("no connection and nothing outside is called %q", q.name),
		hint: "there are: " + joinNames(names) + "; sawhorse ask NAME lists what each has",
	}
}

// thingsCalled are the things of that name, or the one with that id.
func thingsCalled(s *tasks.State, name string) []tasks.Resource {
	if r, ok := s.Resources[tasks.ResourceID(name)]; ok {
		return []tasks.Resource{r}
	}
	var all []tasks.Resource
	for _, r := range s.Resources {
		if r.Name == name || r.Group != "" && r.Group+"/"+r.Name == name {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(x, y tasks.Resource) int { return cmp.Compare(x.ID, y.ID) })
	return all
}

// questionOf is a question as its system calls it: by that name, or by its tab's.
func questionOf(p tasks.Provider, about tasks.Resource, word string) (string, error) {
	if about.ID == "" {
		return word, nil
	}
	k, _ := p.Kind(about.Kind)
	if len(k.Views) == 0 {
		return "", &fault{code: exitUsage, err: fmt.Errorf("%s answers no questions about %s", p.Title, about.Name)}
	}
	if word == "" {
		return k.Views[0].Query, nil
	}
	for _, v := range k.Views {
		if strings.EqualFold(v.Title, word) || v.Query == word {
			return v.Query, nil
		}
	}
	return "", &fault{code: exitUsage, err: fmt.Errorf("%q is no question about %s", word, about.Name), hint: "there are: " + joinNames(questionsOf(k))}
}

func questionsOf(k tasks.Kind) []string {
	var names []string
	for _, v := range k.Views {
		names = append(names, strings.ToLower(v.Title))
	}
	return names
}

// thing is a resource as a list has it.
type thing struct {
	ID        tasks.ResourceID `json:"id"`
	Kind      string           `json:"kind"`
	Name      string           `json:"name"`
	Group     string           `json:"group,omitempty"`
	State     string           `json:"state,omitempty"`
	Number    string           `json:"number,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	URL       string           `json:"url,omitempty"`
	Questions []string         `json:"questions,omitempty"`
}

// listThings lists what a connection has.
func (a *app) listThings(s *tasks.State, provider string) error {
	p := s.Providers[provider]
	all := []thing{}
	for _, k := range p.Kinds {
		of := []thing{}
		for _, r := range s.Resources {
			if r.ID.Provider() == provider && r.Kind == k.Name {
				of = append(of, thing{r.ID, r.Kind, r.Name, r.Group, cmp.Or(r.Native, string(r.Phase)), r.Number, r.Reason, r.URL, questionsOf(k)})
			}
		}
		slices.SortFunc(of, func(x, y thing) int {
			return cmp.Or(cmp.Compare(x.Group, y.Group), cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
		})
		all = append(all, of...)
	}
	if a.json {
		return a.printJSON(all)
	}
	if len(all) == 0 {
		fmt.Fprintf(a.out, "%s has nothing to ask about now\n", safeText(cmp.Or(p.Title, provider), false))
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tNAME\tSTATE\tNUMBER\tQUESTIONS")
	for _, t := range all {
		cells := []string{t.Kind, t.Name, t.State, t.Number, strings.Join(t.Questions, ", ")}
		for i, text := range cells {
			cells[i] = safeText(firstLine(text), false)
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}

// printResult prints an answer as its tab shows it: facts, rows, text, and of each curve
// its newest value.
func (a *app) printResult(r tasks.Result) error {
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	for _, f := range r.Facts {
		name := f.Name
		for line := range strings.SplitSeq(f.Value, "\n") {
			fmt.Fprintf(w, "%s\t%s\n", safeText(name, false), safeText(line, false))
			name = ""
		}
	}
	for _, c := range r.Curves {
		if n := len(c.Points); n > 0 {
			fmt.Fprintf(w, "%s\t%v\t%d points\n", safeText(firstLine(c.Name), false), c.Points[n-1].Value, n)
		}
	}
	for _, p := range r.Params {
		fmt.Fprintf(w, "%s\t%s\t%s\n", safeText(p.Name, false), safeText(p.Default, false), safeText(firstLine(p.Description), false))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(r.Rows) > 0 {
		if err := a.printPlainTable(r); err != nil {
			return err
		}
	}
	if r.Text != "" {
		for line := range strings.SplitSeq(strings.TrimRight(r.Text, "\n"), "\n") {
			fmt.Fprintln(a.out, safeText(line, false))
		}
	}
	if len(r.Facts)+len(r.Curves)+len(r.Params)+len(r.Rows)+len(r.Runs) == 0 && r.Text == "" {
		fmt.Fprintln(a.err, "the answer is empty")
	}
	return nil
}
