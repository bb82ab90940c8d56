package prefect

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
)

// tunnel joins a client of a proxy with the address that it named, until one of both
// has enough.
func tunnel(w http.ResponseWriter, to string) {
	there, err := net.Dial("tcp", to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(there, here); _ = there.Close() })
	both.Go(func() { _, _ = io.Copy(here, there); _ = here.Close() })
	both.Wait()
}

func TestTheLiveLogComesThroughAProxyAndByACertificateOfOnesOwn(t *testing.T) {
	tls := func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() }
	for _, c := range []struct {
		name    string
		how     func(*httptest.Server)
		proxied bool
	}{
		{"in the clear", nil, false},
		{"in the clear, through a proxy", nil, true},
		{"over TLS", tls, false},
		{"over TLS, through a proxy", tls, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, "lab")
			s := f.served(t, c.how)
			options := map[string]string{"url": s.URL + "/api", "proxy": "none"}
			if s.Certificate() != nil {
				options["ca"] = filepath.Join(t.TempDir(), "ca.pem")
				text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
				if err := os.WriteFile(options["ca"], text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			between := &proxy{}
			if c.proxied {
				b := httptest.NewServer(between)
				t.Cleanup(b.Close)
				options["proxy"] = b.URL
			}
			p := reach(t, options)
			k := newTold()
			ended := attach(t, p, k)
			// The line is told to nobody who asks for it.
			say(t, <-f.listening, line("1", 1, "live"))
			k.until(t, "INFO live\n")
			f.set(func() { f.state = state{Type: completed, Name: "Completed"} })
			if err := <-ended; err != nil {
				t.Error(err)
			}
			between.mu.Lock()
			defer between.mu.Unlock()
			if c.proxied != (between.tunnels > 0) {
				t.Errorf("%d tunnels were opened", between.tunnels)
			}
		})
	}
}

// A stream has no past: what was said while it was cut has to be asked for, before
// anything that comes by the next one is told.
func TestAStreamThatWasCutGoesOnWithoutALineLostRepeatedOrInAnotherOrder(t *testing.T) {
	t.Parallel()
	f := newFake(t, "lab")
	p := reach(t, map[string]string{"url": f.served(t, nil).URL + "/api", "proxy": "none"})
	k := newTold()
	ended := attach(t, p, k)
	both := func(c *websocket.Conn, l logLine) { f.keep(l); say(t, c, l) }

	c := <-f.listening
	both(c, line("1", 1, "one"))
	both(c, line("2", 2, "two"))
	k.until(t, "INFO two\n")
	f.keep(line("3", 3, "three"), line("4", 3, "four"))
	_ = c.CloseNow()
	c = <-f.listening
	say(t, c, line("4", 3, "four"))
	both(c, line("5", 4, "five"))
	k.until(t, "INFO five\n")
	f.keep(line("6", 5, "six")) // nobody sends it
	f.set(func() { f.state = state{Type: completed, Name: "Completed"} })
	if err := <-ended; err != nil {
		t.Error(err)
	}
	want := "INFO one\nINFO two\nINFO three\nINFO four\nINFO five\nINFO six\n"
	if diff := cmp.Diff(want, k.log("")); diff != "" {
		t.Error(diff)
	}
}

func TestARunThatWasLostSightOfIsFollowedFromItsLastLine(t *testing.T) {
	t.Parallel()
	f := newFake(t, "lab")
	f.keep(line("1", 1, "one"), line("2", 2, "Traceback\n  deep\n  deeper"), line("3", 2, "two"), line("4", 2, "more of that moment"), line("5", 3, "three"))
	f.state = state{Type: completed, Name: "Completed"}
	p := reach(t, map[string]string{"url": f.served(t, nil).URL + "/api", "proxy": "none"})
	k := newTold()
	// Four lines of the log are of the moment at which it ends, and two messages.
	k.write("", []byte("INFO one\nINFO Traceback\n  deep\n  deeper\nINFO two\n"), at(2))
	k.lines = 4
	if err := <-attach(t, p, k); err != nil {
		t.Error(err)
	}
	want := "INFO one\nINFO Traceback\n  deep\n  deeper\nINFO two\nINFO more of that moment\nINFO three\n"
	if diff := cmp.Diff(want, k.log("")); diff != "" {
		t.Error(diff)
	}
}

