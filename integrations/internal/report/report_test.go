package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestLinesThatFollowEachOtherAreOneSpan(t *testing.T) {
	var l Lines
	l.Open(3)
	l.Open(4)
	l.Close(6)
	handed := l.Spans()
	l.Open(6)
	l.Close(7)
	l.Open(9)
	l.Close(9)
	l.Add(12, 14)
	l.Open(20)
	if want := []tasks.Span{{From: 3, To: 7}, {From: 12, To: 14}, {From: 20, To: -1}}; !slices.Equal(l.Spans(), want) {
		t.Errorf("spans %v, want %v", l.Spans(), want)
	}
	if handed[0].To != 6 {
		t.Errorf("what was handed out has changed to %v", handed)
	}
}

func TestLinesAboveAllOthersAreATestsToo(t *testing.T) {
	var l Lines
	l.Open(9)
	l.Before(3, 7)
	l.Before(4, 6) // not above
	l.Before(2, 2) // none
	l.Close(10)
	if want := []tasks.Span{{From: 3, To: 7}, {From: 9, To: 10}}; !slices.Equal(l.Spans(), want) {
		t.Errorf("spans %v, want %v", l.Spans(), want)
	}
}

func TestLinesAreRememberedInABoundedNumberOfSpans(t *testing.T) {
	var l Lines
	for n := range int64(1000) {
		l.Open(2 * n)
		l.Close(2*n + 1)
	}
	if n := len(l.Spans()); n != tasks.MostSpans {
		t.Errorf("%d spans", n)
	}
}

func TestADiffIsCutWhereNobodyReadsOn(t *testing.T) {
	var d Diff
	d.Sides("one\ntwo", "one\nthree")
	if want := "-one\n-two\n+one\n+three"; d.String() != want {
		t.Errorf("%q, want %q", d.String(), want)
	}
	for range 1000 {
		d.Add('x', strings.Repeat("é", 1000))
	}
	if n := len(d.String()); n > mostBytes+2*longest || !strings.HasSuffix(d.String(), "\n …") {
		t.Errorf("%d bytes, ends %q", n, d.String()[n-10:])
	}
}

func TestLongLinesAreShownFromWhereTheyDiffer(t *testing.T) {
	same := strings.Repeat("é", 3000)
	var d Diff
	d.Add(' ', "{")
	d.Add('-', same+"THERE"+same)
	d.Add('+', same+"HERE")
	d.Add('-', "short "+same)
	d.Add('+', "other "+same)
	want := " {\n" +
		"-(5940 bytes alike) …" + strings.Repeat("é", 30) + "THERE" + strings.Repeat("é", 156) + "…\n" +
		"+(5940 bytes alike) …" + strings.Repeat("é", 30) + "HERE\n" +
		"-short " + strings.Repeat("é", 197) + "…\n" +
		"+other " + strings.Repeat("é", 197) + "…"
	if got := d.String(); got != want || d.Lines() != 5 {
		t.Errorf("%d lines:\n%s\nwant:\n%s", d.Lines(), got, want)
	}
}

func TestALineThatIsLongOnOneSideOnlyIsCut(t *testing.T) {
	var d Diff
	d.Sides(strings.Repeat("x", 1000), strings.Repeat("x", 310))
	want := "-(250 bytes alike) …" + strings.Repeat("x", 379) + "…\n+(250 bytes alike) …" + strings.Repeat("x", 60)
	if got := d.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
