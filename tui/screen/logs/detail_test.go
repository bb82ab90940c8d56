package logs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks/logs/parse"
)

func TestALineIsUnfoldedIntoWhatItHolds(t *testing.T) {
	r := parse.Parse(`{"level":"error","msg":"boom","err":{"type":"TypeError","stack":"TypeError: x\n    at run (/srv/app.js:10:5)\n    at main"},`+
		`"req":{"id":7,"size":1.50,"auth":null,"ok":true,"headers":{},"via":[]},"tags":["a",{"b":"c"}],"query":"select *\nfrom cart","who":"me",`+
		`"evil":{"\u001b]0;owned\u0007":"\u001b[2Jred \u202e"}}`, noon)
	want := strings.Split(`    err:
      type: TypeError
      stack:
        TypeError: x
            at run (/srv/app.js:10:5)
            at main
    req:
      id: 7
      size: 1.50
      auth: null
      ok: true
      headers: {}
      via: []
    tags:
      - a
      -
        b: c
    query:
      select *
      from cart
    who: me
    evil:
      : red <U+202E>`, "\n")
	if diff := cmp.Diff(want, detail(r.Fields)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsUnfoldedHasAnEnd(t *testing.T) {
	deep := parse.Field{Key: "deep", Value: strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500)}
	long := parse.Field{Key: "long", Value: "[" + strings.Repeat("1,", 5000) + "1]"}
	for _, fields := range [][]parse.Field{{deep}, {long}, {long, long}, {{Key: "text", Value: strings.Repeat("x⏎", 5000)}}} {
		if lines := detail(fields); len(lines) > detailLines+1 {
			t.Errorf("%d lines", len(lines))
		}
	}
	for _, text := range []string{"{", "[1,", `{"a"}`, "{}", "[", "{]"} {
		if diff := cmp.Diff([]string{"    k: " + text}, detail([]parse.Field{{Key: "k", Value: text}})); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}
