package docker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

const (
	// firstLines is how many of a log's newest lines are fetched when it is first
	// looked at: more than anybody reads, and there at once.
	firstLines = 10_000
	// batchFor is how far apart lines that are stored together were printed.
	batchFor = time.Millisecond
	// batchSize bounds what is stored together.
	batchSize = 64 << 10
)

// Tail follows a container's log, over restarts, until it is removed or ctx
// ends, and tells what the container takes.
func (p *Provider) Tail(ctx context.Context, r tasks.Resource, w tasks.LogWriter, used func(tasks.Usage)) error {
	if r.Kind != containerKind {
		<-ctx.Done()
		return ctx.Err()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	id := r.ID.Native()
	var sampling sync.WaitGroup
	defer sampling.Wait()
	defer cancel()
	if used != nil {
		sampling.Go(func() { p.sample(ctx, id, used) })
	}
	for {
		err := p.follow(ctx, id, w, firstLines)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case gone(err):
			return nil
		case err != nil:
			return fmt.Errorf("read the log of %s: %w", r.Name, err)
		}
		if !p.awaitRunning(ctx, id) {
			return ctx.Err()
		}
	}
}

// awaitRunning waits until a stopped container runs again; false: it is gone,
// or ctx has ended.
func (p *Provider) awaitRunning(ctx context.Context, id string) bool {
	for {
		s, known, moved := p.container(id)
		if !known {
			return false
		}
		if s.State == container.StateRunning || s.State == container.StateRestarting {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-moved:
		}
	}
}

// follow reads the log from where the stored one ends, or its newest lines
// where none is stored, until the container stops.
func (p *Provider) follow(ctx context.Context, id string, w tasks.LogWriter, newest int) error {
	i, err := p.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	terminal := i.Container.Config != nil && i.Container.Config.Tty
	from, stored := w.Last()
	if from.IsZero() && newest > 0 {
		if err := p.newest(ctx, id, terminal, w, newest); err != nil {
			return err
		}
		from, stored = w.Last()
	}
	o := client.ContainerLogsOptions{Follow: true}
	if !from.IsZero() {
		o.Since = stamp(from)
	}
	return p.read(ctx, id, terminal, o, &liner{w: w, from: from, stored: stored})
}

// newest stores the newest lines, with a word on older ones where there are any.
func (p *Provider) newest(ctx context.Context, id string, terminal bool, w tasks.LogWriter, n int) error {
	var first gathered
	if err := p.read(ctx, id, terminal, client.ContainerLogsOptions{Tail: strconv.Itoa(n + 1)}, &liner{w: &first}); err != nil {
		return err
	}
	if first.lines > n {
		w.Note("older lines are left out here; `docker logs " + short(id) + "` has them all")
		first.dropLine()
	}
	if l, ok := w.(*sinkLog); ok && len(first.batches) > 0 {
		l.begin(first.batches[0].at)
	}
	for _, b := range first.batches {
		w.WriteAt(b.stream, b.text, b.at)
	}
	return nil
}

// read reads a log into l until it ends.
func (p *Provider) read(ctx context.Context, id string, terminal bool, o client.ContainerLogsOptions, l *liner) error {
	o.ShowStdout, o.ShowStderr, o.Timestamps = true, true, true
	body, err := p.api.ContainerLogs(ctx, id, o)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if terminal {
		err = l.plain(body)
	} else {
		err = l.framed(body)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// gathered keeps what a liner reads.
type gathered struct {
	batches []batch
	lines   int
}

type batch struct {
	stream logs.Stream
	text   []byte
	at     time.Time
}

func (g *gathered) WriteAt(stream logs.Stream, p []byte, at time.Time) {
	g.batches = append(g.batches, batch{stream, bytes.Clone(p), at})
	g.lines += bytes.Count(p, []byte("\n"))
}

// dropLine leaves out the first line; those behind it are younger.
func (g *gathered) dropLine() {
	first := &g.batches[0]
	first.at = first.at.Add(1)
	first.text = first.text[bytes.IndexByte(first.text, '\n')+1:]
}

func stamp(t time.Time) string {
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}

// liner takes the log apart: each line has the time that it was printed before
// it, and what was stored already is left out.
type liner struct {
	w interface {
		WriteAt(stream logs.Stream, p []byte, at time.Time)
	}
	// from and stored are where the stored log ends: the first lines that are not
	// older than from are known.
	from   time.Time
	stored int

	batch  []byte
	stream logs.Stream
	began  time.Time // of the batch's first line
	at     time.Time // of its last
	// within: the stream's last line is not ended yet: what comes goes on with it.
	within [3]bool
	skips  [3]bool // the line that goes on is one that is left out
}

// framed reads the engine's frames: eight bytes that name the stream and the
// length, then that many bytes, which begin with a time.
func (l *liner) framed(body io.Reader) error {
	r := bufio.NewReaderSize(body, 128<<10)
	var head [8]byte
	var frame []byte
	for {
		if r.Buffered() < len(head) {
			l.flush() // the next read waits
		}
		if _, err := io.ReadFull(r, head[:]); err != nil {
			l.flush()
			return err
		}
		n := int(binary.BigEndian.Uint32(head[4:]))
		stream := logs.Out
		switch head[0] {
		case 2:
			stream = logs.Err
		case 3: // the engine's own word on what went wrong
			text, _ := io.ReadAll(io.LimitReader(r, int64(n)))
			l.flush()
			return fmt.Errorf("the engine: %s", bytes.TrimSpace(text))
		}
		if cap(frame) < n {
			frame = make([]byte, n)
		}
		frame = frame[:n]
		if _, err := io.ReadFull(r, frame); err != nil {
			l.flush()
			return err
		}
		l.add(stream, frame)
	}
}

// plain reads the log of a container with a terminal, which has no frames.
func (l *liner) plain(body io.Reader) error {
	r := bufio.NewReaderSize(body, 128<<10)
	for {
		if r.Buffered() == 0 {
			l.flush()
		}
		line, err := r.ReadSlice('\n')
		if len(line) > 0 {
			l.add(logs.Out, line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			l.flush()
			return err
		}
	}
}

// add takes one piece: a line, or a part of a long one.
func (l *liner) add(stream logs.Stream, p []byte) {
	at, text := cutTime(p)
	goesOn := l.within[stream]
	l.within[stream] = len(text) > 0 && text[len(text)-1] != '\n'
	if !goesOn {
		l.skips[stream] = !at.IsZero() && at.Before(l.from)
		if !l.skips[stream] && l.stored > 0 {
			l.stored--
			l.skips[stream] = true
		}
	}
	if l.skips[stream] {
		return
	}
	if at.IsZero() {
		at = l.at
	}
	if len(l.batch) > 0 && (stream != l.stream || at.Sub(l.began) > batchFor || len(l.batch)+len(text) > batchSize) {
		l.flush()
	}
	if len(l.batch) == 0 {
		l.stream, l.began = stream, at
	}
	l.batch = append(l.batch, text...)
	l.at = at
}

// flush stores the batch with the time of its first line: what is not older than
// that begins with the lines of the batch.
func (l *liner) flush() {
	if len(l.batch) == 0 {
		return
	}
	l.w.WriteAt(l.stream, l.batch, l.began)
	l.batch = l.batch[:0]
}

// cutTime takes the time off a line.
func cutTime(p []byte) (time.Time, []byte) {
	i := bytes.IndexByte(p, ' ')
	if i < 20 || i > 35 {
		return time.Time{}, p
	}
	t, err := time.Parse(time.RFC3339Nano, string(p[:i]))
	if err != nil {
		return time.Time{}, p
	}
	return t, p[i+1:]
}
