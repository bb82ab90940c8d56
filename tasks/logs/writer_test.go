package logs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerProcess); dir != "" {
		os.Exit(writeUntilKilled(dir))
	}
	goleak.VerifyTestMain(m)
}

func openStore(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func writer(t *testing.T, s *Store, key Key) *Writer {
	t.Helper()
	w, err := s.Writer(key)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func reader(t *testing.T, s *Store, key Key) *Reader {
	t.Helper()
	r, err := s.Reader(key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func write(t *testing.T, w *Writer, s Stream, text string) {
	t.Helper()
	if _, err := w.Write(s, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// content gives all lines as "stream:text", an open one with "..." behind.
func content(t *testing.T, r *Reader) []string {
	t.Helper()
	lines, err := r.Lines(0, 1<<20, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, l := range lines {
		text := fmt.Sprintf("%s:%s", [...]string{"out", "err", "note"}[l.Stream], l.Text)
		if l.Open {
			text += "..."
		}
		all = append(all, text)
	}
	return all
}

func wantContent(t *testing.T, r *Reader, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, content(t, r)); d != "" {
		t.Errorf("the log differs:\n%s", d)
	}
}

func TestTwoStreamsMixByLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, t.TempDir(), Options{})
		w, r := writer(t, s, "api"), reader(t, s, "api")
		write(t, w, Out, "one, ")
		write(t, w, Err, "warning\n")
		write(t, w, Out, "two\n")
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		wantContent(t, r, "err:warning", "out:one, two")
	})
}

func TestAPromptIsShownSoonAndEndsWhenTheOtherStreamSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, t.TempDir(), Options{})
		var told []int64
		var mu sync.Mutex
		s.OnGrow(func(_ Key, lines int64) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, lines)
		})
		w, r := writer(t, s, "api"), reader(t, s, "api")
		write(t, w, Out, "hello\npassword: ")
		wantContent(t, r, "out:hello")
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		wantContent(t, r, "out:hello", "out:password: ...")
		mu.Lock()
		if d := cmp.Diff([]int64{1, 2}, told); d != "" {
			t.Errorf("growth was told as:\n%s", d)
		}
		mu.Unlock()
		write(t, w, Err, "no\n")
		write(t, w, Out, "secret\n")
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		wantContent(t, r, "out:hello", "out:password: ", "err:no", "out:secret")
	})
}

func TestALineThatIsWrittenInPiecesIsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, t.TempDir(), Options{})
		w, r := writer(t, s, "api"), reader(t, s, "api")
		begin := time.Now()
		for _, text := range []string{"a", "b", "c", "\r\nd\r\n"} {
			write(t, w, Out, text)
			time.Sleep(100 * time.Millisecond)
		}
		wantContent(t, r, "out:abc", "out:d")
		lines, _ := r.Lines(0, 2, 0, nil)
		if !lines[0].Time.Equal(begin) || !lines[1].Time.Equal(begin.Add(300*time.Millisecond)) {
			t.Errorf("the lines arrived at %v and %v after the start, want 0 and 300ms", lines[0].Time.Sub(begin), lines[1].Time.Sub(begin))
		}
	})
}

func TestALastLineWithoutNewlineIsKeptAndEnded(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	w, r := writer(t, s, "api"), reader(t, s, "api")
	write(t, w, Out, "killed")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wantContent(t, r, "out:killed")
	if err := w.Note("restarting in 200ms"); err != nil {
		t.Fatal(err)
	}
	write(t, w, Out, "up")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantContent(t, r, "out:killed", "note:restarting in 200ms", "out:up")
	if raw, err := printed(r); err != nil || raw != "killedup" {
		t.Errorf("raw bytes are %q, %v; want exactly what was printed", raw, err)
	}
	w = writer(t, openStore(t, dir, Options{}), "api")
	if w.Lines() != 3 {
		t.Errorf("a new store says %d lines, want 3", w.Lines())
	}
	write(t, w, Out, "again\n")
	wantContent(t, r, "out:killed", "note:restarting in 200ms", "out:up", "out:again")
}

func TestAnIdleWriterHasNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, t.TempDir(), Options{})
		w := writer(t, s, "api")
		for range 10 {
			write(t, w, Out, "line\npart")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.alarm.IsZero() || w.timer.Stop() {
			t.Error("a timer is armed while nothing waits")
		}
	})
}

