package tasks

// Command is a request to the engine, as a key, a verb or an agent sends it.
// The set is closed.
type Command interface{ command() }

// The commands. Names may be tasks, replicas ("worker/2"), declared names with
// replicas ("worker") or groups; no names: everything that starts by itself.
type (
	// Start brings services up, with what they depend on.
	Start struct{ Names []string }
	// Stop ends runs and keeps their tasks down.
	Stop struct{ Names []string }
	// Restart stops and starts.
	Restart struct{ Names []string }
	// RunTask runs a task once. Request is a word of the client's own, found
	// again in the cause of the run.
	RunTask struct {
		Name    string
		Params  map[string]string
		Request string
		Scope   Scope
		Only    []TestName // only these tests; empty: as Scope says
		Fresh   bool       // also when nothing of its inputs changed
		Detail  string     // how the cause is shown: "rerun", "sawhorse train"
	}
	// RunSweep runs a task once for each of Sets, Parallel of them at a time. Swept
	// are the parameters that differ between them. They are queued in this order.
	RunSweep struct {
		Name     string
		Sets     []map[string]string
		Swept    []string
		Parallel int // 0: as many as jobs: allows
		Request  string
		Detail   string
	}
	// PinTests makes saves, and runs that ask for no scope, run only these tests
	// of a task, until it is sent without any. It runs nothing itself.
	PinTests struct {
		Task  string
		Tests []TestName
	}
	// Cancel ends one run, or all of the Sweep that it is of.
	Cancel struct {
		ID    RunID
		Sweep bool
	}
	// Acknowledge takes alerts off the strip until they happen anew.
	Acknowledge struct{ Alerts []AlertID }
	// Look says: a client looks at these for the next Seconds (at most 60), so that
	// their logs are followed, their steps told and their usage sampled; it is said
	// again while they are looked at.
	Look struct {
		Runs      []RunID
		Resources []ResourceID
		Seconds   int
	}
	// Operate does what only a resource's system knows; Do returns when it is done.
	// Request is a word of the client's own, found again in the cause of the runs
	// that follow it.
	Operate struct {
		ID        ResourceID
		Operation string
		Args      map[string]string
		Request   string
	}
	// Reload reads the workspace file again.
	Reload struct{}
	// Trust says: a person has seen what the workspace runs and lets it.
	Trust struct{}
	// Down stops everything and ends the host.
	Down struct{}
)

func (Start) command()       {}
func (Stop) command()        {}
func (Restart) command()     {}
func (RunTask) command()     {}
func (RunSweep) command()    {}
func (PinTests) command()    {}
func (Cancel) command()      {}
func (Acknowledge) command() {}
func (Look) command()        {}
func (Operate) command()     {}
func (Reload) command()      {}
func (Trust) command()       {}
func (Down) command()        {}

func commandTypes() []Command {
	return []Command{Start{}, Stop{}, Restart{}, RunTask{}, RunSweep{}, PinTests{}, Cancel{}, Acknowledge{}, Look{}, Operate{}, Reload{}, Trust{}, Down{}}
}

// MarshalCommand is the command as one JSON object {"type", "data"}.
func MarshalCommand(c Command) ([]byte, error) { return seal(c) }

// UnmarshalCommand reads what MarshalCommand wrote.
func UnmarshalCommand(p []byte) (Command, error) { return open(commandTypes(), p) }
