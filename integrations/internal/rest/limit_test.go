package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

// script is a network that answers with these statuses, one after the other.
type script struct {
	answers []http.Response
	at      []time.Duration
	began   time.Time
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.began.IsZero() {
		s.began = time.Now()
	}
	s.at = append(s.at, time.Since(s.began).Round(time.Second))
	a := s.answers[min(len(s.at), len(s.answers))-1]
	if a.StatusCode == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Request, a.Body = req, io.NopCloser(strings.NewReader(`{}`))
	return &a, nil
}

func scripted(t *testing.T, s *script, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{Base: "http://forge/api", System: "Forge", Transport: s}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func status(n int, header ...string) http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return http.Response{StatusCode: n, Header: h}
}

func TestOnlyWhatChangesNothingIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			method string
			again  bool
			first  http.Response
			tries  int
		}{
			{"GET", false, status(502), 2},
			{"GET", false, http.Response{}, 2}, // the connection broke
			{"PUT", false, status(503), 2},
			{"DELETE", false, status(500), 2},
			{"GET", false, status(404), 1},
			{"GET", false, status(501), 1},
			{"POST", false, status(502), 1},
			{"POST", false, http.Response{}, 1},
			{"PATCH", false, status(503), 1},
			{"POST", true, status(502), 2},
		} {
			s := &script{answers: []http.Response{tt.first, status(200)}}
			_, err := scripted(t, s).Do(t.Context(), Request{Method: tt.method, Path: "x", Again: tt.again})
			if len(s.at) != tt.tries || (err == nil) != (tt.tries == 2) {
				t.Errorf("%s after %d: asked %d times, want %d; %v", tt.method, tt.first.StatusCode, len(s.at), tt.tries, err)
			}
		}
	})
}

func TestRetriesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []http.Response{status(502)}}
		_, err := scripted(t, s).Do(t.Context(), Request{Path: "x"})
		if !Is(err, Server) || len(s.at) != tries {
			t.Errorf("asked %d times, %v", len(s.at), err)
		}
	})
}

func TestAShortRetryAfterIsWaitedForAndALongOneIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []http.Response{status(429, "Retry-After", "7"), status(200)}}
		if _, err := scripted(t, s).Do(t.Context(), Request{Path: "x"}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]time.Duration{0, 7 * time.Second}, s.at); diff != "" {
			t.Error(diff)
		}
		when := time.Now().Add(2 * time.Minute).UTC()
		s = &script{answers: []http.Response{status(403, "Retry-After", when.Format(http.TimeFormat)), status(200)}}
		c := scripted(t, s)
		for range 2 { // the second is not even made
			_, err := c.Do(t.Context(), Request{Path: "x"})
			if !Is(err, Limited) || len(s.at) != 1 {
				t.Fatalf("asked %d times, %v", len(s.at), err)
			}
		}
		time.Sleep(3 * time.Minute)
		if _, err := c.Do(t.Context(), Request{Path: "x"}); err != nil || len(s.at) != 2 {
			t.Errorf("after the wait: asked %d times, %v", len(s.at), err)
		}
	})
}

func TestTheBudgetIsWhatTheLastAnswerSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := time.Now().Add(40 * time.Minute).Truncate(time.Second)
		s := &script{answers: []http.Response{
			status(200, "X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "4990", "X-RateLimit-Reset", fmt.Sprint(reset.Unix())),
			status(403, "X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(reset.Unix())),
			status(200),
		}}
		c := scripted(t, s)
		if c.Budget().String() != "" {
			t.Errorf("before any answer: %s", c.Budget())
		}
		_, err := c.Do(t.Context(), Request{Path: "x"})
		if want := (Budget{5000, 4990, reset}); err != nil || !c.Budget().Reset.Equal(want.Reset) || c.Budget().Remaining != 4990 {
			t.Errorf("got %+v, want %+v; %v", c.Budget(), want, err)
		}
		_, err = c.Do(t.Context(), Request{Path: "x"})
		want := "Forge has had too many requests (403); it is asked again at " + reset.Local().Format("15:04")
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		time.Sleep(41 * time.Minute)
		if _, err := c.Do(t.Context(), Request{Path: "x"}); err != nil {
			t.Error(err)
		}
	})
}

func TestRequestsKeepThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []http.Response{status(200)}}
		c := scripted(t, s, func(o *Options) { o.Rate, o.Burst = 0.5, 3 })
		for range 6 {
			if _, err := c.Do(t.Context(), Request{Path: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		want := []time.Duration{0, 0, 0, 2 * time.Second, 4 * time.Second, 6 * time.Second}
		if diff := cmp.Diff(want, s.at); diff != "" {
			t.Error(diff)
		}
		s = &script{answers: []http.Response{status(200)}}
		c = scripted(t, s, func(o *Options) { o.Apart = time.Second })
		for _, m := range []string{"POST", "GET", "POST", "GET", "POST"} {
			if _, err := c.Do(t.Context(), Request{Method: m, Path: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		want = []time.Duration{0, 0, time.Second, time.Second, 2 * time.Second}
		if diff := cmp.Diff(want, s.at); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := scripted(t, &script{answers: []http.Response{status(429, "Retry-After", "5")}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := c.Do(ctx, Request{Path: "x"}); !Is(err, Limited) || time.Since(began) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { stop(tasks.ErrLeaving) })
		if _, err := c.Do(ctx, Request{Path: "x"}); !errors.Is(err, tasks.ErrLeaving) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhoHasLessTimeThanTheClientIsToldHowLongItWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := scripted(t, nil, func(o *Options) { o.Transport = silence{} })
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		_, err := c.Do(ctx, Request{Path: "x", Doing: "look"})
		want := "look: Forge did not answer within 8s; it may be busy or behind a proxy; it is tried again"
		if err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

// silence is a network that accepts and never answers.
type silence struct{}

func (silence) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}
