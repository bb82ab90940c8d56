package integrationtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Outside is a system that an integration connects to, for its contract.
type Outside struct {
	Definition integrations.Definition
	// Place is one where Connections finds the system.
	Place integrations.Place
	// Secrets must not be seen anywhere.
	Secrets []string
	// Task is one of its catalog that can be run with Params, and ends by itself;
	// "": it has none.
	Task   string
	Params map[string]string
	// Break makes the system fail from now on: every call is then an error with
	// the next step.
	Break func()
}

// Connected checks what is promised for every integration that connects to a
// system: reach is called anew for each part. around runs a part; nil: as it is.
// A test with virtual time gives one.
func Connected(t *testing.T, reach func(t *testing.T) Outside, around func(t *testing.T, part func(t *testing.T))) {
	t.Helper()
	if around == nil {
		around = func(t *testing.T, part func(t *testing.T)) { t.Helper(); part(t) }
	}
	for _, part := range []struct {
		name string
		do   func(c *contract)
	}{
		{"it says what it is", (*contract).describes},
		{"it connects, and not when its context has ended", (*contract).connects},
		{"its tasks can be shown and asked for", (*contract).lists},
		{"a run is linked, told in steps and has logs", (*contract).runs},
		{"a run that is followed twice is told the same, and no line twice", (*contract).followsAgain},
		{"a run goes on when the host leaves", (*contract).leaves},
		{"what it observes and watches ends with its context", (*contract).watches},
		{"what it tells can be shown, and its views answer", (*contract).shows},
		{"what it does not know is an error", (*contract).refuses},
		{"every failure says what to do next", (*contract).breaks},
	} {
		t.Run(part.name, func(t *testing.T) {
			around(t, func(t *testing.T) {
				t.Helper()
				c := &contract{t: t, o: reach(t)}
				part.do(c)
				c.keepsSecrets()
			})
		})
	}
}

// contract is one part of the suite, with all that was seen in it.
type contract struct {
	t *testing.T
	o Outside

	mu   sync.Mutex
	seen []any
}

func (c *contract) see(v any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, v)
}

func (c *contract) keepsSecrets() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.seen {
		text, err := json.Marshal(v)
		if e, isError := v.(error); isError {
			text = []byte(e.Error())
		} else if err != nil {
			c.t.Errorf("%T can't be written: %v", v, err)
		}
		for _, secret := range c.o.Secrets {
			if strings.Contains(string(text), secret) {
				c.t.Errorf("a secret is shown: %.300s", text)
			}
		}
	}
}

func (c *contract) describes() {
	t := c.t
	t.Helper()
	names := map[string]bool{}
	for _, o := range c.o.Definition.Options {
		if o.Name == "" || o.Name == "use" || names[o.Name] || o.Description == "" {
			t.Errorf("the option %+v: want a name of its own and a description", o)
		}
		names[o.Name] = true
	}
	for _, con := range c.connections() {
		if con.Name == "" || strings.ContainsAny(con.Name, "/# ") || con.Title == "" || con.Key == "" {
			t.Errorf("the connection %+v: want one word, a title and a key", con)
		}
	}
	c.o.Place.Dir = t.TempDir()
	c.o.Place.Declared = nil
	c.o.Place.Getenv = func(string) string { return "" }
	c.o.Place.Home = t.TempDir()
	if all, err := c.o.Definition.Connections(t.Context(), c.o.Place); err != nil || len(all) > 0 {
		t.Errorf("where nothing is: %v, %v", all, err)
	}
}

func (c *contract) connections() []integrations.Connection {
	c.t.Helper()
	all, err := c.o.Definition.Connections(c.t.Context(), c.o.Place)
	if err != nil || len(all) == 0 {
		c.t.Fatalf("no connection: %v", err)
	}
	return all
}

// connect is the provider of the first connection.
func (c *contract) connect() (any, string) {
	c.t.Helper()
	con := c.connections()[0]
	p, err := con.Connect(c.t.Context(), Looking{})
	if err != nil {
		c.see(err)
		c.t.Fatalf("connect: %v", err)
	}
	if closer, ok := p.(io.Closer); ok {
		c.t.Cleanup(func() { closer.Close() })
	}
	if d, ok := tasks.As[tasks.Describer](p); ok {
		c.see(d.About())
		if d.About() == "" {
			c.t.Error("it does not say what answered")
		}
	}
	return p, con.Name
}

