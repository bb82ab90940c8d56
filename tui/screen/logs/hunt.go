package logs

import (
	"context"
	"regexp"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// slice is how long one message's worth of background work takes.
const slice = 40 * time.Millisecond

// ticksKept is how many positions the scrollbar is given; of more, every second
// one goes, as often as needed.
const ticksKept = 2048

// tally counts the positions of something and keeps a sample of them.
type tally struct {
	count  int64
	sample []int64
	every  int64
}

func (t *tally) add(pos int64) {
	t.count++
	t.every = max(1, t.every)
	if t.count%t.every != 0 {
		return
	}
	t.sample = append(t.sample, pos)
	if len(t.sample) > ticksKept {
		kept := t.sample[:0:0]
		for i := 0; i < len(t.sample); i += 2 {
			kept = append(kept, t.sample[i])
		}
		t.sample, t.every = kept, t.every*2
	}
}

// stretchJob is background work over all positions of a source, the newest
// first, in slices; what comes in addition is done before older ones.
type stretchJob struct {
	started  bool
	from, to int64 // done
	floor    int64 // not below; for work that looks at the newest lines only
}

// next is the stretch to work on now, and in which direction.
func (j *stretchJob) next(first, end int64) (from, to int64, reverse, ok bool) {
	if !j.started {
		j.started, j.from, j.to = true, end, end
	}
	switch {
	case j.to < end:
		return j.to, end, false, true
	case j.from > max(first, j.floor):
		return max(first, j.floor), j.from, true, true
	}
	return 0, 0, false, false
}

// hunt searches a source for an expression.
type hunt struct {
	pattern string
	re      *regexp.Regexp
	src     source
	ctx     context.Context
	stop    context.CancelFunc
	begins  time.Time
	job     stretchJob
	found   tally
	done    bool
	err     error
}

// atOnce is how many lines the log store is asked to search at once.
const atOnce = 128 << 10

// typingPause is how long a pattern must stand before it is hunted for: until then
// it may be the beginning of another one, and whoever goes to the next match has
// the machine alone.
const typingPause = 60 * time.Millisecond

// newHunt ends with ctx or stop.
func newHunt(ctx context.Context, pattern string, re *regexp.Regexp, src source) *hunt {
	h := &hunt{pattern: pattern, re: re, src: src, begins: time.Now().Add(typingPause)}
	h.ctx, h.stop = context.WithCancel(ctx)
	return h
}

// run hunts for the time of a slice, when it is time to begin.
func (h *hunt) run() {
	ctx := h.ctx
	if early := time.Until(h.begins); early > 0 {
		pause := time.NewTimer(early)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
	}
	b, err := h.src.bounds()
	if err != nil {
		h.err = err
		return
	}
	for deadline := time.Now().Add(slice); time.Now().Before(deadline) && ctx.Err() == nil; {
		from, to, reverse, ok := h.job.next(b.First, b.End)
		if !ok {
			h.done = true
			return
		}
		h.done = false
		n := int64(block)
		if _, fast := h.src.(*single); fast {
			n = atOnce
		}
		if reverse {
			from = max(from, to-n)
		} else {
			to = min(to, from+n)
		}
		if h.err = matches(ctx, h.src, h.re, h.pattern, from, to, reverse, func(pos int64) bool {
			h.found.add(pos)
			return true
		}); h.err != nil {
			return
		}
		if reverse {
			h.job.from = from
		} else {
			h.job.to = to
		}
	}
}

// matches calls yield for the positions in [from, to) that match. One log is
// searched by the store, which is many times as fast.
func matches(ctx context.Context, s source, re *regexp.Regexp, pattern string, from, to int64, reverse bool, yield func(pos int64) bool) error {
	one, ok := s.(*single)
	if !ok {
		return scan(ctx, s, from, to, reverse, func(l line) bool {
			return !re.MatchString(parse.Clean(l.text).Plain) || yield(l.pos)
		})
	}
	// Searching takes long: it must not hold up the window's reader.
	r, err := logs.OpenReader(one.dir, one.key)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // read-only: nothing can be lost
	q := logs.Query{Pattern: re.String(), From: from, To: to, Reverse: reverse}
	if regexp.QuoteMeta(pattern) == pattern {
		q.Pattern, q.Literal, q.IgnoreCase = pattern, true, re.String() != pattern
	}
	return r.Search(ctx, q, func(l logs.Line) bool { return yield(l.N) })
}

// surveyed is how many of the newest lines are looked at for errors.
const surveyed = 200_000

// survey counts errors and warnings in the newest lines.
type survey struct {
	src     source
	job     stretchJob
	errors  tally
	warns   int64
	partial bool // there are older lines that were not looked at
	done    bool
	err     error
}

// run surveys for the time of a slice. When lines come faster than they can be
// looked at, some are left out.
func (s *survey) run(ctx context.Context) {
	b, err := s.src.bounds()
	if err != nil {
		s.err = err
		return
	}
	if !s.job.started {
		s.job.floor = b.End - surveyed
		s.partial = s.job.floor > b.First
	}
	for deadline := time.Now().Add(slice); time.Now().Before(deadline) && ctx.Err() == nil; {
		from, to, reverse, ok := s.job.next(b.First, b.End)
		if !ok {
			s.done = true
			return
		}
		s.done = false
		if !reverse && to-from > block {
			from, s.partial = to-block, true
		}
		if reverse {
			from = max(from, to-block)
		} else {
			to = min(to, from+block)
		}
		s.err = scan(ctx, s.src, from, to, reverse, func(l line) bool {
			switch level(l) {
			case parse.Error, parse.Fatal:
				s.errors.add(l.pos)
			case parse.Warn:
				s.warns++
			}
			return true
		})
		if s.err != nil {
			return
		}
		if reverse {
			s.job.from = from
		} else {
			s.job.to = to
		}
	}
}
