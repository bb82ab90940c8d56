package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// HostInfo says which host runs a workspace.
type HostInfo struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Version string    `json:"version"`
	Socket  string    `json:"socket"`
	Root    string    `json:"root"` // of the workspace
}

// LockedError is TryLock's answer when another host runs the workspace.
type LockedError struct {
	Host HostInfo // zero when it has not said yet who it is
}

// Error names the host.
func (e *LockedError) Error() string {
	if e.Host.PID == 0 {
		return "another host is starting in this workspace"
	}
	return fmt.Sprintf("host %d runs this workspace since %s", e.Host.PID, e.Host.Started.Format(time.DateTime))
}

// Lock is held by the one host of a workspace, until Unlock or the end of the
// process, whatever ends it. Child processes do not inherit it.
type Lock struct {
	file *os.File
}

// errBusy is what tryFlock returns when the lock is held.
var errBusy = errors.New("locked")

// lockTries is how often a lock is tried again that only a reader holds, who
// is about to let go of it.
const (
	lockTries = 100
	lockPause = 5 * time.Millisecond
)

// TryLock makes this process the host of the workspace and says so to others.
// It returns a *LockedError at once when there is another host. ReadHost tells
// before, not after, whether the last host was killed.
func TryLock(stateDir string, info HostInfo) (*Lock, error) {
	path := lockPath(stateDir)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the workspace's lock: %w", err)
	}
	if err := lockForHost(f); err != nil {
		defer f.Close()
		if errors.Is(err, errBusy) {
			host, _ := readInfo(f)
			return nil, &LockedError{host}
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	l := &Lock{f}
	if err := l.Update(info); err != nil {
		_ = f.Close()
		return nil, err
	}
	return l, nil
}

// lockForHost takes the exclusive lock. ReadHost takes a shared one for a
// moment, so a refusal means another host only when a shared lock is refused,
// too.
func lockForHost(f *os.File) error {
	for range lockTries {
		err := tryFlock(f, true)
		if !errors.Is(err, errBusy) {
			return err
		}
		if err := tryFlock(f, false); err != nil {
			return err
		}
		if err := unflock(f); err != nil {
			return err
		}
		time.Sleep(lockPause)
	}
	return errBusy
}

// Update replaces what the host says of itself. The file is written in place,
// because the lock belongs to it and not to its name.
func (l *Lock) Update(info HostInfo) error {
	text, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("describe the host: %w", err)
	}
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("describe the host: %w", err)
	}
	if _, err := l.file.WriteAt(append(text, '\n'), 0); err != nil {
		return fmt.Errorf("describe the host: %w", err)
	}
	return nil
}

// Unlock gives the workspace back. It empties the file first: a description
// without a lock is left by a host that did not end in order.
func (l *Lock) Unlock() error {
	err := l.file.Truncate(0)
	return errors.Join(err, l.file.Close())
}

// ReadHost returns what is known of a workspace's host. alive is told by the
// lock, never by the process id, which may belong to somebody else by now. Not
// alive with a PID: that host was killed, or the machine went down under it.
// Neither: no host, and the last one ended in order.
func ReadHost(stateDir string) (info HostInfo, alive bool, err error) {
	f, err := os.OpenFile(lockPath(stateDir), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return HostInfo{}, false, nil
	}
	if err != nil {
		return HostInfo{}, false, fmt.Errorf("read the workspace's lock: %w", err)
	}
	defer f.Close()
	for range lockTries {
		switch err := tryFlock(f, false); {
		case errors.Is(err, errBusy):
			alive = true
		case err != nil:
			return HostInfo{}, false, fmt.Errorf("look at the workspace's lock: %w", err)
		default:
			alive = false
		}
		if info, err = readInfo(f); alive && (err != nil || info.PID == 0) {
			time.Sleep(lockPause) // it has the lock and is about to write
			continue
		}
		break
	}
	if err != nil {
		if alive {
			return HostInfo{}, true, fmt.Errorf("read who holds %s: %w", lockPath(stateDir), err)
		}
		return HostInfo{}, false, nil // killed while it wrote
	}
	return info, alive, nil
}

func readInfo(f *os.File) (HostInfo, error) {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<16))
	if err != nil || len(text) == 0 {
		return HostInfo{}, err
	}
	var info HostInfo
	if err := json.Unmarshal(text, &info); err != nil {
		return HostInfo{}, err
	}
	return info, nil
}

func lockPath(stateDir string) string { return filepath.Join(stateDir, "host.lock") }

// Host is a workspace that has state on this machine.
type Host struct {
	StateDir string
	Info     HostInfo // zero when no host ran since the last one ended in order
	Alive    bool
	Err      error // why Info and Alive are not known
}

// Hosts lists all workspaces of this user that have state, by name.
func Hosts() ([]Host, error) {
	base, err := baseDir()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(base, "workspaces"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list workspaces: %w", err)
	}
	var hosts []Host
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		h := Host{StateDir: filepath.Join(base, "workspaces", e.Name())}
		h.Info, h.Alive, h.Err = ReadHost(h.StateDir)
		hosts = append(hosts, h)
	}
	return hosts, nil
}
