package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAChangedFileRestartsOnlyWhatChanged(t *testing.T) {
	onEngine(t, []config.Unit{service("db"), service("api"), service("old")}, func(b *bench) {
		b.do(tasks.Start{})
		changed := service("api")
		changed.Run = "run api --new"
		b.setFile(declare(service("db"), changed, service("new")), nil)
		b.save("sawhorse.yml")
		// What starts at the same moment begins in any order.
		if diff := cmp.Diff([]string{"api", "api", "db", "new", "old"}, slices.Sorted(slices.Values(b.r.order()))); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff([]string{"db", "api", "new"}, b.state().Order); diff != "" {
			t.Fatal(diff)
		}
	})
}

func (b *bench) setFile(f *config.File, err error) {
	b.loadMu.Lock()
	defer b.loadMu.Unlock()
	b.file, b.broken = f, err
}

func TestAnInvalidFileChangesNothingAndIsShown(t *testing.T) {
	onEngine(t, []config.Unit{service("db")}, func(b *bench) {
		b.do(tasks.Start{})
		good := b.file
		b.setFile(nil, config.Problems{{Pos: config.Position{File: "/shop/sawhorse.yml", Line: 3, Column: 5}, Message: `unknown key "runn"`, Hint: `did you mean "run"?`}})
		b.save("sawhorse.yml")
		b.wantStatus("db", tasks.Ready)
		alerts := b.state().Alerts()
		if len(alerts) != 1 || alerts[0].Location.String() != "sawhorse.yml:3:5" || alerts[0].Hint != `did you mean "run"?` {
			t.Fatalf("alerts: %+v", alerts)
		}
		b.setFile(good, nil)
		b.save("sawhorse.yml")
		if a := b.state().Alerts(); len(a) != 0 {
			t.Fatalf("the alert stayed after the file was mended: %+v", a)
		}
		if diff := cmp.Diff([]string{"db"}, b.r.order()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAFileThatIsNotTrustedWaits(t *testing.T) {
	onEngine(t, []config.Unit{service("db")}, func(b *bench) {
		b.do(tasks.Start{})
		b.setFile(nil, fmt.Errorf("pulled: %w", ErrUntrusted))
		b.save("sawhorse.yml")
		s := b.state()
		if !s.Untrusted || len(s.Alerts()) != 1 || !strings.Contains(s.Alerts()[0].Hint, "sawhorse trust") {
			t.Fatalf("alerts: %+v", s.Alerts())
		}
		b.wantStatus("db", tasks.Ready)
	})
}
