package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// More names than one read gives, of all lengths.
func TestAListingHasEveryNameOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var want []entry
	for i := range 300 {
		e := entry{name: fmt.Sprintf("%03d%s", i, strings.Repeat("x", i%200)), dir: i%7 == 0}
		want = append(want, e)
		path := filepath.Join(dir, e.name)
		var err error
		switch {
		case e.dir:
			err = os.Mkdir(path, 0o700)
		case i%7 == 1: // a link to a directory is none
			err = os.Symlink(dir, path)
		default:
			err = os.WriteFile(path, nil, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Lstat(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, id, err := list(dir)
	slices.SortFunc(got, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{})); diff != "" || err != nil || id != idOf(info) {
		t.Errorf("%v, %v instead of %v, (-want +got):\n%s", err, id, idOf(info), diff)
	}
}

func TestADirectoryThatIsGoneHasNoListing(t *testing.T) {
	t.Parallel()
	if got, _, err := list(filepath.Join(t.TempDir(), "gone")); !os.IsNotExist(err) || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}
