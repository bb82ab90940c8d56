package gotest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// logged is a run's log, and what was found on the way to it.
type logged struct {
	integrationtest.Found
	lines []string
}

func (l *logged) Log(s logs.Stream, p []byte) {
	if s == logs.Note {
		p = append([]byte("── "), p...)
	}
	l.LogRead(s, p)
}

func (l *logged) LogRead(_ logs.Stream, p []byte) int64 {
	first := len(l.lines)
	l.lines = append(l.lines, strings.Split(strings.TrimSuffix(string(p), "\n"), "\n")...)
	return int64(first)
}

// liveRun gives lines to the reader that a command has for them.
func liveRun(tb testing.TB, command string, lines []string) *logged {
	tb.Helper()
	task := integrationtest.Task(integrationtest.Root(tb, "testdata/shop"), "")
	task.Spec.Run = command
	l, ok := live(task)
	if !ok {
		tb.Fatalf("%s tells nothing live", command)
	}
	to := &logged{}
	read := l.Read(to)
	for _, line := range lines {
		if !read.Line([]byte(line)) {
			to.Log(logs.Out, []byte(line+"\n"))
		}
	}
	read.End()
	return to
}

// text is what a run prints of itself each time: no durations, no addresses.
func text(lines []string) string {
	all := regexp.MustCompile(`\d+\.\d+s|\(cached\)|0x[0-9a-f]+|oroutine \d+|m=\d+`).ReplaceAllString(strings.Join(lines, "\n"), "~")
	return strings.ReplaceAll(all, "\u00a0", " ") // go-cmp takes turns
}

func TestTheLogOfALiveRunReadsAsTheCommandPrintsIt(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	for events, want := range map[string]string{"basket_json.txt": "basket.txt", "panic_json.txt": "panic.txt", "race_talks_json.txt": "race_talks.txt", "died_json.txt": "died.txt"} {
		got := liveRun(t, "go test ./...", integrationtest.Lines(t, "testdata/"+events, root))
		// It also names a test that the program has ended with.
		got.lines = slices.DeleteFunc(got.lines, func(line string) bool { return strings.HasPrefix(line, "=== RUN") })
		if diff := cmp.Diff(text(integrationtest.Lines(t, "testdata/"+want, root)), text(got.lines)); diff != "" {
			t.Errorf("%s: %s", events, diff)
		}
	}
	// With -v a subtest's result does not wait for that of its parent.
	verbose := liveRun(t, "go test -v ./...", integrationtest.Lines(t, "testdata/basket_json.txt", root)).lines
	want := integrationtest.Lines(t, "testdata/basket_v.txt", root)
	slices.Sort(verbose)
	slices.Sort(want)
	if diff := cmp.Diff(text(want), text(verbose)); diff != "" {
		t.Error(diff)
	}
}

func TestALiveRunOfWhatDoesNotCompileReadsAsTheCommandPrintsIt(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	got := liveRun(t, "go test ./...", integrationtest.Lines(t, "testdata/json.txt", root)).lines
	want := integrationtest.Lines(t, "testdata/plain.txt", root)
	slices.Sort(got) // the compiler's words come while other packages are tested
	slices.Sort(want)
	if diff := cmp.Diff(text(want), text(got)); diff != "" {
		t.Error(diff)
	}
}

func TestALiveRunFindsWhatItsEventsTell(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	for _, file := range []string{"json.txt", "basket_json.txt", "panic_json.txt", "race_talks_json.txt", "died_json.txt", "unbuilt_json.txt"} {
		lines := integrationtest.Lines(t, "testdata/"+file, root)
		want := read(t, file)
		for _, command := range []string{"go test ./...", "go test -v ./...", "go test", "go test -v"} {
			got := liveRun(t, command, lines)
			if diff := cmp.Diff(want.Rows(), got.Rows()); diff != "" {
				t.Errorf("%s of %s: %s", command, file, diff)
			}
			for _, r := range got.Tests {
				if r.Status != tasks.TestFailed || r.Location.File == "" || r.Message == "data race" || strings.HasPrefix(r.Message, "did not finish") {
					continue // where it is told of, nothing names its place
				}
				if r.Line < 0 || r.Name != tasks.WholeFile && !strings.Contains(got.lines[r.Line], fmt.Sprint(path.Base(r.Location.File), ":", r.Location.Line)) && !strings.Contains(got.lines[r.Line], r.Name) {
					t.Errorf("%s of %s: %s, at %s, leads to %q", command, file, r.Name, r.Location, got.lines[r.Line])
				}
			}
			for _, d := range got.Diagnostics {
				if !strings.Contains(got.lines[d.Line], path.Base(d.Location.File)) {
					t.Errorf("%s of %s: %s leads to %q", command, file, d.Location, got.lines[d.Line])
				}
			}
		}
	}
}

