package watch

import (
	"time"

	"golang.org/x/sys/unix"
)

// FileClock is the time by the clock that stamps files: that of the system's last
// tick, some milliseconds behind time.Now. What is written next is not older.
func FileClock() time.Time {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &ts); err != nil {
		return time.Now()
	}
	return time.Unix(ts.Unix())
}
