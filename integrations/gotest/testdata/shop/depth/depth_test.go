package depth

import "testing"

func deeper(n int) int { return deeper(n+1) + 1 }

func TestDepth(t *testing.T) {
	deeper(0)
}
