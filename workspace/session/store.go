package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// CorruptError says that a remembered file could not be understood and was set
// aside. Nobody needs to stop for it.
type CorruptError struct {
	Path  string // of the file
	Aside string // where it is now; "" when it could not be moved
	Err   error
}

// Error says which file and why.
func (e *CorruptError) Error() string {
	if e.Aside == "" {
		return fmt.Sprintf("%s cannot be read (%v) and is not used", e.Path, e.Err)
	}
	return fmt.Sprintf("%s cannot be read (%v); it was kept as %s and is started anew", e.Path, e.Err, e.Aside)
}

// Unwrap gives the decoding error.
func (e *CorruptError) Unwrap() error { return e.Err }

// Load reads what Save remembered under a name into v, a pointer. When there is
// nothing v stays as it is and the error is nil. A file that is not understood
// is set aside as name.json.bad and reported as a *CorruptError; v stays as it
// is then, too.
func Load(stateDir, name string, v any) error {
	path, err := storePath(stateDir, name)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read remembered %s: %w", name, err)
	}
	fresh := reflect.New(reflect.TypeOf(v).Elem()) // half a decoded file must not reach v
	if err := json.Unmarshal(text, fresh.Interface()); err != nil {
		bad := &CorruptError{Path: path, Err: err}
		if os.Rename(path, path+".bad") == nil {
			bad.Aside = path + ".bad"
		}
		return bad
	}
	reflect.ValueOf(v).Elem().Set(fresh.Elem())
	return nil
}

// Save remembers v under a name, readable for the user alone. After a crash at
// any moment the file holds the old value or the new one, whole.
func Save(stateDir, name string, v any) error {
	path, err := storePath(stateDir, name)
	if err != nil {
		return err
	}
	if err := writeJSON(path, v); err != nil {
		return fmt.Errorf("remember %s: %w", name, err)
	}
	return nil
}

func storePath(stateDir, name string) (string, error) {
	if name == "" || name[0] == '.' || strings.ContainsAny(name, `/\:`) {
		return "", fmt.Errorf("%q is no name for a remembered file", name)
	}
	return filepath.Join(stateDir, name+".json"), nil
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Sync())
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	syncDir(dir)
	return nil
}

// syncDir makes the rename last. Where directories cannot be synced, the file
// is as whole, only maybe old.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}
