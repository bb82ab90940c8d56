package process

import (
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// reaper waits for processes that were not started here: a daemon whose parent
// has ended becomes a child of the host, so that it does not get lost, and
// would stay a zombie for as long as the host lives.
type reaper struct {
	quit chan struct{}
	done sync.WaitGroup
}

// adoptPatience is how long a child may be a zombie before it counts as
// adopted: our own are waited for at once.
const adoptPatience = time.Second

func startReaper(c *census, owns func(pid int) bool) *reaper {
	// Without it orphans go to init; they are then found by their mark only.
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	r := &reaper{quit: make(chan struct{})}
	deaths := make(chan os.Signal, 1)
	signal.Notify(deaths, unix.SIGCHLD)
	r.done.Go(func() {
		defer signal.Stop(deaths)
		r.loop(c, owns, deaths)
	})
	return r
}

func (r *reaper) stop() {
	close(r.quit)
	r.done.Wait()
}

// loop looks only after a child has died, and then when its owner has had time
// to wait for it.
func (r *reaper) loop(c *census, owns func(int) bool, deaths <-chan os.Signal) {
	var due <-chan time.Time
	before := map[ident]bool{} // zombies at the last look
	for {
		select {
		case <-r.quit:
			return
		case <-deaths:
			if due == nil {
				due = time.After(adoptPatience)
			}
		case <-due:
			due = nil
			if anyZombie() {
				before = reap(c.take(), owns, before)
			} else {
				clear(before)
			}
			if len(before) > 0 {
				due = time.After(adoptPatience)
			}
		}
	}
}

// anyZombie says whether some child has died and is not waited for.
func anyZombie() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == nil && info.Signo != 0
}

// reap waits for the strangers among our dead children that were dead before,
// and returns those that are new. What the host starts by exec.Command stays in
// the host's session and is not touched.
func reap(all []proc, owns func(int) bool, before map[ident]bool) map[ident]bool {
	self, own := os.Getpid(), 0
	own, _ = unix.Getsid(0) // of ourselves: cannot fail
	next := map[ident]bool{}
	for _, p := range all {
		if p.ppid != self || !p.dead || p.sid == own || owns(p.pid) {
			continue
		}
		if !before[p.ident] {
			next[p.ident] = true
			continue
		}
		var status unix.WaitStatus
		_, _ = unix.Wait4(p.pid, &status, unix.WNOHANG, nil) // its status is nobody's business
	}
	return next
}
