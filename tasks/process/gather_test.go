package process

import (
	"testing"
	"time"
)

func TestOnlyASteadyStreamOfSmallPiecesIsGathered(t *testing.T) {
	var g gather
	for range gatherStreak {
		if g.wait(100, time.Millisecond) {
			t.Fatal("the first lines of a burst had to wait")
		}
	}
	if !g.wait(100, time.Millisecond) {
		t.Error("a stream of small pieces is read one by one")
	}
	if g.wait(4096, 0) {
		t.Error("a flood had to wait")
	}
	for range gatherStreak + 1 {
		g.wait(100, 0)
	}
	if g.wait(100, time.Second) || g.wait(100, 0) {
		t.Error("a line after a pause had to wait")
	}
}
