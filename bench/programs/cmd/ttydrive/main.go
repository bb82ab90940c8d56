// Command ttydrive runs a program under a pseudo-terminal, keeps what it shows in a
// small terminal emulator, and answers questions about it: one JSON request a
// line on stdin, one JSON answer a line on stdout. Every time is
// CLOCK_MONOTONIC in nanoseconds, so it compares with any process's clock.
//
// Output is read and time-stamped by one goroutine into an unbounded queue and
// interpreted by another: a slow emulator never pushes back on the program and
// never adds to a latency.
package main

import (
	"benchprograms/vt"
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"sort"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

type req struct {
	Op      string            `json:"op"`
	Argv    []string          `json:"argv"`
	Env     map[string]string `json:"env"`
	Unset   []string          `json:"unset"`
	Cwd     string            `json:"cwd"`
	Cols    int               `json:"cols"`
	Rows    int               `json:"rows"`
	Raw     bool              `json:"raw"`
	Text    []string          `json:"text"`     // regexps, all must match the screen
	NotText []string          `json:"not_text"` // regexps, none may match
	StyleOf string            `json:"style_of"` // style of the cells of the first match changes
	RowOf   string            `json:"row_of"`   // text or style of the row of the first match changes
	Change  string            `json:"change"`   // "any": cells; "text": text only; "bytes": any output
	Bytes   string            `json:"bytes"`    // raw: this byte string appears in the stream
	Data    string            `json:"data"`     // keys to send
	B64     string            `json:"b64"`
	Timeout int               `json:"timeout_ms"`
	Settle  int               `json:"settle_ms"`
	Regex   string            `json:"regex"`
	Period  int               `json:"period_ms"`
	Sig     int               `json:"sig"`
	Box     []int             `json:"box"` // x0,y0,x1,y1: look only here
}

type chunk struct {
	ts int64
	b  []byte
}

func mono() int64 {
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Sec*1e9 + ts.Nsec
}

type watcher struct {
	since   int64
	started bool
	pre     func()
	check   func(c *chunk) bool
	done    chan int64
	fired   bool
	already bool // the predicate held before the key had any effect: no measure
}

type drv struct {
	mu     sync.Mutex
	cond   *sync.Cond
	q      []chunk
	emuMu  sync.Mutex
	t      *vt.Term
	raw    bool
	tail   []byte
	w      *watcher
	lastTS int64
	ptmx   *os.File
	cmd    *exec.Cmd
	pid    int
	t0     int64
	exitT  int64
	exit   chan struct{}
	ru     *syscall.Rusage
	code   int

	total, reads, bursts, maxq int64
	closed                     bool
	rec                        *os.File
}

type ans map[string]any

func (d *drv) handle(r *req) ans {
	to := time.Duration(r.Timeout) * time.Millisecond
	if to == 0 {
		to = 10 * time.Second
	}
	data := []byte(r.Data)
	if r.B64 != "" {
		data, _ = base64.StdEncoding.DecodeString(r.B64)
	}
	switch r.Op {
	case "spawn":
		if err := d.spawn(r); err != nil {
			return ans{"err": err.Error()}
		}
		return ans{"pid": d.pid, "t0": d.t0}
	case "wait", "key":
		w, err := d.watch(r)
		if err != nil {
			return ans{"err": err.Error()}
		}
		d.emuMu.Lock()
		t0 := mono()
		if r.Op == "wait" {
			w.since = 0
			if w.pre != nil {
				w.pre()
			}
			w.started = true
			if r.Change == "" && r.StyleOf == "" && r.RowOf == "" && w.check(nil) {
				ts := d.lastTS
				d.emuMu.Unlock()
				return ans{"ok": true, "t": ts, "already": true}
			}
		} else {
			w.since = t0
		}
		d.w = w
		d.emuMu.Unlock()
		if r.Op == "key" {
			if _, err := d.ptmx.Write(data); err != nil {
				return ans{"err": err.Error()}
			}
		}
		defer func() { d.emuMu.Lock(); d.w = nil; d.emuMu.Unlock() }()
		tm := time.NewTimer(to)
		defer tm.Stop()
		select {
		case ts := <-w.done:
			return ans{"ok": true, "t": ts, "t0": t0, "ms": float64(ts-t0) / 1e6, "already": w.already}
		case <-tm.C:
			return ans{"ok": false, "t0": t0}
		case <-d.exit:
			select {
			case ts := <-w.done:
				return ans{"ok": true, "t": ts, "t0": t0, "ms": float64(ts-t0) / 1e6}
			case <-time.After(200 * time.Millisecond):
			}
			return ans{"ok": false, "t0": t0, "exited": true}
		}
	case "send":
		t0 := mono()
		_, err := d.ptmx.Write(data)
		if err != nil {
			return ans{"err": err.Error()}
		}
		return ans{"t": t0}
	case "settle": // until no output for settle_ms
		end := time.Now().Add(to)
		for time.Now().Before(end) {
			d.mu.Lock()
			a := d.total
			d.mu.Unlock()
			time.Sleep(time.Duration(r.Settle) * time.Millisecond)
			d.mu.Lock()
			b := d.total
			d.mu.Unlock()
			if a == b {
				return ans{"ok": true}
			}
		}
		return ans{"ok": false}
	case "lag": // every period: now minus the newest number that regex finds
		re, err := regexp.Compile(r.Regex)
		if err != nil {
			return ans{"err": err.Error()}
		}
		var v []float64
		misses := 0
		end := time.Now().Add(to)
		tk := time.NewTicker(time.Duration(max(r.Period, 10)) * time.Millisecond)
		defer tk.Stop()
		var mx int64
		for time.Now().Before(end) {
			<-tk.C
			d.emuMu.Lock()
			var s string
			if d.raw {
				s = string(d.tail[max(0, len(d.tail)-4096):])
			} else {
				s = d.t.Text()
			}
			d.emuMu.Unlock()
			now := mono()
			found := false
			for _, m := range re.FindAllStringSubmatch(s, -1) {
				n, err := strconv.ParseInt(m[1], 10, 64)
				if err == nil && n <= now {
					found = true
					if n > mx {
						mx = n
					}
				}
			}
			if !found && mx == 0 {
				misses++
				continue
			}
			v = append(v, float64(now-mx)/1e6)
		}
		sort.Float64s(v)
		q := func(p float64) float64 {
			if len(v) == 0 {
				return -1
			}
			return v[min(len(v)-1, int(p*float64(len(v))))]
		}
		return ans{"n": len(v), "misses": misses, "p50": q(.5), "p95": q(.95), "p99": q(.99), "max": q(1)}
	case "screen":
		d.emuMu.Lock()
		defer d.emuMu.Unlock()
		if d.raw {
			return ans{"text": string(d.tail[max(0, len(d.tail)-8000):])}
		}
		x, y := d.t.Cursor()
		return ans{"text": d.t.Text(), "x": x, "y": y}
	case "stats":
		d.mu.Lock()
		a := ans{"bytes": d.total, "reads": d.reads, "bursts": d.bursts, "queue": len(d.q), "maxq": d.maxq, "last": d.lastTS}
		d.mu.Unlock()
		d.emuMu.Lock()
		a["syncs"] = d.t.Syncs
		d.emuMu.Unlock()
		var ru syscall.Rusage
		syscall.Getrusage(0, &ru)
		a["driver_cpu"] = float64(ru.Utime.Nano()+ru.Stime.Nano()) / 1e9
		return a
	case "signal":
		t := mono()
		if err := syscall.Kill(d.pid, syscall.Signal(r.Sig)); err != nil {
			return ans{"err": err.Error(), "t": t}
		}
		return ans{"t": t}
	case "waitexit":
		select {
		case <-d.exit:
			a := ans{"ok": true, "t": d.exitT, "code": d.code}
			if d.ru != nil {
				a["cpu"] = float64(d.ru.Utime.Nano()+d.ru.Stime.Nano()) / 1e9
				a["maxrss_kb"] = d.ru.Maxrss
				a["nvcsw"], a["nivcsw"] = d.ru.Nvcsw, d.ru.Nivcsw
			}
			return a
		case <-time.After(to):
			return ans{"ok": false}
		}
	case "hangup": // the terminal goes away
		t := mono()
		d.ptmx.Close()
		return ans{"t": t}
	}
	return ans{"err": "unknown op " + r.Op}
}

func main() {
	debug.SetGCPercent(400)
	d := &drv{}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		var r req
		var a ans
		if err := json.Unmarshal(line, &r); err != nil {
			a = ans{"err": err.Error()}
		} else if r.Op == "bye" {
			break
		} else {
			a = d.handle(&r)
		}
		b, _ := json.Marshal(a)
		out.Write(append(b, '\n'))
		out.Flush()
	}
	if d.ptmx != nil {
		d.ptmx.Close()
	}
}
