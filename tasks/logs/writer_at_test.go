package logs

import (
	"testing"
	"time"
)

func TestALineFromElsewhereHasTheTimeOfItsSource(t *testing.T) {
	s, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w, err := s.Writer("box")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 5, 4, 12, 0, 0, 123, time.UTC)
	for i, text := range []string{"one\n", "two\nthree\n"} {
		if _, err := w.WriteAt(Out, []byte(text), noon.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := s.Reader("box")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	lines, err := r.Lines(0, 10, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []time.Time{noon, noon.Add(time.Minute), noon.Add(time.Minute)} {
		if i >= len(lines) || !lines[i].Time.Equal(want) {
			t.Fatalf("line %d of %d is not of %v: %+v", i, len(lines), want, lines)
		}
	}
	if at, err := r.At(noon.Add(time.Second)); err != nil || at != 1 {
		t.Errorf("after noon comes line %d, %v", at, err)
	}
}
