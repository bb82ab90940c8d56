package logs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fill writes numbered lines of 20 bytes.
func fill(t *testing.T, w *Writer, lines int) {
	t.Helper()
	for i := range lines {
		write(t, w, Out, fmt.Sprintf("line %14d\n", i))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

func diskSize(t *testing.T, dir string) int64 {
	t.Helper()
	var n int64
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// printed is every byte that was printed: what stands on the disk but notes.
func printed(r *Reader) (string, error) {
	var all []byte
	err := r.retrying(func() error {
		all = all[:0]
		r.cursor.from(&r.view, position{})
		for {
			rec, ok := r.cursor.step()
			if !ok {
				return r.cursor.err
			}
			if rec.stream == Note {
				continue
			}
			text := make([]byte, rec.size)
			if err := r.view.read(r.cursor.segment, rec.off, text); err != nil {
				return err
			}
			all = append(all, text...)
		}
	})
	return string(all), err
}

func keysIn(t *testing.T, dir string) []Key {
	t.Helper()
	keys, err := Keys(dir)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestALogDropsItsOldestLinesAndKeepsTheirNumbers(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{LogSize: 40_000, SegmentSize: 4_000})
	w, r := writer(t, s, "api"), reader(t, s, "api")
	const lines = 20_000
	fill(t, w, lines)
	first, end, err := r.Bounds()
	if err != nil || first == 0 || end != lines {
		t.Fatalf("the log holds %d..%d, %v", first, end, err)
	}
	if size := diskSize(t, dir); size > 45_000 || size < 20_000 {
		t.Errorf("the log takes %d bytes on disk", size)
	}
	got, err := r.Lines(0, 1, 0, nil)
	if err != nil || len(got) != 1 || got[0].N != first || string(got[0].Text) != fmt.Sprintf("line %14d", first) {
		t.Errorf("from line 0 on comes %+v, %v; want line %d", got, err, first)
	}
	var hit int64
	err = r.Search(t.Context(), Query{Pattern: "line", Literal: true}, func(l Line) bool {
		hit = l.N
		return false
	})
	if err != nil || hit != first {
		t.Errorf("the first hit is line %d, %v; want %d", hit, err, first)
	}
}

func TestAFloodDoesNotPushOutAQuietLog(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{Total: 50_000, LogSize: 1 << 20, SegmentSize: 5_000})
	quiet, flood := writer(t, s, "quiet"), writer(t, s, "flood")
	fill(t, quiet, 10)
	fill(t, flood, 10_000)
	if err := s.Enforce(); err != nil {
		t.Fatal(err)
	}
	if first, end, err := reader(t, s, "quiet").Bounds(); first != 0 || end != 10 || err != nil {
		t.Errorf("the quiet log holds %d..%d, %v; want all of 0..10", first, end, err)
	}
	if first, end, err := reader(t, s, "flood").Bounds(); first == 0 || end != 10_000 || err != nil {
		t.Errorf("the flood holds %d..%d, %v", first, end, err)
	}
	if size := diskSize(t, dir); size > 60_000 {
		t.Errorf("all logs take %d bytes on disk", size)
	}
}

func TestOldOutputGoesAlsoWithoutNewOutput(t *testing.T) {
	dir := t.TempDir()
	begin := time.Now()
	var days atomic.Int64 // timers look at the clock, too
	clock := func() time.Time { return begin.Add(time.Duration(days.Load()) * 24 * time.Hour) }
	s := openStore(t, dir, Options{Now: clock})
	api, r := writer(t, s, "api"), reader(t, s, "api")
	fill(t, api, 10)
	fill(t, writer(t, s, "other"), 10)
	days.Store(13)
	fill(t, writer(t, s, "other"), 1)
	if err := s.Enforce(); err != nil {
		t.Fatal(err)
	}
	if first, end, _ := r.Bounds(); first != 0 || end != 10 {
		t.Fatalf("after 13 days the log holds %d..%d", first, end)
	}
	days.Store(15)
	if err := s.Enforce(); err != nil {
		t.Fatal(err)
	}
	if first, end, err := r.Bounds(); first != 10 || end != 10 || err != nil {
		t.Errorf("after 15 days the log holds %d..%d, %v; want nothing and the same numbers", first, end, err)
	}
	if first, end, _ := reader(t, s, "other").Bounds(); first != 0 || end != 11 {
		t.Errorf("the log with newer output holds %d..%d", first, end)
	}
	fill(t, api, 1)
	if lines, err := r.Lines(0, 10, 0, nil); err != nil || len(lines) != 1 || lines[0].N != 10 {
		t.Errorf("the next line is %+v, %v; want number 10", lines, err)
	}

	// What no writer of the next host asks for goes as a whole.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	days.Store(400)
	openStore(t, dir, Options{Now: clock})
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("after a year %s is left", left[0].Name())
	}
}

func TestKeysListsWhatIsThereAndRemoveDeletesIt(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	long := Key(strings.Repeat("Long/", 100))
	for _, key := range []Key{"api", "ci#4812/build", "API", long} {
		fill(t, writer(t, s, key), 3)
	}
	writer(t, s, "silent")
	want := []Key{"API", long, "api", "ci#4812/build"}
	if d := cmp.Diff(want, keysIn(t, dir)); d != "" {
		t.Errorf("the keys differ:\n%s", d)
	}
	r := reader(t, s, "api")
	if _, end, _ := r.Bounds(); end != 3 {
		t.Fatalf("the log ends at %d", end)
	}
	if err := s.Remove("api"); err != nil {
		t.Fatal(err)
	}
	if first, end, err := r.Bounds(); first != 0 || end != 0 || err != nil {
		t.Errorf("the removed log holds %d..%d, %v", first, end, err)
	}
	if err := writer(t, s, "api").Note("new"); err != nil {
		t.Fatal(err)
	}
	wantContent(t, r, "note:new")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, Options{})
	if d := cmp.Diff(want, keysIn(t, dir)); d != "" {
		t.Errorf("the keys of the next host differ:\n%s", d)
	}
	for _, key := range want {
		if err := s.Remove(key); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%d directories are left", len(left))
	}
}

