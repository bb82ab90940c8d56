// Command work is the load that the harness puts under a tool: what supervised
// processes run, and the floors. Each of its sub-commands says what it does.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func mono() int64 {
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Sec*1e9 + ts.Nsec
}

func die(a ...any) { fmt.Fprintln(os.Stderr, a...); os.Exit(2) }

func num(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		die(err)
	}
	return n
}

func hold() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	<-c
	os.Exit(0)
}

func writeAll(b []byte) {
	for len(b) > 0 {
		n, err := syscall.Write(1, b)
		if err == syscall.EINTR || err == syscall.EAGAIN {
			continue
		}
		if err != nil {
			os.Exit(3)
		}
		b = b[n:]
	}
}

func save(p string, v any) {
	if p == "" || p == "-" {
		return
	}
	b, _ := json.Marshal(v)
	os.WriteFile(p+".tmp", b, 0o644)
	os.Rename(p+".tmp", p)
}

// flood N LEN STAMP [block|line] [gate FILE] [nohold]: N lines of LEN bytes as fast as the reader takes
// them, in 32 KiB writes or one write a line; then the times into STAMP, and hold.
func flood(a []string) {
	n, l, stamp := num(a[0]), num(a[1]), a[2]
	line, gate, nohold := false, "", false
	secs := 0
	for i := 3; i < len(a); i++ {
		switch a[i] {
		case "line":
			line = true
		case "gate":
			i++
			gate = a[i]
		case "nohold":
			nohold = true
		case "secs":
			i++
			secs = num(a[i])
		}
	}
	if gate != "" {
		for {
			if _, err := os.Stat(gate); err == nil {
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	pad := bytes.Repeat([]byte("abcdefghij klmnopqrst "), l/20+2)
	block := make([]byte, 0, 40<<10)
	t0 := mono()
	end := time.Now().Add(time.Duration(secs) * time.Second)
	i := 1
	for ; secs > 0 || i <= n; i++ {
		s := len(block)
		block = append(block, 'L')
		d := strconv.Itoa(i)
		block = append(block, "0000000000"[len(d):]...)
		block = append(block, d...)
		block = append(block, ' ')
		switch {
		case i == 1:
			block = append(block, "FIRST-LINE-BEGIN "...)
		case secs == 0 && i == n:
			block = append(block, "LAST-LINE-END "...)
		case i == n/10:
			block = append(block, "NEEDLE-EARLY "...)
		case i == n/10*9:
			block = append(block, "NEEDLE-LATE "...)
		}
		block = append(block, pad[:l-1-(len(block)-s)]...)
		block = append(block, '\n')
		if line || len(block) >= 32<<10 {
			writeAll(block)
			block = block[:0]
			if secs > 0 && (!line || i%64 == 0) && time.Now().After(end) {
				i++
				break
			}
		}
	}
	writeAll(block)
	t1 := mono()
	var ru syscall.Rusage
	syscall.Getrusage(0, &ru)
	save(stamp, map[string]any{"t0": t0, "t1": t1, "lines": i - 1, "cpu": float64(ru.Utime.Nano()+ru.Stime.Nano()) / 1e9})
	if !nohold {
		hold()
	}
}

// gate FILE ARGV...: waits until FILE exists, then becomes ARGV.
func gate(a []string) {
	for {
		if _, err := os.Stat(a[0]); err == nil {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	p, err := exec.LookPath(a[1])
	must(err)
	must(syscall.Exec(p, a[1:], os.Environ()))
}

// tick RATE SECS NAME STAMP: RATE lines a second, one write each, every line
// with the time it was made; in bursts every 10 ms.
func tick(a []string) {
	rate, secs, name, stamp := num(a[0]), num(a[1]), a[2], a[3]
	per := max(rate/100, 1)
	gap := time.Second * time.Duration(per) / time.Duration(rate)
	tk := time.NewTicker(gap)
	end := time.Now().Add(time.Duration(secs) * time.Second)
	t0 := mono()
	n := 0
	var b []byte
	var worst int64
	for time.Now().Before(end) {
		<-tk.C
		for range per {
			n++
			b = b[:0]
			t := mono()
			b = fmt.Appendf(b, "%s n=%08d ts=%d ", name, n, t)
			for len(b) < 99 {
				b = append(b, 'x')
			}
			b = append(b, '\n')
			writeAll(b)
			if w := mono() - t; w > worst {
				worst = w
			}
		}
	}
	t1 := mono()
	save(stamp, map[string]any{"t0": t0, "t1": t1, "lines": n, "want": rate * secs, "worst_write_ms": float64(worst) / 1e6})
	hold()
}

// born appends the clock to FILE: when this process began.
func born(p string) {
	fd, err := syscall.Open(p, syscall.O_WRONLY|syscall.O_APPEND|syscall.O_CREAT, 0o644)
	if err == nil {
		syscall.Write(fd, append(strconv.AppendInt(nil, mono(), 10), '\n'))
		syscall.Close(fd)
	}
}

// idle NAME [BORN_FILE]: one line, then nothing until a signal.
func idle(a []string) {
	if len(a) > 1 {
		born(a[1])
	}
	fmt.Println(a[0] + " READY")
	hold()
}

// family NAME: a parent with a child and a grandchild, all in one process group; each
// ends at once on SIGTERM. For counting what a supervisor leaves behind.
func family(a []string) {
	depth := 2
	if len(a) > 1 {
		depth = num(a[1])
	}
	if depth > 0 {
		c := exec.Command(os.Args[0], "family", a[0], strconv.Itoa(depth-1))
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		if err := c.Start(); err != nil {
			die(err)
		}
		go c.Wait()
	} else {
		fmt.Println(a[0] + " READY")
	}
	hold()
}

// must ends on an error.
func must(err error) {
	if err != nil {
		die(err)
	}
}

// execfloor N STAMP_BIN FILE: fork and exec STAMP_BIN N times; prints ns from just
// before the fork to the time the child wrote, and to its end.
func execfloor(a []string) {
	n := num(a[0])
	for range n {
		os.Remove(a[2])
		t0 := mono()
		must(exec.Command(a[1], a[2]).Run())
		t2 := mono()
		b, err := os.ReadFile(a[2])
		must(err)
		t1, _ := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
		fmt.Println(t1-t0, t2-t0)
	}
}

// inofloor DIR ARGV...: the least a watcher can do: inotify on one directory, run
// ARGV at the first close-after-write, swallow what queued meanwhile, repeat.
func inofloor(a []string) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
	must(err)
	_, err = syscall.InotifyAddWatch(fd, a[0], syscall.IN_MODIFY|syscall.IN_CLOSE_WRITE|syscall.IN_MOVED_TO)
	must(err)
	fmt.Println("WATCHING")
	buf := make([]byte, 64<<10)
	for {
		n, err := syscall.Read(fd, buf)
		if err == syscall.EINTR {
			continue
		}
		must(err)
		if n == 0 {
			return
		}
		c := exec.Command(a[1], a[2:]...)
		must(c.Run())
		syscall.SetNonblock(fd, true)
		for {
			if _, err := syscall.Read(fd, buf); err != nil {
				break
			}
		}
		syscall.SetNonblock(fd, false)
	}
}

// walkfloor ROOT [SKIP...]: walk, then walk and add an inotify watch for every directory;
// directories of the names SKIP are not entered. Prints the ms of both, and the count.
func walkfloor(a []string) {
	p0 := mono()
	filepath.WalkDir(a[0], func(p string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() && slices.Contains(a[1:], e.Name()) {
			return filepath.SkipDir
		}
		return nil
	})
	plain := mono() - p0
	t0 := mono()
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
	must(err)
	n := 0
	filepath.WalkDir(a[0], func(p string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() && slices.Contains(a[1:], e.Name()) {
			return filepath.SkipDir
		}
		if err == nil && e.IsDir() {
			if _, err := syscall.InotifyAddWatch(fd, p, syscall.IN_MODIFY|syscall.IN_CREATE|syscall.IN_DELETE|syscall.IN_MOVE|syscall.IN_CLOSE_WRITE); err == nil {
				n++
			}
		}
		return nil
	})
	t1 := mono()
	var ru syscall.Rusage
	syscall.Getrusage(0, &ru)
	fmt.Printf("{\"plain_ms\":%.2f,\"ms\":%.2f,\"dirs\":%d,\"cpu\":%.3f,\"rss_kb\":%d}\n", float64(plain)/1e6, float64(t1-t0)/1e6, n, float64(ru.Utime.Nano()+ru.Stime.Nano())/1e9, ru.Maxrss)
}

// mktree ROOT DIRS: a project with about DIRS directories, most of them below
// node_modules, two small files in each.
func mktree(a []string) {
	root, n := a[0], num(a[1])
	mk := func(d string, f ...string) {
		must(os.MkdirAll(d, 0o755))
		for _, x := range f {
			must(os.WriteFile(filepath.Join(d, x), []byte("// "+x+"\n"), 0o644))
		}
	}
	made := 0
	for i := 0; made < n*9/10; i++ {
		p := filepath.Join(root, "node_modules", fmt.Sprintf("pkg%04d", i))
		for _, s := range []string{"", "lib", "dist", "dist/esm", "dist/cjs", "test", "src", "src/a", "src/b", "types"} {
			mk(filepath.Join(p, s), "index.js", "package.json")
			made++
		}
	}
	for i := 0; made < n; i++ {
		mk(filepath.Join(root, "src", fmt.Sprintf("m%02d", i/40), fmt.Sprintf("d%03d", i)), "a.go.txt", "b.txt")
		made++
	}
	mk(filepath.Join(root, "src", "app"), "hot.txt")
	fmt.Println(made + 1)
}

// spawnfloor N BORN_FILE: what a supervisor must at least do: a pipe, a fork and an
// exec for each of N processes, then their first line read. Prints ms.
func spawnfloor(a []string) {
	n := num(a[0])
	t0 := mono()
	var cs []*exec.Cmd
	done := make(chan bool, n)
	for i := range n {
		c := exec.Command(os.Args[0], "idle", fmt.Sprintf("unit%02d", i), a[1])
		p, err := c.StdoutPipe()
		must(err)
		must(c.Start())
		cs = append(cs, c)
		go func() {
			b := make([]byte, 64)
			p.Read(b)
			done <- true
		}()
	}
	for range n {
		<-done
	}
	t1 := mono()
	for _, c := range cs {
		c.Process.Signal(syscall.SIGTERM)
	}
	for _, c := range cs {
		c.Wait()
	}
	t2 := mono()
	fmt.Printf("{\"up_ms\":%.2f,\"down_ms\":%.2f}\n", float64(t1-t0)/1e6, float64(t2-t1)/1e6)
}

func main() {
	if len(os.Args) < 2 {
		die("work flood|gate|tick|idle|family|execfloor|inofloor|walkfloor|mktree ...")
	}
	a := os.Args[2:]
	switch os.Args[1] {
	case "flood":
		flood(a)
	case "gate":
		gate(a)
	case "tick":
		tick(a)
	case "idle":
		idle(a)
	case "spawnfloor":
		spawnfloor(a)
	case "family":
		family(a)
	case "execfloor":
		execfloor(a)
	case "inofloor":
		inofloor(a)
	case "walkfloor":
		walkfloor(a)
	case "mktree":
		mktree(a)
	default:
		die("unknown", os.Args[1])
	}
}
