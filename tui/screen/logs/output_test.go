package logs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestCopyIsWhatWasPrintedAndNotWhatIsDrawn(t *testing.T) {
	at(t, 40, 6, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", "one", "\x1b[31mtab\there\x1b[0m 👨\u200d👩", `{"msg":"x","level":"info"}`, "\x1b]52;c;aGk=\x07last")
		d.sync("api")
		d.run(d.tab.Click(2, 1))
		d.run(d.tab.Drag(2, 3))
		d.run(d.tab.Release())
		want := []tea.Msg{Copy{Text: "tab\there 👨\u200d👩\n{\"msg\":\"x\",\"level\":\"info\"}\nlast", Lines: 3}}
		if diff := cmp.Diff(want, d.sent); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADragWithinALineCopiesItsCharactersAsTheyAreShown(t *testing.T) {
	at(t, 40, 6, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", "GET /cart id=7f3a ok", "日本語 ログ", `{"level":"warn","msg":"slow","ms":42}`)
		d.sync("api")
		for _, drag := range [][4]int{
			{15, 0, 18, 0}, // the id
			{18, 0, 15, 0}, // and backwards
			{38, 0, 11, 0}, // from behind the end
			{4, 1, 8, 1},   // halves of wide characters
			{8, 2, 0, 2},   // of what is shown of JSON, from the margin on
		} {
			d.run(d.tab.Click(drag[0], drag[1]))
			d.run(d.tab.Drag(drag[2], drag[3]))
			d.run(d.tab.Release())
		}
		// Over several lines it is the lines, also when it comes back to the first.
		d.run(d.tab.Click(15, 0))
		d.run(d.tab.Drag(18, 0))
		if got := d.screen()[5]; got != "3 lines · 1 warn 4 characters selected" {
			t.Error(got)
		}
		d.run(d.tab.Drag(18, 1))
		d.run(d.tab.Release())
		want := []tea.Msg{
			Copy{Text: "7f3a", Lines: 1},
			Copy{Text: "7f3a", Lines: 1},
			Copy{Text: " id=7f3a ok", Lines: 1},
			Copy{Text: "本語 ", Lines: 1},
			Copy{Text: "WARN  s", Lines: 1},
			Copy{Text: "GET /cart id=7f3a ok\n日本語 ログ", Lines: 2},
		}
		if diff := cmp.Diff(want, d.sent); diff != "" {
			t.Error(diff)
		}
	})
}

func TestExportWritesWhatTheFilterShows(t *testing.T) {
	at(t, 60, 4, func(t *testing.T, d *desk) {
		d.declare("api", config.Service)
		d.print("api", numbered(0, 100)...)
		d.sync("api")
		d.press("&")
		d.typeText("/5$/")
		d.press("enter", "X")
		d.run(d.tab.Key(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl}))
		d.typeText("out.log")
		d.press("enter")
		path := filepath.Join(d.state.Workspace.Root, "out.log")
		got, err := os.ReadFile(path)
		if err != nil || string(got) != "line 5\nline 15\nline 25\nline 35\nline 45\nline 55\nline 65\nline 75\nline 85\nline 95\n" {
			t.Errorf("%q, %v; %s", got, err, d.screen()[3])
		}
		d.press("X")
		d.run(d.tab.Key(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl}))
		d.typeText("out.log")
		d.press("enter")
		if s := d.screen()[3]; !strings.Contains(s, "export: open") {
			t.Errorf("an existing file was written over: %s", s)
		}
	})
}

func TestEditGoesToTheFileThatTheLineNames(t *testing.T) {
	at(t, 60, 4, func(t *testing.T, d *desk) {
		d.declare("test", config.Task)
		d.print("test", "no place", "    cart_test.go:41: want 3, got 4")
		d.sync("test")
		d.press("e")
		want := []tea.Msg{OpenPlace{tasks.Location{File: "cart_test.go", Line: 41}}}
		if diff := cmp.Diff(want, d.sent); diff != "" {
			t.Error(diff)
		}
		d.press("k")
		for _, a := range d.tab.Actions() {
			if a.ID == "log.edit" && a.Disabled != "the line under the cursor names no file" {
				t.Errorf("edit is off because %q", a.Disabled)
			}
		}
	})
}