func TestALineThatComesBeforeNewsOfItsTaskIsInTheLogOfItsStep(t *testing.T) {
	t.Parallel()
	f := newFake(t, "lab")
	p := reach(t, map[string]string{"url": f.served(t, nil).URL + "/api", "proxy": "none"})
	k := newTold()
	ended := attach(t, p, k)
	early := line("1", 1, "early")
	early.Task = "t1"
	say(t, <-f.listening, early)
	k.until(t, "INFO early\n")
	f.set(func() {
		f.tasks = append(f.tasks, taskRun{ID: "t1", Name: "load-0", Key: "0", State: state{Type: completed, Name: "Completed"}})
		for i := range pageSize { // more than a page of tasks
			f.tasks = append(f.tasks, taskRun{ID: fmt.Sprint("m", i), Name: "many", State: state{Type: completed}})
		}
		f.state = state{Type: completed, Name: "Completed"}
	})
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := k.log("load"); got != "INFO early\n" {
		t.Errorf("the step has %q", got)
	}
	if got := k.steps(); len(got) != pageSize+1 {
		t.Errorf("%d steps", len(got))
	}
}

func TestAServerThatIsAwayForAWhileIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := newFake(t, "lab")
	p := reach(t, map[string]string{"url": f.served(t, nil).URL + "/api", "proxy": "none"})
	k := newTold()
	ended := attach(t, p, k)
	c := <-f.listening
	f.set(func() { f.down = true })
	_ = c.CloseNow() // so that it asks anew
	k.reason(t, "the database is away")
	f.set(func() {
		f.down, f.state = false, state{Type: completed, Name: "Completed"}
		f.stored = []logLine{line("1", 1, "meanwhile")}
	})
	var err error
	select {
	case <-f.listening: // it may listen again before it looks
		err = <-ended
	case err = <-ended:
	}
	if err != nil {
		t.Error(err)
	}
	if got := k.log(""); got != "INFO meanwhile\n" {
		t.Errorf("the log is %q", got)
	}
}

func TestSeveralServersAreToldApartByWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	first, second := newFake(t, "first"), newFake(t, "second")
	first.auth, second.auth = "Bearer key-one", "Bearer key-two"
	for _, f := range []*fake{first, second} {
		f.state = state{Type: completed, Name: "Completed"}
		f.stored = []logLine{line("1", 1, "said by "+f.name)}
	}
	env := map[string]string{"ONE": "key-one", "TWO": "key-two"}
	one, two := first.served(t, nil), second.served(t, nil)
	away := newFake(t, "away")
	away.page = true
	place := integrations.Place{
		Dir: t.TempDir(), Home: t.TempDir(), Getenv: func(name string) string { return env[name] },
		Declared: []integrations.Declared{
			{Name: "login", Options: map[string]string{"url": away.served(t, nil).URL + "/api", "proxy": "none"}},
			{Name: "one", Options: map[string]string{"url": one.URL + "/api", "key": "env:ONE", "proxy": "none"}},
			{Name: "two", Options: map[string]string{"url": two.URL + "/api", "key": "env:TWO", "proxy": "none"}},
		},
	}
	all, err := connections(t.Context(), place)
	if err != nil || len(all) != 3 {
		t.Fatalf("%v, %v", all, err)
	}
	if _, err := all[0].Connect(t.Context(), always{}); err == nil || !strings.Contains(err.Error(), `a web page ("Sign in")`) {
		t.Errorf("the login page is told as %v", err)
	}
	for i, f := range []*fake{first, second} {
		c, err := all[i+1].Connect(t.Context(), always{})
		if err != nil {
			t.Fatal(err)
		}
		p := c.(*Provider)
		t.Cleanup(func() { _ = p.Close() })
		offered, err := p.Tasks(t.Context())
		if err != nil || len(offered) != 1 || offered[0].Title != "of "+f.name {
			t.Errorf("%s offers %+v, %v", f.name, offered, err)
		}
		k := newTold()
		if err := p.Run(t.Context(), request("train/nightly", nil), k); err != nil {
			t.Error(err)
		}
		if got := k.log(""); got != "INFO said by "+f.name+"\n" {
			t.Errorf("%s told %q", f.name, got)
		}
		f.set(func() {
			if f.started != 1 {
				t.Errorf("%s was triggered %d times", f.name, f.started)
			}
		})
	}
}

