// Package prometheus reaches Prometheus servers and those that speak as they do: it
// shows targets, alerts and rules that fail, and answers PromQL. It never changes
// anything there: silences are Alertmanager's.
package prometheus

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/secret"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Name is the integration's, and that of a connection that was only found.
const Name = "prometheus"

// Definition describes Prometheus.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: Name, Title: "Prometheus", Connections: connections,
		Options: []integrations.Option{
			{Name: "url", Description: "The address of the server, without /api/v1: http://127.0.0.1:9090.", Default: "$PROMETHEUS_URL"},
			{Name: "own", Description: "The labels of what is this workspace's, as job=api,team=shop: only that stands in ATTENTION.", Default: "all of a server that is declared, nothing of one that is only found"},
			{Name: "username", Description: "Who you are there.", Default: "$PROMETHEUS_USERNAME, then netrc"},
			{Name: "password", Description: "Your password there.", Default: "$PROMETHEUS_PASSWORD, then netrc", Secret: true},
			{Name: "token", Description: "A bearer token, in place of a password.", Default: "$PROMETHEUS_TOKEN", Secret: true},
			{Name: "tenant", Description: "The X-Scope-OrgID that Mimir and Cortex ask for."},
			{Name: "ca", Description: "A file of certificates to trust beside the system's."},
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

// connections are the declared servers, and the one that the environment names.
func connections(_ context.Context, p integrations.Place) ([]tasks.Connection, error) {
	found := address(p.Getenv("PROMETHEUS_URL"))
	var all []tasks.Connection
	known := map[string]bool{"": true}
	for _, d := range p.Declared {
		s := settings{place: p, name: d.Name, url: address(d.Options["url"]), options: d.Options, declared: true}
		if s.url == "" {
			s.url = found
		}
		known[s.url] = true
		all = append(all, s.connection())
	}
	if !known[found] {
		all = append(all, settings{place: p, name: Name, url: found, options: map[string]string{}}.connection())
	}
	return all, nil
}

// address is an address without what some write behind it.
func address(given string) string {
	return strings.TrimRight(strings.TrimSuffix(strings.TrimRight(given, "/"), "/api/v1"), "/")
}

func (s settings) connection() tasks.Connection {
	return tasks.Connection{
		Name: s.name, Title: strings.TrimSpace("Prometheus " + rest.Host(s.url)), Wanted: s.declared, Key: fmt.Sprint(s.url, s.options),
		Connect: func(ctx context.Context, look tasks.Lookout) (any, error) { return s.connect(ctx, look) },
	}
}

// Provider is a connected server.
type Provider struct {
	rest   *rest.Client
	name   string
	host   string
	tenant http.Header // nothing secret
	base   string      // where people see it
	own    func(labels map[string]string) bool
	about  string
	look   tasks.Lookout
	kept   *kept
}

var (
	_ tasks.Describer = (*Provider)(nil)
	_ tasks.Source    = (*Provider)(nil)
	_ tasks.Telling   = (*Provider)(nil)
	_ tasks.Querier   = (*Provider)(nil)
)

func (s settings) connect(ctx context.Context, look tasks.Lookout) (*Provider, error) {
	if s.url == "" {
		return nil, &tasks.StartError{
			Reason: s.name + " does not say where its server is", Hint: "write url: in sawhorse.yml, or set PROMETHEUS_URL",
		}
	}
	own, err := s.owned()
	if err != nil {
		return nil, err
	}
	header, secrets, err := s.credentials(ctx)
	if err != nil {
		return nil, err
	}
	p := &Provider{name: s.name, host: rest.Host(s.url), base: rest.Plain(s.url), own: own, look: look}
	if tenant := s.options["tenant"]; tenant != "" {
		p.tenant = http.Header{"X-Scope-Orgid": {tenant}}
	}
	if p.kept, err = keptIn(s.place.State, s.name); err != nil {
		return nil, err
	}
	p.rest, err = rest.New(rest.Options{
		Base: s.url + "/api/v1", System: "Prometheus (" + p.host + ")", Header: header, Secrets: secrets,
		CA: s.options["ca"], Insecure: s.options["insecure"] == "true", Proxy: s.options["proxy"],
		Explain: explain,
	})
	if err != nil {
		return nil, err
	}
	var build struct {
		Version string `json:"version"`
	}
	if _, err := p.get(ctx, "ask for its version", "/status/buildinfo", nil, &build); err != nil {
		p.rest.Close()
		return nil, err
	}
	p.about = strings.TrimSpace("Prometheus " + build.Version)
	return p, nil
}

// credentials are what authorizes, of the connection, the environment or netrc.
func (s settings) credentials(ctx context.Context) (header http.Header, secrets []string, err error) {
	usual := s.place.Getenv("PROMETHEUS_URL")
	options := secret.Options{
		Given: s.options, Dir: s.place.Dir, Getenv: s.place.Getenv, Foreign: usual != "" && !rest.SameServer(usual, s.url),
	}
	token, err := options.Secret(ctx, "token", "PROMETHEUS_TOKEN")
	if err != nil {
		return nil, nil, err
	}
	user, err := options.Value(ctx, "username", "PROMETHEUS_USERNAME")
	if err != nil {
		return nil, nil, err
	}
	password, err := options.Secret(ctx, "password", "PROMETHEUS_PASSWORD")
	if err != nil {
		return nil, nil, err
	}
	if token == "" && password == "" {
		host, _, _ := strings.Cut(rest.Host(s.url), ":")
		user, password = secret.Netrc(host, s.place.Home, s.place.Getenv)
	}
	switch {
	case token != "":
		header, secrets = secret.Bearer(token)
	case password != "":
		header, secrets = secret.Basic(user, password)
	}
	return header, secrets, nil
}

// owned says which labels are those of the workspace's own things.
func (s settings) owned() (func(map[string]string) bool, error) {
	want := map[string]string{}
	for pair := range strings.SplitSeq(s.options["own"], ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, &tasks.StartError{Reason: fmt.Sprintf("own of %s is %q, which is no label", s.name, pair), Hint: "write name=value, several with a comma between them"}
		}
		want[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return func(labels map[string]string) bool {
		for name, value := range want {
			if labels[name] != value {
				return false
			}
		}
		return s.declared || len(want) > 0
	}, nil
}

// About is what answered.
func (p *Provider) About() string { return p.about }

// Close gives the connection back.
func (p *Provider) Close() error {
	p.rest.Close()
	return nil
}

// page is where a person sees an expression on the server.
func (p *Provider) page(expr string) string {
	return p.base + "/graph?g0.tab=0&g0.expr=" + url.QueryEscape(expr)
}
