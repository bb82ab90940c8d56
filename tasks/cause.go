package tasks

import (
	"fmt"
	"time"
)

// CauseKind says what made a run begin.
type CauseKind string

// The causes.
const (
	ByPerson     CauseKind = "person"     // a key or a verb
	ByStart      CauseKind = "start"      // the workspace came up
	ByDependency CauseKind = "dependency" // another task needs it
	ByWatch      CauseKind = "watch"      // files changed
	ByRestart    CauseKind = "restart"    // its restart policy
	BySchedule   CauseKind = "schedule"
	ByConfig     CauseKind = "config"    // its declaration changed
	ByAnother    CauseKind = "another"   // what it depends on began anew
	ByOperation  CauseKind = "operation" // it follows what was done elsewhere: "moons@champion is version 7"
	ByOthers     CauseKind = "elsewhere" // somebody, or something, outside: "push by ada"
)

// Cause is why a run began.
type Cause struct {
	Kind CauseKind `json:"kind"`
	// Detail names it: the task that needs it, the exit that it follows.
	Detail string `json:"detail,omitempty"`
	// Files that changed, relative to the workspace, with slashes.
	Files []string `json:"files,omitempty"`
	// Changed is when the first of Files changed: the feedback clock starts here.
	Changed time.Time `json:"changed,omitzero"`
	// Fresh: run it although nothing of its inputs changed.
	Fresh bool `json:"fresh,omitempty"`
	// Request is the word that the asking client gave, to know its run again.
	Request string `json:"request,omitempty"`
}

// String is the cause as a person says it: "cart.go changed".
func (c Cause) String() string {
	switch c.Kind {
	case ByWatch:
		switch n := len(c.Files); n {
		case 0:
			return "files changed"
		case 1:
			return c.Files[0] + " changed"
		default:
			return fmt.Sprintf("%s and %d more changed", c.Files[0], n-1)
		}
	case ByDependency:
		return "needed by " + c.Detail
	case ByRestart:
		return "restart after " + c.Detail
	case ByPerson:
		if c.Detail != "" {
			return c.Detail
		}
		return "started by hand"
	case ByStart:
		return "workspace came up"
	case BySchedule:
		return "schedule " + c.Detail
	case ByConfig:
		return "its declaration changed"
	case ByAnother:
		return c.Detail + " began anew"
	case ByOperation:
		return c.Detail
	case ByOthers:
		if c.Detail != "" {
			return c.Detail
		}
		return "started elsewhere"
	}
	return string(c.Kind)
}
