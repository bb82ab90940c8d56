package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

// logOptions are the flags of logs.
type logOptions struct {
	follow      bool
	since       string
	until       string
	tail        int64
	grep, level string
	where       string
	pattern     string // grep as a regular expression with its case
	prefix      bool
	clock       bool
	// then is said, for a person, between what was stored and what comes.
	then string
}

func (a *app) cmdLogs() *cobra.Command {
	var o logOptions
	cmd := &cobra.Command{
		Use: "logs [NAME...]", Short: "Print logs of one, several or all, merged by time",
		Long: `Logs prints what services and tasks have said, oldest first, whether or not they run.

A name may be a service, a task, a group, or several joined with "|". NAME#12 is a
run of another system, NAME#12/JOB one of its jobs.`,
		Example: `  sawhorse logs -f                         # follow everything
  sawhorse logs 'api|worker' --since 10m --level warn
  sawhorse logs deploy#12/build            # one job of a pipeline's run
  sawhorse logs worker --grep 'job \d+ failed' --tail 20 --json`,
		ValidArgsFunction: a.completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			var names []string
			for _, w := range args {
				names = append(names, strings.FieldsFunc(w, func(r rune) bool { return r == '|' || r == ',' })...)
			}
			if len(names) == 1 {
				if id, step, ok := runWord(names[0]); ok {
					return a.withEngine(cmd.Context(), func(p place, e outside) error { return a.printRun(cmd.Context(), p, e, id, step, o) })
				}
			}
			o.prefix = len(names) != 1
			return a.printLogs(cmd.Context(), names, o)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.follow, "follow", "f", false, "go on with what comes")
	f.StringVar(&o.since, "since", "", "from this time: 10m ago, 15:04, or 2026-01-02T15:04:05Z")
	f.StringVar(&o.until, "until", "", "to this time")
	f.Int64VarP(&o.tail, "tail", "n", -1, "only the last N lines of each, of those that a filter lets through")
	f.Lookup("tail").DefValue = "all"
	f.StringVar(&o.grep, "grep", "", "only lines that match: a regular expression, case ignored unless it has capitals")
	f.StringVar(&o.where, "where", "", "only lines that fulfil a filter: 'level>=warn service=cart -noise /dial (tcp|udp)/'")
	f.StringVar(&o.level, "level", "", "only lines of at least this level: debug, info, warn, error")
	f.BoolVarP(&o.clock, "time", "t", false, "the time before each line")
	f.StringVar(&o.then, "then", "", "what to say before what comes")
	_ = f.MarkHidden("then") // the screen's own
	return cmd
}

func (a *app) printLogs(ctx context.Context, words []string, o logOptions) error {
	p, err := a.find()
	if err != nil {
		return err
	}
	want, err := filter(&o)
	if err != nil {
		return &fault{code: exitUsage, err: err}
	}
	from, err := moment(o.since, time.Now())
	if err != nil {
		return &fault{code: exitUsage, err: fmt.Errorf("--since: %w", err)}
	}
	to, err := moment(o.until, time.Now())
	if err != nil {
		return &fault{code: exitUsage, err: fmt.Errorf("--until: %w", err)}
	}
	c, err := a.connect(ctx, p)
	var f *fault
	if err != nil && (!errors.As(err, &f) || f.code != exitNoHost) {
		return err
	}
	if id, remote := newestRun(ctx, c, words); remote {
		return a.printRun(ctx, p, c, id, "", o)
	}
	t := a.newTail(p, a.out)
	t.want, t.prefix, t.clock = want, o.prefix, o.clock
	defer t.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before t.close waits for the searches
	if c == nil {
		return a.printStored(ctx, p, t, words, o, from, to)
	}
	if len(words) > 0 {
		s, err := snapshot(ctx, c)
		if err != nil {
			return err
		}
		if t.only, err = resolve(&s, words); err != nil {
			return err
		}
	}
	t.start = func(src *tailSource) error {
		if err := src.seek(o.tail, from, to, t.want); err != nil {
			return err
		}
		if o.grep != "" {
			t.search(ctx, src, o.pattern)
		}
		return nil
	}
	first := true
	err = follow(ctx, c, func(s *tasks.State) (bool, error) {
		begins := first
		first = false
		if begins {
			if err := t.openAll(s); err != nil {
				return true, err
			}
		}
		if err := t.update(s); err != nil {
			return true, err
		}
		if begins && o.then != "" {
			fmt.Fprintf(a.err, "\x1b[7m %s \x1b[0m\n", o.then)
		}
		return !o.follow || s.Leaving != "", nil
	})
	if errors.Is(err, context.Canceled) || errors.Is(err, errHostGone) {
		return nil
	}
	return err
}

