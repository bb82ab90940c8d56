package github

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "ghp_s3cretOfTheTest"

// wire hands requests to the fake without a network, so that tests have
// virtual time.
type wire struct{ h http.Handler }

func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w.h.ServeHTTP(rec, in)
	res := rec.Result()
	res.Request = req
	return res, nil
}

// world is a fake GitHub, a checkout and a connection between them.
type world struct {
	t     *testing.T
	s     *githubtest.Server
	h     http.Handler // s, or what stands before it
	repo  *githubtest.Repo
	place integrations.Place
}

// newWorld makes one whose checkout is of ada/shop at branch.
func newWorld(t *testing.T, o githubtest.Options, branch string) *world {
	t.Helper()
	o.Token, o.Running = token, true
	o.Wrong = func(err error) { t.Errorf("not as GitHub describes it: %v", err) }
	repo := githubtest.Shop()
	s, err := githubtest.New(o, repo)
	if err != nil {
		t.Fatal(err)
	}
	s.At("http://127.0.0.1:7979")
	dir := t.TempDir()
	w := &world{t: t, s: s, h: s, repo: repo, place: integrations.Place{
		Dir: dir, Home: dir, Getenv: func(name string) string {
			if name == "TOKEN" {
				return token
			}
			return ""
		},
		Declared: []integrations.Declared{{Name: "github", Options: map[string]string{
			"url": "http://127.0.0.1:7979/api/v3", "repo": "ada/shop", "token": "env:TOKEN",
		}}},
	}}
	w.checkout(branch)
	return w
}

// checkout makes the directory a checkout of a branch, as git leaves it.
func (w *world) checkout(branch string) {
	w.t.Helper()
	for name, text := range w.repo.Files[""] {
		w.write(name, text)
	}
	w.write("cart/cart_test.go", "package cart\n\nfunc TestDiscount() {\n}\n")
	w.git("init", "-q", "-b", branch)
	w.git("config", "user.email", "ada@example.com")
	w.git("config", "user.name", "Ada")
	w.git("add", "-A")
	w.git("commit", "-q", "-m", "a change")
}

func (w *world) write(name, text string) {
	w.t.Helper()
	file := filepath.Join(w.place.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) git(args ...string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "git", args...)
	cmd.Dir = w.place.Dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (w *world) definition() integrations.Definition { return definition(wire{w.h}) }

// connect is the provider.
func (w *world) connect() *provider {
	w.t.Helper()
	all, err := w.definition().Connections(w.t.Context(), w.place)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := all[0].Connect(w.t.Context(), integrationtest.Looking{})
	if err != nil {
		w.t.Fatal(err)
	}
	return p.(*provider)
}

// task is one of the catalog.
func (w *world) task(p *provider, name string) tasks.Task {
	w.t.Helper()
	all, err := p.Tasks(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, task := range all {
		if task.Name == name {
			task.Root = w.place.Dir
			return task
		}
	}
	w.t.Fatalf("there is no task %s", name)
	return tasks.Task{}
}

func TestContract(t *testing.T) {
	integrationtest.Connected(t, func(t *testing.T) integrationtest.Outside {
		w := newWorld(t, githubtest.Options{}, "fix")
		return integrationtest.Outside{
			Definition: w.definition(), Place: w.place, Secrets: []string{token}, Task: "ci",
			Break: func() {
				w.s.Fault("", 1_000_000, func(rw http.ResponseWriter, _ *http.Request) {
					rw.Header().Set("Content-Type", "text/html")
					rw.WriteHeader(http.StatusBadGateway)
					_, _ = rw.Write([]byte("<html><title>Unicorn</title>"))
				})
			},
		}
	}, func(t *testing.T, part func(t *testing.T)) { synctest.Test(t, part) })
}
