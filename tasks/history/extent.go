package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// extent is how much of its task a run did.
type extent struct {
	Scope    tasks.Scope      `json:"scope,omitempty"`
	Only     []tasks.TestName `json:"only,omitempty"`
	Narrowed *tasks.Narrowing `json:"narrowed,omitempty"`
	Breaks   bool             `json:"breaks,omitempty"`
	Cached   tasks.RunID      `json:"cached,omitempty"`
	// What else is known of it: its name elsewhere, the code that it was made of.
	External string      `json:"external,omitempty"`
	Code     *tasks.Code `json:"code,omitempty"`
	// Reported are the parameters that its program wrote down.
	Reported map[string]string `json:"reported,omitempty"`
	// Sweep is what it was a part of.
	Sweep *tasks.Sweep `json:"sweep,omitempty"`
}

// extentOf is a run's extent as it is stored; empty where it did all.
func extentOf(r tasks.Run) (string, error) {
	e := extent{Scope: r.Scope, Only: r.Only, Narrowed: r.Narrowed, Breaks: r.Breaks, Cached: r.Cached, External: r.External, Reported: r.Reported, Sweep: r.Sweep}
	if r.Code != (tasks.Code{}) {
		e.Code = &r.Code
	}
	text, err := json.Marshal(e)
	if err != nil || string(text) == "{}" {
		return "", err
	}
	return string(text), nil
}

// Standing is how a task stands after all its runs.
type Standing struct {
	// Red: its newest run failed, of those that ran to their end.
	Red bool
	// Failed are the tests that failed when they last ran, Broken the files that
	// the newest run told errors of.
	Failed []tasks.TestName
	Broken []string
}

// standingRuns is how many runs may come after the last whole one.
const standingRuns = 50

// Standing adds up the newest runs of a task, back to the last that did all of it.
func (s *Store) Standing(ctx context.Context, task string) (Standing, error) {
	runs, err := s.Runs(ctx, Filter{Task: task, Limit: standingRuns})
	if err != nil {
		return Standing{}, err
	}
	var st Standing
	var newer []tasks.Run
	for _, r := range runs {
		if r.Task != task || r.StartedAt.IsZero() || r.Cached != "" || r.Status != tasks.Succeeded && r.Status != tasks.Failed {
			continue
		}
		tests, err := s.Tests(ctx, r.ID)
		if err != nil {
			return Standing{}, err
		}
		for _, t := range tests {
			name := tasks.TestName{Suite: t.Suite, Name: t.Name}
			if t.Status == tasks.TestFailed && !slices.ContainsFunc(newer, func(n tasks.Run) bool { return n.Answers(name) }) {
				st.Failed = append(st.Failed, name)
			}
		}
		if len(newer) == 0 {
			st.Red = r.Status == tasks.Failed
			if st.Broken, err = s.broken(ctx, r.ID); err != nil {
				return Standing{}, err
			}
		}
		if r.Whole() {
			break
		}
		r.Tests = tests
		newer = append(newer, r)
	}
	return st, nil
}

func (s *Store) broken(ctx context.Context, run tasks.RunID) (files []string, err error) {
	all, err := s.Diagnostics(ctx, run)
	seen := map[string]bool{}
	for _, d := range all {
		if f := d.Location.File; d.Severity == tasks.Error && f != "" && !seen[f] {
			seen[f] = true
			files = append(files, f)
		}
	}
	return files, err
}

// Known are the tests that a task has ever reported.
func (s *Store) Known(ctx context.Context, task string) ([]tasks.TestName, error) {
	var all []tasks.TestName
	err := s.read(ctx, "read the tests of "+task, func(db *sql.DB) error {
		return each(ctx, db, func(scan func(...any) error) error {
			var n tasks.TestName
			err := scan(&n.Suite, &n.Name)
			all = append(all, n)
			return err
		}, `SELECT suite, name FROM test_names WHERE task = ? ORDER BY suite, name`, task)
	})
	return all, err
}
