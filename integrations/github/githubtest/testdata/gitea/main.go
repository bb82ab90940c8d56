// Command gitea starts a Gitea on 127.0.0.1 with a user, a repository of workflows
// and a runner, so that the product meets a real server that is like GitHub. All that
// it makes is gone when it ends; scripts/gitea builds what it starts.
package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed all:shop
var files embed.FS

// What is there: the user, and the repository of what is below shop.
const (
	user     = "ada"
	password = "ada-ada-ada"
	repo     = "shop"
)

func main() {
	binary := flag.String("gitea", "", "the program")
	assets := flag.String("assets", "", "the directory of its templates and options")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *binary, *assets); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run starts everything, says how it is reached, and ends it when ctx does.
func run(ctx context.Context, binary, assets string) error {
	dir, err := os.MkdirTemp("", "sawhorse-gitea-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	g := &server{binary: binary, dir: dir}
	if err := g.configure(assets); err != nil {
		return err
	}
	ended, err := g.start(ctx)
	if err != nil {
		return err
	}
	defer func() { <-ended }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // one that dies by itself ends everything
		select {
		case <-g.died:
			stop()
		case <-ctx.Done():
		}
	}()
	defer g.stop()
	var registration struct{ Token string }
	for _, what := range []func() error{
		func() error { return g.ready(ctx) },
		func() error {
			return g.call(ctx, "POST", "user/repos", map[string]any{"name": repo, "auto_init": true, "default_branch": "main"}, nil)
		},
		func() error {
			return g.call(ctx, "POST", "repos/"+user+"/"+repo+"/actions/runners/registration-token", nil, &registration)
		},
		func() error { return g.fill(ctx) },
	} {
		if err := what(); err != nil {
			return err
		}
	}
	r, err := register(ctx, g.url, registration.Token, dir)
	if err != nil {
		return err
	}
	checkout := filepath.Join(dir, repo)
	if err := g.checkout(ctx, checkout); err != nil {
		return err
	}
	fmt.Printf(`Gitea is at %[1]s (user %[2]s, password %[3]s), and a checkout of %[2]s/%[4]s with a sawhorse.yml in
  cd %[5]s && GITEA_TOKEN=%[6]s sawhorse

The contract, against it:
  export SAWHORSE_TEST_GITHUB_URL=%[1]s SAWHORSE_TEST_GITHUB_TOKEN=%[6]s SAWHORSE_TEST_GITHUB_REPO=%[2]s/%[4]s
  go test ./integrations/github -run RealServer -count=1

Ctrl+C ends it, and all of it is gone.
`, g.url, user, password, repo, checkout, g.token)
	r.serve(ctx)
	return nil
}

// server is a Gitea with a directory of its own.
type server struct {
	binary, dir, url, token string
	process                 *exec.Cmd
	died                    chan struct{}
}

// configure writes what the server reads, and makes its database and its user.
func (g *server) configure(assets string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	g.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	settings := fmt.Sprintf(`I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
APP_NAME = Gitea
RUN_MODE = prod
WORK_PATH = %[1]s
[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[2]d
ROOT_URL = %[3]s/
STATIC_ROOT_PATH = %[4]s
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = %[1]s/gitea.db
[security]
INSTALL_LOCK = true
[actions]
ENABLED = true
[service]
DISABLE_REGISTRATION = true
[cron]
ENABLED = false
[log]
MODE = file
LEVEL = Warn
`, g.dir, port, g.url, assets)
	if err := os.WriteFile(g.settings(), []byte(settings), 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"migrate"},
		{"admin", "user", "create", "--username", user, "--password", password, "--email", "ada@example.com", "--admin", "--must-change-password=false"},
		{"admin", "user", "generate-access-token", "--username", user, "--token-name", "sawhorse", "--scopes", "all", "--raw"},
	} {
		out, err := g.command(args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("gitea %s: %w\n%s", strings.Join(args[:min(len(args), 3)], " "), err, out)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		g.token = strings.TrimSpace(lines[len(lines)-1])
	}
	return nil
}

