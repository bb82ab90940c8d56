package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/session"
)

// demoFiles is the example workspace: an ordinary sawhorse.yml whose services
// are hidden verbs of this program, so that it needs nothing else.
//
//go:embed all:demo
var demoFiles embed.FS

func (a *app) cmdDemo() *cobra.Command {
	var dir string
	var fresh bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Open an example workspace that needs nothing else on this machine", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), dir, fresh) },
	}
	cmd.Flags().StringVar(&dir, "into", "", "where to write it; default: sawhorse-demo in the user's cache directory")
	cmd.Flags().BoolVar(&fresh, "fresh", false, "write its files anew, whatever was changed in them")
	return cmd
}

func (a *app) demo(ctx context.Context, dir string, fresh bool) error {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("find the cache directory: %w", err)
		}
		dir = filepath.Join(cache, "sawhorse-demo")
	}
	if err := writeDemo(dir, fresh); err != nil {
		return err
	}
	f, err := config.Load(dir)
	if err != nil {
		return err
	}
	a.dir = dir
	p, err := a.find()
	if err != nil {
		return err
	}
	// The program's own example is trusted, but not what somebody put in its place.
	if isOurs(f) {
		store, err := session.OpenTrust()
		if err != nil {
			return err
		}
		now := session.Commands(f)
		if err := store.Allow(p.root, session.Digest(now), now); err != nil {
			return err
		}
	}
	return a.screenAt(ctx, p)
}

// isOurs says whether the workspace file is the embedded one and nothing else.
func isOurs(f *config.File) bool {
	if len(f.Files) != 1 {
		return false
	}
	there, err := os.ReadFile(f.Files[0])
	if err != nil {
		return false
	}
	ours, err := demoFiles.ReadFile("demo/sawhorse.yml")
	return err == nil && bytes.Equal(there, ours)
}

// writeDemo writes the example's files where they are not there yet.
func writeDemo(dir string, fresh bool) error {
	err := fs.WalkDir(demoFiles, "demo", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("demo", path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		if _, err := os.Stat(to); err == nil && !fresh {
			return nil
		}
		text, err := demoFiles.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o644)
	})
	if err != nil {
		return fmt.Errorf("write the example to %s: %w", dir, err)
	}
	return nil
}
