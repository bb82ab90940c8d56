//go:build unix

package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
)

// hub is a GitHub with ada/shop, where a push of somebody else has failed, and a
// workspace whose checkout is of its branch fix, one commit ahead of what was pushed.
type hub struct {
	w    world
	dir  string
	s    *githubtest.Server
	shop *githubtest.Repo
	down *atomic.Bool // it answers that it is
}

func github(t *testing.T) hub {
	t.Helper()
	h := hub{shop: githubtest.Shop(), down: &atomic.Bool{}}
	var err error
	if h.s, err = githubtest.New(githubtest.Options{
		Token: "t0ken-of-the-journey", MayApprove: true, Running: true, Speed: 4,
		Wrong: func(err error) { t.Errorf("not as GitHub describes it: %v", err) },
	}, h.shop); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.down.Load() {
			http.Error(w, "maintenance", http.StatusServiceUnavailable)
			return
		}
		h.s.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	h.s.At(front.URL)
	api := front.URL + "/api/v3"
	h.s.Push(h.shop, "ci.yml", "fix", "bob")
	h.w, h.dir = newWorld(t, "version: 1\nintegrations:\n  github: {url: \""+api+"\", repo: ada/shop, token: \"file:token\"}\n"+
		"tasks:\n  test: sleep 0.1\n  ship: {use: github, workflow: deploy.yml, inputs: {version: v3}, depends_on: [test], confirm: true}\n")
	if err := os.MkdirAll(filepath.Join(h.dir, "cart"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, "t0ken-of-the-journey", h.dir, "token")
	write(t, "token\nvi\nasked\nartifacts\n.home\n.state\n", h.dir, ".gitignore")
	write(t, "module shop\n", h.dir, "go.mod")
	write(t, "package cart\n\nfunc TestDiscount() {\n}\n", h.dir, "cart", "cart_test.go")
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = h.dir
		cmd.Env = append(os.Environ(), h.w.environ("/bin/true")...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	origin := filepath.Join(t.TempDir(), "shop.git")
	git("init", "-q", "--bare", origin)
	git("init", "-q", "-b", "fix")
	git("add", "-A")
	git("commit", "-q", "-m", "a change")
	git("remote", "add", "origin", origin)
	git("push", "-q", "-u", "origin", "fix")
	git("commit", "-q", "--allow-empty", "-m", "another, not pushed")
	write(t, "# the shop\n", h.dir, "README.md")
	return h
}

// agree presses the button of a question that stands right of Cancel. What is
// dangerous is deaf for a moment: a person presses again.
func (p *person) agree(question string) *person {
	p.t.Helper()
	p.see(question).press("right")
	re := regexp.MustCompile("(?m)" + question)
	pressed := time.Time{}
	return p.until("the answer to "+question, func() bool {
		open := re.MatchString(p.text())
		if open && time.Since(pressed) > time.Second {
			pressed = time.Now()
			p.press("enter")
		}
		return !open
	})
}

func TestAPipelineIsTriggeredFollowedAndMendedFromTheScreen(t *testing.T) {
	t.Parallel()
	h := github(t)
	w, dir := h.w, h.dir
	asked := filepath.Join(dir, "asked")
	write(t, "#!/bin/sh\necho \"$@\" >>"+asked+"\n", dir, "vi")
	// As over SSH: an address is copied, no browser is opened.
	p := sit(t, w, dir, 120, 36, []string{"EDITOR=" + filepath.Join(dir, "vi"), "VISUAL=", "SSH_CONNECTION=1"}, "--trust")

	// What this repository can run, and what somebody else's push has come to.
	p.see("PIPELINES", "✖ ci ", "○ deploy ", "○ nightly ", "○ lint ")
	p.see("PULL REQUESTS", "✖ #5 Discounts")

	// Looked at, it tells its steps, its tests and the place in this checkout.
	p.command("go ci").see("▌ *✖ ci", "✖ test › Run go test ./...")
	p.see("✖ test +test › cart +TestDiscount +cart/cart_test.go:4 +want 32, got 40")
	p.press("shift+tab").see("acknowledge|go there").press("e")
	p.until("the editor was opened at the place here", func() bool {
		said, _ := os.ReadFile(asked)
		return regexp.MustCompile(`(?m)^\+\D*4\b.*/cart/cart_test.go$`).Match(said)
	})
	p.command("go ci").press("3").see("✖ 1 failed  ✓ 2 passed", "✖ test › cart +✖1", "✓ \\(package\\)")

	// The failing job stands beside the same task here, which is run from there.
	p.press("2", "tab").see("✖ test +failed", "✖ Run go test ./... +failed", "○ build +skipped")
	p.see("test beside test here", "there +✖ failed", "here +○ has not run", "TestDiscount +there ✖ here –")
	// As a graph, too: what waits for what stands in the workflow.
	p.press("m").see("✖ test .*[─━] ○ build", "then build").press("m").see("✖ Run go test ./... +failed")
	p.press("h").see("here +✓ succeeded")
	// Its log, with what the runner grouped folded, beside the log of the task here.
	p.press("v").see("ci / test", `##\[group\]Run go test ./... +\[3 more\]`, "✓ test succeeded").press("P")

	// Its link, in the browser or copied; its artifacts.
	p.command("go ci").press("1", "B").see("copied: http://127.0.0.1:.*/actions/runs/9000001")
	p.command("download the artifacts").see("Its name; none: all of them").press("enter")
	p.until("the artifacts are here", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "artifacts", "9000001", "coverage", "coverage.txt"))
		return string(text) == "price 100%\n"
	})

	// The pull request: its checks, reviews, whether it can be merged; what failed is
	// run again.
	p.press("G").see("checks +1 failed, 3 passed", "reviews +approved by bob, eve", "mergeable +yes, with checks that did not pass")
	p.press("f").see("✓ ci ")

	// Triggered with a form of its definition, at a ref that is completed, and found for
	// certain. What is not pushed is said.
	h.s.Push(h.shop, "nightly.yml", "fix", "eve")
	p.command("go deploy").see("▌ *○ deploy")
	p.press("r").see("Deploy at fix of ada/shop", "▲ 1 commit is not pushed to fix", "▲ 1 changed file is not committed", `env +\(staging\) +production`, `version\*`)
	p.press("down", "v", "7").see(`version\* +v7`).press("down", "down", "down", "down", "m").see("→ main").press("right", "up")
	p.see("Deploy at main of ada/shop").gone("is not pushed").press("down", "\x15", "fix", "enter")
	p.see("triggering Deploy at fix .*version=v7", "● deploy › Run make deploy", "✓ deploy ")

	// What somebody else began shows up by itself, and is cancelled when a person says so.
	p.see("◌ nightly ").command("stop nightly").agree(`Cancel nightly#\d+\?`)
	p.see("nightly +.*cancelled")

	// A deployment that waits for approval needs attention, and goes on with it.
	p.command("go deploy").press("r").see("Run deploy").press("right").see(`env +staging +\(production\)`).press("down", "v", "8").press("enter")
	p.see("triggering Deploy at fix .*env=production.*version=v8", "● build › Run make")
	p.see("▲ github +deploy +the deployment to production waits for approval, which you may give")
	p.press("A").see("Shown with the approval").press("enter").agree(`Approve the deployment of Deploy to production #\d+\?`)
	p.see("● deploy › Run make deploy", "✓ deploy ")

	// A task of the file that GitHub runs is one like any other; this one asks.
	p.command("go ship").press("r").see("Run ship", `version +v3`, "▲ 1 commit is not pushed").press("enter")
	p.see("Deploy at fix of ada/shop", "version=v3").agree(`Run ship\?`)
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

