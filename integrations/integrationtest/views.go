package integrationtest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Told checks what a connection tells of its things, and asks every view of them, as
// the screen does: a row that can't be drawn, a view without an answer and a name that
// leads nowhere are the integration's mistake.
func Told(t *testing.T, name string, provider any) {
	t.Helper()
	(&contract{t: t}).told(name, provider)
}

func (c *contract) shows() {
	c.t.Helper()
	p, name := c.connect()
	s, ok := tasks.As[tasks.Source](p)
	if !ok {
		return
	}
	if len(c.look(name, s)) == 0 { // a run is a thing, too
		if done, runs := c.start(c.t.Context(), p, &Sink{}); runs {
			_ = c.outcome(done)
		}
	}
	c.told(name, p)
}

func (c *contract) told(name string, p any) {
	t := c.t
	t.Helper()
	s, ok := tasks.As[tasks.Source](p)
	if !ok {
		return
	}
	kinds := s.Kinds()
	for _, k := range kinds {
		c.kind(p, k)
	}
	first := c.look(name, s)
	again := c.look(name, s)
	for _, id := range slices.Sorted(maps.Keys(first)) {
		was, now := first[id], again[id]
		if now.ID != "" && attention(was) && was.Phase == now.Phase && was.Native == now.Native && was.Reason == now.Reason && !was.Since.Equal(now.Since) {
			t.Errorf("%s is as it was, and since %v where it was since %v", id, now.Since, was.Since)
		}
	}
	q, ok := tasks.As[tasks.Querier](p)
	if !ok {
		for _, k := range kinds {
			if len(k.Views) > 0 {
				t.Errorf("%s has views, and nobody answers questions", k.Name)
			}
		}
		return
	}
	asked := map[string]int{}
	for _, id := range slices.Sorted(maps.Keys(first)) {
		r := first[id]
		i := slices.IndexFunc(kinds, func(k tasks.Kind) bool { return k.Name == r.Kind })
		if i >= 0 && asked[r.Kind] < mostAsked {
			asked[r.Kind]++
			c.answers(name, q, kinds[i], r)
		}
	}
}

// mostAsked is of how many things of a kind the views are asked for.
const mostAsked = 3

// kind checks what is said of a kind.
func (c *contract) kind(p any, k tasks.Kind) {
	t := c.t
	t.Helper()
	if k.Name == "" || strings.ContainsAny(k.Name, "/ ") {
		t.Errorf("the kind %q: want a word", k.Name)
	}
	titles := map[string]bool{}
	for _, v := range k.Views {
		if v.Title == "" || strings.Contains(v.Title, " ") || titles[v.Title] || v.Query == "" {
			t.Errorf("%s: the view %+v: want a title of its own, in a word, and a question", k.Name, v)
		}
		titles[v.Title] = true
		if v.Key == "" && (v.As != "" || v.Compare != "") {
			t.Errorf("%s: the view %s has rows to be chosen, and no Key", k.Name, v.Title)
		}
	}
	operations := map[string]bool{}
	for _, o := range k.Operations {
		if o.Name == "" || o.Title == "" || operations[o.Name] {
			t.Errorf("%s: the operation %+v: want a name of its own and a title", k.Name, o)
		}
		operations[o.Name] = true
		c.params(k.Name+" "+o.Name, o.Params)
		if _, tells := tasks.As[tasks.Telling](p); o.Tells && !tells {
			t.Errorf("%s: %s tells what came of it, and its provider is no Telling", k.Name, o.Name)
		}
	}
	for _, o := range k.Operations {
		if o.Undo != "" && !operations[o.Undo] {
			t.Errorf("%s: %s is taken back by %q, which is none of its operations", k.Name, o.Name, o.Undo)
		}
	}
}

func (c *contract) params(of string, all []config.Param) {
	c.t.Helper()
	names := map[string]bool{}
	for _, p := range all {
		if p.Name == "" || p.Type == "" || names[p.Name] {
			c.t.Errorf("%s: the parameter %+v: want a name of its own and a type", of, p)
		}
		names[p.Name] = true
		if p.HasDefault && p.Check(p.Default) != nil {
			c.t.Errorf("%s: %v", of, p.Check(p.Default))
		}
	}
}

