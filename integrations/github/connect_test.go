package github

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// put writes files below dir.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheRepositoryIsThatOfTheRemote(t *testing.T) {
	remote := func(name, url, more string) string {
		return "[remote \"" + name + "\"]\n\turl = " + url + "\n\tfetch = +refs/heads/*:refs/remotes/x/*\n" + more
	}
	for config, want := range map[string]string{
		remote("origin", "https://github.com/ada/shop.git", ""):                                                                     "https://api.github.com ada/shop",
		remote("origin", "git@github.com:ada/shop.git", ""):                                                                         "https://api.github.com ada/shop",
		remote("origin", "ssh://git@ssh.github.com:443/ada/shop", ""):                                                               "https://api.github.com ada/shop",
		remote("origin", "git@corp.ghe.com:ada/shop", ""):                                                                           "https://api.corp.ghe.com ada/shop",
		remote("origin", "https://ghe.known/ada/shop", ""):                                                                          "https://ghe.known/api/v3 ada/shop",
		remote("origin", "https://gitlab.com/ada/shop.git", ""):                                                                     "none",
		remote("origin", "../elsewhere", ""):                                                                                        "none",
		remote("fork", "git@github.com:bob/shop.git", "") + remote("origin", "https://github.com/ada/shop", ""):                     "https://api.github.com ada/shop",
		remote("origin", "git@github.com:bob/shop.git", "") + remote("up", "https://github.com/ada/shop", "\tgh-resolved = base\n"): "https://api.github.com ada/shop",
		"[core]\n\tbare = false\n":                                                                                                  "none",
	} {
		dir, home := t.TempDir(), t.TempDir()
		put(t, dir, map[string]string{".git/config": config, ".github/workflows/ci.yml": CI})
		put(t, home, map[string]string{".config/gh/hosts.yml": "ghe.known:\n    user: ada\n"})
		all, err := Definition().Connections(t.Context(), integrations.Place{Dir: dir, Home: home, Getenv: func(string) string { return "" }})
		got := "none"
		if err == nil && len(all) == 1 && !all[0].Wanted && all[0].Name == "github" {
			key := strings.Split(all[0].Key, "\n")
			got = key[0] + " " + key[1] + "/" + key[2]
		}
		if got != want || err != nil {
			t.Errorf("%s\ngot %s, want %s, %v", config, got, want, err)
		}
	}
}

// CI is a workflow, for directories that have one.
const CI = githubtest.CI

func TestAWorktreeHasTheRemotesOfItsRepository(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{
		"repo/.git/config":                  "[remote \"origin\"]\nurl = https://github.com/ada/shop\n",
		"repo/.git/worktrees/fix/commondir": "../..\n",
		"fix/.git":                          "gitdir: ../repo/.git/worktrees/fix\n",
		"fix/deep/.github/workflows/ci.yml": CI,
	})
	got, err := remote(integrations.Place{Dir: filepath.Join(dir, "fix", "deep"), Home: dir, Getenv: func(string) string { return "" }})
	if err != nil || got.owner != "ada" || got.repo != "shop" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatIsDeclaredReplacesWhatIsFound(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{".git/config": "[remote \"origin\"]\nurl = https://github.com/ada/shop\n"})
	for options, want := range map[string]string{
		"":                              "https://api.github.com ada/shop",
		"repo=bob/site":                 "https://api.github.com bob/site",
		"url=https://ghe.corp repo=a/b": "https://ghe.corp/api/v3 a/b",
		"url=https://ghe.corp":          "error: yard: no git remote here says which repository it is; add repo: owner/name to its options",
		"repo=shop":                     "error: yard: repo is not owner/name; write it as repo: owner/name",
		"url=ghe.corp":                  "error: yard: its url is not the address of a server; write https://host",
	} {
		d := integrations.Declared{Name: "yard", Options: map[string]string{}}
		for word := range strings.FieldsSeq(options) {
			name, value, _ := strings.Cut(word, "=")
			d.Options[name] = value
		}
		all, err := Definition().Connections(t.Context(), integrations.Place{Dir: dir, Home: dir, Getenv: func(string) string { return "" }, Declared: []integrations.Declared{d}})
		if err != nil || len(all) != 1 {
			t.Fatalf("%q: %v, %v", options, all, err)
		}
		var got string
		if strings.HasPrefix(want, "error: ") {
			_, err := all[0].Connect(t.Context(), integrationtest.Looking{})
			got = fmt.Sprint("error: ", err)
		} else {
			key := strings.Split(all[0].Key, "\n")
			got = key[0] + " " + key[1] + "/" + key[2]
			if !all[0].Wanted || all[0].Name != "yard" {
				t.Errorf("%+v", all[0])
			}
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", options, got, want)
		}
	}
}

