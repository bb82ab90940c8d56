package rest

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "tok-5f3c9a"

// server answers with h; the client has a token.
func server(t *testing.T, h http.HandlerFunc, change ...func(*Options)) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	o := Options{Base: s.URL + "/api", System: "Forge", Header: http.Header{"Authorization": {"Bearer " + token}}}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

type thing struct{ Name string }

func TestAnAnswerIsReadAndThePathIsBelowTheBase(t *testing.T) {
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		got := r.Method + " " + r.URL.String() + " " + r.Header.Get("Authorization")
		_ = json.NewEncoder(w).Encode(thing{got})
	})
	var v thing
	if _, err := c.Get(t.Context(), "look", "/things/a%2Fb?x=1", url.Values{"page": {"2"}}, &v); err != nil {
		t.Fatal(err)
	}
	if want := "GET /api/things/a%2Fb?x=1&page=2 Bearer " + token; v.Name != want {
		t.Errorf("asked %q, want %q", v.Name, want)
	}
}

func TestEveryFailureIsOneSentenceWithTheNextStep(t *testing.T) {
	answer := func(status int, kind, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const js = "application/json"
	tests := map[string]struct {
		h    http.HandlerFunc
		kind Kind
		want string
	}{
		"401": {
			answer(401, js, `{"message":"Bad credentials"}`), Unauthorized,
			"look: Forge does not accept the token (401: Bad credentials); sign in again, or give a new token",
		},
		"403": {answer(403, js, `{"message":"Must have admin rights"}`), Forbidden, "look: Forge does not allow this (403: Must have admin rights); the token needs more rights"},
		"404": {
			answer(404, js, `{"message":"Not Found"}`), NotFound,
			"look: Forge does not know this (404: Not Found); check the name; what a token may not see is also said not to exist",
		},
		"409": {
			answer(409, js, `{"message":"Cannot cancel a workflow run that is completed"}`), Conflict,
			"look: Forge can't do that in the state things are in (409: Cannot cancel a workflow run that is completed); look at its state and try again",
		},
		"422": {
			answer(422, js, `{"message":"Validation Failed","errors":[{"message":"ref is wrong"},"x is missing"]}`), Invalid,
			"look: Forge does not accept what was sent (422: Validation Failed: ref is wrong: x is missing); change the values and try again",
		},
		"429": {
			answer(429, js, `{"message":"slow down"}`, "Retry-After", "40"), Limited,
			"look: Forge has had too many requests (429: slow down); it is asked again in 40 s",
		},
		"501": {answer(501, js, ``), Refused, "look: Forge can't do this (501); it may need a newer version, or another address"},
		"500": {answer(500, js, `{"error":{"message":"boom"}}`), Server, "look: Forge has a failure of its own (500: boom); wait a little; its status page may say more"},
		"503 with a page": {
			answer(503, "text/html", "<html><title>Unicorn!</title>"), Server,
			"look: Forge has a failure of its own (503); wait a little; its status page may say more",
		},
		"a login page": {
			answer(200, "text/html; charset=utf-8", "<html><head><title>\n Sign in &middot; Okta</title>"), WebPage,
			`look: Forge answered with a web page ("Sign in · Okta") instead of data; a login or a proxy stands before it: check the address, and sign in`,
		},
		"a proxy's page as 403": {
			answer(403, "text/html", "<html>blocked"), WebPage,
			"look: Forge answered with a web page instead of data; a login or a proxy stands before it: check the address, and sign in",
		},
		"half a body": {
			answer(200, js, `{"name":"a`), Cut,
			"look: Forge sent half an answer; it is asked again; if it stays so, look at the proxy in between",
		},
		"no body": {answer(200, js, ``), Cut, "look: Forge sent half an answer; it is asked again; if it stays so, look at the proxy in between"},
		"another shape": {
			answer(200, js, `{"name":[1]}`), Unreadable,
			"look: Forge sent what can't be read: cannot unmarshal array into Go struct field thing.Name of type string; its version may be another one than expected",
		},
		"a moved POST": {
			answer(301, js, ``, "Location", "http://elsewhere.invalid/"), Moved,
			"look: Forge says that this has moved (301); use the new address: http://elsewhere.invalid/",
		},
		"a connection that breaks": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"name":`)
		}, Cut, "look: Forge broke off in the middle of its answer; it is asked again; if it stays so, look at the proxy in between"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := server(t, tt.h)
			var v thing
			_, err := c.Do(t.Context(), Request{Method: http.MethodPost, Path: "things", Doing: "look", Into: &v})
			if err == nil || err.Error() != tt.want || !Is(err, tt.kind) {
				t.Errorf("got  %v\nwant %s, %s", err, tt.want, tt.kind)
			}
			start, ok := errors.AsType[*tasks.StartError](err)
			if !ok || start.Error() != tt.want || start.Hint == "" {
				t.Errorf("as the engine sees it: %+v", start)
			}
		})
	}
}

func TestAServerThatDoesNotAnswerIsSaidTo(t *testing.T) {
	release := make(chan struct{})
	c := server(t, func(http.ResponseWriter, *http.Request) { <-release }, func(o *Options) { o.Timeout = 20 * time.Millisecond })
	defer close(release)
	_, err := c.Do(t.Context(), Request{Path: "x", Doing: "look"})
	if want := "look: Forge did not answer within 20ms; it may be busy or behind a proxy; it is tried again"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAStreamThatPausesForLongIsSaidToAndNeverWaitedForForEver(t *testing.T) {
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half ")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}, func(o *Options) { o.Timeout = 500 * time.Millisecond })
	body, _, err := c.Stream(t.Context(), Request{Method: http.MethodPost, Path: "x", Doing: "read"})
	if err == nil {
		_, err = io.ReadAll(body)
		body.Close()
	}
	if want := "read: Forge did not answer within 500ms; it may be busy or behind a proxy; it is tried again"; err == nil || err.Error() != want || !Is(err, TimedOut) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// An answer may be asked for and forgotten at the same time.
func TestNotModifiedIsUnderstoodThoughTheAnswerIsNotKeptAnyMore(t *testing.T) {
	var c *Client
	c = server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			c.cache.mu.Lock()
			c.cache.kept = nil
			c.cache.mu.Unlock()
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"1"`)
		_, _ = io.WriteString(w, `{"name":"a"}`)
	})
	for range 2 {
		var v thing
		if _, err := c.Get(t.Context(), "look", "x", nil, &v); err != nil || v.Name != "a" {
			t.Errorf("got %v, %v", v, err)
		}
	}
}

