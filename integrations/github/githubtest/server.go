// Package githubtest is GitHub's API of Actions, checks and pull requests, as a
// server for tests and to be tried by hand. It judges every request and every
// answer by GitHub's own description, and never knows who uses it.
package githubtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options say what kind of server it is.
type Options struct {
	// Token is what requests must carry; Login whose it is.
	Token, Login string
	// Old servers know neither run details nor the newer version of the API; a
	// dispatched run shows up in lists after Lag.
	Old bool
	Lag time.Duration
	// Limit is how many requests an hour are allowed; 0: 5000.
	Limit int
	// Page is the largest page; 0: 100.
	Page int
	// Speed makes everything in plans so many times faster; 0: as they say.
	Speed int
	// MayApprove: the user is a reviewer of deployments.
	MayApprove bool
	// Running: time passes by itself. Else only Pass moves it.
	Running bool
	// Wrong is told of every request or answer that the description does not allow.
	Wrong func(error)
	// Log is told of every request.
	Log func(method, path string, status int)
}

// Server is the fake. It serves the API at its root and below /api/v3.
type Server struct {
	o    Options
	spec *spec
	born time.Time

	mu     sync.Mutex
	base   string // the API's address
	web    string
	store  string // where logs and artifacts are read from: another host
	repos  []*Repo
	runs   map[*Repo][]*run // oldest first
	nextID int64
	passed time.Duration
	used   int
	reset  time.Time
	faults []fault
	counts map[string]int
}

// fault is an answer that is given instead of the right one.
type fault struct {
	path  string
	times int
	serve http.HandlerFunc
}

// New makes a server with these repositories.
func New(o Options, repos ...*Repo) (*Server, error) {
	sp, err := readSpec()
	if err != nil {
		return nil, err
	}
	if o.Limit == 0 {
		o.Limit = 5000
	}
	if o.Page == 0 {
		o.Page = 100
	}
	if o.Login == "" {
		o.Login = "ada"
	}
	s := &Server{o: o, spec: sp, born: time.Now().Add(-time.Hour), repos: repos, runs: map[*Repo][]*run{}, nextID: 9_000_001, counts: map[string]int{}}
	s.reset = time.Now().Add(time.Hour)
	return s, nil
}

// Start serves on 127.0.0.1 and returns the API's address.
func (s *Server) Start() (api string, stop func()) {
	h := httptest.NewServer(s)
	s.At(h.URL)
	return h.URL + "/api/v3", h.Close
}

// At tells the server its own address.
func (s *Server) At(web string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.web, s.base, s.store = web, web+"/api/v3", strings.Replace(web, "127.0.0.1", "localhost", 1)
}

// Pass lets time pass.
func (s *Server) Pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passed += d
}

// Fault answers the next requests whose path ends with path by serve.
func (s *Server) Fault(path string, times int, serve http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fault{path, times, serve})
}

// Counts are how many requests were answered, by "METHOD path" and by status.
func (s *Server) Counts(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[name]
}

// Spend uses up the allowed requests.
func (s *Server) Spend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = s.o.Limit
}

// Push makes a run as a push to a branch does.
func (s *Server) Push(r *Repo, workflow, branch, actor string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range r.Workflows {
		if strings.HasSuffix(r.Workflows[i].Path, "/"+workflow) {
			return s.begin(r, &r.Workflows[i], branch, "push", actor, nil).id
		}
	}
	return 0
}

// now is the server's time. s.mu is held.
func (s *Server) now() time.Time {
	if s.o.Running {
		return time.Now().Add(s.passed)
	}
	return s.born.Add(time.Hour + s.passed)
}

