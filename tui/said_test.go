package tui_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

func TestAttentionSaysWhatAProcessSaidBeforeItFailed(t *testing.T) {
	tests := []struct {
		name, want string
		lines      []string
	}{
		{"an error", "exit 2: panic: missing PAY_KEY", []string{"starting", "panic: missing PAY_KEY", "", "goroutine 1 [running]:", "main.main()", "\t/a/main.go:7 +0x1d"}},
		{"a traceback", "exit 2: ValueError: boom", []string{"Traceback (most recent call last):", `  File "a.py", line 1, in <module>`, "    main()", "ValueError: boom"}},
		{"a record", "exit 2: no database", []string{`{"level":"error","msg":"no database","port":5432}`, `{"level":"info","msg":"bye"}`}},
		{"no error", "exit 2: bye", []string{"hello", "bye", ""}},
		{"a command that is not there", "exit 127: sh: 1: vitest: not found", []string{"> vitest run", "", "sh: 1: vitest: not found"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				e := tuitest.NewEngine(config.Unit{Name: "web", Kind: config.Service, Run: "web"})
				store := keep(t, e)
				printTo(t, e, store, "web", "ERROR of the run before")
				first := int64(len(printed()) + 1)
				printTo(t, e, store, "web", tt.lines...)
				exit := tasks.Exit{Code: 2}
				reason := exit.String()
				if strings.Contains(tt.want, "127") {
					exit.Code = 127
					reason = "exit 127: the shell did not find a command; the last line of the log names it"
				}
				e.Emit(
					tasks.RunQueued{Run: tasks.Run{ID: "web#1", Task: "web", Number: 1, Log: logs.Key("web"), QueuedAt: time.Now()}},
					tasks.RunStarted{ID: "web#1", At: time.Now(), FirstLine: first},
					tasks.RunEnded{ID: "web#1", At: time.Now(), Status: tasks.Failed, Error: reason, Exit: &exit, EndLine: first + int64(len(tt.lines))},
				)
				u := tuitest.New(t, 120, 36, e, tui.Options{})
				u.See("svc    web")
				for line := range strings.Lines(u.Screen()) {
					if strings.Contains(line, "svc    web") && !strings.Contains(line, tt.want+" ") {
						t.Errorf("%q is not in %q", tt.want, line)
					}
				}
			})
		})
	}
}
