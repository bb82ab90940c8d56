package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// The kinds of resource by which a connection is known for what it keeps.
const (
	keepsRuns   = "experiment"
	keepsModels = "model"
)

// awaitTrackers waits until the connections that keep things of a kind are up, and
// returns them in the order of their names.
func awaitTrackers(ctx context.Context, e outside, kind string) ([]tasks.Provider, error) {
	limited, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	var up []tasks.Provider
	var last tasks.State
	settled := time.Time{} // since when nobody is being connected
	err := followTicking(limited, e, func(s *tasks.State) (bool, error) {
		last, up = *s, nil
		busy := false
		for _, p := range valuesOf(s.Providers) {
			busy = busy || p.Phase == tasks.PhaseBusy
			if _, keeps := p.Kind(kind); keeps && p.Phase == tasks.PhaseUp {
				up = append(up, p)
			}
		}
		switch {
		case busy:
			settled = time.Time{}
		case len(up) > 0:
			return true, nil
		case settled.IsZero():
			settled = time.Now()
		}
		return !settled.IsZero() && time.Since(settled) > telling, nil
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(up) > 0: // another one that is slow to answer is not waited for
		return up, nil
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return nil, err
	}
	return nil, noTracker(&last, kind)
}

// noTracker says why nothing answers that keeps things of a kind.
func noTracker(s *tasks.State, kind string) error {
	var hints []string
	for _, p := range valuesOf(s.Providers) {
		// One that was only found and keeps something else (a Docker that is not there) is no reason.
		if !p.Wanted && p.Name != "mlflow" {
			continue
		}
		switch {
		case p.Error != "":
			hints = append(hints, strings.TrimSuffix(fmt.Sprintf("%s: %s; %s", p.Title, p.Error, p.Hint), "; "))
		case p.Phase == tasks.PhaseBusy:
			hints = append(hints, fmt.Sprintf("%s has not answered within %v", p.Title, connecting))
		}
	}
	if len(hints) == 0 {
		hints = append(hints, "declare one in sawhorse.yml: integrations: {mlflow: {url: http://...}}, or set MLFLOW_TRACKING_URI")
	}
	return &fault{code: exitFailure, err: fmt.Errorf("no system is connected that keeps %ss", kind), hint: strings.Join(hints, "\n  ")}
}

// awaitModel is the registered model of that name, once its registry has told of it.
func awaitModel(ctx context.Context, e outside, name string) (tasks.Resource, error) {
	trackers, err := awaitTrackers(ctx, e, keepsModels)
	if err != nil {
		return tasks.Resource{}, err
	}
	limited, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	var found tasks.Resource
	var names []string
	told := time.Time{} // since when the registries have told of something
	err = followTicking(limited, e, func(s *tasks.State) (bool, error) {
		names = nil
		for _, r := range s.Resources {
			if r.Kind != keepsModels {
				continue
			}
			names = append(names, r.Name)
			if r.Name == name {
				found = r
			}
		}
		if told.IsZero() && slices.ContainsFunc(trackers, func(p tasks.Provider) bool { return tellsOf(s, p.Name) }) {
			told = time.Now()
		}
		return found.ID != "" || !told.IsZero() && time.Since(told) > telling, nil
	})
	switch {
	case found.ID != "":
		return found, nil
	case ctx.Err() != nil:
		return found, ctx.Err()
	case err != nil && !errors.Is(err, context.DeadlineExceeded):
		return found, err
	}
	slices.Sort(names)
	hint := "no model is registered yet: sawhorse promote needs a version, which R on an experiment registers"
	if len(names) > 0 {
		hint = "there are: " + joinNames(names)
	}
	return found, &fault{code: exitFailure, err: fmt.Errorf("no registered model is called %q", name), hint: hint}
}

func tellsOf(s *tasks.State, provider string) bool {
	for id := range s.Resources {
		if id.Provider() == provider {
			return true
		}
	}
	return false
}

// factOf is a fact of an answer; "" when it says nothing of it.
func factOf(r tasks.Result, name string) string {
	if all := facts(r, name); len(all) > 0 {
		return all[0]
	}
	return ""
}
