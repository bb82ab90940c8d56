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
	for _, path := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		table, err := os.ReadFile(path)
		if err != nil {
			continue // no IPv6
		}
		for line := range bytes.Lines(table) {
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

// openFiles counts a process's files and finds the ports that it listens on.
func openFiles(pid int, listeners map[uint64]int) (count int, ports []int) {
	path := "/proc/" + strconv.Itoa(pid) + "/fd"
	dir, err := os.Open(path)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = dir.Close() }() // only read
	names, _ := dir.Readdirnames(-1)   // a partial list is what there is
	if len(listeners) == 0 {
		return len(names), nil
	}
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
		if port, ok := listeners[number]; ok && err == nil {
			ports = append(ports, port)
		}
	}
	return len(names), ports
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
	for _, p := range all {
		if p.dead || holder.pid != 0 && holder.start <= p.start {
			continue
		}
		if _, ports := openFiles(p.pid, listeners); len(ports) > 0 {
			holder = p
		}
	}
	return holder, holder.pid != 0
}
