package attach_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/attach"
)

func TestWhatIsTypedReachesTheProgramAndBack(t *testing.T) {
	h := startHost(t)
	term := take(t, h, t.Context())
	typed := bytes.Repeat([]byte("0123456789abcdef"), 20_000) // many frames
	go func() {
		if _, err := term.Write(typed); err != nil {
			t.Error(err)
		}
	}()
	got := make([]byte, len(typed))
	if _, err := io.ReadFull(term, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, typed) {
		t.Error("what came back is not what was typed")
	}
	if err := term.Resize(120, 40); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the program's terminal is 120 by 40", func() bool {
		columns, rows := h.terminals.of("db#3").size()
		return columns == 120 && rows == 40
	})
}

func take(t *testing.T, h *host, ctx context.Context) tasks.Terminal { //nolint:revive // t first, as everywhere
	t.Helper()
	term, err := h.dial(t).Terminal(ctx, "db#3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = term.Close() })
	return term
}

func left(h *host) func() bool {
	return func() bool {
		select {
		case <-h.terminals.of("db#3").closed:
			return true
		default:
			return false
		}
	}
}

func TestARunWithoutATerminalSaysWhy(t *testing.T) {
	h := startHost(t)
	_, err := h.dial(t).Terminal(t.Context(), "build#1")
	if err == nil || !strings.Contains(err.Error(), "`tty: false`") {
		t.Errorf("Terminal: %v", err)
	}
	none := startHost(t, func(o *attach.ServerOptions) { o.Interactor = nil })
	if _, err := none.dial(t).Terminal(t.Context(), "db#3"); err == nil {
		t.Error("a host without terminals gave one")
	}
}

func TestTheEndOfARunEndsItsTerminalAndSaysWhy(t *testing.T) {
	h := startHost(t)
	term := take(t, h, t.Context())
	close(h.terminals.of("db#3").ended)
	_, err := io.ReadAll(term)
	if err == nil || err.Error() != "db#3 has ended" {
		t.Errorf("Read: %v", err)
	}
	eventually(t, "the host lets go", left(h))
}

func TestLeavingATerminalLetsTheHostGo(t *testing.T) {
	t.Run("by closing it", func(t *testing.T) {
		h := startHost(t)
		_ = take(t, h, t.Context()).Close()
		eventually(t, "the host lets go", left(h))
	})
	t.Run("by the end of its context", func(t *testing.T) {
		h := startHost(t)
		ctx, cancel := context.WithCancel(t.Context())
		term := take(t, h, ctx)
		cancel()
		if _, err := term.Read(make([]byte, 1)); err == nil {
			t.Error("it is still open")
		}
		eventually(t, "the host lets go", left(h))
	})
	t.Run("by closing the client", func(t *testing.T) {
		h := startHost(t)
		c := h.dial(t)
		term, err := c.Terminal(t.Context(), "db#3")
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
		if _, err := term.Read(make([]byte, 1)); err == nil || errors.Is(err, io.ErrNoProgress) {
			t.Error("it is still open")
		}
		_ = term.Close()
		eventually(t, "the host lets go", left(h))
	})
}

func TestATerminalThatBreaksTheProtocolIsClosed(t *testing.T) {
	h := startHost(t)
	conn := h.raw(t)
	_, _ = io.WriteString(conn, "GET /v1/runs/db%233/terminal HTTP/1.1\r\nHost: sawhorse\r\nConnection: Upgrade\r\nUpgrade: sawhorse-terminal\r\n\r\n"+
		"d\xff\xff\xff\xff too much")
	_, _ = io.Copy(io.Discard, conn) // until the host closes it
	eventually(t, "the host lets go", left(h))
}