// quiet is how long nothing more is told once all was.
const quiet = 300 * time.Millisecond

// look is what there is, each checked.
func (c *contract) look(name string, s tasks.Source) map[tasks.ResourceID]tasks.Resource {
	t := c.t
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	all := map[tasks.ResourceID]tasks.Resource{}
	news := make(chan struct{}, 1000) // buffered: telling never waits for the test
	var watching sync.WaitGroup
	watching.Go(func() {
		_ = s.Watch(ctx, func(ch tasks.Changes) {
			if ch.All {
				clear(all)
			}
			once := map[tasks.ResourceID]bool{}
			for _, r := range ch.Changed {
				c.see(r)
				if once[r.ID] {
					t.Errorf("%s is told twice at once", r.ID)
				}
				once[r.ID] = true
				c.fits(t, name, s, r)
				c.row(r)
				all[r.ID] = r
			}
			for _, id := range ch.Gone {
				if once[id] {
					t.Errorf("%s is changed and gone at once", id)
				}
				delete(all, id)
			}
			news <- struct{}{}
		})
	})
	for wait := 2 * time.Second; ; wait = quiet { // it may have nothing to tell
		select {
		case <-news:
			continue
		case <-time.After(wait):
		}
		break
	}
	cancel()
	watching.Wait() // all is this goroutine's from here on
	return all
}

// attention says whether it stands in ATTENTION, where what was acknowledged comes back
// with another Since.
func attention(r tasks.Resource) bool {
	return r.Own && (r.Phase == tasks.PhaseWarning || r.Phase == tasks.PhaseFailed)
}

// row checks what stands in the tree and in ATTENTION.
func (c *contract) row(r tasks.Resource) {
	t := c.t
	t.Helper()
	if r.ID != tasks.NewResourceID(r.ID.Provider(), r.Kind, r.ID.Native()) || r.ID.Native() == "" {
		t.Errorf("the id %q is not that of a %s", r.ID, r.Kind)
	}
	switch r.Phase {
	case tasks.PhaseUnknown, tasks.PhaseOff, tasks.PhaseBusy, tasks.PhaseUp, tasks.PhaseWarning, tasks.PhaseFailed:
	default:
		t.Errorf("%s: %q is no phase", r.ID, r.Phase)
	}
	if attention(r) && cmp.Or(r.Reason, r.Native) == "" {
		t.Errorf("%s stands in ATTENTION and does not say why", r.ID)
	}
	if strings.ContainsAny(r.Name+r.Group+r.Native+r.Detail+r.Number, "\n\r\t") {
		t.Errorf("%s has more than a line for its row: %+v", r.ID, r)
	}
	if r.Since.After(time.Now().Add(time.Minute)) {
		t.Errorf("%s is %s since %v, which is to come", r.ID, r.Phase, r.Since)
	}
	c.link(string(r.ID), r.URL)
	c.facts(string(r.ID), r.Facts)
}

func (c *contract) link(of, address string) {
	c.t.Helper()
	if address == "" {
		return
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		c.t.Errorf("%s: %q is no address to be opened", of, address)
	}
}

func (c *contract) facts(of string, all []tasks.Fact) {
	c.t.Helper()
	for _, f := range all {
		if f.Name == "" || strings.Contains(f.Name, "\n") {
			c.t.Errorf("%s: the fact %+v: want a name in a line", of, f)
		}
	}
}

