package process

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func pidsOf(procs []proc) []int {
	var pids []int
	for _, p := range procs {
		pids = append(pids, p.pid)
	}
	return pids
}

func TestAFamilyIsSessionThenGroupThenDescentThenMemory(t *testing.T) {
	t.Parallel()
	leader := ident{1_000_010, 100}
	f := newFamily(nil, nil, func() int { return 1_000_019 }, leader)
	at := func(pid, ppid, pgid, sid int, start int64) proc {
		return proc{ident: ident{1_000_000 + pid, start}, ppid: 1_000_000 + ppid, pgid: 1_000_000 + pgid, sid: 1_000_000 + sid}
	}
	zombie := at(13, 10, 10, 10, 102)
	zombie.dead = true
	all := []proc{
		at(5, 1, 5, 5, 50),      // somebody else, older
		at(10, 1, 10, 10, 100),  // the leader
		at(11, 10, 10, 10, 101), // a child
		at(12, 11, 12, 10, 102), // in a group of its own
		zombie,
		at(14, 11, 14, 14, 103), // in a session of its own
		at(15, 14, 14, 14, 104), // and its child
		at(16, 1, 16, 16, 105),  // somebody else, younger
		at(19, 10, 10, 10, 101), // the guardian
		{ident: ident{os.Getpid(), 110}, ppid: 1_000_010, pgid: 1_000_010, sid: 1_000_010},
	}
	if diff := cmp.Diff([]int{1_000_010, 1_000_011, 1_000_012}, pidsOf(f.members(all, session, false))); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	wide := []int{1_000_010, 1_000_011, 1_000_012, 1_000_014, 1_000_015}
	if diff := cmp.Diff(wide, pidsOf(f.members(all, anywhere, false))); diff != "" {
		t.Errorf("anywhere (-want +got):\n%s", diff)
	}

	// The leader's family has died but for the daemon, which init adopted, and
	// the leader's pid has gone to somebody else, with a session.
	later := []proc{at(14, 1, 14, 14, 103), at(10, 1, 10, 10, 900), at(20, 10, 10, 10, 901), at(15, 1, 15, 15, 950)}
	if got := pidsOf(f.members(later, session, false)); got != nil {
		t.Errorf("strangers with the number of the dead leader: %v", got)
	}
	if diff := cmp.Diff([]int{1_000_014}, pidsOf(f.members(later, anywhere, false))); diff != "" {
		t.Errorf("the daemon that was seen before (-want +got):\n%s", diff)
	}
}

func TestWhatSurvivesIsNamed(t *testing.T) {
	t.Parallel()
	exited := make(chan struct{})
	close(exited)
	x := &run{plan: &plan{}, child: &child{exited: exited, exit: tasks.Exit{Code: 0}}}
	got := x.outcome(tasks.ErrCancelled, []proc{{ident: ident{pid: 99_999_999}, comm: "stuck"}})
	want := &tasks.ExitError{
		Reason:    "could not be killed: pid 99999999 (stuck)",
		Survivors: []tasks.Process{{PID: 99_999_999, Command: "stuck"}},
	}
	if diff := cmp.Diff(error(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestACensusIsSharedByThoseWhoAskTogether(t *testing.T) {
	t.Parallel()
	reads := 0
	c := &census{read: func() []proc { reads++; return nil }}
	c.take()
	c.take()
	if reads != 2 {
		t.Errorf("%d reads for two questions one after the other: the second had an old answer", reads)
	}
	c.begun = time.Now().Add(time.Hour) // another one has begun to read after we asked
	c.take()
	if reads != 2 {
		t.Error("read again although another one just had")
	}
}

func TestAMomentOfAnotherDayHasItsDate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 7, 30, 0, time.Local)
	for want, at := range map[string]time.Time{
		" since 12:04":            now.Add(-3*time.Minute - 5*time.Second),
		" since 2026-11-20 12:07": now.Add(-48 * time.Hour),
		"":                        {},
	} {
		if got := since(at, now); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