func TestALogWithoutOutputIsEmptyAndNoError(t *testing.T) {
	r, err := OpenReader(filepath.Join(t.TempDir(), "not made yet"), "api")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if first, end, err := r.Bounds(); first != 0 || end != 0 || err != nil {
		t.Errorf("it holds %d..%d, %v", first, end, err)
	}
	if lines, err := r.Lines(0, 10, 0, nil); len(lines) > 0 || err != nil {
		t.Errorf("its lines are %v, %v", lines, err)
	}
	if line, err := r.At(time.Now()); line != 0 || err != nil {
		t.Errorf("its line at this time is %d, %v", line, err)
	}
	if err := r.Search(t.Context(), Query{Pattern: ""}, func(l Line) bool { t.Errorf("a search finds %+v", l); return true }); err != nil {
		t.Error(err)
	}
}

func TestOnlyTheUserMayReadLogs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	s := openStore(t, dir, Options{})
	fill(t, writer(t, s, "api"), 1)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, _ error) error {
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestASearchEndsWithItsContext(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{SegmentSize: 1 << 20})
	flood(t, writer(t, s, "api"), 100_000, 64<<10)
	r := reader(t, s, "api")
	ctx, cancel := context.WithCancel(t.Context())
	hits := 0
	err := r.Search(ctx, Query{Pattern: "line"}, func(Line) bool {
		if hits++; hits == 10 {
			cancel()
		}
		return true
	})
	if !errors.Is(err, context.Canceled) || hits >= 100_000 {
		t.Errorf("%d hits, %v", hits, err)
	}
}

func TestAFloodIsFoundInOrderFromBothEnds(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{SegmentSize: 1 << 20})
	const lines = 30_000
	flood(t, writer(t, s, "api"), lines, 64<<10)
	r := reader(t, s, "api")
	for _, q := range []Query{{Pattern: "took=  7ms"}, {Pattern: `=\s+7ms`}, {Pattern: "(?i)TOOK=  7MS"}, {Pattern: "took=  7ms", Literal: true}} {
		for _, reverse := range []bool{false, true} {
			q.Reverse = reverse
			next, step := int64(7), int64(997)
			if reverse {
				next += (lines - 8) / step * step
				step = -step
			}
			hits := 0
			err := r.Search(t.Context(), q, func(l Line) bool {
				hits++
				if l.N != next {
					t.Errorf("%+v finds line %d, want %d", q, l.N, next)
					return false
				}
				next += step
				return true
			})
			if err != nil || hits != 31 {
				t.Errorf("%+v: %d hits, %v", q, hits, err)
			}
		}
	}
}

func TestADamagedIndexIsAnErrorThatNamesIt(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	w := writer(t, s, "api")
	for range 10 {
		fill(t, w, 1)
	}
	path := indexPath(s.path("api"), 1)
	index, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	index[5*recordSize+3] ^= 1
	if err := os.WriteFile(path, index, fileMode); err != nil {
		t.Fatal(err)
	}
	_, err = reader(t, s, "api").Lines(0, 100, 0, nil)
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("the error is %v, want it to name %s", err, path)
	}
}

