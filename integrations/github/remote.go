package github

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// remote is the repository of the checkout's git remote, when its host is a
// GitHub or like one: github.com, one that gh or tea knows, or one that a variable
// names.
func remote(p integrations.Place) (target, error) {
	return remoteAt(p, knownHosts(p))
}

// remoteAt is the repository of the remote whose host is known.
func remoteAt(p integrations.Place, known func(host string) bool) (target, error) {
	text, err := gitConfig(p.Dir)
	if err != nil || text == "" {
		return target{}, err
	}
	var first, origin, resolved target
	for _, r := range remotes(text) {
		host, owner, repo, ok := readRemote(r.url)
		if !ok || !known(host) {
			continue
		}
		t := target{owner: owner, repo: repo}
		scheme := "https://"
		if strings.HasPrefix(r.url, "http://") {
			scheme = "http://"
		}
		if t.host, t.api, ok = server(scheme + host); !ok {
			continue
		}
		switch {
		case r.resolved:
			resolved = t
		case r.name == "origin":
			origin = t
		case first.repo == "":
			first = t
		}
	}
	for _, t := range []target{resolved, origin, first} {
		if t.repo != "" {
			return t, nil
		}
	}
	return target{}, nil
}

// knownHosts says which hosts are GitHubs.
func knownHosts(p integrations.Place) func(host string) bool {
	hosts := map[string]bool{"github.com": true}
	for host := range ghHosts(p) {
		hosts[host] = true
	}
	if h := p.Getenv("GH_HOST"); h != "" {
		hosts[strings.ToLower(h)] = true
	}
	for host := range teaHosts(p) {
		hosts[host] = true
	}
	for _, name := range append(giteaServers(), "GITHUB_SERVER_URL") {
		if host := hostOf(p.Getenv(name)); host != "" {
			hosts[host] = true
		}
	}
	return func(host string) bool { return hosts[host] || strings.HasSuffix(host, ".ghe.com") }
}

// gitConfig is the text of the repository's own configuration, also from a
// worktree or a directory below; "" where there is no repository.
func gitConfig(dir string) (string, error) {
	for {
		git := filepath.Join(dir, ".git")
		info, err := os.Stat(git)
		switch {
		case err == nil && info.IsDir():
			return read(filepath.Join(git, "config"))
		case err == nil:
			text, err := read(git)
			if err != nil {
				return "", err
			}
			place := strings.TrimSpace(strings.TrimPrefix(text, "gitdir:"))
			if !filepath.IsAbs(place) {
				place = filepath.Join(dir, place)
			}
			if common, err := read(filepath.Join(place, "commondir")); err == nil && common != "" {
				if common = strings.TrimSpace(common); !filepath.IsAbs(common) {
					common = filepath.Join(place, common)
				}
				place = common
			}
			return read(filepath.Join(place, "config"))
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", nil
		}
		dir = above
	}
}

// read is a small file's text; "" when it is not there.
func read(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		if os.IsNotExist(err) {
			return "", nil
		}
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return "", nil
	}
	text, err := os.ReadFile(file)
	return string(text), err
}

// gitRemote is a remote of git's configuration.
type gitRemote struct {
	name, url string
	resolved  bool // gh was told that this is the one
}

var section = lazy.Regexp(`^\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]`)

// remotes reads them, in their order.
func remotes(config string) []gitRemote {
	var all []gitRemote
	inside := false
	for line := range strings.SplitSeq(config, "\n") {
		line = strings.TrimSpace(line)
		if m := section().FindStringSubmatch(line); m != nil {
			if inside = strings.EqualFold(m[1], "remote") && m[2] != ""; inside {
				all = append(all, gitRemote{name: m[2]})
			}
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !inside || !ok {
			continue
		}
		r := &all[len(all)-1]
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "url":
			if r.url == "" {
				r.url = value
			}
		case "gh-resolved":
			r.resolved = value == "base"
		}
	}
	return all
}

var scpForm = lazy.Regexp(`^(?:[^@/\s]+@)?([^:/\s]+):([^:].*)$`)

// readRemote takes a remote's address apart: https, ssh, git, or git@host:path.
func readRemote(address string) (host, owner, repo string, ok bool) {
	var path string
	if strings.Contains(address, "://") {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" {
			return "", "", "", false
		}
		host, path = u.Host, u.Path
		if u.Scheme == "ssh" || u.Scheme == "git" {
			host = u.Hostname() // the port is not that of the web
		}
	} else if m := scpForm().FindStringSubmatch(address); m != nil {
		host, path = m[1], m[2]
	} else {
		return "", "", "", false
	}
	host = strings.ToLower(strings.TrimPrefix(host, "www."))
	if host == "ssh.github.com" {
		host = "github.com"
	}
	parts := strings.Split(strings.Trim(strings.TrimSuffix(strings.TrimSuffix(path, "/"), ".git"), "/"), "/")
	if len(parts) != 2 || parts[0] == "" || parts[1] == "" {
		return "", "", "", false
	}
	return host, parts[0], parts[1], true
}
