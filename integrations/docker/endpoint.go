package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/sawhorse-dev/sawhorse/tasks"
	filewatch "github.com/sawhorse-dev/sawhorse/workspace/watch"
)

// Endpoint is where an engine is reached.
type Endpoint struct {
	// Host is the address: unix://, npipe://, tcp://, http(s):// or ssh://.
	Host string
	// Context is the docker CLI's context that it comes from; empty: another way.
	Context string
	// From says how it was found, for people: "DOCKER_HOST", "Colima's socket".
	From string
	// CA, Cert and Key are files for TLS; SkipVerify trusts any certificate.
	CA, Cert, Key string
	TLS           bool
	SkipVerify    bool

	chosen bool // a person said so: it is wanted even where nothing answers
}

func (e Endpoint) title() string {
	switch {
	case strings.Contains(e.Host, "podman"):
		return "Podman"
	case e.Context != "" && e.Context != defaultContext:
		return "Docker " + e.Context
	case strings.Contains(e.Host, "colima"):
		return "Colima"
	}
	return "Docker"
}

func (e Endpoint) key() string {
	return strings.Join([]string{e.Host, e.CA, e.Cert, e.Key, fmt.Sprint(e.TLS, e.SkipVerify)}, " ")
}

// socket is the path of a unix socket; empty for other addresses.
func (e Endpoint) socket() string {
	path, _ := strings.CutPrefix(e.Host, "unix://")
	if path == e.Host {
		return ""
	}
	return path
}

// absent says that an engine does not run: its socket is not there.
type absent struct {
	*tasks.StartError
	socket string
}

var _ tasks.Awaiting = (*absent)(nil)

func (a *absent) Unwrap() error { return a.StartError }

// Await returns when the socket is there.
func (a *absent) Await(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return filewatch.File(ctx, a.socket, func() {
		if exists(a.socket) {
			stop()
		}
	})
}

const defaultContext = "default"

