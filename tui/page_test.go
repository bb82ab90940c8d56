package tui_test

import (
	"context"
	"errors"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAPageShowsAllOfAnErrorWithWhatToDoNext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		verb := func(context.Context, []string) (string, error) {
			return "", errors.New("no other system is connected\n  Docker: no engine: the socket where Docker listens is not there; start it: sudo systemctl start docker")
		}
		u := tuitest.New(t, 80, 24, tuitest.NewEngine(config.Unit{Name: "test", Kind: config.Task, Run: "go test"}), tui.Options{Verb: verb})
		u.Press(":").Type("runs ").Press("enter").See("✖ no other system is connected", "Docker: no engine", "systemctl start docker")
	})
}
