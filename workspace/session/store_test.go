package session

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

type layout struct {
	Tab   string
	Width int
}

func TestWhatWasSavedIsLoaded(t *testing.T) {
	dir := t.TempDir()
	if err := Save(dir, "layout", layout{"logs", 40}); err != nil {
		t.Fatal(err)
	}
	var got layout
	if err := Load(dir, "layout", &got); err != nil || got != (layout{"logs", 40}) {
		t.Errorf("Load: %+v, %v", got, err)
	}
	if runtime.GOOS != "windows" {
		if m := mode(t, filepath.Join(dir, "layout.json")); m != 0o600 {
			t.Errorf("the file has mode %04o, want 0600", m)
		}
	}
	got = layout{"default", 1}
	if err := Load(dir, "other", &got); err != nil || got != (layout{"default", 1}) {
		t.Errorf("Load of nothing: %+v, %v, want the default", got, err)
	}
}

func TestACorruptFileIsSetAsideAndTheDefaultStays(t *testing.T) {
	for name, text := range map[string]string{"cut off": `{"Tab":"lo`, "empty": "", "of another type": `{"Tab":"new","Width":"wide"}`} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "layout.json")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			got := layout{"default", 1}
			err := Load(dir, "layout", &got)
			var corrupt *CorruptError
			if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), path+".bad") {
				t.Errorf("Load: %v, want a CorruptError that says where the file is", err)
			}
			if got != (layout{"default", 1}) {
				t.Errorf("the default became %+v", got)
			}
			if kept, _ := os.ReadFile(path + ".bad"); string(kept) != text {
				t.Errorf("the file was not kept: %q", kept)
			}
			if err := Load(dir, "layout", &got); err != nil {
				t.Errorf("the second Load: %v", err)
			}
		})
	}
}

func TestNamesThatLeaveTheStateDirectoryAreRefused(t *testing.T) {
	for _, name := range []string{"", "../x", "a/b", ".hidden", `a\b`, "c:x"} {
		if Save(t.TempDir(), name, 1) == nil {
			t.Errorf("Save took the name %q", name)
		}
	}
}

func TestReadersNeverSeeHalfAFile(t *testing.T) {
	dir := t.TempDir()
	value := layout{strings.Repeat("x", 10000), 1}
	if err := Save(dir, "layout", value); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := Save(dir, "layout", value); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 200 {
		var got layout
		if err := Load(dir, "layout", &got); err != nil || got != value {
			t.Errorf("Load: %v", err)
		}
	}
	close(stop)
	wg.Wait()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestAFailedSaveKeepsTheOldValue(t *testing.T) {
	dir := t.TempDir()
	if err := Save(dir, "layout", layout{"old", 1}); err != nil {
		t.Fatal(err)
	}
	if err := Save(dir, "layout", func() {}); err == nil {
		t.Fatal("a function was saved")
	}
	var got layout
	if err := Load(dir, "layout", &got); err != nil || got.Tab != "old" {
		t.Errorf("Load: %+v, %v", got, err)
	}
}
