package rest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Budget is what is left of the requests that the other side allows.
type Budget struct {
	Limit, Remaining int
	Reset            time.Time
}

// String is the budget as a person reads it; empty when nothing is known.
func (b Budget) String() string {
	if b.Limit == 0 {
		return ""
	}
	text := fmt.Sprintf("%d of %d requests left", b.Remaining, b.Limit)
	if !b.Reset.IsZero() {
		text += " until " + b.Reset.Local().Format("15:04")
	}
	return text
}

// Budget is what the last answer said.
func (c *Client) Budget() Budget {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.budget
}

// learn takes from an answer how many requests are left, when the next may come,
// and what the time is over there.
func (c *Client) learn(res *http.Response, began time.Time) {
	if res.Request != nil && !same(res.Request.URL, c.base) {
		return // a storage that it redirected to has a clock and limits of its own
	}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		// The header has whole seconds and was written somewhere between.
		middle := began.Add(now.Sub(began) / 2)
		if c.skew = at.Add(500 * time.Millisecond).Sub(middle); c.skew.Abs() < 3*time.Second {
			c.skew = 0
		}
	}
	h := res.Header
	limit, remaining, reset := "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"
	if h.Get(remaining) == "" {
		limit, remaining, reset = "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"
	}
	if left, err := strconv.Atoi(h.Get(remaining)); err == nil {
		b := Budget{Remaining: left}
		b.Limit, _ = strconv.Atoi(h.Get(limit))
		if at, err := strconv.ParseInt(h.Get(reset), 10, 64); err == nil {
			b.Reset = resetTime(at, now, c.skew)
		}
		c.budget = b
	}
	if wait := c.asked(res.StatusCode, h, now); wait > 0 {
		c.wait = now.Add(wait)
	}
}

// resetTime reads a limit's reset: seconds since 1970, or from now.
func resetTime(n int64, now time.Time, skew time.Duration) time.Time {
	const longAgo = 100_000_000 // in 1973, or three years from now
	if n > longAgo {
		return time.Unix(n, 0).Add(-skew)
	}
	return now.Add(time.Duration(n) * time.Second)
}

// asked is how long the other side wants to be left alone. c.mu is held.
func (c *Client) asked(status int, h http.Header, now time.Time) time.Duration {
	if status != http.StatusForbidden && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	if text := h.Get("Retry-After"); text != "" {
		if n, err := strconv.Atoi(text); err == nil && n >= 0 {
			return max(time.Duration(n)*time.Second, time.Millisecond)
		}
		if at, err := http.ParseTime(text); err == nil {
			return max(at.Add(-c.skew).Sub(now), time.Millisecond)
		}
	}
	if status != http.StatusServiceUnavailable && c.budget.Limit > 0 && c.budget.Remaining == 0 && h.Get("X-RateLimit-Remaining")+h.Get("RateLimit-Remaining") == "0" {
		return max(c.budget.Reset.Sub(now), time.Second)
	}
	return 0
}

// held refuses a request that the other side has asked not to make yet.
func (c *Client) held(q Request) *Error {
	c.mu.Lock()
	until := c.wait
	c.mu.Unlock()
	if left := time.Until(until); left > 0 {
		return c.fail(q, &Error{Kind: Limited, Reason: "wants no more requests for now", Hint: "it is asked again " + clock(until), Retry: until})
	}
	return nil
}

// clock is a moment as a person reads it.
func clock(at time.Time) string {
	if time.Until(at) < time.Minute {
		return fmt.Sprintf("in %d s", max(1, int(time.Until(at).Round(time.Second).Seconds())))
	}
	return "at " + at.Local().Format("15:04")
}

// Patience of retries: how often, and the longest wait that a caller is made to
// bear without being told.
const (
	tries    = 3
	patience = 10 * time.Second
	first    = 300 * time.Millisecond
)

// again says whether, and after which wait, a failed request is made once more.
func (c *Client) again(q Request, e *Error, try int) (time.Duration, bool) {
	repeatable := q.Again
	switch q.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		repeatable = true
	}
	if !repeatable || try >= tries || !e.passing() {
		return 0, false
	}
	if !e.Retry.IsZero() {
		wait := time.Until(e.Retry)
		return max(wait, time.Millisecond), wait <= patience
	}
	wait := first << (2 * (try - 1))
	return wait + rand.N(wait/2), true
}

// pace is a token bucket, and the distance between two changes.
type pace struct {
	rate  float64
	burst int
	apart time.Duration

	mu     sync.Mutex
	used   time.Time // when the bucket would be full, were nothing taken from now on
	change time.Time // when the next change may begin
}

// wait returns when the next request may begin.
func (p *pace) wait(ctx context.Context, reads bool) error {
	p.mu.Lock()
	now := time.Now()
	at := now
	if p.rate > 0 {
		each := time.Duration(float64(time.Second) / p.rate)
		if p.used.Before(now) {
			p.used = now
		}
		p.used = p.used.Add(each)
		if ready := p.used.Add(-time.Duration(p.burst) * each); ready.After(at) {
			at = ready
		}
	}
	if !reads && p.apart > 0 {
		if p.change.After(at) {
			at = p.change
		}
		p.change = at.Add(p.apart)
	}
	p.mu.Unlock()
	if d := at.Sub(now); d > 0 {
		return sleep(ctx, d)
	}
	return ctx.Err()
}
