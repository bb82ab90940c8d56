package tasks

import (
	"context"
	"io"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Request is what a Runner is given: one run of one task.
type Request struct {
	Run    RunID
	Task   Task
	Cause  Cause
	Params map[string]string
	// Ports are the numbers chosen for the task's own ports, and under
	// "service.name" those of every other unit.
	Ports map[string]int
	// Scope and Only say how much of the task to do; Failed are the tests that
	// failed in its last finished run.
	Scope  Scope
	Only   []TestName
	Failed []TestName
	// Broken are the files that its last finished run told errors of, relative
	// to the workspace.
	Broken []string
	// Replica counts from 1; 0 when the task has only one.
	Replica int
	// Sweep is the run's; nil: it is of none.
	Sweep *Sweep
}

// Sink takes what a run has to say. Its methods may be called from several
// goroutines, never block on a slow reader, and do nothing after Run returned.
type Sink interface {
	// Log appends raw output exactly as it was printed; chunks need not end at
	// a newline. p is not kept.
	Log(stream logs.Stream, p []byte)
	// Emit reports one of the run's own events: ProcessStarted, RunReady,
	// TestReported, DiagnosticReported, StepChanged, MetricReported, ParamsReported,
	// ArtifactReported, UsageSampled, ProbeFailed.
	Emit(Event)
}

// Runner does the work of a run. Run blocks until the work has ended and
// nothing of it is left; nil means success, an *ExitError says how it failed.
// When ctx ends the work is stopped; context.Cause tells ErrCancelled (a person
// or the engine stopped it) from ErrLeaving (the program leaves; remote work
// goes on and is found again by Attach).
type Runner interface {
	Run(ctx context.Context, r Request, s Sink) error
}

// Sweeper is a Runner that keeps something for all runs of a sweep.
type Sweeper interface {
	Runner
	// SweepEnded says that none of the runs of a sweep goes on, and that none will
	// begin: all of them, as they ended, or none when the task was taken out of the
	// workspace file meanwhile. It is called once, from any goroutine.
	SweepEnded(ctx context.Context, t Task, w Sweep, runs []Run) error
}

// Heir is a Runner that keeps something elsewhere for runs on this machine, which
// stays as it was when a host is killed.
type Heir interface {
	// HostKilled says that an earlier host began these runs of a task and was killed
	// with some of them going on or not begun: they have ended. They are one run, or
	// all that are known of one sweep. An error has the next host say it again.
	HostKilled(ctx context.Context, t Task, runs []Run) error
}

// Refresher is a Runner that brings changed files into a run that goes on.
type Refresher interface {
	// Refresh takes over files of the unit's Watch.Live, relative to the workspace,
	// and says in the run's log what it did. again: the run has to begin anew for
	// them to count. An error leaves the run as it is; the files are given again
	// with the next ones. It may be called from several goroutines.
	Refresh(ctx context.Context, id RunID, files []string) (again bool, err error)
}

// Attacher follows a run that was not started here, or was lost sight of: what
// its system calls External. It tells all of it anew, its steps and its logs from
// their beginning or where the sink's logs end, and returns as Run does; the
// end of ctx only ends the looking.
type Attacher interface {
	Attach(ctx context.Context, r Run, s Sink) error
}

// Resumer is a Runner whose runs outlive the host. Resume goes on with one that an
// earlier host began, what its system calls r.External, as Run does once its run is
// known: it follows it to its end, and to end ctx is to cancel it.
type Resumer interface {
	Runner
	Resume(ctx context.Context, r Run, t Task, s Sink) error
}

// Observer tells of the runs of its tasks, whoever started them, until ctx ends
// or its system is lost. A Run says its Task, External, Status, times, URL,
// Native and Cause; the engine numbers it.
type Observer interface {
	Observe(ctx context.Context, tell func(Run)) error
}

// Source tells what exists, until ctx ends or its system is lost.
type Source interface {
	// Kinds are the sorts of resources that it will tell of.
	Kinds() []Kind
	Watch(ctx context.Context, tell func(Changes)) error
}

// Tailer follows a resource's log into w, from where the stored log ends; it
// returns when the log has ended or ctx does. While a resource is looked at its
// usage is told too, where its Kind says so.
type Tailer interface {
	Tail(ctx context.Context, r Resource, w LogWriter, used func(Usage)) error
}

// Operator does what only its system knows. Operate returns when it is done.
type Operator interface {
	Operate(ctx context.Context, r Resource, operation string, args map[string]string) error
}

// Outcome is what came of an operation, for the person who asked and for the tasks
// that follow it.
type Outcome struct {
	// Text is one line: "moons@champion is version 7, was version 6".
	Text string `json:"text,omitempty"`
	// Values are given to the tasks that follow it: a variable each, and the
	// parameter of that name where a task has one. "" is a value, too.
	Values map[string]string `json:"values,omitempty"`
}

// Telling is an Operator that says what came of an operation.
type Telling interface {
	Operator
	OperateTelling(ctx context.Context, r Resource, operation string, args map[string]string) (Outcome, error)
}

// Querier answers questions. An engine is one for all of its providers.
type Querier interface {
	Query(ctx context.Context, q Query) (Result, error)
}

// StepSink is a Sink that keeps a log for each step: what a Runner or Attacher
// of a system with many logs asks its Sink to be.
type StepSink interface {
	Sink
	// StepLog is where the step's output goes; Close it when it has ended. key
	// names it in Step.Log. That of step "" is the run's own log, for lines whose
	// times are told: it is not closed.
	StepLog(step string) (w LogWriter, key logs.Key, err error)
}

// KeepingSink is a Sink that says what of its log is on disk: for a source that
// outlives the host and can be asked again from where the log ends.
type KeepingSink interface {
	Sink
	// Keep writes out what was logged, and returns the number of the next line.
	Keep() (next int64)
	// Kept is how many lines of output, notes left out, there are from a line on up
	// to where this run began.
	Kept(from int64) (lines int, err error)
}

// ResultSink is a Sink that reads files of results: what a system keeps of its runs
// that is no log, a report of tests.
type ResultSink interface {
	Sink
	// Results reads such a file; false: its format is not known.
	Results(text []byte) bool
}

// LineSink is a Sink that takes lines which were read for results before they are
// logged.
type LineSink interface {
	Sink
	// LogRead appends whole lines that no parser is to see, and returns the number of
	// the first of them in the log.
	LogRead(stream logs.Stream, p []byte) (first int64)
}

// LogWriter appends to the log of something outside, which may have been
// followed before: by a host that is gone, or over a connection that was lost.
type LogWriter interface {
	// WriteAt appends raw output as Sink.Log takes it. at is when its source says
	// it was printed; zero: now.
	WriteAt(stream logs.Stream, p []byte, at time.Time)
	// Note appends a line of Sawhorse's own: what is missing here, and why.
	Note(text string)
	// Lines is how many lines are stored.
	Lines() int64
	// Last is where to resume: ask for what is not older than at, and leave out the
	// first lines of that, which are stored. Zero: nothing is stored.
	Last() (at time.Time, lines int)
	// Restart empties the log: its source began anew, or can't be resumed.
	Restart() error
	io.Closer
}

// BatchWriter is a LogWriter that takes many lines at once.
type BatchWriter interface {
	LogWriter
	// WriteAll is WriteAt of the pieces of a text, best of some 64 KB.
	WriteAll(text []byte, pieces []logs.Piece)
}

// Connection is a system that can be reached, before it was.
type Connection struct {
	// Name is one word, unique in the workspace: the declared name, or the
	// integration's.
	Name, Title string
	// Key changes when the connection is another one than before.
	Key string
	// Wanted: the workspace declares or needs it; its failure needs a person.
	Wanted bool
	// Later: the workspace has another one of its integration before it, so that its
	// tasks are NAME/TASK, whichever of them answers first.
	Later bool
	// Connect reaches the system and returns what it can do here: the interfaces
	// of this package that the answer implements, and io.Closer. Its error, best
	// a *StartError with a hint, is what a person reads; it may be Awaiting. It
	// returns soon when ctx ends.
	Connect func(ctx context.Context, look Lookout) (any, error)
}

// Awaiting is an error of Connect that knows when there is a reason to try again.
// Others are tried again at growing intervals, which wakes a machine on which
// nothing happens.
type Awaiting interface {
	error
	// Await returns nil when it is worth another try, or when ctx ends. An error
	// says that nobody can tell.
	Await(ctx context.Context) error
}

// Changing is a Catalog that says when its tasks are others than before.
type Changing interface {
	// Changes is never closed; one value stands for any number of changes.
	Changes() <-chan struct{}
}

// Lookout says whether anybody looks: a provider that has to poll waits for it.
type Lookout interface {
	// Wait returns when at least one screen or verb is attached, or with ctx's error.
	Wait(ctx context.Context) error
}

// Describer says what a connected provider is: "Docker 27.1, API 1.46".
type Describer interface{ About() string }

// Catalog lists what can be started, with its parameters.
type Catalog interface {
	// Tasks are all of its tasks. Their names are unique within the provider; the
	// engine puts the provider's name before one that is taken.
	Tasks(ctx context.Context) ([]Task, error)
}

// Parser finds results in the output of a run: it is given every line without
// its newline and its colours, in order, from one goroutine; n is its number in
// the run's log.
type Parser interface {
	Parse(t Task, s Sink) func(n int64, line string)
}

// Growing reads a file of numbers over steps while it is written.
type Growing struct {
	// Home is the directory that a training gives its numbers: files of one home tell
	// of one training.
	Home string
	// Read is given every byte of the file once, in order, in parts that end anywhere;
	// of a Whole file all of it, whenever it was written. Its error says what is wrong
	// and at which byte, and that the rest of the file can't be read.
	Read func(p []byte, tell func(name string, p Point)) error
	// Whole: the file is written anew at each step, and says only what was last.
	Whole bool
	// Look, in place of Read, is called when the file was written: it is a database,
	// which tells of what is new itself.
	Look func(of Written, tell func(name string, p Point)) error
	// Params, in place of Read, reads a file of parameters, whole: it counts once its Home
	// has told of a number.
	Params func(text []byte) (map[string]string, error)
	// By is the run that writes the file, where the file says that; else "". It may be nil.
	By func() RunID
}

// Written says whose numbers are looked for.
type Written struct {
	Run   RunID
	Began time.Time
	// Alone: no other run of this workspace goes on, so that what does not say whose it
	// is may be taken for this one's.
	Alone bool
}

// Narrowed is a task's command, changed to do less than all of the task.
type Narrowed struct {
	// Spec is the changed declaration; without Run and Command nothing is left
	// to do.
	Spec config.Unit
	// Narrowing says what is left; Why only what the cause does not say itself.
	Narrowing Narrowing
	// Empty is the exit code by which the tool says that it found nothing to
	// do; 0: it has none.
	Empty int
}

// Live is a task's command, changed so that its tool tells of each test as it goes
// on, and what makes of that the text which the command itself prints.
type Live struct {
	Spec config.Unit
	// Read begins to read one run.
	Read func(s LineSink) LiveReader
}

// LiveReader reads what a Live command tells of one run: it reports the tests to its
// sink and logs the text there. It is called from one goroutine at a time.
type LiveReader interface {
	// Line is given each line of the command's standard output, without its newline;
	// false: it is none of those that the change made, and is logged as it is.
	Line(line []byte) (own bool)
	// End says that the run is over: what was held back is logged.
	End()
}

// Narrower finds out how little of a task answers a request.
type Narrower interface {
	// Narrow: of Only these tests; else what Cause.Files can affect, with what
	// Failed and is Broken. false: all of the task runs; Narrowing.Why then says
	// why, or nothing when the task's tool is not known. It returns soon when ctx
	// ends, and is called from many goroutines.
	Narrow(ctx context.Context, q Request) (n Narrowed, ok bool)
	// Prepare is told when a run of a watched task has ended: what the next save
	// will need may be found out now. It returns at once.
	Prepare(q Request)
}

// Terminal is a run's live terminal: what is typed goes in by Write, what the
// program prints from now on comes out by Read; Close leaves the program alone.
type Terminal interface {
	io.ReadWriteCloser
	Resize(columns, rows int) error
}

// Interactor is a Runner whose runs have a terminal that a person can take.
// The error says why there is none.
type Interactor interface {
	Terminal(ctx context.Context, id RunID) (Terminal, error)
}

// Opener opens a terminal inside a resource: a shell in a container. The error
// says why there is none.
type Opener interface {
	Open(ctx context.Context, id ResourceID) (Terminal, error)
}

// Engine is all that a screen, a verb or an agent sees of the host.
type Engine interface {
	// Do hands a command to the engine and returns when it was accepted; what
	// comes of it arrives as events. An error says why it was refused.
	Do(ctx context.Context, c Command) error
	// Subscribe returns the state and every event after it, in order and
	// without gaps. A slow reader gets longer batches. The channel is closed
	// when ctx ends or the engine is gone.
	Subscribe(ctx context.Context) (State, <-chan []Event)
}

// As finds a capability of a provider, behind decorators too: what wraps
// another one says so by an Unwrap method.
func As[T any](p any) (T, bool) {
	for p != nil {
		if t, ok := p.(T); ok {
			return t, true
		}
		w, ok := p.(interface{ Unwrap() Runner })
		if !ok {
			break
		}
		p = w.Unwrap()
	}
	var none T
	return none, false
}
