package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
)

// starting is an engine that says when everything is started for the first time.
type starting struct {
	tasks.Engine
	once  sync.Once
	first func(at time.Time)
}

// Do passes a command on.
func (s *starting) Do(ctx context.Context, c tasks.Command) error {
	at := time.Now()
	err := s.Engine.Do(ctx, c)
	if start, ok := c.(tasks.Start); ok && len(start.Names) == 0 && err == nil {
		s.once.Do(func() { s.first(at) })
	}
	return err
}

// Query passes a question on.
func (s *starting) Query(ctx context.Context, q tasks.Query) (tasks.Result, error) {
	asked, ok := s.Engine.(tasks.Querier)
	if !ok {
		return tasks.Result{}, errors.New("this host has no connections")
	}
	return asked.Query(ctx, q)
}

// longestStart is when an environment that is still not up is no longer waited for.
const longestStart = 15 * time.Minute

// awaitStart follows a start that was asked for at that time and returns how it
// went; false: nothing was started, or it never settled.
func awaitStart(ctx context.Context, e tasks.Engine, asked time.Time) (history.StartRecord, bool) {
	ctx, cancel := context.WithTimeout(ctx, longestStart)
	defer cancel()
	var r history.StartRecord
	err := follow(ctx, e, func(s *tasks.State) (settled bool, err error) {
		r, settled = cameUp(s, asked)
		return settled, nil
	})
	return r, err == nil && r.Services > 0
}

// cameUp is how the services that were started since came up; false: one is
// still on its way. One that a person stopped meanwhile does not count.
func cameUp(s *tasks.State, since time.Time) (r history.StartRecord, settled bool) {
	for _, name := range s.Order {
		u := s.Units[name]
		if !u.Task.IsService() {
			continue
		}
		queued, ok := firstQueued(s, u, since)
		if !ok {
			continue
		}
		if _, settled, failed := standing(s, u); !settled {
			return history.StartRecord{}, false
		} else if run, _ := s.Current(name); failed || run.ReadyAt.IsZero() {
			if run.Status == tasks.Cancelled {
				continue
			}
			r.Failed = append(r.Failed, name)
			r.Ready = latest(r.Ready, run.EndedAt)
		} else if run.ReadyAt.After(r.Ready) || r.Slowest == "" {
			r.Slowest, r.Took = name, run.ReadyAt.Sub(run.StartedAt)
			r.Ready = latest(r.Ready, run.ReadyAt)
		}
		r.Services++
		if r.Began.IsZero() || queued.Before(r.Began) {
			r.Began = queued
		}
	}
	return r, true
}

func firstQueued(s *tasks.State, u tasks.Unit, since time.Time) (time.Time, bool) {
	for _, id := range u.Runs {
		if at := s.Runs[id].QueuedAt; !at.Before(since) {
			return at, true
		}
	}
	return time.Time{}, false
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
