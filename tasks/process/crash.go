package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Crash says what the guardian did when a host ended without a word.
type Crash struct {
	Host int       `json:"host"` // its pid
	At   time.Time `json:"at"`
	// Runs were going on and are ended.
	Runs []tasks.RunID `json:"runs"`
	// Ended are the processes that were found, Survivors those of them that
	// outlived KILL.
	Ended     []tasks.Process `json:"ended"`
	Survivors []tasks.Process `json:"survivors,omitempty"`
}

const crashFile = "crash.json"

// TakeCrash reads what a guardian of this workspace has left, and removes it;
// nil when the last host ended in good order. While a guardian is still at
// work it waits, up to some seconds, so that what starts next does not meet
// what is about to end. When the guardian was killed too, it does its work.
func TakeCrash(stateDir string) (*Crash, error) {
	if err := settleGuards(stateDir); err != nil {
		return nil, err
	}
	path := filepath.Join(stateDir, crashFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what happened to the last host: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return nil, fmt.Errorf("forget what happened to the last host: %w", err)
	}
	var c Crash
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &c, nil
}

// write leaves the crash for the next start, in one piece.
func (c *Crash) write(stateDir string) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(stateDir, crashFile+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(stateDir, crashFile))
	}
	if err != nil {
		_ = os.Remove(f.Name()) // incomplete
	}
	return err
}
