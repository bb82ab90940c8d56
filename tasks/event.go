package tasks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Event is something that has happened. The set is closed: each has a case in
// State.Apply and a line in eventTypes.
type Event interface{ event() }

// The events.
type (
	// WorkspaceOpened is the first event of a host.
	WorkspaceOpened struct{ Workspace Workspace }
	// Configured says: the workspace file was read; these are its tasks.
	Configured struct {
		Name  string
		Tasks []Task
		Jobs  int // how many tasks run at once; 0: no bound
		// Detected and Locked are those of the file.
		Detected, Locked bool
	}
	// Trusted says: a person lets the workspace run what it declares.
	Trusted struct{}
	// ConfigRejected says: the file has problems, or is not trusted; what ran runs on.
	ConfigRejected struct {
		Problems  []config.Problem
		Untrusted bool
		At        time.Time
	}
	// Wanted says: the task is to be up, or not.
	Wanted struct {
		Task string
		Up   bool
	}
	// TestsPinned says: saves run only these tests of the task; none: all again.
	TestsPinned struct {
		Task  string
		Tests []TestName
	}
	// RunQueued says: a run exists; it starts when nothing holds it.
	RunQueued struct{ Run Run }
	// RunHeld says: why the run waits now; all reasons.
	RunHeld struct {
		ID    RunID
		Holds []Hold
	}
	// RunStarted says: a runner has it.
	RunStarted struct {
		ID        RunID
		At        time.Time
		FirstLine int64
		Ports     map[string]int
		Breaks    bool
	}
	// ProcessStarted says: the run's leading process.
	ProcessStarted struct {
		ID  RunID
		PID int
	}
	// RunReady says: the service answers its probe, or has started and has none.
	RunReady struct {
		ID RunID
		At time.Time
	}
	// ProbeFailed says: why a service is not ready yet.
	ProbeFailed struct {
		ID    RunID
		Error string
	}
	// RunStopping says: the run was asked to end.
	RunStopping struct {
		ID RunID
		At time.Time
	}
	// RunEnded says: nothing of the run is left, but for Survivors.
	RunEnded struct {
		ID        RunID
		At        time.Time
		Status    Status
		Exit      *Exit
		Error     string
		EndLine   int64
		Survivors []Process
	}
	// TestReported says: a test began or ended.
	TestReported struct {
		ID   RunID
		Test TestResult
	}
	// DiagnosticReported says: a file:line:message was found. The same at once again,
	// with a code, says what code it has.
	DiagnosticReported struct {
		ID         RunID
		Diagnostic Diagnostic
	}
	// RunNarrowed says that the run does less than all of its task.
	RunNarrowed struct {
		ID        RunID
		Narrowing Narrowing
	}
	// RunCached says that the run has nothing to do: nothing of its inputs
	// changed since another one succeeded.
	RunCached struct {
		ID RunID
		Of RunID
	}
	// StepChanged says: a part of the run began or ended.
	StepChanged struct {
		ID   RunID
		Step Step
	}
	// MetricReported says: a number over steps. Anew: it is the first of its curve, told
	// by one who knows it better than whoever told of it before.
	MetricReported struct {
		ID    RunID
		Name  string
		Point Point
		Anew  bool
	}
	// ParamsReported says: these are all parameters that the run's program has written
	// down so far.
	ParamsReported struct {
		ID     RunID
		Params map[string]string
	}
	// RunStalled says: no metric of the run has moved for longer than is usual. The
	// next one that does ends that.
	RunStalled struct {
		ID    RunID
		Stall Stall
	}
	// ArtifactReported says: the run produced a file.
	ArtifactReported struct {
		ID       RunID
		Artifact Artifact
	}
	// RunLinked says: what its system calls the run, and where it is seen there.
	RunLinked struct {
		ID       RunID
		External string
		URL      string
	}
	// CodeReported says: what code the run was made of.
	CodeReported struct {
		ID   RunID
		Code Code
	}
	// RunNative says: its system's own word for where the run is, and why.
	RunNative struct {
		ID     RunID
		Native string
		Reason string
	}
	// RunObserved says: a run of a provider's task is so now, whoever started it.
	RunObserved struct{ Run Run }
	// RunsRecalled says: these are of an earlier host, the oldest first: runs in other
	// systems that were begun here, and those of a task's newest sweep.
	RunsRecalled struct{ Runs []Run }
	// ProviderChanged says: a connection is so now.
	ProviderChanged struct{ Provider Provider }
	// Provided says: these are all tasks that a provider knows of.
	Provided struct {
		Provider string
		Tasks    []Task
	}
	// ProviderRemoved says: nobody declares the connection any more.
	ProviderRemoved struct{ Name string }
	// ResourcesChanged says: what exists, as a provider tells it.
	ResourcesChanged struct {
		Provider string
		Changes  Changes
	}
	// ResourceUsed says: what a resource takes, while somebody looks at it.
	ResourceUsed struct {
		ID    ResourceID
		Usage Usage
	}
	// OperationBegan says: somebody does something with a resource.
	OperationBegan struct {
		ID        ResourceID
		Operation string
	}
	// OperationEnded says: it is done, or why it is not.
	OperationEnded struct {
		ID        ResourceID
		Operation string
		Error     string
		Text      string // what came of it, for everybody who looks
	}
	// LogGrew says: the log now ends before line Lines. Never the text.
	LogGrew struct {
		Key   logs.Key
		Lines int64
	}
	// LogRestarted says: the log is empty again; its source began anew.
	LogRestarted struct{ Key logs.Key }
	// UsageSampled says: what the running runs take.
	UsageSampled struct {
		At    time.Time
		Usage map[RunID]Usage
	}
	// NoticeRaised says: something a person should know; the same ID replaces.
	NoticeRaised struct{ Notice Notice }
	// NoticeCleared says: its cause is gone.
	NoticeCleared struct{ ID string }
	// Acknowledged says: a person has seen these alerts.
	Acknowledged struct{ Alerts []AlertID }
	// WatchChanged says: how the workspace's files are watched.
	WatchChanged struct{ Watch WatchState }
	// HostLeaving says: the last event; Why is for people.
	HostLeaving struct{ Why string }
)

