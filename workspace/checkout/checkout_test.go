package checkout

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// repository is one with a commit, and a file that was changed since.
type repository struct {
	*testing.T
	dir string
}

func newRepository(t *testing.T) repository {
	t.Helper()
	r := repository{t, t.TempDir()}
	for name, value := range map[string]string{
		"GIT_AUTHOR_NAME": "ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	r.git("init", "-q", "-b", "main")
	return r
}

func (r repository) git(args ...string) string {
	r.Helper()
	cmd := exec.Command("git", append([]string{"-C", r.dir}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repository) write(name, text string) {
	r.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(r.dir, name)), 0o700); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
}

func (r repository) commit(name, text string) {
	r.Helper()
	r.write(name, text)
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "a change of "+name)
}

const most = 10_000

func TestTheDifferenceOfTwoStatesHasWhatWasNotCommitted(t *testing.T) {
	r := newRepository(t)
	r.commit("src/train.py", "lr = 1\nsteps = 10\n")
	r.write("src/train.py", "lr = 2\nsteps = 10\n")
	a := Now(t.Context(), r.dir, most)
	if !strings.Contains(a.Patch, "+lr = 2") || a.Commit != r.git("rev-parse", "HEAD") || a.Cut {
		t.Errorf("it holds %+v", a)
	}
	r.commit("src/train.py", "lr = 2\nsteps = 20\n")
	r.write("src/train.py", "lr = 3\nsteps = 20\n")
	objects := r.git("count-objects")
	// From a folder of it, too.
	b := Now(t.Context(), filepath.Join(r.dir, "src"), most)
	patch, note, err := Diff(t.Context(), filepath.Join(r.dir, "src"), a, b)
	if err != nil || note != "" {
		t.Fatal(err, note)
	}
	for _, want := range []string{"-lr = 2\n", "+lr = 3\n", "-steps = 10\n", "+steps = 20\n", "1 file changed"} {
		if !strings.Contains(patch, want) {
			t.Errorf("no %q in\n%s", want, patch)
		}
	}
	if strings.Contains(patch, "lr = 1") {
		t.Errorf("what was not committed is left out:\n%s", patch)
	}
	if now := r.git("count-objects"); now != objects {
		t.Errorf("the repository has grown: %s, was %s", now, objects)
	}
	if same, _, err := Diff(t.Context(), r.dir, a, a); same != "" || err != nil {
		t.Errorf("from a state to itself: %q, %v", same, err)
	}
}

func TestACommitThatIsNotHereIsNamed(t *testing.T) {
	r := newRepository(t)
	r.commit("a", "1\n")
	here := Now(t.Context(), r.dir, most)
	gone := Code{Commit: strings.Repeat("12ab", 10)}
	_, _, err := Diff(t.Context(), r.dir, here, gone)
	absent, ok := errors.AsType[*AbsentError](err)
	if !ok || absent.Error() != "commit 12ab12ab1 is not in this checkout; git fetch may bring it" {
		t.Errorf("it says %v", err)
	}
	if _, _, err := Diff(t.Context(), r.dir, here, Code{}); err == nil || err.Error() != "which commit it ran is not known" {
		t.Errorf("it says %v", err)
	}
	if _, _, err := Diff(t.Context(), t.TempDir(), here, here); err == nil || !strings.Contains(err.Error(), "not a git repository") {
		t.Errorf("it says %v", err)
	}
}

func TestAPatchThatWasCutStandsBelowTheDifferenceOfTheCommits(t *testing.T) {
	r := newRepository(t)
	r.commit("a", "1\n")
	r.write("a", strings.Repeat("a line\n", 100))
	a := Now(t.Context(), r.dir, 200)
	if !a.Cut || len(a.Patch) > 200 || !strings.HasSuffix(a.Patch, "\n") {
		t.Errorf("it holds %+v", a)
	}
	r.commit("a", "2\n")
	patch, note, err := Diff(t.Context(), r.dir, a, Now(t.Context(), r.dir, most))
	if err != nil || !strings.Contains(patch, "+2\n") || !strings.Contains(patch, "not committed in the first one:") || !strings.Contains(note, "only the beginning is kept") {
		t.Errorf("%v %q\n%s", err, note, patch)
	}
}

func TestWhatIsNotCommittedIsAChange(t *testing.T) {
	r := newRepository(t)
	changed := func(want bool, when string) {
		t.Helper()
		if got := Uncommitted(t.Context(), r.dir); got != want {
			t.Errorf("%s: changed is %v", when, got)
		}
	}
	r.write("cart.go", "package cart")
	changed(false, "a file that git does not know")
	r.git("add", ".")
	changed(true, "a file that was added")
	r.git("commit", "-q", "-m", "cart")
	changed(false, "after the commit")
	r.write("cart.go", "package basket")
	changed(true, "a file that was edited")
	if Uncommitted(t.Context(), t.TempDir()) {
		t.Error("a directory without git is changed")
	}
}

func TestADirectoryWithoutGitHoldsNothingThatIsKnown(t *testing.T) {
	if c := Now(t.Context(), t.TempDir(), most); c != (Code{}) {
		t.Errorf("it holds %+v", c)
	}
	r := newRepository(t)
	if c := Now(t.Context(), r.dir, most); c != (Code{}) {
		t.Errorf("without a commit it holds %+v", c)
	}
	r.commit("a", "1\n")
	if b := Branch(t.Context(), r.dir); b != "main" {
		t.Errorf("the branch is %q", b)
	}
}

// A file of data that somebody forgot to ignore is no reason to hold all of it.
func TestOfALongPatchNoMoreIsReadThanIsKept(t *testing.T) {
	r := newRepository(t)
	r.commit("data.csv", "1\n")
	r.write("data.csv", strings.Repeat("0123456789\n", 2<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := Now(t.Context(), r.dir, most)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
		t.Errorf("%d bytes were taken for a patch of 22 MB", n)
	}
	if !c.Cut || len(c.Patch) > most || len(c.Patch) < most-20 || !strings.HasSuffix(c.Patch, "\n") {
		t.Errorf("kept %d bytes, cut %v", len(c.Patch), c.Cut)
	}
}
