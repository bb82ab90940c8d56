package watch

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// complete says whether a file holds something and nobody has it open for
// writing: only then does the kernel give a lease for reading, which is given
// back at once. Where it gives none (another user's file, a network), nobody
// can tell, and the answer is no.
func complete(file string) bool {
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size == 0 {
		return false
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_RDLCK); err != nil {
		return false
	}
	_, err = unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_UNLCK)
	return err == nil
}

// pause waits more exactly than a timer, which the runtime rounds up to a
// millisecond while nothing else goes on, and than the kernel does by itself: it
// lets threads sleep 50 microseconds longer, so as to wake several together.
func pause(d time.Duration) {
	if d <= 0 {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)   // without it: as late as others
	defer unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) //nolint:errcheck // as before
	ts := unix.NsecToTimespec(d.Nanoseconds())
	_ = unix.Nanosleep(&ts, nil) // a signal may end it early, which is as good
}
