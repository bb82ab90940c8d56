//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// write writes a file of a journey's directory.
func write(t *testing.T, text string, path ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(path...), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

const mendedRule = "subtotal = price * quantity\ntotal = price * quantity - discount\n"

func TestADayInTheDemo(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, "version: 1\ntasks: {unused: 'true'}\n")
	shop := filepath.Join(dir, "shop")
	asked := filepath.Join(dir, "asked")
	write(t, "#!/bin/sh\necho \"$@\" >>"+asked+"\n", dir, "vi")
	env := []string{"EDITOR=" + filepath.Join(dir, "vi"), "VISUAL="}
	p := sit(t, w, dir, 120, 36, env, "demo", "--into", shop)

	// Services become ready in their order; the failing test stands in ATTENTION.
	p.see("● db ", "● api ", "● worker ", "SERVICES +3/3")
	p.see("ATTENTION 1", "✖ test +TestDiscount +cart/cart_test.txt:4 +want 32, got 40")

	// The editor opens at file and line from the strip, and from the output that
	// Enter leads to.
	opened := func(times int) {
		t.Helper()
		p.until("the editor was opened at the case", func() bool {
			said, _ := os.ReadFile(asked)
			return len(regexp.MustCompile(`(?m)^\+\D*4\b.*/cart/cart_test.txt$`).FindAll(said, -1)) == times
		})
	}
	p.press("shift+tab").see("acknowledge|go there").press("e")
	opened(1)
	p.see("ATTENTION 1").press("enter").see("▌ .*(TestDiscount|cart_test.txt:4)", "want 32, got 40 from total")
	p.see("▶ 4 │ TestDiscount").press("e")
	opened(2)
	// The failure names the rule, too: n shows it.
	p.press("n", "n").see("▶ 3 │ total +=")
	p.see("ATTENTION 1")

	// Mended and saved: it runs again by itself, and nothing needs attention.
	write(t, mendedRule, shop, "cart", "total.rule")
	p.see("✓ test ").gone("TestDiscount +cart")

	// By hand, too.
	// A person whose key shows no effect presses it again.
	pressed, again := 0, time.Time{}
	p.until("the test has run by hand", func() bool {
		if time.Since(again) > 5*time.Second {
			pressed, again = pressed+1, time.Now()
			p.press("r")
		}
		return regexp.MustCompile(`"run": "test#([3-9]|\d\d)"`).MatchString(w.sawhorse(t, shop, "ps", "--json", "test"))
	})
	if pressed > 1 {
		t.Logf("r was pressed %d times", pressed)
	}

	// Stop and start a service; restart one from the palette.
	p.command("go worker").see("▌ *● worker")
	p.press("s").see("○ worker")
	p.press("s").see("● worker")
	p.command("restart api").see("● api")
	p.until("api has run twice", func() bool { return strings.Contains(w.sawhorse(t, shop, "ps", "--json", "api"), `"api#2"`) })

	// Search and filter in a log.
	p.command("go api").see("▌ *● api").press("enter")
	p.press("/").press("GET /price").see("GET /price/\\w+")
	p.press("enter")
	p.press("&").press("connected", "enter").see("connected", "hidden")
	p.gone("GET /price")
	p.press("F").see("GET /price")

	// Help, and out of it.
	p.press("?").see("Keys", "Follow the end of the log").press("esc").gone("Follow the end of the log")

	// Leave it running, and come back to whole logs.
	p.press("q").see("Leave shop")
	if code := p.insist("l"); code != 0 {
		t.Fatalf("quitting ended with %d\n%s", code, p.text())
	}
	p.see("what runs, runs on")
	first := w.sawhorse(t, shop, "logs", "db", "-n", "1000")
	p = sit(t, w, shop, 120, 36, env)
	p.see("● db ", "● api ", "● worker ").command("go db").see("starting the shop's database")
	if !strings.HasPrefix(w.sawhorse(t, shop, "logs", "db", "-n", "1000"), first) {
		t.Error("lines of the log are lost")
	}
	p.command("quit stop")
	p.leaves()
	if err := w.empty(patience); err != nil {
		t.Fatal(err)
	}
}

const repl = `version: 1
services:
  repl: 'while read line; do echo "you said $line"; done'
  other: exec sleep 1000
`

func TestAServicesTerminalIsTakenAndGivenBack(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, repl)
	w.sawhorse(t, dir, "trust")
	p := sit(t, w, dir, 100, 30, nil)
	p.see("● repl", "● other").command("go repl").see("▌ *● repl")
	p.press("x").see("ctrl\\+\\]").gone("SERVICES")
	p.press("hello\r").see("you said hello")
	p.press("ctrl+]").see("SERVICES", "you said hello")

	// The verb does the same, and gives the terminal back with the same key.
	v := sit(t, w, dir, 100, 30, nil, "attach", "repl")
	v.see("ctrl\\+\\] gives it back").press("again\r").see("you said again").press("ctrl+]")
	if code := v.leaves(); code != 0 {
		t.Errorf("attach ended with %d", code)
	}
	p.see("you said again")

	// The log is streamed to the terminal's own scrollback, and the keys that end
	// it are not the screen's.
	for n, end := range []string{"\x03", "\x1c"} {
		// What was streamed before is still there: only one more is of this time.
		p.press("l", "S").see(fmt.Sprintf("(?s)(ctrl.c comes back to the screen.*){%d}", n+1)).gone("SERVICES")
		p.press(end).see("SERVICES")
	}
	p.press(":", "quit leave", "enter")
	if code := p.leaves(); code != 0 {
		t.Errorf("the screen ended with %d", code)
	}
}

