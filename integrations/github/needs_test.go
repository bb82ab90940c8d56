package github

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// planned reads a plan from texts of workflows, the first of which calls the others.
func planned(t *testing.T, first string, called map[string]string) *plan {
	t.Helper()
	w, err := readWorkflow("ci.yml", []byte(first))
	if err != nil {
		t.Fatal(err)
	}
	p := &plan{jobs: w.Jobs, called: map[string]*plan{}}
	for name, text := range called {
		p.called[name] = planned(t, text, nil)
	}
	return p
}

func TestWhatAJobNeedsIsFoundByNames(t *testing.T) {
	const reused = `jobs: {pack: {}, push: {needs: pack}}`
	for _, tt := range []struct {
		name, file string
		called     map[string]string
		jobs       []string
		needs      map[string][]string
		later      []string
	}{
		{
			name: "a job alone and in a list", file: `jobs: {a: {}, b: {needs: a}, c: {name: The end, needs: [a, b]}}`,
			jobs:  []string{"a", "b", "The end"},
			needs: map[string][]string{"b": {"a"}, "The end": {"a", "b"}},
		},
		{
			name: "every job of a matrix", file: `jobs: {test: {strategy: {matrix: {os: [l, m]}}}, name: {name: "on ${{ matrix.os }}!", strategy: {matrix: {os: [l, m]}}, needs: test}, end: {needs: [name]}}`,
			jobs:  []string{"test (l)", "test (m)", "on l!", "on m!", "end"},
			needs: map[string][]string{"on l!": {"test (l)", "test (m)"}, "on m!": {"test (l)", "test (m)"}, "end": {"on l!", "on m!"}},
		},
		{
			name: "a workflow that is called", file: `jobs: {lint: {}, ship: {uses: ./r.yml, needs: lint}, tell: {needs: ship}}`, called: map[string]string{"./r.yml": reused},
			jobs:  []string{"lint", "ship / pack", "ship / push", "tell"},
			needs: map[string][]string{"ship / pack": {"lint"}, "ship / push": {"ship / pack"}, "tell": {"ship / pack", "ship / push"}},
		},
		{
			name: "each call keeps to itself", file: `jobs: {ship: {uses: ./r.yml, strategy: {matrix: {to: [a, b]}}}}`, called: map[string]string{"./r.yml": reused},
			jobs:  []string{"ship (a) / pack", "ship (a) / push", "ship (b) / pack", "ship (b) / push"},
			needs: map[string][]string{"ship (a) / push": {"ship (a) / pack"}, "ship (b) / push": {"ship (b) / pack"}},
		},
		{
			name: "one that can't be read waits as its caller does", file: `jobs: {lint: {}, ship: {uses: o/r/.github/workflows/x.yml@v1, needs: lint}, tell: {needs: ship}}`,
			jobs:  []string{"lint", "ship / a", "ship / b", "tell"},
			needs: map[string][]string{"ship / a": {"lint"}, "ship / b": {"lint"}, "tell": {"ship / a", "ship / b"}},
		},
		{
			name: "what was skipped as a whole", file: `jobs: {test: {name: "t ${{ matrix.os }}", strategy: {matrix: {os: [l]}}}, ship: {uses: ./r.yml, needs: test}, end: {needs: ship}}`, called: map[string]string{"./r.yml": reused},
			jobs:  []string{"t ${{ matrix.os }}", "ship", "end"},
			needs: map[string][]string{"ship": {"t ${{ matrix.os }}"}, "end": {"ship"}},
		},
		{
			name: "what is not there yet, beyond what has no certain name", file: `jobs: {a: {}, m: {needs: a, strategy: {matrix: {x: [1]}}}, b: {needs: m}, c: {name: the c, needs: [b]}}`,
			jobs:  []string{"a"},
			needs: map[string][]string{"b": {"a"}, "the c": {"b"}}, later: []string{"b", "the c"},
		},
		{
			name: "a name that could be two's is nobody's", file: `jobs: {a: {}, x: {name: "${{ inputs.x }}", needs: a}, y: {name: "${{ inputs.y }}", needs: a}, z: {needs: [x, a]}}`,
			jobs:  []string{"a", "which", "z"},
			needs: map[string][]string{"z": {"a"}},
		},
		{
			name: "a circle ends", file: `jobs: {a: {needs: b}, b: {needs: a}, c: {needs: gone}}`,
			jobs: []string{"c", "other"}, needs: map[string][]string{},
		},
		{
			name: "a name with a stroke and brackets of its own", file: `jobs: {a: {name: build / all (fast)}, b: {needs: a, strategy: {matrix: {x: [1]}}}}`,
			jobs:  []string{"build / all (fast)", "b (1, two (2))"},
			needs: map[string][]string{"b (1, two (2))": {"build / all (fast)"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			needs, later := planned(t, tt.file, tt.called).needs(tt.jobs)
			maps.DeleteFunc(needs, func(_ string, of []string) bool { return len(of) == 0 })
			if diff := cmp.Diff(tt.needs, needs); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.later, later); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhateverAPlanSaysNeedsAreOfTheRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"a", "b", "a / b", "a (1)", "${{ x }}", "b ${{ x }} (", "", "./w"})
		var plans func(depth int) *plan
		plans = func(depth int) *plan {
			p := &plan{called: map[string]*plan{}}
			for range rapid.IntRange(0, 4).Draw(t, "jobs") {
				p.jobs = append(p.jobs, fileJob{
					Key: word.Draw(t, "key"), Name: word.Draw(t, "name"), Matrix: rapid.Bool().Draw(t, "matrix"),
					Uses: word.Draw(t, "uses"), Needs: rapid.SliceOfN(word, 0, 3).Draw(t, "needs"),
				})
			}
			if depth < 2 {
				p.called["./w"] = plans(depth + 1)
			}
			return p
		}
		names := rapid.SliceOfNDistinct(word, 0, 6, rapid.ID[string]).Draw(t, "names")
		needs, later := plans(0).needs(names)
		all := slices.Concat(names, later)
		for name, of := range needs {
			for _, n := range append(of, name) {
				if !slices.Contains(all, n) {
					t.Fatalf("%q of %v", n, all)
				}
			}
		}
	})
}

