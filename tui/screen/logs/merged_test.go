package logs

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestMergedLogsStandInTheOrderOfTheirArrival(t *testing.T) {
	at(t, 60, 7, func(_ *testing.T, d *desk) {
		for _, n := range []string{"api", "db"} {
			d.declare(n, config.Service)
		}
		d.print("api", "a1")
		d.print("db", "d1", "d2")
		d.print("api", "a2")
		d.sync("api", "db")
		d.shows("  api a1", "  db  d1", "  db  d2", "  api a2", "", "", "4 lines ● live")
		d.print("db", "d3")
		d.sync()
		d.press("t")
		d.shows("  12:04:29.001 api a1", "  12:04:29.002 db  d1", "  12:04:29.003 db  d2", "  12:04:29.004 api a2", "  12:04:29.005 db  d3", "", "time: clock ● live")
	})
}

func TestLinesThatSayTheirTimeArePutInThatOrder(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		for _, n := range []string{"api", "db"} {
			d.declare(n, config.Service)
		}
		d.print("api", "12:04:29.500 second")
		d.print("db", "12:04:29.400 first")
		d.print("api", "12:04:29.600 third")
		d.sync("api", "db")
		d.shows("  db  12:04:29.400 first", "  api 12:04:29.500 second", "  api 12:04:29.600 third", "3 lines ● live")
	})
}

func TestFilteredAndMergedViewsAgreeWithANaiveOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "logs") //nolint:usetesting // one a check, and there are many
		if err != nil {
			rt.Fatalf("%v", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		synctest.Test(t, func(*testing.T) {
			d := newDesk(rt, dir, 60, rapid.IntRange(2, 12).Draw(rt, "height"))
			defer d.close()
			names := []string{"api", "db", "web"}[:rapid.IntRange(1, 3).Draw(rt, "logs")]
			var truth []string
			write := func() {
				for range rapid.IntRange(0, 12).Draw(rt, "lines") {
					n := rapid.SampledFrom(names).Draw(rt, "log")
					l := fmt.Sprintf("%s %d %s", n, len(truth), rapid.SampledFrom([]string{"ok", "no", "ERROR x"}).Draw(rt, "text"))
					d.print(n, l)
					truth = append(truth, l)
				}
			}
			for _, n := range names {
				d.declare(n, config.Service)
			}
			write()
			d.sync(names...)
			query := rapid.SampledFrom([]string{"", "ok", "-ok", "level>=error", "/[13579] /", "nothing"}).Draw(rt, "filter")
			if query != "" {
				d.press("&")
				d.typeText(query)
				d.press("enter")
			}
			for range rapid.IntRange(0, 5).Draw(rt, "steps") {
				write()
				d.sync()
				switch rapid.IntRange(0, 5).Draw(rt, "step") {
				case 0:
					d.run(d.tab.Wheel(rapid.IntRange(-20, 20).Draw(rt, "wheel")))
				case 1:
					d.run(d.tab.Click(rapid.IntRange(0, 90).Draw(rt, "x"), rapid.IntRange(0, 10).Draw(rt, "y")))
				case 2:
					d.run(d.tab.Resized(d.w, d.h))
				}
				d.screen()
			}
			q, _ := parse.ParseQuery(query)
			var want []string
			for _, l := range truth {
				if q.Match(parse.Line{Text: l}) {
					want = append(want, l)
				}
			}
			b, err := d.tab.src.bounds()
			if err != nil {
				rt.Fatalf("%v", err)
			}
			if n := b.End - b.First; n != int64(len(want)) || d.tab.view.Bounds() != b {
				rt.Fatalf("%d lines instead of %d; the view has %+v of %+v", n, len(want), d.tab.view.Bounds(), b)
			}
			if len(want) == 0 {
				return
			}
			from := rapid.IntRange(0, len(want)-1).Draw(rt, "from")
			n := rapid.IntRange(1, len(want)).Draw(rt, "n")
			lines, err := d.tab.src.read(t.Context(), b.First+int64(from), n, 1000)
			if err != nil {
				rt.Fatalf("%v", err)
			}
			var got []string
			for i, l := range lines {
				if l.pos != b.First+int64(from+i) {
					rt.Fatalf("line %d has position %d", from+i, l.pos-b.First)
				}
				got = append(got, l.text)
			}
			if diff := cmp.Diff(want[from:min(len(want), from+n)], got); diff != "" {
				rt.Fatalf("lines %d..: %s", from, diff)
			}
			// What is drawn are lines that follow one another.
			d.run(d.tab.Resized(d.w, d.h))
			shown := d.screen()
			shown = shown[:len(shown)-1]
			cell := regexp.MustCompile(`^[▌✖▲╎·◆ ] (?:(?:api|db|web) +)?((?:api|db|web) \d+ .*)$`)
			start := -1
			for i, l := range shown {
				m := cell.FindStringSubmatch(l)
				if m == nil {
					continue
				}
				k := slices.Index(want, m[1])
				if start < 0 {
					start = k - i
				}
				if k < 0 || k-i != start {
					rt.Fatalf("%q is out of place in\n%s", m[1], strings.Join(shown, "\n"))
				}
			}
			if start < 0 {
				rt.Fatalf("nothing is shown of %d lines:\n%s", len(want), strings.Join(shown, "\n"))
			}
		})
	})
}
