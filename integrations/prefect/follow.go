package prefect

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

const (
	// lookEvery is how often a run is looked at without news of it, lookSoon after
	// news, so that a burst of them is one look.
	lookEvery = 3 * time.Second
	lookSoon  = 100 * time.Millisecond
	// lateFor is how long lines may come after the end: a flow sends them in
	// batches of its own.
	lateFor   = 3 * time.Second
	lateEvery = 400 * time.Millisecond
	// settleFor is how long the server may take to know of the end of a run's tasks
	// after it knows of the run's: it hears of them by another way, which is slower.
	settleFor = 30 * time.Second
	// lookLast is how often a server that does not answer is tried.
	lookLast = 30 * time.Second
	// overlap is how much older than the newest a line may be that comes late.
	overlap = 10 * time.Second
	// mostOrphans bounds the lines that are kept for a task that is not known yet.
	mostOrphans = 1000
)

// follower tells a sink of one flow run.
//
//	logs/out (live) ──┐
//	events/out (news) ┼─> look: state, task runs ─> steps, native word, the end
//	a clock ──────────┘   └─> logs/filter, what the live stream missed
type follower struct {
	p    *Provider
	id   string
	sink tasks.Sink

	log  tasks.LogWriter // nil: the sink keeps none; lines go to Sink.Log
	from time.Time       // lines from then on are asked for
	skip int             // of those of that moment, the first are stored already
	seen recent
	last time.Time // of the newest line
	// behind: there may be lines that nobody sent, and they come before those that
	// are heard now.
	behind bool

	steps   map[string]tasks.Step      // by task run
	named   map[string]int             // how many steps have a name
	logs    map[string]tasks.LogWriter // by task run
	orphans map[string][]logLine       // by task run: lines that came before news of it
	native  string                     // its state's word
	told    string                     // native word and reason that were told last
	// source is the file of the flow here; sought, whether it was looked for.
	source string
	sought bool
}

func newFollower(p *Provider, id string, s tasks.Sink) *follower {
	return &follower{
		p: p, id: id, sink: s, steps: map[string]tasks.Step{}, named: map[string]int{}, logs: map[string]tasks.LogWriter{}, orphans: map[string][]logLine{},
	}
}

// follow returns when the run has ended, as Runner.Run does, or with ctx. A server
// that does not answer for a while is waited for: the run goes on without it.
func (f *follower) follow(ctx context.Context) error {
	defer f.close()
	if s, ok := f.sink.(tasks.StepSink); ok && f.log == nil {
		w, _, err := s.StepLog("")
		if err != nil {
			return err
		}
		f.log = w
		if f.last.IsZero() { // else it is known which lines are stored
			f.from, f.skip = w.Last()
		}
	}
	streaming, stop := context.WithCancel(ctx)
	news := make(chan struct{}, 1) // one slot: look again
	lines := make(chan heard, 256)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.p.streams(streaming, f.id, lines, news)
	}()
	defer func() { stop(); <-ended }()

	timer := time.NewTimer(0)
	defer timer.Stop()
	wait := lookEvery
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case h := <-lines:
			if !h.opened {
				f.hear(h.line)
				continue
			}
			f.behind = true
		case <-news:
			timer.Reset(lookSoon)
			continue
		case <-timer.C:
		}
		r, err := f.look(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case rest.Passing(err):
			f.behind = true
			f.why(f.native, err.Error())
			wait = min(wait*2, lookLast)
		case err != nil:
			return err
		case r.State.done():
			f.late(ctx, r, lines)
			return verdict(r)
		default:
			f.behind = false
			wait = lookEvery
		}
		timer.Reset(wait)
	}
}

func verdict(r flowRun) error {
	switch r.State.Type {
	case completed:
		return nil
	case cancelled:
		return &tasks.ExitError{Exit: tasks.Exit{Code: 1}, Reason: "cancelled"}
	}
	return &tasks.ExitError{Exit: tasks.Exit{Code: 1}, Reason: cmp.Or(r.State.Message, strings.ToLower(r.State.Name))}
}