func TestStepsSayWhatTheyWaitFor(t *testing.T) {
	needsOf := func(s *integrationtest.Sink) map[string][]string {
		needs := map[string][]string{}
		for _, st := range s.Run().Steps {
			if st.Parent == "" {
				needs[st.Name] = st.Needs
			}
		}
		return needs
	}
	inBubble(t, githubtest.Options{}, "main", func(t *testing.T, w *world, p *provider) {
		s, err := w.run(t.Context(), p, "deploy", map[string]string{"version": "v1", "env": "staging"})
		if diff := cmp.Diff(map[string][]string{"build": nil, "deploy": {"build"}}, needsOf(s)); diff != "" || err != nil {
			t.Error(err, diff)
		}
		file := "GET /repos/ada/shop/contents/.github/workflows/deploy.yml"
		asked := w.s.Counts(file)
		again := &integrationtest.Sink{}
		if err := p.Attach(t.Context(), tasks.Run{External: "9000001"}, again); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(needsOf(s), needsOf(again)); diff != "" || asked != 1 || w.s.Counts(file) != 1 {
			t.Errorf("followed again: %s; the file was asked for %d times, then %d", diff, asked, w.s.Counts(file))
		}
	})
}

func TestAJobThatIsNotThereYetIsAStepThatWaits(t *testing.T) {
	inBubble(t, githubtest.Options{}, "main", func(t *testing.T, w *world, p *provider) {
		w.repo.Files[""][".github/workflows/deploy.yml"] = githubtest.Deploy + "  tell: {needs: deploy, steps: [{run: make tell}]}\n"
		s, err := w.run(t.Context(), p, "deploy", map[string]string{"version": "v1", "env": "staging"})
		if err != nil {
			t.Fatal(err)
		}
		var course []tasks.Step
		for _, e := range s.Events() {
			if e, ok := e.(tasks.StepChanged); ok && e.Step.Name == "tell" {
				course = append(course, e.Step)
			}
		}
		want := []tasks.Step{{Name: "tell", Status: tasks.Queued, Needs: []string{"deploy"}}, {Name: "tell", Status: tasks.Skipped, Needs: []string{"deploy"}}}
		if diff := cmp.Diff(want, course); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWorkflowsThatCallEachOtherAreReadOnce(t *testing.T) {
	inBubble(t, githubtest.Options{}, "main", func(t *testing.T, w *world, p *provider) {
		const many = 40
		text := "on: workflow_call\njobs:\n"
		for i := range many {
			text += fmt.Sprintf("  to%d: {uses: ./.github/workflows/w%d.yml}\n", i, i)
		}
		for i := range many {
			w.repo.Files[""][fmt.Sprintf(".github/workflows/w%d.yml", i)] = text
		}
		pl, err := p.planOf(t.Context(), apiRun{Path: ".github/workflows/w0.yml", SHA: strings.Repeat("1", 40)})
		if err != nil || len(pl.jobs) != many {
			t.Errorf("%v: %+v", err, pl)
		}
		pl.find(strings.Repeat("to1 / ", 30) + "end") // ends
		for i := range many {
			if n := w.s.Counts(fmt.Sprintf("GET /repos/ada/shop/contents/.github/workflows/w%d.yml", i)); n != 1 {
				t.Fatalf("w%d.yml was asked for %d times", i, n)
			}
		}
	})
}
