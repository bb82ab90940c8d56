package overview

import "strconv"

// number leaves a zero out: an empty cell is easier to read past.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
