package docker

import (
	"context"
	"encoding/json"
	"sync"
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

// usageWithin is how long an engine may take to say what containers take: what
// comes later is of no use.
const usageWithin = 1500 * time.Millisecond

// Usage samples what the services that run here take. It is called while somebody
// looks; the first sample of a container is only the beginning of the next.
func (r *Runner) Usage(ctx context.Context) map[tasks.RunID]tasks.Usage {
	r.mu.Lock()
	jobs := make([]*job, 0, len(r.jobs))
	for _, j := range r.jobs {
		jobs = append(jobs, j)
	}
	r.mu.Unlock()
	if len(jobs) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, usageWithin)
	defer cancel()
	all := map[tasks.RunID]tasks.Usage{}
	var mu sync.Mutex
	var asking sync.WaitGroup
	slots := make(chan struct{}, 4) // so many at once, that the engine is not busy with it
	for _, j := range jobs {
		select {
		case <-j.live.up:
		default:
			continue
		}
		asking.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if u, ok := j.sample(ctx); ok {
				mu.Lock()
				defer mu.Unlock()
				all[j.q.Run] = u
			}
		})
	}
	asking.Wait()
	return all
}

// sample is what the container took since the sample before.
func (j *job) sample(ctx context.Context) (tasks.Usage, bool) {
	answer, err := j.p.api.ContainerStats(ctx, j.live.id, client.ContainerStatsOptions{})
	if err != nil {
		return tasks.Usage{}, false
	}
	defer func() { _ = answer.Body.Close() }()
	var now container.StatsResponse
	if json.NewDecoder(answer.Body).Decode(&now) != nil || now.Read.IsZero() {
		return tasks.Usage{}, false
	}
	j.live.sampling.Lock()
	before := j.live.before
	j.live.before = now
	j.live.sampling.Unlock()
	if before.Read.IsZero() {
		before = now
	}
	return usage(before, now), true
}