func (s *Server) begin(r *Repo, w *Workflow, branch, event, actor string, inputs map[string]string) *run {
	now := s.now()
	x := &run{
		id: s.nextID, number: int64(len(s.runs[r]) + 1), w: w, branch: branch, sha: r.Branches[branch], event: event, actor: actor,
		inputs: inputs, created: now.Truncate(time.Second), visible: now,
	}
	if s.o.Old {
		x.visible = now.Add(s.o.Lag)
	}
	s.nextID += 1000
	s.attempt(x, nil)
	s.runs[r] = append(s.runs[r], x)
	return x
}

// attempt begins one more attempt of a run; what is kept is not done again.
func (s *Server) attempt(x *run, kept map[string]jobState) {
	n := len(x.attempts) + 1
	a := &attempt{n: n, began: s.now(), kept: kept, first: x.id + int64(100*n), approved: map[string]time.Time{}, rejected: map[string]time.Time{}}
	if x.w.Plan != nil {
		a.plan = x.w.Plan(x.inputs, n).faster(s.o.Speed)
	}
	x.attempts = append(x.attempts, a)
}

// answer is what a handler made.
type answer struct {
	status int
	body   any // nil: none
	header http.Header
	raw    []byte // instead of body
	kind   string
}

func message(status int, text string) answer {
	return answer{status: status, body: object{
		"message": text, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status),
	}}
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3")
	if serve := s.faulty(path); serve != nil {
		serve(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	s.mu.Lock()
	a := s.serve(r, path, body)
	h := w.Header()
	maps.Copy(h, a.header)
	h.Set("Date", s.now().UTC().Format(http.TimeFormat))
	h.Set("X-GitHub-Request-Id", "FAKE:1")
	if s.o.Old {
		h.Set("X-GitHub-Enterprise-Version", "3.12.0")
	}
	text := a.raw
	if a.body != nil {
		text, _ = json.Marshal(a.body)
		a.kind = "application/json; charset=utf-8"
	}
	if !strings.HasPrefix(path, "/_blob/") {
		a, text = s.account(r, path, a, text, h)
	}
	s.counts[r.Method+" "+path]++
	s.counts[strconv.Itoa(a.status)]++
	logged := s.o.Log
	s.mu.Unlock()
	if logged != nil {
		logged(r.Method, r.URL.RequestURI(), a.status)
	}
	if a.kind != "" {
		h.Set("Content-Type", a.kind)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(text)
}

func (s *Server) faulty(path string) http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := &s.faults[i]
		if f.times > 0 && strings.HasSuffix(path, f.path) {
			f.times--
			return f.serve
		}
	}
	return nil
}

