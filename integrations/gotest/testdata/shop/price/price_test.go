package price

import (
	"os"
	"sync"
	"testing"
	"time"
)

func TestTotal(t *testing.T) {
	only(t, "panic")
	var m map[string]int
	fill(m)
}

func fill(m map[string]int) { m["a"] = 1 }

func TestRace(t *testing.T) {
	only(t, "race")
	n := 0
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { n++ })
	}
	wg.Wait()
}

func TestSlow(t *testing.T) {
	only(t, "slow")
	wait()
}

func wait() { time.Sleep(time.Minute) }

func TestOther(t *testing.T) {
	only(t, "goroutine")
	go func() { panic("boom in a goroutine") }()
	time.Sleep(time.Second)
}

func FuzzPrice(f *testing.F) {
	f.Add(7)
	f.Fuzz(func(t *testing.T, n int) {
		odd(t, n)
	})
}

// only runs a test when its case is asked for.
func only(t *testing.T, name string) {
	if os.Getenv("CASE") != name {
		t.Skip()
	}
}

// odd fails at the line that calls it.
func odd(t *testing.T, n int) {
	t.Helper()
	if os.Getenv("CASE") == "fuzz" && n == 7 {
		t.Errorf("price of %d is odd", n)
	}
}

func TestRaceThatTalks(t *testing.T) {
	only(t, "race that talks")
	n := 0
	t.Log("counting")
	t.Run("sub", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { n++ })
		}
		wg.Wait()
		t.Errorf("got %d, want 3", n)
	})
}
