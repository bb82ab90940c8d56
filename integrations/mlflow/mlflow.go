// Package mlflow reaches MLflow tracking servers and their registries: it shows
// experiments and models, answers with runs and curves, and registers and
// promotes. It never runs anything: a training is a task, whose run it records.
package mlflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/secret"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Name is the integration's, and that of a connection that was only found.
const Name = "mlflow"

// Definition describes MLflow.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: Name, Title: "MLflow", Connections: connections, Curves: growing,
		Options: []integrations.Option{
			{Name: "url", Description: "The address of the tracking server, or of a store that nobody serves: sqlite:///mlflow.db, file:mlruns.", Default: "$MLFLOW_TRACKING_URI"},
			{Name: "username", Description: "Who you are there.", Default: "$MLFLOW_TRACKING_USERNAME"},
			{Name: "password", Description: "Your password there.", Default: "$MLFLOW_TRACKING_PASSWORD", Secret: true},
			{Name: "token", Description: "A bearer token, in place of a password.", Default: "$MLFLOW_TRACKING_TOKEN", Secret: true},
			{Name: "ca", Description: "A file of certificates to trust beside the system's.", Default: "$MLFLOW_TRACKING_SERVER_CERT_PATH"},
			{Name: "insecure", Description: "Trust any certificate.", Choices: []string{"true", "false"}, Default: "false"},
			{Name: "proxy", Description: "A proxy in place of the environment's, or none."},
		},
	}
}

// settings are what one connection is made of.
type settings struct {
	place    integrations.Place
	name     string
	url      string
	options  map[string]string
	declared bool
}

// connections are the declared servers and stores, and the one that the environment
// names; where it names none, the stores that are in the workspace's directory.
func connections(_ context.Context, p integrations.Place) ([]tasks.Connection, error) {
	var all []tasks.Connection
	for _, s := range found(p) {
		all = append(all, s.connection())
	}
	return all, nil
}

func found(p integrations.Place) []settings {
	var all []settings
	known := map[string]bool{}
	for _, d := range p.Declared {
		uri := cmp.Or(d.Options["url"], p.Getenv("MLFLOW_TRACKING_URI"), append(foundStores(p.Dir), "")[0])
		s := settings{place: p, name: d.Name, url: uri, options: d.Options, declared: true}
		all = append(all, s)
		known[strings.TrimRight(s.url, "/")] = true
	}
	uris := []string{strings.TrimRight(p.Getenv("MLFLOW_TRACKING_URI"), "/")}
	if uris[0] == "" {
		uris = foundStores(p.Dir)
	}
	for i, uri := range uris {
		if uri == "" || known[uri] || uri == "databricks" {
			continue
		}
		s := settings{place: p, name: Name, url: uri, options: map[string]string{}}
		if i > 0 {
			s.name = Name + "-files"
		}
		all = append(all, s)
	}
	return all
}

func isServer(uri string) bool {
	return strings.HasPrefix(uri, "http://") || strings.HasPrefix(uri, "https://")
}

func (s settings) connection() tasks.Connection {
	return tasks.Connection{
		Name: s.name, Title: "MLflow " + s.host(), Wanted: s.declared,
		Key: fmt.Sprint(s.url, s.options),
		Connect: func(ctx context.Context, look tasks.Lookout) (any, error) {
			return s.connect(ctx, look)
		},
	}
}

// plain is an address without the password in it.
func plain(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the address"
	}
	return u.Redacted()
}

// host is the address without what every address has.
func (s settings) host() string {
	if file, ok := sqlitePath(s.url); ok {
		return file
	}
	if dir, ok := localPath(s.url); ok {
		return dir
	}
	_, host, found := strings.Cut(rest.Plain(s.url), "://")
	if !found {
		host = rest.Plain(s.url)
	}
	return strings.TrimRight(host, "/")
}

// Provider is a connected server, or a store that nobody serves.
type Provider struct {
	store
	name    string
	about   string
	look    tasks.Lookout
	changed chan struct{} // one slot: look again now
	deaf    atomic.Bool   // the writes to a local store can't be heard
}

var (
	_ tasks.Describer = (*Provider)(nil)
	_ tasks.Source    = (*Provider)(nil)
	_ tasks.Telling   = (*Provider)(nil)
	_ tasks.Querier   = (*Provider)(nil)
)

