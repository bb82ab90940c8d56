package parse

import (
	"errors"
	"testing"
	"time"
)

func TestQueryMatchesByTextLevelAndField(t *testing.T) {
	const (
		plain  = "2026-11-22T10:11:12Z ERROR job 8812 failed: dial tcp 10.0.0.7:6379"
		jason  = `{"level":"warn","msg":"slow checkout","service":"cart","took":120}`
		logfmt = `level=info msg="started up" port=8081 err=""`
	)
	for _, c := range []struct {
		query, line string
		want        bool
	}{
		{"", plain, true},
		{"failed", plain, true},
		{"FAILED", plain, false},
		{"Job", plain, false},
		{"job failed", plain, true},
		{`"job 8812"`, plain, true},
		{`"8812 job"`, plain, false},
		{"-failed", plain, false},
		{"-missing", plain, true},
		{`/dial (tcp|udp)/`, plain, true},
		{`/DIAL/`, plain, false},
		{`-/dial/`, plain, false},
		{"/api/cart", "GET /api/cart 200", true},
		{"level>=warn", plain, true},
		{"level>=warn", jason, true},
		{"level>=warn", logfmt, false},
		{"level=warn", jason, true},
		{"level!=warn", jason, false},
		{"level<warn", logfmt, true},
		{"level>=info", "no level here", false},
		{"service=cart", jason, true},
		{"service==cart", jason, true},
		{"service==pay", jason, false},
		{"service!=cart", jason, false},
		{"service!=cart", logfmt, true},
		{"took>100", jason, true},
		{"took<=100", jason, false},
		{"took=120.0", jason, true},
		{`msg~"^slow"`, jason, true},
		{`msg~/^slow/`, jason, true},
		{`msg!~"^slow"`, jason, false},
		{`msg="started up"`, logfmt, true},
		{`err=""`, logfmt, true},
		{"source=api", plain, true},
		{"source=web", plain, false},
		{"level>=warn service=cart -timeout", jason, true},
		{"8812", plain, true},
		{"10.0.0.7:6379", plain, true},
	} {
		q, err := ParseQuery(c.query)
		if err != nil {
			t.Errorf("%q: %v", c.query, err)
			continue
		}
		if got := q.Match(Line{Source: "api", Text: c.line}); got != c.want {
			t.Errorf("%q on %q: %v, want %v", c.query, c.line, got, c.want)
		}
	}
}

func TestQueryErrorsSayWhere(t *testing.T) {
	for query, want := range map[string]struct {
		pos int
		why string
	}{
		`ok /a(b/`:         {3, "missing closing )"},
		`a "open`:          {2, "the quote is not closed"},
		"x level>=loud":    {9, `"loud" is not a level; use trace, debug, info, warn, error or fatal`},
		"took>fast":        {5, "took> needs a number or a level"},
		"a service=":       {2, `service= has no value; write service="" for an empty one`},
		`msg~"["`:          {4, `missing closing ]`},
		`-level=whatever!`: {7, `"whatever!" is not a level; use trace, debug, info, warn, error or fatal`},
	} {
		_, err := ParseQuery(query)
		var e *SyntaxError
		if !errors.As(err, &e) || e.Pos != want.pos || e.Why != want.why {
			t.Errorf("%q: %#v, want %+v", query, err, want)
		}
	}
}

func TestQueriesAddUp(t *testing.T) {
	q, err := ParseQuery("service=cart")
	if err != nil {
		t.Fatal(err)
	}
	q = AtLeast(Warn).With(q)
	if q.String() != "level>=warn service=cart" || q.Empty() {
		t.Errorf("%+v", q)
	}
	if !q.Match(Line{Text: `{"level":"error","service":"cart"}`}) || q.Match(Line{Text: `{"level":"error","service":"pay"}`}) {
		t.Error("does not match by both")
	}
}

func FuzzQueryNeverPanics(f *testing.F) {
	f.Add(`level>=warn service=cart msg~"re" -noise /regex/ word`, "x y=z")
	f.Fuzz(func(t *testing.T, query, line string) {
		q, err := ParseQuery(query)
		if err != nil {
			var e *SyntaxError
			if !errors.As(err, &e) || e.Pos < 0 || e.Pos > len(query) {
				t.Fatalf("%q: %v", query, err)
			}
			return
		}
		q.Match(Line{Text: line, Arrived: time.Unix(1e9, 0)})
	})
}