func (c *contract) connects() {
	t := c.t
	t.Helper()
	c.connect()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := c.connections()[0].Connect(ctx, Looking{}); err == nil {
		t.Errorf("connected to %T although its context had ended", p)
	}
}

func (c *contract) task(p any) (tasks.Task, bool) {
	c.t.Helper()
	catalog, ok := tasks.As[tasks.Catalog](p)
	if !ok || c.o.Task == "" {
		return tasks.Task{}, false
	}
	all, err := catalog.Tasks(c.t.Context())
	if err != nil {
		c.t.Fatalf("list tasks: %v", err)
	}
	i := slices.IndexFunc(all, func(t tasks.Task) bool { return t.Name == c.o.Task })
	if i < 0 {
		c.t.Fatalf("there is no task %q in %v", c.o.Task, all)
	}
	task := all[i]
	task.Root = c.o.Place.Dir
	return task, true
}

func (c *contract) lists() {
	t := c.t
	t.Helper()
	p, name := c.connect()
	catalog, ok := tasks.As[tasks.Catalog](p)
	if !ok {
		return
	}
	all, err := catalog.Tasks(t.Context())
	if err != nil {
		t.Fatalf("list tasks: %v", err)
	}
	names := map[string]bool{}
	for _, task := range all {
		c.see(task)
		if task.Name == "" || strings.ContainsAny(task.Name, "# \n") || names[task.Name] || task.Title == "" || task.Kind == "" || task.Group == "" {
			t.Errorf("%s: the task %+v: want a name of its own, a title, a kind and a group", name, task)
		}
		names[task.Name] = true
		for _, param := range task.Spec.Params {
			if param.Name == "" || param.Type == "" {
				t.Errorf("%s: the parameter %+v has no name or no type", task.Name, param)
			}
			if param.HasDefault && param.Check(param.Default) != nil {
				t.Errorf("%s: %v", task.Name, param.Check(param.Default))
			}
		}
	}
}

// longest is how long any part may take.
const longest = 2 * time.Minute

// start runs the task in the background.
func (c *contract) start(ctx context.Context, p any, s *Sink) (done <-chan error, ok bool) {
	c.t.Helper()
	runner, runs := tasks.As[tasks.Runner](p)
	task, has := c.task(p)
	if !runs || !has {
		return nil, false
	}
	ended := make(chan error, 1) // buffered: the test may have given up
	go func() {
		ended <- runner.Run(ctx, tasks.Request{Run: "task#1", Task: task, Params: c.o.Params, Cause: tasks.Cause{Kind: tasks.ByPerson}}, s)
	}()
	return ended, true
}

// outcome waits for a run's end.
func (c *contract) outcome(done <-chan error) error {
	c.t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(longest):
		c.t.Fatalf("the run did not end within %v", longest)
		return nil
	}
}

// saw keeps all that a sink was told.
func (c *contract) saw(s *Sink) {
	for _, ev := range s.Events() {
		c.see(ev)
	}
	for _, step := range s.Logs() {
		c.see(s.Text(step))
	}
}

func (c *contract) runs() {
	t := c.t
	t.Helper()
	p, _ := c.connect()
	s := &Sink{}
	done, ok := c.start(t.Context(), p, s)
	if !ok {
		return
	}
	err := c.outcome(done)
	c.saw(s)
	if exit := (*tasks.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("the run ended with %v", err)
	}
	r := s.Run()
	if r.External == "" || r.URL == "" || r.Native == "" {
		t.Errorf("the run is not linked: external %q, url %q, native %q", r.External, r.URL, r.Native)
	}
	names := map[string]bool{}
	for _, st := range r.Steps {
		names[st.Name] = true
	}
	for _, st := range r.Steps {
		if st.Name == "" || st.Parent != "" && !names[st.Parent] || !st.Status.Done() {
			t.Errorf("the step %+v after the end: want a name, a parent that is one, and an end", st)
		}
		if st.Status != tasks.Skipped && (st.StartedAt.IsZero() || st.EndedAt.Before(st.StartedAt)) {
			t.Errorf("the step %+v has no times", st)
		}
	}
	for _, d := range r.Diagnostics {
		if d.Message == "" {
			t.Errorf("a diagnostic that says nothing: %+v", d)
		}
	}
	if !slices.ContainsFunc(s.Logs(), func(step string) bool { return s.Text(step) != "" }) {
		t.Error("the run has no log")
	}
}

