package tasks

import (
	"fmt"
	"strings"
)

// Counted is a number of things: "1 test", "2 tests".
func Counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Few are names in one line, the first three of them: "a, b, c and 2 more".
func Few(names []string) string {
	const shown = 3
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
