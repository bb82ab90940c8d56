package history

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Clock sums up how long something took.
type Clock struct {
	Count  int           `json:"count"`
	Median time.Duration `json:"median"`
	P95    time.Duration `json:"p95"`
	Worst  time.Duration `json:"worst"`
}

func clockOf(all []time.Duration) Clock {
	return Clock{Count: len(all), Median: median(all), P95: percentile(all, 95), Worst: percentile(all, 100)}
}

// TaskClock is the time from a change to the result of a task.
type TaskClock struct {
	Task string `json:"task"`
	// Week is its Monday; zero for all of the time that was asked for.
	Week time.Time `json:"week,omitzero"`
	Clock
}

// Feedback sums up how long a person waited for results.
type Feedback struct {
	Since time.Time `json:"since,omitzero"`
	// Weeks are tasks week by week, the newest week first; Tasks the same over
	// all of them. The slowest task comes first.
	Weeks []TaskClock `json:"weeks"`
	Tasks []TaskClock `json:"tasks"`
	// Flaky is the time that flaky tests took: of the runs that followed, with
	// the same code, one in which nothing but flaky tests had failed.
	Flaky Lost `json:"flaky"`
	// Starts is how long the environment took to come up.
	Starts Starts `json:"starts"`
}

// Lost is time that need not have been spent.
type Lost struct {
	Runs int           `json:"runs"`
	Time time.Duration `json:"time"`
}

// Starts are the starts of the whole environment. Those with a service that did
// not come up are counted in Failed only.
type Starts struct {
	Clock
	Failed int `json:"failed"`
	// Slowest is the service that was most often the last to be ready.
	Slowest string `json:"slowest,omitempty"`
}

// StartRecord is one start of the whole environment.
type StartRecord struct {
	Began    time.Time     `json:"began"` // the first run was queued
	Ready    time.Time     `json:"ready"` // the last service was ready, or gave up
	Services int           `json:"services"`
	Failed   []string      `json:"failed,omitempty"` // did not come up
	Slowest  string        `json:"slowest"`          // was ready last
	Took     time.Duration `json:"took"`             // by Slowest, from its own start
}

// AddStart stores how the environment came up.
func (s *Store) AddStart(ctx context.Context, r StartRecord) error {
	failed, err := json.Marshal(r.Failed)
	if err != nil {
		return err
	}
	return s.host(ctx, "store how the environment came up", func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "INSERT OR REPLACE INTO starts VALUES (?,?,?,?,?,?)",
			nanos(r.Began), nanos(r.Ready), r.Services, string(failed), r.Slowest, r.Took)
		return err
	})
}

// readStarts reads the starts that began at since or later, oldest first.
func readStarts(ctx context.Context, db *sql.DB, since time.Time) ([]StartRecord, error) {
	var all []StartRecord
	err := each(ctx, db, func(scan func(...any) error) error {
		var r StartRecord
		var began, ready int64
		var failed string
		if err := scan(&began, &ready, &r.Services, &failed, &r.Slowest, &r.Took); err != nil {
			return err
		}
		r.Began, r.Ready = timeOf(began), timeOf(ready)
		all = append(all, r)
		return json.Unmarshal([]byte(failed), &all[len(all)-1].Failed)
	}, "SELECT began_at, ready_at, services, failed, slowest, slowest_took FROM starts WHERE began_at >= ? ORDER BY began_at", nanos(since))
	return all, err
}

// Feedback sums up the runs that ended since then; weeks are those of loc.
func (s *Store) Feedback(ctx context.Context, since time.Time, loc *time.Location) (Feedback, error) {
	f := Feedback{Since: since, Weeks: []TaskClock{}, Tasks: []TaskClock{}}
	err := s.read(ctx, "read the run history", func(db *sql.DB) error {
		waits, err := readWaits(ctx, db, since)
		if err != nil {
			return err
		}
		f.Weeks, f.Tasks = clocks(waits, loc)
		runs, err := judged(ctx, db, "", since)
		if err != nil {
			return err
		}
		excused := map[tasks.RunID]int{}
		err = trends(ctx, db, runs, TestFilter{Flaky: true}, func(t Trend) { excuse(t.Results, excused) })
		if err != nil {
			return err
		}
		f.Flaky = lost(runs, excused)
		starts, err := readStarts(ctx, db, since)
		f.Starts = sumStarts(starts)
		return err
	})
	return f, err
}