func TestTokensAreTriedWhereGhLooksForThem(t *testing.T) {
	t.Setenv("PATH", "") // neither gh nor git
	home := t.TempDir()
	put(t, home, map[string]string{
		".config/gh/hosts.yml": "github.com:\n    oauth_token: tok-gh\n    user: ada\nghe.corp:\n    oauth_token: tok-corp\n",
		".netrc":               "machine api.github.com login ada password tok-netrc\n",
	})
	variables := map[string]string{"GH_TOKEN": "tok-1", "GITHUB_TOKEN": "tok-2", "GH_ENTERPRISE_TOKEN": "tok-3", "MINE": "tok-mine"}
	place := integrations.Place{Dir: home, Home: home, Getenv: func(name string) string { return variables[name] }}
	for _, tt := range []struct {
		t    target
		want []string
	}{
		{target{host: "github.com", api: "https://api.github.com"}, []string{"tok-1 GH_TOKEN", "tok-2 GITHUB_TOKEN", "tok-gh gh's login", "tok-netrc netrc"}},
		{target{host: "ghe.corp", api: "https://ghe.corp/api/v3"}, []string{"tok-3 GH_ENTERPRISE_TOKEN", "tok-corp gh's login"}},
		{target{host: "github.com", token: "env:MINE"}, []string{"tok-mine the option token"}},
	} {
		var got []string
		if err := tokens(t.Context(), tt.t, place, func(f found) bool { got = append(got, f.token+" "+f.from); return true }); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.t.host, diff)
		}
	}
}

func TestATokenThatIsRefusedIsFollowedByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, githubtest.Options{}, "fix")
		t.Setenv("PATH", "")
		variables := map[string]string{"GH_ENTERPRISE_TOKEN": "ghp_old", "GITHUB_ENTERPRISE_TOKEN": token}
		w.place.Getenv = func(name string) string { return variables[name] }
		delete(w.place.Declared[0].Options, "token")
		p := w.connect()
		left, err := p.Query(t.Context(), tasks.Query{Name: "budget"})
		if err != nil {
			t.Fatal(err)
		}
		want := "127.0.0.1:7979 as ada (token from GITHUB_ENTERPRISE_TOKEN), 4998 of 5000 requests left until " + p.c.Budget().Reset.Local().Format("15:04")
		if got := p.About() + ", " + left.Facts[0].Value; got != want {
			t.Errorf("connected to %s", got)
		}
		variables["GITHUB_ENTERPRISE_TOKEN"] = ""
		connect := func() error {
			all, err := w.definition().Connections(t.Context(), w.place)
			if err != nil {
				return err
			}
			_, err = all[0].Connect(t.Context(), integrationtest.Looking{})
			return err
		}
		want = "sign in: GitHub (127.0.0.1:7979) does not accept the token from GH_ENTERPRISE_TOKEN (401: Bad credentials); " +
			"sign in again: gh auth login --hostname 127.0.0.1:7979   ·   or set a new token"
		if err := connect(); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		variables["GH_ENTERPRISE_TOKEN"] = ""
		want = "there is no token for 127.0.0.1:7979; sign in: gh auth login --hostname 127.0.0.1:7979   ·   or set GITHUB_TOKEN   ·   for a Gitea: set GITEA_TOKEN"
		if err := connect(); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
}

