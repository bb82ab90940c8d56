//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

// mlflowServer is a real tracking server, and the program that its client library
// is in; without them the test is skipped by name.
func mlflowServer(t *testing.T) (url, python string) {
	t.Helper()
	python = integrationtest.Runner(t, "mlflow/bin/python")
	return integrationtest.Server{
		Program: "mlflow/bin/mlflow",
		Args: []string{
			"server", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1",
			"--backend-store-uri", "sqlite:///{dir}/m.db", "--artifacts-destination", "{dir}/artifacts",
		},
		Env:   []string{"MLFLOW_DISABLE_TELEMETRY=true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false"},
		Ready: "/health",
	}.Start(t), python
}

// commit makes a commit of all that is there; the first makes the repository.
func (w world) commit(t *testing.T, dir, message string) {
	t.Helper()
	calls := [][]string{{"add", "-A"}, {"commit", "-q", "-m", message}}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		calls = append([][]string{{"init", "-q", "-b", "main"}}, calls...)
	}
	for _, args := range calls {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), w.environ("/bin/true")...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// confirm chooses the button of a question. What is dangerous is deaf for a moment:
// a person presses again.
func (p *person) confirm(button string) *person {
	p.t.Helper()
	p.press("right").see("▸ " + button)
	pressed := time.Time{}
	return p.until(button+" is confirmed", func() bool {
		open := strings.Contains(p.text(), "▸ "+button)
		if open && time.Since(pressed) > time.Second {
			pressed = time.Now()
			p.press("enter")
		}
		return !open
	})
}

// filter filters the tree, in place of what it was filtered by.
func (p *person) filter(word string) *person {
	p.t.Helper()
	p.press("shift+tab", "/").see("/ ")
	for range 8 {
		p.press("backspace")
	}
	return p.press(word, "enter")
}

// find goes to the last row of the tree that fits a word.
func (p *person) find(word string) *person {
	p.t.Helper()
	p.filter(word).press("end")
	return p.see("▌ .*"+word, word+" +1 ")
}

func TestTrainingsAreComparedRegisteredPromotedAndTakenBackFromTheScreen(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a server")
	}
	url, python := mlflowServer(t)
	w, dir := trainings(t, "sawhorse.mlflow.yml", func(text string) string {
		return strings.NewReplacer("http://127.0.0.1:5000", url, "run: python3", "run: "+python).Replace(text) + `
  roll-out:
    run: echo "$SAWHORSE_PROMOTION $SAWHORSE_MODEL@$SAWHORSE_ALIAS $SAWHORSE_VERSION, was ${SAWHORSE_PREVIOUS:-nobody}" >>rollouts
    after: promote
  smoke: {run: test -s rollouts}
`
	})
	write(t, "__pycache__\nrollouts\n", dir, ".gitignore")
	w.commit(t, dir, "a training")
	rolledOut := func(p *person, want string) {
		t.Helper()
		p.until("rolled out: "+want, func() bool {
			said, _ := os.ReadFile(filepath.Join(dir, "rollouts"))
			lines := strings.Split(strings.TrimSpace(string(said)), "\n")
			return lines[len(lines)-1] == want
		})
	}
	w.walk(t, dir, []step{{"trust", 0, nil}, {"run train lr=0.001 epochs=8", 0, nil}})
	script, err := os.ReadFile(filepath.Join(dir, "train.py"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, strings.Replace(string(script), "rng.shuffle(data)", "data.sort()", 1), dir, "train.py")
	w.commit(t, dir, "points in order")
	write(t, strings.Replace(string(script), "rng.shuffle(data)", "pass", 1), dir, "train.py")
	w.walk(t, dir, []step{{"run train lr=0.1 epochs=8", 0, nil}})
	p := sit(t, w, dir, 120, 36, nil)

	// Marked and compared: what differs, the better values, the curves, the code.
	p.see("TASKS", "MODELS").command("go train").press("3", "tab").see("2 succeeded", "1 succeeded")
	p.press("home").see("▌✓ +2 ").press(" ", " ").see("A 2 succeeded", "B 1 succeeded").press("v")
	p.see("A train#2 +B train#1", "PARAMETERS that differ; 3 are the same", `lr +0\.1 +0\.001`, `loss +★ 0\.\d+ +0\.\d+`, "status +finished +finished", `commit +[0-9a-f]{7}\+changes +[0-9a-f]{7}`)
	p.see(`^[^A]*A⠤|B`, "loss  less is better, over steps").press("d").see("git diff  train#2 → train#1", `-  +pass`, `\+  +rng.shuffle\(data\)`).press("esc").gone("─ git diff")
	p.press("down", "down").see("val_acc  more is better")

	// Registered from a row, and ready.
	p.find("train").press("tab").see(`train#2 +finished .*root|train#2 +finished`)
	p.press("R").see("Register a model of train", `logged +.*model \(a folder of the run\)`).press("moons", "enter").see("version 1 of moons is ready, from train#2")
	p.press("down", "R").see("Register a model of train").press("moons", "enter").see("version 2 of moons is ready, from train#1")

	// Promoted with both beside each other; the task that follows is given which.
	p.find("moons").press("tab").see(`▌ +2 +ready`).press("P")
	p.see(`Promote moons\?`, "champion nobody +B candidate v2", "run +train#1", `then runs roll-out \(after: promote\)`).confirm("Promote")
	p.see("moons@champion is version 2, was nobody's; u on it takes that back", `2 champion +ready`)
	rolledOut(p, "promote moons@champion 2, was nobody")
	p.press("down").see(`▌ +1 +ready`).press("P").see("A champion v2 +B candidate v1", `lr +0\.001 +0\.1`, `loss +0\.\d+ +★ 0\.\d+`).confirm("Promote")
	p.see("moons@champion is version 1, was version 2")
	rolledOut(p, "promote moons@champion 1, was 2")

	// And taken back.
	p.press("u").see(`Undo the last promotion of moons\?`, "A champion v1 +B then v2").confirm("Undo")
	p.see("moons@champion is version 2 again, was version 1", `2 champion +ready`)
	rolledOut(p, "undo moons@champion 2, was 1")
	p.filter("roll").see("✓ roll-out")
	p.command("quit stop").leaves()

	// The twins of the command line, with nobody's host.
	w.walk(t, dir, []step{
		{"compare train#1 train#2", 0, []string{"param lr 0.001 0.1", "★", "code commit"}},
		{"compare train#1 train#2 --diff", 0, []string{"1 file changed", "- rng.shuffle(data)", "+ pass"}},
		{"compare train#1 --diff", 2, nil},
		{"promote moons@champion --version 1 --if-better val_loss", 0, []string{"moons@champion is version 1, was version 2"}},
		{"promote moons@champion --version 2 --if-better val_loss", 6, []string{"not promoted: val_loss is"}},
	})
	rolledOut(p, "promote moons@champion 1, was 2")
}
