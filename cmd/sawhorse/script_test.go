//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sawhorse-dev/sawhorse/integrations/github/githubtest"
)

// TestVerbs runs the pages of testdata/script with the real program, each in a
// home and a state directory of its own. When a page ends, nothing that it
// started may be left.
//
// Beside testscript's own words, a page may say:
//
//	exits CODE COMMAND...        the command ends with exactly this code
//	until REGEXP COMMAND...      the command is run until its output has it
//	json [FILE]                  stdout, or the file, is valid JSON
//	schema FILE YAML             the JSON Schema in FILE accepts the file
//	port NAME                    $NAME is a free port
//	listen NAME                  $NAME is a port that is taken, $PID is by whom
//	host SIGNAL                  sends the host a signal
//	gone                         within five seconds nothing runs any more
//	other                        $OTHER is another version, $STRANGER one of another protocol
//	fill FILE                    $NAMES in the file become their values
//	times N REGEXP               the last output has it so often
//	github NAME                  $NAME is the API of a small GitHub with ada/shop; $NAMETOKEN opens it
//	tmpfs DIR SIZE               a small file system, where the condition [tmpfs] holds
func TestVerbs(t *testing.T) {
	program := theProgram(t)
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			w := world{home: filepath.Join(env.WorkDir, ".home"), state: filepath.Join(env.WorkDir, ".state")}
			env.Values[world{}] = w
			for _, line := range w.environ(program) {
				name, value, _ := strings.Cut(line, "=")
				env.Setenv(name, value)
			}
			env.Defer(func() {
				if err := w.end(); err != nil {
					env.T().Log(err)
					env.T().FailNow()
				}
			})
			return os.MkdirAll(w.home, 0o700)
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Getuid() == 0, nil
			case "tmpfs":
				return canMount(t), nil
			}
			return false, fmt.Errorf("no condition is called %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  scriptExits,
			"until":  scriptUntil,
			"json":   scriptJSON,
			"schema": scriptSchema,
			"port":   scriptPort,
			"listen": scriptListen,
			"host":   scriptHost,
			"gone":   scriptGone,
			"other":  scriptOther,
			"times":  scriptTimes,
			"tmpfs":  scriptTmpfs,
			"fill":   scriptFill,
			"github": scriptGitHub,
		},
	})
}

func worldOf(ts *testscript.TestScript) world { return ts.Value(world{}).(world) }

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// scriptUntil runs a command again until its output matches; only the last one
// is kept for stdout and stderr.
func scriptUntil(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] until REGEXP COMMAND...")
	}
	re, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	deadline := time.Now().Add(patience)
	for {
		cmd := exec.Command(args[1], args[2:]...)
		cmd.Dir = ts.MkAbs(".")
		cmd.Env = environOf(ts)
		if strings.ContainsRune(args[1], '/') {
			cmd.Path = ts.MkAbs(args[1])
		} else if path, err := exec.LookPath(args[1]); args[1] != "sawhorse" && err == nil {
			cmd.Path = path
		} else {
			path, err := built.program()
			ts.Check(err)
			cmd.Path, cmd.Err = path, nil
		}
		out, _ := cmd.CombinedOutput()
		if re.Match(out) != neg {
			ts.Logf("%s", out)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%q in vain within %v; the last output:\n%s", args[0], patience, out)
		}
		time.Sleep(glance)
	}
}

// environOf is the environment that a page's commands have.
func environOf(ts *testscript.TestScript) []string {
	program, err := built.program()
	ts.Check(err)
	return append(worldOf(ts).environ(program), "TMPDIR="+ts.Getenv("TMPDIR"))
}

func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	file := "stdout"
	if len(args) > 0 {
		file = args[0]
	}
	d := json.NewDecoder(bytes.NewReader([]byte(ts.ReadFile(file))))
	n := 0
	for d.More() {
		var v any
		if err := d.Decode(&v); err != nil {
			if !neg {
				ts.Fatalf("%s is not JSON: %v", file, err)
			}
			return
		}
		n++
	}
	if neg || n == 0 {
		ts.Fatalf("%s holds %d JSON values", file, n)
	}
}

func scriptSchema(ts *testscript.TestScript, neg bool, args []string) {
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	ts.Check(c.AddResource("sawhorse.schema.json", schema))
	compiled, err := c.Compile("sawhorse.schema.json")
	ts.Check(err)
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	if err := compiled.Validate(document); (err != nil) != neg {
		ts.Fatalf("the schema says of %s: %v", args[1], err)
	}
}

// scriptGitHub is a GitHub of this process, whose every request and answer is as
// GitHub describes them.
func scriptGitHub(ts *testscript.TestScript, _ bool, args []string) {
	shop := githubtest.Shop()
	var wrong []string
	var mu sync.Mutex
	s, err := githubtest.New(githubtest.Options{
		Token: "t0ken-of-the-page", MayApprove: true, Running: true, Speed: 10,
		Wrong: func(err error) { mu.Lock(); defer mu.Unlock(); wrong = append(wrong, err.Error()) },
	}, shop)
	ts.Check(err)
	api, stop := s.Start()
	ts.Defer(func() {
		stop()
		if len(wrong) > 0 {
			ts.Fatalf("not as GitHub describes it: %s", wrong)
		}
	})
	s.Push(shop, "ci.yml", "fix", "bob")
	ts.Setenv(args[0], api)
	ts.Setenv(args[0]+"TOKEN", "t0ken-of-the-page")
}

func scriptPort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

func scriptListen(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	ts.Setenv("PID", strconv.Itoa(os.Getpid()))
}

func scriptHost(ts *testscript.TestScript, _ bool, args []string) {
	pid, err := worldOf(ts).host()
	ts.Check(err)
	signals := map[string]syscall.Signal{"KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}
	ts.Check(syscall.Kill(pid, signals[args[0]]))
}

func scriptGone(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(worldOf(ts).empty(5 * time.Second))
}

// scriptOther puts the paths of two other builds into $OTHER and $STRANGER.
func scriptOther(ts *testscript.TestScript, _ bool, _ []string) {
	other, err := built.other()
	ts.Check(err)
	stranger, err := built.stranger()
	ts.Check(err)
	ts.Setenv("OTHER", other)
	ts.Setenv("STRANGER", stranger)
}

// scriptFill writes a file again with the values of its capital $NAMES.
func scriptFill(ts *testscript.TestScript, _ bool, args []string) {
	name := regexp.MustCompile(`\$[A-Z]{3,}\b`)
	text := name.ReplaceAllStringFunc(ts.ReadFile(args[0]), func(name string) string { return ts.Getenv(name[1:]) })
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// scriptTimes checks how often the last output has a text.
func scriptTimes(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	if got := len(re.FindAllString(ts.ReadFile("stdout"), -1)); got != want {
		ts.Fatalf("%q %d times, want %d", args[1], got, want)
	}
}
