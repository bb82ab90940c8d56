package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// DidYouMean is the hint that names the candidate closest to what was written;
// when none is close, it lists them.
func DidYouMean(written string, candidates []string) string {
	if hint := closest(written, candidates); hint != "" || len(candidates) == 0 {
		return hint
	}
	return "there are " + strings.Join(candidates, ", ")
}

// didYouMean is the hint that names the candidate closest to what was written;
// when none is close, it lists them if they are few.
func didYouMean(written string, candidates []string) string {
	if hint := closest(written, candidates); hint != "" {
		return hint
	}
	if len(candidates) > 0 && len(candidates) <= 8 {
		return "known here: " + strings.Join(slices.Sorted(slices.Values(candidates)), ", ")
	}
	return ""
}

// closest is the hint that names the candidate closest to what was written, or
// "" when none is close.
func closest(written string, candidates []string) string {
	if len(written) > 100 || len(candidates) > 1000 {
		return "" // more than a person types, and distance costs a square
	}
	best, distance := "", min(len(written)/3+1, 3)+1
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		d := levenshtein.ComputeDistance(strings.ToLower(written), strings.ToLower(c))
		if d == 2 && letters(written) == letters(c) {
			d = 1 // two letters swapped
		}
		if len(written) >= 3 && len(c) >= 3 && (strings.HasPrefix(c, written) || strings.HasPrefix(written, c)) {
			d = min(d, 1)
		}
		if d < distance {
			best, distance = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// letters are those of a word, in one order.
func letters(s string) string {
	runes := []rune(strings.ToLower(s))
	slices.Sort(runes)
	return string(runes)
}
