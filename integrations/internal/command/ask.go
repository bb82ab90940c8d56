package command

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Ask prepares a question to a task's own tool: words run in dir with the
// environment of the task, on whose PATH the program is looked for. It is ended
// with ctx.
func Ask(ctx context.Context, dir string, env []string, words ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, find(words[0], env), words[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, append(slices.Clone(env), "PWD="+dir), time.Second
	return cmd
}

// find is the program that a shell with this environment would run; as it is
// written where there is none, so that to start it says so.
func find(program string, env []string) string {
	if strings.ContainsAny(program, `/\`) {
		return program
	}
	path := ""
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, "PATH="); ok {
			path = value // the last one counts
		}
	}
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, program)
		if info, err := os.Stat(file); filepath.IsAbs(dir) && err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return file
		}
	}
	return program
}