func TestATestOfALiveRunHasItsOwnOutputOnly(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	lines := integrationtest.Lines(t, "testdata/basket_json.txt", root)
	var mixed []string
	for _, line := range lines {
		// Another package has a test of the same name.
		mixed = append(mixed, strings.NewReplacer("shop/basket", "shop/cart", "step", "other step").Replace(line), line)
	}
	for command, file := range map[string]string{"go test ./...": "basket.txt", "go test -v ./...": "basket_v.txt"} {
		want := map[string]string{}
		for name, own := range printed(t, file) {
			want[name] = text(own)
		}
		for _, given := range [][]string{lines, mixed} {
			got := liveRun(t, command, given)
			got.Tests = slices.DeleteFunc(got.Tests, func(r tasks.TestResult) bool { return r.Suite != "basket" })
			have := map[string]string{}
			for name, own := range got.Output(got.lines) {
				own = slices.DeleteFunc(own, func(line string) bool {
					// Text without -v does not say who prints.
					return strings.HasPrefix(line, "=== NAME") || command == "go test ./..." && (strings.HasPrefix(line, "first ") || strings.HasPrefix(line, "second "))
				})
				have[name] = text(own)
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s: %s", command, diff)
			}
		}
	}
}

func begins(pkg, test string) []string {
	p := fmt.Sprintf(`"Package":"example.com/shop/%s"`, pkg)
	return []string{
		`{"Action":"start",` + p + `}`,
		`{"Action":"run",` + p + `,"Test":"` + test + `"}`,
		`{"Action":"output",` + p + `,"Test":"` + test + `","Output":"=== RUN   ` + test + `\n"}`,
		`{"Action":"output",` + p + `,"Test":"` + test + `","Output":"    a_test.go:3: opening ` + test + `\n"}`,
	}
}

func passes(pkg, test string) []string {
	p := fmt.Sprintf(`"Package":"example.com/shop/%s"`, pkg)
	return []string{
		`{"Action":"output",` + p + `,"Test":"` + test + `","Output":"--- PASS: ` + test + ` (0.00s)\n"}`,
		`{"Action":"pass",` + p + `,"Test":"` + test + `","Elapsed":0}`,
		`{"Action":"output",` + p + `,"Output":"PASS\n"}`,
		`{"Action":"output",` + p + `,"Output":"ok  \texample.com/shop/` + pkg + `\t0.1s\n"}`,
		`{"Action":"pass",` + p + `,"Elapsed":0.1}`,
	}
}

func TestAFlagOfGOFLAGSCountsAsOneOfTheCommand(t *testing.T) {
	lines := slices.Concat(begins("cart", "TestTotal"), passes("cart", "TestTotal"))
	if got := liveRun(t, "GOFLAGS='-mod=mod -v' go test ./...", lines).lines; !slices.Contains(got, "    a_test.go:3: opening TestTotal") {
		t.Errorf("with -v it printed %q", got)
	}
	t.Setenv("GOFLAGS", "-v")
	if got := liveRun(t, "go test ./...", lines).lines; !slices.Contains(got, "    a_test.go:3: opening TestTotal") {
		t.Errorf("with -v of the environment it printed %q", got)
	}
	if got := liveRun(t, "GOFLAGS= go test ./...", lines).lines; slices.Contains(got, "    a_test.go:3: opening TestTotal") {
		t.Errorf("without -v it printed %q", got)
	}
}

