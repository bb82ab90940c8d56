package tui_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The pictures show times of day.
	time.Local = time.UTC
	// Bubble Tea's reader of keys may stay behind with one that nobody takes any more.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/charmbracelet/ultraviolet.(*TerminalReader).sendEvents"))
}