func (g *server) settings() string { return filepath.Join(g.dir, "app.ini") }

func (g *server) command(args ...string) *exec.Cmd {
	c := exec.Command(g.binary, append(args, "--config", g.settings())...)
	c.Env = append(os.Environ(), "GITEA_WORK_DIR="+g.dir, "HOME="+g.dir)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl+C is for this program, which ends it
	return c
}

// start starts the server; ended is closed when it has.
func (g *server) start(context.Context) (ended <-chan struct{}, err error) {
	g.process, g.died = g.command("web"), make(chan struct{})
	log, err := os.Create(filepath.Join(g.dir, "web.log"))
	if err != nil {
		return nil, err
	}
	g.process.Stdout, g.process.Stderr = log, log
	if err := g.process.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer log.Close()
		_ = g.process.Wait()
		close(g.died)
	}()
	return g.died, nil
}

func (g *server) stop() { _ = g.process.Process.Signal(syscall.SIGTERM) }

// ready waits until the server answers.
func (g *server) ready(ctx context.Context) error {
	for {
		if g.call(ctx, "GET", "version", nil, nil) == nil {
			return nil
		}
		select {
		case <-g.died:
			said, _ := os.ReadFile(filepath.Join(g.dir, "web.log"))
			return fmt.Errorf("gitea did not start:\n%s", said)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// answer asks, and reads the JSON that comes; what is refused is an error with the
// server's words.
func answer(q *http.Request, into any) error {
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	said, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode >= 300 {
		err = errors.New(a.Status + ": " + strings.TrimSpace(string(said)))
	}
	if err == nil && into != nil {
		err = json.Unmarshal(said, into)
	}
	return err
}

// call asks the API.
func (g *server) call(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, method, g.url+"/api/v1/"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+g.token)
	q.Header.Set("Content-Type", "application/json")
	if err := answer(q, into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// fill puts what is below shop into the repository, and makes a pull request of a
// branch that changes one file.
func (g *server) fill(ctx context.Context) error {
	type change struct {
		Operation string `json:"operation"`
		Path      string `json:"path"`
		Content   string `json:"content"`
	}
	var all []change
	err := fs.WalkDir(files, "shop", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		all = append(all, change{"create", strings.TrimPrefix(name, "shop/"), base64.StdEncoding.EncodeToString(text)})
		return err
	})
	if err != nil {
		return err
	}
	path := "repos/" + user + "/" + repo
	if err := g.call(ctx, "POST", path+"/contents", map[string]any{"files": all, "branch": "main", "message": "A shop with pipelines"}, nil); err != nil {
		return err
	}
	fix := []change{{"create", "cart/discount.txt", base64.StdEncoding.EncodeToString([]byte("20%\n"))}}
	if err := g.call(ctx, "POST", path+"/contents", map[string]any{"files": fix, "branch": "main", "new_branch": "fix", "message": "Discounts add up"}, nil); err != nil {
		return err
	}
	return g.call(ctx, "POST", path+"/pulls", map[string]any{"title": "Discounts add up", "head": "fix", "base": "main"}, nil)
}

// checkout makes a checkout that names the server.
func (g *server) checkout(ctx context.Context, dir string) error {
	from := fmt.Sprintf("%s/%s/%s.git", g.url, user, repo)
	if out, err := exec.CommandContext(ctx, "git", "clone", "--quiet", "--branch", "fix", from, dir).CombinedOutput(); err != nil {
		return fmt.Errorf("git clone: %w\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, ".git", "info", "exclude"), []byte("sawhorse.yml\n"), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "sawhorse.yml"), []byte(`version: 1
integrations:
  gitea: {use: github, url: "`+g.url+`", token: "env:GITEA_TOKEN"}
`), 0o600)
}