func TestAWindowOfAFloodIsRight(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{SegmentSize: 1 << 20})
	w := writer(t, s, "api")
	fill(t, w, 5_000)
	text := strings.Repeat("0123456789", 3)
	for i := range 50_000 {
		write(t, w, Out, fmt.Sprintf("%d %s\n", i, text[:i%30]))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r := reader(t, s, "api")
	for from := int64(5_000); from < 54_990; from += 4_321 {
		lines, err := r.Lines(from, 10, 0, nil)
		if err != nil || len(lines) != 10 {
			t.Fatalf("%d lines from %d, %v", len(lines), from, err)
		}
		for k, l := range lines {
			i := from + int64(k) - 5_000
			if want := fmt.Sprintf("%d %s", i, text[:i%30]); string(l.Text) != want {
				t.Fatalf("line %d is %q, want %q", l.N, l.Text, want)
			}
		}
	}
}

func TestALogThatWasRemovedAndMadeAnewIsReadAnew(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	w, r := writer(t, s, "api"), reader(t, s, "api")
	fill(t, w, 1)
	if got := content(t, r); len(got) != 1 {
		t.Fatalf("the log is %q", got)
	}
	if err := s.Remove("api"); err != nil {
		t.Fatal(err)
	}
	if err := w.Note("as many lines as before"); err != nil {
		t.Fatal(err)
	}
	wantContent(t, r, "note:as many lines as before")
}

func TestADropThatWasInterruptedIsFinished(t *testing.T) {
	dir := t.TempDir()
	o := Options{SegmentSize: 100, LogSize: 1 << 20}
	s := openStore(t, dir, o)
	fill(t, writer(t, s, "api"), 20)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dataPath(s.path("api"), 1)); err != nil {
		t.Fatal(err)
	}
	r, _ := OpenReader(dir, "api")
	defer r.Close()
	if first, end, err := r.Bounds(); first != 5 || end != 20 || err != nil {
		t.Errorf("before the next host the log holds %d..%d, %v; want 5..20", first, end, err)
	}
	openStore(t, dir, o)
	if _, err := os.Stat(indexPath(s.path("api"), 1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the index of the dropped segment is left: %v", err)
	}
	if first, end, err := r.Bounds(); first != 5 || end != 20 || err != nil {
		t.Errorf("the log holds %d..%d, %v; want 5..20", first, end, err)
	}
}

func TestAReaderKeepsFewFilesOpen(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{SegmentSize: 100, LogSize: 1 << 20})
	fill(t, writer(t, s, "api"), 100)
	r := reader(t, s, "api")
	if got := content(t, r); len(got) != 100 {
		t.Fatalf("the log has %d lines", len(got))
	}
	if len(r.view.open) > maxOpen || len(r.view.segments) < 10 {
		t.Errorf("%d of %d segments are open", len(r.view.open), len(r.view.segments))
	}
}

func TestALineIsCutBySegmentsOnlyWhenItIsAsLongAsOne(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{SegmentSize: 100, LogSize: 1 << 20})
	w := writer(t, s, "api")
	part := func(text string) int {
		write(t, w, Out, text)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		seqs, err := listSegments(s.path("api"))
		if err != nil {
			t.Fatal(err)
		}
		return len(seqs)
	}
	sixty := strings.Repeat("x", 60)
	for i, want := range []int{1, 1, 2, 2} {
		if got := part(sixty); got != want {
			t.Errorf("after part %d there are %d segments, want %d", i, got, want)
		}
	}
	part(sixty + "\n" + sixty)
	lines, err := reader(t, s, "api").Lines(0, 10, 0, nil)
	if err != nil || len(lines) != 2 || lines[0].Size != 300 || lines[1].Size != 60 {
		t.Errorf("the lines are %+v, %v", lines, err)
	}
}

func TestACarriageReturnBeforeANewlineOfTheOtherStreamIsText(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	w, r := writer(t, s, "api"), reader(t, s, "api")
	write(t, w, Out, "50 %\r")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	write(t, w, Err, "\n")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	wantContent(t, r, "out:50 %\r", "err:")
	err := r.Search(t.Context(), Query{Pattern: "50"}, func(l Line) bool {
		if string(l.Text) != "50 %\r" || l.Size != 5 {
			t.Errorf("a search finds %q of %d bytes", l.Text, l.Size)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}
