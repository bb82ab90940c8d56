package tests

import (
	"path"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// node is a package, file, class, test or subtest, or a diagnostic: what is
// known of it, and what lies below it.
type node struct {
	id      nodeID
	label   string
	lower   string // what a filter looks at; made when it does
	parent  *node
	kids    []*node
	arrived int // among all nodes

	// A test has a result: that of the newest run that told of it.
	has    bool
	result tasks.TestResult
	run    tasks.RunID

	diagnostic *tasks.Diagnostic
	// file: a file of a package, named by its path.
	file bool

	// count is of itself and all below it, by rank; counts is what it adds itself.
	count  [ranks]int
	counts int
	open   bool
	// listed: it is a row of the flat list.
	listed bool
}

// nodeID names a node for good: a suite, or what a suite names. Both are parts
// of the result that was reported, so that a name costs nothing.
type nodeID struct{ suite, name string }

func idOf(t *tasks.TestResult) nodeID { return nodeID{t.Suite, t.Name} }

// full is the whole name.
func (n *node) full() string {
	if n.diagnostic != nil {
		return n.id.name
	}
	if n.file {
		return n.id.suite + "  " + n.label
	}
	return strings.TrimSpace(n.id.suite + "  " + n.id.name)
}

// The ranks of results, worst first.
const (
	failed = iota
	running
	passed
	skipped
	ranks
	uncounted // of a node without a result, and of one that failed with what is below it
)

func rank(s tasks.TestStatus) int {
	switch s {
	case tasks.TestFailed:
		return failed
	case tasks.TestRunning:
		return running
	case tasks.TestPassed:
		return passed
	}
	return skipped
}

// all is how many results a node stands for.
func (n *node) all() (sum int) {
	for _, c := range n.count {
		sum += c
	}
	return sum
}

// worst is the rank that a node is shown with.
func (n *node) worst() int {
	for r, c := range n.count {
		if c > 0 {
			return r
		}
	}
	return skipped
}

// reason says whether a failed test failed by itself, and not only because
// something below it did.
func (n *node) reason() bool {
	if !n.has || n.result.Status != tasks.TestFailed {
		return false
	}
	return n.counts == failed
}

// adds is what a node is to add to the counts. A test that says nothing and has a
// failed one below it failed for no other reason: it is not counted twice.
func (n *node) adds() int {
	if !n.has {
		return uncounted
	}
	r := rank(n.result.Status)
	below := n.count[failed]
	if n.counts == failed {
		below--
	}
	if r == failed && n.result.Message == "" && below > 0 {
		return uncounted
	}
	return r
}

// recount brings the counts of a node and of all above it up to date.
func (n *node) recount() {
	for ; n != nil; n = n.parent {
		n.add(n.adds())
	}
}

// add makes a node add something else to the counts.
func (n *node) add(adds int) {
	if adds == n.counts {
		return
	}
	for p := n; p != nil; p = p.parent {
		if n.counts != uncounted {
			p.count[n.counts]--
		}
		if adds != uncounted {
			p.count[adds]++
		}
	}
	n.counts = adds
}

// model is the tests of one task: what its runs told, folded. A run that does
// less than all of the task changes what it ran, and the rest stays as it was.
//
//	runs of the state ── folded, oldest first ── tree of nodes
//	the newest run    ── sync, as it goes on ──┘   only what changed is touched
type model struct {
	unit   string
	folded []tasks.RunID
	root   *node
	byID   map[nodeID]*node
	// newest is the last of folded; at are its results' nodes by position, and
	// told how many of its diagnostics are nodes.
	newest tasks.RunID
	at     []*node
	told   int
	over   bool // the diagnostics are those of a run before
	// answered: the newest run has ended, and what it says of tests that it did not
	// name was taken over.
	answered bool
	// failed are tests by the line where they failed, some of them once.
	failed map[tasks.Location][]*node
	// version counts all changes, structure those of the rows.
	version, structure int
	changed            []*node // since the last look, for the flat list
	// order is how the nodes stood before the model was made anew: runs of many
	// packages tell of them in another order each time.
	order map[nodeID]int
}

// problems is the suite of all diagnostics; no suite is called like that.
const problems = "\x00problems"

var problemsID = nodeID{suite: problems}

func problemID(at tasks.Location, message string) nodeID {
	return nodeID{problems, at.String() + " " + message}
}

func (m *model) reset(unit string) {
	if unit != m.unit {
		m.order = nil
	}
	if m.order == nil {
		m.order = make(map[nodeID]int, len(m.byID))
	}
	for id, n := range m.byID {
		m.order[id] = n.arrived
	}
	m.unit, m.folded, m.newest, m.at, m.told = unit, nil, "", nil, 0
	m.root, m.byID, m.changed, m.failed = &node{open: true, counts: uncounted}, map[nodeID]*node{}, nil, map[tasks.Location][]*node{}
	m.version++
	m.structure++
}

// follow brings the model up to the state; it says whether it was made anew.
func (m *model) follow(s *tasks.State, unit string) (anew bool) {
	runs := relevant(s, unit)
	ids := make([]tasks.RunID, len(runs))
	for i, r := range runs {
		ids[i] = r.ID
	}
	if unit != m.unit || m.root == nil || len(ids) < len(m.folded) || !slices.Equal(ids[:len(m.folded)], m.folded) {
		m.reset(unit)
		anew = true
	}
	// The last one that is folded may have gone on before the next one began.
	for _, r := range runs[max(0, len(m.folded)-1):] {
		if r.ID != m.newest {
			m.begin(r.ID)
		}
		m.sync(r)
	}
	return anew
}

// relevant are the runs whose results stand, oldest first: from the newest one
// on that did all of the task. What was stopped or is stale says nothing,
// unless nothing else is known.
func relevant(s *tasks.State, unit string) []tasks.Run {
	var runs, others []tasks.Run
	for _, id := range slices.Backward(s.Units[unit].Runs) {
		r := s.Runs[id]
		switch {
		case r.Status.Active(), r.Status == tasks.Succeeded, r.Status == tasks.Failed:
			runs = append(runs, r)
		case r.Status.Done() && len(r.Tests) > 0:
			others = append(others, r)
		}
		if complete(r) {
			break
		}
	}
	if !slices.ContainsFunc(runs, func(r tasks.Run) bool { return len(r.Tests)+len(r.Diagnostics) > 0 }) && len(others) > 0 {
		runs = append(runs, others[0])
	}
	slices.Reverse(runs)
	return runs
}

// complete says whether a run told of every test that there is: not where something
// did not compile, or a file could not be read.
func complete(r tasks.Run) bool {
	return (r.Status == tasks.Succeeded || r.Status == tasks.Failed) && r.Narrowed == nil && !r.BrokeOff() && r.Cached == "" && len(r.Tests) > 0 &&
		!slices.ContainsFunc(r.Diagnostics, func(d tasks.Diagnostic) bool { return d.Severity == tasks.Error }) &&
		!slices.ContainsFunc(r.Tests, func(t tasks.TestResult) bool { return t.Status == tasks.TestFailed && strings.HasPrefix(t.Name, "(") })
}

// begin folds another run.
func (m *model) begin(id tasks.RunID) {
	m.folded = append(m.folded, id)
	m.newest, m.at, m.told = id, nil, 0
	m.over, m.answered = true, false
	m.version++
}

// answer takes over what a run that has ended says of failures that it does not name,
// and whose suite it ran: they have passed. Where it names the tests that pass, they
// are no more; nor are those of a suite that a success says nothing of, though it was
// to run what was red: it is gone.
func (m *model) answer(r tasks.Run) {
	var old []*node
	m.root.tests(func(n *node) {
		if n.run != m.newest && n.result.Status == tasks.TestFailed {
			old = append(old, n)
		}
	})
	if len(old) == 0 {
		return
	}
	named := map[string]bool{} // suites
	for _, t := range r.Tests {
		named[t.Suite] = named[t.Suite] || t.Status == tasks.TestPassed && t.Name != tasks.WholeFile
	}
	through := map[string]bool{}
	for _, n := range old {
		if _, known := through[n.result.Suite]; !known {
			through[n.result.Suite] = r.Through(n.result.Suite)
		}
	}
	over := r.Status == tasks.Succeeded && r.Cached == "" && !r.Partial()
	for _, n := range slices.Backward(old) { // what is below comes first
		t := n.result
		_, told := named[t.Suite]
		switch {
		case over && !told && len(n.kids) == 0:
			m.drop(n)
		case over && !told:
			m.pass(n)
		case !through[t.Suite] || r.Partial() && !r.Answers(tasks.TestName{Suite: t.Suite, Name: t.Name}):
		case named[t.Suite] && len(n.kids) == 0:
			m.drop(n)
		default:
			m.pass(n)
		}
	}
}

// drop takes a test out of the tree, and what was there for nothing else.
func (m *model) drop(n *node) {
	m.remove(n)
	for p := n.parent; p.parent != nil && !p.has && len(p.kids) == 0; p = p.parent {
		m.remove(p) // the last of its file
	}
}

// pass says that a test has passed in the newest run, which does not name it.
func (m *model) pass(n *node) {
	t := n.result
	m.set(n, tasks.TestResult{Suite: t.Suite, Name: t.Name, Separator: t.Separator, File: t.File, Status: tasks.TestPassed, Line: -1})
}

// clear takes out what the run before said of the compiler: as soon as the newest
// one tells anything, so that the same problem keeps its row.
func (m *model) clear() {
	m.over = false
	if p := m.byID[problemsID]; p != nil {
		m.forget(p, func(*node) bool { return true })
	}
}

// forget takes problems out of the tree, and their own node with the last of them.
func (m *model) forget(p *node, which func(*node) bool) {
	before := len(p.kids)
	p.kids = slices.DeleteFunc(p.kids, func(k *node) bool {
		gone := which(k)
		if gone {
			delete(m.byID, k.id)
		}
		return gone
	})
	if len(p.kids) == before {
		return
	}
	if len(p.kids) == 0 {
		delete(m.byID, problemsID)
		m.root.kids = slices.DeleteFunc(m.root.kids, func(n *node) bool { return n == p })
	}
	m.version++
	m.structure++
}

// sync takes over what the newest run has told since the last time. It compares
// all results and touches only those that changed.
func (m *model) sync(r tasks.Run) {
	if len(r.Tests) < len(m.at) || len(r.Diagnostics) < m.told {
		// Not the run that was folded: begun anew by a host that started again.
		m.at, m.told = nil, 0
	}
	if m.over && (len(r.Tests)+len(r.Diagnostics) > 0 || r.Status.Done()) {
		m.clear()
	}
	for i := range r.Tests {
		t := &r.Tests[i]
		if i < len(m.at) {
			if !same(&m.at[i].result, t) {
				if m.at[i].parent == nil {
					m.at[i] = m.stand(r, t)
				}
				m.set(m.at[i], *t)
			}
			continue
		}
		n := m.stand(r, t)
		m.at = append(m.at, n)
		m.set(n, *t)
	}
	if (r.Status == tasks.Succeeded || r.Status == tasks.Failed) && !m.answered {
		m.answered = true
		m.answer(r)
	}
	for i := max(0, m.told-1); i < len(r.Diagnostics); i++ { // the last one may have got its code
		m.diagnose(r.Diagnostics[i])
	}
	m.told = len(r.Diagnostics)
}

// same says whether a result is shown the same; it is asked for every result on
// every change.
func same(a, b *tasks.TestResult) bool {
	return a.Status == b.Status && a.Duration == b.Duration && a.Line == b.Line && a.Message == b.Message && a.Location == b.Location &&
		len(a.Output) == len(b.Output) && (len(a.Output) == 0 || a.Output[len(a.Output)-1] == b.Output[len(b.Output)-1]) && len(a.Diff) == len(b.Diff)
}

// set gives a node its result, and its ancestors the count.
func (m *model) set(n *node, t tasks.TestResult) {
	m.version++
	n.has, n.result, n.run = true, t, m.newest
	n.recount()
	m.changed = append(m.changed, n)
	if at := t.Location; t.Status == tasks.TestFailed && at.File != "" {
		where := tasks.Location{File: at.File, Line: at.Line}
		if !slices.Contains(m.failed[where], n) {
			m.failed[where] = append(m.failed[where], n)
		}
		if p := m.byID[problemsID]; p != nil {
			m.forget(p, func(k *node) bool { return k.diagnostic.Repeats(t) })
		}
	}
}

// stand is the node of a result. A tool that names only the tests that fail says
// of the others that their file passed: of a file whose tests are known by name,
// that is what those have become, and no row of its own. It has no parent then.
func (m *model) stand(r tasks.Run, t *tasks.TestResult) *node {
	suite := m.byID[nodeID{suite: t.Suite}]
	whole := m.byID[nodeID{t.Suite, tasks.WholeFile}]
	switch {
	case t.Name != tasks.WholeFile:
		if whole != nil && whole.run != m.newest {
			m.remove(whole)
		}
	case whole == nil && suite != nil && t.Status == tasks.TestPassed:
		suite.tests(func(n *node) {
			name := tasks.TestName{Suite: n.result.Suite, Name: n.result.Name}
			if n.run != m.newest && rank(n.result.Status) == failed && (!r.Partial() || r.Answers(name)) {
				m.pass(n)
			}
		})
		return &node{id: nodeID{t.Suite, tasks.WholeFile}, counts: uncounted}
	}
	return m.place(t)
}

// remove takes a node without any below it out of the tree.
func (m *model) remove(n *node) {
	n.add(uncounted)
	n.parent.recount()
	n.has, n.result.Status = false, tasks.TestSkipped
	n.parent.kids = slices.DeleteFunc(n.parent.kids, func(k *node) bool { return k == n })
	delete(m.byID, n.id)
	m.version++
	m.structure++
}

// place finds or makes the node of a result.
func (m *model) place(t *tasks.TestResult) *node {
	if n := m.byID[idOf(t)]; n != nil {
		return n // also where it said of another file before, or of none
	}
	above := m.root
	if t.Suite != "" {
		above = m.child(m.root, nodeID{suite: t.Suite}, t.Suite)
	}
	if inFile(t) {
		above = m.child(above, nodeID{t.Suite, t.File}, path.Base(t.File))
		above.file = true
	}
	end := 0
	for i, part := range t.Path() {
		if i > 0 {
			end += len(t.Separator)
		}
		end += len(part)
		if t.Name == tasks.WholeFile {
			part = t.Shown()
		}
		above = m.child(above, nodeID{t.Suite, t.Name[:end]}, part)
	}
	return above
}

// inFile says whether a suite is of several files, as a package is, and not a
// file itself.
func inFile(t *tasks.TestResult) bool {
	return t.File != "" && t.Suite != "" && path.Ext(t.File) != path.Ext(t.Suite)
}

func (m *model) child(above *node, id nodeID, label string) *node {
	if n := m.byID[id]; n != nil {
		return n
	}
	n := &node{id: id, label: label, parent: above, open: len(m.byID) < few, counts: uncounted}
	if at, known := m.order[id]; known {
		n.arrived = at
	} else {
		n.arrived = len(m.order) + len(m.byID)
	}
	above.kids = append(above.kids, n)
	m.byID[id] = n
	m.structure++
	return n
}

// diagnose adds what a compiler or linter said; these nodes stand first. What only
// repeats the failure of a test has the row of the test.
func (m *model) diagnose(d tasks.Diagnostic) {
	if slices.ContainsFunc(m.failed[tasks.Location{File: d.Location.File, Line: d.Location.Line}], func(n *node) bool { return d.Repeats(n.result) }) {
		return
	}
	p := m.byID[problemsID]
	if p == nil {
		p = &node{id: problemsID, label: "problems", parent: m.root, open: true, arrived: -1, counts: uncounted}
		m.root.kids = slices.Insert(m.root.kids, 0, p)
		m.byID[problemsID] = p
	}
	id := problemID(d.Location, d.Message)
	if n := m.byID[id]; n != nil { // a compiler that says the same twice is one row
		if n.diagnostic.Code != d.Code {
			n.diagnostic = &d
			m.version++
		}
		return
	}
	n := &node{id: id, label: d.Message, parent: p, diagnostic: &d, run: m.newest, arrived: len(p.kids), counts: uncounted}
	p.kids = append(p.kids, n)
	m.byID[id] = n
	m.version++
	m.structure++
}

// where is the place that a test leads to: where it failed, else its file.
func (n *node) where() tasks.Location {
	switch {
	case n.diagnostic != nil:
		return n.diagnostic.Location
	case n.result.Location.File != "":
		return n.result.Location
	}
	if n.file {
		return tasks.Location{File: n.id.name}
	}
	return tasks.Location{File: n.result.File}
}

// tests are the results of a node and of all below it.
func (n *node) tests(yield func(*node)) {
	if n.has {
		yield(n)
	}
	for _, k := range n.kids {
		k.tests(yield)
	}
}
