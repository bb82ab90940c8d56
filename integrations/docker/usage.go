package docker

import (
	"context"
	"encoding/json"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// sample tells what a container takes, while it runs, until ctx ends.
func (p *Provider) sample(ctx context.Context, id string, used func(tasks.Usage)) {
	for ctx.Err() == nil && p.awaitRunning(ctx, id) {
		body, err := p.api.ContainerStats(ctx, id, client.ContainerStatsOptions{Stream: true})
		if err != nil {
			if gone(err) {
				return
			}
		} else {
			readStats(body.Body, used)
			_ = body.Body.Close()
		}
		// A container that stops ends the stream a moment before it is told of.
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// readStats reads samples until the stream ends.
func readStats(body interface{ Read([]byte) (int, error) }, used func(tasks.Usage)) {
	d := json.NewDecoder(body)
	var before container.StatsResponse
	for {
		var s container.StatsResponse
		if d.Decode(&s) != nil || s.Read.IsZero() {
			return // a zero time is what is sent of a container that has stopped
		}
		if !before.Read.IsZero() {
			used(usage(before, s))
		}
		before = s
	}
}

// usage is what a container took between two samples.
func usage(before, now container.StatsResponse) tasks.Usage {
	u := tasks.Usage{Memory: memory(now.MemoryStats), Processes: int(now.PidsStats.Current)}
	spent := float64(now.CPUStats.CPUUsage.TotalUsage) - float64(before.CPUStats.CPUUsage.TotalUsage)
	if passed := now.Read.Sub(before.Read); passed > 0 && spent > 0 {
		u.CPU = spent / float64(passed.Nanoseconds()) * 100
	}
	return u
}

// memory is what can't be taken back: file pages that were not used lately can.
func memory(m container.MemoryStats) int64 {
	cached, ok := m.Stats["total_inactive_file"] // cgroup v1
	if !ok {
		cached = m.Stats["inactive_file"]
	}
	if cached > m.Usage {
		return int64(m.Usage)
	}
	return int64(m.Usage - cached)
}
