package logs

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// writerProcess names the directory in which this test binary writes when it is
// run as a host that gets killed.
const writerProcess = "SAWHORSE_TEST_LOG_WRITER"

// writeUntilKilled writes numbered lines, and prints a number when its line was
// taken.
func writeUntilKilled(dir string) int {
	s, err := Open(dir, Options{SegmentSize: 4 << 10})
	if err != nil {
		return 1
	}
	w, err := s.Writer("api")
	if err != nil {
		return 1
	}
	for i := 0; ; i++ {
		if _, err := fmt.Fprintln(os.Stdout, i); err != nil {
			return 0
		}
		if _, err := w.Write(Out, fmt.Appendf(nil, "line %d\n", i+1)); err != nil {
			return 1
		}
	}
}

func TestNothingIsLostWhenTheHostIsKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	next := 0 // number in the file, which goes on over all kills
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^$")
		cmd.Env = append(os.Environ(), writerProcess+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		taken := 0
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			if taken, err = strconv.Atoi(scanner.Text()); err != nil {
				t.Fatal(err)
			}
			if taken == 300+round*101 {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
		s := openStore(t, dir, Options{SegmentSize: 4 << 10})
		lines, err := reader(t, s, "api").Lines(int64(next), 1<<20, 0, nil)
		if err != nil || len(lines) < taken {
			t.Fatalf("round %d: %d lines are there, %v; %d were taken", round, len(lines), err, taken)
		}
		for i, l := range lines {
			if want := fmt.Sprintf("line %d", i+1); string(l.Text) != want || l.Open {
				t.Fatalf("round %d: line %d is %q, want %q", round, l.N, l.Text, want)
			}
		}
		next += len(lines)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestATornIndexIsMadeAnewFromTheData(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "") //nolint:usetesting // one a check, and there are many
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		o := Options{SegmentSize: rapid.SampledFrom([]int64{60, 1 << 20}).Draw(t, "segment"), LogSize: 1 << 30}
		s, err := Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		w, _ := s.Writer("api")
		var want strings.Builder
		for i := range rapid.IntRange(1, 12).Draw(t, "writes") {
			text := fmt.Sprintf("line %d\nand %s", i, rapid.SampledFrom([]string{"\n", "", "more\r\n"}).Draw(t, "end"))
			want.WriteString(text)
			if _, err := w.Write(Out, []byte(text)); err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "flush") {
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		seqs, err := listSegments(s.path("api"))
		if err != nil {
			t.Fatal(err)
		}
		path := indexPath(s.path("api"), seqs[len(seqs)-1])
		index, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		keep := rapid.IntRange(0, len(index)).Draw(t, "keep")
		zeros := bytes.Repeat([]byte{0}, rapid.IntRange(0, 100).Draw(t, "zeros"))
		if err := os.WriteFile(path, append(index[:keep:keep], zeros...), fileMode); err != nil {
			t.Fatal(err)
		}

		// A reader that comes first sees less, but nothing wrong.
		r, _ := OpenReader(dir, "api")
		defer r.Close()
		if raw, err := printed(r); err == nil && !strings.HasPrefix(want.String(), raw) {
			t.Fatalf("before repair the log is %q, want a beginning of %q", raw, want.String())
		}
		s, err = Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		w, _ = s.Writer("api")
		if _, err := w.Write(Out, []byte("next\n")); err != nil {
			t.Fatal(err)
		}
		got, err := printed(r)
		if err != nil {
			t.Fatal(err)
		}
		if got != want.String()+"next\n" {
			t.Fatalf("kept %d of %d bytes of the index: the log is %q, want %q", keep, len(index), got, want.String()+"next\n")
		}
		_, end, _ := r.Bounds()
		last, err := r.Lines(end-1, 1, 0, nil)
		if err != nil || string(last[0].Text) != "next" {
			t.Fatalf("the last line is %q, %v", last[0].Text, err)
		}
	})
}
