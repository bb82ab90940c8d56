package logs

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// under is the line under the cursor, as it was printed.
func (d *desk) under() string {
	r, _ := d.tab.view.Cursor()
	return r.ID.Source + ": " + r.Text
}

func (d *desk) stands(want string) {
	d.t.Helper()
	if got := d.under(); got != want {
		d.t.Fatalf("the cursor is on %q, not on %q", got, want)
	}
}

func TestMarksStayOnTheirLinesThroughOtherLogsFiltersMergesAndSessions(t *testing.T) {
	at(t, 50, 6, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.declare("db", config.Service)
		for i := range 40 {
			d.print("api", numbered(2*i, 2*i+2)...)
			d.print("db", numbered(i, i+1)...)
		}
		d.sync("api")
		d.press("g", "m", "G", "k", "k", "m")
		d.stands("api: line 77")

		d.sync("db")
		d.press("g", "m")
		d.sync("api")
		d.press("\"")
		d.stands("api: line 77")
		d.press("\"")
		d.stands("api: line 0")

		// A filter lets one of them through.
		d.press("&")
		d.typeText("7")
		d.press("enter", "G", "\"")
		d.stands("api: line 77")
		if got := len(d.tab.view.Marks()); got != 1 {
			t.Errorf("%d marks pass the filter", got)
		}
		d.press("F", "G", "\"", "\"")
		d.stands("api: line 0")

		d.sync("api", "db")
		d.press("G", "\"")
		d.stands("api: line 77")
		d.press("\"")
		d.stands("db: line 0")
		d.press("\"")
		d.stands("api: line 0")
		d.press("m")

		// The next session has what was not taken away.
		kept, err := json.Marshal(d.tab.Prefs())
		if err != nil {
			t.Fatal(err)
		}
		var prefs Prefs
		if err := json.Unmarshal(kept, &prefs); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[logs.Key][]int64{"api": {77}, "db": {0}}, prefs.Marks); diff != "" {
			t.Error(diff)
		}
		d.run(d.tab.Close())
		d.tab = New(theme.Dark())
		d.tab.SetPrefs(prefs)
		d.run(d.tab.Resized(50, 6))
		d.sync("api")
		d.press("g", "'")
		d.stands("api: line 77")
	})
}

func TestAMarkWhoseLineIsGoneIsForgotten(t *testing.T) {
	at(t, 50, 6, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 10)...)
		d.tab.SetPrefs(Prefs{Marks: map[logs.Key][]int64{"api": {3, 12}, "other": {5}}})
		d.sync("api")
		if diff := cmp.Diff(map[logs.Key][]int64{"api": {3}, "other": {5}}, d.tab.Prefs().Marks); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int64{3}, d.tab.view.Marks()); diff != "" {
			t.Error(diff)
		}
	})
}