func (c *contract) followsAgain() {
	t := c.t
	t.Helper()
	p, _ := c.connect()
	a, follows := tasks.As[tasks.Attacher](p)
	first := &Sink{}
	done, ok := c.start(t.Context(), p, first)
	if !ok || !follows {
		return
	}
	_ = c.outcome(done)
	run := first.Run()
	run.Task = c.o.Task
	attach := func(s *Sink) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), longest)
		defer cancel()
		if err := a.Attach(ctx, run, s); err != nil && ctx.Err() != nil {
			t.Fatalf("follow it again: %v", err)
		}
		c.saw(s)
	}
	later := &Sink{}
	attach(later)
	want, got := shape(first.Run()), shape(later.Run())
	if want != got {
		t.Errorf("told at first:\n%s\ntold again:\n%s", want, got)
	}
	before := map[string]string{}
	for _, step := range later.Logs() {
		before[step] = later.Text(step)
		if step != "" && before[step] != first.Text(step) {
			t.Errorf("the log of %s at first:\n%s\nagain:\n%s", step, first.Text(step), before[step])
		}
	}
	attach(later) // over what is stored
	for step, text := range before {
		if now := later.Text(step); now != text {
			t.Errorf("the log of %q was\n%s\nand after a third time is\n%s", step, text, now)
		}
	}
}

// shape is what two tellings of one run must have in common.
func shape(r tasks.Run) string {
	var rows []string
	for _, st := range r.Steps {
		rows = append(rows, fmt.Sprintf("%s › %s %s", st.Parent, st.Name, st.Status))
	}
	for _, d := range r.Diagnostics {
		rows = append(rows, fmt.Sprintf("%s %s %s", d.Severity, d.Location, d.Message))
	}
	slices.Sort(rows)
	return strings.Join(rows, "\n")
}

func (c *contract) leaves() {
	t := c.t
	t.Helper()
	p, _ := c.connect()
	ctx, leave := context.WithCancelCause(t.Context())
	s := &Sink{}
	done, ok := c.start(ctx, p, s)
	if !ok {
		leave(nil)
		return
	}
	deadline := time.Now().Add(longest)
	for s.Run().External == "" && time.Now().Before(deadline) && len(done) == 0 {
		time.Sleep(20 * time.Millisecond)
	}
	leave(tasks.ErrLeaving)
	_ = c.outcome(done)
	run := s.Run()
	run.Task = c.o.Task
	if run.External == "" {
		return
	}
	again := &Sink{}
	var err error
	if next, goesOn := tasks.As[tasks.Resumer](p); goesOn { // as the next host does
		task, _ := c.task(p)
		err = next.Resume(t.Context(), run, task, again)
	} else if a, follows := tasks.As[tasks.Attacher](p); follows {
		err = a.Attach(t.Context(), run, again)
	}
	c.saw(again)
	for _, st := range again.Run().Steps {
		if st.Status == tasks.Cancelled {
			t.Errorf("leaving cancelled the run: %+v, %v", st, err)
		}
	}
}

func (c *contract) watches() {
	t := c.t
	t.Helper()
	p, name := c.connect()
	if done, ok := c.start(t.Context(), p, &Sink{}); ok {
		_ = c.outcome(done)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	told := make(chan struct{}, 1000) // buffered: telling never waits for the test
	if o, ok := tasks.As[tasks.Observer](p); ok {
		all.Go(func() {
			err := o.Observe(ctx, func(r tasks.Run) {
				c.see(r)
				if r.Task == "" || r.External == "" || r.Status == "" || r.QueuedAt.IsZero() {
					t.Errorf("an observed run that says too little: %+v", r)
				}
				c.observed(t, r)
				told <- struct{}{}
			})
			if ctx.Err() == nil {
				t.Errorf("observing ended by itself: %v", err)
			}
		})
	}
	if s, ok := tasks.As[tasks.Source](p); ok {
		all.Go(func() {
			err := s.Watch(ctx, func(ch tasks.Changes) {
				for _, r := range ch.Changed {
					c.see(r)
					c.fits(t, name, s, r)
				}
				told <- struct{}{}
			})
			if ctx.Err() == nil {
				t.Errorf("watching ended by itself: %v", err)
			}
		})
	}
	select {
	case <-told:
	case <-time.After(5 * time.Second): // it may have nothing to tell
	}
	cancel()
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(longest):
		t.Fatal("the end of the context did not end it")
	}
}

