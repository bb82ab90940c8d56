package docker_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"

	"github.com/sawhorse-dev/sawhorse/integrations/docker"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// door is another way to the engine: what comes in there goes to its socket.
func door(t *testing.T, l net.Listener) {
	t.Helper()
	socket := strings.TrimPrefix(engine.Host(t), "unix://")
	var work sync.WaitGroup
	work.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() { pass(in, socket) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); work.Wait() })
}

// pass connects what comes in with a socket until either side ends.
func pass(in net.Conn, socket string) {
	defer in.Close()
	out, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer out.Close()
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() { _, _ = io.Copy(way[0], way[1]); ended <- struct{}{} }()
	}
	<-ended
}

// authority makes certificates for both sides.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	raw  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.raw, a.key = a.sign("an authority", nil)
	a.cert, _ = x509.ParseCertificate(a.raw)
	return a
}

// sign makes a certificate; by itself, where there is no authority yet.
func (a *authority) sign(name string, use []x509.ExtKeyUsage) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: use, BasicConstraintsValid: true, IsCA: use == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	by, with := of, key
	if a.cert != nil {
		by, with = a.cert, a.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, of, by, &key.PublicKey, with)
	if err != nil {
		a.t.Fatal(err)
	}
	return raw, key
}

// listen is a door that only those with a certificate of the authority pass.
func (a *authority) listen() (address string) {
	a.t.Helper()
	raw, key := a.sign("the engine", []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth})
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, NextProtos: []string{"http/1.1"},
		Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	door(a.t, l)
	return "tcp://" + l.Addr().String()
}

// files writes a person's certificates as the docker CLI has them.
func (a *authority) files(dir string) {
	a.t.Helper()
	raw, key := a.sign("a person", []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth})
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem": {Type: "CERTIFICATE", Bytes: a.raw}, "cert.pem": {Type: "CERTIFICATE", Bytes: raw}, "key.pem": {Type: "EC PRIVATE KEY", Bytes: secret},
	} {
		write(a.t, filepath.Join(dir, name), string(pem.EncodeToMemory(block)))
	}
}

// found is the engine that a person with these variables has.
func found(t *testing.T, home string, env map[string]string) docker.Endpoint {
	t.Helper()
	e, ok, err := docker.Usual(func(name string) string { return env[name] }, home, func(path string) bool {
		_, err := os.Stat(path)
		return err == nil && strings.HasPrefix(path, home)
	})
	if err != nil || !ok {
		t.Fatalf("found %v, %v", ok, err)
	}
	return e
}

// used fails unless an engine answers there, also on connections that it takes over.
func used(t *testing.T, e docker.Endpoint, about string) {
	t.Helper()
	p, err := docker.Connect(t.Context(), e, docker.Options{Name: "docker"})
	if err != nil {
		t.Errorf("%s: %v", about, err)
		return
	}
	t.Cleanup(func() { _ = p.Close() })
	if !strings.HasSuffix(p.About(), "("+about+")") {
		t.Errorf("it is %q, not of %s", p.About(), about)
	}
	_, api := connect(t, t.TempDir())
	name := fmt.Sprintf("x%d", time.Now().UnixNano())
	id := start(t, api, name, container.Config{}, container.HostConfig{}, "tick", "5ms")
	w := watch(t, p)
	w.until(t, name, phase(tasks.PhaseUp))
	l := newLogStore()
	stop := tail(t, p, id, l, nil)
	l.until(t, "tick 3\n")
	stop()
	if _, err := p.Open(t.Context(), tasks.NewResourceID("docker", "container", id)); err == nil || err.Error() != "the image part has no shell" {
		t.Errorf("%s: a shell: %v", about, err)
	}
}

func TestAnEngineBehindTLSIsReachedWithThePersonsCertificates(t *testing.T) {
	a := newAuthority(t)
	at, certs := a.listen(), t.TempDir()
	a.files(certs)
	env := map[string]string{"DOCKER_HOST": at, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs}
	used(t, found(t, t.TempDir(), env), "DOCKER_HOST")
	delete(env, "DOCKER_TLS_VERIFY")
	used(t, found(t, t.TempDir(), env), "DOCKER_HOST")

	newAuthority(t).files(certs)
	env["DOCKER_TLS_VERIFY"] = "1"
	_, err := docker.Connect(t.Context(), found(t, t.TempDir(), env), docker.Options{})
	why, ok := errors.AsType[*tasks.StartError](err)
	if !ok || !strings.Contains(why.Reason, "certificate signed by unknown authority") {
		t.Errorf("a certificate of somebody else: %v", err)
	}
}

