package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// errEnded says that the container ended before it was ready.
var errEnded = errors.New("it ended")

// awaitReady returns nil when the container is ready: by the unit's probe, by its
// own health check where that is what counts, or since it has started.
func (j *job) awaitReady(ctx context.Context, id string, w *sinkLog) error {
	switch {
	case j.ready != nil:
		return j.probe(ctx, id, w)
	case j.c.Healthy:
		return j.awaitHealth(ctx, id)
	}
	return nil
}

// awaitHealth asks for the container's health until it is good. Three failures
// in a row, which is what the engine calls unhealthy, are not the end: it may
// still recover, and says meanwhile why not.
func (j *job) awaitHealth(ctx context.Context, id string) error {
	said := ""
	for {
		i, err := j.p.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && !i.Container.State.Running:
			return errEnded
		case err == nil && i.Container.State.Health == nil:
			return nil // the image has no check after all
		case err == nil && i.Container.State.Health.Status == container.Healthy:
			return nil
		case err == nil:
			if why := lastCheck(i.Container.State.Health); why != said {
				said = why
				j.s.Emit(tasks.ProbeFailed{ID: j.q.Run, Error: why})
			}
		}
		if !pause(ctx, 250*time.Millisecond) {
			return ctx.Err()
		}
	}
}

func lastCheck(h *container.Health) string {
	if len(h.Log) == 0 {
		return "its health check has not run yet"
	}
	last := h.Log[len(h.Log)-1]
	said, _, _ := strings.Cut(strings.TrimSpace(last.Output), "\n")
	if said == "" {
		said = fmt.Sprintf("exit %d", last.ExitCode)
	}
	return "its health check: " + said
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// probe tries the unit's probe until it passes or its time is over.
func (j *job) probe(ctx context.Context, id string, w *sinkLog) error {
	pr := *j.ready
	try, err := j.prober(id, pr, w)
	if err != nil {
		return err
	}
	var deadline time.Time
	if pr.Within > 0 {
		deadline = time.Now().Add(pr.Within)
	}
	said := ""
	for {
		once, cancel := context.WithTimeout(ctx, pr.Timeout)
		err := try(once)
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			return nil
		case err.Error() != said:
			said = err.Error()
			j.s.Emit(tasks.ProbeFailed{ID: j.q.Run, Error: said})
		}
		if !deadline.IsZero() && time.Now().After(deadline) {
			return fmt.Errorf("not ready within %v: %s", pr.Within, said)
		}
		if !pause(ctx, pr.Every) {
			return ctx.Err()
		}
	}
}

// prober is one try of a probe.
func (j *job) prober(id string, pr config.Probe, w *sinkLog) (func(context.Context) error, error) {
	switch {
	case pr.HTTP != "":
		return func(ctx context.Context) error { return askHTTP(ctx, pr.HTTP) }, nil
	case pr.TCP != "":
		return func(ctx context.Context) error {
			c, err := new(net.Dialer).DialContext(ctx, "tcp", pr.TCP)
			if err != nil {
				return err
			}
			return c.Close()
		}, nil
	case pr.Log != "":
		re, err := regexp.Compile(pr.Log)
		if err != nil {
			return nil, &tasks.StartError{Reason: "ready.log: " + err.Error()}
		}
		seen := make(chan struct{}, 1)
		w.listen(func(line string) {
			if re.MatchString(line) {
				select {
				case seen <- struct{}{}:
				default:
				}
			}
		})
		return func(ctx context.Context) error {
			select {
			case <-seen:
				return nil
			case <-ctx.Done():
				return fmt.Errorf("no line fits %q yet", pr.Log)
			}
		}, nil
	}
	return func(ctx context.Context) error {
		return j.run(ctx, id, config.Exec{Command: []string{"sh", "-c", pr.Exec}}, nil)
	}, nil
}

func askHTTP(ctx context.Context, url string) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(a.Body, 64<<10))
	_ = a.Body.Close()
	if a.StatusCode >= 400 {
		return fmt.Errorf("%s answers %s", url, a.Status)
	}
	return nil
}
