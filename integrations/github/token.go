package github

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/internal/secret"
)

// found is a token and where it was found, for people.
type found struct{ token, from string }

// tokens gives the tokens for a host, one after the other, in the order in which
// gh looks for them; asking other programs comes last. It ends when yield says so.
func tokens(ctx context.Context, t target, p integrations.Place, yield func(found) bool) error {
	if t.token != "" {
		token, err := secret.Resolve(ctx, t.token, p.Dir, p.Getenv)
		if err != nil {
			return err
		}
		yield(found{token, "the option token"})
		return nil
	}
	names := []string{"GH_TOKEN", "GITHUB_TOKEN"}
	if t.host != "github.com" && !strings.HasSuffix(t.host, ".ghe.com") {
		names = []string{"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}
	}
	for _, name := range names {
		if v := strings.TrimSpace(p.Getenv(name)); v != "" && !yield(found{v, name}) {
			return nil
		}
	}
	if t.host != "github.com" {
		named := false // which server the token is for
		for _, name := range giteaServers() {
			if host := hostOf(p.Getenv(name)); host != "" && host != t.host {
				named = true
			}
		}
		if v := strings.TrimSpace(p.Getenv("GITEA_TOKEN")); v != "" && !named && !yield(found{v, "GITEA_TOKEN"}) {
			return nil
		}
		if v := teaHosts(p)[t.host]; v != "" && !yield(found{v, "tea's login"}) {
			return nil
		}
	}
	if v := ghHosts(p)[t.host]; v != "" && !yield(found{v, "gh's login"}) {
		return nil
	}
	if out, err := secret.Output(ctx, p.Dir, []string{"GH_PROMPT_DISABLED=1"}, "", "gh", "auth", "token", "--hostname", t.host); err == nil {
		if v := strings.TrimSpace(out); v != "" && !yield(found{v, "gh's login"}) {
			return nil
		}
	}
	hosts := []string{t.host}
	if u, err := url.Parse(t.api); err == nil {
		hosts = append(hosts, u.Hostname())
	}
	for _, host := range hosts {
		if _, v := secret.Netrc(host, p.Home, p.Getenv); v != "" && !yield(found{v, "netrc"}) {
			return nil
		}
	}
	if _, v := secret.Git(ctx, p.Dir, "https", t.host); v != "" {
		yield(found{v, "git's credentials"})
	}
	return ctx.Err()
}

// giteaServers are the variables that name a Gitea, as tea reads them.
func giteaServers() []string { return []string{"GITEA_INSTANCE_URL", "GITEA_SERVER_URL"} }

// hostOf is the host of an address; "" for what is none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// teaHosts are the servers that tea, Gitea's own tool, is logged in to, with the token.
func teaHosts(p integrations.Place) map[string]string {
	dir := p.Getenv("XDG_CONFIG_HOME")
	if dir == "" {
		dir = filepath.Join(p.Home, ".config")
	}
	text, err := read(filepath.Join(dir, "tea", "config.yml"))
	if err != nil || text == "" {
		return nil
	}
	var v struct {
		Logins []struct{ URL, Token string }
	}
	if yaml.Unmarshal([]byte(text), &v) != nil {
		return nil
	}
	all := map[string]string{}
	for _, l := range v.Logins {
		if host := hostOf(l.URL); host != "" && all[host] == "" {
			all[host] = l.Token
		}
	}
	return all
}

// ghHosts are the hosts that gh is logged in to, with the token where it keeps
// one in its file ("" where the keyring has it).
func ghHosts(p integrations.Place) map[string]string {
	dir := p.Getenv("GH_CONFIG_DIR")
	if dir == "" {
		if xdg := p.Getenv("XDG_CONFIG_HOME"); xdg != "" {
			dir = filepath.Join(xdg, "gh")
		} else {
			dir = filepath.Join(p.Home, ".config", "gh")
		}
	}
	text, err := read(filepath.Join(dir, "hosts.yml"))
	if err != nil || text == "" {
		return nil
	}
	var hosts map[string]struct {
		Token string `yaml:"oauth_token"`
	}
	if yaml.Unmarshal([]byte(text), &hosts) != nil {
		return nil
	}
	all := map[string]string{}
	for host, h := range hosts {
		all[strings.ToLower(host)] = h.Token
	}
	return all
}