func (WorkspaceOpened) event()    {}
func (Configured) event()         {}
func (ConfigRejected) event()     {}
func (Trusted) event()            {}
func (Wanted) event()             {}
func (TestsPinned) event()        {}
func (RunQueued) event()          {}
func (RunHeld) event()            {}
func (RunStarted) event()         {}
func (ProcessStarted) event()     {}
func (RunReady) event()           {}
func (ProbeFailed) event()        {}
func (RunStopping) event()        {}
func (RunEnded) event()           {}
func (TestReported) event()       {}
func (DiagnosticReported) event() {}
func (RunNarrowed) event()        {}
func (RunCached) event()          {}
func (StepChanged) event()        {}
func (MetricReported) event()     {}
func (ParamsReported) event()     {}
func (RunStalled) event()         {}
func (ArtifactReported) event()   {}
func (RunLinked) event()          {}
func (CodeReported) event()       {}
func (RunNative) event()          {}
func (RunObserved) event()        {}
func (RunsRecalled) event()       {}
func (ProviderChanged) event()    {}
func (Provided) event()           {}
func (ProviderRemoved) event()    {}
func (ResourcesChanged) event()   {}
func (ResourceUsed) event()       {}
func (OperationBegan) event()     {}
func (OperationEnded) event()     {}
func (LogRestarted) event()       {}
func (LogGrew) event()            {}
func (UsageSampled) event()       {}
func (NoticeRaised) event()       {}
func (NoticeCleared) event()      {}
func (Acknowledged) event()       {}
func (WatchChanged) event()       {}
func (HostLeaving) event()        {}

// eventTypes lists one value of every event, for the wire.
func eventTypes() []Event {
	return []Event{
		WorkspaceOpened{},
		Configured{},
		ConfigRejected{},
		Trusted{},
		Wanted{},
		TestsPinned{},
		RunQueued{},
		RunHeld{},
		RunStarted{},
		ProcessStarted{},
		RunReady{},
		ProbeFailed{},
		RunStopping{},
		RunEnded{},
		TestReported{},
		DiagnosticReported{},
		RunCached{},
		RunNarrowed{},
		StepChanged{},
		MetricReported{},
		ParamsReported{},
		RunStalled{},
		ArtifactReported{},
		RunLinked{},
		CodeReported{},
		RunNative{},
		RunObserved{},
		RunsRecalled{},
		ProviderChanged{},
		Provided{},
		ProviderRemoved{},
		ResourcesChanged{},
		ResourceUsed{},
		OperationBegan{},
		OperationEnded{},
		LogGrew{},
		LogRestarted{},
		UsageSampled{},
		NoticeRaised{},
		NoticeCleared{},
		Acknowledged{},
		WatchChanged{},
		HostLeaving{},
	}
}

// envelope carries one value of a closed set over the wire.
type envelope struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

func seal(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return json.Marshal(envelope{Type: reflect.TypeOf(v).Name(), Data: data})
}

func open[T any](set []T, p []byte) (T, error) {
	var none T
	var e envelope
	if err := json.Unmarshal(p, &e); err != nil {
		return none, err
	}
	for _, sample := range set {
		t := reflect.TypeOf(sample)
		if t.Name() != e.Type {
			continue
		}
		v := reflect.New(t)
		if err := json.Unmarshal(e.Data, v.Interface()); err != nil {
			return none, fmt.Errorf("%s: %w", e.Type, err)
		}
		return v.Elem().Interface().(T), nil
	}
	return none, fmt.Errorf("unknown type %q", e.Type)
}

// MarshalEvent is the event as one JSON object {"type", "data"}.
func MarshalEvent(e Event) ([]byte, error) {
	if g, ok := e.(LogGrew); ok {
		return json.Marshal(sealedGrowth{"LogGrew", g})
	}
	return seal(e)
}

// sealedGrowth is an envelope with a LogGrew in it. Busy services make a thousand a
// second, a hundred times as many as of all others together.
type sealedGrowth struct {
	Type string  `json:"type"`
	Data LogGrew `json:"data"`
}

// UnmarshalEvent reads what MarshalEvent wrote.
func UnmarshalEvent(p []byte) (Event, error) {
	if bytes.HasPrefix(p, []byte(`{"type":"LogGrew",`)) {
		var g sealedGrowth
		if err := json.Unmarshal(p, &g); err != nil {
			return nil, fmt.Errorf("LogGrew: %w", err)
		}
		return g.Data, nil
	}
	return open(eventTypes(), p)
}
