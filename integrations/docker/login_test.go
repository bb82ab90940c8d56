package docker_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/moby/moby/client"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// private is a registry that has one image, "app", for those who log in.
type private struct {
	*httptest.Server
	refused, served atomic.Int64
}

const (
	theUser     = "ada"
	thePassword = "s3cret:with-a-colon"
)

func newPrivate(t *testing.T) *private {
	t.Helper()
	program, err := part()
	if err != nil {
		t.Fatal(err)
	}
	var layer, packed bytes.Buffer
	w := tar.NewWriter(&layer)
	_ = w.WriteHeader(&tar.Header{Name: "part", Mode: 0o755, Size: int64(len(program))})
	_, _ = w.Write(program)
	_ = w.Close()
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(layer.Bytes())
	_ = z.Close()
	digest := func(p []byte) string { sum := sha256.Sum256(p); return "sha256:" + hex.EncodeToString(sum[:]) }
	conf := fmt.Appendf(nil, `{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/part"]},"rootfs":{"type":"layers","diff_ids":[%q]}}`, digest(layer.Bytes()))
	const prefix = "application/vnd.docker."
	manifest := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":"%sdistribution.manifest.v2+json","config":{"mediaType":"%scontainer.image.v1+json","size":%d,"digest":%q},"layers":[{"mediaType":"%simage.rootfs.diff.tar.gzip","size":%d,"digest":%q}]}`,
		prefix, prefix, len(conf), digest(conf), prefix, packed.Len(), digest(packed.Bytes()))
	blobs := map[string][]byte{digest(conf): conf, digest(packed.Bytes()): packed.Bytes()}
	p := &private{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != theUser || password != thePassword {
			p.refused.Add(1)
			w.Header().Set("WWW-Authenticate", `Basic realm="private"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		switch {
		case strings.Contains(r.URL.Path, "/manifests/"):
			w.Header().Set("Content-Type", prefix+"distribution.manifest.v2+json")
			w.Header().Set("Docker-Content-Digest", digest(manifest))
			w.Header().Set("Content-Length", fmt.Sprint(len(manifest)))
			_, _ = w.Write(manifest)
		case blobs[name] != nil:
			p.served.Add(1)
			_, _ = w.Write(blobs[name])
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *private) host() string { return strings.TrimPrefix(p.URL, "http://") }

// image is the registry's image, which is not on the engine afterwards.
func (p *private) image(t *testing.T, api *client.Client) string {
	t.Helper()
	name := p.host() + "/team/app"
	t.Cleanup(func() {
		_, _ = api.ImageRemove(context.Background(), name, client.ImageRemoveOptions{Force: true})
	})
	return name
}

// helper puts a program on PATH that keeps a login of a registry.
func helper(t *testing.T, server, answer string) {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf("#!/bin/sh\nread -r server\n[ \"$1\" = get ] && [ \"$server\" = %q ] || { echo 'credentials not found in native keychain'; exit 1; }\necho '%s'\n", server, answer)
	if err := os.WriteFile(filepath.Join(dir, "docker-credential-safe"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// settings are the docker CLI's, as its variable names them.
func settings(t *testing.T, text string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.json"), text)
	return map[string]string{"DOCKER_CONFIG": dir}
}

func TestAPrivateImageIsFetchedWithThePersonsLogin(t *testing.T) {
	_, api := connect(t, t.TempDir())
	p := newPrivate(t)
	auth := base64.StdEncoding.EncodeToString([]byte(theUser + ":" + thePassword))
	answer := fmt.Sprintf(`{"ServerURL":%q,"Username":%q,"Secret":%q}`, p.host(), theUser, thePassword)
	helper(t, p.host(), answer)
	for name, text := range map[string]string{
		"the settings":                   fmt.Sprintf(`{"auths":{"https://%s/v2/":{"auth":%q}}}`, p.host(), auth),
		"a helper of the registry":       fmt.Sprintf(`{"credHelpers":{%q:"safe"}}`, p.host()),
		"the helper of all":              `{"credsStore":"safe"}`,
		"the settings behind the helper": fmt.Sprintf(`{"credsStore":"safe","auths":{%q:{}}}`, p.host()),
	} {
		dir := t.TempDir()
		r := runnerWith(t, dir, settings(t, text))
		x := begin(t, r, unit("app", config.Container{Image: p.image(t, api), Pull: config.PullAlways}, "exit", "0"), nil)
		if err := x.ended(t); err != nil {
			t.Errorf("%s: %v\n%s", name, err, x.output())
		}
		hushed(t, x)
	}
}

// hushed fails if a run says anything of the login.
func hushed(t *testing.T, x *run) {
	t.Helper()
	if said := x.output() + fmt.Sprint(x.events); strings.Contains(said, "s3cret") {
		t.Errorf("the login is told: %s", said)
	}
}

func TestWhoHasNoLoginIsToldWhatToDo(t *testing.T) {
	_, api := connect(t, t.TempDir())
	p := newPrivate(t)
	r := runnerWith(t, t.TempDir(), settings(t, `{"credsStore":"missing"}`))
	x := begin(t, r, unit("app", config.Container{Image: p.image(t, api)}, "exit", "0"), nil)
	err := x.ended(t)
	if err == nil || !strings.HasSuffix(err.Error(), "a private registry wants docker login "+p.host()) {
		t.Errorf("%v", err)
	}
	if want := "no login is used: docker-credential-missing, which keeps the login of " + p.host() + ", is not on PATH\n"; !strings.Contains(x.output(), want) {
		t.Errorf("the log says %q", x.output())
	}
}

func TestABuildFetchesWhatItIsMadeFromWithTheLogin(t *testing.T) {
	_, api := connect(t, t.TempDir())
	for _, kit := range []string{"0", "1"} {
		p := newPrivate(t)
		helper(t, p.host(), fmt.Sprintf(`{"Username":%q,"Secret":%q}`, theUser, thePassword))
		env := settings(t, `{"credsStore":"safe"}`)
		env["DOCKER_BUILDKIT"] = kit
		dir := t.TempDir()
		r := runnerWith(t, dir, env)
		write(t, filepath.Join(dir, "api/Dockerfile"), "FROM "+p.image(t, api)+"\nCOPY hello.txt /\n")
		write(t, filepath.Join(dir, "api/hello.txt"), "hello\n")
		x := begin(t, r, unit("api", config.Container{Build: &config.Build{Context: filepath.Join(dir, "api")}}, "cat", "/hello.txt"), nil)
		if err := x.ended(t); err != nil || !strings.Contains(x.output(), "/hello.txt: hello\n") || p.served.Load() == 0 {
			t.Errorf("DOCKER_BUILDKIT=%s: %v\n%s", kit, err, x.output())
		}
		hushed(t, x)
	}
}
