package logs

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// automaton answers whether a line matches by one table look-up a byte. It is
// made from a regular expression's program while lines are read (a lazy DFA)
// and knows ASCII only: lines with other bytes, and expressions with too many
// states, are left to package regexp.
type automaton struct {
	prog     *syntax.Prog
	anchored bool // every match begins at the start of the line

	// next holds 256 entries a state: the number of the next state times 256,
	// or one of the codes below. The entry of '\n' says how the line ends.
	next   []uint32
	carry  []uint32 // per state: the entry for a '\r' within a line
	states []node
	known  map[string]uint32
	set    sparse // scratch
	stack  []uint32
	key    []byte
}

// node is a state: the instructions that wait for the next byte, before what
// needs no byte is followed, because that depends on the next byte too.
type node struct {
	pcs    []uint32
	before rune // a byte of the same kind as the last one; -1 at the start
}

const (
	special  uint32 = 1 << 31 // set in all codes, in no state
	unknown         = special | iota
	accepted        // the line matches, whatever follows
	rejected        // it does not, whatever follows
	askOther        // package regexp must tell
	lookOn          // a '\r': the next byte says whether the line ends here

	start     uint32 = 0 // the state at the start of a line
	maxStates        = 1000
	endOfLine        = rune(-1)
)

func newAutomaton(prog *syntax.Prog) *automaton {
	a := &automaton{prog: prog, known: map[string]uint32{}, set: newSparse(len(prog.Inst))}
	a.anchored = prog.StartCond()&syntax.EmptyBeginText != 0
	a.state([]uint32{uint32(prog.Start)}, -1)
	return a
}

// match says whether a line, without its newline, matches; not sure when the
// automaton can't tell.
func (a *automaton) match(line []byte) (matched, sure bool) {
	s := start
	for i := range line {
		n := a.next[s+uint32(line[i])]
		if n&special != 0 {
			if n = a.resolve(s, line[i]); n&special != 0 {
				return n == accepted, n != askOther
			}
		}
		s = n
	}
	n := a.end(s)
	return n == accepted, n != askOther
}

// end gives the entry for the end of the line.
func (a *automaton) end(s uint32) uint32 {
	n := a.next[s+'\n']
	if n == unknown {
		n = a.work(s, '\n')
	}
	return n
}

// resolve gives the entry for a byte within a line: a state, or a code other
// than unknown and lookOn.
func (a *automaton) resolve(s uint32, c byte) uint32 {
	n := a.next[s+uint32(c)]
	switch n {
	case unknown:
		return a.work(s, c)
	case lookOn:
		if n = a.carry[s>>8]; n == unknown {
			n = a.step(a.states[s>>8], '\r')
			a.carry[s>>8] = n
		}
	}
	return n
}

// work works out one entry of the table.
func (a *automaton) work(s uint32, c byte) uint32 {
	var n uint32
	if c != '\n' {
		n = a.step(a.states[s>>8], rune(c))
	} else if n = a.step(a.states[s>>8], endOfLine); n == rejected {
		n = start
	}
	a.next[s+uint32(c)] = n
	return n
}

func (a *automaton) step(from node, after rune) uint32 {
	if a.follow(from.pcs, syntax.EmptyOpContext(from.before, after)) {
		return accepted
	}
	if after == endOfLine {
		return rejected
	}
	var pcs []uint32
	for _, pc := range a.set.dense {
		if in := &a.prog.Inst[pc]; isRune(in.Op) && in.MatchRune(after) {
			pcs = append(pcs, in.Out)
		}
	}
	if !a.anchored {
		pcs = append(pcs, uint32(a.prog.Start))
	}
	if len(pcs) == 0 {
		return rejected
	}
	return a.state(pcs, kind(after))
}

// follow puts every instruction into the set that is reached without a byte;
// true when a match is among them.
func (a *automaton) follow(pcs []uint32, where syntax.EmptyOp) bool {
	a.set.clear()
	a.stack = append(a.stack[:0], pcs...)
	for len(a.stack) > 0 {
		pc := a.stack[len(a.stack)-1]
		a.stack = a.stack[:len(a.stack)-1]
		if !a.set.add(pc) {
			continue
		}
		switch in := &a.prog.Inst[pc]; in.Op {
		case syntax.InstMatch:
			return true
		case syntax.InstAlt, syntax.InstAltMatch:
			a.stack = append(a.stack, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			a.stack = append(a.stack, in.Out)
		case syntax.InstEmptyWidth:
			if need := syntax.EmptyOp(in.Arg); need&^where == 0 {
				a.stack = append(a.stack, in.Out)
			}
		}
	}
	return false
}

// state gives the entry of a state, a new one when it was not seen yet.
func (a *automaton) state(pcs []uint32, before rune) uint32 {
	slices.Sort(pcs)
	pcs = slices.Compact(pcs)
	a.key = append(a.key[:0], byte(before+1))
	for _, pc := range pcs {
		a.key = binary.LittleEndian.AppendUint32(a.key, pc)
	}
	if n, ok := a.known[string(a.key)]; ok {
		return n
	}
	if len(a.states) >= maxStates {
		return askOther
	}
	n := uint32(len(a.states)) << 8
	a.states = append(a.states, node{pcs: pcs, before: before})
	a.known[string(a.key)] = n
	a.carry = append(a.carry, unknown)
	for c := range 256 {
		entry := unknown
		switch {
		case c == '\r':
			entry = lookOn
		case c >= 0x80:
			entry = askOther
		}
		a.next = append(a.next, entry)
	}
	return n
}

// kind reduces a byte to what the assertions about it tell apart.
func kind(c rune) rune {
	if syntax.IsWordChar(c) {
		return 'a'
	}
	return ' '
}

func isRune(op syntax.InstOp) bool {
	switch op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	return false
}

// sparse is a set of instructions that is emptied at no cost.
type sparse struct {
	dense []uint32
	index []uint32
}

func newSparse(n int) sparse { return sparse{dense: make([]uint32, 0, n), index: make([]uint32, n)} }

func (s *sparse) clear() { s.dense = s.dense[:0] }

// add says whether pc was not in the set.
func (s *sparse) add(pc uint32) bool {
	if i := s.index[pc]; int(i) < len(s.dense) && s.dense[i] == pc {
		return false
	}
	s.index[pc] = uint32(len(s.dense))
	s.dense = append(s.dense, pc)
	return true
}
