package watch

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// repository is what git says about the place of a directory.
type repository struct {
	top     string // working tree, "" outside of git
	gitDir  string // where index.lock appears: .git, or that of the worktree
	common  string // where info/exclude is: .git of the main working tree
	exclude string // core.excludesFile or its default
	fold    bool   // core.ignoreCase
}

// findRepository looks upwards from dir. The git program is not needed.
func findRepository(dir string) repository {
	var r repository
	for d := dir; ; d = filepath.Dir(d) {
		if git, ok := gitDir(d); ok {
			r.top, r.gitDir, r.common = d, git, commonDir(git)
			break
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	r.readConfig()
	return r
}

// gitDir resolves dir/.git, which is a file in worktrees and submodules.
func gitDir(dir string) (string, bool) {
	path := filepath.Join(dir, ".git")
	info, err := os.Stat(path)
	if err != nil {
		return "", false
	}
	if info.IsDir() {
		// git wants a HEAD in it; an empty .git is no repository.
		_, err := os.Lstat(filepath.Join(path, "HEAD"))
		return path, err == nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", false
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
	if !ok {
		return "", false
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(dir, target)
	}
	return target, true
}

func commonDir(git string) string {
	text, err := os.ReadFile(filepath.Join(git, "commondir"))
	if err != nil {
		return git
	}
	target := strings.TrimSpace(string(text))
	if !filepath.IsAbs(target) {
		target = filepath.Join(git, target)
	}
	return target
}

// readConfig reads the two settings that decide what is ignored. Later files
// win, as in git; include directives are not followed.
func (r *repository) readConfig() {
	home, _ := os.UserHomeDir()
	xdg := os.Getenv("XDG_CONFIG_HOME")
	if xdg == "" && home != "" {
		xdg = filepath.Join(home, ".config")
	}
	if xdg != "" {
		r.exclude = filepath.Join(xdg, "git", "ignore")
	}
	var files []string
	if os.Getenv("GIT_CONFIG_NOSYSTEM") == "" && runtime.GOOS != "windows" {
		files = append(files, "/etc/gitconfig")
	}
	if global, ok := os.LookupEnv("GIT_CONFIG_GLOBAL"); ok {
		files = append(files, global)
	} else {
		if xdg != "" {
			files = append(files, filepath.Join(xdg, "git", "config"))
		}
		if home != "" {
			files = append(files, filepath.Join(home, ".gitconfig"))
		}
	}
	if r.common != "" {
		files = append(files, filepath.Join(r.common, "config"))
	}
	for _, file := range files {
		core := readCoreSection(file)
		if v, ok := core["excludesfile"]; ok {
			r.exclude = expandHome(v, home)
		}
		if v, ok := core["ignorecase"]; ok {
			switch strings.ToLower(v) {
			case "true", "yes", "on", "1":
				r.fold = true
			default:
				r.fold = false
			}
		}
	}
}

func expandHome(path, home string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home, rest)
	}
	return path
}

// readCoreSection returns the keys of [core], lower case. A file that is not
// there has none.
func readCoreSection(file string) map[string]string {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	core := map[string]string{}
	in := false
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := strings.TrimSpace(sc.Text())
		if strings.HasPrefix(line, "[") {
			section, rest, ok := strings.Cut(line[1:], "]")
			in = ok && strings.EqualFold(strings.TrimSpace(section), "core")
			line = strings.TrimSpace(rest)
		}
		if !in || line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			value = "true" // a key alone is a true boolean
		}
		core[strings.ToLower(strings.TrimSpace(key))] = configValue(value)
	}
	return core
}

// configValue removes quotes, escapes and a trailing comment.
func configValue(s string) string {
	s = strings.TrimSpace(s)
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case (c == '#' || c == ';') && !quoted:
			return strings.TrimSpace(b.String())
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