// printStored prints what is on disk when no host runs.
func (a *app) printStored(ctx context.Context, p place, t *tail, words []string, o logOptions, from, to time.Time) error {
	keys, err := logs.Keys(logDir(p))
	if err != nil {
		return err
	}
	if f, err := p.load(); err == nil && len(words) > 0 {
		known := map[string]bool{}
		var picked []logs.Key
		for _, u := range f.Units {
			known[u.Name] = true
			for _, w := range words {
				if w == u.Name || slices.Contains(u.Groups, w) {
					known[w] = true
					picked = append(picked, logs.Key(u.Name))
				}
			}
		}
		for _, w := range words {
			if !known[w] && !slices.Contains(keys, logs.Key(w)) {
				return &fault{code: exitUsage, err: fmt.Errorf("no service, task or group is called %q", w), hint: "what there is: sawhorse validate"}
			}
		}
		keys = slices.DeleteFunc(keys, func(k logs.Key) bool {
			name, _, _ := strings.Cut(string(k), "/")
			return !slices.Contains(picked, k) && !slices.Contains(picked, logs.Key(name)) && !slices.Contains(words, string(k))
		})
	}
	if len(keys) == 0 {
		return &fault{code: exitNoHost, err: errors.New("nothing has been logged here yet"), hint: "start it: sawhorse up -d"}
	}
	for _, k := range keys {
		src, err := t.open(k)
		if err != nil {
			return err
		}
		if err := src.seek(o.tail, from, to, t.want); err != nil {
			return err
		}
		if o.grep != "" {
			t.search(ctx, src, o.pattern)
		}
	}
	return t.flush(true)
}

// seek sets where a source begins and ends: with tail, so many lines before its
// end that want lets through.
func (src *tailSource) seek(tail int64, from, to time.Time, want func(line, source string) bool) error {
	first, end, err := src.r.Bounds()
	if err != nil {
		return err
	}
	src.next, src.end = first, max(src.end, end)
	if !from.IsZero() {
		if src.next, err = src.r.At(from); err != nil {
			return err
		}
	}
	if !to.IsZero() {
		if src.limit, err = src.r.At(to); err != nil {
			return err
		}
		src.limited = true
	}
	if tail < 0 {
		return nil
	}
	last := src.end
	if src.limited {
		last = min(last, src.limit)
	}
	if want == nil || tail == 0 {
		src.next = max(src.next, last-tail)
		return nil
	}
	return src.backUp(last, tail, want)
}

// backUp moves the beginning to the line from which on so many pass, or leaves
// it where there are not as many.
func (src *tailSource) backUp(last, tail int64, want func(line, source string) bool) error {
	const block = 2048
	var lines []logs.Line
	for last > src.next {
		at := max(src.next, last-block)
		var err error
		if lines, err = src.r.Lines(at, int(last-at), logs.TextLimit, lines[:0]); err != nil {
			return err
		}
		for _, l := range slices.Backward(lines) {
			if !want(string(l.Text), string(src.key)) {
				continue
			}
			if tail--; tail == 0 {
				src.next = l.N
				return nil
			}
		}
		last = at
	}
	return nil
}

// moment reads a time: a duration ago, a time of the day, or a timestamp.
func moment(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return parse.Moment(s, now)
}

// filter is what --grep, --where and --level let through; nil: everything.
func filter(o *logOptions) (func(line, source string) bool, error) {
	if o.grep == "" && o.level == "" && o.where == "" {
		return nil, nil
	}
	q, err := parse.ParseQuery(o.where)
	if err != nil {
		return nil, fmt.Errorf("--where: %w", err)
	}
	if o.level != "" {
		l, ok := parse.ParseLevel(o.level)
		if !ok {
			return nil, fmt.Errorf("--level: %q is not a level; there are trace, debug, info, warn, error, fatal", o.level)
		}
		q = q.With(parse.AtLeast(l))
	}
	matches := func(string) bool { return true }
	if o.grep != "" {
		re, err := parse.Search(o.grep)
		if err != nil {
			return nil, fmt.Errorf("--grep: %w", err)
		}
		matches, o.pattern = re.MatchString, re.String()
	}
	return func(line, source string) bool {
		text := parse.Clean(line).Plain
		return matches(text) && q.Match(parse.Line{Source: source, Text: text})
	}, nil
}
