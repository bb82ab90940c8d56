package dvclive

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestContract(t *testing.T) { integrationtest.Contract(t, Definition()) }

// read gives a file to its reader, in parts of a size, and returns what it tells of.
func read(tb testing.TB, file string, text []byte, size int) (rows []string, err error) {
	tb.Helper()
	g, ok := curves(file)
	if !ok {
		tb.Fatalf("%s is none of DVCLive", file)
	}
	for err == nil && len(text) > 0 {
		part := text[:min(size, len(text))]
		err = g.Read(part, func(name string, p tasks.Point) {
			row := fmt.Sprintf("%s %v %v", name, p.Step, p.Value)
			if !p.At.IsZero() {
				row += fmt.Sprintf(" at %d", p.At.UnixMilli())
			}
			rows = append(rows, row)
		})
		text = text[len(part):]
	}
	return rows, err
}

// What DVCLive 3.49 has written.
func TestRealFilesAreRead(t *testing.T) {
	for file, want := range map[string][]string{
		"dvclive/plots/metrics/acc.tsv": {
			"acc 0 0.5 at 1795748127726", "acc 1 0.6 at 1795748127730", "acc 2 0.7 at 1795748127732", "acc 3 0.8 at 1795748127734",
		},
		"dvclive/plots/metrics/train/loss.tsv": {"train/loss 0 2", "train/loss 1 1", "train/loss 2 0.6666666666666666", "train/loss 3 0.5"},
		"dvclive/metrics.json":                 {"acc 3 0.8", "noplot 3 3", "train/loss 3 0.5"},
	} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		sizes := []int{len(text)}
		if strings.HasSuffix(file, ".tsv") {
			sizes = append(sizes, 1, 7)
		}
		for _, size := range sizes {
			got, err := read(t, "/lab/"+file, text, size)
			if strings.HasSuffix(file, ".json") {
				slices.Sort(got)
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s in parts of %d: %v %s", file, size, err, diff)
			}
		}
	}
}

func TestWhatIsNoTableOfNumbersIsPassedOver(t *testing.T) {
	for text, want := range map[string][]string{
		"step\tloss\n1\tnan\n2\tinf\n3": {"loss 1 NaN", "loss 2 +Inf"},
		"step\tloss\r\n1\t2\r\n":        {"loss 1 2"},
		"step\tloss\n1\tx\n2\n\n3\t4\n": {"loss 3 4"},
		"loss\n1\n":                     nil,
		"step\n1\n":                     nil,
	} {
		got, err := read(t, "/lab/dvclive/plots/metrics/loss.tsv", []byte(text), 3)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	_, err := read(t, "/lab/dvclive/plots/metrics/loss.tsv", []byte("step\tloss\n"+strings.Repeat("9", longestLine+1)), 1000)
	if err == nil || !strings.Contains(err.Error(), "the line at byte 10 has no end") {
		t.Errorf("a line without end: %v", err)
	}
}

func TestParametersAreReadWithTheNamesThatDVCGivesThem(t *testing.T) {
	written, err := os.ReadFile("testdata/dvclive/params.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]map[string]string{
		string(written): {"lr": "0.01", "net.hidden": "8", "net.act": "relu"},
		"a: [1, 2]\nb:\n- x: 1.0e-05\n- y: true\nc: null\nd: 'two  words'\ne: {}\n": {"a": "[1, 2]", "b.0.x": "1.0e-05", "b.1.y": "true", "c": "null", "d": "two words"},
		"just a text": {},
		"":            {},
	} {
		g, _ := curves("/lab/dvclive/params.yaml")
		got, err := g.Params([]byte(text))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	if _, err := params([]byte("a: [1, 2")); err == nil {
		t.Error("half a file is taken for all of it")
	}
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	for file, home := range map[string]string{
		"/lab/dvclive/plots/metrics/a/b.tsv": "/lab/dvclive", "/lab/exp/plots/metrics/a.tsv": "/lab/exp", "/lab/dvclive/metrics.json": "/lab/dvclive",
		"/lab/metrics.json": "", "/lab/exp/params.yaml": "/lab/exp", "/lab/exp/params.json": "", "/lab/dvclive/plots/images/a.tsv": "",
	} {
		if g, ok := curves(file); ok != (home != "") || g.Home != home {
			t.Errorf("%s: %v, home %q", file, ok, g.Home)
		}
	}
}

func FuzzAnyFileIsReadWithoutAPanic(f *testing.F) {
	f.Add([]byte("timestamp\tstep\tacc\n1700\t0\t0.5\n"), 3)
	f.Add([]byte(`{"train": {"loss": 0.5}, "step": 3}`), 9)
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		const file = "/lab/dvclive/plots/metrics/loss.tsv"
		whole, _ := read(t, file, text, max(1, len(text)))
		parts, _ := read(t, file, text, max(1, size%100))
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Error(diff)
		}
		_, _ = read(t, "/lab/dvclive/metrics.json", text, max(1, len(text)))
		_, _ = params(text)
	})
}