func TestTheScreenFitsEverySize(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, repl)
	w.sawhorse(t, dir, "trust")
	p := sit(t, w, dir, 120, 36, nil)
	p.see("● repl", "ATTENTION")
	p.resize(80, 24).see("● repl", "SERVICES")
	p.resize(50, 15).see("● repl|1 Logs")
	p.resize(30, 8).see("30x8|30×8|30 ").gone("SERVICES")
	p.resize(120, 36).see("● repl", "● other", "ATTENTION")
}

func TestTheScreenFollowsThePersonsSettings(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, repl)
	w.sawhorse(t, dir, "trust")
	home := t.TempDir()
	p := sit(t, w, dir, 120, 36, []string{"SAWHORSE_CONFIG=", "XDG_CONFIG_HOME=" + home})
	p.see("● repl", "ATTENTION", "z zoom")
	if err := os.Mkdir(filepath.Join(home, "sawhorse"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, "keys: {view.zoom: f6}\n", home, "sawhorse", "config.yml")
	p.see("your settings were read again", "f6 zoom")
	write(t, "keys: {view.zoom: q}\n", home, "sawhorse", "config.yml")
	p.see("view.zoom can't be bound to q: that is the key of quit", "z zoom")
}

func TestTwoScreensShowTheSameAndDieAlone(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, repl)
	w.sawhorse(t, dir, "trust")
	one := sit(t, w, dir, 100, 30, nil)
	one.see("● repl", "● other")
	two := sit(t, w, dir, 80, 24, nil)
	two.see("● repl", "● other").command("go other").see("▌ *● other").press("s").see("○ other")
	one.see("○ other", "● repl")

	before, err := w.host()
	if err != nil {
		t.Fatal(err)
	}
	two.killed()
	one.command("go other").see("▌ *○ other").press("s").see("● other")
	one.killed()
	if after, err := w.host(); err != nil || after != before {
		t.Fatalf("the host was %d, now %d (%v)", before, after, err)
	}
	if got := w.sawhorse(t, dir, "ps"); strings.Count(got, " ready ") != 2 {
		t.Fatalf("something does not run on:\n%s", got)
	}
	sit(t, w, dir, 100, 30, nil).see("● repl", "● other")
}

func TestACrashOfTheHostIsToldAndMended(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, repl)
	w.sawhorse(t, dir, "trust")
	p := sit(t, w, dir, 100, 30, nil)
	p.see("● repl", "● other")
	pid, err := w.host()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.see("reconnect").press("\x12") // ctrl+r
	p.see("● repl", "● other", "killed")
}

func TestNoColorMeansNoColor(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, repl)
	w.sawhorse(t, dir, "trust")
	p := sit(t, w, dir, 100, 30, []string{"NO_COLOR=1"})
	p.see("● repl", "● other")
	for _, color := range []string{"[31m", "[32m", "[33m", ";5;", "38;2;", "48;2;"} {
		if strings.Contains(p.written(), color) {
			t.Errorf("%q was sent to a terminal without colours", color)
		}
	}
}

func TestABrokenFileIsToldAndItsMendingClearsIt(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, repl)
	w.sawhorse(t, dir, "trust")
	p := sit(t, w, dir, 120, 36, nil)
	p.see("● repl", "● other")
	write(t, strings.Replace(repl, "other: exec", "other: {runn: exec", 1)+"\n", dir, "sawhorse.yml")
	p.see("ATTENTION 1", "sawhorse.yml:\\d+").see("● repl", "● other")
	write(t, repl+"  third: exec sleep 1000\n", dir, "sawhorse.yml")
	p.see("● third").gone("sawhorse.yml:\\d+", "ATTENTION 1")
}

func TestWhatGitBringsWaitsForTrust(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, repl)
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = dir, w.environ(theProgram(t))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", "sawhorse.yml")
	git("commit", "-qm", "one")
	write(t, repl+"  pulled: exec sleep 1000\n", dir, "sawhorse.yml")
	git("commit", "-qam", "two")
	git("checkout", "-q", "HEAD~1")
	w.sawhorse(t, dir, "trust")

	p := sit(t, w, dir, 120, 36, nil)
	p.see("● repl", "● other")
	git("checkout", "-q", "-")
	p.see("ATTENTION 1", "trust").gone("● pulled").see("● repl")
	w.sawhorse(t, dir, "trust")
	p.see("● pulled").gone("ATTENTION 1")
}

func TestTrustIsAskedAtATerminal(t *testing.T) {
	t.Parallel()
	w, dir := newWorld(t, repl)
	p := sit(t, w, dir, 200, 30, nil, "up", "-d")
	p.see("can run commands on this machine", "other.run +exec sleep 1000", "Trust it and go on\\? \\[y/N\\]").press("\r")
	if code := p.leaves(); code != exitUntrusted {
		t.Errorf("no ended with %d", code)
	}
	p.see("not trusted; nothing was run")
	if left, err := w.members(); err != nil || len(left) > 0 {
		t.Fatalf("something was run: %v %v", left, err)
	}

	p = sit(t, w, dir, 200, 30, nil, "up", "-d")
	p.see("Trust it and go on").press("y\r").see("up in")
	if code := p.leaves(); code != 0 {
		t.Errorf("yes ended with %d", code)
	}
	w.sawhorse(t, dir, "run", "--help")
	w.sawhorse(t, dir, "ps")
}
