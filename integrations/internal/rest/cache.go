package rest

import (
	"bytes"
	"maps"
	"net/http"
	"sync"
	"time"
)

// Bounds of what is kept for conditional requests.
const (
	keptAnswers = 300
	keptBody    = 4 << 20
)

// cache keeps answers that the other side can be asked "still so?" about. What
// it has is the client's own: answers depend on who asks.
type cache struct {
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	status    int
	etag, mod string
	header    http.Header
	body      []byte
	used      time.Time
}

// ask makes a request conditional.
func (k kept) ask(h http.Header) {
	if k.etag != "" {
		h.Set("If-None-Match", k.etag)
	}
	if k.mod != "" {
		h.Set("If-Modified-Since", k.mod)
	}
}

func (c *cache) get(key string) (kept, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	if ok {
		k.used = time.Now()
		c.kept[key] = k
	}
	return k, ok
}

// put keeps an answer, and says whether it is the same as the one before.
func (c *cache) put(key string, a *Answer) (same bool) {
	k := kept{status: a.Status, etag: a.Header.Get("ETag"), mod: a.Header.Get("Last-Modified"), header: a.Header, body: a.Body, used: time.Now()}
	c.mu.Lock()
	defer c.mu.Unlock()
	old, known := c.kept[key]
	same = known && old.status == k.status && bytes.Equal(old.body, k.body)
	if k.etag == "" && k.mod == "" || len(k.body) > keptBody {
		delete(c.kept, key)
		return same
	}
	if c.kept == nil {
		c.kept = map[string]kept{}
	}
	c.kept[key] = k
	if len(c.kept) > keptAnswers {
		oldest := ""
		for name, k := range c.kept {
			if oldest == "" || k.used.Before(c.kept[oldest].used) {
				oldest = name
			}
		}
		delete(c.kept, oldest)
	}
	return same
}

// merged is what was kept, with what the newer answer says anew.
func merged(old, latest http.Header) http.Header {
	h := old.Clone()
	maps.Copy(h, latest)
	return h
}
