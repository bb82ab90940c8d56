package prometheus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// first is asked from the beginning, so that there is a place to ask from.
const first = "up"

// mostKept bounds what is asked at each look.
const mostKept = 20

// kept are the expressions that a person has asked, the newest first.
type kept struct {
	file    string
	changed chan struct{} // one slot

	mu    sync.Mutex
	exprs []string
}

func keptIn(dir, name string) (*kept, error) {
	k := &kept{file: filepath.Join(dir, "prometheus", name+".json"), changed: make(chan struct{}, 1), exprs: []string{first}}
	text, err := os.ReadFile(k.file)
	if errors.Is(err, os.ErrNotExist) {
		return k, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &k.exprs)
	}
	if err != nil {
		return nil, &tasks.StartError{Reason: fmt.Sprintf("the kept queries can't be read: %s: %v", k.file, err), Hint: "mend the file, or delete it"}
	}
	return k, nil
}

func (k *kept) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.exprs)
}

// change keeps what becomes of the expressions.
func (k *kept) change(become func(exprs []string) []string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := become(slices.Clone(k.exprs))
	text, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(k.file), 0o700); err != nil {
		return fmt.Errorf("keep the query: %w", err)
	}
	if err := os.WriteFile(k.file, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep the query: %w", err)
	}
	k.exprs = now
	select {
	case k.changed <- struct{}{}:
	default:
	}
	return nil
}

// queries are the kept expressions with their values. One that can't be answered says
// why; that the server can't be is an error.
func (p *Provider) queries(ctx context.Context) ([]tasks.Resource, error) {
	var all []tasks.Resource
	for _, expr := range p.kept.all() {
		r := tasks.Resource{
			ID: tasks.NewResourceID(p.name, kindQuery, expr), Kind: kindQuery, Name: short(expr), Own: true, Phase: tasks.PhaseUp, URL: p.page(expr),
		}
		if expr == first {
			r.Off = map[string]string{"forget": "it is the place to ask from"}
		}
		got, _, err := p.instant(ctx, expr)
		switch {
		case rest.Is(err, rest.Invalid):
			r.Phase, r.Native, r.Reason = tasks.PhaseWarning, "error", err.Error()
		case err != nil:
			return nil, err
		case len(got) == 0:
			r.Phase, r.Number = tasks.PhaseOff, "nothing"
		case len(got) == 1:
			r.Number = rounded(got[0].Value)
		default:
			r.Number = fmt.Sprintf("%d series", len(got))
		}
		all = append(all, r)
	}
	return all, nil
}

// rounded is a value for the end of a row.
func rounded(v value) string {
	if n, ok := v.number(); ok {
		return strconv.FormatFloat(n, 'g', 4, 64)
	}
	return v.Text
}

// Operate does as OperateTelling.
func (p *Provider) Operate(ctx context.Context, r tasks.Resource, operation string, args map[string]string) error {
	_, err := p.OperateTelling(ctx, r, operation, args)
	return err
}

// OperateTelling asks an expression and keeps it, or forgets one.
func (p *Provider) OperateTelling(ctx context.Context, r tasks.Resource, operation string, args map[string]string) (tasks.Outcome, error) {
	switch operation {
	case "query":
		return p.keep(ctx, strings.TrimSpace(args["expr"]))
	case "forget":
		expr := r.ID.Native()
		if r.Kind != kindQuery || expr == first || !slices.Contains(p.kept.all(), expr) {
			return tasks.Outcome{}, fmt.Errorf("%s is no query that can be forgotten", r.Name)
		}
		return tasks.Outcome{}, p.kept.change(func(exprs []string) []string {
			return slices.DeleteFunc(exprs, func(e string) bool { return e == expr })
		})
	}
	return tasks.Outcome{}, fmt.Errorf("%s can't %q", p.host, operation)
}

func (p *Provider) keep(ctx context.Context, expr string) (tasks.Outcome, error) {
	if expr == "" {
		return tasks.Outcome{}, errors.New("it needs expr: what to ask")
	}
	got, _, err := p.instant(ctx, expr)
	if err != nil {
		return tasks.Outcome{}, err
	}
	answer := fmt.Sprintf("%d series", len(got))
	if len(got) == 1 {
		answer = rounded(got[0].Value)
	}
	err = p.kept.change(func(exprs []string) []string {
		exprs = slices.Insert(slices.DeleteFunc(exprs, func(e string) bool { return e == expr }), 0, expr)
		if len(exprs) > mostKept { // the oldest goes, but for the first of all
			oldest := len(exprs) - 1
			if exprs[oldest] == first {
				oldest--
			}
			exprs = slices.Delete(exprs, oldest, oldest+1)
		}
		return exprs
	})
	return tasks.Outcome{Text: short(expr) + ": " + answer + "; it stands in QUERIES"}, err
}
