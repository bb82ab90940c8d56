//go:build unix

package paint

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/charmbracelet/x/term"
)

// raw turns off what the terminal does with keys itself. How it was the first
// time is what restore brings back: a program that was lent the terminal may
// have left it in any state.
func (t *terminal) raw() error {
	f, ok := isTerminal(t.in)
	if !ok {
		return nil
	}
	before, err := term.MakeRaw(f.Fd())
	if err != nil {
		return err
	}
	if t.keys == nil {
		t.keys = before
	}
	return nil
}

// mapsNewlines says whether the terminal returns to the first column at a
// newline, as it does while it is not raw.
func (t *terminal) mapsNewlines() bool {
	_, ok := isTerminal(t.out)
	return ok && t.keys == nil
}

// watch calls resized when the terminal has another size, and continued when the
// process was stopped and goes on, until stop is called.
func (t *terminal) watch(resized, continued func()) (stop func()) {
	// One waiting signal is enough: what it says is looked up.
	size, cont, end := make(chan os.Signal, 1), make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(size, syscall.SIGWINCH)
	signal.Notify(cont, syscall.SIGCONT)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-cont:
				continued()
				resized()
			case <-size:
				resized()
			}
		}
	})
	return func() {
		signal.Stop(size)
		signal.Stop(cont)
		close(end)
		wg.Wait()
	}
}
