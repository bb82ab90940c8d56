package parse

import (
	"strings"
	"time"
)

// stamp is a time as a line has it; what it leaves out is taken from when the
// line arrived.
type stamp struct {
	year, day, hour, minute, second, nano int
	month                                 time.Month
	date, zoned                           bool
	offset                                int // seconds east of UTC
	epoch                                 time.Time
}

// at is the stamp as a time. A stamp without a zone is local; one without a
// year or a date is the one nearest to near.
func (s stamp) at(near time.Time) time.Time {
	if !s.epoch.IsZero() {
		return s.epoch
	}
	zone := time.Local
	if !near.IsZero() {
		zone = near.Location()
	}
	if s.zoned {
		zone = time.FixedZone("", s.offset)
		if s.offset == 0 {
			zone = time.UTC
		}
	}
	if s.year != 0 {
		return time.Date(s.year, s.month, s.day, s.hour, s.minute, s.second, s.nano, zone)
	}
	if near.IsZero() {
		return time.Time{}
	}
	best := time.Time{}
	for d := -1; d <= 1; d++ {
		var t time.Time
		if s.date {
			t = time.Date(near.Year()+d, s.month, s.day, s.hour, s.minute, s.second, s.nano, zone)
		} else {
			n := near.In(zone).AddDate(0, 0, d)
			t = time.Date(n.Year(), n.Month(), n.Day(), s.hour, s.minute, s.second, s.nano, zone)
		}
		if best.IsZero() || t.Sub(near).Abs() < best.Sub(near).Abs() {
			best = t
		}
	}
	return best
}

// leadingTime finds the time that a line begins with, or has in the brackets of
// an access log: s[start:end] is it, brackets and blanks after it included.
func leadingTime(s string) (st stamp, start, end int) {
	i := 0
	for i < len(s) && i < 3 && (s[i] == '[' || s[i] == ' ' || s[i] == '(') {
		i++
	}
	if i < len(s) && (digit(s[i]) || s[i] >= 'A' && s[i] <= 'Z') {
		if st, n := readStamp(s[i:]); n > 0 {
			return st, 0, skipAfter(s, i+n)
		}
	}
	// "127.0.0.1 - - [22/Nov/2026:10:11:12 +0100]"
	if b := strings.IndexByte(s[:min(len(s), 120)], '['); b > 0 && b+1 < len(s) && digit(s[b+1]) {
		if st, n := readStamp(s[b+1:]); n >= 20 {
			return st, b, skipAfter(s, b+1+n)
		}
	}
	return stamp{}, 0, 0
}

// Stamp is the time that a clean plain line begins with, and where its text begins
// behind that; 0 without one. Arrived completes the time, as in Parse.
func Stamp(s string, arrived time.Time) (at time.Time, text int) {
	st, start, end := leadingTime(s)
	if start > 0 || end == 0 {
		return time.Time{}, 0
	}
	return st.at(arrived), end
}

func skipAfter(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == ']' || s[i] == ')') {
		i++
	}
	return i
}

// readStamp reads a time at the start of s; n is its length, 0 when there is none.
func readStamp(s string) (st stamp, n int) {
	r := reader{s: s}
	switch {
	case r.date(&st):
		if (!r.byte('T') && !r.byte(' ') && !r.byte('t') && !r.byte('_')) || !r.clock(&st) {
			return stamp{}, 0
		}
		r.zone(&st)
	case r.accessDate(&st):
		if (!r.byte(':') && !r.byte(' ')) || !r.clock(&st) {
			return stamp{}, 0
		}
		r.zone(&st)
	case r.monthDay(&st):
		if !r.clock(&st) {
			return stamp{}, 0
		}
		m := r.i // "Nov 22 10:11:12 2026"
		if y, ok := r.year(); ok {
			st.year = y
		} else {
			r.i = m
		}
	case r.epoch(&st):
	case r.clock(&st):
	default:
		return stamp{}, 0
	}
	if r.i < len(s) && (letter(s[r.i]) || digit(s[r.i])) {
		return stamp{}, 0
	}
	return st, r.i
}

// reader reads s from i; a method that says no has not moved it.
type reader struct {
	s string
	i int
}