func (s settings) connect(ctx context.Context, look tasks.Lookout) (*Provider, error) {
	p := &Provider{name: s.name, look: look, changed: make(chan struct{}, 1)}
	if s.url != "" && !isServer(s.url) {
		l, ok, err := openStore(ctx, s.url, s.place.Dir)
		if err != nil {
			l.close()
			return nil, err
		}
		if ok {
			p.store, p.about = l, "the store "+s.host()+", which nobody serves"
			return p, nil
		}
	}
	srv, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	v, err := srv.version(ctx)
	if err != nil {
		srv.rest.Close()
		return nil, err
	}
	p.store, p.about = srv, "MLflow "+v
	return p, nil
}

// dial makes the client of a server, with what the person has to show there.
func (s settings) dial(ctx context.Context) (*server, error) {
	if s.url == "" {
		return nil, &tasks.StartError{
			Reason: fmt.Sprintf("%s does not say where its server is", s.name),
			Hint:   "write url: in sawhorse.yml, or set MLFLOW_TRACKING_URI",
		}
	}
	if !isServer(s.url) {
		return nil, &tasks.StartError{
			Reason: fmt.Sprintf("%s is a store and no server", plain(s.url)),
			Hint:   "serve it: mlflow server --backend-store-uri " + plain(s.url),
		}
	}
	header, secrets, err := s.credentials(ctx)
	if err != nil {
		return nil, err
	}
	client, err := rest.New(rest.Options{
		Base: s.url, System: "MLflow (" + s.host() + ")", Header: header, Secrets: secrets,
		CA:       cmp.Or(s.options["ca"], s.place.Getenv("MLFLOW_TRACKING_SERVER_CERT_PATH")),
		Cert:     s.place.Getenv("MLFLOW_TRACKING_CLIENT_CERT_PATH"),
		Insecure: s.options["insecure"] == "true" || s.place.Getenv("MLFLOW_TRACKING_INSECURE_TLS") == "true",
		Proxy:    s.options["proxy"],
		Explain:  explain,
	})
	if err != nil {
		return nil, err
	}
	return &server{rest: client, base: strings.TrimRight(rest.Plain(s.url), "/")}, nil
}

// explain adds what only MLflow knows of its refusals.
func explain(e *rest.Error, _ *rest.Answer) {
	if strings.Contains(e.Reason, "Invalid Host header") {
		e.Hint = "the server does not know itself by this name: start it with --allowed-hosts, or use an address that it allows"
	}
}

// credentials are the header that authorizes and what must not be shown: of the
// connection, else the variables that MLflow reads, unless they are about another
// server, its credentials file, netrc.
func (s settings) credentials(ctx context.Context) (http.Header, []string, error) {
	usual := s.place.Getenv("MLFLOW_TRACKING_URI")
	options := secret.Options{
		Given: s.options, Dir: s.place.Dir, Getenv: s.place.Getenv, Foreign: isServer(usual) && !rest.SameServer(usual, s.url),
	}
	token, err := options.Secret(ctx, "token", "MLFLOW_TRACKING_TOKEN")
	if err != nil {
		return nil, nil, err
	}
	if token != "" {
		header, secrets := secret.Bearer(token)
		return header, secrets, nil
	}
	user, err := options.Value(ctx, "username", "MLFLOW_TRACKING_USERNAME")
	if err != nil {
		return nil, nil, err
	}
	password, err := options.Secret(ctx, "password", "MLFLOW_TRACKING_PASSWORD")
	if err != nil {
		return nil, nil, err
	}
	if password == "" {
		user, password = fileCredentials(filepath.Join(s.place.Home, ".mlflow", "credentials"))
	}
	if password == "" {
		host, _, _ := strings.Cut(s.host(), "/")
		host, _, _ = strings.Cut(host, ":")
		user, password = secret.Netrc(host, s.place.Home, s.place.Getenv)
	}
	if password == "" {
		return nil, nil, nil
	}
	header, secrets := secret.Basic(user, password)
	return header, secrets, nil
}

// fileCredentials reads the file that `mlflow login` writes.
func fileCredentials(file string) (user, password string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", ""
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(key) {
		case "mlflow_tracking_username":
			user = strings.TrimSpace(value)
		case "mlflow_tracking_password":
			password = strings.TrimSpace(value)
		}
	}
	return user, password
}

// About is what answered.
func (p *Provider) About() string { return p.about }

// Close gives the connection back.
func (p *Provider) Close() error {
	p.close()
	return nil
}

// missing says what a caller left out.
func missing(what string) error { return errors.New("it needs " + what) }
