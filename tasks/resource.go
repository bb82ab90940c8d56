package tasks

import (
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// ResourceID names an outside thing for good: "docker/container/3f2a".
type ResourceID string

// NewResourceID is the id of what a provider calls id among its things of a kind.
func NewResourceID(provider, kind, id string) ResourceID {
	return ResourceID(provider + "/" + kind + "/" + id)
}

// Provider is the name of the provider that knows the resource.
func (id ResourceID) Provider() string {
	name, _, _ := strings.Cut(string(id), "/")
	return name
}

// Native is what the provider's system calls the resource.
func (id ResourceID) Native() string {
	parts := strings.SplitN(string(id), "/", 3)
	return parts[len(parts)-1]
}

// RunKind is the kind of resource that stands for a run in its own system: what
// only that system can do with it are its operations ("cancel" among them).
const RunKind = "run"

// Outside is the resource that stands for the run where a provider runs it; the
// provider may not have told of it.
func (r Run) Outside(provider string) ResourceID { return NewResourceID(provider, RunKind, r.External) }

// Phase is how an outside thing does, whatever its system calls that.
type Phase string

// The phases.
const (
	PhaseUnknown Phase = ""
	PhaseOff     Phase = "off"     // it exists and does nothing: a stopped container
	PhaseBusy    Phase = "busy"    // on its way somewhere: starting, pulling, connecting
	PhaseUp      Phase = "up"      // as it should be
	PhaseWarning Phase = "warning" // it works, and a person should look
	PhaseFailed  Phase = "failed"
)

// Fact is a labelled text about something.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Resource is an outside thing with a state and maybe a log: a container, an
// image, a branch, a model, an alert.
type Resource struct {
	ID ResourceID `json:"id"`
	// Kind is one of its provider's Kinds.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Group is what it belongs to within its kind: a Compose project.
	Group string `json:"group,omitempty"`
	Phase Phase  `json:"phase"`
	// Native is its system's own word for the phase, Reason why it is in it.
	Native string `json:"native,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Detail stands beside the name (an image, an address), Number at the row's end.
	Detail string `json:"detail,omitempty"`
	Number string `json:"number,omitempty"`
	// Own: it belongs to this workspace. Such come first, and one that is PhaseWarning
	// or PhaseFailed stands in ATTENTION, with its Reason.
	Own bool `json:"own,omitempty"`
	// Task is the unit that it is the outside part of; such have no row of their own.
	Task string `json:"task,omitempty"`
	// Since is when it came into its phase. Zero, where its system does not say: the
	// engine has seen it, or nobody knows.
	Since time.Time `json:"since,omitzero"`
	URL   string    `json:"url,omitempty"`
	// Log is where its log is stored once somebody looks at it; empty: it has none.
	Log logs.Key `json:"log,omitempty"`
	// Facts are what else is known, in the order to show it, where its kind has no
	// views: these tell all of it themselves.
	Facts []Fact `json:"facts,omitempty"`
	// Off says why an operation of its kind can't be done with it now, by the
	// operation's name; an empty reason leaves the operation out.
	Off map[string]string `json:"off,omitempty"`
	// Doing is the operation that goes on; the engine keeps it.
	Doing string `json:"doing,omitempty"`
}

// Kind is a sort of resource that a provider knows.
type Kind struct {
	Name string `json:"name"` // "container"
	// Title heads its group in the tree: "CONTAINERS". Empty: it has no group
	// of its own there and is only looked at from elsewhere.
	Title string `json:"title"`
	// Unused says what would fill the group while there is nothing in it.
	Unused     string      `json:"unused,omitempty"`
	Operations []Operation `json:"operations,omitempty"`
	// Usage: the provider samples what such a resource takes, while looked at.
	Usage bool `json:"usage,omitempty"`
	// Terminal: a person can take a terminal inside of it, a shell in a container.
	Terminal bool `json:"terminal,omitempty"`
	// Views are the tabs of such a resource beside its log and its usage.
	Views []View `json:"views,omitempty"`
}

// View is a tab that a Query to the provider fills, with the resource's native
// id as "id" and its kind as "kind".
type View struct {
	Title string `json:"title"` // one word: "Layers"
	Query string `json:"query"` // Query.Name
	// Every is after how many seconds it is asked anew while it is looked at; 0:
	// only when the resource has changed.
	Every int `json:"every,omitempty"`
	// Key is the column that names a row for the resource's system. Such rows can be
	// chosen, and an operation of the kind that has a parameter called As is one
	// about the row: it is given the name as that.
	Key string `json:"key,omitempty"` // "id"
	As  string `json:"as,omitempty"`  // "run"
	// Compare is a Query that answers with Runs: of the rows that "runs" names, by
	// comma.
	Compare string `json:"compare,omitempty"`
}

// Operation is a verb that only the resource's own system knows: pause, prune,
// promote, approve.
type Operation struct {
	Name  string `json:"name"`  // "remove"
	Title string `json:"title"` // "Remove": the resource's name follows
	// Key is offered for it, where that key is free.
	Key string `json:"key,omitempty"`
	// Dangerous operations are asked for; Confirm is what the question says, in
	// which {name} is the resource's.
	Dangerous bool   `json:"dangerous,omitempty"`
	Confirm   string `json:"confirm,omitempty"`
	// Preview is a Query that lists what the operation will do, for the question;
	// it is asked as a View is.
	Preview string `json:"preview,omitempty"`
	// Form is a Query for the parameters where the resource, or the row that it is
	// about, decides what can be given; it is asked as a View is, with what is known
	// already: the row as View.As. The answer's Params are the form, its Suggest complete
	// what is typed there.
	Form string `json:"form,omitempty"`
	// Tells: its provider is a Telling, which says what came of it.
	Tells bool `json:"tells,omitempty"`
	// After is the word by which tasks follow it: those with after: of that word run
	// when it is done.
	After string `json:"after,omitempty"`
	// Undo is the operation that takes it back.
	Undo string `json:"undo,omitempty"`
	// Whole: it is about all resources of the kind ("remove all unused"); any of
	// them may be given.
	Whole  bool           `json:"whole,omitempty"`
	Params []config.Param `json:"params,omitempty"`
}

// Provider is a connection to another system, as everybody sees it.
type Provider struct {
	// Name is the connection's: "docker", or what the workspace file calls it.
	Name  string `json:"name"`
	Title string `json:"title"`
	Phase Phase  `json:"phase"`
	// About is what answered: "Docker 27.1, API 1.46 (context colima)".
	About string `json:"about,omitempty"`
	// Since is when it came into its phase.
	Since time.Time `json:"since,omitzero"`
	// Error says why it can't be reached, Hint what to do, Retry when it is tried again.
	Error string    `json:"error,omitempty"`
	Hint  string    `json:"hint,omitempty"`
	Retry time.Time `json:"retry,omitzero"`
	Kinds []Kind    `json:"kinds,omitempty"`
	// Wanted: the workspace declares or needs it, so that its failure needs a
	// person; one that was only found fails quietly.
	Wanted bool `json:"wanted,omitempty"`
}

// Kind is the provider's kind of that name.
func (p Provider) Kind(name string) (Kind, bool) {
	for _, k := range p.Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// Changes are what a provider tells of its resources.
type Changes struct {
	Changed []Resource   `json:"changed,omitempty"`
	Gone    []ResourceID `json:"gone,omitempty"`
	// All: Changed is all that there is; what the provider told of before is gone.
	All bool `json:"all,omitempty"`
}

// Query asks a provider for something that no event tells: a table of runs, the
// form of a workflow, what a prune would remove.
type Query struct {
	Provider string            `json:"provider"`
	Name     string            `json:"name"` // what is asked: "runs", "form", "prune.preview"
	Args     map[string]string `json:"args,omitempty"`
}

// Column is a column of a Result.
type Column struct {
	Name string `json:"name"`
	// Number: its cells are numbers, and sorted and aligned as such.
	Number bool `json:"number,omitempty"`
	// Unit is what its numbers are of: "s", seconds. Empty: nothing that is known.
	Unit string `json:"unit,omitempty"`
}

// Curve is a metric of something over its steps, or, where no point has one, over
// time.
type Curve struct {
	Name   string  `json:"name"`
	Of     string  `json:"of,omitempty"` // whose: a run's native id
	Points []Point `json:"points,omitempty"`
}

// Result answers a Query with what fits it.
type Result struct {
	Columns []Column       `json:"columns,omitempty"`
	Rows    [][]string     `json:"rows,omitempty"`
	Curves  []Curve        `json:"curves,omitempty"`
	Params  []config.Param `json:"params,omitempty"`
	// Suggest are what completes a parameter's value, by its name; others may be given,
	// too.
	Suggest map[string][]string `json:"suggest,omitempty"`
	Facts   []Fact              `json:"facts,omitempty"`
	// Runs are to be compared with each other. Greater says of their metrics whether
	// more is better, where the system knows.
	Runs    []Subject       `json:"runs,omitempty"`
	Greater map[string]bool `json:"greater,omitempty"`
	Text    string          `json:"text,omitempty"`
	// More says what was left out, and how to have it.
	More string `json:"more,omitempty"`
}
