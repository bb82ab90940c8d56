package docker

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/registry"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// hub is what the docker CLI calls Docker's own registry, which has other names.
const hub = "https://index.docker.io/v1/"

// helperWithin is how long a credential helper may take: some ask a person.
const helperWithin = time.Minute

// logins are what the docker CLI knows of registries: its settings hold a login,
// or name the program that does. What is found goes to the engine and nowhere else.
type logins struct {
	Auths map[string]struct {
		Auth          string `json:"auth"`
		Username      string `json:"username"`
		Password      string `json:"password"`
		IdentityToken string `json:"identitytoken"`
		RegistryToken string `json:"registrytoken"`
	} `json:"auths"`
	Store   string            `json:"credsStore"`
	Helpers map[string]string `json:"credHelpers"`
}

// logins reads the docker CLI's settings.
func (f finder) logins() (*logins, error) {
	l := &logins{}
	path := filepath.Join(f.configDir(), "config.json")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, l)
	}
	if err != nil {
		return l, fmt.Errorf("read the docker CLI's logins in %s: %w", path, err)
	}
	return l, nil
}

// of is the login of a registry; nil: there is none.
func (l *logins) of(ctx context.Context, host string) (*registry.AuthConfig, error) {
	server := host
	if hostOf(host) == hostOf(hub) {
		server = hub
	}
	helper := l.Helpers[server]
	if helper == "" {
		helper = l.Helpers[host]
	}
	if helper == "" {
		helper = l.Store
	}
	if helper != "" {
		found, err := askHelper(ctx, helper, server)
		if found != nil || err != nil {
			return found, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(l.Auths)) {
		if hostOf(key) == hostOf(server) {
			if a := l.kept(key); a != nil {
				return a, nil
			}
		}
	}
	return nil, nil
}

// kept is a login that stands in the settings themselves.
func (l *logins) kept(key string) *registry.AuthConfig {
	from := l.Auths[key]
	a := &registry.AuthConfig{
		Username: from.Username, Password: from.Password, IdentityToken: from.IdentityToken, RegistryToken: from.RegistryToken, ServerAddress: key,
	}
	if raw, err := base64.StdEncoding.DecodeString(from.Auth); err == nil && from.Auth != "" {
		user, password, _ := strings.Cut(string(raw), ":")
		a.Username, a.Password = user, strings.TrimRight(password, "\x00")
	}
	if a.Username == "" && a.IdentityToken == "" && a.RegistryToken == "" {
		return nil
	}
	return a
}

// askHelper asks a program that keeps logins; nil: it has none. Nothing of what
// it says is told to anybody.
func askHelper(ctx context.Context, helper, server string) (*registry.AuthConfig, error) {
	program := "docker-credential-" + helper
	ctx, cancel := context.WithTimeout(ctx, helperWithin)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "get")
	cmd.Stdin, cmd.Stdout, cmd.WaitDelay = strings.NewReader(server), &said, time.Second
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%s, which keeps the login of %s, is not on PATH", program, hostOf(server))
	case err != nil && bytes.Contains(said.Bytes(), []byte("credentials not found")):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%s, which keeps the login of %s, failed: %w", program, hostOf(server), err)
	}
	var found struct{ Username, Secret string }
	if json.Unmarshal(said.Bytes(), &found) != nil {
		return nil, fmt.Errorf("%s says what is no login of %s", program, hostOf(server))
	}
	a := &registry.AuthConfig{Username: found.Username, Password: found.Secret, ServerAddress: server}
	if found.Username == "<token>" {
		a = &registry.AuthConfig{IdentityToken: found.Secret, ServerAddress: server}
	}
	return a, nil
}

// hostOf is the host of a registry's address, Docker's own under one name.
func hostOf(address string) string {
	for _, scheme := range []string{"https://", "http://"} {
		address = strings.TrimPrefix(address, scheme)
	}
	host, _, _ := strings.Cut(address, "/")
	switch host {
	case "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com":
		return "docker.io"
	}
	return host
}

// registryOf is the registry of an image.
func registryOf(image string) string {
	first, _, more := strings.Cut(image, "/")
	if more && (strings.ContainsAny(first, ".:") || first == "localhost") {
		return first
	}
	return "docker.io"
}

// login is what the registry of an image is told, as the engine takes it.
func (j *job) login(ctx context.Context, image string) string {
	l, err := j.finder().logins()
	var a *registry.AuthConfig
	if err == nil {
		a, err = l.of(ctx, registryOf(image))
	}
	if err != nil {
		j.note("no login is used: %v", err)
	}
	if a == nil {
		return ""
	}
	text, err := authconfig.Encode(*a)
	if err != nil {
		return ""
	}
	return text
}

var fromLine = lazy.Regexp(`(?im)^\s*(?:FROM\s+(?:--\S+\s+)*|COPY\s+.*--from=)([^\s$]+)(?:\s|$)`)

// buildLogins are those of the registries that a Dockerfile names, and those that
// need no program to be run.
func (j *job) buildLogins(ctx context.Context, content []byte) map[string]registry.AuthConfig {
	l, err := j.finder().logins()
	if err != nil {
		j.note("no login is used: %v", err)
		return nil
	}
	all := map[string]registry.AuthConfig{}
	for key := range l.Auths {
		if a := l.kept(key); a != nil {
			all[key] = *a
		}
	}
	for _, m := range fromLine().FindAllSubmatch(content, -1) {
		host := registryOf(string(m[1]))
		a, err := l.of(ctx, host)
		if err != nil {
			j.note("no login is used: %v", err)
		}
		if a != nil {
			all[a.ServerAddress] = *a
		}
	}
	return all
}

// kitLogin answers BuildKit, which asks when a registry wants to know.
func (j *job) kitLogin(ctx context.Context) func(host string) (user, secret string) {
	return func(host string) (string, string) {
		l, err := j.finder().logins()
		if err != nil {
			return "", ""
		}
		a, err := l.of(ctx, host)
		switch {
		case err != nil:
			j.note("no login is used: %v", err)
			return "", ""
		case a == nil:
			return "", ""
		case a.IdentityToken != "":
			return "", a.IdentityToken
		}
		return a.Username, a.Password
	}
}

func (j *job) finder() finder { return j.r.finder() }
