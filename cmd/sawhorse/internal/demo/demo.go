// Package demo is the programs of the example workspace: a database, an API, a
// worker, a test and a training run, small but real. It knows nothing of
// Sawhorse: each part is told by its environment what to do, as any program is.
package demo

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Part is what a part of the example is given.
type Part struct {
	Out    io.Writer
	Getenv func(string) string
	// Args are the words after the part's name.
	Args []string
}

// Run runs a part until it has done its work or ctx ends. The code is the exit
// code of the process.
func Run(ctx context.Context, name string, p Part) (code int, err error) {
	switch name {
	case "db":
		return 0, p.database(ctx)
	case "api":
		return 0, p.api(ctx)
	case "worker":
		return p.worker(ctx)
	case "test":
		return p.test(ctx)
	case "train":
		return 0, p.train(ctx)
	}
	return 2, fmt.Errorf("the example has no part %q; there are db, api, worker, test, train", name)
}

// pace is how long the parts take for things: DEMO_PACE=10 is ten times faster.
func (p Part) pace(d time.Duration) time.Duration {
	if f, err := strconv.ParseFloat(p.Getenv("DEMO_PACE"), 64); err == nil && f > 0 {
		return time.Duration(float64(d) / f)
	}
	return d
}

// pause waits, or says that ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (p Part) say(format string, args ...any) { fmt.Fprintf(p.Out, format+"\n", args...) }

// number reads a number from the environment.
func (p Part) number(name string, otherwise float64) (float64, error) {
	s := strings.TrimSpace(p.Getenv(name))
	if s == "" {
		return otherwise, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("%s=%q is not a number", name, s)
	}
	return v, nil
}
