package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsWrittenNextIsNotOlderThanTheFileClock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 200 {
		at, file := FileClock(), filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.ModTime().Before(at) {
			t.Fatalf("the %dth file is of %s, %s before", i, info.ModTime(), at.Sub(info.ModTime()))
		}
	}
}
