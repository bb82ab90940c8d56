package engine

import (
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestNothingOfALockedWorkspaceStartsBeforeAPersonTrustsIt(t *testing.T) {
	onEngine(t, []config.Unit{task("build"), service("db")}, func(b *bench) {
		locked := declare(task("build"), service("db"))
		locked.Detected, locked.Locked = true, true
		b.setFile(locked, nil)
		b.do(tasks.Reload{})
		if s := b.state(); !s.Locked || !s.Detected {
			t.Fatalf("locked %v, detected %v", s.Locked, s.Detected)
		}
		for _, c := range []tasks.Command{tasks.Start{}, tasks.Start{Names: []string{"db"}}, tasks.Restart{Names: []string{"db"}}, tasks.RunTask{Name: "build"}} {
			b.refused(c, "sawhorse trust")
		}
		b.do(tasks.Stop{}) // what starts nothing needs no trust
		b.do(tasks.Trust{})
		b.do(tasks.RunTask{Name: "build"})
		b.wantStatus("build", tasks.Succeeded)
		if b.state().Locked {
			t.Fatal("still locked")
		}
	})
}