func TestManyGoroutinesWriteAndReadAtOnce(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{SegmentSize: 64 << 10, LogSize: 1 << 30})
	w := writer(t, s, "api")
	const each = 3000
	var writers, readers sync.WaitGroup
	for stream := range Note {
		writers.Go(func() {
			for i := range each {
				line := fmt.Appendf(nil, "%d line %d of this stream\n", stream, i)
				cut := i % len(line)
				if _, err := w.Write(stream, line[:cut]); err != nil {
					t.Error(err)
				}
				if _, err := w.Write(stream, line[cut:]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			r := reader(t, s, "api")
			var seen int64
			for more := true; more; {
				select {
				case <-done:
					more = false
				default:
				}
				_, end, err := r.Bounds()
				if err != nil || end < seen {
					t.Errorf("the log ends at %d, %v after it ended at %d", end, err, seen)
					return
				}
				lines, err := r.Lines(seen, 500, 0, nil)
				if err != nil || int64(len(lines)) < min(500, end-seen) {
					t.Errorf("%d lines from %d to %d, %v", len(lines), seen, end, err)
					return
				}
				for _, l := range lines {
					if l.N != seen {
						t.Errorf("line %d follows line %d", l.N, seen-1)
						return
					}
					if !l.Open {
						seen++
					}
				}
				if err := r.Search(t.Context(), Query{Pattern: "99+"}, func(Line) bool { return true }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	if err := w.Break(); err != nil {
		t.Fatal(err)
	}
	close(done)
	readers.Wait()
	// Lines may have been cut by the other stream, bytes may not be lost.
	var got [2]strings.Builder
	lines, err := reader(t, s, "api").Lines(0, 4*each, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		got[l.Stream].Write(l.Text)
	}
	for stream := range Note {
		var want strings.Builder
		for i := range each {
			fmt.Fprintf(&want, "%d line %d of this stream", stream, i)
		}
		if got[stream].String() != want.String() {
			t.Errorf("stream %d has %d bytes, want %d", stream, got[stream].Len(), want.Len())
		}
	}
}

func TestALineOf300MBTakesNoMemory(t *testing.T) {
	size := 300 << 20
	if testing.Short() || raceEnabled {
		size = 32 << 20
	}
	s := openStore(t, t.TempDir(), Options{SegmentSize: 8 << 20})
	w, r := writer(t, s, "api"), reader(t, s, "api")
	piece := bytes.Repeat([]byte("0123456789abcdef"), 4<<10)
	before := heap()
	write(t, w, Out, "first\n")
	for range size / len(piece) {
		if _, err := w.Write(Out, piece); err != nil {
			t.Fatal(err)
		}
	}
	write(t, w, Out, "the end\r\nlast\n")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	lines, err := r.Lines(0, 10, 0, nil)
	if err != nil || len(lines) != 3 {
		t.Fatalf("%d lines, %v; want 3", len(lines), err)
	}
	long := lines[1]
	if want := int64(size/len(piece)*len(piece) + len("the end")); long.Size != want || len(long.Text) != TextLimit {
		t.Errorf("the line is %d bytes, shown %d; want %d, shown %d", long.Size, len(long.Text), want, TextLimit)
	}
	if string(lines[2].Text) != "last" {
		t.Errorf("after it comes %q", lines[2].Text)
	}
	found := 0
	err = r.Search(t.Context(), Query{Pattern: "the end$"}, func(l Line) bool {
		found++
		if l.N != 1 || l.Size != long.Size {
			t.Errorf("line %d of %d bytes was found", l.N, l.Size)
		}
		return true
	})
	if err != nil || found != 1 {
		t.Errorf("found %d, %v", found, err)
	}
	if grown := heap() - before; grown > 16<<20 {
		t.Errorf("the heap has grown by %d MB", grown>>20)
	}
}

// heap is what the process uses, without what can be collected.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestWritingAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	s := openStore(t, t.TempDir(), Options{})
	w := writer(t, s, "api")
	text := bytes.Repeat([]byte("a line of a flood\n"), 4000)
	n := testing.AllocsPerRun(200, func() {
		if _, err := w.Write(Out, text[:64<<10]); err != nil {
			t.Fatal(err)
		}
	})
	if n > 1 {
		t.Errorf("%v allocations a chunk", n)
	}
}

// disk is a file system that may be full.
type disk struct {
	mu   sync.Mutex
	room int // bytes; less than 0 without limit
}

func (d *disk) set(room int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = room
}

func (d *disk) open(path string, flag int) (file, error) {
	f, err := openOnDisk(path, flag)
	if err != nil {
		return nil, err
	}
	return &limited{file: f, disk: d, path: path}, nil
}

type limited struct {
	file
	disk *disk
	path string
}

func (l *limited) WriteAt(p []byte, off int64) (int, error) {
	l.disk.mu.Lock()
	n := len(p)
	if l.disk.room >= 0 {
		n = min(n, l.disk.room)
		l.disk.room -= n
	}
	l.disk.mu.Unlock()
	written, err := l.file.WriteAt(p[:n], off)
	if err == nil && n < len(p) {
		err = &os.PathError{Op: "write", Path: l.path, Err: syscall.ENOSPC}
	}
	return written, err
}

func TestAFullDiskIsSaidOnceAndMarkedInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{room: -1}
		dir := t.TempDir()
		s := openStore(t, dir, Options{open: d.open})
		w, r := writer(t, s, "api"), reader(t, s, "api")
		write(t, w, Out, "before\n")
		d.set(3)
		_, err := w.Write(Out, []byte("lost one\nlost two\n"))
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), filepath.Join(dir, "api", "00000001.log")) {
			t.Fatalf("the error is %v; want the path and the cause", err)
		}
		for range 100 {
			write(t, w, Err, "more\n")
		}
		time.Sleep(2 * time.Second)
		write(t, w, Out, "still full\n")
		d.set(-1)
		write(t, w, Out, "just after a try\n")
		time.Sleep(2 * time.Second)
		write(t, w, Out, "after\n")
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		bytes := len("t one\nlost two\n") + 100*len("more\n") + len("still full\njust after a try\n")
		wantContent(t, r, "out:before", "out:los",
			fmt.Sprintf("note:104 lines (%d bytes) dropped here: no space left on device", bytes), "out:after")
	})
}

