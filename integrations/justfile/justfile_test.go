package justfile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

const example = `set dotenv-load
version := "1.2"
text := '''
not: a recipe
'''
alias t := test
import 'more.just'
mod tools

# show this list
default:
    @just --list

# run the tests
test *args: build
    go test ./... {{args}}

[group('release')]
[doc("put a release online")]
deploy env="staging" tag=version +files: (build "x:y") && announce
    ./deploy {{env}}

[private]
helper:
_hidden:
	echo hidden: yes

[windows]
open:
    start .
[unix]
open:
    xdg-open .

@build what='a:b':
    go build
announce:
url := "http://example.com"
`

func TestRecipesBecomeTasksWithTheirParameters(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"Justfile": example, "more.just": "# from another file\nmore target:\n    x\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := detect(t.Context(), dir)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	at := func(line int) config.Position { return config.Position{File: "Justfile", Line: line} }
	text := func(name string) config.Param { return config.Param{Name: name, Type: config.ParamString} }
	args, env, tag, files, what, target := text("args"), text("env"), text("tag"), text("files"), text("what"), text("target")
	args.HasDefault = true
	env.HasDefault, env.Default = true, "staging"
	tag.HasDefault, tag.Description = true, "without a value: version"
	files.Required, target.Required = true, true
	what.HasDefault, what.Default = true, "a:b"
	want := []config.Unit{
		{Name: "default", Kind: config.Task, Run: "just default", Description: "show this list", Pos: at(11)},
		{Name: "test", Kind: config.Task, Run: "just test $PARAM_ARGS", Description: "run the tests", Pos: at(15), Params: []config.Param{args}},
		{
			Name: "deploy", Kind: config.Task, Run: `just deploy "$PARAM_ENV" ${PARAM_TAG:+"$PARAM_TAG"} $PARAM_FILES`, Description: "put a release online",
			Pos: at(20), Params: []config.Param{env, tag, files},
		},
		{Name: "open", Kind: config.Task, Run: "just open", Pos: at(32)},
		{Name: "build", Kind: config.Task, Run: `just build "$PARAM_WHAT"`, Pos: at(35), Params: []config.Param{what}},
		{Name: "announce", Kind: config.Task, Run: "just announce", Pos: at(37)},
		{
			Name: "more", Kind: config.Task, Run: `just more "$PARAM_TARGET"`, Description: "from another file",
			Pos: config.Position{File: "more.just", Line: 2}, Params: []config.Param{target},
		},
	}
	if diff := cmp.Diff(want, all[0].Units); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"the recipes of its module tools"}, all[0].Left); diff != "" {
		t.Error(diff)
	}
}

// The names are those that just 1.59 prints for these files with --summary.
func TestModulesAreReadWhereJustLooksForThem(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"justfile":         "mod tools\nmod? gone\nmod ops 'ops'\nmod lint 'other/lint.just' # why\nmod far '/etc/just'\nbuild:\n    echo b\n",
		"tools/mod.just":   "# format all\nfmt:\n    gofmt .\nmod inner\n_hidden:\n    x\n",
		"tools/inner.just": "import 'more.just'\ndeep x:\n    echo {{x}}\n",
		"tools/more.just":  "more:\n    x\n",
		"ops/justfile":     "mod again '../justfile'\nroll:\n    x\n",
		"other/lint.just":  "all:\n    x\n",
	} {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := detect(t.Context(), dir)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	var got []string
	for _, u := range all[0].Units {
		got = append(got, u.Run+"  "+u.Pos.String()+"  "+u.Description)
	}
	want := []string{
		"just build  justfile:6  ", "just tools::fmt  tools/mod.just:2  format all", "just ops::roll  ops/justfile:2  ", "just lint::all  other/lint.just:1  ",
		`just tools::inner::deep "$PARAM_X"  tools/inner.just:2  `, "just tools::inner::more  tools/more.just:1  ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"the recipes of its module far"}, all[0].Left); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