// look takes in how the run and its tasks are, and the lines that did not come
// by themselves.
func (f *follower) look(ctx context.Context) (flowRun, error) {
	r, err := f.p.flowRun(ctx, f.id)
	if err != nil {
		return r, err
	}
	f.seek(r)
	f.native = r.State.Name
	f.why(f.native, f.p.why(ctx, r))
	var all []taskRun
	if err := pages(func(offset int) (int, error) {
		var page []taskRun
		body := map[string]any{
			"flow_runs": map[string]any{"id": map[string]any{"any_": []string{f.id}}}, "sort": "EXPECTED_START_TIME_ASC", "limit": pageSize, "offset": offset,
		}
		err := f.p.post(ctx, "list the tasks of the run", "/task_runs/filter", body, &page, true)
		all = append(all, page...)
		return len(page), err
	}); err != nil {
		return r, err
	}
	for _, t := range all {
		if _, known := f.steps[t.ID]; !known { // also what is needed by one before it has a name
			f.steps[t.ID] = tasks.Step{Name: f.name(t)}
		}
	}
	for _, t := range all {
		f.step(t)
	}
	return r, f.backfill(ctx)
}

// why tells how the run is and why it waits, where that is news.
func (f *follower) why(native, reason string) {
	if now := native + "\x00" + reason; now != f.told {
		f.told = now
		f.sink.Emit(tasks.RunNative{Native: native, Reason: reason})
	}
}

func (f *follower) step(t taskRun) {
	old := f.steps[t.ID]
	s := tasks.Step{Name: old.Name, Status: t.State.status(), StartedAt: t.Start, EndedAt: t.End, Log: old.Log}
	for _, id := range t.needs() {
		if need, here := f.steps[id]; here && need.Name != s.Name {
			s.Needs = append(s.Needs, need.Name)
		}
	}
	if s.Log == "" && s.Status != tasks.Queued {
		if sink, ok := f.sink.(tasks.StepSink); ok {
			if w, key, err := sink.StepLog(s.Name); err == nil {
				f.logs[t.ID], s.Log = w, key
				for _, l := range f.orphans[t.ID] {
					f.stepLine(t.ID, l)
				}
				delete(f.orphans, t.ID)
			}
		}
	}
	if !s.Equal(old) {
		f.steps[t.ID] = s
		f.sink.Emit(tasks.StepChanged{Step: s})
	}
	if t.State.Type == failed && old.Status != tasks.Failed && t.State.Message != "" {
		f.sink.Emit(tasks.DiagnosticReported{Diagnostic: tasks.Diagnostic{Severity: tasks.Error, Message: s.Name + ": " + t.State.Message, Line: -1}})
	}
}

// name is what a step is called: as its task, so that it can be compared with that
// of other runs. Others of the same task are counted.
func (f *follower) name(t taskRun) string {
	name := t.plainName()
	if f.named[name]++; f.named[name] > 1 {
		return fmt.Sprintf("%s %d", name, f.named[name])
	}
	return name
}