func TestWhatAHostBeganOnGitHubIsGoneOnWithByTheNext(t *testing.T) {
	t.Parallel()
	h := github(t)
	w, dir := h.w, h.dir
	env := []string{"EDITOR=true", "TERM_PROGRAM=WezTerm"} // which understands OSC 777
	p := sit(t, w, dir, 120, 36, env, "--trust")
	p.see("○ deploy ").command("go ship").press("r").see("Run ship", `version +v3`).press("right").see(`env +staging +\(production\)`).press("enter").agree(`Run ship\?`)
	p.see("triggering Deploy at fix .*env=production", "● build › Run make", "▲ github +ship +the deployment to production waits for approval")
	if out := w.sawhorse(t, dir, "down"); !strings.Contains(out, "○ ship             goes on in GitHub ada/shop") {
		t.Errorf("down said\n%s", out)
	}

	// Where it goes on does not answer: the run says so, and what a stop can do.
	h.down.Store(true)
	p = sit(t, w, dir, 160, 36, env, "--trust")
	p.see("▲ ship .*out of sight", "▲ github +GitHub ada/shop +sign in: .*maintenance").command("go ship").see("▌ *▲ ship")
	p.press("w").see("can't be reached: sign in: ").press("esc").gone("can't be reached: sign in: ").press("s").see("ship#1 can't be cancelled now")
	if out, code := w.says(t, dir, "stop", "ship"); code != exitFailure || !strings.Contains(out, "ship#1 can't be cancelled now: GitHub ada/shop can't be reached") {
		t.Errorf("stop ended with %d\n%s", code, out)
	}
	h.down.Store(false)

	// The run is again one of the task that it was begun for, its log goes on, and its
	// end is told.
	p.see("◐ ship ").killed()
	p = sit(t, w, dir, 120, 36, env, "--trust").looksAway()
	p.see("◐ ship ", "○ deploy ", "▲ github +ship +the deployment to production waits for approval").command("go ship")
	p.see("triggering Deploy at fix .*env=production", "● build › Run make")
	p.press("A").see("Shown with the approval").press("enter").agree(`Approve the deployment of Deploy to production #\d+\?`)
	p.see("● deploy › Run make deploy", "✓ ship ").hears(`✓ ship#1 succeeded after \d+s\a`)
	if n := strings.Count(p.text(), "● build › Run make"); n != 1 {
		t.Errorf("a line of the log is there %d times\n%s", n, p.text())
	}
	w.sawhorse(t, dir, "down")

	// A run that has ended is no other task's, either.
	p = sit(t, w, dir, 120, 36, env, "--trust")
	p.see("✓ ship ", "✖ ci ").see("○ deploy ")
	if out := w.sawhorse(t, dir, "history", "ship"); !strings.Contains(out, "ship#1") || !strings.Contains(out, "succeeded") {
		t.Errorf("the history is\n%s", out)
	}
	w.sawhorse(t, dir, "down")
}

