package parse

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLevelIsFoundWhereProgramsPutIt(t *testing.T) {
	for line, want := range map[string]Level{
		"":                                Unknown,
		"listening on :8080":              Unknown,
		"INFO listening":                  Info,
		"info: listening":                 Info,
		"[WARN] slow":                     Warn,
		"[ error ] slow":                  Error,
		"<warn> slow":                     Warn,
		"WARN[0000] disk":                 Warn,
		"ERRO[0042] gone":                 Error,
		"npm ERR! code 1":                 Error,
		"2026-11-22T10:11:12Z ERROR boom": Error,
		"2026/11/22 10:11:12 DEBUG x":     Debug,
		"2026-11-22 10:11:12,123 - app - WARNING - low disk": Warn,
		"10:11:12.345 [main] INFO  c.e.App - started":        Info,
		"[10:11:12] [W] low":                                 Warn,
		"E/ActivityManager: ANR":                             Error,
		"2026-11-22 10:11:12 UTC [12] LOG:  checkpoint":      Info,
		"2026-11-22 10:11:12 UTC [12] FATAL:  no role":       Fatal,
		"app level=warn low":                                 Warn,
		`msg severity: "error" x`:                            Error,
		"cart:ERROR: no stock":                               Error,
		"app | WARN | slow":                                  Warn,
		"request failed with ERROR from db":                  Error,
		"main.go:3:4: error: undefined x":                    Error,
		"panic: boom":                                        Fatal,
		"no ERROR and no WARN here":                          Unknown,
		"0 errors, 0 warnings":                               Unknown,
		"error reading file":                                 Unknown,
		"GET /error 200":                                     Unknown,
		"error_count=3":                                      Unknown,
		"fine then":                                          Unknown,
		"W1122 10:11:12.131415    1 pod.go:12] slow":         Warn,
		"<11>1 2026-11-22T10:11:12Z host app 1 - - bad":      Error,
		`{"level":"warn","msg":"x"}`:                         Warn,
		`{"level":50,"msg":"x"}`:                             Error,
		`{"@l":"Debug","@m":"x"}`:                            Debug,
		`{"log.level":"error","message":"x"}`:                Error,
		`{"log":{"level":"error"},"message":"x"}`:            Error,
		`{"severity":"CRITICAL","message":"x"}`:              Fatal,
		`{"msg":"an ERROR in text only"}`:                    Unknown,
		`ts=1732270000 level=error msg="no route"`:           Error,
		"\tat com.shop.Cart.add(Cart.java:12)":               Unknown,
	} {
		if got := Parse(Clean(line).Plain, time.Time{}).Level; got != want {
			t.Errorf("%q: level %q, want %q", line, got, want)
		}
	}
}

func TestParseReadsStructuredLines(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 11, 12, 0, time.UTC)
	for _, c := range []struct {
		in   string
		want Record
	}{
		{
			`{"time":"2026-11-22T10:11:12Z","level":"info","msg":"started","port":8081,"tags":["a","b"],"user":{"id":1}}`,
			Record{Info, at, "started", []Field{{"port", "8081"}, {"tags", `["a","b"]`}, {"user", `{"id":1}`}}, JSON},
		},
		{
			`{"ts":1795342272.0,"lvl":"warn","event":"a\nb\u001b[31m"}`,
			Record{Warn, at, "a⏎b", nil, JSON},
		},
		{
			`{"time":1795342272000,"level":30,"msg":"pino"}`,
			Record{Info, at, "pino", nil, JSON},
		},
		{
			`time=2026-11-22T10:11:12Z level=error msg="no stock" item="a b" n=3`,
			Record{Error, at, "no stock", []Field{{"item", "a b"}, {"n", "3"}}, Logfmt},
		},
		{
			"step=1201 loss=0.81 lr=3.0e-4",
			Record{Unknown, time.Time{}, "", []Field{{"step", "1201"}, {"loss", "0.81"}, {"lr", "3.0e-4"}}, Logfmt},
		},
		{
			"I1122 10:11:12.000000   7 main.go:9] ready pod=web",
			Record{Info, at, "ready pod=web", []Field{{"caller", "main.go:9"}, {"pod", "web"}}, Klog},
		},
		{
			"<34>Nov 22 10:11:12 host su[12]: failed for root",
			Record{Fatal, at, "failed for root", []Field{{"host", "host"}, {"app", "su[12]"}}, Syslog},
		},
		{
			`<14>1 2026-11-22T10:11:12Z host app 12 - [x y="z"] hello`,
			Record{Info, at, "hello", []Field{{"host", "host"}, {"app", "app"}, {"pid", "12"}, {"y", "z"}}, Syslog},
		},
		{
			"10:11:12 INFO retry in 200ms attempt=1",
			Record{Info, at, "10:11:12 INFO retry in 200ms attempt=1", []Field{{"attempt", "1"}}, Plain},
		},
		{
			`127.0.0.1 - - [22/Nov/2026:11:11:12 +0100] "GET / HTTP/1.1" 200`,
			Record{Unknown, at, `127.0.0.1 - - [22/Nov/2026:11:11:12 +0100] "GET / HTTP/1.1" 200`, nil, Plain},
		},
		{`{"broken": `, Record{Message: `{"broken": `}},
		{`{}`, Record{Format: JSON}},
	} {
		got := Parse(c.in, at.Add(3*time.Second))
		if d := cmp.Diff(c.want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); d != "" {
			t.Errorf("%s\n%s", c.in, d)
		}
	}
}

