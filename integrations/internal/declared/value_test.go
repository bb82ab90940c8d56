package declared

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAValueKnowsItsLines(t *testing.T) {
	yaml, err := FirstYAML("x.yml", []byte("# note\nbase: &base\n  a: 1\ntasks:\n  test:\n    <<: *base\n    cmd: [go, test]\n    on: yes\n"))
	if err != nil {
		t.Fatal(err)
	}
	json, err := JSON("x.json", []byte("// note\n{\n  \"tasks\": {\n    \"test\": {\"cmd\": [\"go\", \"test\"], \"a\": 1,},\n  },\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]*Value{"YAML": yaml, "JSON": json} {
		test := v.Get("tasks", "test")
		if diff := cmp.Diff([]string{"go", "test"}, test.Get("cmd").Strings()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if test.Get("a").Number() != 1 || test.Get("none", "at", "all").Kind != Missing {
			t.Errorf("%s: %+v", name, test)
		}
	}
	if line := yaml.Get("tasks").Entries[0].Line; line != 5 {
		t.Errorf("YAML: line %d", line)
	}
	if line := json.Get("tasks").Entries[0].Line; line != 4 {
		t.Errorf("JSON: line %d", line)
	}
}

func TestAFileOfManyPartsIsNotDeep(t *testing.T) {
	var text strings.Builder
	text.WriteString("tasks:\n")
	for i := range 300 {
		fmt.Fprintf(&text, "  t%d:\n    cmds:\n      - x\n    env:\n      A: b\n      # note\n", i)
	}
	v, err := FirstYAML("x.yml", []byte(text.String()))
	if err != nil || len(v.Get("tasks").Entries) != 300 {
		t.Errorf("%d tasks, %v", len(v.Get("tasks").Entries), err)
	}
}

func TestAHostileFileIsRefusedSoon(t *testing.T) {
	bomb := "a0: &a0 [x]\n"
	for i := range 20 {
		bomb += strings.NewReplacer("N", string(rune('a'+i+1)), "P", string(rune('a'+i))).Replace("kN: &N [*P, *P, *P, *P, *P, *P, *P, *P]\n")
	}
	bomb = strings.Replace(bomb, "&a0", "&a", 1)
	for name, text := range map[string]string{
		"aliases": bomb, "nested": strings.Repeat("[", 5000), "tags": strings.Repeat("! ", 5000) + "x", "keys": "? " + strings.Repeat("? ", 2000) + "x",
	} {
		if _, err := YAML(name, []byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := JSON("x", []byte(strings.Repeat("[", 5000))); err == nil {
		t.Error("JSON: no error")
	}
}

func FuzzAnyTextIsReadOrRefused(f *testing.F) {
	f.Add("a: [1, {b: c}]\n")
	f.Add("{\"a\": [1, // x\n]}")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = YAML("x", []byte(text))
		_, _ = JSON("x", []byte(text))
	})
}
