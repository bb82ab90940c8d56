package price

import (
	"sync"
	"testing"
	"time"
	"os"
)

func TestTotal(t *testing.T) {
	if os.Getenv("CASE") != "panic" { t.Skip() }
	var m map[string]int
	fill(m)
}

func fill(m map[string]int) { m["a"] = 1 }

func TestRace(t *testing.T) {
	if os.Getenv("CASE") != "race" { t.Skip() }
	n := 0
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { n++ })
	}
	wg.Wait()
}

func TestSlow(t *testing.T) {
	if os.Getenv("CASE") != "slow" { t.Skip() }
	wait()
}

func wait() { time.Sleep(time.Minute) }

func TestOther(t *testing.T) {
	if os.Getenv("CASE") != "goroutine" { t.Skip() }
	go func() { panic("boom in a goroutine") }()
	time.Sleep(time.Second)
}

func FuzzPrice(f *testing.F) {
	f.Add(7)
	f.Fuzz(func(t *testing.T, n int) {
		if os.Getenv("CASE") == "fuzz" && n == 7 { t.Errorf("price of %d is odd", n) }
	})
}
