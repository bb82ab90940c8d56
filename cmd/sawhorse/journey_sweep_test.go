//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/history"
)

// A training that prints its numbers with words around them: first one that
// learns, then one that diverges into what is no number.
const talker = `version: 1
tasks:
  train:
    run: |
      for i in 1 2 3 4 5 6 7 8 9; do
        echo "-- round $i of 9"
        echo "a mean loss of ~$(awk "BEGIN { print $PARAM_SCALE / $i }") after all"
        sleep 0.1
      done
      if [ "$PARAM_SCALE" = 9 ]; then echo "-- round 10 of 9"; echo "a mean loss of ~nan"; sleep 60; fi
    metrics: ['round (?P<step>\d+)', 'mean loss of ~(?P<loss>[0-9.]+|nan)']
    params: [{name: scale, type: float, default: "3"}]
`

func TestTheNumbersInALogAreCurvesAndWhatIsWrongWithThemIsTold(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, talker)
	p := sit(t, w, dir, 120, 36, nil, "--trust")
	p.see("▌ *○ train").press("t").see("Run train", "scale +3").press("enter")

	// The curve grows while it runs; its last value stands in the tree.
	p.see("✓ train +.*loss 0.3333").press("tab").see("1 Logs").press("2").see("loss +0.3333 at step 9", "⣀|⠤|⡀|⢀|⠒")
	p.press("left").see("┊").press("left").see("at 8").press("esc").gone("┊")

	// The next one stands beside the best until then, and diverges.
	p.press("r").see("Run train").press("9", "enter")
	p.see(`loss\* .*best #1 0.3333`)
	p.see("✖ task +train +loss is NaN since step 10")
	p.press("s").see("○ train")

	// What was best is at hand for the next.
	p.press("r").see("Run train", "scale +9", "ctrl.r best run's values").press("\x12").see("as the best run, train#1: loss 0.3333", "scale +3")
	p.press("esc")
	w.sawhorse(t, dir, "down")
}

func TestASweepIsBegunFromTheFormAndItsRunsAreOneMatrix(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		skipFor(t, "no python3 on PATH")
	}
	w, dir := trainings(t, "sawhorse.yml", func(text string) string {
		return text + "jobs: 4\n" // for want of it, a machine with one core does one run at once
	})
	settings := filepath.Join(w.home, "settings.yml")
	write(t, "notifications: {how: osc777, after: 1ms}\n", settings)
	env := []string{"PYTHONDONTWRITEBYTECODE=1", "SAWHORSE_CONFIG=" + settings}
	p := sit(t, w, dir, 120, 36, env, "--trust").looksAway()
	p.see("▌ *○ train").press("t").see("Run train")
	p.press("1e-3..1e-1 log 3").see("0.001 0.01 0.1", "3 runs +lr 3").press("down", "15", "down", "4,8").see("6 runs +lr 3 × hidden 2")
	p.press("down", "down", "2").see("at once +2", "Run 6 times").press("enter")

	// A row a run, as it goes on; in the end the best is marked.
	p.see(`sweep \d/6|★ 0`, `RUN +lr +hidden +STATE +val_loss +BEST`, ` 1 +0\.001 +4 +`, `6 of 6 ended +★ val_loss 0\.\d+ +lr=0\.1 hidden=`)
	p.see(`★ +[56] 0\.1 +[48] +succeeded`, "✓ train .*★ 0")
	p.hears(`✓ the sweep train#1: 6 of 6 succeeded, best val_loss 0\.\d+ in train#[56]\a`)
	p.press("tab").see("best first").press("m").see(`BEST↑`)
	// The curves of the one under the cursor, in its own log's run.
	p.press("end", "enter").see(`train#\d +1 Logs`, `val_loss\*? +0`, "best #[56]")
	p.press("1").see("step=14 loss=")

	// The next host has it, too.
	w.sawhorse(t, dir, "down")
	p = sit(t, w, dir, 120, 36, env, "--trust")
	p.see("○ train", "Sweep").command("go train").press("3").see(`train#1 +6 of 6 ended +★ val_loss 0\.\d+ +lr=0\.1 hidden=`, ` 1 +0\.001 +4 +succeeded`)
	p.press("tab", "home", "enter").see(`train#1 +1 Logs`, `val_loss +0`).press("1").see("step=14 loss=")

	// All of the next are stopped at once, after a question.
	p.press("r").see("Run train").press("0.05", "down", "5000", "down", "4,8,16,32").see("4 runs +hidden 4").press("down", "down", "2", "enter")
	p.see("0 of 4 ended", "2 of 2 at once", "waiting").press("x").see(`Stop the sweep train#7\?`, "2 of its 4 runs go on").confirm("Stop all")
	p.see("2 of 4 ended +2 not started", "cancelled")
	if out := w.sawhorse(t, dir, "history", "train"); strings.Count(out, "succeeded") != 6 {
		t.Errorf("the history is\n%s", out)
	}
	w.sawhorse(t, dir, "down")
}

