package tui_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/tui/widget/dialog"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// lab is a system that keeps runs and versions of models. No real one is like it:
// the screen knows none of them.
func lab() tasks.Provider {
	row := func(name string) config.Param { return config.Param{Name: name, Required: true} }
	return tasks.Provider{
		Name: "lab", Title: "Lab", Phase: tasks.PhaseUp, About: "Lab 7",
		Kinds: []tasks.Kind{
			{
				Name: "trial", Title: "TRIALS",
				Views: []tasks.View{{Title: "Runs", Query: "runs", Every: 15, Key: "id", As: "run", Compare: "beside"}},
				Operations: []tasks.Operation{
					{Name: "keep", Title: "Keep a model of", Key: "R", Form: "offers", Tells: true, Params: []config.Param{row("run"), {Name: "as", Required: true}}},
				},
			},
			{
				Name: "model", Title: "MODELS",
				Views: []tasks.View{{Title: "Versions", Query: "versions", Key: "version", As: "version"}},
				Operations: []tasks.Operation{
					{
						Name: "promote", Title: "Promote", Key: "P", Dangerous: true, Preview: "promotion", After: "promote", Tells: true, Undo: "undo",
						Params: []config.Param{{Name: "alias", Default: "champion", HasDefault: true, Required: true}, row("version")},
					},
					{
						Name: "undo", Title: "Undo the last promotion of", Key: "u", Dangerous: true, Preview: "promotion", After: "promote", Tells: true,
						Params: []config.Param{{Name: "alias", Default: "champion", HasDefault: true, Required: true}},
					},
				},
			},
		},
	}
}

// trial is a run as the lab knows it.
func trial(name, lr string, losses ...float64) tasks.Subject {
	s := tasks.Subject{ID: "id-" + name, Name: name, Params: map[string]string{"lr": lr, "seed": "1"}, Metrics: map[string]tasks.Series{}}
	var m tasks.Series
	for i, v := range losses {
		m.Last = tasks.Point{Step: float64(i), Value: v}
		m.Points = append(m.Points, m.Last)
	}
	s.Metrics["loss"] = m
	return s
}

// labAnswers are what the lab says.
func labAnswers(q tasks.Query) (tasks.Result, error) {
	known := []tasks.Subject{trial("good", "0.1", 2, 1, 0.25), trial("bad", "10", 2, 3, 4), trial("fair", "0.10", 2, 0.5, 1)}
	switch q.Name {
	case "runs":
		r := tasks.Result{Columns: []tasks.Column{{Name: "id"}, {Name: "name"}, {Name: "metrics.loss", Number: true}, {Name: "took", Number: true, Unit: "s"}}}
		for _, s := range known {
			r.Rows = append(r.Rows, []string{s.ID, s.Name, fmt.Sprint(s.Metrics["loss"].Last.Value), "75"})
		}
		for i := range 12 {
			r.Columns = append(r.Columns, tasks.Column{Name: fmt.Sprintf("params.column-%02d", i)})
			for k := range r.Rows {
				r.Rows[k] = append(r.Rows[k], fmt.Sprint(i))
			}
		}
		return r, nil
	case "beside":
		var r tasks.Result
		for id := range strings.SplitSeq(q.Args["runs"], ",") {
			r.Runs = append(r.Runs, known[slices.IndexFunc(known, func(s tasks.Subject) bool { return s.ID == id })])
		}
		return r, nil
	case "offers":
		return tasks.Result{
			Params: []config.Param{
				{Name: "run", Required: true, Default: q.Args["run"], HasDefault: true},
				{Name: "as", Required: true, Default: "moons", HasDefault: true},
				{Name: "which", Choices: []string{"step-9", "step-5"}, Default: "step-9", HasDefault: true},
			},
			Suggest: map[string][]string{"as": {"moons", "stars"}},
		}, nil
	case "versions":
		return tasks.Result{Columns: []tasks.Column{{Name: "version", Number: true}, {Name: "aliases"}}, Rows: [][]string{{"7", ""}, {"6", "champion"}}}, nil
	case "promotion":
		a, b := trial("champion v6", "0.1", 2, 1), trial("candidate v"+q.Args["version"], "0.2", 2, 0.5)
		return tasks.Result{
			Runs:   []tasks.Subject{a, b},
			Params: []config.Param{{Name: "over", Default: "6"}, {Name: "version", Default: q.Args["version"]}},
			Facts:  []tasks.Fact{{Name: "warning", Value: "somebody should look"}},
		}, nil
	}
	return tasks.Result{}, fmt.Errorf("the lab does not know %s", q.Name)
}

