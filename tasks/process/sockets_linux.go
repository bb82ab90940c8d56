package process

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// listening maps the inode of each TCP socket that listens to its port.
func listening() map[uint64]int {
	ports := map[uint64]int{}
	// Each read walks the kernel's whole table, so there are few. Listeners come
	// first; what is cut off are connections.
	buf := make([]byte, 256<<10)
	for _, path := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		for line := range bytes.Lines(readSmall(path, buf)) {
			if port, inode, ok := parseListener(line); ok {
				ports[inode] = port
			}
		}
	}
	return ports
}

// parseListener reads a line of /proc/net/tcp: number, local address, remote
// address, state (0A: listens), queues, timer, retransmits, uid, timeout, inode.
func parseListener(line []byte) (port int, inode uint64, ok bool) {
	f := bytes.Fields(line)
	if len(f) < 10 || string(f[3]) != "0A" {
		return 0, 0, false
	}
	_, hex, found := bytes.Cut(f[1], []byte(":"))
	n, err := strconv.ParseUint(string(hex), 16, 16)
	if !found || err != nil {
		return 0, 0, false
	}
	inode, err = strconv.ParseUint(string(f[9]), 10, 64)
	return int(n), inode, err == nil
}

// countFiles is how many files a process has open; 0 when it is not ours to see.
func countFiles(pid int) int {
	dir, err := os.Open("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		return 0
	}
	defer func() { _ = dir.Close() }() // only read
	names, _ := dir.Readdirnames(-1)   // a partial list is what there is
	return len(names)
}

// portsOf are the ports that a process listens on. Of one without sockets the
// listeners are not asked for.
func portsOf(pid int, listeners func() map[uint64]int) []int {
	path := "/proc/" + strconv.Itoa(pid) + "/fd"
	dir, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = dir.Close() }() // only read
	names, _ := dir.Readdirnames(-1)   // a partial list is what there is
	var ports []int
	buf := make([]byte, 64)
	for _, name := range names {
		n, err := unix.Readlink(path+"/"+name, buf)
		if err != nil {
			continue
		}
		inode, ok := strings.CutPrefix(string(buf[:n]), "socket:[")
		if !ok {
			continue
		}
		number, err := strconv.ParseUint(strings.TrimSuffix(inode, "]"), 10, 64)
		if port, ok := listeners()[number]; ok && err == nil {
			ports = append(ports, port)
		}
	}
	return ports
}

// portHolder is the process that listens on the port: the oldest, when several
// share the socket.
func portHolder(port int, all []proc) (proc, bool) {
	listeners := listening()
	for inode, p := range listeners {
		if p != port {
			delete(listeners, inode)
		}
	}
	var holder proc
	if len(listeners) == 0 {
		return holder, false
	}
	for _, p := range all {
		if p.dead || holder.pid != 0 && holder.start <= p.start {
			continue
		}
		if len(portsOf(p.pid, func() map[uint64]int { return listeners })) > 0 {
			holder = p
		}
	}
	return holder, holder.pid != 0
}