func TestWhatTheEnvironmentKnowsOfOneServerIsShownToNoOther(t *testing.T) {
	usual, other := newFake(t, "usual"), newFake(t, "other")
	env := map[string]string{"PREFECT_API_URL": usual.served(t, nil).URL + "/api", "PREFECT_API_KEY": "hush"}
	all, err := connections(t.Context(), integrations.Place{
		Dir: t.TempDir(), Home: t.TempDir(), Getenv: func(name string) string { return env[name] },
		Declared: []integrations.Declared{{Name: "other", Options: map[string]string{"url": other.served(t, nil).URL + "/api", "proxy": "none"}}},
	})
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	for _, c := range all {
		p, err := c.Connect(t.Context(), always{})
		if err != nil {
			t.Fatal(err)
		}
		_ = p.(*Provider).Close()
	}
	for f, want := range map[*fake]map[string]bool{usual: {"Bearer hush": true}, other: {"": true}} {
		f.set(func() {
			if diff := cmp.Diff(want, f.seen); diff != "" {
				t.Errorf("%s was shown %s", f.name, diff)
			}
		})
	}
}

func TestThePasswordOfAnAddressIsShownNowhere(t *testing.T) {
	t.Parallel()
	f := newFake(t, "lab")
	f.down = true
	url := strings.Replace(f.served(t, nil).URL, "://", "://ada:hush@", 1)
	all, err := connections(t.Context(), integrations.Place{
		Dir: t.TempDir(), Home: t.TempDir(), Getenv: func(string) string { return "" },
		Declared: []integrations.Declared{
			{Name: "lab", Options: map[string]string{"url": url + "/api", "proxy": "none"}},
			{Name: "odd", Options: map[string]string{"url": "http://ada:hu/hush@lab/api"}},
		},
	})
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	for _, c := range all {
		_, err := c.Connect(t.Context(), always{})
		if err == nil || strings.Contains(c.Title+err.Error(), "hush") {
			t.Errorf("%s: %v", c.Title, err)
		}
	}
	f.set(func() { f.down = false })
	p, err := all[0].Connect(t.Context(), always{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.(*Provider).Close() }()
	if got := p.(*Provider).runURL("r1"); strings.Contains(got, "hush") || !strings.HasSuffix(got, "/runs/flow-run/r1") {
		t.Errorf("the run is at %s", got)
	}
}

func TestWhatAScheduleHasPlannedForLaterHidesNoRun(t *testing.T) {
	t.Parallel()
	f := newFake(t, "lab")
	p := reach(t, map[string]string{"url": f.served(t, nil).URL + "/api", "proxy": "none"})
	f.set(func() {
		for i := range 2 * newest {
			f.runs = append(f.runs, flowRun{ID: fmt.Sprint("later", i), DeploymentID: "d1", Expected: p.rest.Now().Add(2 * soon), State: state{Type: scheduled, Name: "Scheduled"}})
		}
	})
	got, err := p.runs(t.Context(), []string{"d1"}, newest)
	if err != nil || len(got) != 1 || got[0].ID != "r1" {
		t.Errorf("%+v, %v", got, err)
	}
}
