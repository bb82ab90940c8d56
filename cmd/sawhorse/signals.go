package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// lentGrace is how long after another program gave the terminal back a key that
// was meant for it may still arrive as a signal: the terminal sends it to both,
// and the program's end can be heard of first.
const lentGrace = 500 * time.Millisecond

// lender says whom the keys are for that a terminal makes signals of: ctrl+c, and
// ctrl+\, which would end this program with a page of stacks.
type lender struct {
	came chan os.Signal
	lent atomic.Bool
	back atomic.Int64 // when it was last given back, in nanoseconds
}

// lend is called when another program gets the terminal, and when it is back.
func (l *lender) lend(lent bool) {
	if lent {
		l.lent.Store(true)
		signal.Notify(l.came, syscall.SIGQUIT)
		return
	}
	l.back.Store(time.Now().UnixNano())
	l.lent.Store(false)
}

// others says whether a signal is meant for the program that has the terminal.
func (l *lender) others(s os.Signal) bool {
	key := s == os.Interrupt || s == syscall.SIGQUIT
	return key && (l.lent.Load() || time.Since(time.Unix(0, l.back.Load())) < lentGrace)
}

// untilSignal is a context that ends with the first of the signals that is meant
// for this program. stop gives the signals back.
func untilSignal(parent context.Context, ends ...os.Signal) (ctx context.Context, lend func(bool), stop func()) {
	ctx, cancel := context.WithCancel(parent)
	l := &lender{came: make(chan os.Signal, 8)} // several keys may come at once
	signal.Notify(l.came, ends...)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-l.came:
				if !l.others(s) {
					cancel()
				}
			}
		}
	})
	return ctx, l.lend, func() {
		signal.Stop(l.came)
		cancel()
		wg.Wait()
	}
}