// account judges an answer, counts it against the limit and makes it
// conditional: what is unchanged costs nothing.
func (s *Server) account(r *http.Request, path string, a answer, text []byte, h http.Header) (answer, []byte) {
	if err := s.spec.checkAnswer(r.Method, path, a.status, text); err != nil {
		s.wrong(fmt.Errorf("the answer to %s %s: %w\n%s", r.Method, path, err, short(text)))
	}
	free := path == "/rate_limit" || a.status == http.StatusUnauthorized
	if r.Method == http.MethodGet && a.status == http.StatusOK {
		sum := sha256.Sum256(append([]byte(r.Header.Get("Authorization")), text...))
		tag := `W/"` + hex.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			a, text, free = answer{status: http.StatusNotModified}, nil, true
		}
	}
	if s.now().After(s.reset) {
		s.used, s.reset = 0, s.now().Add(time.Hour)
	}
	if !free {
		s.used = min(s.used+1, s.o.Limit)
	}
	h.Set("X-RateLimit-Limit", strconv.Itoa(s.o.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(s.o.Limit-s.used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(s.reset.Unix(), 10))
	h.Set("X-RateLimit-Resource", "core")
	return a, text
}

// short is the beginning of a text, for a message.
func short(text []byte) []byte { return bytes.TrimSpace(text[:min(len(text), 300)]) }

func (s *Server) wrong(err error) {
	if s.o.Wrong != nil {
		s.o.Wrong(err)
	}
}

// serve finds who answers. s.mu is held.
func (s *Server) serve(r *http.Request, path string, body []byte) answer {
	if strings.HasPrefix(path, "/_blob/") {
		if r.Header.Get("Authorization") != "" {
			s.wrong(errors.New("a token was sent to the storage"))
		}
		return s.blob(path)
	}
	if err := s.spec.checkRequest(r, path, body); err != nil {
		s.wrong(fmt.Errorf("%s %s: %w\n%s", r.Method, r.URL.RequestURI(), err, short(body)))
	}
	if s.o.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.o.Token {
		return message(http.StatusUnauthorized, "Bad credentials")
	}
	if s.used >= s.o.Limit && s.now().Before(s.reset) && path != "/rate_limit" {
		return message(http.StatusForbidden, "API rate limit exceeded for user ID 1.")
	}
	version := r.Header.Get("X-GitHub-Api-Version")
	if version != "" && version != "2022-11-28" && (s.o.Old || version != "2026-03-10") {
		return message(http.StatusBadRequest, "The API version you specified is not supported: "+version)
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, p := range parts {
		parts[i], _ = url.PathUnescape(p)
	}
	switch {
	case path == "/user":
		u := s.user(s.o.Login)
		maps.Copy(u, object{
			"name": "Ada", "company": nil, "blog": nil, "location": nil, "email": nil, "hireable": nil, "bio": nil, "public_repos": 1, "public_gists": 0,
			"followers": 0, "following": 0, "created_at": stamp(s.born), "updated_at": stamp(s.born),
		})
		return ok(u)
	case path == "/rate_limit":
		limit := object{"limit": s.o.Limit, "remaining": s.o.Limit - s.used, "reset": s.reset.Unix(), "used": s.used}
		return ok(object{"rate": limit, "resources": object{"core": limit, "search": limit}})
	case len(parts) >= 3 && parts[0] == "repos":
		i := slices.IndexFunc(s.repos, func(x *Repo) bool { return strings.EqualFold(x.Owner, parts[1]) && strings.EqualFold(x.Name, parts[2]) })
		if i < 0 {
			return message(http.StatusNotFound, "Not Found")
		}
		q := question{Request: r, repo: s.repos[i], rest: parts[3:], query: r.URL.Query(), body: body, version: version}
		return s.repo(q)
	}
	return message(http.StatusNotFound, "Not Found")
}

// question is a request about a repository.
type question struct {
	*http.Request
	repo    *Repo
	rest    []string // of its path
	query   url.Values
	body    []byte
	version string
}

// is says whether the rest of the path has this form; "*" is any segment.
func (q question) is(method string, form ...string) bool {
	if q.Method != method || len(form) != len(q.rest) {
		return false
	}
	for i, f := range form {
		if f != "*" && f != q.rest[i] {
			return false
		}
	}
	return true
}

func (q question) number(i int) int64 {
	n, _ := strconv.ParseInt(q.rest[i], 10, 64)
	return n
}

// page is the part of a list that was asked for, with the link to the next one.
func (s *Server) page(q question, name string, all []any) answer {
	per, page := 30, 1
	if n, err := strconv.Atoi(q.query.Get("per_page")); err == nil {
		per = n
	}
	per = min(per, s.o.Page)
	if n, err := strconv.Atoi(q.query.Get("page")); err == nil {
		page = n
	}
	from, to := min((page-1)*per, len(all)), min(page*per, len(all))
	a := answer{status: http.StatusOK, header: http.Header{}}
	if to < len(all) {
		next := q.URL.Query()
		next.Set("page", strconv.Itoa(page+1))
		a.header.Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, s.base, strings.TrimPrefix(q.URL.EscapedPath(), "/api/v3"), next.Encode()))
	}
	part := append([]any{}, all[from:to]...)
	if name == "" {
		a.body = part
	} else {
		a.body = object{"total_count": len(all), name: part}
	}
	return a
}