func TestAnEngineThatDoesNotRunIsAwaited(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "run", "docker.sock")
	_, err := docker.Connect(t.Context(), docker.Endpoint{Host: "unix://" + socket, From: "a test"}, docker.Options{})
	why, ok := errors.AsType[*tasks.StartError](err)
	absent, awaits := errors.AsType[tasks.Awaiting](err)
	if !ok || !awaits || why.Reason != "no engine: "+socket+" is not there (a test)" {
		t.Fatal(err)
	}
	there := make(chan error, 1)
	go func() { there <- absent.Await(t.Context()) }()
	write(t, socket, "")
	if err := <-there; err != nil {
		t.Error(err)
	}
}

// writeContext writes a context of the docker CLI.
func writeContext(t *testing.T, dir, name, host string) (certs string) {
	t.Helper()
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	write(t, filepath.Join(dir, "contexts/meta", id, "meta.json"), fmt.Sprintf(`{"Name":%q,"Metadata":{},"Endpoints":{"docker":{"Host":%q,"SkipTLSVerify":false}}}`, name, host))
	return filepath.Join(dir, "contexts/tls", id, "docker")
}

func TestContextsOfTheDockerCLIAreEngines(t *testing.T) {
	a := newAuthority(t)
	home := t.TempDir()
	dir := filepath.Join(home, ".docker")
	a.files(writeContext(t, dir, "far", a.listen()))
	writeContext(t, dir, "near", engine.Host(t))
	used(t, found(t, home, map[string]string{"DOCKER_CONTEXT": "far"}), "context far")
	write(t, filepath.Join(dir, "config.json"), `{"currentContext":"near"}`)
	used(t, found(t, home, nil), "context near")
	_, _, err := docker.Usual(func(name string) string { return map[string]string{"DOCKER_CONTEXT": "none"}[name] }, home, func(string) bool { return false })
	if err == nil || err.Error() != `the docker CLI has no context "none": docker context ls lists them` {
		t.Errorf("a context that is not there: %v", err)
	}
}

func TestTheSocketsOfOthersAreFound(t *testing.T) {
	for at, about := range map[string]string{
		".colima/default/docker.sock": "Colima's socket",
		".rd/docker.sock":             "Rancher Desktop's socket",
		".docker/run/docker.sock":     "Docker Desktop's socket",
		"run/podman/podman.sock":      "Podman's socket",
		"run/docker.sock":             "rootless Docker's socket",
		".orbstack/run/docker.sock":   "OrbStack's socket",
		".docker/desktop/docker.sock": "Docker Desktop's socket",
	} {
		home, err := os.MkdirTemp("", "h") //nolint:usetesting // the path of a socket must be short
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(home) })
		path := filepath.Join(home, at)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		door(t, l)
		used(t, found(t, home, map[string]string{"XDG_RUNTIME_DIR": filepath.Join(home, "run")}), about)
	}
}

// dialStdio makes this program what `docker system dial-stdio` is: its input and
// output are a connection to the socket that this variable names.
const dialStdio = "SAWHORSE_TEST_DIAL_STDIO"

func stdio() {
	conn, err := net.Dial("unix", os.Getenv(dialStdio))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.(*net.UnixConn).CloseWrite()
	}()
	_, _ = io.Copy(os.Stdout, conn)
}

// fakeSSH puts an ssh on PATH that reaches the engine, and writes down how it was
// called.
func fakeSSH(t *testing.T, script string) (calls string) {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	calls = filepath.Join(dir, "calls")
	text := fmt.Sprintf("#!/bin/sh\necho \"$@\" >>'%s'\n%s\n%s='%s' exec '%s'\n", calls, script, dialStdio, strings.TrimPrefix(engine.Host(t), "unix://"), self)
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return calls
}

func TestAnEngineOnAnotherMachineIsReachedOverSSH(t *testing.T) {
	calls := fakeSSH(t, "")
	used(t, found(t, t.TempDir(), map[string]string{"DOCKER_HOST": "ssh://me@box:2222"}), "DOCKER_HOST")
	raw, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	if diff := cmp.Diff("-o ConnectTimeout=20 -o BatchMode=yes -T -l me -p 2222 -- box docker system dial-stdio", first); diff != "" {
		t.Errorf("ssh was called otherwise (-want +got):\n%s", diff)
	}
}

func TestWhatSSHSaysIsTold(t *testing.T) {
	fakeSSH(t, "echo 'me@box: Permission denied (publickey).' >&2; exit 255")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := docker.Connect(ctx, docker.Endpoint{Host: "ssh://me@box"}, docker.Options{})
	why, ok := errors.AsType[*tasks.StartError](err)
	if !ok || !strings.Contains(why.Reason, "ssh: me@box: Permission denied (publickey).") || !strings.Contains(why.Hint, "DOCKER_HOST=ssh://me@box docker version") {
		t.Errorf("%v", err)
	}
}
