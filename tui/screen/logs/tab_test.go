package logs

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unsafe"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/action"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestFollowsALogAndCountsWhatIsNewWhileFrozen(t *testing.T) {
	at(t, 50, 5, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.sync("api")
		d.shows("", "  No output yet. What it prints is shown here.", "", "", "0 lines ● live")
		d.print("api", numbered(0, 30)...)
		d.sync()
		d.shows("  line 26", "  line 27", "  line 28", "  line 29", "30 lines ● live")
		d.press("k", "k")
		d.print("api", numbered(30, 1050)...)
		d.sync()
		d.shows("  line 26", "▌ line 27", "  line 28", "  line 29", "1 050 lines ‖ 1 020 new f follow")
		d.press("g")
		d.shows("▌ line 0", "  line 1", "  line 2", "  line 3", "1 050 lines ‖ 1 020 new f follow")
		d.press("f")
		d.shows("  line 1046", "  line 1047", "  line 1048", "  line 1049", "1 050 lines ● live")
	})
}

func TestFilterHidesLinesAndCountsThem(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		for i := range 5000 {
			d.print("api", fmt.Sprintf(`{"level":"%s","msg":"m%d"}`, []string{"info", "debug", "warn", "error"}[i%4], i))
		}
		d.sync("api")
		d.press("&")
		d.typeText("level>=warn -m4")
		d.press("enter")
		d.shows(
			"✖ ERROR m3995                                         ▸json",
			"▲ WARN  m3998                                         ▸json",
			"✖ ERROR m3999                                         ▸json",
			"1 946 lines · 973 err · 973 warn · 3 054 hidden ● live",
		)
	})
}

func TestSearchCountsEverywhereAndJumps(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 3000)...)
		d.sync("api")
		d.press("/")
		d.typeText("line [12]5$")
		d.shows("  line 2997", "  line 2998", "  line 2999", "/line [12]5$ 2 matches")
		d.press("enter")
		d.shows("  line 24", "▌ line 25", "  line 26", "3 000 lines · 2 matches ‖ frozen f follow")
		d.press("N")
		d.shows("  line 14", "▌ line 15", "  line 16", "3 000 lines · 2 matches ‖ frozen f follow")
		d.press("N")
		d.shows("  line 14", "▌ line 15", "  line 16", "no match above; once more goes round ‖ frozen f follow")
		d.press("N")
		d.shows("  line 24", "▌ line 25", "  line 26", "3 000 lines · 2 matches ‖ frozen f follow")
		d.press("n")
		d.shows("  line 24", "▌ line 25", "  line 26", "no match below; once more goes round ‖ frozen f follow")
		d.press("n")
		d.shows("  line 14", "▌ line 15", "  line 16", "3 000 lines · 2 matches ‖ frozen f follow")
		d.press("/")
		d.typeText("a(")
		d.shows("  line 14", "▌ line 15", "  line 16", "/a( missing closing ) (column 1)")
		d.press("esc")
	})
}

func TestNextErrorIsFoundWithoutASearch(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 100)...)
		d.print("api", "ERROR boom", "WARN hm")
		d.print("api", numbered(102, 6000)...)
		d.sync("api")
		d.press("N")
		d.shows("  line 99", "▌ ERROR boom", "▲ WARN hm", "6 000 lines · 1 err · 1 warn ‖ frozen f follow")
	})
}

func TestATaskShowsItsLastRunOrAllOfThem(t *testing.T) {
	at(t, 60, 6, func(_ *testing.T, d *desk) {
		d.declare("test", config.Task)
		d.print("test", "old 1", "old 2", "new 1", "new 2")
		start := time.Date(2026, 11, 22, 12, 4, 11, 0, time.Local)
		u := d.state.Units["test"]
		for i, first := range []int64{0, 2} {
			id := tasks.NewRunID("test", i+1)
			u.Runs = append(u.Runs, id)
			d.state.Runs[id] = tasks.Run{
				ID: id, Task: "test", Number: i + 1, Status: tasks.Succeeded, Log: "test", FirstLine: first, EndLine: first + 2,
				StartedAt: start, Cause: tasks.Cause{Kind: tasks.ByWatch, Files: []string{"cart.go"}},
			}
		}
		d.state.Units["test"] = u
		d.sync("test")
		d.shows("  new 1", "  new 2", "", "", "", "2 lines ● live")
		d.press("C")
		d.shows("  old 1", "  old 2", "── run 2 · 12:04:11 · cart.go changed ─────────────────────", "  new 1", "  new 2", "4 lines ● live")
	})
}

func TestGoesToATimeAndToALine(t *testing.T) {
	at(t, 60, 4, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 500)...)
		d.wait(time.Hour)
		d.print("api", numbered(500, 1000)...)
		d.sync("api")
		d.press("@")
		d.typeText("2026-11-22 13:00")
		d.press("enter")
		d.shows("  line 499", "▌ line 500", "  line 501", "1 000 lines ‖ frozen f follow")
		d.run(d.tab.Show("api", 42))
		d.shows("  line 41", "▌ line 42", "  line 43", "1 000 lines ‖ frozen f follow")
	})
}

