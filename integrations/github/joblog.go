package github

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// logTries is how often a job's log is asked for that is not there yet: it
// comes some seconds after the job has ended.
const logTries = 5

// log tells a finished job's log into the step's own. What is stored already
// stays: a log of GitHub is whole, so that the lines are counted.
func (f *follower) log(ctx context.Context, j apiJob) {
	steps, ok := f.s.(tasks.StepSink)
	if !ok || j.Conclusion == "skipped" || len(j.Steps) == 0 {
		f.fetched[j.ID] = true
		delete(f.tried, j.ID)
		return
	}
	body, _, err := f.p.c.Stream(ctx, rest.Request{Path: f.p.path("actions/jobs", j.ID, "logs"), Doing: "read the log of " + j.Name})
	if ctx.Err() != nil {
		return
	}
	if err != nil && (rest.Passing(err) || rest.Is(err, rest.NotFound)) {
		if f.tried[j.ID]++; f.tried[j.ID] < logTries || rest.Passing(err) {
			return
		}
	}
	delete(f.tried, j.ID)
	f.fetched[j.ID] = true
	if err == nil {
		defer body.Close()
	}
	f.store(ctx, steps, j, body, err)
}

// store writes a log, or why there is none.
func (f *follower) store(ctx context.Context, steps tasks.StepSink, j apiJob, body io.Reader, err error) {
	w, key, openErr := steps.StepLog(j.Name)
	if openErr != nil {
		return
	}
	if err == nil {
		_, err = copyLog(body, w, w.Lines(), true)
	}
	switch {
	case ctx.Err() != nil:
		f.fetched[j.ID] = false
		w.Close()
		return
	case rest.Is(err, rest.Gone):
		w.Note(f.p.sys.name + " has this log no more: it has expired")
	case rest.Is(err, rest.NotFound):
		w.Note(f.p.sys.name + " has no log of this job")
	case rest.Passing(err):
		f.fetched[j.ID], f.tried[j.ID] = false, 1 // the rest of it next time
	case err != nil:
		w.Note("the rest of this log could not be read: " + err.Error())
	}
	w.Close() // whoever is told of the log reads all of it
	st := f.told["\n"+j.Name]
	st.Log = key
	f.tell(st)
}

// archive tells the logs of a run that has ended out of one file, where asking
// for them one by one would be many requests. What is not found in it is asked
// for by itself afterwards.
func (f *follower) archive(ctx context.Context, jobs []apiJob) {
	steps, ok := f.s.(tasks.StepSink)
	left := 0
	for _, j := range jobs {
		if !f.fetched[j.ID] && j.Status == "completed" && len(j.Steps) > 0 {
			left++
		}
	}
	if !ok || left <= fewJobs || f.zipped {
		return
	}
	f.zipped = true
	for _, j := range jobs { // what ran is there before what it printed
		f.steps(j)
	}
	f.out.flush()
	path := f.p.path("actions/runs", f.id.run, "logs")
	if !f.last {
		path = f.p.path("actions/runs", f.id.run, "attempts", f.id.attempt, "logs")
	}
	z, done, err := f.p.unzip(ctx, rest.Request{Path: path, Doing: fmt.Sprintf("read the logs of run %d", f.id.run)})
	if err != nil {
		return
	}
	defer done()
	files := map[string]*zip.File{}
	for _, file := range z.File {
		if !strings.Contains(file.Name, "/") { // those below are a job's steps
			_, name, _ := strings.Cut(strings.TrimSuffix(file.Name, ".txt"), "_")
			if _, several := files[name]; several {
				file = nil // whose it is can't be told
			}
			files[name] = file
		}
	}
	for _, j := range jobs {
		file := files[fileName(j.Name)]
		if file == nil || f.fetched[j.ID] || j.Status != "completed" || ctx.Err() != nil {
			continue
		}
		body, err := file.Open()
		if err != nil {
			continue
		}
		f.steps(j)
		f.annotations(ctx, j)
		f.fetched[j.ID] = true
		f.store(ctx, steps, j, body, nil)
		body.Close()
	}
}

// fileName is a job's name as its file in the archive has it.
func fileName(job string) string {
	return strings.NewReplacer("/", "", ":", "", "\"", "", "<", "", ">", "", "|", "", "*", "", "?", "").Replace(job)
}

// unzip reads a zip file, by way of the disk: it may be large.
func (p *provider) unzip(ctx context.Context, q rest.Request) (*zip.Reader, func(), error) {
	body, _, err := p.c.Stream(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	defer body.Close()
	f, err := os.CreateTemp("", "sawhorse-*.zip")
	if err != nil {
		return nil, nil, err
	}
	done := func() { f.Close(); os.Remove(f.Name()) }
	size, err := io.Copy(f, body)
	var z *zip.Reader
	if err == nil {
		z, err = zip.NewReader(f, size)
	}
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("%s: %w", q.Doing, err)
	}
	return z, done, nil
}

// longestLine bounds a line of a log: the rest of it is a line of its own.
const longestLine = 256 << 10

// copyLog writes a job's log: without the byte order mark and the times, which
// become the lines' own, and with what the runner marks as people read it. As
// many lines as are stored already are left out. A last line without an end is one
// only where the log is whole. read is how many bytes are done with.
func copyLog(from io.Reader, w tasks.LogWriter, stored int64, whole bool) (read int64, err error) {
	r := bufio.NewReaderSize(from, longestLine)
	b := &batch{w: w}
	defer b.flush()
	for n := int64(0); ; n++ {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) && !whole {
			return read, nil
		}
		if read += int64(len(line)); len(line) > 0 && n >= stored {
			if n == 0 {
				line = trimMark(line)
			}
			b.line(line)
		}
		switch {
		case errors.Is(err, io.EOF):
			return read, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return read, err
		}
	}
}

