package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// system is an outside system that can do everything.
type system struct {
	mu        sync.Mutex
	refuses   error // what Connect answers
	tries     int
	looked    atomic.Int32
	told      func(tasks.Changes)
	observed  func(tasks.Run)
	lost      chan error
	changed   chan struct{}
	catalog   []tasks.Task
	operation func(ctx context.Context) error
	tail      func(ctx context.Context, w tasks.LogWriter) error
	attach    func(ctx context.Context, s tasks.StepSink) error
	run       func(ctx context.Context, s tasks.Sink) error
}

// begin makes the channels, which belong to the bubble of the test.
func (s *system) begin() {
	s.lost, s.changed = make(chan error, 1), make(chan struct{}, 1)
}

func (s *system) connection() tasks.Connection {
	return tasks.Connection{Name: "yard", Title: "The yard", Key: "1", Connect: func(context.Context, tasks.Lookout) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tries++
		return s, s.refuses
	}}
}

func (s *system) Kinds() []tasks.Kind {
	return []tasks.Kind{{Name: "box", Title: "BOXES", Usage: true}}
}
func (s *system) About() string { return "Yard 7" }
func (s *system) Watch(ctx context.Context, tell func(tasks.Changes)) error {
	s.told = tell
	select {
	case err := <-s.lost:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *system) Observe(ctx context.Context, tell func(tasks.Run)) error {
	s.observed = tell
	<-ctx.Done()
	return ctx.Err()
}

func (s *system) Tasks(context.Context) ([]tasks.Task, error) { return slices.Clone(s.catalog), nil }
func (s *system) Changes() <-chan struct{}                    { return s.changed }
func (s *system) Operate(ctx context.Context, _ tasks.Resource, _ string, _ map[string]string) error {
	return s.operation(ctx)
}

func (s *system) Query(_ context.Context, q tasks.Query) (tasks.Result, error) {
	return tasks.Result{Text: q.Name + "?"}, nil
}

func (s *system) Tail(ctx context.Context, _ tasks.Resource, w tasks.LogWriter, used func(tasks.Usage)) error {
	s.looked.Add(1)
	used(tasks.Usage{CPU: 7})
	return s.tail(ctx, w)
}

func (s *system) Attach(ctx context.Context, _ tasks.Run, sink tasks.Sink) error {
	s.looked.Add(1)
	return s.attach(ctx, sink.(tasks.StepSink))
}

func (s *system) Run(ctx context.Context, _ tasks.Request, sink tasks.Sink) error {
	return s.run(ctx, sink)
}

// onSystem runs a test on an engine that is connected to a system.
func onSystem(t *testing.T, s *system, units []config.Unit, f func(b *bench)) {
	t.Helper()
	onEngineWith(t, units, func(o *Options) {
		s.begin()
		o.Connections = func(context.Context, *config.File) ([]tasks.Connection, error) {
			return []tasks.Connection{s.connection()}, nil
		}
	}, f)
}

func box(id string) tasks.Resource {
	return tasks.Resource{ID: tasks.NewResourceID("yard", "box", id), Kind: "box", Name: id, Phase: tasks.PhaseUp, Log: logs.Key("yard/" + id)}
}

func build(name string) tasks.Task {
	return tasks.Task{Name: name, Kind: config.Task, Group: "PIPELINES"}
}

func TestAConnectionTellsWhatItIsAndWhatThereIs(t *testing.T) {
	s := &system{}
	onSystem(t, s, nil, func(b *bench) {
		s.told(tasks.Changes{All: true, Changed: []tasks.Resource{box("a"), box("b")}})
		s.told(tasks.Changes{Gone: []tasks.ResourceID{box("a").ID}})
		synctest.Wait()
		got := b.state()
		want := map[string]tasks.Provider{"yard": {
			Name: "yard", Title: "The yard", Phase: tasks.PhaseUp, About: "Yard 7", Kinds: s.Kinds(), Since: time.Now(),
		}}
		if diff := cmp.Diff(want, got.Providers); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[tasks.ResourceID]tasks.Resource{box("b").ID: box("b")}, got.Resources); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSinceWhenAThingIsAsItIsIsSeenWhereItsSystemDoesNotSay(t *testing.T) {
	s := &system{}
	onSystem(t, s, nil, func(b *bench) {
		began := time.Now()
		at := map[string]time.Time{} // as the test goes on
		see := func(when string, phases ...tasks.Phase) {
			t.Helper()
			var all []tasks.Resource
			for i, phase := range phases {
				r := box([]string{"a", "b"}[i])
				r.Phase = phase
				all = append(all, r)
			}
			s.told(tasks.Changes{All: true, Changed: all})
			synctest.Wait()
			for i, r := range all {
				if !r.Since.IsZero() {
					t.Errorf("%s: what the provider keeps was changed", when)
				}
				name := []string{"a", "b"}[i]
				if got := b.state().Resources[r.ID].Since; !got.Equal(at[name]) {
					t.Errorf("%s: %s is so since %v, want %v", when, name, got, at[name])
				}
			}
			pass(time.Minute)
		}
		at["b"] = began // it needs a person, who has to know what is news
		see("at first sight", tasks.PhaseUp, tasks.PhaseFailed)
		see("unchanged", tasks.PhaseUp, tasks.PhaseFailed)
		at["a"] = began.Add(2 * time.Minute)
		see("one failed", tasks.PhaseFailed, tasks.PhaseFailed)
		at["b"] = began.Add(3 * time.Minute)
		see("one works again", tasks.PhaseFailed, tasks.PhaseUp)
	})
}

func TestALostConnectionIsTriedAgainAndItsThingsStay(t *testing.T) {
	s := &system{}
	onSystem(t, s, nil, func(b *bench) {
		s.told(tasks.Changes{All: true, Changed: []tasks.Resource{box("a")}})
		s.mu.Lock()
		s.refuses = &tasks.StartError{Reason: "connection refused", Hint: "start the yard"}
		s.mu.Unlock()
		s.lost <- errors.New("it hung up")
		synctest.Wait()
		p := b.state().Providers["yard"]
		if p.Phase != tasks.PhaseFailed || p.Error != "it hung up" || !p.Retry.Equal(time.Now().Add(retryFirst)) || len(p.Kinds) != 1 {
			t.Errorf("lost: %+v", p)
		}
		pass(retryFirst + time.Millisecond)
		p = b.state().Providers["yard"]
		if p.Error != "connection refused" || p.Hint != "start the yard" || len(b.state().Resources) != 1 {
			t.Errorf("refused: %+v", p)
		}
		pass(10 * time.Minute)
		s.mu.Lock()
		tries := s.tries
		s.refuses = nil
		s.mu.Unlock()
		if tries < 10 || tries > 20 {
			t.Errorf("tried %d times in ten minutes", tries)
		}
		pass(retryLast)
		if p = b.state().Providers["yard"]; p.Phase != tasks.PhaseUp || p.Error != "" {
			t.Errorf("back: %+v", p)
		}
	})
}

// away is an error of a system that says when it is back.
type away struct {
	*tasks.StartError
	back chan struct{}
}

func (a away) Unwrap() error { return a.StartError }

func (a away) Await(ctx context.Context) error {
	select {
	case <-a.back:
		return nil
	case <-ctx.Done():
		return nil
	}
}

func TestASystemThatSaysWhenItIsBackIsNotAskedBefore(t *testing.T) {
	s := &system{}
	onSystem(t, s, nil, func(b *bench) {
		back := make(chan struct{})
		s.mu.Lock()
		s.refuses = away{&tasks.StartError{Reason: "the gate is shut", Hint: "open it"}, back}
		s.mu.Unlock()
		s.lost <- errors.New("it hung up")
		pass(retryFirst)
		since := time.Now()
		pass(time.Hour)
		s.mu.Lock()
		tries := s.tries
		s.mu.Unlock()
		want := tasks.Provider{
			Name: "yard", Title: "The yard", Phase: tasks.PhaseFailed, Error: "the gate is shut", Hint: "open it",
			Kinds: s.Kinds(), Since: since.Add(-retryFirst),
		}
		if diff := cmp.Diff(want, b.state().Providers["yard"]); diff != "" || tries != 2 {
			t.Errorf("tried %d times (-want +got):\n%s", tries, diff)
		}

		// A person who wants something of it is a reason to try.
		_, err := b.e.Query(b.Context(), tasks.Query{Provider: "yard"})
		synctest.Wait()
		s.mu.Lock()
		wished := s.tries
		s.refuses = nil
		s.mu.Unlock()
		if err == nil || wished != 3 {
			t.Errorf("asked: %v, after %d tries", err, wished)
		}
		close(back)
		synctest.Wait()
		if p := b.state().Providers["yard"]; p.Phase != tasks.PhaseUp || p.Error != "" {
			t.Errorf("back: %+v", p)
		}
	})
}

func TestASystemsTasksStandBesideTheFiles(t *testing.T) {
	s := &system{}
	s.catalog = []tasks.Task{build("ci"), build("test")}
	onSystem(t, s, []config.Unit{task("test")}, func(b *bench) {
		if diff := cmp.Diff([]string{"test", "ci", "yard/test"}, b.state().Order); diff != "" {
			t.Error(diff)
		}
		s.catalog = []tasks.Task{build("deploy")}
		s.changed <- struct{}{}
		synctest.Wait()
		b.file = declare(task("lint"))
		b.do(tasks.Reload{})
		if diff := cmp.Diff([]string{"lint", "deploy"}, b.state().Order); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhichOfTwoOfOneKindAnswersFirstNamesNothing(t *testing.T) {
	one, two := &system{catalog: []tasks.Task{build("ci")}}, &system{catalog: []tasks.Task{build("ci"), build("docs")}}
	one.refuses = errors.New("no route")
	later := func() tasks.Connection {
		c := two.connection()
		c.Name, c.Later = "shed", true
		return c
	}
	onEngineWith(t, nil, func(o *Options) {
		one.begin()
		two.begin()
		o.Connections = func(context.Context, *config.File) ([]tasks.Connection, error) {
			return []tasks.Connection{one.connection(), later()}, nil
		}
	}, func(b *bench) {
		if diff := cmp.Diff([]string{"shed/ci", "shed/docs"}, b.state().Order); diff != "" {
			t.Error(diff)
		}
		one.mu.Lock()
		one.refuses = nil
		one.mu.Unlock()
		pass(retryLast)
		if diff := cmp.Diff([]string{"shed/ci", "shed/docs", "ci"}, b.state().Order); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARunWaitsForItsConnection(t *testing.T) {
	s := &system{}
	s.refuses = errors.New("no route")
	u := task("deploy")
	onSystem(t, s, []config.Unit{u}, func(b *bench) {
		b.e.send(func(e *Engine) {
			unit := e.state.Units["deploy"]
			unit.Task.Provider = "yard"
			e.state.Units["deploy"] = unit
		})
		s.run = func(context.Context, tasks.Sink) error { return nil }
		b.do(tasks.RunTask{Name: "deploy"})
		st := b.state()
		r, _ := st.Current("deploy")
		if r.Status != tasks.Queued || len(r.Holds) != 1 || !r.Holds[0].Stuck || !strings.Contains(r.Holds[0].Why, "The yard can't be reached: no route") {
			t.Fatalf("waits: %+v", r)
		}
		s.mu.Lock()
		s.refuses = nil
		s.mu.Unlock()
		pass(retryLast)
		if got := b.status("deploy"); got != tasks.Succeeded {
			t.Errorf("it is %s", got)
		}
	})
}

func TestRemoteRunsGoOnAtOnceEachWithItsLog(t *testing.T) {
	s := &system{}
	s.catalog = []tasks.Task{build("ci")}
	s.run = func(ctx context.Context, sink tasks.Sink) error {
		sink.Emit(tasks.RunLinked{External: "4711", URL: "https://yard/4711"})
		sink.Log(logs.Out, []byte("hello\n"))
		w, key, err := sink.(tasks.StepSink).StepLog("build")
		if err != nil {
			return err
		}
		w.WriteAt(logs.Out, []byte("compiling\n"), time.Now())
		_ = w.Close()
		sink.Emit(tasks.StepChanged{Step: tasks.Step{Name: "build", Status: tasks.Running, Log: key}})
		<-ctx.Done()
		return context.Cause(ctx)
	}
	onSystem(t, s, nil, func(b *bench) {
		b.do(tasks.RunTask{Name: "ci"})
		b.do(tasks.RunTask{Name: "ci"})
		pass(time.Second) // for the news of the logs
		st := b.state()
		for _, id := range []tasks.RunID{"ci#1", "ci#2"} {
			r := st.Runs[id]
			if r.Status != tasks.Running || r.External != "4711" || r.Log != logs.Key(id) || st.Lines[r.Log] != 1 || st.Lines[r.Log+"/build"] != 1 {
				t.Errorf("%s: %+v, lines %v", id, r, st.Lines)
			}
		}
		// Its own runs told by the system as well are no news.
		s.observed(tasks.Run{Task: "ci", External: "4711", Status: tasks.Failed})
		synctest.Wait()
		if n := len(b.state().Units["ci"].Runs); n != 2 {
			t.Errorf("%d runs", n)
		}
	})
}

func TestARunStartedElsewhereIsShownAndFollowedWhileLookedAt(t *testing.T) {
	s := &system{}
	s.catalog = []tasks.Task{build("ci")}
	var ended atomic.Int32
	s.attach = func(ctx context.Context, sink tasks.StepSink) error {
		sink.Log(logs.Out, []byte("step 1\n"))
		sink.Emit(tasks.StepChanged{Step: tasks.Step{Name: "unit", Status: tasks.Failed}})
		<-ctx.Done()
		ended.Add(1)
		return ctx.Err()
	}
	onSystem(t, s, nil, func(b *bench) {
		r := tasks.Run{Task: "ci", External: "9", Number: 4812, Status: tasks.Queued, Cause: tasks.Cause{Kind: tasks.ByOthers, Detail: "push by ada"}, QueuedAt: time.Now()}
		s.observed(r)
		r.Status, r.StartedAt = tasks.Running, time.Now()
		s.observed(r)
		synctest.Wait()
		st := b.state()
		got, _ := st.Current("ci")
		if got.ID != "ci#4812" || got.Status != tasks.Running || !got.Observed || got.Cause.String() != "push by ada" {
			t.Fatalf("observed: %+v", got)
		}
		look := tasks.Look{Runs: []tasks.RunID{got.ID}, Seconds: 30}
		b.do(look)
		pass(20 * time.Second)
		b.do(look)
		pass(20 * time.Second)
		if st = b.state(); s.looked.Load() != 1 || ended.Load() != 0 || len(st.Runs[got.ID].Steps) != 1 || st.Lines["yard/run/9"] != 1 {
			t.Errorf("looked %d times, ended %d, %+v", s.looked.Load(), ended.Load(), st.Runs[got.ID])
		}
		pass(20 * time.Second)
		if ended.Load() != 1 {
			t.Errorf("nobody looks and it is still followed")
		}
	})
}

func TestARunOfThisHostThatIsRunAgainThereIsBegunNoSecondTime(t *testing.T) {
	s := &system{}
	s.catalog = []tasks.Task{build("ci")}
	var begun atomic.Int32
	s.run = func(_ context.Context, sink tasks.Sink) error {
		begun.Add(1)
		sink.Emit(tasks.RunLinked{External: "4711"})
		return &tasks.ExitError{Exit: tasks.Exit{Code: 1}}
	}
	onSystem(t, s, nil, func(b *bench) {
		b.do(tasks.RunTask{Name: "ci", Detail: "started by hand"})
		pass(time.Second)
		r := tasks.Run{Task: "ci", External: "4711", Status: tasks.Queued, Native: "queued", QueuedAt: time.Now(), Cause: tasks.Cause{Kind: tasks.ByOthers, Detail: "rerun by ada"}}
		s.observed(r)
		pass(time.Second)
		r.Status, r.Native, r.StartedAt = tasks.Running, "in_progress", time.Now()
		s.observed(r)
		pass(time.Second)
		got := b.state().Runs["ci#1"]
		if begun.Load() != 1 || got.Status != tasks.Running || !got.Observed || got.Cause.String() != "started by hand" || len(b.state().Units["ci"].Runs) != 1 {
			t.Errorf("begun %d times: %+v", begun.Load(), got)
		}
	})
}

func TestARunStartedElsewhereIsCancelledWhereItRuns(t *testing.T) {
	s := &system{catalog: []tasks.Task{build("ci")}}
	onSystem(t, s, nil, func(b *bench) {
		var cancelled atomic.Int32
		s.operation = func(context.Context) error { cancelled.Add(1); return nil }
		s.observed(tasks.Run{Task: "ci", External: "9", Status: tasks.Running})
		synctest.Wait()
		b.refused(tasks.Cancel{ID: "ci#1"}, "9 is not there any more")
		s.told(tasks.Changes{Changed: []tasks.Resource{{ID: "yard/run/9", Kind: tasks.RunKind}}})
		synctest.Wait()
		b.do(tasks.Cancel{ID: "ci#1"})
		if cancelled.Load() != 1 {
			t.Error("its system was not asked")
		}
	})
}

func TestARunOfASystemThatCancelsNoneGoesOn(t *testing.T) {
	s := &system{catalog: []tasks.Task{build("ci")}}
	s.run = func(ctx context.Context, s tasks.Sink) error {
		s.Emit(tasks.RunLinked{External: "9", URL: "http://yard/9"})
		<-ctx.Done()
		return context.Cause(ctx)
	}
	onSystem(t, s, nil, func(b *bench) {
		b.do(tasks.RunTask{Name: "ci"})
		synctest.Wait()
		s.told(tasks.Changes{Changed: []tasks.Resource{{ID: "yard/run/9", Kind: tasks.RunKind, Off: map[string]string{"cancel": "the yard cancels nothing"}}}})
		synctest.Wait()
		const why = "ci#1 goes on: the yard cancels nothing; look at it there: http://yard/9"
		b.refused(tasks.Cancel{ID: "ci#1"}, why)
		b.refused(tasks.Stop{Names: []string{"ci"}}, why)
		if got := b.state().Runs["ci#1"].Status; got != tasks.Running {
			t.Errorf("it is %s", got)
		}
	})
}

func TestALogIsResumedWhereItEnds(t *testing.T) {
	s := &system{}
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var resumed time.Time
	var stored int
	s.tail = func(ctx context.Context, w tasks.LogWriter) error {
		if resumed, stored = w.Last(); stored == 0 {
			w.WriteAt(logs.Out, []byte("one\n"), noon)
			w.WriteAt(logs.Out, []byte("two\n"), noon.Add(time.Second))
			w.WriteAt(logs.Err, []byte("three\n"), noon.Add(time.Second))
			return errors.New("it hung up")
		}
		<-ctx.Done()
		return nil
	}
	onSystem(t, s, nil, func(b *bench) {
		s.told(tasks.Changes{Changed: []tasks.Resource{box("a")}})
		synctest.Wait()
		look := tasks.Look{Resources: []tasks.ResourceID{box("a").ID}, Seconds: 60}
		b.do(look)
		if used := b.state().Used[box("a").ID]; used.CPU != 7 {
			t.Errorf("used %+v", used)
		}
		b.do(look) // at once after a failure: not yet
		if s.looked.Load() != 1 {
			t.Errorf("followed %d times", s.looked.Load())
		}
		pass(lookRetry)
		b.do(look)
		if s.looked.Load() != 2 || !resumed.Equal(noon.Add(time.Second)) || stored != 2 {
			t.Errorf("followed %d times, resumed at %v with %d lines", s.looked.Load(), resumed, stored)
		}
		if n := b.state().Lines["yard/a"]; n != 4 { // three, and the note
			t.Errorf("%d lines", n)
		}
	})
}

func TestAnOperationIsShownAndItsAnswerIsTheCommands(t *testing.T) {
	s := &system{}
	onSystem(t, s, nil, func(b *bench) {
		proceed := make(chan error)
		s.operation = func(context.Context) error { return <-proceed }
		off := box("b")
		off.Off = map[string]string{"remove": "it is running"}
		s.told(tasks.Changes{Changed: []tasks.Resource{box("a"), off}})
		synctest.Wait()
		answer := make(chan error, 1)
		go func() {
			answer <- b.e.Do(context.Background(), tasks.Operate{ID: box("a").ID, Operation: "remove"})
		}()
		synctest.Wait()
		if doing := b.state().Resources[box("a").ID].Doing; doing != "remove" {
			t.Errorf("it is doing %q", doing)
		}
		b.refused(tasks.Operate{ID: box("a").ID, Operation: "remove"}, "goes on already")
		b.refused(tasks.Operate{ID: off.ID, Operation: "remove"}, "it is running")
		b.refused(tasks.Operate{ID: box("c").ID, Operation: "remove"}, "not there any more")
		b.refused(tasks.Operate{ID: "shop/box/a", Operation: "remove"}, `nothing is connected as "shop"`)
		proceed <- errors.New("it is in use")
		if err := <-answer; err == nil || err.Error() != "it is in use" {
			t.Errorf("answered %v", err)
		}
		synctest.Wait()
		if doing := b.state().Resources[box("a").ID].Doing; doing != "" {
			t.Errorf("it is still doing %q", doing)
		}
		if got, err := b.e.Query(context.Background(), tasks.Query{Provider: "yard", Name: "who"}); err != nil || got.Text != "who?" {
			t.Errorf("asked: %+v, %v", got, err)
		}
	})
}

func TestWhoPollsWaitsUntilSomebodyLooks(t *testing.T) {
	var looking bool
	onEngineWith(t, nil, func(o *Options) {
		o.Connections = func(context.Context, *config.File) ([]tasks.Connection, error) {
			return []tasks.Connection{{Name: "yard", Connect: func(ctx context.Context, look tasks.Lookout) (any, error) {
				err := look.Wait(ctx)
				looking = err == nil
				return nil, err
			}}}, nil
		}
	}, func(b *bench) {
		if looking {
			t.Fatal("nobody looks yet")
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		_, batches := b.e.Subscribe(ctx)
		go func() {
			for range batches {
			}
		}()
		synctest.Wait()
		if !looking {
			t.Error("somebody looks, and it still waits")
		}
	})
}