func TestAForbiddenRequestNamesTheRightThatIsMissing(t *testing.T) {
	inBubble(t, githubtest.Options{}, "fix", func(t *testing.T, w *world, p *provider) {
		for header, want := range map[string]string{
			"X-Accepted-GitHub-Permissions: actions=write": "the token from the option token needs the permission actions: write",
			"X-Accepted-OAuth-Scopes: repo":                "the token from the option token needs the scope repo: gh auth refresh --scopes repo",
			"X-GitHub-SSO: required; url=https://sso":      "authorize the token for the organization: https://sso",
			"X-Other: x": "the token from the option token needs more rights: repo and workflow, or Actions: read and write",
		} {
			name, value, _ := strings.Cut(header, ": ")
			w.s.Fault("/actions/workflows", 1, func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set(name, value)
				rw.WriteHeader(http.StatusForbidden)
			})
			_, err := p.Tasks(t.Context())
			if err == nil || !strings.HasSuffix(err.Error(), "; "+want) {
				t.Errorf("%s\ngot  %v\nwant %s", header, err, want)
			}
		}
	})
}

func TestAFormIsReadFromTheWorkflow(t *testing.T) {
	w, err := readWorkflow(".github/workflows/deploy.yml", []byte(githubtest.Deploy))
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Param{
		{Name: "env", Type: config.ParamString, Description: "Where to", Choices: []string{"staging", "production"}, Default: "staging", HasDefault: true},
		{Name: "version", Type: config.ParamString, Description: "A tag or a commit", Required: true},
		{Name: "dry_run", Type: config.ParamBool, Default: "false", HasDefault: true},
		{Name: "replicas", Type: config.ParamFloat, Default: "2", HasDefault: true},
		{Name: "target", Type: config.ParamString, Choices: []string{"production", "staging"}},
		{Name: "ref", Type: config.ParamString, Description: "Branch or tag to run at"},
	}
	if diff := cmp.Diff(want, w.params([]string{"production", "staging"})); diff != "" {
		t.Error(diff)
	}
	jobs := []fileJob{{Key: "build", Name: "build"}, {Key: "deploy", Name: "deploy", Needs: []string{"build"}}}
	if diff := cmp.Diff(jobs, w.Jobs); diff != "" || w.Name != "Deploy" || !w.Dispatch {
		t.Errorf("%+v\n%s", w, diff)
	}
}

func TestTriggersAreReadInEveryForm(t *testing.T) {
	for text, want := range map[string]bool{
		"on: workflow_dispatch\n": true, "on: [push, workflow_dispatch]\n": true, "on:\n  workflow_dispatch:\n": true, `"on": {workflow_dispatch: {}}`: true,
		"on: push\n": false, "on: {push: {}, pull_request: {}}\n": false, "name: x\n": false, "on:\n  workflow_dispatch: {inputs: {ref: {default: main}}}": true,
	} {
		w, err := readWorkflow("x.yml", []byte(text))
		if err != nil || w.Dispatch != want {
			t.Errorf("%q: %v, %v", text, w.Dispatch, err)
		}
		if strings.Contains(text, "ref:") && w.refName() != "git-ref" {
			t.Errorf("%q: the ref is called %s", text, w.refName())
		}
	}
	if _, err := readWorkflow("x.yml", []byte("on: [")); err == nil || !strings.HasPrefix(err.Error(), "x.yml is not YAML: ") {
		t.Errorf("got %v", err)
	}
}

func FuzzReadWorkflow(f *testing.F) {
	for _, text := range []string{githubtest.CI, githubtest.Deploy, githubtest.Slow, githubtest.Lint, "on: {workflow_dispatch: {inputs: [a]}}", "? [a]\n: b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := readWorkflow("x.yml", []byte(text))
		if err != nil {
			return
		}
		for _, p := range w.params([]string{"a"}) {
			if p.HasDefault && p.Check(p.Default) != nil {
				t.Fatalf("a default that is refused: %+v", p)
			}
		}
	})
}

func FuzzReadRemote(f *testing.F) {
	f.Add("git@github.com:ada/shop.git")
	f.Add("ssh://git@host:22/a/b")
	f.Fuzz(func(t *testing.T, address string) {
		if host, owner, repo, ok := readRemote(address); ok && (host == "" || owner == "" || repo == "") {
			t.Fatalf("%q: %q %q %q", address, host, owner, repo)
		}
	})
}
