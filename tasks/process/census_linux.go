package process

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// hertz is the unit of times in /proc: it is 100 on every Linux, whatever the
// kernel itself ticks at.
const hertz = 100

// readProcs reads /proc. It opens files with plain system calls: a census of 300
// processes takes about 5 ms so, and three times that through os.File.
func readProcs() []proc {
	names := procNames()
	procs := make([]proc, 0, len(names))
	buf := make([]byte, 1024)
	page := int64(os.Getpagesize())
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		stat := readSmall("/proc/"+name+"/stat", buf)
		if p, ok := parseStat(stat, page); ok {
			procs = append(procs, p)
		}
	}
	return procs
}

// deserted says whether certainly nobody is in the group or session of one of
// the leaders. It asks for two numbers of each process, where a census reads a
// file: after each run that leaves nothing behind that is an eighth of the time.
func deserted(leaders []ident) bool {
	names := procNames()
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		sid, err := unix.Getsid(pid)
		pgid := 0
		if err == nil {
			pgid, err = unix.Getpgid(pid)
		}
		switch {
		case errors.Is(err, unix.ESRCH): // gone since
		case err != nil || slices.ContainsFunc(leaders, func(l ident) bool { return l.pid == sid || l.pid == pgid }):
			return false
		}
	}
	return len(names) > 0
}

func procNames() []string {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }() // only read
	names, _ := dir.Readdirnames(-1)   // a partial list is what there is
	return names
}

// readSmall reads the beginning of a file, as far as it fits.
func readSmall(path string, buf []byte) []byte {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(fd) }() // only read
	n := 0
	for n < len(buf) {
		m, err := unix.Read(fd, buf[n:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || m <= 0 {
			break
		}
		n += m
	}
	return buf[:n]
}

// parseStat reads a line of /proc/PID/stat. The name stands in parentheses and
// may itself have some.
func parseStat(stat []byte, page int64) (proc, bool) {
	before, after := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if before < 2 || after < before || after+2 >= len(stat) {
		return proc{}, false
	}
	number := func(b []byte) int64 { n, _ := strconv.ParseInt(string(b), 10, 64); return n }
	fields := bytes.Fields(stat[after+2:])
	if len(fields) < 22 {
		return proc{}, false
	}
	f := func(n int) int64 { return number(fields[n-3]) } // numbered as in proc(5)
	p := proc{
		ident:   ident{pid: int(number(stat[:before-1])), start: f(22)},
		comm:    string(stat[before+1 : after]),
		ppid:    int(f(4)),
		pgid:    int(f(5)),
		sid:     int(f(6)),
		cpu:     time.Duration(f(14)+f(15)) * (time.Second / hertz),
		threads: int(f(20)),
		memory:  f(24) * page,
	}
	state := fields[0][0]
	// A program whose main thread has ended looks like a zombie but lives.
	p.dead = (state == 'Z' || state == 'X') && p.threads <= 1
	return p, true
}

// identify reads one living or unreaped process; the start is 0 when it is gone.
func identify(pid int) ident {
	stat := readSmall("/proc/"+strconv.Itoa(pid)+"/stat", make([]byte, 1024))
	p, _ := parseStat(stat, 1)
	return ident{pid: pid, start: p.start}
}

// standsStill says whether a process is stopped by a signal.
func standsStill(pid int) bool {
	stat := readSmall("/proc/"+strconv.Itoa(pid)+"/stat", make([]byte, 1024))
	_, state, ok := bytes.Cut(stat[max(0, bytes.LastIndexByte(stat, ')')):], []byte(") "))
	return ok && len(state) > 0 && state[0] == 'T'
}

// environment is the environment of a process as it was at its last exec, each
// variable ended by NUL; empty when it is not ours to read.
// It is cut at the size of buf, which holds it.
func environment(pid int, buf []byte) []byte {
	return readSmall("/proc/"+strconv.Itoa(pid)+"/environ", buf)
}

// commandLine is the process's command as a person would type it.
func commandLine(p proc) string {
	line := readSmall("/proc/"+strconv.Itoa(p.pid)+"/cmdline", make([]byte, 4096))
	return shortCommand(strings.Split(string(bytes.TrimRight(line, "\x00")), "\x00"), p.comm)
}

func startedAt(id ident) time.Time {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return time.Time{}
	}
	_, rest, _ := bytes.Cut(stat, []byte("\nbtime "))
	boot, _, _ := bytes.Cut(rest, []byte("\n"))
	seconds, err := strconv.ParseInt(string(boot), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).Add(time.Duration(id.start) * (time.Second / hertz))
}
