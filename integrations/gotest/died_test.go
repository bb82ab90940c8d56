package gotest

import (
	"strings"
	"testing"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

func TestAPackageThatFailsWithoutAFailedTestHasFailed(t *testing.T) {
	depth := "failed depth TestDepth depth/depth_test.go:5 fatal error: stack overflow"
	table := "failed table (file) table/table_test.go:9 panic: assignment to entry in nil map"
	setup := "failed setup (file)  no database at 127.0.0.1:5432"
	exits := []string{"passed exits TestStays", "failed exits TestExits exits/exits_test.go:10 did not finish: no prices"}
	for file, want := range map[string][]string{
		"died.txt":         {setup, "failed exits (file)  no prices", table, depth},
		"died_v.txt":       {setup, exits[0], exits[1], table, depth},
		"died_json.txt":    {setup, exits[0], exits[1], table, depth},
		"died_trimmed.txt": {table, depth},
	} {
		t.Run(file, func(t *testing.T) { wantRows(t, read(t, file), want...) })
	}
	wantRows(t, readText(t, "", "PASS\nexit status 1\nFAIL\texample.com/shop/cart\t0.004s"), "failed cart (file)  exit status 1")
	wantRows(t, readText(t, "", "FAIL\nFAIL\texample.com/shop/cart\t0.004s"), "failed cart (file)  it failed, and none of its tests has")
}

func TestAPanicIsTheSubtestsThatItIsIn(t *testing.T) {
	outer := []string{
		"failed inner TestOuter inner/inner_test.go:5", "failed inner TestOuter/fails inner/inner_test.go:7 want none",
		"failed inner TestOuter/group inner/inner_test.go:5",
		"failed inner TestOuter/group/panics inner/inner_test.go:13 panic: runtime error: invalid memory address or nil pointer dereference",
	}
	wantRows(t, read(t, "inner_json.txt"), outer...)
	wantRows(t, read(t, "inner.txt"), outer...)
	wantRows(t, read(t, "inner_after_json.txt"),
		"failed inner TestAfterItsSubtests inner/inner_test.go:22 panic: no more", "failed inner TestAfterItsSubtests/fails inner/inner_test.go:20 want none")
}

// heard is what was ever said of one test.
type heard struct {
	integrationtest.Found
	of       string
	messages []string
}

func (s *heard) Emit(ev tasks.Event) {
	if e, ok := ev.(tasks.TestReported); ok && e.Test.Name == s.of && e.Test.Message != "" {
		s.messages = append(s.messages, e.Test.Message)
	}
}

func TestTheTestAroundASubtestIsNeverSaidToHavePanicked(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	s := &heard{of: "TestOuter"}
	read := parse(integrationtest.Task(root, ""), s)
	for n, line := range integrationtest.Lines(t, "testdata/inner_json.txt", root) {
		read(int64(n), line)
	}
	if len(s.messages) > 0 { // what a run was told once stays
		t.Errorf("it said %q", s.messages)
	}
}

func TestWhatTheGoCommandCannotGiveToTheCompilerHasItsPlace(t *testing.T) {
	ring := "error ring/out/out.go:4  import cycle not allowed: example.com/shop/ring/out imports example.com/shop/ring/in"
	mixed := "error mixed/b.go:1  found packages mixed (a.go) and other (b.go) in one directory"
	module := "error sum/sum_test.go:6:2  no required module provides package github.com/stretchr/testify/assert: go get github.com/stretchr/testify/assert"
	for file, want := range map[string][]string{
		"unbuilt.txt":      {ring, mixed},
		"unbuilt_test.txt": {ring, mixed, module},
		"unbuilt_json.txt": {ring, mixed, module},
	} {
		t.Run(file, func(t *testing.T) { wantRows(t, read(t, file), want...) })
	}
	wantRows(t, readText(t, "", strings.Join([]string{
		"package example.com/shop/cart", "package manager: 3 packages", "\timports example.com/shop/ring/out from cart.go: no", "found packages in /", "found packages a (x.go) and b (y.go) in /elsewhere",
	}, "\n")))
}
