//go:build !linux

package process

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"
)

// measured fills in what the census does not read here. What the system does
// not tell stays 0.
func measured(ctx context.Context, p *proc) {
	h := &process.Process{Pid: int32(p.pid)}
	if t, err := h.TimesWithContext(ctx); err == nil {
		p.cpu = time.Duration((t.User + t.System) * float64(time.Second))
	}
	if m, err := h.MemoryInfoWithContext(ctx); err == nil {
		p.memory = int64(m.RSS)
	}
	if n, err := h.NumThreadsWithContext(ctx); err == nil {
		p.threads = int(n)
	}
}

// listening is not kept by inode here.
func listening() map[uint64]int { return nil }

func countFiles(pid int) int {
	n, err := (&process.Process{Pid: int32(pid)}).NumFDs()
	if err != nil {
		return 0
	}
	return int(n)
}

func portsOf(pid int, _ func() map[uint64]int) []int {
	connections, err := (&process.Process{Pid: int32(pid)}).Connections()
	if err != nil {
		return nil
	}
	var ports []int
	for _, c := range connections {
		if c.Status == "LISTEN" {
			ports = append(ports, int(c.Laddr.Port))
		}
	}
	return ports
}

func portHolder(port int, all []proc) (proc, bool) {
	connections, err := net.Connections("tcp")
	if err != nil {
		return proc{}, false
	}
	for _, c := range connections {
		if c.Status != "LISTEN" || int(c.Laddr.Port) != port || c.Pid == 0 {
			continue
		}
		for _, p := range all {
			if p.pid == int(c.Pid) {
				return p, true
			}
		}
	}
	return proc{}, false
}
