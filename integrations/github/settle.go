package github

import (
	"cmp"
	"context"
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a server that is only like GitHub says with other fields, or does not say, is
// filled in here, where answers are read: whoever reads a run, a job or a pull request
// finds GitHub's words in it.

// workflowID is a workflow's: a number on GitHub, the file's name elsewhere.
type workflowID string

// UnmarshalJSON takes a number or a text.
func (w *workflowID) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err == nil {
		*w = workflowID(s)
		return nil
	}
	var n int64
	if err := json.Unmarshal(text, &n); err != nil {
		return err
	}
	*w = workflowID(strconv.FormatInt(n, 10))
	return nil
}

// settled is what of a run stands only in its jobs.
type settled struct {
	attempt   int
	created   time.Time
	completed time.Time // of the run when they were asked
}

// settle fills in what a like server's run does not say itself: its attempt and its
// beginning stand in its jobs.
func (p *provider) settle(ctx context.Context, r *apiRun) error {
	if !p.sys.like {
		return nil
	}
	file, ref, _ := strings.Cut(r.Path, "@")
	r.Path = p.pathOf(file)
	for _, at := range []*time.Time{&r.Created, &r.Started, &r.Updated, &r.Began, &r.Completed} {
		dropEpoch(at)
	}
	if r.Started.IsZero() {
		r.Started = r.Began
	}
	r.Triggering.Login = cmp.Or(r.Triggering.Login, r.Trigger.Login)
	if pull, ok := strings.CutPrefix(ref, "refs/pull/"); ok && r.Branch == "" {
		r.Branch = "#" + strings.TrimSuffix(pull, "/head")
	}
	if r.Attempt == 0 || r.Created.IsZero() {
		s, err := p.settledOf(ctx, *r)
		if err != nil {
			return err
		}
		r.Attempt = cmp.Or(r.Attempt, s.attempt)
		if r.Created.IsZero() {
			r.Created = s.created
		}
	}
	for _, at := range []time.Time{r.Completed, r.Started, r.Created} {
		if r.Updated.IsZero() {
			r.Updated = at
		}
	}
	return nil
}

// mostEnded bounds the runs that are remembered.
const mostEnded = 1000

