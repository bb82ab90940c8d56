package tests

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

func TestALineThatIsTooLongSaysHowMuchOfItIsNotShown(t *testing.T) {
	dir := t.TempDir()
	store, err := logs.Open(dir, logs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := store.Writer("test")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1_000_000)
	if _, err := w.Write(logs.Out, []byte(long+"\nthe end\n")); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	got := readOutput(dir, "test", outputKey{from: 0, to: 2}, tasks.TestResult{}, &finder{})
	want := []string{long[:longestLine] + " … 998000 bytes more of this line: o shows it in the log", "the end"}
	var texts []string
	for _, l := range got.lines {
		texts = append(texts, l.text)
	}
	if diff := cmp.Diff(want, texts); diff != "" || got.err != nil {
		t.Errorf("%v %s", got.err, diff)
	}
}