func TestTimestampWithoutDateIsTheOneNearestToArrival(t *testing.T) {
	arrived := time.Date(2026, 1, 1, 0, 0, 3, 0, time.UTC)
	if got, want := Parse("23:59:59.5 late", arrived).Time, arrived.Add(-3500*time.Millisecond); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := Parse("Dec 31 23:59:59 late", arrived).Time, arrived.Add(-4*time.Second); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestGrouperKeepsStackTracesTogether(t *testing.T) {
	type line struct {
		text string
		want int
	}
	for name, lines := range map[string][]line{
		"go": {
			{"starting", 0},
			{"panic: boom", 0},
			{"", 1},
			{"goroutine 1 [running]:", 2},
			{"main.main()", 3},
			{"        /src/main.go:12 +0x1d", 4},
			{"exit status 2", 5},
			{"restarted", 0},
		},
		"go, recovered by a test, with more than one goroutine": {
			{"--- FAIL: TestPanics (0.00s)", 0},
			{"panic: no stock [recovered, repanicked]", 0},
			{"", 1},
			{"goroutine 6 [running]:", 2},
			{"panic({0x55b800?, 0x6ccd10?})", 3},
			{"\t/usr/local/go/src/runtime/panic.go:860 +0x13a", 4},
			{"example.com/shop/cart.(*store).put(...)", 5},
			{"\t/shop/cart/cart_test.go:10", 6},
			{"created by testing.(*T).Run in goroutine 1", 7},
			{"\t/usr/local/go/src/testing/testing.go:2101 +0x4c5", 8},
			{"", 9},
			{"goroutine 1 [chan receive, 2 minutes]:", 10},
			{"main.main()", 11},
			{"\t_testmain.go:48 +0x9b", 12},
			{"...23 frames elided...", 13},
			{"FAIL\texample.com/shop/cart\t0.006s", 0},
		},
		"go, asked for its stacks": {
			{"SIGQUIT: quit", 0},
			{"PC=0x47a1a1 m=0 sigcode=0", 1},
			{"", 2},
			{"goroutine 0 gp=0x8a3 m=0 mp=0x8a4 [idle]:", 3},
			{"runtime.futex(0x8a4, 0x80, 0x0)", 4},
			{"\t/usr/local/go/src/runtime/sys_linux_amd64.s:557 +0x21", 5},
			{"rax    0xca", 6},
			{"rflags 0x286", 7},
			{"*** Test killed with quit: ran too long (11m0s).", 0},
		},
		"a race": {
			{"==================", 0},
			{"WARNING: DATA RACE", 0},
			{"Read at 0x00c000018268 by goroutine 8:", 1},
			{"  example.com/shop/cart.TestRace.func1()", 2},
			{"      /shop/cart/cart_test.go:8 +0x33", 3},
			{"", 4},
			{"Goroutine 8 (running) created at:", 5},
			{"  main.main()", 6},
			{"      _testmain.go:46 +0x164", 7},
			{"==================", 8},
			{"", 0},
			{"--- FAIL: TestRace (0.00s)", 0},
		},
		"java": {
			{"ERROR request failed", 0},
			{"java.lang.IllegalStateException: no stock", 0},
			{"        at com.shop.Cart.add(Cart.java:12)", 1},
			{"        at com.shop.Main.main(Main.java:3)", 2},
			{"Caused by: java.io.IOException: gone", 3},
			{"        ... 12 more", 4},
			{"INFO next", 0},
		},
		"python": {
			{"Traceback (most recent call last):", 0},
			{`  File "x.py", line 3, in <module>`, 1},
			{"    f()", 2},
			{"ValueError: bad", 3},
			{"", 4},
			{"During handling of the above exception, another exception occurred:", 5},
			{"", 6},
			{"Traceback (most recent call last):", 7},
			{"KeyError: 'a'", 8},
			{"next", 0},
		},
		"node": {
			{"Error: no", 0},
			{"    at Object.<anonymous> (/srv/a.js:1:7)", 1},
			{"    at node:internal/main:1:2", 2},
			{"{ code: 1 }", 0},
		},
		"none": {{"a", 0}, {"", 0}, {"  indented", 0}, {"at home", 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var g Grouper
			for _, l := range lines {
				if got := g.Next(l.text); got != l.want {
					t.Errorf("%q is line %d of its group, want %d", l.text, got, l.want)
				}
			}
		})
	}
}

func TestLocationsAreFound(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []Loc
	}{
		{"    cart_test.go:41: want 3", []Loc{{4, 19, "cart_test.go", 41, 0, ""}}},
		{"./src/a.ts:3:14 - error", []Loc{{0, 15, "./src/a.ts", 3, 14, ""}}},
		{"\t/home/u/main.go:12 +0x1d", []Loc{{1, 19, "/home/u/main.go", 12, 0, ""}}},
		{`  File "lib/x.py", line 3, in f`, []Loc{{2, 25, "lib/x.py", 3, 0, ""}}},
		{"    at f (/srv/a.js:1:7)", []Loc{{10, 23, "/srv/a.js", 1, 7, ""}}},
		{"  --> src/main.rs:2:5", []Loc{{6, 21, "src/main.rs", 2, 5, ""}}},
		{"src/app.ts(4,7): error TS2304", []Loc{{0, 15, "src/app.ts", 4, 7, ""}}},
		{"Makefile:12: *** missing", []Loc{{0, 11, "Makefile", 12, 0, ""}}},
		{"see http://localhost:8080/a?b=c.", []Loc{{4, 31, "", 0, 0, "http://localhost:8080/a?b=c"}}},
		{"dial tcp 10.0.0.7:6379: refused", nil},
		{"10:11:12 api.example.com:443 up", nil},
		{"image redis:8 ready", nil},
		{"a.go:1 and b.go:2", []Loc{{0, 6, "a.go", 1, 0, ""}, {11, 17, "b.go", 2, 0, ""}}},
	} {
		if d := cmp.Diff(c.want, Locations(c.in)); d != "" {
			t.Errorf("%q\n%s", c.in, d)
		}
	}
}

func FuzzParseKeepsToItsText(f *testing.F) {
	for _, s := range []string{`{"a":{"b":"}"},"level":1e9}`, `a="b\"c" d=e f=`, "<1>1 - - - - - [", "W0101 00:00:00 1 a:1] b", "[22/Nov/2026:1", `File "a", line 1`, "a.b(1,2):3:4 http://x:1/a.b:2"} {
		f.Add(s)
	}
	var g Grouper
	f.Fuzz(func(t *testing.T, in string) {
		text := Clean(in).Plain
		r := Parse(text, time.Unix(1e9, 0))
		checkSafe(t, in, Text{Plain: r.Message})
		for _, field := range r.Fields {
			checkSafe(t, in, Text{Plain: field.Value})
			checkSafe(t, in, Text{Plain: field.Key})
		}
		g.Next(text)
		end := 0
		for _, l := range Locations(text) {
			if l.Start < end || l.End <= l.Start || l.End > len(text) {
				t.Fatalf("%q: location %+v", in, l)
			}
			end = l.End
		}
	})
}
