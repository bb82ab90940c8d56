//go:build !linux && !darwin

package watch

import "strings"

// remoteMounts returns root when it is on a network share, whose changes do
// not all make events.
func remoteMounts(root string) map[string]string {
	if strings.HasPrefix(root, `\\`) {
		return map[string]string{root: "network share"}
	}
	return nil
}