func (r *reader) byte(c byte) bool {
	if r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

// num reads exactly n digits.
func (r *reader) num(n int) (int, bool) {
	if r.i+n > len(r.s) {
		return 0, false
	}
	v := 0
	for _, c := range []byte(r.s[r.i : r.i+n]) {
		if !digit(c) {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	r.i += n
	return v, true
}

func (r *reader) date(st *stamp) bool {
	from := r.i
	y, ok := r.num(4)
	if ok && y >= 1970 && y < 2200 && (r.byte('-') || r.byte('/') || r.byte('.')) {
		sep := r.s[r.i-1]
		m, ok1 := r.num(2)
		if ok1 && m >= 1 && m <= 12 && r.byte(sep) {
			if d, ok2 := r.num(2); ok2 && d >= 1 && d <= 31 {
				st.year, st.month, st.day, st.date = y, time.Month(m), d, true
				return true
			}
		}
	}
	r.i = from
	return false
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

func (r *reader) month() (time.Month, bool) {
	if r.i+3 > len(r.s) {
		return 0, false
	}
	i := strings.Index(months, r.s[r.i:r.i+3])
	if i < 0 || i%3 != 0 {
		return 0, false
	}
	r.i += 3
	return time.Month(i/3 + 1), true
}

// accessDate is "22/Nov/2026".
func (r *reader) accessDate(st *stamp) bool {
	from := r.i
	if d, ok := r.num(2); ok && (r.byte('/') || r.byte('-')) {
		sep := r.s[r.i-1]
		if m, ok := r.month(); ok && r.byte(sep) {
			if y, ok := r.num(4); ok {
				st.year, st.month, st.day, st.date = y, m, d, true
				return true
			}
		}
	}
	r.i = from
	return false
}

// monthDay is "Nov 22 " or "Nov  2 ", with a weekday before it or not.
func (r *reader) monthDay(st *stamp) bool {
	from := r.i
	if len(r.s) > r.i+4 && r.s[r.i+3] == ' ' && strings.Contains("MonTueWedThuFriSatSun", r.s[r.i:r.i+3]) {
		r.i += 4
	}
	m, ok := r.month()
	if ok && r.byte(' ') {
		r.byte(' ')
		d, ok := r.num(2)
		if !ok {
			d, ok = r.num(1)
		}
		if ok && d >= 1 && d <= 31 && r.byte(' ') {
			st.month, st.day, st.date = m, d, true
			return true
		}
	}
	r.i = from
	return false
}

func (r *reader) year() (int, bool) {
	if !r.byte(' ') {
		return 0, false
	}
	y, ok := r.num(4)
	return y, ok && y >= 1970 && y < 2200
}

// clock is "10:11:12", with a fraction or not.
func (r *reader) clock(st *stamp) bool {
	from := r.i
	h, ok1 := r.num(2)
	if ok1 && h < 24 && r.byte(':') {
		m, ok2 := r.num(2)
		if ok2 && m < 60 && r.byte(':') {
			if sec, ok3 := r.num(2); ok3 && sec <= 60 {
				st.hour, st.minute, st.second = h, m, sec
				r.fraction(st)
				return true
			}
		}
	}
	r.i = from
	return false
}

func (r *reader) fraction(st *stamp) {
	if r.i+1 >= len(r.s) || (r.s[r.i] != '.' && r.s[r.i] != ',') || !digit(r.s[r.i+1]) {
		return
	}
	r.i++
	scale := 100_000_000
	for r.i < len(r.s) && digit(r.s[r.i]) {
		st.nano += int(r.s[r.i]-'0') * scale
		scale /= 10
		r.i++
	}
}

// zone is "Z", " UTC", "+01:00", " -0700" or nothing.
func (r *reader) zone(st *stamp) {
	from := r.i
	if r.byte('Z') || r.byte('z') {
		st.zoned = true
		return
	}
	r.byte(' ')
	if strings.HasPrefix(r.s[r.i:], "UTC") || strings.HasPrefix(r.s[r.i:], "GMT") {
		r.i += 3
		st.zoned = true
		return
	}
	sign := 1
	if r.byte('-') {
		sign = -1
	} else if !r.byte('+') {
		r.i = from
		return
	}
	h, ok := r.num(2)
	if !ok {
		r.i = from
		return
	}
	r.byte(':')
	m, ok := r.num(2)
	if !ok {
		m = 0
	}
	st.zoned, st.offset = true, sign*(h*3600+m*60)
}

// epoch is seconds since 1970 with a fraction, "1732270000.123".
func (r *reader) epoch(st *stamp) bool {
	from := r.i
	sec, ok := r.num(10)
	if ok && r.i+1 < len(r.s) && r.s[r.i] == '.' && digit(r.s[r.i+1]) && sec > 946_684_800 {
		r.fraction(st)
		st.epoch = time.Unix(int64(sec), int64(st.nano))
		return true
	}
	r.i = from
	return false
}

// epochTime reads a number of seconds, or of a smaller unit when it is larger.
func epochTime(f float64) time.Time {
	switch {
	case f < 1e8 || f > 1e19:
		return time.Time{}
	case f < 1e11:
		sec := int64(f)
		return time.Unix(sec, int64((f-float64(sec))*1e9))
	case f < 1e14:
		return time.UnixMilli(int64(f))
	case f < 1e17:
		return time.UnixMicro(int64(f))
	}
	return time.Unix(0, int64(f))
}
