package history

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestAHistoryOfEveryOlderBuildIsReadAndWritten(t *testing.T) {
	for version := range migrations() {
		path := filepath.Join(t.TempDir(), "history.db")
		writeOld(t, path, version)
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r := tasks.Run{ID: "test#2", Task: "test", Number: 2, Status: tasks.Succeeded, EndedAt: time.Now()}
		r.Tests = []tasks.TestResult{{Name: "Pay", Status: tasks.TestPassed}}
		if err := s.Add(t.Context(), r, Code{Commit: "c0ffee", Print: "p"}); err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		runs, err := s.Runs(t.Context(), Filter{})
		if want := min(version, 1) + 1; err != nil || len(runs) != want {
			t.Errorf("version %d: %d runs, want %d, %v", version, len(runs), want, err)
		}
		if all, err := s.Trends(t.Context(), TestFilter{}); err != nil || len(all) != 1 || all[0].Results[0].Commit != "c0ffee" {
			t.Errorf("version %d: %+v, %v", version, all, err)
		}
	}
}

// writeOld makes a file as a build with that many migrations left it, with a run
// in it; of version 0, an empty one.
func writeOld(t *testing.T, path string, version int) {
	t.Helper()
	db, err := sql.Open("sqlite", source(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	statements := migrations()[:version]
	if version > 0 {
		statements = append(statements,
			"INSERT INTO runs (id, task, number, status, cause, ended_at) VALUES ('test#1', 'test', 1, 'succeeded', '{}', unixepoch() * 1000000000)",
			fmt.Sprintf("PRAGMA user_version = %d", version))
	}
	for _, text := range statements {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
}