func trimMark(line []byte) []byte {
	const mark = "\xef\xbb\xbf"
	if len(line) >= len(mark) && string(line[:len(mark)]) == mark {
		return line[len(mark):]
	}
	return line
}

// batch gathers lines, since a log that comes as a whole has very many.
type batch struct {
	w      tasks.LogWriter
	text   []byte
	pieces []logs.Piece
	at     time.Time // of the last line that had a time
}

// mostGathered is how much is written at once.
const mostGathered = 64 << 10

// line takes a line at the time that it begins with, else at the last one.
func (b *batch) line(line []byte) {
	text := bytes.TrimRight(line, "\r\n")
	if i := bytes.IndexByte(text, ' '); i >= 20 && i <= 35 && text[4] == '-' {
		if t, err := time.Parse(time.RFC3339Nano, string(text[:i])); err == nil {
			b.at, text = t, text[i+1:]
		}
	}
	if len(b.text)+len(text) >= mostGathered {
		b.flush()
	}
	before, stream := len(b.text), logs.Out
	if bytes.HasPrefix(text, []byte("##[")) {
		var plain string
		plain, stream = marked(string(text), stream)
		b.text = append(b.text, plain...)
	} else {
		if bytes.HasPrefix(text, []byte("::error")) || bytes.HasPrefix(text, []byte("::warning")) { // as Gitea leaves them
			stream = logs.Err
		}
		b.text = append(b.text, text...)
	}
	b.text = append(b.text, '\n')
	b.pieces = append(b.pieces, logs.Piece{Stream: stream, Size: len(b.text) - before, At: b.at})
}

func (b *batch) flush() {
	if w, ok := b.w.(tasks.BatchWriter); ok {
		w.WriteAll(b.text, b.pieces)
	} else {
		for text := b.text; len(b.pieces) > 0; b.pieces = b.pieces[1:] {
			p := b.pieces[0]
			b.w.WriteAt(p.Stream, text[:p.Size], p.At)
			text = text[p.Size:]
		}
	}
	b.text, b.pieces = b.text[:0], b.pieces[:0]
}

// marked is a line of the runner's own as people read it. The marks of groups
// stay as they are: who shows the log folds by them.
func marked(text string, stream logs.Stream) (string, logs.Stream) {
	for _, m := range []struct {
		mark, word string
		stream     logs.Stream
	}{{"##[error]", "error: ", logs.Err}, {"##[warning]", "warning: ", logs.Err}, {"##[notice]", "notice: ", logs.Out}, {"##[command]", "$ ", logs.Out}} {
		if rest, ok := strings.CutPrefix(text, m.mark); ok {
			return m.word + rest, m.stream
		}
	}
	return text, stream
}

// ticks is the run's own log: what ended, as it ends, since GitHub gives no log
// of a job before the job has ended.
type ticks struct {
	s       tasks.Sink
	w       tasks.LogWriter // nil: s.Log
	pending []tasks.Step
	// last is the time up to which lines are stored already, skip how many of that
	// very time: they are not told again.
	last time.Time
	skip int
}

func newTicks(s tasks.Sink) *ticks {
	t := &ticks{s: s}
	if steps, ok := s.(tasks.StepSink); ok {
		if w, _, err := steps.StepLog(""); err == nil {
			t.w = w
			t.last, t.skip = w.Last()
		}
	}
	return t
}

// say writes a line of Sawhorse's own, which is none of those that are resumed at.
func (t *ticks) say(text string) {
	if t.w == nil {
		t.s.Log(logs.Note, []byte(text+"\n"))
		return
	}
	t.w.Note(text)
}

func (t *ticks) write(at time.Time, text string) {
	if t.w == nil {
		t.s.Log(logs.Out, []byte(text+"\n"))
		return
	}
	t.w.WriteAt(logs.Out, []byte(text+"\n"), at)
}

// flush tells the jobs and steps that have ended since, in the order in which
// they did.
func (t *ticks) flush() {
	slices.SortStableFunc(t.pending, func(a, b tasks.Step) int { return a.EndedAt.Compare(b.EndedAt) })
	for _, st := range t.pending {
		switch {
		case st.EndedAt.Before(t.last):
			continue
		case st.EndedAt.Equal(t.last) && t.skip > 0:
			t.skip--
			continue
		}
		t.write(st.EndedAt, tick(st))
	}
	t.pending = nil
}

// tick is a job or step that has ended, as a line.
func tick(st tasks.Step) string {
	sign := "●"
	switch st.Status {
	case tasks.Failed:
		sign = "✖"
	case tasks.Skipped, tasks.Cancelled, tasks.Stale:
		sign = "○"
	}
	name := st.Name
	if st.Parent != "" {
		name = st.Parent + " › " + st.Name
	}
	text := sign + " " + name
	if st.Status != tasks.Skipped && !st.StartedAt.IsZero() && !st.EndedAt.IsZero() {
		text += fmt.Sprintf("  %v", st.EndedAt.Sub(st.StartedAt).Round(time.Second))
	}
	if st.Status != tasks.Succeeded {
		text += "  " + string(st.Status)
	}
	return text
}
