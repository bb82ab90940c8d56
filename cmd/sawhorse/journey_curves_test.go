//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A training that logs with DVCLive is looked at while it goes on: its curves grow,
// one is looked at closely, and the next run has the best one behind it.
func TestATrainingIsLookedAtWhileItGoesOn(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, `version: 1
tasks:
  train:
    run: |
      mkdir -p dvclive/plots/metrics
      printf 'step\tloss\n' >dvclive/plots/metrics/loss.tsv
      printf 'step\tacc\n' >dvclive/plots/metrics/acc.tsv
      while read -r step loss acc; do
        printf '%s\t%s\n' "$step" "$loss" >>dvclive/plots/metrics/loss.tsv
        printf '%s\t%s\n' "$step" "$acc" >>dvclive/plots/metrics/acc.tsv
      done <feed
    curves: dvclive
`)
	feed := filepath.Join(dir, "feed")
	if err := syscall.Mkfifo(feed, 0o600); err != nil {
		t.Fatal(err)
	}
	p := sit(t, w, dir, 120, 36, nil, "--trust")
	// A run reads what is written into the pipe until it is closed.
	begin := func() *os.File {
		p.press("r")
		f, err := os.OpenFile(feed, os.O_WRONLY, 0) // waits for the run
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	log := func(f *os.File, from, to int, factor float64) {
		for i := from; i < to; i++ {
			if _, err := fmt.Fprintf(f, "%d %g %g\n", i, factor/float64(i+1), float64(i)/100); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.see("○ train").press("down")
	f := begin()
	log(f, 0, 20, 2)
	p.see("◐ train .*loss 0.1\\b", "2 Curves").press("2", "tab")
	p.see("▌loss  0.1 at step 19", "acc  0.19 at step 19")
	log(f, 20, 40, 2)
	p.see("▌loss  0.05 at step 39", "└0─+ 39") // it grows while it is looked at

	p.press("enter").gone("acc ").press("left", "left").see("loss  0.05128 at 38", "┊")
	p.press("+").see("×2").press("-").gone("×2")
	p.press("L").see("log").press("~").see("smooth 0.6").press("esc").gone("┊").press("esc").see("acc ")
	p.press("t").see("loss  0.05 at .*s").press("t").see("at step 39")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p.see("✓ train")

	f = begin()
	log(f, 0, 10, 1)
	p.see("loss\\*  0.1 at step 9  best #1 0.05", "acc  0.09 at step 9  best #1 0.39")
	p.press("left").see("loss\\*  0.1 at 9  best #1 0.2") // the best one's value at the same step
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p.see("✓ train")
}
