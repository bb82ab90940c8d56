package logs

import "bytes"

// lane is a stretch of whole lines that the automaton walks through.
type lane struct {
	data []byte
	base int // of data, in the block
	pos  int
	s    uint32
	hits []extent
	done bool // the last line, without newline, is decided
}

// extent is where a line stands in a block, without its newline.
type extent struct{ begin, end int }

const lanes = 4

// stripes finds the matching lines of a block. One table look-up must wait for
// the one before; so four parts of the block are walked through side by side,
// which takes hardly longer than one.
type stripes struct {
	a     *automaton
	other func(line []byte) bool // for lines that the automaton can't tell
	lane  [lanes]lane
}

// find gives the matching lines of data in order; valid until the next call.
func (t *stripes) find(data []byte, do func(extent)) {
	t.split(data)
	l0, l1, l2, l3 := &t.lane[0], &t.lane[1], &t.lane[2], &t.lane[3]
	for {
		next := t.a.next
		d0, d1, d2, d3 := l0.data[l0.pos:], l1.data[l1.pos:], l2.data[l2.pos:], l3.data[l3.pos:]
		n := min(len(d0), len(d1), len(d2), len(d3))
		if n == 0 {
			break
		}
		d0, d1, d2, d3 = d0[:n], d1[:n], d2[:n], d3[:n]
		s0, s1, s2, s3 := l0.s, l1.s, l2.s, l3.s
		i := 0
		for ; i < n; i++ {
			n0 := next[s0+uint32(d0[i])]
			n1 := next[s1+uint32(d1[i])]
			n2 := next[s2+uint32(d2[i])]
			n3 := next[s3+uint32(d3[i])]
			if (n0|n1|n2|n3)&special != 0 {
				break
			}
			s0, s1, s2, s3 = n0, n1, n2, n3
		}
		for k, s := range [lanes]uint32{s0, s1, s2, s3} {
			t.lane[k].pos += i
			t.lane[k].s = s
		}
		if i < n {
			t.turn()
		}
	}
	for k := range t.lane {
		t.finish(&t.lane[k])
		for _, e := range t.lane[k].hits {
			do(e)
		}
	}
}

// split gives each lane its part.
func (t *stripes) split(data []byte) {
	begin := 0
	for k := range t.lane {
		end := len(data)
		if k < lanes-1 {
			end = min(end, begin+(len(data)-begin)/(lanes-k))
			end = begin + bytes.LastIndexByte(data[begin:end], '\n') + 1
		}
		t.lane[k] = lane{data: data[begin:end], base: begin, s: start, hits: t.lane[k].hits[:0]}
		begin = end
	}
}

// turn takes one special entry in each lane that stands before one.
func (t *stripes) turn() {
	for k := range t.lane {
		l := &t.lane[k]
		if l.pos < len(l.data) && t.a.next[l.s+uint32(l.data[l.pos])]&special != 0 {
			t.special(l)
		}
	}
}

// special takes the entry at which a lane has stopped.
func (t *stripes) special(l *lane) {
	c := l.data[l.pos]
	n := t.a.next[l.s+uint32(c)]
	switch {
	case n == lookOn && l.pos+1 < len(l.data) && l.data[l.pos+1] == '\n':
		n = t.a.end(l.s)
		if n == start {
			l.pos++ // and over the '\n' below
		}
	case n == unknown || n == lookOn:
		n = t.a.resolve(l.s, c)
	}
	switch n {
	case accepted:
		l.leave(true)
	case rejected:
		l.leave(false)
	case askOther:
		begin, end := l.line()
		l.leave(t.other(textOf(l.data, begin, end)))
	default:
		l.s = n
		l.pos++
	}
}

// finish walks to the end of a lane alone.
func (t *stripes) finish(l *lane) {
	for l.pos < len(l.data) {
		n := t.a.next[l.s+uint32(l.data[l.pos])]
		if n&special == 0 {
			l.s = n
			l.pos++
			continue
		}
		t.special(l)
	}
	if len(l.data) == 0 || l.done || l.data[len(l.data)-1] == '\n' {
		return
	}
	l.pos = len(l.data) - 1
	switch t.a.end(l.s) {
	case accepted:
		l.leave(true)
	case askOther:
		begin, end := l.line()
		l.leave(t.other(l.data[begin:end]))
	}
}

// line gives the line in which the lane stands.
func (l *lane) line() (begin, end int) {
	return bytes.LastIndexByte(l.data[:l.pos], '\n') + 1, lineEndAt(l.data, l.pos, len(l.data))
}

// leave goes on at the next line.
func (l *lane) leave(matched bool) {
	begin, end := l.line()
	if matched {
		l.hits = append(l.hits, extent{l.base + begin, l.base + end})
	}
	l.done = end == len(l.data)
	l.pos = min(end+1, len(l.data))
	l.s = start
}