// fakes serves ada/shop once more, beside the hub's.
func fakes(t *testing.T) (api string) {
	t.Helper()
	s, err := githubtest.New(githubtest.Options{
		Token: "t0ken-of-the-journey", Running: true, Speed: 4,
		Wrong: func(err error) { t.Errorf("not as GitHub describes it: %v", err) },
	}, githubtest.Shop())
	if err != nil {
		t.Fatal(err)
	}
	api, stop := s.Start()
	t.Cleanup(stop)
	return api
}

// mute is a server that accepts and never answers.
func mute(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		var kept []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			kept = append(kept, c)
		}
		for _, c := range kept {
			_ = c.Close()
		}
	})
	t.Cleanup(func() { _ = l.Close(); accepting.Wait() })
	return l.Addr().String()
}

// portal is a server that asks everybody to sign in.
func portal(t *testing.T) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><head><title>Corp sign-in</title></head><body><form></form></body></html>")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// noServer is an address that nothing listens at.
func noServer(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestServersThatAreDownSlowOrBehindALoginLeaveTheOthersAlone(t *testing.T) {
	t.Parallel()
	h := github(t)
	w, dir := h.w, h.dir
	text, err := os.ReadFile(filepath.Join(dir, "sawhorse.yml"))
	if err != nil {
		t.Fatal(err)
	}
	options := ", repo: ada/shop, token: \"file:token\"}\n"
	write(t, strings.Replace(string(text), "tasks:\n", "  site: {use: github, url: \""+fakes(t)+"\""+options+
		"  asleep: {use: github, url: \"http://"+mute(t)+"/api/v3\""+options+
		"  corp: {use: mlflow, url: \""+portal(t)+"\"}\n"+
		"  gone: {use: prefect, url: \"http://"+noServer(t)+"/api\"}\n"+
		"tasks:\n", 1), dir, "sawhorse.yml")
	p := sit(t, w, dir, 160, 40, nil, "--trust")

	// Those that answer are there, each under its own name, whichever was first.
	p.see("✖ ci ", "○ deploy ", "○ site/ci ", "○ site/deploy ", "PULL REQUESTS github", "PULL REQUESTS site")
	// Those that do not say why, each in its line.
	p.see(`▲ gone +Prefect 127.0.0.1:\d+ +Prefect \(127.0.0.1:\d+\) accepts no connections: nothing listens there`)
	p.see(`▲ corp +MLflow 127.0.0.1:\d+ +MLflow \(127.0.0.1:\d+\) answered with a web page \("Corp sign-in"\) instead of data`)

	// The second is triggered, followed and ends, and so is the first of that name.
	p.command("go site/deploy").see("▌ *○ site/deploy").press("r").see("Run site/deploy", "Deploy at fix of ada/shop").press("down", "v", "7", "enter")
	p.see("triggering Deploy at fix .*version=v7", "● deploy › Run make deploy", "✓ site/deploy ", "○ deploy ")
	p.command("go deploy").see("▌ *○ deploy").press("r").see("Run deploy", "Deploy at fix of ada/shop").press("down", "v", "8", "enter")
	p.see("triggering Deploy at fix .*version=v8", "● deploy › Run make deploy", "✓ deploy ", "✓ site/deploy ")

	// What is slow is said to be so when it had its time.
	p.see(`▲ asleep +asleep \(GitHub ada/shop\) +sign in: GitHub \(127.0.0.1:\d+\) did not answer within`)

	// The twins say it, too, and go on without.
	w.walk(t, dir, []step{
		{"runs", 0, []string{"without asleep: ", "without corp: MLflow (127.0.0.1:", "without gone: Prefect (127.0.0.1:", "github\nRUN", "site\nRUN", "Deploy to staging success fix"}},
		{"runs site/deploy", 0, []string{"Deploy to staging success fix"}},
		{"runs gone", 1, []string{"accepts no connections: nothing listens there"}},
		{"trigger site/deploy --set version=v9 --watch", 0, nil},
		{"down", 0, nil},
	})
}
