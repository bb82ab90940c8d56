// Package settings reads what a person wants of Sawhorse in every workspace:
// theme, keys, mouse, editor, notifications. It never stops anything: what is
// wrong with the file is told, and the default holds.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// Settings are a person's own, whole: defaults stand where nothing was said.
type Settings struct {
	// Theme is a theme's name, or Auto.
	Theme  string
	Themes []Theme
	// Keys are bindings by action; an empty list unbinds.
	Keys  map[string][]string
	Mouse bool
	// Editor and Pager are command lines; empty: $VISUAL, $EDITOR and $PAGER.
	Editor, Pager string
	Quit          Quit
	Notifications Notifications
	DetachKey     string
}

// Auto follows the terminal.
const Auto = "auto"

// Theme is a theme of the person's own: another one with some colours changed.
type Theme struct {
	Name, Base string
	// Colors are #rrggbb by meaning.
	Colors map[string]string
}

// Quit is what happens to the services when the screen is left.
type Quit string

// The answers.
const (
	QuitAsks   Quit = "ask"
	QuitStops  Quit = "stop"
	QuitLeaves Quit = "leave"
)

// Notifications are how a person wants to hear of things outside of the screen.
type Notifications struct {
	When  string // WhenUnfocused, WhenAlways, WhenNever
	How   string // Auto, osc9, osc777, osc99, bell, off
	After time.Duration
}

// When notifications are sent.
const (
	WhenUnfocused = "unfocused"
	WhenAlways    = "always"
	WhenNever     = "never"
)

// Default is what holds without a file.
func Default() Settings {
	return Settings{
		Theme: Auto, Mouse: true, Quit: QuitAsks, DetachKey: "ctrl+]",
		Notifications: defaultNotifications(),
	}
}

func defaultNotifications() Notifications {
	return Notifications{When: WhenUnfocused, How: Auto, After: 10 * time.Second}
}

// Path is where the file is, whether or not it is there: $SAWHORSE_CONFIG, else
// sawhorse/config.yml in the user's configuration directory.
func Path() (string, error) {
	if path := os.Getenv("SAWHORSE_CONFIG"); path != "" {
		return filepath.Abs(path)
	}
	// The XDG specification wants relative values ignored.
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sawhorse", fileName), nil
	}
	if dir := os.Getenv("AppData"); runtime.GOOS == "windows" && dir != "" {
		return filepath.Join(dir, "sawhorse", fileName), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the settings: %w; set SAWHORSE_CONFIG to a file", err)
	}
	return filepath.Join(home, ".config", "sawhorse", fileName), nil
}

const fileName = "config.yml"

// Load reads the file at Path. There are always settings; the error is
// config.Problems, or why the file can't be looked for. No file is no error,
// unless SAWHORSE_CONFIG names it.
func Load(k Known) (Settings, error) {
	path, err := Path()
	if err != nil {
		return Default(), err
	}
	s, err := config.ReadTable(path, table(k), Default)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if os.Getenv("SAWHORSE_CONFIG") == "" {
		return s, nil
	}
	return s, config.Problems{{
		Pos:     config.Position{File: path},
		Message: "the file that SAWHORSE_CONFIG names does not exist",
		Hint:    "create it, or unset SAWHORSE_CONFIG",
	}}
}

// LoadBytes reads text as if it were the file name.
func LoadBytes(name string, text []byte, k Known) (Settings, error) {
	return config.ReadTableBytes(name, text, table(k), Default)
}
