package pytest

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// imports are what a Python file names of others. What stands in a docstring
// or runs only sometimes counts too: it costs a test too many, never one too few.
type imports struct {
	statements []statement
	// strings look like a module: of import_module, mock.patch, settings.
	strings []string
}

// statement is "import module" (no names), "from module import names", with the
// number of dots before the module.
type statement struct {
	dots   int
	module string
	names  []string
}

var (
	importing = lazy.Regexp(`(?m)(?:^|[;:])[ \t]*(?:import[ \t]+([^#;\n]+)|from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^#;\n]+))`)
	dotted    = lazy.Regexp(`["']([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)["':]`)
	called    = lazy.Regexp(`(?:import_module|importorskip|__import__)\(\s*["']([\w.]+)["']`)
	comment   = lazy.Regexp(`(?m)#.*$`)
	word      = lazy.Regexp(`^[A-Za-z_][\w.]*$`)
)

func parseImports(text string) imports {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\\\r\n", " "), "\\\n", " ")
	var all imports
	for _, m := range importing().FindAllStringSubmatch(text, -1) {
		if m[1] != "" {
			for _, name := range names(m[1]) {
				all.statements = append(all.statements, statement{module: name})
			}
			continue
		}
		all.statements = append(all.statements, statement{dots: len(m[2]), module: m[3], names: names(m[4])})
	}
	for _, m := range dotted().FindAllStringSubmatch(text, -1) {
		all.strings = append(all.strings, m[1])
	}
	for _, m := range called().FindAllStringSubmatch(text, -1) {
		all.strings = append(all.strings, strings.TrimLeft(m[1], "."))
	}
	return all
}

// names are those of "a.b as c, d" and "(a,  # why\n b)".
func names(list string) (all []string) {
	list = strings.Trim(strings.TrimSpace(comment().ReplaceAllString(list, "")), "()")
	for part := range strings.SplitSeq(list, ",") {
		fields := strings.Fields(part)
		if len(fields) > 0 && word().MatchString(fields[0]) {
			all = append(all, fields[0])
		}
	}
	return all
}
