package integrations

import "strings"

// IsReference says whether an option's value says where a secret is, and is not
// the secret itself: "env:NAME", "file:PATH" or "command:LINE".
func IsReference(v string) bool {
	for _, prefix := range []string{"env:", "file:", "command:"} {
		if rest, ok := strings.CutPrefix(v, prefix); ok && strings.TrimSpace(rest) != "" {
			return true
		}
	}
	return false
}
