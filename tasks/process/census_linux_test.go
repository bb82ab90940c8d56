package process

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAStatLineIsReadWhateverTheNameIs(t *testing.T) {
	t.Parallel()
	line := "4242 (a) b (c) S 1 4240 4239 34816 4242 4194304 1 0 0 0 150 50 0 0 20 0 7 0 987654 1000000 300 18446744073709551615 1"
	want := proc{
		ident: ident{4242, 987654}, ppid: 1, pgid: 4240, sid: 4239, comm: "a) b (c",
		threads: 7, cpu: 2 * time.Second, memory: 300 * 4096,
	}
	got, ok := parseStat([]byte(line), 4096)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(proc{}, ident{})); !ok || diff != "" {
		t.Error(ok, diff)
	}
	for _, broken := range []string{"", "12", "12 (x", "12 (x)", "12 (x) S 1 2 3", ") ("} {
		if p, ok := parseStat([]byte(broken), 4096); ok {
			t.Errorf("%q is read as %+v", broken, p)
		}
	}
}

func TestThisProcessIsFoundInTheCensusWithItsStart(t *testing.T) {
	t.Parallel()
	self := identify(os.Getpid())
	for _, p := range readProcs() {
		if p.ident == self {
			if at := startedAt(self); time.Since(at) < 0 || time.Since(at) > time.Hour {
				t.Errorf("started at %s", at)
			}
			return
		}
	}
	t.Errorf("%+v is not there", self)
}

func TestASessionIsDesertedOnceItsLastProcessIsGone(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	leaders := []ident{identify(cmd.Process.Pid)}
	during := deserted(leaders)
	_ = cmd.Process.Kill()
	dead, _ := cmd.Process.Wait()
	if after := deserted(leaders); during || !after || dead == nil {
		t.Errorf("deserted %v with its process, %v without it", during, after)
	}
}

func FuzzStatLinesDoNotPanic(f *testing.F) {
	f.Add([]byte("1 (init) S 0 1 1"))
	f.Fuzz(func(_ *testing.T, line []byte) { parseStat(line, 4096) })
}
