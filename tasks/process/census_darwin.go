package process

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The states of sys/proc.h that matter here: SSTOP and SZOMB.
const (
	stopped = 4
	zombie  = 5
)

// deserted is what only a census tells here.
func deserted([]ident) bool { return false }

func readProcs() []proc {
	list, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil
	}
	procs := make([]proc, 0, len(list))
	for i := range list {
		procs = append(procs, fromKinfo(&list[i]))
	}
	return procs
}

func fromKinfo(k *unix.KinfoProc) proc {
	pid := int(k.Proc.P_pid)
	sid, _ := unix.Getsid(pid) // 0 when it is gone, which is nobody's session
	comm, _, _ := bytes.Cut(k.Proc.P_comm[:], []byte{0})
	return proc{
		ident: ident{pid: pid, start: k.Proc.P_starttime.Nano()},
		comm:  string(comm),
		ppid:  int(k.Eproc.Ppid),
		pgid:  int(k.Eproc.Pgid),
		sid:   sid,
		dead:  k.Proc.P_stat == zombie,
	}
}

func identify(pid int) ident {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return ident{pid: pid}
	}
	return ident{pid: pid, start: k.Proc.P_starttime.Nano()}
}

// standsStill says whether a process is stopped by a signal.
func standsStill(pid int) bool {
	k, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	return err == nil && k.Proc.P_stat == stopped
}

// environment is what the system shows of the process's environment: nothing
// for programs that it protects (/bin/sh among them), so a daemon of those is
// only found through its parents and its session.
func environment(pid int, _ []byte) []byte {
	raw, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil {
		return nil
	}
	return raw
}

func commandLine(p proc) string {
	raw := environment(p.pid, nil)
	if len(raw) < 4 {
		return p.comm
	}
	n := int(binary.LittleEndian.Uint32(raw))
	_, rest, _ := bytes.Cut(raw[4:], []byte{0}) // the path of the program
	words := strings.Split(string(bytes.TrimLeft(rest, "\x00")), "\x00")
	return shortCommand(words[:min(max(n, 0), len(words))], p.comm)
}

func startedAt(id ident) time.Time { return time.Unix(0, id.start) }
