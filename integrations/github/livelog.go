package github

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// live is the log of a job whose server gives it away while the job runs.
type live struct {
	w      tasks.LogWriter // nil: nothing of it was told, or all of it
	key    logs.Key
	read   int64 // bytes that were told
	failed verdicts
	looked bool // all of it was looked through for failures
}

// grown tells what a job has printed since the last look, and corrects its steps by
// what the log says of them.
func (f *follower) grown(ctx context.Context, j *apiJob) (grew bool) {
	l := f.live[j.ID]
	if l == nil {
		l = &live{}
		f.live[j.ID] = l
	}
	switch {
	case !f.p.has(jobLogs) || f.fetched[j.ID]:
	case j.Status == "in_progress" || l.w != nil:
		grew = f.more(ctx, *j, l)
	case j.Conclusion == "failure" && !l.looked:
		if body, _, err := f.p.c.Stream(ctx, f.logOf(*j)); err == nil {
			_, err = io.Copy(&l.failed, body)
			body.Close()
			l.looked = err == nil
		}
	}
	ends(j, l.failed.steps)
	return grew
}

func (f *follower) logOf(j apiJob) rest.Request {
	return rest.Request{Path: f.p.path("actions/jobs", j.ID, "logs"), Doing: "read the log of " + j.Name, Header: http.Header{"Accept": {"*/*"}}}
}

// more tells what a job's log has more than before. It is asked for from the byte
// before, since a server refuses what begins behind the end.
func (f *follower) more(ctx context.Context, j apiJob, l *live) bool {
	steps, ok := f.s.(tasks.StepSink)
	if !ok || len(j.Steps) == 0 {
		return false
	}
	q := f.logOf(j)
	if l.read > 0 {
		q.Header.Set("Range", fmt.Sprintf("bytes=%d-", l.read-1))
	}
	body, a, err := f.p.c.Stream(ctx, q)
	if err != nil {
		return false // nothing is there yet, or it is asked for again
	}
	defer body.Close()
	l.failed.line = l.failed.line[:0]
	skip := l.read
	if a.Status == http.StatusPartialContent {
		skip = min(skip, 1)
	}
	if _, err := io.CopyN(io.Discard, body, skip); err != nil {
		return false
	}
	if l.w == nil {
		if l.w, l.key, err = steps.StepLog(j.Name); err != nil {
			return false
		}
	}
	stored := int64(0)
	if l.read == 0 {
		stored = l.w.Lines() // by an earlier look at this run
	}
	whole := j.Status == "completed"
	n, err := copyLog(io.TeeReader(body, &l.failed), l.w, stored, whole)
	l.read += n
	if whole && err == nil {
		f.fetched[j.ID], l.looked = true, true
		l.w.Close() // whoever is told of the log's end reads all of it
		l.w = nil
	}
	st := f.told["\n"+j.Name]
	st.Log = l.key
	f.told["\n"+j.Name] = st
	return n > 0
}

// close lets go of the logs that are still written; what is missing in them is told when
// their run is followed again.
func (f *follower) close() {
	for _, l := range f.live {
		if l.w != nil {
			l.w.Close()
			l.w = nil
		}
	}
}

// verdicts finds in a log which steps have failed, in the words of the runner that such
// servers have.
type verdicts struct {
	steps map[string]bool
	line  []byte // what was read of the last one
}

var failure = lazy.Regexp(`^\S+\s+❌\s+Failure - Main (.*?)(?: \[[0-9.hmsµn]+\])?$`)

// mark is what each such line has.
const mark = "Failure - Main "

// Write reads a part of the log.
func (f *verdicts) Write(p []byte) (int, error) {
	n := len(p)
	for {
		line, rest, whole := bytes.Cut(p, []byte{'\n'})
		if room := longestLine - len(f.line); room > 0 {
			f.line = append(f.line, line[:min(room, len(line))]...)
		}
		if !whole {
			return n, nil
		}
		if bytes.Contains(f.line, []byte(mark)) {
			if m := failure().FindSubmatch(bytes.TrimRight(f.line, "\r")); m != nil {
				if f.steps == nil {
					f.steps = map[string]bool{}
				}
				name, _, _ := strings.Cut(string(m[1]), `\n`) // a line's end, as such a log writes it
				f.steps[name] = true
			}
		}
		f.line, p = f.line[:0], rest
	}
}
