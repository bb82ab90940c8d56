package process

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// readProcs lists processes by parentage, the only kinship known here. A parent
// that has ended takes the knowledge with it, except for what was seen before.
// deserted is what only a census tells here.
func deserted([]ident) bool { return false }

func readProcs() []proc {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = windows.CloseHandle(snapshot) }() // only read
	var procs []proc
	var e windows.ProcessEntry32
	e.Size = uint32(unsafe.Sizeof(e))
	for err = windows.Process32First(snapshot, &e); err == nil; err = windows.Process32Next(snapshot, &e) {
		procs = append(procs, proc{
			ident: identify(int(e.ProcessID)),
			ppid:  int(e.ParentProcessID),
			comm:  windows.UTF16ToString(e.ExeFile[:]),
		})
	}
	return procs
}

func identify(pid int) ident {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ident{pid: pid}
	}
	defer func() { _ = windows.CloseHandle(h) }() // only read
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(h, &created, &exited, &kernel, &user) != nil {
		return ident{pid: pid}
	}
	return ident{pid: pid, start: created.Nanoseconds()}
}

func environment(int, []byte) []byte { return nil }

func commandLine(p proc) string { return p.comm }

func startedAt(id ident) time.Time {
	if id.start == 0 {
		return time.Time{}
	}
	return time.Unix(0, id.start)
}
