package mlflow

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// isID says whether a word has the form of a run's id.
func isID(word string) bool {
	return len(word) == 32 && strings.Trim(word, "0123456789abcdef") == ""
}

// mostNamed bounds how many runs of one name are told apart in an error.
const mostNamed = 5

// named is a run by its id, its name, or experiment/name. A name that several
// runs have names none of them: a guess would compare the wrong ones and not say so.
func (p *Provider) named(ctx context.Context, word string) (run, error) {
	if isID(word) {
		return p.run(ctx, word)
	}
	experiments, err := p.experiments(ctx)
	if err != nil {
		return run{}, err
	}
	var all, of []string
	name := word
	for _, e := range experiments {
		all = append(all, e.ID)
		if rest, ok := strings.CutPrefix(word, e.Name+"/"); ok {
			of, name = []string{e.ID}, rest
		}
	}
	if of == nil {
		of = all
	}
	quote := "'"
	if strings.Contains(name, quote) {
		quote = `"`
	}
	if len(of) == 0 || strings.Contains(name, quote) {
		return run{}, noRun(word)
	}
	found, _, err := p.runs(ctx, search{experiments: of, filter: "attributes.run_name = " + quote + name + quote, most: mostNamed})
	switch {
	case err != nil:
		return run{}, err
	case len(found) == 0:
		return run{}, noRun(word)
	case len(found) > 1:
		var ids []string
		for _, r := range found {
			ids = append(ids, r.Info.ID)
		}
		return run{}, fmt.Errorf("several runs are called %q; name one by its id: %s", word, strings.Join(ids, ", "))
	}
	return found[0], nil
}

func noRun(word string) error {
	return &tasks.StartError{
		Reason: fmt.Sprintf("there is no run %q", word),
		Hint:   "name it by its id, its name, or experiment/name; sawhorse runs lists them",
	}
}

// title is what a run is called in a table.
func (r run) title() string { return cmp.Or(r.Info.Name, short(r.Info.ID)) }