func TestAnAddressIsShownWithoutItsPasswordAndToldFromOthers(t *testing.T) {
	for address, want := range map[string]string{
		"https://ada:hush@lab/api":  "https://lab/api",
		"https://ada@lab:8080":      "https://lab:8080",
		"https://lab/a@b":           "https://lab/a@b",
		"http://ada:hu/hush@lab/x":  "http://lab/x",
		"file:mlruns":               "file:mlruns",
		"sqlite:////lab/mlflow.db":  "sqlite:////lab/mlflow.db",
		"postgresql://a:b%zz@lab/x": "postgresql://lab/x",
	} {
		if got := Plain(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
	for pair, want := range map[[2]string]bool{
		{"https://lab/api", "https://LAB:443"}: true, {"https://lab", "http://lab"}: false, {"http://lab:1", "http://lab:2"}: false, {"\x00", "http://lab"}: false,
	} {
		if got := SameServer(pair[0], pair[1]); got != want {
			t.Errorf("%q: %v", pair, got)
		}
	}
}

func TestAHostIsWhatPeopleKnowOfAnAddress(t *testing.T) {
	for address, want := range map[string]string{
		"http://127.0.0.1:4200/api":           "127.0.0.1:4200",
		"https://ada:secret@corp.example/a/b": "corp.example",
		"corp.example:9090":                   "corp.example:9090",
		"":                                    "",
	} {
		if got := Host(address); got != want {
			t.Errorf("%q is at %q, want %q", address, got, want)
		}
	}
}

func TestTheEndOfTheContextEndsARequestAndIsNoFailureOfTheServer(t *testing.T) {
	asked := make(chan struct{})
	c := server(t, func(_ http.ResponseWriter, r *http.Request) { close(asked); <-r.Context().Done() })
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-asked; cancel(tasks.ErrLeaving) }()
	if _, err := c.Do(ctx, Request{Path: "x"}); !errors.Is(err, tasks.ErrLeaving) {
		t.Errorf("got %v", err)
	}
}

func TestNobodyThereIsSaidPlainly(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	for base, want := range map[string]string{
		"http://" + address:          "Forge accepts no connections: nothing listens there; start it, or check the address",
		"http://nowhere.invalid":     "Forge can't be found: the name nowhere.invalid is not known; check the address, the network and the VPN",
		"http://user:pw@" + address:  "Forge accepts no connections: nothing listens there; start it, or check the address",
		"ftp://example.com":          `"ftp://example.com" is not the address of a server; write it as https://host or https://host/path`,
		"http://example.com/\x7f%zz": `"http://example.com/\x7f%zz" is not the address of a server; write it as https://host or https://host/path`,
	} {
		c, err := New(Options{Base: base, System: "Forge", Proxy: "none"})
		if err == nil {
			_, err = c.Do(t.Context(), Request{Method: http.MethodPost, Path: "x"})
			c.Close()
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", base, err, want)
		}
	}
}

func TestACertificateOfOnesOwnAuthority(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"name":"a"}`) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	get := func(o Options) error {
		o.Base, o.System = s.URL, "Forge"
		c, err := New(o)
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Do(t.Context(), Request{Method: http.MethodPost, Path: "x"})
		return err
	}
	want := "Forge has a certificate that nobody known has signed; name its authority's file with ca: in the connection's options"
	if err := get(Options{}); err == nil || err.Error() != want || !Is(err, Untrusted) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := get(Options{CA: ca}); !Is(err, Misconfigured) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := get(Options{CA: ca}); err != nil {
		t.Errorf("with the authority named: %v", err)
	}
	if err := get(Options{Insecure: true}); err != nil {
		t.Errorf("insecure: %v", err)
	}
}

func TestAProxyOfOnesOwnIsAsked(t *testing.T) {
	var asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		_, _ = io.WriteString(w, `{}`)
	}))
	t.Cleanup(proxy.Close)
	c, err := New(Options{Base: "http://forge.invalid/api", Proxy: proxy.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do(t.Context(), Request{Path: "x"}); err != nil || asked != "http://forge.invalid/api/x" {
		t.Errorf("asked %q, %v", asked, err)
	}
}

func TestATokenGoesNowhereButHome(t *testing.T) {
	var seen []string
	note := func(where string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, where+" "+r.Header.Get("Authorization"))
			_, _ = io.WriteString(w, "log text")
		}
	}
	storage := httptest.NewServer(note("storage"))
	t.Cleanup(storage.Close)
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/logs" {
			http.Redirect(w, r, storage.URL+"/blob?sig=1", http.StatusFound)
			return
		}
		note("home")(w, r)
	})
	for _, path := range []string{"logs", "x", storage.URL + "/direct"} {
		if _, err := c.Do(t.Context(), Request{Path: path, Text: true}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"storage ", "home Bearer " + token, "storage "}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestATokenIsNeverShown(t *testing.T) {
	var seen []Exchange
	c := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		_, _ = io.WriteString(w, `{"message":"what is `+token+`, and hunter2?"}`)
	}, func(o *Options) {
		o.Record = func(x Exchange) { seen = append(seen, x) }
		o.Secrets = []string{"hunter2"}
	})
	_, err := c.Do(t.Context(), Request{Path: "x?token=" + token, Doing: "look at " + token})
	text, _ := json.Marshal(seen)
	for _, secret := range []string{token, "hunter2"} {
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(string(text), secret) {
			t.Errorf("%q is shown: %v %s", secret, err, text)
		}
	}
	if len(seen) != 1 || seen[0].Status != 422 || !strings.Contains(seen[0].URL, "/api/x?token=") {
		t.Errorf("recorded %s", text)
	}
}

func TestAClockThatDiffersIsNamedWhereATokenIsRefused(t *testing.T) {
	c := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(401)
	})
	_, err := c.Do(t.Context(), Request{Path: "x"})
	want := "Forge does not accept the token (401); this machine's clock is 2h0m0s behind the server's: set it; else give a new token"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if d := time.Until(c.Now()); d < 119*time.Minute || d > 121*time.Minute {
		t.Errorf("the server's clock is %v ahead", d)
	}
}

func TestWhatIsUnchangedIsNotSentAgain(t *testing.T) {
	sent, asked := 0, ""
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("If-None-Match")
		w.Header().Set("ETag", `"v1"`)
		if asked == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent++
		_, _ = io.WriteString(w, `{"name":"a"}`)
	})
	var got []bool
	for range 3 {
		var v thing
		same, err := c.Get(t.Context(), "look", "x", nil, &v)
		if err != nil || v.Name != "a" {
			t.Fatalf("%+v, %v", v, err)
		}
		got = append(got, same)
	}
	if diff := cmp.Diff([]bool{false, true, true}, got); diff != "" || sent != 1 {
		t.Errorf("sent %d times %s", sent, diff)
	}
	if _, err := c.Get(t.Context(), "look", "y", nil, &thing{}); err != nil || asked != "" {
		t.Errorf("another path asked for %q, %v", asked, err)
	}
}

func TestThePagesFollowTheLinks(t *testing.T) {
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("page") {
		case "":
			w.Header().Set("Link", `<http://`+r.Host+`/api/x?page=2>; rel="next", <http://`+r.Host+`/api/x?page=3>; rel="last"`)
		case "2":
			w.Header().Set("Link", `<?page=3>; rel=next`)
		}
		_, _ = io.WriteString(w, `{"name":"`+r.URL.Query().Get("page")+`"}`)
	})
	read := func(most int) (names []string, more bool) {
		more, err := c.Pages(t.Context(), Request{Path: "x"}, most, func(a *Answer) (bool, error) {
			var v thing
			err := json.Unmarshal(a.Body, &v)
			names = append(names, v.Name)
			return false, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return names, more
	}
	names, more := read(10)
	if diff := cmp.Diff([]string{"", "2", "3"}, names); diff != "" || more {
		t.Error(more, diff)
	}
	names, more = read(2)
	if diff := cmp.Diff([]string{"", "2"}, names); diff != "" || !more {
		t.Error(more, diff)
	}
}

func TestAStreamIsReadAsItComes(t *testing.T) {
	more := make(chan struct{})
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/none" {
			w.WriteHeader(404)
			return
		}
		_, _ = io.WriteString(w, "one\n")
		w.(http.Flusher).Flush()
		<-more
		_, _ = io.WriteString(w, "two\n")
	})
	body, a, err := c.Stream(t.Context(), Request{Path: "log"})
	if err != nil || a.Status != 200 {
		t.Fatal(a, err)
	}
	defer body.Close()
	first := make([]byte, 4)
	if _, err := io.ReadFull(body, first); err != nil || string(first) != "one\n" {
		t.Fatalf("%q, %v", first, err)
	}
	close(more)
	rest, err := io.ReadAll(body)
	if err != nil || string(rest) != "two\n" {
		t.Errorf("%q, %v", rest, err)
	}
	if _, _, err := c.Stream(t.Context(), Request{Path: "none"}); !Is(err, NotFound) {
		t.Errorf("got %v", err)
	}
}
