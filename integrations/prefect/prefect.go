// Package prefect reaches Prefect servers: it triggers deployments, follows their
// runs and logs as they happen, and cancels and retries them. It never runs a
// flow itself.
package prefect

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/secret"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Name is the integration's, and that of a connection that was only found.
const Name = "prefect"

// Definition describes Prefect.
func Definition() integrations.Definition {
	return integrations.Definition{
		Name: Name, Title: "Prefect", Connections: connections,
		Pins: []integrations.Option{
			{Name: "deployment", Description: "The deployment, as flow/name.", Required: true},
		},
		Options: []integrations.Option{
			{Name: "url", Description: "The address of the API: http://127.0.0.1:4200/api.", Default: "$PREFECT_API_URL, then the active profile's"},
			{Name: "auth", Description: "user:password of a server that asks for it.", Default: "$PREFECT_API_AUTH_STRING", Secret: true},
			{Name: "key", Description: "A key of Prefect Cloud.", Default: "$PREFECT_API_KEY", Secret: true},
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
	profile  map[string]string // of Prefect's own settings
	declared bool
}

// connections are the declared servers, and the one that Prefect itself would use.
func connections(_ context.Context, p integrations.Place) ([]tasks.Connection, error) {
	profile, err := activeProfile(p)
	of := func(name string) string { return cmp.Or(p.Getenv(name), profile[name]) }
	var all []tasks.Connection
	known := map[string]bool{}
	for _, d := range p.Declared {
		s := settings{place: p, name: d.Name, url: cmp.Or(d.Options["url"], of("PREFECT_API_URL")), options: d.Options, profile: profile, declared: true}
		all = append(all, s.connection())
		known[strings.TrimRight(s.url, "/")] = true
	}
	if found := of("PREFECT_API_URL"); found != "" && !known[strings.TrimRight(found, "/")] {
		all = append(all, settings{place: p, name: Name, url: found, options: map[string]string{}, profile: profile}.connection())
	}
	return all, err
}

// activeProfile is what `prefect config set` has written, of the active profile.
func activeProfile(p integrations.Place) (map[string]string, error) {
	home := cmp.Or(p.Getenv("PREFECT_HOME"), filepath.Join(p.Home, ".prefect"))
	file := cmp.Or(p.Getenv("PREFECT_PROFILES_PATH"), filepath.Join(home, "profiles.toml"))
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var read struct {
		Active   string                    `toml:"active"`
		Profiles map[string]map[string]any `toml:"profiles"`
	}
	if err := toml.Unmarshal(text, &read); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	profile := map[string]string{}
	for name, v := range read.Profiles[cmp.Or(p.Getenv("PREFECT_PROFILE"), read.Active)] {
		profile[name] = fmt.Sprint(v)
	}
	return profile, nil
}

func (s settings) connection() tasks.Connection {
	return tasks.Connection{
		Name: s.name, Title: "Prefect " + rest.Host(s.url), Wanted: s.declared, Key: fmt.Sprint(s.url, s.options, s.profile),
		Connect: func(ctx context.Context, look tasks.Lookout) (any, error) { return s.connect(ctx, look) },
	}
}

// Provider is a connected server.
type Provider struct {
	rest *rest.Client
	name string
	host string // as people know the server
	dir  string // the workspace
	api  string // the address of the API
	base string // where people see it
	auth string // what the websocket is told; empty: nothing
	head http.Header

	about string
	look  tasks.Lookout

	changes chan struct{} // one slot: the deployments are others

	mu          sync.Mutex
	deployments map[string]deployment // by the name of their task
	tasks       map[string]string     // names of tasks, by deployment
}

var (
	_ tasks.Describer = (*Provider)(nil)
	_ tasks.Catalog   = (*Provider)(nil)
	_ tasks.Changing  = (*Provider)(nil)
	_ tasks.Runner    = (*Provider)(nil)
	_ tasks.Resumer   = (*Provider)(nil)
	_ tasks.Attacher  = (*Provider)(nil)
	_ tasks.Observer  = (*Provider)(nil)
	_ tasks.Source    = (*Provider)(nil)
	_ tasks.Operator  = (*Provider)(nil)
	_ tasks.Querier   = (*Provider)(nil)
)

func (s settings) connect(ctx context.Context, look tasks.Lookout) (*Provider, error) {
	if s.url == "" {
		return nil, &tasks.StartError{
			Reason: s.name + " does not say where its server is", Hint: "write url: in sawhorse.yml, or set PREFECT_API_URL",
		}
	}
	p := &Provider{
		name: s.name, host: rest.Host(s.url), dir: s.place.Dir, api: strings.TrimRight(s.url, "/"), look: look, changes: make(chan struct{}, 1),
		deployments: map[string]deployment{}, tasks: map[string]string{},
	}
	p.base = strings.TrimSuffix(rest.Plain(p.api), "/api")
	secrets, err := s.credentials(ctx, p)
	if err != nil {
		return nil, err
	}
	p.rest, err = rest.New(rest.Options{
		Base: p.api, System: "Prefect (" + rest.Host(s.url) + ")", Header: p.head, Secrets: secrets,
		CA: s.options["ca"], Insecure: s.options["insecure"] == "true", Proxy: s.options["proxy"],
		Explain: explain,
	})
	if err != nil {
		return nil, err
	}
	var version string
	if _, err := p.rest.Get(ctx, "", "/admin/version", nil, &version); err != nil {
		p.rest.Close()
		return nil, err
	}
	p.about = "Prefect " + version
	return p, nil
}

// credentials are what authorizes, of the connection, the environment or the profile:
// of these two only what is for this server and no other.
func (s settings) credentials(ctx context.Context, p *Provider) (secrets []string, err error) {
	of := func(name string) string { return cmp.Or(s.place.Getenv(name), s.profile[name]) }
	usual := of("PREFECT_API_URL")
	options := secret.Options{
		Given: s.options, Dir: s.place.Dir, Getenv: of, Foreign: usual != "" && !rest.SameServer(usual, s.url),
	}
	key, err := options.Secret(ctx, "key", "PREFECT_API_KEY")
	if err != nil {
		return nil, err
	}
	if key != "" {
		p.auth = key
		p.head, secrets = secret.Bearer(key)
		return secrets, nil
	}
	if p.auth, err = options.Secret(ctx, "auth", "PREFECT_API_AUTH_STRING"); err != nil || p.auth == "" {
		return nil, err
	}
	user, password, _ := strings.Cut(p.auth, ":")
	p.head, secrets = secret.Basic(user, password)
	return secrets, nil
}

// explain says plainly what the schema of the parameters asked for.
func explain(e *rest.Error, a *rest.Answer) {
	if e.Kind == rest.Conflict && a != nil && bytes.Contains(a.Body, []byte("alidation failed for field")) {
		e.Hint = "give the parameter a value of its type"
	}
}

// About is what answered.
func (p *Provider) About() string { return p.about }

// Close gives the connection back.
func (p *Provider) Close() error {
	p.rest.Close()
	return nil
}

// post sends a filter, which only reads, or a change.
func (p *Provider) post(ctx context.Context, doing, path string, body, into any, reads bool) error {
	_, err := p.rest.Do(ctx, rest.Request{Method: http.MethodPost, Path: path, Body: body, Into: into, Doing: doing, Again: reads})
	return err
}