// inLab is a screen on the lab's things and a task that follows a promotion.
func inLab(t *testing.T, w, h int) (*tuitest.User, *tuitest.Engine) {
	t.Helper()
	e := tuitest.NewEngine(
		config.Unit{Name: "fit", Kind: config.Task, Run: "fit"},
		config.Unit{Name: "roll-out", Kind: config.Task, Run: "roll", After: "promote"},
	)
	e.Answer = labAnswers
	at := func(kind, name string) tasks.Resource {
		return tasks.Resource{ID: tasks.NewResourceID("lab", kind, name), Kind: kind, Name: name, Own: true, Phase: tasks.PhaseUp, Native: "active"}
	}
	e.Emit(tasks.ProviderChanged{Provider: lab()}, tasks.ResourcesChanged{Provider: "lab", Changes: tasks.Changes{All: true, Changed: []tasks.Resource{
		at("trial", "moons-trial"), at("model", "moons"),
	}}})
	return tuitest.New(t, w, h, e, tui.Options{}), e
}

// runs goes to the table of runs.
func labRuns(u *tuitest.User) *tuitest.User {
	return u.Press("down", "down", "down").See("moons-trial  1 Runs").Wait(time.Second).Press("tab").See("NAME", "LOSS", "1m15s", "good", "bad", "fair")
}

func TestMarkedRowsStayMarkedAndAreComparedWithTheBetterMarked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := inLab(t, 120, 36)
		labRuns(u).Press("space", "down", "space").See("A ", "B ", "2 marked")
		u.Wait(20 * time.Second).See("2 marked") // asked anew meanwhile
		u.Press("o").See("2 marked").Press("v")
		u.See("A good", "B fair", "PARAMETERS  all 2 are the same", "★ 0.25", "★ 0.25@2", "0.5@1", "loss  less is better, over steps")
		asked := e.Asked()
		want := tasks.Query{Provider: "lab", Name: "beside", Args: map[string]string{"id": "moons-trial", "kind": "trial", "runs": "id-good,id-fair"}}
		if diff := cmp.Diff(want, asked[len(asked)-1]); diff != "" {
			t.Error(diff)
		}
		// A third one, and only what differs.
		u.Press("1").See("ID↑").Press("home").See("▌  id-bad").Press("space", "v").See("C bad", "PARAMETERS that differ; 1 are the same", "lr", "10")
	})
}

func TestCurvesBesideEachOtherHaveLettersWhereThereAreNoColours(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, _ := inLab(t, 120, 36)
		labRuns(u).Press("space", "space", "v", "enter").See("A good  0.25, best 0.25 at step 2", "B bad  4, best 2 at step 0")
		screen := u.Screen()
		chart := screen[strings.Index(screen, "B bad"):]
		for _, letter := range []string{"A", "B"} {
			if !strings.Contains(chart[8:], letter) {
				t.Errorf("no curve has the letter %s:\n%s", letter, chart)
			}
		}
	})
}

func TestAModelIsKeptOfTheRowWithWhatItsSystemOffers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := inLab(t, 120, 36)
		labRuns(u).Press("down", "R").See("Keep a model of moons-trial", "moons", "id-bad").Press("enter")
		want := tasks.Operate{ID: "lab/trial/moons-trial", Operation: "keep", Args: map[string]string{"run": "id-bad", "as": "moons", "which": "step-9"}}
		if diff := cmp.Diff([]tasks.Operate{want}, sent[tasks.Operate](e)); diff != "" {
			t.Error(diff)
		}
		e.Emit(tasks.OperationEnded{ID: want.ID, Operation: "keep", Text: "version 8 of moons is ready"})
		u.See("version 8 of moons is ready")
	})
}

