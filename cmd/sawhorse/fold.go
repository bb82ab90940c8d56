package main

import "github.com/sawhorse-dev/sawhorse/tasks"

// fold prints the jobs for a CI system, which folds what stands between a begin
// and an end and can't fold one part inside of another: one job after the
// other, however many run at once. One that runs is printed as it goes on; of
// the others those come next that have ended. Their lines are on disk meanwhile.
func (d *drive) fold(s *tasks.State) error {
	for {
		if d.front == nil {
			if d.front = d.nextFront(); d.front == nil {
				return nil
			}
			d.ci.begin(d.tail.out, d.front)
		}
		j := d.front
		if !j.run.StartedAt.IsZero() {
			if err := d.tail.updateRun(s, j.run, false); err != nil {
				return err
			}
		}
		if !j.run.Status.Done() {
			return nil
		}
		d.ci.end(d.tail.out, j)
		if err := d.tail.out.Flush(); err != nil {
			return err
		}
		j.shown, d.front = true, nil
	}
}

// nextFront is the job whose lines come next; nil: none has any.
func (d *drive) nextFront() *job {
	var running *job
	for _, j := range d.jobs {
		switch {
		case !j.asked || j.shown:
		case j.run.Status.Done():
			return j
		case running == nil && !j.run.StartedAt.IsZero():
			running = j
		}
	}
	return running
}