func TestATestThatHangsIsNamedWhileOtherPackagesGoOn(t *testing.T) {
	task := integrationtest.Task(integrationtest.Root(t, "testdata/shop"), "")
	task.Spec.Run = "go test ./..."
	l, _ := live(task)
	to := &logged{}
	read := l.Read(to)
	for _, line := range slices.Concat(begins("cart", "TestTotal"), begins("price", "TestSlow"), passes("cart", "TestTotal")) {
		read.Line([]byte(line))
	}
	wantRows(t, &to.Found, "passed cart TestTotal", "running price TestSlow")
	if diff := cmp.Diff([]string{"ok  \texample.com/shop/cart\t0.1s"}, to.lines); diff != "" {
		t.Error(diff)
	}
	read.End()
	last := len(to.lines) - 1
	if !strings.HasPrefix(to.lines[last], "── still running at its end: price TestSlow for ") {
		t.Errorf("the last line is %q", to.lines[last])
	}
	if diff := cmp.Diff([]string{"=== RUN   TestSlow", "    a_test.go:3: opening TestSlow"}, to.lines[1:last]); diff != "" {
		t.Errorf("what was held: %s", diff)
	}
}

func TestOfSeveralPackagesThatSayAllOneHasTheFloor(t *testing.T) {
	got := liveRun(t, "go test -v ./...", slices.Concat(
		begins("cart", "TestTotal"), begins("price", "TestSlow"), begins("lint", "TestLint"), passes("lint", "TestLint"),
		[]string{`{"Action":"output","Package":"example.com/shop/cart","Test":"TestTotal","Output":"    a_test.go:4: going on\n"}`},
		passes("cart", "TestTotal"), passes("price", "TestSlow"),
	)).lines
	want := []string{
		"=== RUN   TestTotal", "    a_test.go:3: opening TestTotal",
		"=== RUN   TestLint", "    a_test.go:3: opening TestLint", "--- PASS: TestLint (0.00s)", "PASS", "ok  \texample.com/shop/lint\t0.1s",
		"=== NAME  TestTotal", "    a_test.go:4: going on", "--- PASS: TestTotal (0.00s)", "PASS", "ok  \texample.com/shop/cart\t0.1s",
		"=== RUN   TestSlow", "    a_test.go:3: opening TestSlow", "--- PASS: TestSlow (0.00s)", "PASS", "ok  \texample.com/shop/price\t0.1s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatATestThatTimesOutHasLoggedStandsAboveItsEnd(t *testing.T) {
	p := `{"Action":"output","Package":"example.com/shop/price","Test":"TestSlow","Output":"`
	got := liveRun(t, "go test ./...", slices.Concat(begins("price", "TestSlow"), []string{
		p + `panic: test timed out after 1s\n"}`, p + `\trunning tests:\n"}`, p + `\t\tTestSlow (1s)\n"}`,
		`{"Action":"fail","Package":"example.com/shop/price","Test":"TestSlow","Elapsed":1}`,
		`{"Action":"output","Package":"example.com/shop/price","Output":"FAIL\texample.com/shop/price\t1.003s\n"}`,
		`{"Action":"fail","Package":"example.com/shop/price","Elapsed":1.003}`,
	}))
	want := []string{
		"=== RUN   TestSlow", "    a_test.go:3: opening TestSlow", "panic: test timed out after 1s", "\trunning tests:", "\t\tTestSlow (1s)",
		"FAIL\texample.com/shop/price\t1.003s", "FAIL",
	}
	if diff := cmp.Diff(want, got.lines); diff != "" {
		t.Error(diff)
	}
	wantRows(t, &got.Found, "failed price TestSlow price/price_test.go:28 timed out after 1s")
	if took := got.Tests[0].Duration; took != time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestALiveRunThatIsCutOffAnywhereLosesNothingOfWhatFailed(t *testing.T) {
	root := integrationtest.Root(t, "testdata/shop")
	for _, file := range []string{"json.txt", "basket_json.txt", "panic_json.txt", "race_talks_json.txt", "died_json.txt", "unbuilt_json.txt"} {
		lines := integrationtest.Lines(t, "testdata/"+file, root)
		for cut := range lines {
			for _, command := range []string{"go test ./...", "go test -v ./..."} {
				got := liveRun(t, command, lines[:cut])
				shown := strings.Join(got.lines, "\n")
				for _, r := range got.Tests {
					if r.Status == tasks.TestFailed && !strings.Contains(r.Message, "want:") && !strings.Contains(shown, strings.TrimPrefix(r.Message, "did not finish: ")) && !strings.Contains(r.Message, "race") && !strings.Contains(r.Message, "+") {
						t.Errorf("%s of %s, cut at %d: nothing says %q", command, file, cut, r.Message)
					}
					for _, span := range r.Output {
						if span.From > int64(len(got.lines)) || span.To > int64(len(got.lines)) {
							t.Errorf("%s of %s, cut at %d: %s is said to have line %v of %d", command, file, cut, r.Name, span, len(got.lines))
						}
					}
				}
			}
		}
	}
}

func TestOnlyACommandThatIsPlainlyGoTestIsMadeLive(t *testing.T) {
	tests := []struct {
		unit config.Unit
		want string
	}{
		{config.Unit{Run: "go test ./..."}, "go test -json ./..."},
		{config.Unit{Run: "GOOS=linux  go -C api test -v -run 'TestA|TestB' ./..."}, "GOOS=linux  go -C api test -json -v -run 'TestA|TestB' ./..."},
		{config.Unit{Run: "go test -run x ./... -args -v -json"}, "go test -json -run x ./... -args -v -json"},
		{config.Unit{Run: "go test -C api -race ./..."}, "go test -C api -json -race ./..."},
		{config.Unit{Run: "go test --C=api"}, "go test --C=api -json"},
		{config.Unit{Run: "go test -C 'my api' ./..."}, "go test -C my api -json ./..."},
		{config.Unit{Run: "'go' test"}, "'go' test -json"},
		{config.Unit{Run: "'/opt/my go/go' test ./..."}, "/opt/my go/go test -json ./..."},
		{config.Unit{Command: []string{"/usr/bin/go", "test", "./a b"}}, "/usr/bin/go test -json ./a b"},
		{config.Unit{Run: "go test -json ./..."}, ""},
		{config.Unit{Run: "go test ./...", Env: map[string]string{"GOFLAGS": "-json"}}, ""},
		{config.Unit{Run: "go test -json=false ./..."}, ""},
		{config.Unit{Run: "go test -bench . ./..."}, ""},
		{config.Unit{Run: "go test -c ./cart"}, ""},
		{config.Unit{Run: "go test -list ."}, ""},
		{config.Unit{Run: "go test -v=test2json ./..."}, ""},
		{config.Unit{Run: "go vet ./... && go test ./..."}, ""},
		{config.Unit{Run: "go vet ./..."}, ""},
		{config.Unit{Run: "gotestsum -- ./..."}, ""},
		{config.Unit{Run: "go test ./... | tee log"}, ""},
		{config.Unit{Run: "make test"}, ""},
	}
	for _, tt := range tests {
		task := integrationtest.Task(t.TempDir(), "")
		task.Spec = tt.unit
		l, ok := live(task)
		got := l.Spec.Run + strings.Join(l.Spec.Command, " ")
		if ok != (tt.want != "") || got != tt.want {
			t.Errorf("%s%q: %q, want %q", tt.unit.Run, tt.unit.Command, got, tt.want)
		}
	}
}

func FuzzAnyEventsAreSurvivedLive(f *testing.F) {
	root := integrationtest.Root(f, "testdata/shop")
	for _, file := range []string{"json.txt", "basket_json.txt", "panic_json.txt", "race_talks_json.txt"} {
		f.Add(strings.Join(integrationtest.Lines(f, "testdata/"+file, root), "\n"))
	}
	f.Fuzz(func(t *testing.T, output string) {
		for _, command := range []string{"go test ./...", "go test -v ./...", "go test"} {
			for _, r := range liveRun(t, command, strings.Split(output, "\n")).Tests {
				if r.Name == "" || r.Status == "" {
					t.Fatalf("a test without a name or a status: %+v", r)
				}
			}
		}
	})
}