func TestActionsHaveKeysOfTheirOwn(t *testing.T) {
	tab := New(theme.Dark())
	if d := action.Duplicates([]action.Layer{{Name: "log", Actions: tab.Actions()}}); len(d) > 0 {
		t.Error(d)
	}
	for _, a := range tab.Actions() {
		if a.Title == "" || a.Do == nil || len(a.Keys) == 0 {
			t.Errorf("%+v", a)
		}
	}
}

func TestUnchangedTabIsNotDrawnAgain(t *testing.T) {
	at(t, 120, 30, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 200)...)
		d.sync("api")
		first := d.tab.View(Frame{120, 30, true})
		again := d.tab.View(Frame{120, 30, true})
		if unsafe.StringData(first) != unsafe.StringData(again) {
			t.Error("drawn again")
		}
		if cmd := d.tab.Sync(&d.state, "api"); cmd != nil {
			t.Error("reads although nothing has changed")
		}
	})
}

func TestARestartIsMarkedInTheLogOfAService(t *testing.T) {
	at(t, 60, 6, func(_ *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", "up", "down")
		d.sync("api")
		u := d.state.Units["api"]
		u.Runs = []tasks.RunID{"api#2"}
		d.state.Units["api"] = u
		d.state.Runs["api#2"] = tasks.Run{
			ID: "api#2", Task: "api", Number: 2, Status: tasks.Running, Log: "api", FirstLine: 2, EndLine: -1,
			StartedAt: noon, Cause: tasks.Cause{Kind: tasks.ByRestart, Detail: "exit 1"},
		}
		d.print("api", "up again")
		d.sync()
		d.shows("  up", "  down", "── run 2 · 12:04:29 · restart after exit 1 ────────────────", "  up again", "", "3 lines ● live")
	})
}

func TestRunsOfEarlierHostsAreMarkedWhereTheyWere(t *testing.T) {
	past := func(n int, first, end int64) tasks.Run {
		return tasks.Run{
			ID: tasks.NewRunID("api", n), Task: "api", Number: n, Status: tasks.Cancelled, Log: "api", FirstLine: first, EndLine: end,
			StartedAt: noon.AddDate(0, 0, -1), Cause: tasks.Cause{Kind: tasks.ByStart},
		}
	}
	at(t, 60, 8, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", "up", "down", "up again")
		delete(d.state.Lines, "api") // this host has not written any of it
		d.sync("api")
		// The last two are of a log that was taken away since.
		if older := []tasks.Run{past(4, 1, 3), past(3, 900, 905), past(2, 800, 900)}; !d.tab.SetOlder(older) || d.tab.SetOlder(older) {
			t.Error("what is news is not")
		}
		d.sync()
		marked := "── run 4 · Nov 21 12:04:29 · workspace came up ────────────"
		d.shows("  up", marked, "  down", "  up again", "", "", "", "3 lines ● live")
		u := d.state.Units["api"]
		u.Runs = []tasks.RunID{"api#5"}
		d.state.Units["api"] = u
		d.state.Runs["api#5"] = tasks.Run{ID: "api#5", Task: "api", Number: 5, Status: tasks.Running, Log: "api", FirstLine: 3, EndLine: -1, StartedAt: noon, Cause: tasks.Cause{Kind: tasks.ByStart}}
		d.print("api", "once more")
		d.sync()
		d.shows("  up", marked, "  down", "  up again", "── run 5 · 12:04:29 · workspace came up ───────────────────", "  once more", "", "4 lines ● live")
	})
}

func TestRefusedFilterStaysOpenAndSaysWhy(t *testing.T) {
	at(t, 60, 4, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", "one")
		d.sync("api")
		d.press("&")
		d.typeText("level>=loud")
		d.press("enter")
		if !d.tab.Typing() || !strings.Contains(d.screen()[3], `"loud" is not a level`) {
			t.Errorf("%q", d.screen())
		}
		d.run(d.tab.Key(tea.KeyPressMsg{Code: 'w', Mod: tea.ModCtrl}))
		d.typeText("none")
		d.press("enter")
		d.shows("", "  No line passes the filter none. F takes it away.", "", "0 lines · 1 hidden ● live")
		d.press("&", "up", "enter", "F")
		d.shows("  one", "", "", "1 line ● live")
	})
}

func TestALogThatGrowsWhileItIsReadIsNotReadInCircles(t *testing.T) {
	at(t, 60, 6, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 500)...)
		d.sync("api")
		d.print("api", numbered(500, 600)...)
		cmd := d.tab.Sync(&d.state, "api")
		// More comes before the command looks; nobody has told the tab of it.
		told := d.state.Lines["api"]
		d.print("api", numbered(600, 700)...)
		d.state.Lines["api"] = told
		reads := 0
		for queue := []tea.Cmd{cmd}; len(queue) > 0 && reads < 5; queue = queue[1:] {
			if queue[0] == nil {
				continue
			}
			switch m := queue[0]().(type) {
			case tea.BatchMsg:
				queue = append(queue, m...)
			case windowRead:
				reads++
				d.print("api", "more")
				d.state.Lines["api"] = told
				queue = append(queue, d.tab.Update(m))
			case tea.Msg:
				queue = append(queue, d.tab.Update(m))
			}
		}
		if reads != 1 {
			t.Errorf("%d reads for one piece of news", reads)
		}
		d.shows("  line 695", "  line 696", "  line 697", "  line 698", "  line 699", "700 lines ● live")
		if cmd := d.tab.Sync(&d.state, "api"); cmd != nil {
			t.Error("old news are read again")
		}
	})
}

