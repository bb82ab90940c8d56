package sarif

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

var ruff = []string{
	"error lint.py:1:8 F401 `os` imported but unused",
	"error lint.py:2:8 F401 `sys` imported but unused",
	"error lint.py:6:5 F841 Local variable `unused` is assigned to but never used",
	"error lint.py:7:12 F821 Undefined name `sumx`",
}

func TestWhatALinterWritesIsRead(t *testing.T) {
	root := integrationtest.Root(t, "testdata/py")
	lines := integrationtest.Lines(t, "testdata/ruff.sarif", root)
	found := &integrationtest.Found{}
	if !Definition().File(integrationtest.Task(root, ""), []byte(strings.Join(lines, "\n")), found) {
		t.Error("it is not read")
	}
	if diff := cmp.Diff(ruff, found.Rows()); diff != "" {
		t.Error(diff)
	}
	// The same of what it prints, between other lines.
	printed := append(append([]string{"checking", "{", `  "name": "no SARIF"`, "}"}, lines...), "done")
	if diff := cmp.Diff(ruff, integrationtest.Read(Definition(), integrationtest.Task(root, ""), printed).Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestLevelsAndSuppressions(t *testing.T) {
	root := integrationtest.Root(t, "testdata/py")
	const at = `"locations":[{"physicalLocation":{"artifactLocation":{"uri":"lint.py","uriBaseId":"%SRCROOT%"},"region":{"startLine":3}}}]`
	line := `{"version":"2.1.0","$schema":"https://example.com/sarif-2.1.0.json","runs":[{"tool":{"driver":{"name":"x","rules":[` +
		`{"id":"A","defaultConfiguration":{"level":"error"}},{"id":"B"}]}},"results":[` +
		`{"ruleId":"A","message":{"text":"by its rule"},` + at + `},` +
		`{"ruleIndex":1,"message":{"text":"by default"},` + at + `},` +
		`{"ruleId":"B","level":"note","message":{"text":"by itself"},` + at + `},` +
		`{"ruleId":"B","suppressions":[{"kind":"inSource"}],"message":{"text":"suppressed"},` + at + `},` +
		`{"ruleId":"B","kind":"pass","message":{"text":"fine"},` + at + `},` +
		`{"ruleId":"B","message":{"text":"nowhere"}}]}]}`
	want := []string{"error lint.py:3 A by its rule", "warning lint.py:3 B by default", "info lint.py:3 B by itself"}
	if diff := cmp.Diff(want, integrationtest.Read(Definition(), integrationtest.Task(root, ""), []string{line}).Rows()); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) {
	root := integrationtest.Root(t, "testdata/py")
	integrationtest.Contract(t, Definition(), integrationtest.Lines(t, "testdata/ruff.sarif", root)...)
}

func FuzzAnyDocumentIsSurvived(f *testing.F) {
	integrationtest.Fuzz(f, Definition(), integrationtest.Root(f, "testdata/py"), "testdata/ruff.sarif")
}
