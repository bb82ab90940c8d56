package tui_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tui"
	"github.com/sawhorse-dev/sawhorse/tui/tuitest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// dock is a connection with what every kind of the screen's features needs.
func dock() tasks.Provider {
	return tasks.Provider{
		Name: "docker", Title: "Docker", Phase: tasks.PhaseUp, About: "Docker 27.1, API 1.46",
		Kinds: []tasks.Kind{
			{
				Name: "container", Title: "CONTAINERS", Usage: true, Terminal: true,
				Operations: []tasks.Operation{
					{Name: "start", Title: "Start", Key: "s"},
					{Name: "stop", Title: "Stop", Key: "s"},
					{Name: "remove", Title: "Remove", Key: "X", Dangerous: true, Confirm: "Removes {name} for good."},
					{Name: "scale", Title: "Scale", Key: "S", Params: []config.Param{{Name: "to", Type: config.ParamInt}}},
				},
				Views: []tasks.View{{Title: "Info", Query: "info"}, {Title: "Top", Query: "top", Every: 2}},
			},
			{
				Name: "volume", Title: "VOLUMES",
				Operations: []tasks.Operation{{Name: "prune", Title: "Remove all unused volumes", Key: "P", Dangerous: true, Whole: true, Preview: "prune.preview", Confirm: "Their data goes."}},
			},
		},
	}
}

func thing(kind, name string, change func(*tasks.Resource)) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID("docker", kind, "id-"+name), Kind: kind, Name: name, Phase: tasks.PhaseUp, Native: "running",
		Since: time.Now().Add(-3 * time.Hour),
	}
	if change != nil {
		change(&r)
	}
	return r
}

// outside is a screen on a service, with containers of this workspace and of
// others.
func outside(t *testing.T, w, h int) (*tuitest.User, *tuitest.Engine) {
	t.Helper()
	e := tuitest.NewEngine(config.Unit{Name: "web", Kind: config.Service, Run: "serve"})
	e.Emit(tasks.ProviderChanged{Provider: dock()}, tasks.ResourcesChanged{Provider: "docker", Changes: tasks.Changes{All: true, Changed: []tasks.Resource{
		thing("container", "db", func(r *tasks.Resource) {
			r.Own, r.Group, r.Detail, r.Native, r.Number = true, "shop", "postgres:17  :5432", "healthy", "healthy"
			r.Off = map[string]string{"start": "", "scale": "there is only one of it"}
		}),
		thing("container", "worker", func(r *tasks.Resource) {
			r.Own, r.Group, r.Phase, r.Native, r.Reason, r.Number = true, "shop", tasks.PhaseFailed, "exited", "exit 3", "exit 3"
			r.Off = map[string]string{"stop": ""}
		}),
		thing("container", "stranger", func(r *tasks.Resource) { r.Group = "blog" }),
		thing("volume", "data", func(r *tasks.Resource) { r.Number, r.Phase, r.Native = "12 MB", tasks.PhaseOff, "unused" }),
	}}})
	u := tuitest.New(t, w, h, e, tui.Options{})
	return u, e
}

func sent[C tasks.Command](e *tuitest.Engine) []C {
	var all []C
	for _, c := range e.Commands() {
		if is, ok := c.(C); ok {
			all = append(all, is)
		}
	}
	return all
}

func TestTheWorkspacesOwnThingsComeFirstAndOthersAreFolded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, _ := outside(t, 120, 36)
		u.See("▾ CONTAINERS", "● db", "healthy", "✖ worker", "exit 3", "▸ OTHER CONTAINERS", "▸ VOLUMES")
		u.Gone("stranger")
		u.See("worker", "exit 3") // it is its workspace's, so ATTENTION tells of it
		u.Press("down", "down", "down", "down").Press("space").See("blog/stranger")
	})
}

func TestEnterInAGroupsTableGoesToTheRow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, _ := outside(t, 120, 36)
		u.Press("down", "down", "left").See("PART OF").Press("tab", "enter").See("shop/db", "1 Info")
	})
}

func TestAResourceHasItsLogItsAnswersAndItsStats(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := outside(t, 120, 36)
		asked := 0
		e.Answer = func(tasks.Query) (tasks.Result, error) {
			asked++
			return tasks.Result{
				Facts:   []tasks.Fact{{Name: "image", Value: "postgres:17"}, {Name: "ports", Value: "http://127.0.0.1:5432\nhttp://127.0.0.1:5433"}},
				Columns: []tasks.Column{{Name: "PID", Number: true}, {Name: "CMD"}}, Rows: [][]string{{"7", "postgres -D data"}},
				Text: "{\n  \"a\": 1\n}",
			}, nil
		}
		u.Press("down", "down").See("shop/db", "1 Info", "2 Stats", "3 Top")
		u.Wait(time.Second).See("postgres:17", "http://127.0.0.1:5433", "PID  CMD", "7  postgres -D data", `"a": 1`)
		want := []tasks.Query{{Provider: "docker", Name: "info", Args: map[string]string{"id": "id-db", "kind": "container"}}}
		if diff := cmp.Diff(want, e.Asked()); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		u.Press("3").Wait(9 * time.Second)
		if asked < 5 || asked > 7 {
			t.Errorf("a tab that wants to be fresh was asked for %d times in nine seconds", asked-1)
		}
		u.Press("2").See("Not sampled yet.")
		e.Emit(tasks.ResourceUsed{ID: "docker/container/id-db", Usage: tasks.Usage{CPU: 42, Memory: 12 << 20}})
		u.See("42%", "12M")
		before := asked
		u.Wait(10 * time.Second)
		if asked != before {
			t.Errorf("a tab that nobody sees was asked for %d times", asked-before)
		}
	})
}

