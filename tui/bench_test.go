package tui_test

import (
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// big is a screen of 120x36 on 50 units that all run.
func big(b *testing.B) (*tui.Screen, *tuitest.Engine) {
	b.Helper()
	var units []config.Unit
	for i := range 50 {
		kind := config.Service
		if i >= 35 {
			kind = config.Task
		}
		units = append(units, config.Unit{Name: fmt.Sprintf("unit-%02d", i), Kind: kind, Run: "true", Ports: []config.Port{{Name: "http", Number: 8000 + i}}})
	}
	e := tuitest.NewEngine(units...)
	for _, u := range units {
		e.Up(u.Name)
	}
	s, err := tui.New(b.Context(), e, tui.Options{})
	if err != nil {
		b.Fatal(err)
	}
	s.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
	s.View()
	return s, e
}

func BenchmarkViewWhenNothingChanged(b *testing.B) {
	s, _ := big(b)
	for b.Loop() {
		s.View()
	}
}

func BenchmarkKeyThenView(b *testing.B) {
	s, _ := big(b)
	keys := []tea.KeyPressMsg{tuitest.Key("down"), tuitest.Key("up")}
	i := 0
	for b.Loop() {
		s.Update(keys[i%2])
		s.View()
		i++
	}
}

func BenchmarkEventsThenView(b *testing.B) {
	s, e := big(b)
	usage := map[tasks.RunID]tasks.Usage{}
	for id := range e.State().Runs {
		usage[id] = tasks.Usage{CPU: 1, Memory: 1 << 20}
	}
	for b.Loop() {
		s.Apply(tasks.UsageSampled{At: time.Now(), Usage: usage})
		s.View()
	}
}
