//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// trainings is a world with the example in examples/training, by one of its files.
func trainings(t *testing.T, file string, change func(string) string) (w world, dir string) {
	t.Helper()
	example := filepath.Join(repository, "examples", "training")
	text, err := os.ReadFile(filepath.Join(example, file))
	if err != nil {
		t.Fatal(err)
	}
	w, dir = newWorld(t, change(string(text)))
	for _, name := range []string{"train.py", "train_mlflow.py", "flow_prefect.py"} {
		script, err := os.ReadFile(filepath.Join(example, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), script, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w, dir
}

func asItIs(text string) string { return text }

// says runs the program and returns its exit code beside what it printed.
func (w world) says(t *testing.T, dir string, args ...string) (out string, code int) {
	t.Helper()
	program := theProgram(t)
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, append(w.environ(program), "PYTHONDONTWRITEBYTECODE=1")
	said, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(said), cmd.ProcessState.ExitCode()
}

// step is one call of the program in a test that goes on from call to call.
type step struct {
	args  string
	code  int
	wants []string
}

func (w world) walk(t *testing.T, dir string, steps []step) {
	t.Helper()
	for _, s := range steps {
		out, code := w.says(t, dir, strings.Fields(s.args)...)
		if code != s.code {
			t.Errorf("sawhorse %s exits with %d, want %d:\n%s", s.args, code, s.code, out)
		}
		for _, want := range s.wants {
			if !strings.Contains(squeezed(out), want) {
				t.Errorf("sawhorse %s does not say %q:\n%s", s.args, want, out)
			}
		}
	}
}

// squeezed is text with one blank where there are several.
func squeezed(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return strings.Join(lines, "\n")
}

func TestTheExamplesOfTrainingsAreValid(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"sawhorse.yml", "sawhorse.mlflow.yml", "sawhorse.prefect.yml"} {
		w, dir := trainings(t, file, asItIs)
		w.walk(t, dir, []step{{"validate", 0, []string{"no problems"}}})
	}
}

func TestTheExampleTrainsAndItsRunsAreCompared(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		skipFor(t, "no python3 on PATH")
	}
	w, dir := trainings(t, "sawhorse.yml", asItIs)
	w.walk(t, dir, []step{
		{"trust", 0, nil},
		{"run train lr=0.1 epochs=15", 0, []string{"step=14 loss=0.0"}},
		{"run train lr=0.001 epochs=15", 0, nil},
		{"compare train#1 train#2", 0, []string{"train#1 train#2", "param lr 0.1 0.001", "metric val_loss 0.0", "are the same in all"}},
		{"compare train#1 train#1", 0, []string{"nothing differs"}},
		{"compare train#1", 2, []string{"RUN is missing"}},
	})
	out, _ := w.says(t, dir, "compare", "train#1", "train#2", "--json")
	var got tasks.Comparison
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err, out)
	}
	names := []string{}
	for _, p := range got.Params {
		names = append(names, "param "+p.Name)
	}
	for _, m := range got.Metrics {
		names = append(names, fmt.Sprintf("metric %s, the last of run %d is better", m.Name, m.BestLast))
	}
	want := []string{
		"param lr", "metric loss, the last of run 0 is better", "metric val_loss, the last of run 0 is better", "metric val_acc, the last of run 0 is better",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestTrainJudgesItsMetricsAndSweeps(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		skipFor(t, "no python3 on PATH")
	}
	w, dir := trainings(t, "sawhorse.yml", asItIs)
	w.walk(t, dir, []step{
		{"trust", 0, nil},
		{"train train epochs=3 --fail-if val_loss>0.9", 0, []string{"step=2 loss="}},
		{"train train --set epochs=3 --fail-if val_loss>0.9 --fail-if val_acc<=1", 6, []string{"train epochs=3: val_acc<=1: val_acc is"}},
		{"train train epochs=3 --fail-if auc<0.5 --json", 6, []string{`"task": "train"`, "auc was not reported"}},
		{"train train epochs=many", 2, []string{"epochs", "many"}},
		{"train train --fail-if loss", 2, []string{`--fail-if "loss" is no condition`}},
		{"train train --sweep lr", 2, []string{"it is not NAME=VALUES"}},
		{"train train lr=0.1..1", 2, []string{"lr=0.1..1: it does not say how many values", "a range"}},
		{"train train lr=1,2 --parallel 0", 2, []string{"--parallel 0 is not possible"}},
		{"train train lr=fast,slow", 2, []string{`lr=fast,slow: "fast" is not of type float`}},
		{"train trian", 2, []string{`no task is called "trian"`}},
		{"train train epochs=2 --set lr=0.1,0.01 --sweep hidden=2..3 --parallel 2 --fail-if loss<1e-9", 0, []string{
			"RUN lr hidden OUTCOME TOOK loss val_acc val_loss", "train#4 0.1 2 succeeded", "train#7 0.01 3 succeeded", "/4 train epochs=2 hidden=3 lr=0.01 succeeded", " *",
		}},
		{"logs train#5", 0, []string{"step=1 loss="}},
		{"train train epochs=2 --sweep lr=0.1,0.01 --fail-if loss>1e-9", 6, []string{"train epochs=2 lr=0.1: loss>1e-9: loss is", "train epochs=2 lr=0.01: loss>1e-9"}},
		{"up -d", 0, nil},
		{"train train epochs=2", 0, []string{"train#10 ", "follow it: sawhorse logs -f train"}},
		{"wait train --for succeeded", 0, nil},
		{"train train epochs=2 --watch", 0, []string{"step=1 loss="}},
		{"down", 0, nil},
	})
}

func TestPromoteSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, "version: 1\ntasks:\n  train: echo\n")
	w.walk(t, dir, []step{
		{"trust", 0, nil},
		{"promote shop --version 7", 2, []string{`"shop" is not MODEL@ALIAS`}},
		{"promote shop@champion", 2, []string{"which version is to have the alias?"}},
		{"promote --undo shop@champion --version 7", 2, []string{"--undo takes no --version"}},
		{"--read-only promote --undo shop@champion", 2, []string{"--read-only"}},
		{"promote --undo shop@champion", 1, []string{"no system is connected that keeps models", "MLFLOW_TRACKING_URI"}},
		{"compare a b", 1, []string{"no system is connected that keeps experiments", "MLFLOW_TRACKING_URI"}},
	})
}

func TestTrackedRunsAreComparedAndPromotedOnARealServer(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a server")
	}
	url, python := mlflowServer(t)
	w, dir := trainings(t, "sawhorse.mlflow.yml", func(text string) string {
		return strings.NewReplacer("http://127.0.0.1:5000", url, "run: python3", "run: "+python).Replace(text)
	})
	w.walk(t, dir, []step{
		{"trust", 0, nil},
		{"run train lr=0.1 epochs=10", 0, []string{"step=9 loss=0."}},
		{"run train lr=0.001 epochs=10", 0, nil},
		{"compare train#1 train#2", 0, []string{"param lr 0.1 0.001", "metric val_loss 0.", "★", "are the same in all"}},
		{"compare train/train#1 train#2 --json", 0, []string{`"name": "lr",`}},
		{"compare train#1 nothing", 1, []string{`there is no run "nothing"`, "experiment/name"}},
		{"promote moons@champion --version 1", 1, []string{`no registered model is called "moons"`}},
	})
	register(t, url, "moons", "train#2", "train#1", "train#2")
	w.walk(t, dir, []step{
		{"promote moons@champion --version 1", 0, []string{"moons@champion is version 1, was nobody's", "sawhorse promote --undo moons@champion"}},
		{"promote moons@champion --version 2 --if-better val_loss --json", 0, []string{`"before": "1"`, `"promoted": true`}},
		{"promote moons@champion --version 3 --if-better val_loss", 6, []string{"not promoted: val_loss is", "moons@champion stays version 2"}},
		{"promote moons@champion --version 3 --if-better val_loss --json", 6, []string{`"promoted": false`, `"version": "2"`}},
		{"promote moons@champion --version 3 --if-better auc", 1, []string{"has no metric auc"}},
		{"promote moons@champion --version 9", 1, []string{"version=9"}},
		{"promote --undo moons@champion", 0, []string{"moons@champion is version 1, was version 2"}},
		{"promote moon@champion --version 1", 1, []string{`no registered model is called "moon"`, "there are: moons"}},
	})
}

// register makes versions of a model, from the runs of these names.
func register(t *testing.T, url, model string, runs ...string) {
	t.Helper()
	post := func(path, body string, into any) {
		t.Helper()
		answer, err := http.Post(url+"/api/2.0/mlflow/"+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		said, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", answer.Status, said)
		}
		if err == nil {
			err = json.Unmarshal(said, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	post("registered-models/create", `{"name":"`+model+`"}`, &struct{}{})
	for _, name := range runs {
		var found struct {
			Runs []struct {
				Info struct {
					RunID string `json:"run_id"`
				}
			}
		}
		post("runs/search", `{"experiment_ids":["1"],"filter":"attributes.run_name = '`+name+`'"}`, &found)
		if len(found.Runs) != 1 {
			t.Fatalf("%d runs are called %s", len(found.Runs), name)
		}
		id := found.Runs[0].Info.RunID
		post("model-versions/create", `{"name":"`+model+`","source":"runs:/`+id+`/model","run_id":"`+id+`"}`, &struct{}{})
	}
}
