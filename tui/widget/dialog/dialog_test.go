package dialog_test

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
)

func TestADialogIsSafeUntilItCanHaveBeenSeen(t *testing.T) {
	opened := time.Now()
	d := dialog.Dialog{Title: "Delete?", Text: "the lot", Opened: opened, Buttons: []dialog.Button{{Label: "Cancel"}, {Label: "Delete", Key: "d", Danger: true}}}
	early, late := opened.Add(dialog.Grace/2), opened.Add(dialog.Grace)
	for _, k := range []tea.KeyPressMsg{{Code: 'd', Text: "d"}, {Code: tea.KeyEnter}, {Code: tea.KeySpace, Text: " "}} {
		if _, answered := d.Press(k, early); answered {
			t.Errorf("%s answered before the dialog could be seen", k)
		}
		says(t, &d, "struck before this could be read: once more")
	}
	d.Press(tea.KeyPressMsg{Code: 'y', Text: "y"}, late)
	says(t, &d, "← → choose, enter answers, esc cancels")
	d.Press(tea.KeyPressMsg{Code: tea.KeyRight}, late)
	d.Press(tea.KeyPressMsg{Code: tea.KeyLeft}, late)
	says(t, &d, "")
	if b, answered := d.Press(tea.KeyPressMsg{Code: tea.KeyEnter}, late); !answered || b != 0 {
		t.Errorf("enter answers %d, %v; want Cancel, which has the focus", b, answered)
	}
	if b, answered := d.Press(tea.KeyPressMsg{Code: 'd', Text: "d"}, late); !answered || b != 1 {
		t.Errorf("d answers %d, %v", b, answered)
	}
	if b, answered := d.Press(tea.KeyPressMsg{Code: tea.KeyEscape}, early); !answered || b != 0 {
		t.Errorf("esc answers %d, %v", b, answered)
	}
}

// says fails unless a text stands above the buttons.
func says(t *testing.T, d *dialog.Dialog, text string) {
	t.Helper()
	lines := d.View(d.Width(60), theme.Dark().Inks())
	if got := strings.Trim(ansi.Strip(lines[len(lines)-3]), "│ "); got != text {
		t.Errorf("%q stands above the buttons, want %q", got, text)
	}
}

func TestAClickAnswersWithTheButtonUnderIt(t *testing.T) {
	d := dialog.Dialog{Title: "Stop?", Text: strings.Repeat("word ", 40), Buttons: []dialog.Button{{Label: "Cancel"}, {Label: "Stop"}}}
	w := d.Width(100)
	lines := d.View(w, theme.Dark().Inks())
	for y, line := range lines {
		before, _, ok := strings.Cut(ansi.Strip(line), "[ Stop ]")
		if !ok {
			continue
		}
		if b, answered := d.Click(ansi.StringWidth(before)+1, y, w, time.Now()); !answered || b != 1 {
			t.Errorf("the click answers %d, %v", b, answered)
		}
		if _, answered := d.Click(ansi.StringWidth(before)+1, y-1, w, time.Now()); answered {
			t.Error("a click beside the button answers")
		}
		return
	}
	t.Fatalf("no button in\n%s", strings.Join(lines, "\n"))
}
