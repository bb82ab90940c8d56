package paint

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// wakeups is how often the process' threads went to sleep so far.
func wakeups(t *testing.T, pid int) int {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) == 0 {
		t.Fatal("no threads", err)
	}
	n := 0
	for _, f := range files {
		status, _ := os.ReadFile(f) // a thread that ended counts no more
		for line := range strings.Lines(string(status)) {
			if v, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				i, _ := strconv.Atoi(strings.TrimSpace(v))
				n += i
			}
		}
	}
	return n
}

func TestNobodyWakesUpAndNothingIsWrittenWhileNothingChanges(t *testing.T) {
	p := sit(t, 80, 20)
	cmd := p.startChild()
	// Bubble Tea's ticker at its slowest makes 7 a second, at 30 frames nearly
	// 200. What the start left over may take a while.
	const few = 30
	last, bytes, at := 0, 0, time.Time{}
	p.wait("a second passes with hardly a wake-up", func() bool {
		if time.Since(at) < time.Second {
			return false
		}
		n, b := wakeups(t, cmd.Process.Pid), len(p.written())
		quiet := n-last <= few && b == bytes
		last, bytes, at = n, b, time.Now()
		return quiet
	})
	p.press("q")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