// tracked are the runs that a server knows, by name.
func tracked(t *testing.T, url string) map[string]serverRun {
	t.Helper()
	answer, err := http.Post(url+"/api/2.0/mlflow/runs/search", "application/json", strings.NewReader(`{"experiment_ids":["1"],"max_results":100}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var found struct{ Runs []serverRun }
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	all := map[string]serverRun{}
	for _, r := range found.Runs {
		all[r.Info.Name] = r
	}
	return all
}

type serverRun struct {
	Info struct {
		ID     string `json:"run_id"`
		Name   string `json:"run_name"`
		Status string
	}
	Data struct{ Tags, Params []struct{ Key, Value string } }
}

func (r serverRun) tag(key string) string {
	for _, tag := range r.Data.Tags {
		if tag.Key == key {
			return tag.Value
		}
	}
	return ""
}

func TestATrainingIsRecordedByMLflowWithItsCodeAndItsEnd(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a server")
	}
	url, python := mlflowServer(t)
	w, dir := trainings(t, "sawhorse.mlflow.yml", func(text string) string {
		return strings.NewReplacer("http://127.0.0.1:5000", url, "run: python3", "run: "+python).Replace(text)
	})
	w.commit(t, dir, "a training")
	script, err := os.ReadFile(dir + "/train_mlflow.py")
	if err != nil {
		t.Fatal(err)
	}
	write(t, string(script)+"# tried\n", dir, "train_mlflow.py")
	p := sit(t, w, dir, 120, 36, []string{"PYTHONDONTWRITEBYTECODE=1"}, "--trust")

	// The run is there before the program is, and its numbers are those of the server.
	p.see("▌ *○ train").press("t").see("Run train").press("down", "100000", "enter")
	p.see("◐ train .*loss 0")
	r := tracked(t, url)["train#1"]
	host, _ := os.Hostname()
	got := []string{r.Info.Status, r.tag("mlflow.source.git.branch"), r.tag("mlflow.source.git.dirty"), r.tag("sawhorse.host"), r.tag("sawhorse.run")}
	if want := []string{"RUNNING", "main", "true", host, "train#1"}; !slices.Equal(got, want) {
		t.Errorf("the run is %q, want %q", got, want)
	}
	if len(r.tag("mlflow.source.git.commit")) != 40 || !strings.Contains(r.tag("mlflow.source.git.diff"), "+# tried") {
		t.Errorf("it does not say which code runs: %+v", r.Data.Tags)
	}
	p.press("s").see("○ train")
	p.until("the server knows that it was killed", func() bool { return tracked(t, url)["train#1"].Info.Status == "KILLED" })

	// The runs of a sweep are nested in one.
	p.press("t").see("Run train").press("0.1,0.01", "down", "3", "down", "down", "down", "2", "enter").see("2 of 2 ended +★ val_loss")
	p.until("the server knows that the sweep has ended", func() bool { return tracked(t, url)["sweep train#2"].Info.Status == "FINISHED" })
	all := tracked(t, url)
	parent := all["sweep train#2"]
	for _, name := range []string{"train#2", "train#3"} {
		if r := all[name]; r.tag("mlflow.parentRunId") != parent.Info.ID || r.Info.Status != "FINISHED" {
			t.Errorf("%s is %+v, and its parent %s", name, r, parent.Info.ID)
		}
	}
	if got := fmt.Sprint(parent.Info.Status, " ", parent.tag("sawhorse.swept")); got != "FINISHED lr" {
		t.Errorf("the sweep is %s", got)
	}

	// A host that is killed takes its runs along. The next one says so on the server,
	// and still shows the sweep whole.
	p.press("t").see("Run train").press("0.1,0.01", "down", "100000", "down", "down", "down", "1", "enter").see("0 of 2 ended", "waiting")
	p.until("the server knows of its run", func() bool { return tracked(t, url)["train#4"].Info.Status == "RUNNING" })
	p.see(`4 +0.1 +running +0`)
	p.until("the history knows what the server calls it", func() bool { return w.remembers(t, "train#4").External != "" })
	pid, err := w.host()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.see("reconnect").press("\x12")
	// The run itself may still be told something by a program that was just ended.
	p.until("the sweep is killed on the server, too", func() bool { return tracked(t, url)["sweep train#4"].Info.Status == "KILLED" })
	p.see("○ train").command("go train").press("3").see("1 of 2 ended +1 not started", `4 +0.1 +cancelled`, `5 +0.01 +not started`)
	w.sawhorse(t, dir, "down")
}

// remembers is a run that stands in the history for the next host; zero: it does not.
func (w world) remembers(t *testing.T, id tasks.RunID) tasks.Run {
	t.Helper()
	var file string
	err := filepath.WalkDir(w.state, func(path string, d os.DirEntry, _ error) error { // files come and go
		if d != nil && d.Name() == "history.db" {
			file = path
		}
		return nil
	})
	if err != nil || file == "" {
		t.Fatalf("no history in %s: %v", w.state, err)
	}
	store, err := history.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all, err := store.Recall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.ID == id {
			return r
		}
	}
	return tasks.Run{}
}
