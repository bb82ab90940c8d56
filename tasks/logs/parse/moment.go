package parse

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// layouts are how a whole time is written; without a zone it is the reader's own.
var layouts = []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly}

// days is what Go's durations lack at their front.
var days = lazy.Regexp(`^(\d+)([dw])`)

// Moment reads a time as people write it: "-5m" and "2d ago" before now, "12:04"
// or "12:04:30" the last time that a clock showed it, "2026-11-22 12:04", and RFC
// 3339.
func Moment(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	ago := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(text, "-"), "ago"))
	if d, ok := duration(ago); ok {
		return now.Add(-d), nil
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if c, err := time.Parse(layout, text); err == nil {
			at := time.Date(now.Year(), now.Month(), now.Day(), c.Hour(), c.Minute(), c.Second(), 0, now.Location())
			if at.After(now) {
				at = at.AddDate(0, 0, -1) // logs tell of the past
			}
			return at, nil
		}
	}
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time; try 10m, 2d, 15:04, 15:04:05 or 2026-01-02 15:04", text)
}

// duration reads "1w2d3h30m".
func duration(text string) (time.Duration, bool) {
	var sum time.Duration
	for {
		m := days().FindStringSubmatch(text)
		if m == nil {
			break
		}
		n, err := strconv.Atoi(m[1])
		if err != nil || n > 10_000 {
			return 0, false
		}
		unit := 24 * time.Hour
		if m[2] == "w" {
			unit *= 7
		}
		sum += time.Duration(n) * unit
		if text = text[len(m[0]):]; text == "" {
			return sum, true
		}
	}
	d, err := time.ParseDuration(text)
	return sum + d, err == nil && d >= 0
}
