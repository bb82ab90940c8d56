package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// findProgram is the file that a command word means: in the PATH that the
// process will have, or relative to its directory when it has a slash.
func findProgram(name, dir, path string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) || strings.Contains(name, "/") {
		file := name
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		found, err := executableFile(file)
		if err != nil {
			return "", notRunnable(name, file, err)
		}
		return found, nil
	}
	var denied string
	for _, d := range filepath.SplitList(path) {
		if d == "" {
			d = "."
		}
		if !filepath.IsAbs(d) {
			d = filepath.Join(dir, d)
		}
		found, err := executableFile(filepath.Join(d, name))
		switch {
		case err == nil:
			return found, nil
		case denied == "" && errors.Is(err, fs.ErrPermission):
			denied = filepath.Join(d, name)
		}
	}
	if denied != "" {
		return "", &tasks.StartError{Reason: denied + " is not executable", Hint: "try chmod +x " + denied}
	}
	return "", &tasks.StartError{Reason: fmt.Sprintf("command not found: %s", name), Hint: missingHint(name, dir, path)}
}

func notRunnable(name, file string, err error) error {
	switch {
	case errors.Is(err, errDirectory):
		return &tasks.StartError{Reason: name + " is a directory", Hint: "name a program in it"}
	case errors.Is(err, fs.ErrPermission):
		return &tasks.StartError{Reason: name + " is not executable", Hint: "try chmod +x " + file}
	case errors.Is(err, fs.ErrNotExist):
		hint := "check the path"
		if similar := similarFile(filepath.Dir(file), filepath.Base(file)); similar != "" {
			hint = fmt.Sprintf("did you mean %s%s?", strings.TrimSuffix(name, filepath.Base(file)), similar)
		}
		return &tasks.StartError{Reason: "command not found: " + file, Hint: hint}
	}
	return &tasks.StartError{Reason: fmt.Sprintf("%s: %s", file, plain(err)), Hint: "check the path"}
}

// missingHint is the next step when a word is in no directory of PATH.
func missingHint(name, dir, path string) string {
	if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
		return fmt.Sprintf("did you mean ./%s? A name without a slash is looked for in PATH only", name)
	}
	if similar := similarFile(dir, name); similar != "" {
		return fmt.Sprintf("did you mean ./%s?", similar)
	}
	if path == "" {
		return "PATH is empty: set it in env, or write the whole path"
	}
	return "install it, or write the whole path; PATH is " + path
}

// similarFile is the file of a directory with the most similar name, if any is
// close enough to be meant.
func similarFile(dir, name string) string {
	d, err := os.Open(dir)
	if err != nil {
		return ""
	}
	defer func() { _ = d.Close() }()          // only read
	entries, _ := d.ReadDir(500)              // a hint is not worth more
	best, distance := "", min(2, len(name)/3) // as for keys in the file: a slip, not another word
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if n := levenshtein.ComputeDistance(name, e.Name()); n > 0 && n <= distance {
			best, distance = e.Name(), n-1
		}
	}
	return best
}

// shebang is the interpreter that a script names.
func shebang(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	head := make([]byte, 256)
	n, _ := io.ReadFull(f, head) // a short file is fine
	line, _, _ := bytes.Cut(head[:n], []byte("\n"))
	rest, ok := bytes.CutPrefix(line, []byte("#!"))
	if !ok {
		return ""
	}
	words := strings.Fields(string(rest))
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

var errDirectory = errors.New("is a directory")