func TestADiskThatFillsUpAnywhereLosesNothingThatFits(t *testing.T) {
	for room := range 220 {
		dir := t.TempDir()
		d := &disk{room: room}
		s := openStore(t, dir, Options{open: d.open, SegmentSize: 100, LogSize: 1 << 20})
		w, r := writer(t, s, "api"), reader(t, s, "api")
		said := 0
		var all strings.Builder
		for i := range 12 {
			line := fmt.Sprintf("line %d is written\n", i)
			all.WriteString(line)
			if _, err := w.Write(Out, []byte(line)); err != nil {
				said++
			}
		}
		if said > 1 {
			t.Fatalf("room for %d: the error was said %d times", room, said)
		}
		d.set(-1)
		if err := w.Break(); err != nil {
			t.Fatalf("room for %d: %v", room, err)
		}
		raw, err := printed(r)
		if err != nil || !strings.HasPrefix(all.String(), raw) {
			t.Fatalf("room for %d: %v, stored is %q", room, err, raw)
		}
		_, end, _ := r.Bounds()
		last, err := r.Lines(end-1, 1, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if marked := last[0].Stream == Note; marked != (len(raw) < all.Len()) || marked && said == 0 {
			t.Fatalf("room for %d: stored %d of %d bytes, error said %d times, last line %q", room, len(raw), all.Len(), said, last[0].Text)
		}
		_ = s.Close()
		// A reader in another process and the next host see the same.
		before := content(t, r)
		w = writer(t, openStore(t, dir, Options{}), "api")
		write(t, w, Out, "next\n")
		if d := cmp.Diff(append(before, "out:next"), content(t, r)); d != "" {
			t.Fatalf("room for %d: after opening again:\n%s", room, d)
		}
	}
}

func TestHalfAMarkIsNotTakenForOutput(t *testing.T) {
	dir := t.TempDir()
	d := &disk{room: -1}
	s := openStore(t, dir, Options{open: d.open})
	w, r := writer(t, s, "api"), reader(t, s, "api")
	if err := w.Note("up"); err != nil {
		t.Fatal(err)
	}
	d.set(0)
	if _, err := w.Write(Out, []byte("lost\n")); err == nil {
		t.Fatal("a full disk is no error")
	}
	d.set(5)
	if err := w.Flush(); err != nil {
		t.Fatalf("the error is said twice: %v", err)
	}
	_ = s.Close()
	openStore(t, dir, Options{})
	wantContent(t, r, "note:up")
}

func TestADirectoryThatCantBeMadeIsNamed(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	blocked := filepath.Join(dir, "api")
	if err := os.WriteFile(blocked, nil, fileMode); err != nil {
		t.Fatal(err)
	}
	w := writer(t, s, "api")
	if _, err := w.Write(Out, []byte("lost\n")); err == nil || !strings.Contains(err.Error(), blocked) {
		t.Fatalf("the error is %v, want it to name %s", err, blocked)
	}
	write(t, w, Out, "lost too\n")
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	if err := w.Note("here again"); err != nil {
		t.Fatal(err)
	}
	got := content(t, reader(t, s, "api"))
	if len(got) != 2 || !strings.HasPrefix(got[0], "note:2 lines (14 bytes) dropped here: ") || got[1] != "note:here again" {
		t.Errorf("the log is %q", got)
	}
}

func TestAClosedStoreRefusesAndSaysSoOnce(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	w := writer(t, s, "api")
	write(t, w, Out, "line\n")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(Out, []byte("late\n")); !errors.Is(err, errClosed) {
		t.Errorf("the error is %v", err)
	}
	if _, err := s.Writer("other"); !errors.Is(err, errClosed) {
		t.Errorf("the error is %v", err)
	}
}
