package secret

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func none(string) string { return "" }

func TestATokenIsFoundWhereTheOptionSays(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"token": "  tok-file\n", "empty": "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	getenv := func(name string) string { return map[string]string{"FORGE": "tok-env"}[name] }
	for spec, want := range map[string]string{
		"env:FORGE":                              "tok-env",
		"file:token":                             "tok-file",
		"file:" + filepath.Join(dir, "token"):    "tok-file",
		"command:echo tok-command; echo more":    "tok-command",
		"env:OTHER":                              "error: the variable OTHER is not set; set it before the host starts, or name another place",
		"file:empty":                             "error: the file " + filepath.Join(dir, "empty") + " is empty; it holds the token and nothing else",
		"command:echo no such vault >&2; exit 3": "error: the command for the token failed: exit status 3: no such vault; run it by hand: echo no such vault >&2; exit 3",
		"command:true":                           "error: the command for the token printed nothing; run it by hand: true",
		"tok-written-down":                       "error: the token does not say where it is found; write env:NAME, file:PATH or command:LINE; a token itself does not belong into the file",
		"vault:x":                                "error: the token does not say where it is found; write env:NAME, file:PATH or command:LINE; a token itself does not belong into the file",
	} {
		if runtime.GOOS == "windows" && strings.HasPrefix(spec, "command:") {
			continue
		}
		got, err := Resolve(t.Context(), spec, dir, getenv)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", spec, got, want)
		}
	}
}

func TestNetrcGivesAHostsOwnEntry(t *testing.T) {
	text := `# mine
machine other.example login bob password nope
machine api.example
  login ada
  password tok-netrc
macdef upload
  machine api.example password inside-a-macro

machine last.example login eve password tok-last
default login anonymous password guest
`
	got := map[string][2]string{}
	for _, host := range []string{"api.example", "API.example", "last.example", "none.example"} {
		login, password := netrc(text, host)
		got[host] = [2]string{login, password}
	}
	want := map[string][2]string{
		"api.example": {"ada", "tok-netrc"}, "API.example": {"ada", "tok-netrc"},
		"last.example": {"eve", "tok-last"}, "none.example": {"", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".netrc"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if login, password := Netrc("api.example", home, none); login != "ada" || password != "tok-netrc" {
		t.Errorf("from the file: %s %s", login, password)
	}
	if login, _ := Netrc("api.example", t.TempDir(), none); login != "" {
		t.Errorf("without a file: %s", login)
	}
}

func FuzzNetrc(f *testing.F) {
	f.Add("machine a login b password c\nmacdef x\n\ndefault", "a")
	f.Fuzz(func(_ *testing.T, text, host string) { netrc(text, host) })
}

func TestGitsCredentialsAreAskedWithoutAPerson(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	if _, password := Git(t.Context(), home, "https", "forge.example"); password != "" {
		t.Errorf("without a helper: %q", password)
	}
	store := filepath.Join(home, ".git-credentials")
	if err := os.WriteFile(store, []byte("https://ada:tok-git@forge.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte("[credential]\n\thelper = store\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if login, password := Git(t.Context(), home, "https", "forge.example"); login != "ada" || password != "tok-git" {
		t.Errorf("got %s %s", login, password)
	}
}
