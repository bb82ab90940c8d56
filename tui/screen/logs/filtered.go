package logs

import (
	"context"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// middle is the position where a filter begins to look: matches before it count
// down from there, later ones up, so that positions never change while older
// lines are still being looked at.
const middle = int64(1) << 40

// filtered shows the lines of another source that match a query. It keeps only
// how many there are in each stretch; lines are read and matched again when
// they are shown. look has to be called until it says that it is done, and again
// when there are more lines.
type filtered struct {
	inner source
	query parse.Query

	// turn is held by who looks: there may be two, as one goes to a time that
	// the other has not reached.
	turn sync.Mutex

	mu       sync.Mutex // guards what follows
	started  bool
	from, to int64 // inner positions that were looked at: [from, to)
	back     []stretch
	front    []stretch
	hidden   int64
}

// stretch is a run of inner positions [from, to) with how many of them match;
// sum is the number of matches from the middle up to and including it.
type stretch struct{ from, to, matches, sum int64 }

var _ source = (*filtered)(nil)

// look looks at one more block of lines, newest first. It says whether there are
// more to look at now.
func (f *filtered) look(ctx context.Context) (more bool, err error) {
	f.turn.Lock()
	defer f.turn.Unlock()
	b, err := f.inner.bounds()
	if err != nil {
		return false, err
	}
	f.mu.Lock()
	if !f.started {
		f.started, f.from, f.to = true, b.End, b.End
	}
	from, to := f.from, f.to
	f.mu.Unlock()

	if to < b.End {
		end := min(b.End, to+block)
		matches, seen, err := f.count(ctx, to, end)
		if err != nil || seen == 0 {
			return false, err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.front = extend(f.front, stretch{from: to, to: end, matches: matches})
		f.to = end
		f.hidden += end - to - matches
		return f.to < b.End || f.from > b.First, nil
	}
	if from <= b.First {
		return false, nil
	}
	start := max(b.First, from-block)
	matches, _, err := f.count(ctx, start, from)
	if err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.back = append(f.back, stretch{from: start, to: from, matches: matches, sum: sumOf(f.back) + matches})
	f.from = start
	f.hidden += from - start - matches
	return f.from > b.First, nil
}

// lookBackTo looks until all lines since t were looked at.
func (f *filtered) lookBackTo(ctx context.Context, t time.Time) error {
	n, err := f.inner.at(t)
	for more := true; more && err == nil; {
		f.mu.Lock()
		reached := f.started && f.from <= n
		f.mu.Unlock()
		if reached {
			break
		}
		more, err = f.look(ctx)
	}
	return err
}

func sumOf(s []stretch) int64 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].sum
}

// extend adds a stretch at the end; small ones, as they come while a log grows,
// become one.
func extend(s []stretch, next stretch) []stretch {
	next.sum = sumOf(s) + next.matches
	if n := len(s); n > 0 && next.to-s[n-1].from <= block {
		s[n-1] = stretch{from: s[n-1].from, to: next.to, matches: s[n-1].matches + next.matches, sum: next.sum}
		return s
	}
	return append(s, next)
}

func (f *filtered) count(ctx context.Context, from, to int64) (matches, seen int64, err error) {
	err = scan(ctx, f.inner, from, to, false, func(l line) bool {
		seen++
		if f.matches(l) {
			matches++
		}
		return true
	})
	return matches, seen, err
}

func (f *filtered) matches(l line) bool {
	return f.query.Match(parse.Line{Source: l.source, Text: parse.Clean(l.text).Plain, Arrived: l.time})
}

// progress says how many lines were hidden of those looked at.
func (f *filtered) progress() (hidden int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hidden
}

func (f *filtered) bounds() (logview.Bounds, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return logview.Bounds{First: middle - sumOf(f.back), End: middle + sumOf(f.front)}, nil
}

// stretches are the stretches that hold the positions [from, to), in order, with
// the position of the first one's first match.
func (f *filtered) stretches(from, to int64) (found []stretch, first int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if from < middle {
		// back[i] holds the positions [middle-sum, middle-sum+matches).
		i := sort.Search(len(f.back), func(i int) bool { return middle-f.back[i].sum <= from })
		i = min(i, len(f.back)-1)
		for ; i >= 0 && middle-f.back[i].sum < to; i-- {
			if len(found) == 0 {
				first = middle - f.back[i].sum
			}
			found = append(found, f.back[i])
		}
	}
	if to > middle {
		i := sort.Search(len(f.front), func(i int) bool { return middle+f.front[i].sum > from })
		for ; i < len(f.front) && middle+f.front[i].sum-f.front[i].matches < to; i++ {
			if len(found) == 0 {
				first = middle + f.front[i].sum - f.front[i].matches
			}
			found = append(found, f.front[i])
		}
	}
	return found, first
}

func (f *filtered) read(ctx context.Context, from int64, n, limit int) ([]line, error) {
	b, err := f.bounds()
	if err != nil {
		return nil, err
	}
	from = max(from, b.First)
	to := min(from+int64(n), b.End)
	if from >= to {
		return nil, nil
	}
	stretches, pos := f.stretches(from, to)
	var found []line
	for _, s := range stretches {
		if s.matches == 0 {
			continue
		}
		stop := pos + s.matches
		err := scan(ctx, f.inner, s.from, s.to, false, func(l line) bool {
			if !f.matches(l) {
				return true
			}
			if pos >= from && pos < to {
				if len(l.text) > limit {
					l.text = l.text[:limit]
				}
				l.pos = pos
				found = append(found, l)
			}
			pos++
			return pos < stop && pos < to
		})
		if err != nil {
			return nil, err
		}
		pos = stop // also when lines of it were dropped meanwhile
	}
	return dense(found, from), nil
}

// dense keeps the lines from the first position on that follow one another.
func dense(lines []line, from int64) []line {
	for i := range lines {
		if lines[i].pos != from+int64(i) {
			// Retention took lines between counting and reading; what is left
			// closes up at the end of the stretch.
			lines[i].pos = from + int64(i)
		}
	}
	return lines
}

// position is the position of the first match at or behind an inner position.
func (f *filtered) position(ctx context.Context, inner int64) (int64, error) {
	f.mu.Lock()
	all := slices.Clone(f.back)
	slices.Reverse(all)
	base := middle - sumOf(f.back)
	all = append(all, f.front...)
	f.mu.Unlock()
	pos := base
	for _, s := range all {
		if inner >= s.to {
			pos += s.matches
			continue
		}
		err := scan(ctx, f.inner, s.from, s.to, false, func(l line) bool {
			if l.pos >= inner {
				return false
			}
			if f.matches(l) {
				pos++
			}
			return true
		})
		return pos, err
	}
	return pos, nil
}

func (f *filtered) at(t time.Time) (int64, error) {
	n, err := f.inner.at(t)
	if err != nil {
		return 0, err
	}
	return f.position(context.Background(), n)
}

// place knows only what was looked at and is let through.
func (f *filtered) place(ctx context.Context, key logs.Key, n int64) (int64, bool, error) {
	inner, ok, err := f.inner.place(ctx, key, n)
	f.mu.Lock()
	looked := f.started && inner >= f.from && inner < f.to
	f.mu.Unlock()
	if err != nil || !ok || !looked {
		return 0, false, err
	}
	lines, err := f.inner.read(ctx, inner, 1, logs.TextLimit)
	if err != nil || len(lines) == 0 || !f.matches(lines[0]) {
		return 0, false, err
	}
	pos, err := f.position(ctx, inner)
	return pos, err == nil, err
}

func (f *filtered) close() { f.inner.close() }
