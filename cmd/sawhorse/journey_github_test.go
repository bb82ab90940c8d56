//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
)

// github is a GitHub with ada/shop, where a push of somebody else has failed, and
// a workspace whose checkout is of its branch fix.
func github(t *testing.T) (w world, dir string) {
	t.Helper()
	shop := githubtest.Shop()
	s, err := githubtest.New(githubtest.Options{
		Token: "t0ken-of-the-journey", MayApprove: true, Running: true, Speed: 4,
		Wrong: func(err error) { t.Errorf("not as GitHub describes it: %v", err) },
	}, shop)
	if err != nil {
		t.Fatal(err)
	}
	api, stop := s.Start()
	t.Cleanup(stop)
	s.Push(shop, "ci.yml", "fix", "bob")
	w, dir = newWorld(t, "version: 1\nintegrations:\n  github: {url: \""+api+"\", repo: ada/shop, token: \"file:token\"}\n"+
		"tasks:\n  test: sleep 0.1\n  ship: {use: github, workflow: deploy.yml, inputs: {version: v3}, depends_on: [test]}\n")
	if err := os.MkdirAll(filepath.Join(dir, "cart"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, "t0ken-of-the-journey", dir, "token")
	write(t, "package cart\n\nfunc TestDiscount() {\n}\n", dir, "cart", "cart_test.go")
	for _, args := range [][]string{{"init", "-q", "-b", "fix"}, {"add", "-A"}, {"commit", "-q", "-m", "a change"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), w.environ("/bin/true")...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return w, dir
}

func TestAPipelineIsTriggeredFollowedAndMendedFromTheScreen(t *testing.T) {
	t.Parallel()
	w, dir := github(t)
	asked := filepath.Join(dir, "asked")
	write(t, "#!/bin/sh\necho \"$@\" >>"+asked+"\n", dir, "vi")
	p := sit(t, w, dir, 120, 36, []string{"EDITOR=" + filepath.Join(dir, "vi"), "VISUAL="}, "--trust")

	// What this repository can run, and what somebody else's push has come to.
	p.see("PIPELINES", "✖ ci ", "○ deploy ", "○ nightly ", "○ lint ")
	p.see("PULL REQUESTS", "✖ #5 Discounts")
	p.see("✖ task +ci +failed")

	// Looked at, it tells its steps and the place in this checkout.
	p.command("go ci").see("▌ *✖ ci", "✖ test › Run go test ./...")
	p.see("✖ task +ci +cart/cart_test.go:4 +want 32, got 40")
	p.press("shift+tab").see("acknowledge|go there").press("e")
	p.until("the editor was opened at the place here", func() bool {
		said, _ := os.ReadFile(asked)
		return regexp.MustCompile(`(?m)^\+\D*4\b.*/cart/cart_test.go$`).Match(said)
	})
	p.command("go ci").press("2").see("✖ test +failed", "✖ Run go test ./... +failed", "○ build +skipped")
	p.press("1")

	// Its failed jobs are run again, which is a run of its own here.
	p.command("rerun the failed").see("✓ ci ")

	// Triggered with a form of its definition, and found for certain.
	p.command("go deploy").see("▌ *○ deploy")
	p.press("r").see("Run deploy", `env +\(staging\) +production`, `version\*`)
	p.press("down", "v", "7").see(`version\* +v7`).press("enter")
	p.see("triggering Deploy at fix .*version=v7", "● deploy › Run make deploy", "✓ deploy ")

	// A deployment that waits for approval says so, and goes on with it.
	p.press("r").see("Run deploy").press("right").see(`env +staging +\(production\)`).press("down", "v", "8").press("enter")
	p.see("triggering Deploy at fix .*env=production.*version=v8", "● build › Run make")
	p.press("2").see("the deployment to production waits for approval").press("1")
	p.command("approve").see("Shown with the approval").press("enter").see(`Approve the deployment of Deploy to production #\d+\?`).press("right").see("▸ Approve")
	// What is dangerous is deaf for a moment: a person presses again.
	pressed := time.Time{}
	p.until("the deployment is approved", func() bool {
		open := strings.Contains(p.text(), "▸ Approve")
		if open && time.Since(pressed) > time.Second {
			pressed = time.Now()
			p.press("enter")
		}
		return !open
	})
	p.see("● deploy › Run make deploy", "✓ deploy ")

	// A task of the file that GitHub runs is one like any other.
	p.command("go ship").press("r").see("Run ship", `version +v3`).press("enter")
	p.see("triggering Deploy at fix .*version=v3", "✓ ship ", "✓ test ")

	// Why it waits; to cancel it is to ask.
	p.command("go nightly").press("r").see("Run nightly").press("enter")
	p.see("triggering Nightly")
	p.press("2").see("waits for a runner")
	p.press("1", "s").see("GitHub was asked to cancel it")

	if said := p.written(); regexp.MustCompile("t0ken").MatchString(said) {
		t.Error("the token is on the screen")
	}
	w.sawhorse(t, dir, "down")
}