func TestTheFormOfAnOperationCompletesWhatItsSystemSuggests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := inLab(t, 120, 36)
		labRuns(u).Press("down", "R").See("Keep a model of moons-trial").Press("down").See("→ stars").Press("s", "t", "right", "enter")
		want := tasks.Operate{ID: "lab/trial/moons-trial", Operation: "keep", Args: map[string]string{"run": "id-bad", "as": "stars", "which": "step-9"}}
		if diff := cmp.Diff([]tasks.Operate{want}, sent[tasks.Operate](e)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPromotionIsAskedWithBothBesideEachOtherAndTakenBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := inLab(t, 120, 36)
		u.Press("end").See("moons  1 Versions").Wait(time.Second).Press("tab").See("VERSION", "champion")
		u.Press("P").See("Promote moons?", "A champion v6", "B candidate v7", "lr", "★ 0.5", "▲ somebody should look", "in Lab (Lab 7)", "then runs roll-out (after: promote)")
		u.Press("right", "enter") // struck before it could be read
		if got := sent[tasks.Operate](e); len(got) != 0 {
			t.Errorf("it was promoted at once: %v", got)
		}
		u.Wait(dialog.Grace).Press("enter")
		want := tasks.Operate{ID: "lab/model/moons", Operation: "promote", Args: map[string]string{"alias": "champion", "version": "7", "over": "6"}}
		if diff := cmp.Diff([]tasks.Operate{want}, sent[tasks.Operate](e)); diff != "" {
			t.Error(diff)
		}
		e.Emit(tasks.OperationEnded{ID: want.ID, Operation: "promote", Text: "moons@champion is version 7, was version 6"})
		u.See("moons@champion is version 7, was version 6; u on it takes that back")
		u.Press("u").See("Undo the last promotion of moons?").Wait(dialog.Grace).Press("esc").Gone("Undo the last")
		// Another alias than the usual one.
		u.Press("P").See("Promote moons?").Wait(dialog.Grace).Press("c").See("alias*", "champion").Type("shadow").Press("enter").See("Promote moons?")
		asked := e.Asked()
		if got := asked[len(asked)-1].Args["alias"]; got != "shadow" {
			t.Errorf("it was asked for the alias %q", got)
		}
	})
}

func TestOnAReadOnlyScreenNothingIsPromoted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		_, e := inLab(t, 120, 36)
		u := tuitest.New(t, 120, 36, e, tui.Options{ReadOnly: true})
		u.Press("end").Wait(time.Second).Press("tab", "P").Gone("Promote moons?")
	})
}

// comparing is the history of train with two runs that have a loss.
func (p trip) comparing() trip {
	p.t.Helper()
	for i, lr := range []string{"0.1", "0.2"} {
		id := p.e.Start("train", tasks.Cause{Kind: tasks.ByPerson})
		p.e.Emit(
			tasks.CodeReported{ID: id, Code: tasks.Code{Commit: strings.Repeat(fmt.Sprint(i+1), 40)}},
			tasks.MetricReported{ID: id, Name: "loss", Point: tasks.Point{Step: 0, Value: 1, At: time.Now()}},
			tasks.MetricReported{ID: id, Name: "loss", Point: tasks.Point{Step: 10, Value: float64(i) + 0.5, At: time.Now().Add(time.Minute)}},
		)
		r := p.e.State().Runs[id]
		r.Params = map[string]string{"lr": lr}
		p.e.Emit(tasks.RunObserved{Run: r})
		p.e.End(id, 0)
	}
	p.on("train").Press("3", "tab").See("3 History", "3 succeeded", "2 succeeded").Press("home").See("▌✓    3")
	return p
}