func TestTheHostIsToldWhatIsLookedAtAndAgainBeforeItForgets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := outside(t, 120, 36)
		u.Press("down", "down", "down").Wait(50 * time.Second)
		want := []tasks.Look{}
		for range 3 {
			want = append(want, tasks.Look{Resources: []tasks.ResourceID{"docker/container/id-worker"}, Seconds: 30})
		}
		if diff := cmp.Diff(want, sent[tasks.Look](e)); diff != "" {
			t.Errorf("what was passed on the way was not looked at (-want +got):\n%s", diff)
		}
		u.Press("up", "up", "up").Wait(time.Minute)
		if n := len(sent[tasks.Look](e)); n != 3 {
			t.Errorf("nothing outside is looked at, and the host was told %d times more", n-3)
		}
	})
}

func TestOperationsAreKeysWithReasonsWhenTheyAreOff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := outside(t, 120, 36)
		u.Press("down", "down").See("s stop", "X remove").Press("s")
		u.Press("S").See("Scale shop/db: there is only one of it")
		u.Press("down").See("s start").Press("s")
		u.Press("S").See("Scale shop/worker", "to").Type("3").Press("enter")
		u.Press("X").See("Remove shop/worker?", "Removes shop/worker for good.", "Docker 27.1, API 1.46").Press("enter")
		u.Press("X").Wait(time.Second).Press("right", "enter").Wait(time.Second)
		db, worker := tasks.ResourceID("docker/container/id-db"), tasks.ResourceID("docker/container/id-worker")
		want := []tasks.Operate{
			{ID: db, Operation: "stop"},
			{ID: worker, Operation: "start"},
			{ID: worker, Operation: "scale", Args: map[string]string{"to": "3"}},
			{ID: worker, Operation: "remove"},
		}
		if diff := cmp.Diff(want, sent[tasks.Operate](e)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestWhatAPruneTakesIsListedBeforeItIsAsked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		u, e := outside(t, 120, 36)
		e.Answer = func(tasks.Query) (tasks.Result, error) {
			return tasks.Result{Rows: [][]string{{"data", "12 MB"}}, Text: "1 volume, 12 MB"}, nil
		}
		u.Press("G").See("P prune").Press("P").See("Remove all unused volumes?", "Their data goes.", "• data  12 MB", "1 volume, 12 MB")
		u.Wait(time.Second).Press("right", "enter").Wait(time.Second)
		if diff := cmp.Diff([]tasks.Operate{{ID: "docker/volume/id-data", Operation: "prune"}}, sent[tasks.Operate](e)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestAnEngineThatNobodyNeedsAndThatIsNotThereIsNotShown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(config.Unit{Name: "web", Kind: config.Service, Run: "serve"})
		e.Emit(tasks.ProviderChanged{Provider: tasks.Provider{Name: "docker", Title: "Docker", Phase: tasks.PhaseFailed, Error: "no engine"}})
		tuitest.New(t, 120, 36, e, tui.Options{}).See("web").Gone("DOCKER")
	})
}

func TestAConnectionThatFailsSaysWhyWhatToDoAndWhenItIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine(config.Unit{Name: "web", Kind: config.Service, Run: "serve"})
		e.Emit(tasks.ProviderChanged{Provider: tasks.Provider{
			Name: "docker", Title: "Docker", Phase: tasks.PhaseFailed, Wanted: true, Since: time.Now(),
			Error: "no engine: /var/run/docker.sock is not there", Hint: "start it: sudo systemctl start docker", Retry: time.Now().Add(8 * time.Second),
		}})
		u := tuitest.New(t, 120, 36, e, tui.Options{})
		u.See("▾ DOCKER", "✖ not reached")
		u.Press(".").See("start it: sudo systemctl start docker", "tried again  in ")
		u.Wait(8 * time.Second).See("tried again  now")
		e.Emit(tasks.ProviderChanged{Provider: dock()}, tasks.ResourcesChanged{Provider: "docker", Changes: tasks.Changes{All: true, Changed: []tasks.Resource{
			thing("container", "db", func(r *tasks.Resource) { r.Own = true }),
		}}})
		u.See("▾ CONTAINERS", "● db").Gone("not reached")
	})
}

func TestAReadOnlyScreenOperatesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := tuitest.NewEngine()
		e.Emit(tasks.ProviderChanged{Provider: dock()}, tasks.ResourcesChanged{Provider: "docker", Changes: tasks.Changes{All: true, Changed: []tasks.Resource{thing("container", "db", nil)}}})
		u := tuitest.New(t, 120, 36, e, tui.Options{Settings: tui.Settings{}, ReadOnly: true})
		u.See("▾ CONTAINERS", "● db").Press("s").See("read-only")
		if ops := sent[tasks.Operate](e); len(ops) > 0 {
			t.Errorf("%+v", ops)
		}
	})
}