// answers asks the views of a thing, and the forms of what can be done with it.
func (c *contract) answers(name string, q tasks.Querier, k tasks.Kind, r tasks.Resource) {
	t := c.t
	t.Helper()
	// A view that has nothing to answer says why, and what would change that.
	ask := func(question string, more map[string]string) (tasks.Result, bool) {
		t.Helper()
		args := map[string]string{"id": r.ID.Native(), "kind": r.Kind}
		maps.Copy(args, more)
		ctx, cancel := context.WithTimeout(t.Context(), longest)
		defer cancel()
		res, err := q.Query(ctx, tasks.Query{Provider: name, Name: question, Args: args})
		c.see(res)
		if err != nil {
			c.see(err)
			if start, ok := errors.AsType[*tasks.StartError](err); !ok || start.Reason == "" || start.Hint == "" {
				t.Errorf("%s: %s: %q: want an answer, or one sentence and the next step, as a *tasks.StartError", r.ID, question, err)
			}
		}
		c.result(string(r.ID)+" "+question, res)
		return res, err == nil
	}
	chosen := map[string]string{}
	for _, v := range k.Views {
		res, _ := ask(v.Query, nil)
		if v.Key == "" || len(res.Rows) == 0 {
			continue
		}
		keys := c.keys(string(r.ID)+" "+v.Query, v.Key, res)
		chosen[v.As] = keys[0]
		if v.Compare == "" {
			continue
		}
		keys = keys[:min(2, len(keys))]
		beside, ok := ask(v.Compare, map[string]string{"runs": strings.Join(keys, ",")})
		var of []string
		for _, s := range beside.Runs {
			of = append(of, s.ID)
		}
		if !ok || !slices.Equal(of, keys) {
			t.Errorf("%s: %s of %v is about %v", r.ID, v.Compare, keys, of)
		}
	}
	for _, o := range k.Operations {
		if _, off := r.Off[o.Name]; off || o.Form == "" {
			continue
		}
		given := map[string]string{}
		for as, id := range chosen {
			if slices.ContainsFunc(o.Params, func(p config.Param) bool { return p.Name == as }) {
				given[as] = id
			}
		}
		res, ok := ask(o.Form, given)
		for named := range res.Suggest {
			if !slices.ContainsFunc(res.Params, func(p config.Param) bool { return p.Name == named }) {
				t.Errorf("%s: the form of %s completes %q, which it does not ask for", r.ID, o.Name, named)
			}
		}
		if ok && len(res.Params) == 0 {
			t.Errorf("%s: the form of %s asks for nothing", r.ID, o.Name)
		}
	}
}

// keys are the names of the rows that can be chosen.
func (c *contract) keys(of, column string, res tasks.Result) (keys []string) {
	c.t.Helper()
	at := slices.IndexFunc(res.Columns, func(col tasks.Column) bool { return col.Name == column })
	if at < 0 {
		c.t.Fatalf("%s: there is no column %q to choose rows by: %v", of, column, res.Columns)
	}
	for _, row := range res.Rows {
		if row[at] == "" || slices.Contains(keys, row[at]) {
			c.t.Errorf("%s: the row %q is not the only one of its name", of, row)
		}
		keys = append(keys, row[at])
		for i, col := range res.Columns { // by which rows are sorted
			if _, err := strconv.ParseFloat(row[i], 64); col.Number && row[i] != "" && err != nil {
				c.t.Errorf("%s: %q is no number, as all of the column %s are", of, row[i], col.Name)
			}
		}
	}
	return keys
}

// result checks an answer.
func (c *contract) result(of string, res tasks.Result) {
	t := c.t
	t.Helper()
	c.facts(of, res.Facts)
	c.params(of, res.Params)
	names := map[string]bool{}
	for _, col := range res.Columns {
		if col.Name == "" || names[col.Name] {
			t.Errorf("%s: the column %+v: want a name of its own", of, col)
		}
		names[col.Name] = true
	}
	for _, row := range res.Rows {
		if len(row) != len(res.Columns) {
			t.Fatalf("%s: a row of %d cells under %d columns: %q", of, len(row), len(res.Columns), row)
		}
	}
	for _, curve := range res.Curves {
		ordered := slices.IsSortedFunc(curve.Points, func(a, b tasks.Point) int {
			return cmp.Or(cmp.Compare(a.Step, b.Step), a.At.Compare(b.At))
		})
		if curve.Name == "" || !ordered {
			t.Errorf("%s: the curve %q: want a name, and its points in order", of, curve.Name)
		}
	}
}