// beside are both beside each other.
func (p trip) beside() *tuitest.User {
	p.t.Helper()
	return p.comparing().Press("space", "space", "v").See("4 Compare", "A train#3", "B train#2", "less is better")
}

// inRows is another person, in the lab's table of runs.
func (p trip) inRows() *tuitest.User {
	p.t.Helper()
	u, _ := inLab(p.t, 120, 36)
	return labRuns(u)
}

// comparingJourneys are those of runs beside each other.
func comparingJourneys() map[string]func(p trip) {
	return map[string]func(p trip){
		"history.mark":    func(p trip) { p.comparing().Press("space").See("A 3").Press("up", "space").Gone("A 3") },
		"history.compare": func(p trip) { p.beside() },
		"history.unmark":  func(p trip) { p.comparing().Press("space", "space").See("B 2").Press("V").Gone("B 2").Gone("A 3") },
		"history.filter": func(p trip) {
			p.comparing().Press("/").See("outcome=failed, took>60").Type("run<3").See("2 of 3").Press("enter").See("2 of 3, esc clears")
		},
		"history.unfilter": func(p trip) {
			p.comparing().Press("/").Type("nothing").See("No run fits the filter", "0 of 3").Press("enter", "esc").Gone("of 3")
		},
		"rows.mark":    func(p trip) { p.inRows().Press("space").See("1 marked").Press("up", "space").Gone("1 marked") },
		"rows.compare": func(p trip) { p.inRows().Press("v").See("A good", "PARAMETERS", "seed") },
		"rows.unmark":  func(p trip) { p.inRows().Press("space", "space").See("2 marked").Press("V").Gone("2 marked") },
		"rows.sort":    func(p trip) { p.inRows().Press("o").See("ID↑") },
		"rows.reverse": func(p trip) { p.inRows().Press("o", "O").See("ID↓") },
		"rows.filter": func(p trip) {
			p.inRows().Press("/").See("a text, loss<0.3").Type("loss<3 -fair").See("1 of 3", "good").Gone("bad ").Press("enter").See("1 of 3, esc clears")
		},
		"rows.unfilter": func(p trip) {
			p.inRows().Press("/").Type("nothing").See("No row fits the filter", "0 of 3").Press("enter", "esc").See("good", "bad", "fair").Gone("of 3")
		},
		"rows.right": func(p trip) {
			p.inRows().See("COLUMN-00").Gone("COLUMN-11").Press(strings.Split(strings.Repeat("right,", 13), ",")[:13]...).See("COLUMN-11")
		},
		"rows.left": func(p trip) { p.inRows().Press("right", "right").Gone("LOSS").Press("left", "left").See("LOSS") },
		"compare.alone": func(p trip) {
			p.beside().Press("enter").See("best 0.5 at step 10").Gone("METRICS").Press("enter").See("METRICS")
		},
		"compare.right":  func(p trip) { p.beside().Press("right", "space").See("A train#3").Gone("train#2  ") },
		"compare.left":   func(p trip) { p.beside().Press("right", "left", "space").See("A train#2").Gone("B train") },
		"compare.drop":   func(p trip) { p.beside().Press("space").Gone("B train") },
		"compare.smooth": func(p trip) { p.beside().Press("m").See("smoothed 0.6") },
		"compare.zoom":   func(p trip) { p.beside().Press("+").See("×2", " 5").Press("+").See("×4", " 2.5") },
		"compare.unzoom": func(p trip) { p.beside().Press("+").See("×2").Press("-").Gone("×2") },
		"compare.log":    func(p trip) { p.beside().Press("L").See("log scale") },
		"compare.time":   func(p trip) { p.beside().Press("t").See("over time", "1m00s") },
		"compare.diff":   func(p trip) { p.beside().Press("d").See("git diff  train#3 → train#2") },
		"tab.9":          func(p trip) { p.on("web").Press("9").See("no such tab") },
	}
}