// finder looks for engines where the docker CLI does, and where Podman and
// Colima put theirs.
type finder struct {
	getenv func(string) string
	home   string
	exists func(path string) bool
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// declared is the engine that the workspace names.
func (f finder) declared(host, context string) (Endpoint, error) {
	switch {
	case host != "" && context != "":
		return Endpoint{}, errors.New("host and context are both given: keep one of them")
	case context != "":
		return f.context(context)
	case host != "":
		return f.tls(Endpoint{Host: host, From: "sawhorse.yml", chosen: true})
	}
	e, _, err := f.usual()
	e.chosen = true
	return e, err
}

// usual is the engine that the docker CLI would use, else one whose socket is
// here; found is false when none is, and then it is where Docker puts its own.
func (f finder) usual() (e Endpoint, found bool, err error) {
	if host := f.getenv("DOCKER_HOST"); host != "" {
		e, err := f.tls(Endpoint{Host: host, From: "DOCKER_HOST", chosen: true})
		return e, true, err
	}
	context := f.getenv("DOCKER_CONTEXT")
	if context == "" {
		if context, err = f.currentContext(); err != nil {
			return Endpoint{}, false, err
		}
	}
	if context != "" && context != defaultContext {
		e, err := f.context(context)
		return e, true, err
	}
	for _, s := range f.sockets() {
		if f.exists(s.path) {
			return Endpoint{Host: "unix://" + s.path, From: s.from}, true, nil
		}
	}
	return Endpoint{Host: standardHost(), From: "where Docker listens"}, false, nil
}

type socket struct{ path, from string }

func (f finder) sockets() []socket {
	if runtime.GOOS == "windows" {
		return nil
	}
	all := []socket{{"/var/run/docker.sock", "Docker's socket"}}
	run := f.getenv("XDG_RUNTIME_DIR")
	if run != "" {
		all = append(all, socket{filepath.Join(run, "docker.sock"), "rootless Docker's socket"})
	}
	all = append(all,
		socket{filepath.Join(f.home, ".docker/run/docker.sock"), "Docker Desktop's socket"},
		socket{filepath.Join(f.home, ".docker/desktop/docker.sock"), "Docker Desktop's socket"},
		socket{filepath.Join(f.home, ".colima/default/docker.sock"), "Colima's socket"},
		socket{filepath.Join(f.home, ".config/colima/default/docker.sock"), "Colima's socket"},
		socket{filepath.Join(f.home, ".orbstack/run/docker.sock"), "OrbStack's socket"},
		socket{filepath.Join(f.home, ".rd/docker.sock"), "Rancher Desktop's socket"},
	)
	if run != "" {
		all = append(all, socket{filepath.Join(run, "podman/podman.sock"), "Podman's socket"})
	}
	return append(all,
		socket{"/run/podman/podman.sock", "Podman's socket"},
		socket{filepath.Join(f.home, ".local/share/containers/podman/machine/podman.sock"), "Podman's socket"},
	)
}

func standardHost() string {
	if runtime.GOOS == "windows" {
		return "npipe:////./pipe/docker_engine"
	}
	return "unix:///var/run/docker.sock"
}

// tls adds the certificates that the docker CLI takes for a TCP address.
func (f finder) tls(e Endpoint) (Endpoint, error) {
	if !strings.HasPrefix(e.Host, "tcp://") || f.getenv("DOCKER_TLS_VERIFY") == "" && f.getenv("DOCKER_CERT_PATH") == "" {
		return e, nil
	}
	dir := f.getenv("DOCKER_CERT_PATH")
	if dir == "" {
		dir = f.configDir()
	}
	e.TLS, e.SkipVerify = true, f.getenv("DOCKER_TLS_VERIFY") == ""
	e.CA, e.Cert, e.Key = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	return e, nil
}

func (f finder) configDir() string {
	if dir := f.getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	return filepath.Join(f.home, ".docker")
}

// currentContext is the context that the docker CLI was told to use.
func (f finder) currentContext() (string, error) {
	path := filepath.Join(f.configDir(), "config.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the docker CLI's settings: %w", err)
	}
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		return "", fmt.Errorf("read the docker CLI's settings in %s: %w", path, err)
	}
	return config.CurrentContext, nil
}

// context is a context of the docker CLI: a directory named by the digest of
// the context's name.
func (f finder) context(name string) (Endpoint, error) {
	if name == defaultContext {
		e, _, err := finder{getenv: without(f.getenv, "DOCKER_CONTEXT"), home: f.home, exists: f.exists}.usual()
		e.chosen = true
		return e, err
	}
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	path := filepath.Join(f.configDir(), "contexts", "meta", id, "meta.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Endpoint{}, fmt.Errorf("the docker CLI has no context %q: docker context ls lists them", name)
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("read the docker CLI's context %q: %w", name, err)
	}
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		return Endpoint{}, fmt.Errorf("read the docker CLI's context %q in %s: %w", name, path, err)
	}
	at, ok := meta.Endpoints["docker"]
	if !ok || at.Host == "" {
		return Endpoint{}, fmt.Errorf("the docker CLI's context %q names no engine: see %s", name, path)
	}
	e := Endpoint{Host: at.Host, Context: name, From: "context " + name, SkipVerify: at.SkipTLSVerify, chosen: true}
	certs := filepath.Join(f.configDir(), "contexts", "tls", id, "docker")
	for file, to := range map[string]*string{"ca.pem": &e.CA, "cert.pem": &e.Cert, "key.pem": &e.Key} {
		if p := filepath.Join(certs, file); f.exists(p) {
			*to, e.TLS = p, true
		}
	}
	e.TLS = e.TLS || e.SkipVerify && strings.HasPrefix(e.Host, "tcp://")
	return e, nil
}

func without(getenv func(string) string, name string) func(string) string {
	return func(n string) string {
		if n == name {
			return ""
		}
		return getenv(n)
	}
}
