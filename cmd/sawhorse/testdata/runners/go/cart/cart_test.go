package cart

import "testing"

func TestTotal(t *testing.T) {
	t.Run("three prices", func(t *testing.T) {
		if got := Total(1, 2, 3); got != 6 {
			t.Errorf("got %d, want 6", got)
		}
	})
}
