package config

import (
	"fmt"
	"time"
)

// workspaceDraft is the file as it was read, before defaults, paths and the
// checks that look at more than one key.
type workspaceDraft struct {
	name    string
	units   []*draft // services, then tasks, in file order
	env     map[string]string
	envFile []placed[string]
	shell   []string
	logs    Logs
	jobs    int

	integrations []Integration
}

// draft is a unit as it was read.
type draft struct {
	name   string
	kind   Kind
	pos    Position // of the name
	length int

	description string
	hidden      bool
	groups      []string
	profiles    bool // groups came from profiles: started only when asked for
	autostart   placed[bool]

	run     string
	command []string
	shell   []string
	dir     placed[string]
	env     map[string]string
	envFile []placed[string]
	tty     placed[bool]

	dependsOn []dependency
	watch     *Watch

	container containerDraft

	ready    *probe
	restart  placed[Restart]
	stop     Stop
	ports    []placed[Port]
	replicas placed[int]

	params   []placed[Param]
	timeout  time.Duration
	onBusy   OnBusy
	schedule string
	inputs   *Inputs
	format   []Format
	results  []string
	track    string
	after    string
	curves   []string
	metrics  []string
	confirm  bool
	sameAs   []string

	use              placed[string]
	with, values     map[string]string
	withAt, valuesAt map[string]Position
}

// title names the unit in messages.
func (d *draft) title() string { return fmt.Sprintf("%s %q", d.kind, d.name) }

// probe is a Probe in which "not given" is told from zero.
type probe struct {
	Probe
	within placed[time.Duration]
}
