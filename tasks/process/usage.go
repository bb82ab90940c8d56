package process

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// meter turns the growing CPU times of processes into shares of a core, and
// remembers what is dear to ask.
type meter struct {
	mu      sync.Mutex
	samples int
	at      time.Time
	last    map[ident]reading
}

// reading is one process at one sample.
type reading struct {
	cpu   time.Duration
	files int
	ports []int
}

// askPortsAgain: a process's ports are looked up when its number of files has
// changed, and otherwise at each of so many samples, since listing the sockets
// of a machine takes as long as all the rest.
const askPortsAgain = 5

// sample measures each family. A process that ended between two samples is not
// in the second one: its last moments are not counted.
func (m *meter) sample(ctx context.Context, families map[tasks.RunID]*family, all []proc) map[tasks.RunID]tasks.Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	next := map[ident]reading{}
	listeners := sync.OnceValue(listening)
	usage := make(map[tasks.RunID]tasks.Usage, len(families))
	for id, f := range families {
		if ctx.Err() != nil {
			break
		}
		var u tasks.Usage
		ports := map[int]bool{}
		for _, p := range f.members(all, anywhere, false) {
			measured(ctx, &p)
			r := reading{cpu: p.cpu, files: countFiles(p.pid)}
			before, known := m.last[p.ident]
			if known && before.files == r.files && m.samples%askPortsAgain != 0 {
				r.ports = before.ports
			} else {
				r.ports = portsOf(p.pid, listeners)
			}
			next[p.ident] = r
			for _, port := range r.ports {
				ports[port] = true
			}
			u.CPU += m.share(p, now)
			u.Memory += p.memory
			u.Threads += p.threads
			u.Files += r.files
			u.Processes++
		}
		u.Ports = slices.Sorted(maps.Keys(ports))
		usage[id] = u
	}
	m.at, m.last = now, next
	m.samples++
	return usage
}

// share is how much of one core p used since the last sample, or since it
// began, in percent.
func (m *meter) share(p proc, now time.Time) float64 {
	used, span := p.cpu, time.Duration(0)
	if before, ok := m.last[p.ident]; ok {
		used, span = p.cpu-before.cpu, now.Sub(m.at)
	} else {
		span = now.Sub(startedAt(p.ident))
	}
	// Times in /proc have a grain of 10 ms; over less than that a share says nothing.
	if span < 20*time.Millisecond || used < 0 {
		return 0
	}
	return 100 * float64(used) / float64(span)
}
