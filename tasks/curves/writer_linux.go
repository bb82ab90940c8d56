package curves

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// writerOf finds out who has a file open for writing: a process of a session, which is
// what a run is, another one, or nobody that can be seen.
func writerOf(file string, session int) writer {
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target
	}
	found := unknown
	processes, _ := os.ReadDir("/proc")
	for _, p := range processes {
		pid, err := strconv.Atoi(p.Name())
		if err != nil || !writes(pid, file) {
			continue
		}
		if session != 0 && sessionOf(pid) == session {
			return ours
		}
		found = another
	}
	return found
}

func writes(pid int, file string) bool {
	dir := "/proc/" + strconv.Itoa(pid)
	open, _ := os.ReadDir(dir + "/fd") // those of other users can't be read
	for _, fd := range open {
		if to, err := os.Readlink(dir + "/fd/" + fd.Name()); err != nil || to != file {
			continue
		}
		info, err := os.ReadFile(dir + "/fdinfo/" + fd.Name())
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(info)) {
			flags, ok := strings.CutPrefix(line, "flags:")
			if n, err := strconv.ParseInt(strings.TrimSpace(flags), 8, 64); ok && err == nil && n&int64(os.O_WRONLY|os.O_RDWR) != 0 {
				return true
			}
		}
	}
	return false
}

// sessionOf is the session of a process: the fourth word behind its name, which may
// itself have brackets and blanks.
func sessionOf(pid int) int {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	words := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(words) < 4 {
		return 0
	}
	n, _ := strconv.Atoi(words[3])
	return n
}
