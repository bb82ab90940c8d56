package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// tool is a program that the files of repositories ask for: how it says its
// version, and what it is called by those who install it.
type tool struct {
	version []string // arguments; nil: --version
	apt     string   // the package's name; other systems mostly use the same
	brew    string
	// line installs it where no package does.
	line string
	// family is under whose name a version of it is wanted: node, for npm and others.
	family string
}

// programs are the ones that detection leads to.
func programs() map[string]tool {
	return map[string]tool{
		"go":              {version: []string{"version"}, apt: "golang-go", brew: "go", family: "go"},
		"golangci-lint":   {brew: "golangci-lint", line: "go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@latest"},
		"node":            {apt: "nodejs", brew: "node", family: "node"},
		"npm":             {apt: "npm", brew: "node", family: "npm"},
		"npx":             {apt: "npm", brew: "node"},
		"pnpm":            {brew: "pnpm", line: "corepack enable pnpm", family: "pnpm"},
		"yarn":            {brew: "yarn", line: "corepack enable yarn", family: "yarn"},
		"bun":             {line: "npm install -g bun", family: "bun"},
		"cargo":           {apt: "cargo", brew: "rust", family: "rust"},
		"python3":         {apt: "python3", brew: "python", family: "python"},
		"python":          {apt: "python-is-python3", brew: "python", family: "python"},
		"uv":              {brew: "uv", line: "pipx install uv"},
		"poetry":          {apt: "python3-poetry", brew: "poetry"},
		"pdm":             {brew: "pdm", line: "pipx install pdm"},
		"pipenv":          {apt: "pipenv", brew: "pipenv"},
		"hatch":           {brew: "hatch", line: "pipx install hatch"},
		"tox":             {apt: "tox", brew: "tox", line: "pipx install tox"},
		"nox":             {apt: "nox", brew: "nox", line: "pipx install nox"},
		"ruby":            {apt: "ruby", brew: "ruby", family: "ruby"},
		"bundle":          {apt: "ruby-bundler", brew: "ruby"},
		"mvn":             {apt: "maven", brew: "maven"},
		"gradle":          {apt: "gradle", brew: "gradle"},
		"java":            {version: []string{"-version"}, apt: "default-jdk", brew: "openjdk", family: "java"},
		"cmake":           {apt: "cmake", brew: "cmake"},
		"ctest":           {apt: "cmake", brew: "cmake"},
		"make":            {apt: "make", brew: "make"},
		"just":            {apt: "just", brew: "just"},
		"task":            {brew: "go-task", line: "go install github.com/go-task/task/v3/cmd/task@latest"},
		"mise":            {brew: "mise"},
		"docker":          {apt: "docker.io", brew: "docker"},
		"git":             {apt: "git", brew: "git"},
		"bash":            {apt: "bash", brew: "bash"},
		"zsh":             {apt: "zsh", brew: "zsh"},
		"dvc":             {brew: "dvc", line: "pipx install dvc"},
		"mlflow":          {line: "pipx install mlflow"},
		"kubectl":         {brew: "kubernetes-cli"},
		"psql":            {apt: "postgresql-client", brew: "libpq"},
		"postgres":        {apt: "postgresql", brew: "postgresql"},
		"pg_isready":      {apt: "postgresql-client", brew: "libpq"},
		"redis-server":    {apt: "redis-server", brew: "redis"},
		"nginx":           {version: []string{"-v"}, apt: "nginx", brew: "nginx"},
		"process-compose": {brew: "f1bonacc1/tap/process-compose"},
	}
}

// howToInstall is the command that brings a program to this machine.
func howToInstall(name string) string {
	p, ok := programs()[filepath.Base(name)]
	if !ok {
		return "install " + name + ", or mend PATH"
	}
	return installLine(p, name, runtime.GOOS, func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	})
}

// installLine says it for a system and the installers that are there.
func installLine(p tool, name, system string, has func(string) bool) string {
	if system == "darwin" && p.brew != "" {
		return "brew install " + p.brew
	}
	for _, i := range [...]struct{ program, line string }{
		{"apt-get", "sudo apt-get install "}, {"dnf", "sudo dnf install "}, {"pacman", "sudo pacman -S "}, {"apk", "sudo apk add "}, {"zypper", "sudo zypper install "},
	} {
		if system == "linux" && p.apt != "" && has(i.program) {
			pkg := p.apt
			if i.program != "apt-get" && p.brew != "" && !strings.Contains(p.brew, "/") {
				pkg = p.brew // the names of other systems are mostly upstream's
			}
			return i.line + pkg
		}
	}
	switch {
	case p.line != "":
		return p.line
	case p.brew != "" && has("brew"):
		return "brew install " + p.brew
	}
	return "install " + name + ", or mend PATH"
}

// satisfies compares a version with what is wanted: "1.26", ">=18.0", "^20.1",
// "20.x". known is false where the wish can't be told.
func satisfies(have, want string) (ok, known bool) {
	want = strings.TrimSpace(strings.Split(strings.Split(want, "||")[0], ",")[0])
	least := strings.HasPrefix(want, ">=")
	same := strings.HasPrefix(want, "^") || strings.HasPrefix(want, "~") || strings.HasPrefix(want, "==")
	want = strings.TrimLeft(want, "^~=>v ")
	want, _, _ = strings.Cut(want, " ")
	h, w := numbers(have), numbers(want)
	if len(h) == 0 || len(w) == 0 || strings.HasPrefix(want, "<") {
		return false, false
	}
	switch {
	case least:
		return slices.Compare(h, w) >= 0, true
	case same:
		return h[0] == w[0] && slices.Compare(h, w) >= 0, true
	}
	return slices.Compare(h[:min(len(h), len(w))], w) == 0, true
}

// numbers are the parts of a version, up to the first that is none.
func numbers(version string) (all []int) {
	for part := range strings.SplitSeq(strings.TrimLeft(version, "v"), ".") {
		n, digits := 0, 0
		for digits < len(part) && digits < 8 && part[digits] >= '0' && part[digits] <= '9' {
			n = n*10 + int(part[digits]-'0')
			digits++
		}
		if digits == 0 {
			break
		}
		all = append(all, n)
		if digits < len(part) {
			break
		}
	}
	return all
}
