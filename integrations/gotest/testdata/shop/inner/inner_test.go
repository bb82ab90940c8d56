package inner

import "testing"

func TestOuter(t *testing.T) {
	t.Run("fails", func(t *testing.T) {
		t.Error("want none")
	})
	t.Run("group", func(t *testing.T) {
		t.Run("panics", func(t *testing.T) {
			t.Log("begun")
			var p *int
			_ = *p
		})
	})
}

func TestAfterItsSubtests(t *testing.T) {
	t.Run("fails", func(t *testing.T) {
		t.Error("want none")
	})
	panic("no more")
}
