package tui_test

import (
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
)

// curves opens the Curves tab of the training that runs.
func (p trip) curves() trip {
	p.t.Helper()
	p.on("train").Press("2", "tab").See("loss  0.1 at step 39")
	return p
}

// steps gives the training steps and opens their tab.
func (p trip) steps() trip {
	p.t.Helper()
	for _, st := range []tasks.Step{
		{Name: "prepare", Status: tasks.Succeeded, Log: logs.Key("train#1/prepare")},
		{Name: "fit", Status: tasks.Failed, Log: logs.Key("train#1/fit"), Needs: []string{"prepare"}},
		{Name: "plot", Status: tasks.Failed, Needs: []string{"fit"}},
	} {
		st.StartedAt = time.Now()
		p.e.Emit(tasks.StepChanged{ID: "train#1", Step: st})
	}
	p.on("train").Press("2", "tab").See("✓ prepare  succeeded", "▌   ✖ fit  failed", "✖ plot")
	return p
}

// trainingJourneys are those of the tabs of pipelines and trainings.
func trainingJourneys() map[string]func(p trip) {
	return map[string]func(p trip){
		"curves.alone": func(p trip) {
			p.e.Emit(tasks.MetricReported{ID: "train#1", Name: "acc", Point: tasks.Point{Step: 1, Value: 0.9}})
			p.curves().See("acc  0.9").Press("enter").Gone("acc  0.9").Press("enter").See("acc  0.9")
		},
		"curves.rank": func(p trip) {
			p.e.Emit(tasks.MetricReported{ID: "train#1", Name: "acc", Point: tasks.Point{Step: 1, Value: 0.9}})
			p.curves().Press("down", "*").See("acc*  0.9")
		},
		"curves.left":   func(p trip) { p.curves().Press("left", "left").See("at 38", "┊") },
		"curves.right":  func(p trip) { p.curves().Press("left", "left", "right").See("at 39") },
		"curves.clear":  func(p trip) { p.curves().Press("left").See("┊").Press("esc").Gone("┊") },
		"curves.zoom":   func(p trip) { p.curves().Press("enter", "+").See("×2", "└19.5", " 39") },
		"curves.unzoom": func(p trip) { p.curves().Press("enter", "+", "-").Gone("×2") },
		"curves.smooth": func(p trip) { p.curves().Press("enter", "m").See("smooth 0.6") },
		"curves.log":    func(p trip) { p.curves().Press("enter", "L").See("log") },
		"curves.time":   func(p trip) { p.curves().Press("t").See("loss  0.1 at 0") },
		"steps.open": func(p trip) {
			p.steps().Press("enter").See("train / fit").Press("esc").See("▌   ✖ fit").Press("esc", "esc").See("✓ prepare")
		},
		"steps.failed": func(p trip) { p.steps().Press("n").See("▌   ✖ plot").Press("n").See("▌   ✖ fit") },
		"steps.graph": func(p trip) {
			p.steps().Press("m").See("needs prepare  then plot").Press("m").See("▌   ✖ fit")
		},
		"steps.left":   func(p trip) { p.steps().Press("m", "left").See("prepare  succeeded").Gone("needs prepare") },
		"steps.right":  func(p trip) { p.steps().Press("m", "right").See("needs fit") },
		"steps.here":   func(p trip) { p.steps().Press("h").See("no task here does what this job does") },
		"steps.beside": func(p trip) { p.steps().Press("v").See("no task here does what") },
		"tab.7":        func(p trip) { p.steps().Press("7").See("python train.py") },
		"tab.8":        func(p trip) { p.on("web").Press("8").See("no such tab") },
	}
}
