package github

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestJobsAndStepsOfOneNameAreToldApart(t *testing.T) {
	inBubble(t, githubtest.Options{}, "main", func(t *testing.T, w *world, p *provider) {
		upload := githubtest.Step{Name: "Run actions/upload-artifact@v4", Takes: 10 * time.Second}
		job := func(line string) githubtest.Job {
			step := upload
			step.Log = []string{line}
			return githubtest.Job{Name: "pack", Steps: []githubtest.Step{step, upload}}
		}
		w.repo.Workflows[2].Plan = func(map[string]string, int) githubtest.Plan {
			return githubtest.Plan{Jobs: []githubtest.Job{job("first"), job("second")}}
		}
		s, err := w.run(t.Context(), p, "nightly", nil)
		if err != nil {
			t.Fatal(err)
		}
		var course []string // of one step; each is told once
		for _, e := range s.Events() {
			if e, ok := e.(tasks.StepChanged); ok && e.Step.Parent == "pack" && e.Step.Name == upload.Name {
				course = append(course, string(e.Step.Status))
			}
		}
		if diff := cmp.Diff([]string{"running", "succeeded"}, course); diff != "" {
			t.Error(diff)
		}
		got := strings.Count(s.Text(""), "●")
		if got != 6 || !strings.Contains(s.Text(""), "● pack 2 › Run actions/upload-artifact@v4 2  10s") {
			t.Errorf("%d of 6 ends were told:\n%s", got, s.Text(""))
		}
		if diff := cmp.Diff([]string{"first\n", "second\n"}, []string{s.Text("pack"), s.Text("pack 2")}); diff != "" {
			t.Error(diff)
		}
	})
}

func TestANumberBehindANameIsThatOfNoOther(t *testing.T) {
	jobs := []apiJob{{ID: 3, Name: "a"}, {ID: 1, Name: "a"}, {ID: 2, Name: "a 2"}, {ID: 4, Name: "a"}}
	distinguish(jobs)
	var got []string
	for _, j := range jobs {
		got = append(got, j.Name)
	}
	if diff := cmp.Diff([]string{"a 3", "a", "a 2", "a 4"}, got); diff != "" {
		t.Error(diff)
	}
}
