package gotest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
)

func TestWhatATestLogsBehindALineThatItPrintedHalfIsItsMessage(t *testing.T) {
	p := `{"Action":"output","Package":"example.com/shop/cart","Test":"TestTotal","Output":"`
	lines := slices.Concat(begins("cart", "TestTotal"), []string{
		p + `two of    three    cart_test.go:12: want 4, got 3\n"}`, p + `--- FAIL: TestTotal (0.00s)\n"}`,
		`{"Action":"fail","Package":"example.com/shop/cart","Test":"TestTotal","Elapsed":0}`,
		`{"Action":"output","Package":"example.com/shop/cart","Output":"FAIL\texample.com/shop/cart\t0.003s\n"}`,
		`{"Action":"fail","Package":"example.com/shop/cart","Elapsed":0.003}`,
	})
	quiet := []string{
		"two of    three", "--- FAIL: TestTotal (0.00s)", "    a_test.go:3: opening TestTotal", "    cart_test.go:12: want 4, got 3",
		"FAIL\texample.com/shop/cart\t0.003s", "FAIL",
	}
	verbose := []string{
		"=== RUN   TestTotal", "    a_test.go:3: opening TestTotal", "two of    three    cart_test.go:12: want 4, got 3", "--- FAIL: TestTotal (0.00s)",
		"FAIL\texample.com/shop/cart\t0.003s", "FAIL",
	}
	for command, want := range map[string][]string{"go test ./...": quiet, "go test -v ./...": verbose} {
		got := liveRun(t, command, lines)
		if diff := cmp.Diff(want, got.lines); diff != "" {
			t.Errorf("%s: %s", command, diff)
		}
		wantRows(t, &got.Found, "failed cart TestTotal cart/cart_test.go:12 want 4, got 3")
	}
}

func TestASubtestThatPrintsNoEndOfItsLastLineLosesNothingOfWhatItLogged(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	for command, want := range map[string][]string{
		"go test ./...": {
			"done", "--- FAIL: TestOuter (0.00s)", "    --- FAIL: TestOuter/fails (0.00s)", "        inner_test.go:7: want none",
		},
		"go test -v ./...": {
			"=== RUN   TestOuter", "=== RUN   TestOuter/fails", "    inner_test.go:7: want none", "done", "    --- FAIL: TestOuter/fails (0.00s)", "--- FAIL: TestOuter (0.00s)",
		},
	} {
		lines := slices.Clone(integrationtest.Lines(t, "testdata/inner_json.txt", root)[:8])
		result := len(lines) - 2 // "--- FAIL: TestOuter/fails", and that it has
		unended := `{"Action":"output","Package":"example.com/shop/inner","Test":"TestOuter/fails","Output":"done"}`
		p := `"Package":"example.com/shop/inner","Test":"TestOuter"`
		lines = append(slices.Insert(lines, result, unended), `{"Action":"output",`+p+`,"Output":"--- FAIL: TestOuter (0.00s)\n"}`, `{"Action":"fail",`+p+`}`, `{"Action":"fail","Package":"example.com/shop/inner"}`)
		if diff := cmp.Diff(append(want, "FAIL"), liveRun(t, command, lines).lines); diff != "" {
			t.Errorf("%s: %s", command, diff)
		}
	}
}

func TestATestOfManyRunsHasFailedWhenOneOfThemHas(t *testing.T) {
	p := `"Package":"example.com/shop/cart","Test":"TestTotal"`
	failing := append(begins("cart", "TestTotal"),
		`{"Action":"output",`+p+`,"Output":"    cart_test.go:12: want 4, got 3\n"}`, `{"Action":"output",`+p+`,"Output":"--- FAIL: TestTotal (0.00s)\n"}`,
		`{"Action":"fail",`+p+`,"Elapsed":0}`)
	ends := []string{`{"Action":"output","Package":"example.com/shop/cart","Output":"FAIL\n"}`, `{"Action":"fail","Package":"example.com/shop/cart","Elapsed":0.1}`}
	passing := append(begins("cart", "TestTotal")[1:], passes("cart", "TestTotal")[:2]...)
	for _, lines := range [][]string{slices.Concat(failing, passing, passing, ends), slices.Concat(passing, failing, passing, ends), slices.Concat(passing, passing, failing, ends)} {
		for _, command := range []string{"go test -count=3 ./...", "go test -v -count=3 ./..."} {
			got := liveRun(t, command, lines)
			wantRows(t, &got.Found, "failed cart TestTotal cart/cart_test.go:12 want 4, got 3")
			if led := got.lines[got.Tests[0].Line]; led != "    cart_test.go:12: want 4, got 3" {
				t.Errorf("%s leads to %q", command, led)
			}
		}
	}
}

func TestATimeoutIsKnownBehindALineThatWasPrintedHalf(t *testing.T) {
	p := `{"Action":"output","Package":"example.com/shop/price","Test":"TestSlow","Output":"`
	got := liveRun(t, "go test ./...", slices.Concat(begins("price", "TestSlow"), []string{
		p + `waiting"}`, p + `panic: test timed out after 1s\n"}`, p + `\trunning tests:\n"}`, p + `\t\tTestSlow (1s)\n"}`,
		`{"Action":"fail","Package":"example.com/shop/price","Test":"TestSlow","Elapsed":1}`,
		`{"Action":"output","Package":"example.com/shop/price","Output":"FAIL\texample.com/shop/price\t1.003s\n"}`,
		`{"Action":"fail","Package":"example.com/shop/price","Elapsed":1.003}`,
	}))
	want := []string{
		"waiting", "=== RUN   TestSlow", "    a_test.go:3: opening TestSlow", "panic: test timed out after 1s", "\trunning tests:", "\t\tTestSlow (1s)",
		"FAIL\texample.com/shop/price\t1.003s", "FAIL",
	}
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Error(diff)
	}
	wantRows(t, &got.Found, "failed price TestSlow price/price_test.go:28 timed out after 1s")
	wantRows(t, readText(t, "", "waitingpanic: test timed out after 1s\n\trunning tests:\n\t\tTestSlow (1s)\nFAIL\texample.com/shop/price\t1.003s"),
		"failed price TestSlow price/price_test.go:28 timed out after 1s")
	for line, want := range map[string]int{"waiting panic: test timed out after 10m0s": 8, "    a_test.go:1: panic: test timed out after 1s": 0, `"panic: test timed out after 1s",`: 0} {
		if at := timeoutAt(line); at != want {
			t.Errorf("%q: at %d, want %d", line, at, want)
		}
	}
}