// settledOf asks the jobs of a run, once more when it has ended.
func (p *provider) settledOf(ctx context.Context, r apiRun) (settled, error) {
	p.mu.Lock()
	s, known := p.ended[r.ID]
	p.mu.Unlock()
	if known && r.Status == "completed" && s.completed.Equal(r.Completed) {
		return s, nil
	}
	jobs, err := p.jobs(ctx, external{r.ID, 1}, true)
	if err != nil {
		return s, err
	}
	s = settled{attempt: attemptOf(r, jobs), created: r.Started, completed: r.Completed}
	for _, j := range jobs {
		if s.created.IsZero() || !j.Created.IsZero() && j.Created.Before(s.created) {
			s.created = j.Created
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.created.IsZero() { // nobody tells: it is when it was seen first
		if s.created = p.ended[r.ID].created; s.created.IsZero() {
			s.created = p.c.Now()
		}
	}
	if len(p.ended) >= mostEnded {
		clear(p.ended)
	}
	p.ended[r.ID] = s
	return s, nil
}

// attemptOf counts the attempts of a run: a job has the number of the last one in which
// a runner took it, so that one which waits will have the next.
func attemptOf(r apiRun, jobs []apiJob) int {
	most, waits := 0, r.Status != "completed"
	for _, j := range jobs {
		n := j.Attempt
		if j.Status != "completed" {
			waits = false
			if j.Status != "in_progress" && r.Status != "completed" {
				n++
			}
		}
		most = max(most, n)
	}
	if waits { // run again, and its jobs are about to wait
		most++
	}
	return max(1, most)
}

// apiStatus is what one system says of a commit: what Gitea has in place of checks.
type apiStatus struct {
	ID      int64
	Context string
	State   string // on GitHub
	Status  string
	URL     string    `json:"target_url"`
	Created time.Time `json:"created_at"`
}

// check is the status as a check.
func (s apiStatus) check() apiCheck {
	c := apiCheck{ID: s.ID, Name: s.Context, Status: "completed", URL: s.URL, Started: s.Created}
	switch state := cmp.Or(s.Status, s.State); state {
	case "pending":
		c.Status = "queued"
	case "error":
		c.Conclusion = "failure"
	case "warning":
		c.Conclusion = "neutral"
	default:
		c.Conclusion = state
	}
	return c
}

// dropEpoch makes a time of 1970 none: it stands for what has not happened.
func dropEpoch(at *time.Time) {
	if at.Unix() <= 0 {
		*at = time.Time{}
	}
}

// pathOf is where the workflow of a file's name lies.
func (p *provider) pathOf(file string) string {
	if strings.Contains(file, "/") {
		return file
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for known := range p.paths {
		if path.Base(known) == file {
			return known
		}
	}
	return workflowDir + "/" + file
}

// settleJob makes a job's steps ones that can be shown: each with a name of one line, and
// with times that are some.
func (p *provider) settleJob(j *apiJob) {
	if !p.sys.like {
		return
	}
	for _, at := range []*time.Time{&j.Created, &j.Started, &j.Completed} {
		dropEpoch(at)
	}
	for i := range j.Steps {
		s := &j.Steps[i]
		s.Name, _, _ = strings.Cut(strings.TrimSpace(s.Name), "\n")
		dropEpoch(&s.Started)
		dropEpoch(&s.Completed)
	}
}

// ends corrects the steps of a job whose server gives each the state of the whole job.
// Which of them have begun and ended stands in their times; which one failed, the log
// says, in the words of the runner.
func ends(j *apiJob, failed map[string]bool) {
	same := func(s apiStep) bool { return s.Status == j.Status && s.Conclusion == j.Conclusion }
	if len(j.Steps) == 0 || slices.ContainsFunc(j.Steps, func(s apiStep) bool { return !same(s) }) {
		return // it tells them apart
	}
	at := j.Started // when what came before has ended
	last := 0       // that ran when a job was cancelled: then all that had not ended gets that time
	for i, s := range j.Steps {
		if !s.Started.IsZero() && s.Started.Before(j.Completed) {
			last = i
		}
	}
	for i := range j.Steps {
		s := &j.Steps[i]
		if s.Completed.After(at) {
			at = s.Completed
		}
		bad := failed[s.Name] || failed[strings.TrimPrefix(s.Name, "Run ")]
		switch {
		case j.Status == "completed" && (s.Started.IsZero() || j.Conclusion == "cancelled" && i > last):
			s.Status, s.Conclusion, s.Completed = "completed", "skipped", at
		case s.Started.IsZero():
			s.Status, s.Conclusion = "queued", ""
		case bad && j.Conclusion != "success":
			s.Status, s.Conclusion = "completed", "failure"
		case j.Conclusion == "cancelled" && i == last && !s.Completed.Before(j.Completed):
		case !s.Completed.IsZero() && (len(failed) > 0 || j.Conclusion != "failure"):
			s.Status, s.Conclusion = "completed", "success"
		}
	}
}

// skipped gives jobs that were left out a time for that, where their server tells none:
// that at which what they wait for has ended, else that at which the run began.
func (f *follower) skipped(jobs []apiJob) {
	if !f.p.sys.like {
		return
	}
	ended := map[string]time.Time{}
	for i := range jobs {
		j := &jobs[i]
		if j.Conclusion == "skipped" && j.Completed.IsZero() {
			j.Completed = f.run.Started
			for _, need := range f.needs[j.Name] {
				if at := ended[need]; at.After(j.Completed) {
					j.Completed = at
				}
			}
		}
		ended[j.Name] = j.Completed
	}
}
