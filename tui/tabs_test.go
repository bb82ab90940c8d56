package tui

import (
	"strings"
	"testing"
)

func TestTabsKeepAsMuchOfTheirNamesAsThereIsRoomFor(t *testing.T) {
	all := taskTabs(tells{tests: true, numbers: true, steps: true})
	tests := []struct {
		names   []string
		w       int
		gap     string
		letters int
	}{
		{serviceTabs(), 80, "  ", len("Config")},
		{serviceTabs(), 44, " ", len("Config")},
		{taskTabs(tells{}), 50, " ", 4},
		{all, 54, " ", 3},
		{all, 40, " ", 0},
	}
	for _, tt := range tests {
		gap, letters := tabRoom(tt.names, tt.names[1], tt.w)
		if gap != tt.gap || letters != tt.letters {
			t.Errorf("%s in %d: %q between, %d letters", strings.Join(tt.names, " "), tt.w, gap, letters)
		}
	}
}
