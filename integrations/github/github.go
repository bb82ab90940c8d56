// Package github is GitHub Actions and pull requests: workflows as tasks that
// can be triggered, their runs followed and mended, on github.com, on GitHub
// Enterprise and on servers that are like it, as Gitea is. It polls only while
// somebody looks, and knows nothing of the screen.
package github

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// Definition describes the integration.
func Definition() integrations.Definition { return definition(nil) }

// definition reaches GitHub over network; nil: the real one.
func definition(network http.RoundTripper) integrations.Definition {
	return integrations.Definition{
		Name: "github", Title: "GitHub",
		Connections: func(ctx context.Context, p integrations.Place) ([]integrations.Connection, error) {
			return connections(ctx, p, network)
		},
		Pins: []integrations.Option{
			{Name: "workflow", Description: "The workflow's file: deploy.yml.", Required: true},
			{Name: "ref", Description: "The branch or tag that it runs at.", Default: "the branch that is checked out"},
		},
		Options: []integrations.Option{
			{Name: "repo", Description: "The repository, as owner/name.", Default: "that of the git remote"},
			{Name: "url", Description: "The server: https://ghe.corp, or the address of its API; also a Gitea.", Default: "that of the git remote"},
			{
				Name: "token", Description: "Where the token is found.", Secret: true,
				Default: "GH_TOKEN, GITHUB_TOKEN, gh's login, netrc, git's credentials; GITEA_TOKEN and tea's login",
			},
			{Name: "ca", Description: "A file of certificates to trust beside the system's."},
			{Name: "proxy", Description: "The proxy to use, or none.", Default: "HTTPS_PROXY"},
		},
	}
}

// target is a repository on a server, and how it is reached.
type target struct {
	name        string // the connection's
	host        string // "github.com"
	api         string // "https://api.github.com"
	unknown     bool   // what kind of server it is turns out when it is reached
	owner, repo string
	token       string // where it is found; "": where people have them
	ca, proxy   string
	network     http.RoundTripper
}

func (t target) key() string {
	return strings.Join([]string{t.api, t.owner, t.repo, t.token, t.ca, t.proxy}, "\n")
}

// connections are the declared repositories, and that of the git remote when
// nothing is declared and it has workflows. What is wrong with one of them it says
// itself, when it is to be reached: the others are not touched.
func connections(_ context.Context, p integrations.Place, network http.RoundTripper) ([]integrations.Connection, error) {
	found, unread := remote(p)
	found.network = network
	var all []integrations.Connection
	for _, d := range p.Declared {
		t, err := declaredTarget(d, found, p)
		c := connection(t, p, true)
		if err != nil {
			c.Title = d.Name
			c.Connect = func(context.Context, tasks.Lookout) (any, error) { return nil, err }
		}
		all = append(all, c)
	}
	has := func(dir string) bool { return declared.Has(p.Dir, dir) }
	if len(p.Declared) == 0 && found.repo != "" && slices.ContainsFunc(workflowDirs, has) {
		found.name = "github"
		all = append(all, connection(found, p, false))
	}
	return all, unread
}

// declaredTarget is the remote's repository with what the options say instead.
func declaredTarget(d integrations.Declared, found target, p integrations.Place) (target, error) {
	t := found
	t.name, t.token, t.ca, t.proxy = d.Name, d.Options["token"], d.Options["ca"], d.Options["proxy"]
	if address := d.Options["url"]; address != "" {
		host, api, ok := server(address)
		if !ok {
			return t, &tasks.StartError{Reason: d.Name + ": its url is not the address of a server", Hint: "write https://host"}
		}
		if host != t.host { // of whose remotes nobody else knows that they are a GitHub's
			name, _, _ := strings.Cut(host, ":")
			there, _ := remoteAt(p, func(h string) bool { return h == host || h == name })
			t.owner, t.repo = there.owner, there.repo
		}
		t.host, t.api = host, api
		t.unknown = strings.HasSuffix(api, githubPath) && !strings.HasSuffix(strings.TrimSuffix(address, "/"), githubPath)
	} else if t.host == "" {
		t.host, t.api, _ = server("https://github.com")
	}
	if repo := d.Options["repo"]; repo != "" {
		owner, name, ok := strings.Cut(strings.TrimSuffix(repo, ".git"), "/")
		if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
			return t, &tasks.StartError{Reason: d.Name + ": repo is not owner/name", Hint: "write it as repo: owner/name"}
		}
		t.owner, t.repo = owner, name
	}
	if t.repo == "" {
		return t, &tasks.StartError{Reason: d.Name + ": no git remote here says which repository it is", Hint: "add repo: owner/name to its options"}
	}
	return t, nil
}

// server is the host and the address of the API behind an address.
func server(address string) (host, api string, ok bool) {
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", "", false
	}
	host = strings.ToLower(u.Host)
	switch {
	case host == "github.com" || host == "www.github.com" || host == "api.github.com":
		return "github.com", "https://api.github.com", true
	case strings.HasSuffix(host, ".ghe.com"):
		host = strings.TrimPrefix(host, "api.")
		return host, u.Scheme + "://api." + host, true
	case strings.Contains(u.Path, "/api/") || strings.HasPrefix(host, "api."):
		return strings.TrimPrefix(host, "api."), u.String(), true
	}
	return host, u.String() + "/api/v3", true
}

func connection(t target, p integrations.Place, wanted bool) integrations.Connection {
	system := "GitHub"
	if t.unknown {
		system = t.host
	}
	return integrations.Connection{
		Name: t.name, Title: system + " " + t.owner + "/" + t.repo, Key: t.key(), Wanted: wanted,
		Connect: func(ctx context.Context, look tasks.Lookout) (any, error) { return connect(ctx, t, p, look) },
	}
}
