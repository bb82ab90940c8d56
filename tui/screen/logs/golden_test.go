package logs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui/theme"
	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// evening is a bit of everything that the view draws in its own way.
func evening(d *desk) {
	for _, n := range []string{"api", "worker"} {
		d.declare(n, config.Service)
	}
	d.print("api", "GET /api/cart 200 12ms id=7f3a", `{"level":"info","msg":"started","port":8081,"service":"cart","tags":["a","b"]}`)
	d.print("worker", "2026-11-22T12:04:30Z WARN cache miss ratio 0.62 over 1m", "ERROR job 8812 failed: dial tcp 10.0.0.7:6379: connect: connection refused")
	d.print("worker", "panic: no stock", "", "goroutine 1 [running]:", "main.pop()", "\t/srv/internal/queue/redis.go:88 +0x1d", "main.main()", "\t/srv/main.go:12 +0x2a")
	d.print("api", "\x1b[32m✓\x1b[0m 日本語のログ 👍 done \x1b[1;35mbold\x1b[0m", "step=1201 loss=0.8107 lr=3.0e-4", "downloading 10%\rdownloading 55%\rdownloading 100%")
	d.print("api", "DEBUG pool size=8 idle=6 see https://example.com/docs and cart_test.go:41", strings.Repeat("a long line without an end ", 12))
	w, err := d.store.Writer("api")
	if err != nil {
		d.t.Fatalf("%v", err)
	}
	if err := w.Note("restarting in 200ms"); err != nil {
		d.t.Fatalf("%v", err)
	}
	if err := w.Flush(); err != nil {
		d.t.Fatalf("%v", err)
	}
	d.state.Lines["api"] = w.Lines()
}

func TestViewsLookAsTheyDid(t *testing.T) {
	for _, size := range []struct{ w, h int }{{140, 24}, {85, 20}, {58, 20}, {30, 20}, {20, 6}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			at(t, size.w, size.h, func(t *testing.T, d *desk) {
				evening(d)
				var b strings.Builder
				show := func(title string) {
					b.WriteString("== " + title + "\n" + strings.Join(d.screen(), "\n") + "\n")
				}
				d.sync("api")
				show("one log")
				d.press("w")
				show("wrapped")
				d.press("w", "k", "enter", "m")
				show("unfolded and marked")
				d.sync("api", "worker")
				d.press("t")
				show("two logs with their time")
				d.press("/")
				d.typeText("a")
				show("searching")
				d.press("enter", "&")
				d.typeText("level>=warn")
				d.press("enter")
				show("warnings only")
				golden.RequireEqual(t, b.String())
			})
		})
	}
}

func TestColoursOfDarkAndLight(t *testing.T) {
	for _, look := range []theme.Theme{theme.Dark(), theme.Light()} {
		t.Run(look.Name, func(t *testing.T) {
			at(t, 85, 16, func(t *testing.T, d *desk) {
				evening(d)
				d.tab.SetTheme(look)
				d.tab.SetPrefs(Prefs{Time: logview.Delta})
				d.sync("api", "worker")
				d.press("/")
				d.typeText("level")
				d.press("enter")
				d.run(d.tab.Show(logs.Key("none"), 1))
				out := strings.ReplaceAll(d.tab.View(Frame{85, 16, true}), d.state.Workspace.Root, "/work")
				golden.RequireEqual(t, strings.ReplaceAll(out, "\x1b", "␛"))
			})
		})
	}
}
