//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestAFlowOfPrefectIsServedTriggeredFollowedAndMendedFromTheScreen(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a server")
	}
	python := integrationtest.Runner(t, "prefect/bin/python")
	env := []string{"PREFECT_HOME={dir}", "PREFECT_SERVER_ANALYTICS_ENABLED=false", "DO_NOT_TRACK=1"}
	url := integrationtest.Server{
		Program: "prefect/bin/prefect",
		Args:    []string{"server", "start", "--host", "127.0.0.1", "--port", "{port}", "--no-ui"},
		Env:     env, Ready: "/api/health",
	}.Start(t)
	// The example, with this server's address, and its deployment as a task of the file.
	w, dir := trainings(t, "sawhorse.prefect.yml", func(text string) string {
		return strings.NewReplacer("http://127.0.0.1:4200", url, "run: python3", "run: "+python).Replace(text) +
			"tasks:\n  ready: echo ready\n  nightly: {use: prefect, deployment: moons/local, inputs: {epochs: 9}, depends_on: [ready]}\n"
	})
	asked := filepath.Join(dir, "asked")
	write(t, "#!/bin/sh\necho \"$@\" >>"+asked+"\n", dir, "vi")
	p := sit(t, w, dir, 120, 36, []string{
		"EDITOR=" + filepath.Join(dir, "vi"), "VISUAL=", "PREFECT_HOME=" + filepath.Join(dir, ".prefect"), "DO_NOT_TRACK=1",
		"PREFECT_RUNNER_POLL_FREQUENCY=1", "PREFECT_LOGGING_TO_API_BATCH_INTERVAL=0.2", "PYTHONDONTWRITEBYTECODE=1",
	}, "--trust")

	// The service serves the flow, which then shows up by itself.
	p.see("● flows", "PIPELINES", "○ moons/local", "○ nightly")

	// A form of its parameters, with the file's values; its log and its steps live, its
	// numbers as curves.
	p.command("go nightly").press("r").see("moons/local of Prefect on 127.0.0.1", "epochs +9", "lr +0.05").press("enter")
	p.see("✓ ready ", `INFO (fit \| )?step=8 loss=`, "✓ nightly") // a busy server says later whose line it is
	p.press("2").see("✓ fit +succeeded", "✓ check +succeeded").press("1")

	// A failure has its place in this checkout.
	p.command("run nightly worst=0.001").see("✖ nightly")
	p.see(`✖ task +nightly +flow_prefect.py:\d+ +ValueError: val_loss .* is above 0.001`)
	p.press("shift+tab").see("acknowledge|go there").press("e")
	p.until("the editor was opened at the place here", func() bool {
		said, _ := os.ReadFile(asked)
		return strings.Contains(string(said), "flow_prefect.py")
	})

	// To cancel a run is to ask; it is seen to end.
	p.command("run moons/local epochs=4000000").command("go moons/local").press("2").see("◐ fit +running")
	p.press("s").see("cancelled")
	w.sawhorse(t, dir, "down")
}
