// Package lazy has regular expressions that are compiled when they are first
// needed: some hundred of them would keep every start of the program waiting for
// what few of its runs use.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp is an expression, compiled by the first call; one that can't be
// compiled panics then.
func Regexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
