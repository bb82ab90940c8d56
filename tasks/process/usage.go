package process

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// meter turns the growing CPU times of processes into shares of a core.
type meter struct {
	mu   sync.Mutex
	at   time.Time
	last map[ident]time.Duration
}

// sample measures each family. A process that ended between two samples is not
// in the second one: its last moments are not counted.
func (m *meter) sample(ctx context.Context, families map[tasks.RunID]*family, all []proc) map[tasks.RunID]tasks.Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	next := map[ident]time.Duration{}
	listeners := listening()
	usage := make(map[tasks.RunID]tasks.Usage, len(families))
	for id, f := range families {
		if ctx.Err() != nil {
			break
		}
		var u tasks.Usage
		ports := map[int]bool{}
		for _, p := range f.members(all, anywhere, false) {
			measured(ctx, &p)
			files, open := openFiles(p.pid, listeners)
			for _, port := range open {
				ports[port] = true
			}
			next[p.ident] = p.cpu
			u.CPU += m.share(p, now)
			u.Memory += p.memory
			u.Threads += p.threads
			u.Files += files
			u.Processes++
		}
		u.Ports = slices.Sorted(maps.Keys(ports))
		usage[id] = u
	}
	m.at, m.last = now, next
	return usage
}

// share is how much of one core p used since the last sample, or since it
// began, in percent.
func (m *meter) share(p proc, now time.Time) float64 {
	used, span := p.cpu, time.Duration(0)
	if before, ok := m.last[p.ident]; ok {
		used, span = p.cpu-before, now.Sub(m.at)
	} else {
		span = now.Sub(startedAt(p.ident))
	}
	// Times in /proc have a grain of 10 ms; over less than that a share says nothing.
	if span < 20*time.Millisecond || used < 0 {
		return 0
	}
	return 100 * float64(used) / float64(span)
}