// wait is one time that a person waited for a result.
type wait struct {
	task string
	at   time.Time
	took time.Duration
}

func readWaits(ctx context.Context, db *sql.DB, since time.Time) ([]wait, error) {
	var all []wait
	err := each(ctx, db, func(scan func(...any) error) error {
		var r tasks.Run
		var changed, ready, ended int64
		if err := scan(&r.Task, &r.Status, &changed, &ready, &ended); err != nil {
			return err
		}
		r.Cause.Changed, r.ReadyAt, r.EndedAt = timeOf(changed), timeOf(ready), timeOf(ended)
		if d, ok := r.Feedback(); ok {
			all = append(all, wait{task: r.Task, at: r.Cause.Changed, took: d})
		}
		return nil
	}, "SELECT task, status, changed, ready_at, ended_at FROM runs WHERE changed > 0 AND ended_at >= ?", nanos(since))
	return all, err
}

// clocks sums waits up, by task and week and by task.
func clocks(waits []wait, loc *time.Location) (weeks, total []TaskClock) {
	type key struct {
		task string
		week time.Time
	}
	times := map[key][]time.Duration{}
	for _, w := range waits {
		for _, k := range []key{{w.task, monday(w.at.In(loc))}, {w.task, time.Time{}}} {
			times[k] = append(times[k], w.took)
		}
	}
	weeks, total = []TaskClock{}, []TaskClock{}
	for k, all := range times {
		c := TaskClock{Task: k.task, Week: k.week, Clock: clockOf(all)}
		if k.week.IsZero() {
			total = append(total, c)
		} else {
			weeks = append(weeks, c)
		}
	}
	for _, all := range [][]TaskClock{weeks, total} {
		slices.SortFunc(all, func(a, b TaskClock) int {
			return cmp.Or(b.Week.Compare(a.Week), cmp.Compare(b.Median, a.Median), cmp.Compare(a.Task, b.Task))
		})
	}
	return weeks, total
}

// monday is the beginning of the week.
func monday(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()-(int(t.Weekday())+6)%7, 0, 0, 0, 0, t.Location())
}

// excuse counts, by run, the failures of a test that the code also passed.
func excuse(results []Result, excused map[tasks.RunID]int) {
	passed := passing(results)
	for _, r := range results {
		if r.Status == tasks.TestFailed && passed[r.code] {
			excused[r.Run]++
		}
	}
}

// lost is the time of the runs that only repeated what a flaky test had spoilt.
func lost(runs []judgedRun, excused map[tasks.RunID]int) Lost {
	var l Lost
	before := map[string]judgedRun{} // of the same task
	for _, r := range runs {
		b, ok := before[r.task]
		if ok && r.code != "" && b.code == r.code && b.failures > 0 && excused[b.id] == b.failures {
			l.Runs++
			l.Time += max(0, r.ended.Sub(r.started))
		}
		before[r.task] = r
	}
	return l
}

func sumStarts(all []StartRecord) Starts {
	var s Starts
	var took []time.Duration
	last := map[string]int{}
	for _, r := range all {
		if len(r.Failed) > 0 {
			s.Failed++
			continue
		}
		took = append(took, max(0, r.Ready.Sub(r.Began)))
		last[r.Slowest]++
		if n := last[r.Slowest]; s.Slowest == "" || n > last[s.Slowest] {
			s.Slowest = r.Slowest
		}
	}
	s.Clock = clockOf(took)
	return s
}