// backfill reads the stored lines that were not seen.
func (f *follower) backfill(ctx context.Context) error {
	after := f.from
	if late := f.last.Add(-overlap); !f.last.IsZero() && late.After(after) {
		after = late
	}
	for offset := 0; ; offset += pageSize {
		filter := map[string]any{"flow_run_id": map[string]any{"any_": []string{f.id}}}
		if !after.IsZero() {
			filter["timestamp"] = map[string]any{"after_": after.UTC().Format(time.RFC3339Nano)}
		}
		var page []logLine
		body := map[string]any{"logs": filter, "sort": "TIMESTAMP_ASC", "limit": pageSize, "offset": offset}
		if err := f.p.post(ctx, "read the log of the run", "/logs/filter", body, &page, true); err != nil {
			return err
		}
		for _, l := range page {
			f.line(l)
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

// late waits for the lines that come after the end, and for the ends of the tasks
// where the run did not leave them behind.
func (f *follower) late(ctx context.Context, r flowRun, lines <-chan heard) {
	ended := time.Now()
	tick := time.NewTicker(lateEvery)
	defer tick.Stop()
	for {
		since := time.Since(ended)
		unsettled := (r.State.Type == completed || r.State.Type == failed) && since < settleFor && f.unsettled()
		if since >= lateFor && !unsettled {
			return
		}
		select {
		case <-ctx.Done():
			return
		case h := <-lines:
			if !h.opened {
				f.line(h.line)
			}
			continue
		case <-tick.C:
		}
		again := f.backfill
		if unsettled {
			again = func(ctx context.Context) error { _, err := f.look(ctx); return err }
		}
		if again(ctx) != nil {
			return
		}
	}
}

// unsettled says whether a task of the run is not known to have ended.
func (f *follower) unsettled() bool {
	for _, s := range f.steps {
		if !s.Status.Done() {
			return true
		}
	}
	return false
}

// seek finds the flow's file in this checkout.
func (f *follower) seek(r flowRun) {
	if f.sought {
		return
	}
	f.sought = true
	f.p.mu.Lock()
	d := f.p.deployments[f.p.tasks[r.DeploymentID]]
	f.p.mu.Unlock()
	f.source = d.source(f.p.dir)
}

// nameless is what Python calls the file of a flow that Prefect has loaded by itself.
const nameless = `File "<dynamic-code>"`

// hear takes in a line that came by itself. While others before it may be missing,
// it is asked for with them.
func (f *follower) hear(l logLine) {
	if !f.behind {
		f.line(l)
	}
}

// line stores a line that was not stored before.
func (f *follower) line(l logLine) {
	if l.Run != f.id || !f.seen.add(l.ID, l.At) {
		return
	}
	if l.At.After(f.last) {
		f.last = l.At
	}
	if f.source != "" {
		l.Message = strings.ReplaceAll(l.Message, nameless, `File "`+f.source+`"`)
	}
	var name string
	if s, ok := f.steps[l.Task]; ok {
		name = s.Name + " | "
	}
	text := fmt.Appendf(nil, "%s %s%s\n", l.level(), name, l.Message)
	if f.skip > 0 && l.At.Equal(f.from) {
		f.skip -= bytes.Count(text, []byte{'\n'}) // a message may be several lines of the log
		return
	}
	f.stepLine(l.Task, l)
	if f.log != nil {
		f.log.WriteAt(logs.Out, text, l.At)
		return
	}
	f.sink.Log(logs.Out, text)
}

// stepLine stores a line with its step, or keeps it until the step is known.
func (f *follower) stepLine(task string, l logLine) {
	if w := f.logs[task]; w != nil {
		w.WriteAt(logs.Out, fmt.Appendf(nil, "%s %s\n", l.level(), l.Message), l.At)
		return
	}
	if task != "" && len(f.orphans[task]) < mostOrphans {
		f.orphans[task] = append(f.orphans[task], l)
	}
}

// recent remembers the lines that may come a second time: those that are no more
// than overlap older than the newest, and some more.
type recent struct {
	now, before map[string]bool
	since       time.Time // when now was begun, by the times of the lines
}

// add is false for a line that is known.
func (r *recent) add(id string, at time.Time) bool {
	if r.now[id] || r.before[id] {
		return false
	}
	if r.now == nil || at.Sub(r.since) > 2*overlap {
		r.now, r.before, r.since = map[string]bool{}, r.now, at
	}
	r.now[id] = true
	return true
}

func (f *follower) note(text string) {
	if f.log != nil {
		f.log.Note(text)
		return
	}
	f.sink.Log(logs.Note, []byte(text+"\n"))
}

func (f *follower) close() {
	for id, w := range f.logs {
		_ = w.Close() // told by the writer itself
		delete(f.logs, id)
	}
	if f.log != nil {
		_ = f.log.Close()
		f.log = nil
	}
	for id, s := range f.steps { // opened again, should it be followed on
		s.Log = ""
		f.steps[id] = s
	}
}

// sorted are the runs, the newest first.
func sorted(runs []flowRun) []flowRun {
	slices.SortFunc(runs, func(a, b flowRun) int { return b.Created.Compare(a.Created) })
	return runs
}