func TestAFoldedTraceShowsWhatItIsAbout(t *testing.T) {
	at(t, 60, 20, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api",
			"Traceback (most recent call last):",
			`  File "main.py", line 7, in run`, "    total()",
			`  File "cart.py", line 41, in total`, "    return price / count", "           ~~~~~~^~~~~~~",
			"ZeroDivisionError: division by zero",
			"",
			"During handling of the above exception, another exception occurred:",
			"",
			"Traceback (most recent call last):",
			`  File "main.py", line 9, in run`, "    log(e)",
			"ValueError: bad price",
			"served",
			`Exception in thread "main" java.lang.IllegalStateException: no stock`,
			"    at shop.Cart.total(Cart.java:41)", "    at shop.Main.run(Main.java:9)", "    at shop.Main.main(Main.java:3)",
			"Caused by: java.io.IOException: disk full",
			"    at shop.Store.read(Store.java:12)",
			"    ... 3 more",
			"served",
		)
		d.sync("api")
		want := strings.Split(`✖ Traceback (most recent call last):               [2 more]
    ↳ File "cart.py", line 41, in total
    ↳ return price / count                         [1 more]
    ↳ ZeroDivisionError: division by zero          [4 more]
    ↳ File "main.py", line 9, in run
    ↳ log(e)
    ↳ ValueError: bad price
  served
✖ Exception in thread "main" java.lang.IllegalStateExcepti…
    ↳ at shop.Cart.total(Cart.java:41)
    ↳ at shop.Main.run(Main.java:9)                [1 more]
    ↳ Caused by: java.io.IOException: disk full    [2 more]
  served`, "\n")
		if diff := cmp.Diff(want, d.screen()[:len(want)]); diff != "" {
			t.Errorf("%s\n%s", diff, strings.Join(d.screen(), "\n"))
		}
	})
}

func TestALogFromBeforeTheHostBeganIsShown(t *testing.T) {
	at(t, 40, 4, func(_ *testing.T, d *desk) {
		d.declare("test", config.Task)
		d.print("test", "yesterday", "failed")
		d.state.Lines = map[logs.Key]int64{}
		d.sync("test")
		d.shows("  yesterday", "  failed", "", "2 lines ● live")
		d.print("test", "today")
		d.sync()
		d.shows("  yesterday", "  failed", "  today", "3 lines ● live")
	})
}

func TestADumpOfManyGoroutinesIsFoldedAsAWhole(t *testing.T) {
	at(t, 60, 20, func(t *testing.T, d *desk) {
		d.declare("test", config.Task)
		root := d.state.Workspace.Root
		dump := []string{
			"panic: no stock [recovered, repanicked]", "", "goroutine 6 [running]:",
			"testing.tRunner.func1.2({0x55b800, 0x6ccd10})", "\t/go/src/testing/testing.go:1974 +0x232",
			"panic({0x55b800?, 0x6ccd10?})", "\t/go/src/runtime/panic.go:860 +0x13a",
			"shop.(*store).put(...)", "\t" + root + "/cart.go:10",
			"shop.TestPut(0x3c0071ee0248?)", "\t" + root + "/cart_test.go:17 +0x65",
		}
		for n := range 200 {
			dump = append(dump, "", fmt.Sprintf("goroutine %d [select, 2 minutes]:", n+7), "shop.serve()", "\t"+root+"/serve.go:3 +0x1",
				"created by shop.start in goroutine 1", "\t"+root+"/serve.go:9 +0x1")
		}
		d.print("test", append(dump, "FAIL\tshop\t0.1s",
			"==================", "WARNING: DATA RACE", "Read at 0x00c000018268 by goroutine 8:",
			"  shop.TestRace.func1()", "      "+root+"/race_test.go:8 +0x33",
			"", "Goroutine 8 (running) created at:", "  shop.TestRace()", "      "+root+"/race_test.go:7 +0xfc",
			"==================", "--- FAIL: TestRace (0.00s)")...)
		d.sync("test")
		var got []string
		for _, line := range d.screen() {
			if line = strings.TrimSpace(regexp.MustCompile(` /.*`).ReplaceAllString(line, " a file")); line != "" {
				got = append(got, strings.Join(strings.Fields(line), " "))
			}
		}
		want := []string{
			"✖ panic: no stock [recovered, repanicked] [6 more]", "↳ shop.(*store).put(...)", "↳ a file", "FAIL shop 0.1s",
			"==================", "▲ WARNING: DATA RACE [1 more]", "↳ shop.TestRace.func1()", "↳ a file", "--- FAIL: TestRace (0.00s)",
			"1 223 lines · 1 err · 1 warn ● live",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
