package main

import (
	"bytes"
	"encoding/xml"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestAMatrixMakesAllCombinations(t *testing.T) {
	got, err := combinations(map[string]string{"x": "1"}, []string{"go=1.25,1.26", "race=true,false"})
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{
		{"x": "1", "go": "1.25", "race": "true"},
		{"x": "1", "go": "1.25", "race": "false"},
		{"x": "1", "go": "1.26", "race": "true"},
		{"x": "1", "go": "1.26", "race": "false"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if _, err := combinations(nil, []string{"go="}); err == nil {
		t.Error("a matrix without values was taken")
	}
}

func failedRun() tasks.Run {
	begun := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return tasks.Run{
		ID: "test#1", Task: "test", Status: tasks.Failed, Error: "exit 1", StartedAt: begun, EndedAt: begun.Add(2 * time.Second),
		Tests: []tasks.TestResult{
			{Suite: "cart", Name: "TestTotal", Status: tasks.TestFailed, Message: "want 3,\ngot 4: 100%", Location: tasks.Location{File: "cart/cart_test.go", Line: 41}, Duration: time.Second},
			{Suite: "cart", Name: "TestTable", Status: tasks.TestFailed},
			{Suite: "cart", Name: "TestTable/two", Status: tasks.TestFailed, Diff: "-two\n+2", Location: tasks.Location{File: "cart/cart_test.go", Line: 50}},
			{Suite: "cart", Name: "TestEmpty", Status: tasks.TestPassed},
			{Suite: "cart", Name: "TestLater", Status: tasks.TestSkipped, Message: "not yet"},
		},
		Diagnostics: []tasks.Diagnostic{{Severity: tasks.Warning, Location: tasks.Location{File: "a,b.go", Line: 3, Column: 2}, Message: "unused", Code: "deadcode"}},
	}
}

func TestFailuresAreAnnotatedForGitHub(t *testing.T) {
	var b bytes.Buffer
	githubOutput{}.annotate(&b, failedRun())
	want := "::error title=cart TestTotal,file=cart/cart_test.go,line=41::want 3,%0Agot 4: 100%25\n" +
		"::error title=cart TestTable/two,file=cart/cart_test.go,line=50::failed\n" +
		"::warning title=test deadcode,file=a%2Cb.go,line=3,col=2::unused\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Fatal(diff)
	}
}

func TestGitLabFoldsEachJob(t *testing.T) {
	var b bytes.Buffer
	g := gitlabOutput{now: func() time.Time { return time.Unix(1700000000, 0) }}
	j := &job{task: "test", params: map[string]string{"go": "1.26"}}
	g.begin(&b, j)
	g.end(&b, j)
	want := "\x1b[0Ksection_start:1700000000:test_go_1_26\r\x1b[0Ktest go=1.26\n\x1b[0Ksection_end:1700000000:test_go_1_26\r\x1b[0K\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Fatal(diff)
	}
}

func TestResultsAreWrittenAsJUnit(t *testing.T) {
	jobs := []*job{
		{task: "test", asked: true, run: failedRun()},
		{task: "lint", asked: true, run: tasks.Run{Task: "lint", Status: tasks.Failed, Error: "exit 2", Diagnostics: failedRun().Diagnostics}},
		{task: "build", asked: true, run: tasks.Run{Task: "build", Status: tasks.Succeeded}},
		{task: "deploy"},
	}
	text, err := xml.Marshal(junit(jobs))
	if err != nil {
		t.Fatal(err)
	}
	var back junitFile
	if err := xml.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	counts := map[string][3]int{}
	for _, s := range back.Suites {
		counts[s.Name] = [3]int{s.Tests, s.Failures, s.Skipped}
	}
	if diff := cmp.Diff(map[string][3]int{"test": {4, 2, 1}, "lint": {1, 1, 0}, "build": {1, 0, 0}}, counts); diff != "" {
		t.Fatal(diff)
	}
	if c := back.Suites[0].Cases[0]; c.File != "cart/cart_test.go" || c.Line != 41 || c.Failure == nil {
		t.Fatalf("the failed case is %+v", c)
	}
	var bodies []string
	for _, c := range slices.Concat(back.Suites[0].Cases, back.Suites[1].Cases) {
		if c.Failure != nil {
			bodies = append(bodies, c.Failure.Text)
		}
	}
	if diff := cmp.Diff([]string{"cart/cart_test.go:41: want 3,\ngot 4: 100%", "cart/cart_test.go:50\n-two\n+2", "a,b.go:3:2: warning: unused [deadcode]"}, bodies); diff != "" {
		t.Error(diff)
	}
}

func TestTheSystemThatThisRunsInIsKnownByItsVariable(t *testing.T) {
	for _, c := range []struct {
		name, github, gitlab string
		want                 ciOutput
	}{
		{"GitHub says so", "true", "", githubOutput{}},
		{"with a number, as act and scripts do", "1", "", githubOutput{}},
		{"GitLab with a number", "", "1", gitlabOutput{}},
		{"switched off", "false", "0", plainOutput{}},
		{"none", "", "", plainOutput{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GITHUB_ACTIONS", c.github)
			t.Setenv("GITLAB_CI", c.gitlab)
			got, err := (&app{}).ciOutput("auto")
			if g, ok := got.(gitlabOutput); ok {
				g.now = nil
				got = g
			}
			if err != nil || !reflect.DeepEqual(c.want, got) {
				t.Errorf("got %T, %v, want %T", got, err, c.want)
			}
		})
	}
}
