package pytest

import (
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/declared"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// settings are those of pytest's that decide which files are tests and where
// modules are found.
type settings struct {
	files, paths, pythonpath, addopts []string
	dir                               string // where they stand; paths are relative to it
}

// readSettings finds pytest's settings from a directory upwards.
func readSettings(dir, top string) settings {
	for at := dir; ; at = filepath.Dir(at) {
		if values, ok := settingsIn(at); ok {
			s := settings{dir: at, files: values["python_files"], paths: values["testpaths"], pythonpath: values["pythonpath"], addopts: values["addopts"]}
			if len(s.files) == 0 {
				s.files = []string{"test_*.py", "*_test.py"}
			}
			return s
		}
		if at == top || at == filepath.Dir(at) {
			return settings{dir: dir, files: []string{"test_*.py", "*_test.py"}}
		}
	}
}

func settingsIn(dir string) (map[string][]string, bool) {
	for _, f := range [...]struct{ name, section string }{{"pytest.ini", "pytest"}, {".pytest.ini", "pytest"}} {
		if text, ok, err := declared.Read(dir, f.name); ok && err == nil {
			values, _ := ini(string(text), f.section)
			return values, true
		}
	}
	if text, ok, err := declared.Read(dir, "pyproject.toml"); ok && err == nil {
		if values, ok := tomlSettings(text); ok {
			return values, true
		}
	}
	for _, f := range [...]struct{ name, section string }{{"tox.ini", "pytest"}, {"setup.cfg", "tool:pytest"}} {
		if text, ok, err := declared.Read(dir, f.name); ok && err == nil {
			if values, ok := ini(string(text), f.section); ok {
				return values, true
			}
		}
	}
	return nil, false
}

func tomlSettings(text []byte) (map[string][]string, bool) {
	var m struct {
		Tool struct {
			Pytest map[string]any `toml:"pytest"`
		} `toml:"tool"`
	}
	if err := toml.Unmarshal(text, &m); err != nil || m.Tool.Pytest == nil {
		return nil, false
	}
	table := m.Tool.Pytest
	if options, ok := table["ini_options"].(map[string]any); ok {
		table = options
	}
	values := map[string][]string{}
	for key, v := range table {
		switch v := v.(type) {
		case string:
			values[key] = strings.Fields(v)
		case []any:
			for _, e := range v {
				if s, ok := e.(string); ok {
					values[key] = append(values[key], s)
				}
			}
		}
	}
	return values, true
}

var setting = lazy.Regexp(`^([A-Za-z_]+)\s*[=:]\s*(.*)$`)

// ini reads one section; what is indented goes on with the value above.
func ini(text, section string) (values map[string][]string, ok bool) {
	values = map[string][]string{}
	key, in := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';':
		case trimmed[0] == '[':
			in = trimmed == "["+section+"]"
			ok, key = ok || in, ""
		case !in:
		case line[0] == ' ' || line[0] == '\t':
			if key != "" {
				values[key] = append(values[key], strings.Fields(trimmed)...)
			}
		default:
			if m := setting().FindStringSubmatch(trimmed); m != nil {
				key = m[1]
				values[key] = strings.Fields(m[2])
			}
		}
	}
	return values, ok
}