// observed checks that a run is one of the glossary's, with its times in order.
func (c *contract) observed(t *testing.T, r tasks.Run) {
	t.Helper()
	known := []tasks.Status{tasks.Queued, tasks.Running, tasks.Stopping, tasks.Succeeded, tasks.Failed, tasks.Cancelled, tasks.Skipped}
	if !slices.Contains(known, r.Status) {
		t.Errorf("%s: %q is no status of a run elsewhere", r.External, r.Status)
	}
	started, ended := r.StartedAt, r.EndedAt
	if !started.IsZero() && started.Before(r.QueuedAt) || !ended.IsZero() && ended.Before(started) || r.Status.Done() != !ended.IsZero() {
		t.Errorf("%s is %s: queued %v, started %v, ended %v", r.External, r.Status, r.QueuedAt, started, ended)
	}
	c.link(r.External, r.URL)
}

// fits checks a resource against what its provider says of its kinds.
func (c *contract) fits(t *testing.T, name string, s tasks.Source, r tasks.Resource) {
	t.Helper()
	kinds := s.Kinds()
	i := slices.IndexFunc(kinds, func(k tasks.Kind) bool { return k.Name == r.Kind })
	if i < 0 || r.ID.Provider() != name || r.Name == "" {
		t.Errorf("the resource %+v: want one of %s's kinds and a name", r, name)
		return
	}
	for operation := range r.Off {
		if !slices.ContainsFunc(kinds[i].Operations, func(o tasks.Operation) bool { return o.Name == operation }) {
			t.Errorf("%s switches off %q, which is no operation of %s", r.ID, operation, r.Kind)
		}
	}
}

func (c *contract) refuses() {
	t := c.t
	t.Helper()
	p, name := c.connect()
	if q, ok := tasks.As[tasks.Querier](p); ok {
		if res, err := q.Query(t.Context(), tasks.Query{Provider: name, Name: "no such question"}); err == nil {
			t.Errorf("an unknown question has an answer: %+v", res)
		}
	}
	if o, ok := tasks.As[tasks.Operator](p); ok {
		r := tasks.Resource{ID: tasks.NewResourceID(name, "no such kind", "x"), Kind: "no such kind", Name: "x"}
		if err := o.Operate(t.Context(), r, "no such operation", nil); err == nil {
			t.Error("an unknown operation was done")
		}
	}
	if a, ok := tasks.As[tasks.Attacher](p); ok {
		ctx, cancel := context.WithTimeout(t.Context(), longest)
		defer cancel()
		if err := a.Attach(ctx, tasks.Run{ID: "task#9", Task: "task", External: "no such run"}, &Sink{}); err == nil || ctx.Err() != nil {
			t.Errorf("following a run that is not there: %v", err)
		}
	}
}

func (c *contract) breaks() {
	t := c.t
	t.Helper()
	if c.o.Break == nil {
		return
	}
	p, _ := c.connect()
	task, has := c.task(p)
	c.o.Break()
	ctx, cancel := context.WithTimeout(t.Context(), 10*longest) // it may try for a while
	defer cancel()
	check := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: no error although the system fails", what)
			return
		}
		c.see(err)
		start, ok := errors.AsType[*tasks.StartError](err)
		if !ok || start.Reason == "" || start.Hint == "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q: want one sentence and the next step, as a *tasks.StartError", what, err)
		}
	}
	_, err := c.connections()[0].Connect(ctx, Looking{})
	check("connect", err)
	if catalog, ok := tasks.As[tasks.Catalog](p); ok {
		_, err := catalog.Tasks(ctx)
		check("list tasks", err)
	}
	if runner, ok := tasks.As[tasks.Runner](p); ok && has {
		check("run", runner.Run(ctx, tasks.Request{Run: "task#1", Task: task, Params: c.o.Params}, &Sink{}))
	}
	if o, ok := tasks.As[tasks.Observer](p); ok {
		check("observe", o.Observe(ctx, func(tasks.Run) {}))
	}
	if s, ok := tasks.As[tasks.Source](p); ok {
		check("watch", s.Watch(ctx, func(tasks.Changes) {}))
	}
}
