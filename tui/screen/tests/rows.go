package tests

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// row is a line of the list.
type row struct {
	node  *node
	label string
	depth int
}

// mode is what the list shows.
type mode int

const (
	treeMode mode = iota
	failuresMode
	slowestMode
	flakyMode
	modes
)

func (m mode) String() string {
	return [...]string{"tree", "failures only", "slowest first", "flaky and slow only"}[m]
}

// order is how the tree is sorted.
type order int

const (
	failuresFirst order = iota
	asReported
	byName
	byTime
	orders
)

func (o order) String() string {
	return [...]string{"failures first", "as they ran", "by name", "slowest first"}[o]
}

// few is how many tests are shown unfolded.
const few = 40

// settle puts the rows in order: when nothing runs that could change it again.
func (s *Screen) settle() {
	s.settled = true
	s.arrange()
	s.list()
	// Until a person has put the cursor somewhere, or where that is not there, it is
	// on the first failure.
	if v := s.view; !s.open && (!v.chosen || s.model.byID[v.at] == nil) {
		first := slices.IndexFunc(s.rows, func(r row) bool { return r.node.reason() || r.node.diagnostic != nil })
		if s.at = max(0, first); s.at < len(s.rows) && !v.chosen {
			v.at = s.rows[s.at].node.id
		}
	}
}

// arrange sorts the nodes and says which are open.
func (s *Screen) arrange() {
	all := s.model.root.all()
	var walk func(n *node) time.Duration
	took := map[*node]time.Duration{}
	walk = func(n *node) time.Duration {
		var sum time.Duration
		for _, k := range n.kids {
			sum += walk(k)
		}
		if n.has && n.result.Duration > 0 {
			sum = n.result.Duration
		}
		took[n] = sum
		if wish, ok := s.view.opened[n.id]; ok {
			n.open = wish
		} else {
			n.open = n.parent == nil || n.id == problemsID || n.count[failed] > 0 || all <= few
		}
		if len(n.kids) > 1 {
			s.sort(n.kids, took)
		}
		return sum
	}
	walk(s.model.root)
}

func (s *Screen) sort(kids []*node, took map[*node]time.Duration) {
	slices.SortStableFunc(kids, func(a, b *node) int {
		var c int
		switch s.order {
		case failuresFirst:
			c = cmp.Compare(min(b.count[failed], 1), min(a.count[failed], 1))
		case byName:
			c = cmp.Compare(a.label, b.label)
		case byTime:
			c = cmp.Compare(took[b], took[a])
		}
		if first := a.id == problemsID; first || b.id == problemsID {
			return map[bool]int{true: -1, false: 1}[first]
		}
		return cmp.Or(c, cmp.Compare(a.arrived, b.arrived))
	})
}

// list makes the rows anew; the cursor stays on its test, and that at its place
// of the screen.
func (s *Screen) list() {
	s.structure = s.model.structure
	before := s.at
	s.rows = s.rows[:0]
	words := strings.Fields(strings.ToLower(s.view.filter))
	if s.mode == treeMode {
		for _, n := range s.model.root.kids {
			s.walk(n, "", 0, words)
		}
	} else {
		s.flat(words)
	}
	s.at = s.find(before)
	s.top += s.at - before
}

// find is the row of the cursor's node, or of the nearest one above it that is
// shown; without either, the row where it was.
func (s *Screen) find(before int) int {
	for n := s.model.byID[s.view.at]; n != nil && n.parent != nil; n = n.parent {
		if i := s.index(n); i >= 0 {
			return i
		}
	}
	return max(0, min(before, len(s.rows)-1))
}

// walk adds the rows of a node; what only holds another one stands in its line.
func (s *Screen) walk(n *node, before string, depth int, words []string) {
	if len(words) > 0 && !matches(n, words) {
		return
	}
	label := before + n.label
	if !n.has && depth > 0 && len(n.kids) == 1 {
		s.walk(n.kids[0], label+" › ", depth, words)
		return
	}
	s.rows = append(s.rows, row{n, label, depth})
	if n.open || len(words) > 0 {
		below := n.kids
		if len(below) == 1 && below[0].file {
			below = below[0].kids // a package of one file: its name says nothing more
		}
		for _, k := range below {
			s.walk(k, "", depth+1, words)
		}
	}
}

// sought is what a filter looks at.
func (n *node) sought() string {
	if n.lower == "" {
		n.lower = strings.ToLower(n.full())
	}
	return n.lower
}

// matches says whether a node, or one below it, holds all the words.
func matches(n *node, words []string) bool {
	if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(n.sought(), w) }) {
		return true
	}
	return slices.ContainsFunc(n.kids, func(k *node) bool { return matches(k, words) })
}

// flat adds the rows of the modes without a tree.
func (s *Screen) flat(words []string) {
	add := func(n *node) {
		n.listed = (n.diagnostic != nil && s.mode == failuresMode || n.has && s.wanted(n)) && (len(words) == 0 || matches(n, words))
		if n.listed {
			s.rows = append(s.rows, row{node: n, label: pick(n.diagnostic != nil, n.label, n.full())})
		}
	}
	var walk func(n *node)
	walk = func(n *node) {
		add(n)
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(s.model.root)
	if s.mode == slowestMode {
		slices.SortStableFunc(s.rows, func(a, b row) int { return cmp.Compare(b.node.result.Duration, a.node.result.Duration) })
	}
}

// wanted says whether a test is a row of the mode.
func (s *Screen) wanted(n *node) bool {
	switch s.mode {
	case failuresMode:
		return n.reason()
	case slowestMode:
		return n.result.Duration > 0 && n.result.Status != tasks.TestRunning
	}
	p, known := s.past.of(n)
	return known && (p.Flaky != "" || p.Slow != "")
}

// append adds what has failed since the last look to a list of failures that
// keeps its order while a run goes on.
func (s *Screen) append() {
	if s.mode != failuresMode || len(s.model.changed) == 0 {
		return
	}
	for _, n := range s.model.changed {
		if n.reason() && !n.listed && s.view.filter == "" {
			n.listed = true
			s.rows = append(s.rows, row{node: n, label: n.full()})
		}
	}
}
