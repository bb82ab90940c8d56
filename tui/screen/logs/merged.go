package logs

import (
	"context"
	"slices"
	"sort"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// merged shows several logs as one, in the order in which lines arrived. The
// position of a line is the number of lines, of all logs together, that arrived
// before it: it is found by time, without reading what lies before.
type merged struct{ parts []*single }

var _ source = (*merged)(nil)

func (m *merged) bounds() (logview.Bounds, error) {
	var sum logview.Bounds
	for _, p := range m.parts {
		b, err := p.bounds()
		if err != nil {
			return sum, err
		}
		sum.First += b.First
		sum.End += b.End
		sum.Dropped += b.Dropped
	}
	return sum, nil
}

// Lines that arrived at nearly the same time and say when they were written are
// put in that order: two programs are seldom read in the order they wrote.
const (
	reorderTime  = 250 * time.Millisecond
	reorderLines = 32
)

func (m *merged) read(ctx context.Context, from int64, n, limit int) ([]line, error) {
	b, err := m.bounds()
	if err != nil || b.End <= b.First {
		return nil, err
	}
	from = max(from, b.First)
	to := min(from+int64(n), b.End)
	// What stands around decides about the order at the edges.
	start, end := max(b.First, from-reorderLines), min(b.End, to+reorderLines)
	lines, err := m.arrived(ctx, start, int(end-start), limit)
	if err != nil {
		return nil, err
	}
	reorder(lines)
	for i := range lines {
		lines[i].pos = start + int64(i)
	}
	lo, hi := min(from-start, int64(len(lines))), min(to-start, int64(len(lines)))
	return lines[lo:max(lo, hi)], nil
}

// arrived gives n lines from position from on, in the order of their arrival.
func (m *merged) arrived(ctx context.Context, from int64, n, limit int) ([]line, error) {
	at, err := m.split(from)
	if err != nil {
		return nil, err
	}
	const chunk = 256
	queues := make([][]line, len(m.parts))
	done := make([]bool, len(m.parts))
	last := make([]time.Time, len(m.parts)) // a clock that was set back holds nothing up
	out := make([]line, 0, n)
	for len(out) < n {
		best := -1
		for i, p := range m.parts {
			if len(queues[i]) == 0 && !done[i] {
				queues[i], err = p.read(ctx, at[i], min(chunk, n-len(out)), limit)
				if err != nil {
					return nil, err
				}
				if done[i] = len(queues[i]) == 0; done[i] {
					continue
				}
				at[i] = queues[i][len(queues[i])-1].n + 1
			}
			if len(queues[i]) == 0 {
				continue
			}
			if q := &queues[i][0]; q.time.After(last[i]) {
				last[i] = q.time
			}
			if best < 0 || last[i].Before(last[best]) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		out = append(out, queues[best][0])
		queues[best] = queues[best][1:]
	}
	return out, nil
}

// split finds for each log its first line that stands at position pos or later.
func (m *merged) split(pos int64) ([]int64, error) {
	at := make([]int64, len(m.parts))
	ends := make([]int64, len(m.parts))
	var firsts, total int64
	for i, p := range m.parts {
		b, err := p.bounds()
		if err != nil {
			return nil, err
		}
		at[i], ends[i] = b.First, b.End
		firsts += b.First
		total += b.End
	}
	if pos <= firsts {
		return at, nil
	}
	if pos >= total {
		return ends, nil
	}
	// The last instant before which at most pos lines arrived.
	var failed error
	count := func(ns int64) int64 {
		var sum int64
		for _, p := range m.parts {
			n, err := p.at(time.Unix(0, ns))
			if err != nil {
				failed = err
			}
			sum += n
		}
		return sum
	}
	lo, hi, err := m.span()
	if err != nil {
		return nil, err
	}
	after := lo + int64(sort.Search(int(hi-lo), func(d int) bool { return count(lo+int64(d)) > pos }))
	if failed != nil {
		return nil, failed
	}
	// Of the lines of that instant the first logs' come first.
	left := pos
	for i, p := range m.parts {
		if at[i], err = p.at(time.Unix(0, after-1)); err != nil {
			return nil, err
		}
		left -= at[i]
	}
	for i, p := range m.parts {
		next, err := p.at(time.Unix(0, after))
		if err != nil {
			return nil, err
		}
		n := min(max(0, left), max(0, next-at[i]))
		at[i] += n
		left -= n
	}
	return at, nil
}

// span is the time from the first line of any log to just behind the last, in
// nanoseconds since 1970.
func (m *merged) span() (lo, hi int64, err error) {
	for _, p := range m.parts {
		b, err := p.bounds()
		if err != nil {
			return 0, 0, err
		}
		for _, n := range []int64{b.First, b.End - 1} {
			lines, err := p.read(context.Background(), n, 1, 1)
			if err != nil {
				return 0, 0, err
			}
			if len(lines) == 0 || n < b.First {
				continue
			}
			ns := lines[0].time.UnixNano()
			if lo == 0 || ns < lo {
				lo = ns
			}
			hi = max(hi, ns+2)
		}
	}
	return lo, hi, nil
}

// reorder moves lines before others of other logs that say they are later, as
// long as they arrived within the reorder window.
func reorder(lines []line) {
	own := make([]time.Time, len(lines))
	for i, l := range lines {
		if t := parse.Parse(parse.Clean(l.text).Plain, l.time).Time; t.Sub(l.time).Abs() < time.Minute {
			own[i] = t
		}
	}
	for i := 1; i < len(lines); i++ {
		for j := i; j > 0 && i-j < reorderLines; j-- {
			a, b := lines[j-1], lines[j]
			if a.source == b.source || own[j].IsZero() || !own[j].Before(own[j-1]) || b.time.Sub(a.time) > reorderTime {
				break
			}
			lines[j-1], lines[j] = b, a
			own[j-1], own[j] = own[j], own[j-1]
		}
	}
}

func (m *merged) at(t time.Time) (int64, error) {
	var sum int64
	for _, p := range m.parts {
		n, err := p.at(t)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// place finds a line among those that arrived at about the same time.
func (m *merged) place(ctx context.Context, key logs.Key, n int64) (int64, bool, error) {
	i := slices.IndexFunc(m.parts, func(p *single) bool { return p.key == key })
	if i < 0 {
		return 0, false, nil
	}
	own, err := m.parts[i].read(ctx, n, 1, 1)
	if err != nil || len(own) == 0 || own[0].n != n {
		return 0, false, err
	}
	first, err := m.at(own[0].time)
	if err != nil {
		return 0, false, err
	}
	behind, err := m.at(own[0].time.Add(1))
	if err != nil {
		return 0, false, err
	}
	around := first - 2*reorderLines
	lines, err := m.read(ctx, around, int(min(behind-first, block))+4*reorderLines, logs.TextLimit)
	for _, l := range lines {
		if l.source == string(key) && l.n == n {
			return l.pos, true, err
		}
	}
	return 0, false, err
}

func (m *merged) close() {
	for _, p := range slices.Backward(m.parts) {
		p.close()
	}
}
