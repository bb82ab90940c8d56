package nox

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

const example = `import nox
from nox import session

nox.options.sessions = ["lint"]


@nox.session(python=["3.10", "3.14"])
@nox.parametrize("django", ["5", "6"])
def tests(session: nox.Session, django: str) -> None:
    """Run the tests."""
    session.run("pytest")


@session(
    name="docs-live",
    default=False,
)
def docs_live(
    s: nox.Session,
) -> None:
    '''
    Build the pages
    '''


@nox.session
def lint(session):
    session.run("ruff", "check")


@nox.session
def _inner(session): ...


@other.session
def nothing(session): ...


def helper(session):
    """no session"""
`

func TestFunctionsUnderTheDecoratorAreTasks(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(example), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := detect(t.Context(), dir)
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	at := func(line int) config.Position { return config.Position{File: file, Line: line} }
	want := []config.Unit{
		{Name: "tests", Kind: config.Task, Run: "nox -s tests", Description: "Run the tests", Pos: at(7)},
		{Name: "docs-live", Kind: config.Task, Run: "nox -s docs-live", Pos: at(14)},
		{Name: "lint", Kind: config.Task, Run: "nox -s lint", Pos: at(26)},
	}
	if diff := cmp.Diff(want, got[0].Units); diff != "" {
		t.Error(diff)
	}
}

func TestTheContractHolds(t *testing.T) { integrationtest.Contract(t, Definition()) }
