package engine

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestASinkCountsTheOutputThatWasKeptBeforeItsRun(t *testing.T) {
	onEngine(t, []config.Unit{service("db")}, func(b *bench) {
		var next []int64
		var kept []int
		b.r.script["db"] = func(ctx context.Context, _ tasks.Request, s tasks.Sink) error {
			k := s.(tasks.KeepingSink)
			for _, from := range append([]int64{0}, next...) {
				n, err := k.Kept(from)
				if err != nil {
					t.Error(err)
				}
				kept = append(kept, n)
			}
			s.Log(logs.Out, []byte("one\ntwo\n"))
			s.Log(logs.Note, []byte("said by Sawhorse\n"))
			next = append(next, k.Keep())
			s.Log(logs.Err, []byte("three\n"))
			<-ctx.Done()
			return nil
		}
		b.do(tasks.Start{})
		b.do(tasks.Restart{Names: []string{"db"}})
		synctest.Wait()
		if len(kept) != 3 || kept[0] != 0 || kept[1] != 3 || kept[2] != 1 {
			t.Errorf("kept %v, next %v", kept, next)
		}
	})
}
