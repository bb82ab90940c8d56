package tasks

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAProblemThatIsToldAgainWithItsCodeIsOne(t *testing.T) {
	s := fold(Configured{Tasks: []Task{{Name: "lint", Of: "lint"}}}, RunQueued{Run{ID: "lint#1", Task: "lint"}}, RunStarted{ID: "lint#1"})
	d := Diagnostic{Severity: Warning, Location: Location{File: "lib.rs", Line: 2}, Message: "unneeded return", Line: 5}
	other := Diagnostic{Severity: Warning, Location: Location{File: "lib.rs", Line: 9}, Message: "unused", Line: 20}
	named := d
	named.Code, named.Line = "clippy::needless_return", 9
	for _, e := range []Diagnostic{d, named, other} {
		s.Apply(DiagnosticReported{ID: "lint#1", Diagnostic: e})
	}
	named.Line = 5 // it stands where it was told first
	if diff := cmp.Diff([]Diagnostic{named, other}, s.Runs["lint#1"].Diagnostics); diff != "" {
		t.Error(diff)
	}
}
