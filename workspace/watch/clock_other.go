//go:build !linux

package watch

import "time"

// FileClock is the time by the clock that stamps files. What is written next is not
// older.
func FileClock() time.Time { return time.Now() }
