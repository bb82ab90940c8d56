package process

import (
	"bytes"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// ident names a process for good: a pid alone is used again.
type ident struct {
	pid   int
	start int64 // in the platform's own unit; only compared, or given to startedAt
}

// proc is one process of the machine as the census saw it.
type proc struct {
	ident
	ppid, pgid, sid int
	dead            bool // a zombie
	comm            string
	// Filled on Linux, where they come with the rest.
	threads int
	cpu     time.Duration
	memory  int64
}

func (p proc) describe() tasks.Process {
	d := tasks.Process{PID: p.pid, Command: commandLine(p)}
	if p.start != 0 {
		d.Started = startedAt(p.ident)
	}
	return d
}

// census lists the machine's processes; callers at the same time share a list.
type census struct {
	read func() []proc

	mu    sync.Mutex
	begun time.Time // when reading last began
	procs []proc
}

// take lists the processes as they are at some time after the call. The answer
// is shared: nobody changes it.
func (c *census) take() []proc {
	asked := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.begun.After(asked) {
		c.begun = time.Now()
		c.procs = c.read()
	}
	return c.procs
}

// reach is how far a family goes.
type reach int

const (
	// session: the groups and sessions of the leaders.
	session reach = iota
	// anywhere: also descendants in other sessions, found by parentage, by
	// having been seen before, and by the mark in their environment.
	anywhere
)

// family is everything that comes of some leading processes. One goroutine at a
// time ends it; members may be asked for from several.
type family struct {
	census *census
	roots  []ident
	tag    []byte
	except func() int // the pid of the guardian, which is nobody's family

	mu sync.Mutex
	// seen are members met so far; strangers have no mark and never will.
	seen, strangers map[ident]bool
}

func newFamily(c *census, tag []byte, except func() int, roots ...ident) *family {
	return &family{
		census: c, roots: roots, tag: tag, except: except,
		seen: map[ident]bool{}, strangers: map[ident]bool{},
	}
}

// members are the living of the family among all, by pid.
func (f *family) members(all []proc, r reach, marks bool) []proc {
	f.mu.Lock()
	defer f.mu.Unlock()
	self, guardian := os.Getpid(), f.except()
	in := map[int]bool{}
	roots, oldest := f.standing(all)
	var buf []byte
	if marks {
		buf = make([]byte, 128<<10)
	}
	for _, p := range all {
		if p.pid == self || p.pid == guardian || p.start < oldest {
			continue
		}
		if byRoot(roots, p) || r == anywhere && (f.seen[p.ident] || marks && f.marked(p, buf)) {
			in[p.pid] = true
		}
	}
	for grew := r == anywhere && len(in) > 0; grew; {
		grew = false
		for _, p := range all {
			if !in[p.pid] && in[p.ppid] && p.pid != self && p.pid != guardian {
				in[p.pid], grew = true, true
			}
		}
	}
	var living []proc
	for _, p := range all {
		if in[p.pid] && !p.dead {
			living = append(living, p)
			f.seen[p.ident] = true
		}
	}
	slices.SortFunc(living, func(a, b proc) int { return a.pid - b.pid })
	return living
}

// standing are the roots whose pid has not gone to another process, and the
// start of the first root: nothing older is family. A pid stays taken while its
// group or session has members, so the number of a dead root means that root.
func (f *family) standing(all []proc) (roots []ident, oldest int64) {
	starts := make(map[int]int64, len(f.roots))
	for i, r := range f.roots {
		starts[r.pid] = r.start
		if i == 0 || r.start < oldest {
			oldest = r.start
		}
	}
	for _, p := range all {
		if start, ok := starts[p.pid]; ok && start != p.start {
			delete(starts, p.pid)
		}
	}
	for _, r := range f.roots {
		if start, ok := starts[r.pid]; ok && start == r.start {
			roots = append(roots, r)
		}
	}
	return roots, oldest
}

// byRoot says whether p is a root or in a group or session that a root leads.
func byRoot(roots []ident, p proc) bool {
	for _, r := range roots {
		if p.pid == r.pid || (p.sid == r.pid || p.pgid == r.pid) && p.start >= r.start {
			return true
		}
	}
	return false
}

// marked looks for the family's mark in the environment of p. A process without
// it never gets it: it passes from parent to child.
func (f *family) marked(p proc, buf []byte) bool {
	if len(f.tag) == 0 || p.dead || f.strangers[p.ident] {
		return false
	}
	if bytes.Contains(environment(p.pid, buf), f.tag) {
		return true
	}
	f.strangers[p.ident] = true
	return false
}

// ending says how a family is asked to end.
type ending struct {
	signal syscall.Signal // 0: TERM
	grace  time.Duration  // then KILL
	reach  reach
	// leader closes when the leader has exited: a good time to look. May be nil.
	leader <-chan struct{}
	// shell, when not empty: the leader was started as this shell, under a pty.
	// When a session leader exits, the kernel hangs up its terminal, and a
	// child that ends in good order on TERM would die of HUP. So a leader that
	// still is the shell is held until its children are gone, as a shell that
	// traps TERM waits for them.
	shell string
}

const (
	stopGrace  = 10 * time.Second // when the unit says nothing
	sweepGrace = 2 * time.Second  // for what a run left behind
	killGrace  = 2 * time.Second  // after KILL, before a process is called a survivor
)

// end asks the family to end, kills what is there after the grace, and returns
// when nobody is left; else with those who outlived KILL.
//
// Each group is signalled once: what it forks afterwards is its own cleaning
// up, and has until the grace is over.
func (f *family) end(e ending) []proc {
	look := func() []proc {
		if e.reach == session && deserted(f.roots) {
			return nil
		}
		return f.members(f.census.take(), e.reach, e.reach == anywhere)
	}
	left := look()
	if len(left) == 0 {
		return nil
	}
	if e.signal == 0 {
		e.signal = syscall.SIGTERM
	}
	held := e.hold(left)
	asked := map[int]bool{}
	killAt := time.Now().Add(e.grace)
	giveUpAt := killAt.Add(killGrace)
	leader := e.leader
	for delay := time.Millisecond; ; delay = min(delay*3/2, 50*time.Millisecond) {
		now := time.Now()
		switch {
		case now.After(giveUpAt):
			return left
		case !now.Before(killAt):
			send(left, syscall.SIGKILL, map[int]bool{})
		default:
			send(left, e.signal, asked)
		}
		pause := delay
		if left := killAt.Sub(now); left > 0 {
			pause = min(delay, left)
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-leader:
			leader = nil
		}
		wait.Stop()
		if left = look(); len(left) == 0 {
			return nil
		}
		if held.pid != 0 && len(left) == 1 && left[0].ident == held {
			release(held)
			held = ident{}
		}
	}
}

// hold stops the leading shell while others of its session live. It returns
// whom to release.
func (e ending) hold(left []proc) ident {
	if e.shell == "" || len(left) < 2 || e.leader == nil {
		return ident{}
	}
	for _, p := range left {
		if p.pid == p.sid && stillIs(p, e.shell) && holdStill(p.ident) {
			return p.ident
		}
	}
	return ident{}
}
