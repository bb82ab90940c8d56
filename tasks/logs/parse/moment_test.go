package parse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"-5m":                  now.Add(-5 * time.Minute),
		"10m ago":              now.Add(-10 * time.Minute),
		"90s":                  now.Add(-90 * time.Second),
		"-2d":                  now.Add(-48 * time.Hour),
		"1w1d2h30m":            now.Add(-(8*24 + 2) * time.Hour).Add(-30 * time.Minute),
		"11:30":                now.Add(-30 * time.Minute),
		"12:04:30":             now.Add(4*time.Minute+30*time.Second).AddDate(0, 0, -1),
		"2026-11-20":           time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		"2026-11-20 09:00":     time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
		"2026-11-20T09:00:00":  time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
		"2026-11-20T09:00:00Z": time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
	} {
		if got, err := parse.Moment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"soon", "", "-", "99999999999999d", "--5m", "25:00"} {
		if _, err := parse.Moment(text, now); err == nil || !strings.Contains(err.Error(), "try 10m") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
