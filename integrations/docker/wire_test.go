package docker

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestABuildIsBuildKitsWhereItsDockerfileNeedsThat(t *testing.T) {
	for text, want := range map[string]bool{
		"FROM a\nRUN --mount=type=cache,target=/c make\n":          true,
		"FROM a\nrun --network=none \\\n  --mount=type=ssh make\n": true,
		"FROM a\nCOPY --from=b --link /a /b\n":                     true,
		"FROM a\nCOPY --chmod=755 /a /b\n":                         true,
		"FROM a\nRUN <<EOF\nmake\nEOF\n":                           true,
		"# syntax=docker/dockerfile:1\nFROM a\nRUN make\n":         false,
		"FROM a\nRUN make --mount=x\nCOPY --from=b /a /b\n":        false,
		"FROM a\nRUN cat < in\n":                                   false,
	} {
		if got := onlyKit().MatchString(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// status is a step that failed and a line that it printed, as BuildKit says it.
var status = append(
	appendBytes(nil, 1, append(appendBytes(appendBytes(appendBytes(appendBytes(nil, 1, []byte("sha256:1")), 2, []byte("sha256:0")), 3, []byte("[1/2] RUN make")), 7, []byte("exit code: 2")), 4<<3, 1, 5<<3|2, 0)),
	appendBytes(nil, 3, append(appendBytes(appendBytes(nil, 1, []byte("sha256:1")), 4, []byte("no rule\n")), 3<<3, 2))...,
)

func TestAStatusOfBuildKitIsRead(t *testing.T) {
	vertexes, said, err := readStatus(status)
	if err != nil {
		t.Fatal(err)
	}
	allow := cmp.AllowUnexported(vertex{}, vertexLog{})
	want := []vertex{{digest: "sha256:1", name: "[1/2] RUN make", inputs: []string{"sha256:0"}, problem: "exit code: 2", cached: true, began: true}}
	if diff := cmp.Diff(want, vertexes, allow); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]vertexLog{{vertex: "sha256:1", stderr: true, text: []byte("no rule\n")}}, said, allow); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAStepNeedsThoseThatItIsMadeFrom(t *testing.T) {
	k := newKitReader(nil)
	k.named = map[string]string{"a": "1/3 FROM alpine", "b": "2/3 RUN make", "c": "3/3 COPY /x /x"}
	k.from = map[string][]string{"b": {"a", "mount"}, "mount": {"a"}, "c": {"link", "b"}, "link": {"b", "link"}}
	for digest, want := range map[string][]string{"a": nil, "b": {"1/3 FROM alpine"}, "c": {"2/3 RUN make"}} {
		if diff := cmp.Diff(want, k.needs(digest)); diff != "" {
			t.Errorf("%s: %s", digest, diff)
		}
	}
}

func FuzzAStatusOfAnyKindIsReadOrRefused(f *testing.F) {
	f.Add(status)
	f.Fuzz(func(_ *testing.T, p []byte) { _, _, _ = readStatus(p) })
}

func TestTheLineOfAStepIsFound(t *testing.T) {
	const text = "# one\nFROM a AS b\n\nRUN make \\\n  all\nRUN other\nCOPY a b\nRUN make all\n"
	for step, want := range map[string]int{"FROM a AS b": 2, "RUN make   all": 4, "RUN other": 6, "COPY x y": 7, "ADD x": 0, "": 0} {
		if got := lineOf(text, 0, step); got != want {
			t.Errorf("%q: %d, want %d", step, got, want)
		}
	}
}
