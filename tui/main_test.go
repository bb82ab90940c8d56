package tui_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// The pictures show times of day.
	time.Local = time.UTC
	goleak.VerifyTestMain(m)
}
