package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// bad are files and what is said about them: position, message and hint.
// structural ones are refused by the JSON Schema too.
var bad = []struct {
	name       string
	text       string
	want       []string
	structural bool
}{
	{"empty", "", []string{`1:1: the file is empty (begin with: version: 1)`}, false},
	{"comment only", "# nothing\n", []string{`1:1: the file is empty (begin with: version: 1)`}, false},
	{"list", "- a\n", []string{`1:1: the file must be a mapping, not a list`}, true},
	{"text", "hello\n", []string{`1:1: the file must be a mapping, not text`}, true},
	{"no version", "services: {a: x}\n", []string{`1:1: the file has no version (add this as its first line: version: 1)`}, true},
	{"wrong version", "version: \"0.5\"\n", []string{`1:10: version must be 1, not "0.5" (write version: 1; a file of Compose or process-compose has a version of its own)`}, true},
	{"syntax", "version: 1\nservices:\n  a: [x\n", []string{`3:6: invalid YAML: sequence end token ']' not found (close the bracket)`}, false},
	{"tab", "version: 1\nservices:\n\ta: x\n", []string{`3:1: a tab is used for indentation, which YAML does not allow (indent with spaces)`}, false},
	{"reserved", "version: 1\nservices:\n  a: `x`\n", []string{"3:6: invalid YAML: '`' is a reserved character (put the value in quotes)"}, false},
	{"colon", "version: 1\nservices:\n  a: b: c\n", []string{`3:6: invalid YAML: mapping value is not allowed in this context (a value with ": " in it needs quotes)`}, false},
	{"not UTF-8", "version: 1\nname: \xff\n", []string{`2:7: byte 0xff is not UTF-8 text (save the file as UTF-8)`}, false},
	{"UTF-16", "\xff\xfev\x00", []string{`1:1: the file is UTF-16 (save it as UTF-8)`}, false},
	{"binary", "version: 1\n\x00", []string{`2:1: the file has a NUL byte (is this a text file?)`}, false},
	{"two documents", "version: 1\n---\nversion: 1\n", []string{`3:1: the file has a second document (keep one document; remove the line ---)`}, false},
	{"unquoted braces", "version: 1\nservices: {a: {run: x ${{ ports.p }}, dir: y}}\n", []string{`2:24: invalid YAML: ',' or '}' must be specified (close the bracket; inside of brackets a value with { } [ ] or a comma in it needs quotes)`}, false},
	{"key twice", "version: 1\nservices:\n  a: x\n  a: y\n", []string{`4:3: key "a" is given twice (keep one of them)`}, false},
	{"unknown anchor", "version: 1\nx-a: &base 1\nname: *bose\n", []string{`3:7: unknown anchor "bose" (did you mean "base"?)`}, false},
	{"anchor in itself", "version: 1\nx-a: &a [*a]\n", []string{`2:10: anchor "a" contains itself`}, false},
	{"foreign tag", "version: 1\nname: !env X\n", []string{`2:7: the tag !env has no meaning here (remove it)`}, false},
	{"merge of text", "version: 1\nx-a: &a 1\nservices: {a: {<<: *a, run: x}}\n", []string{`3:16: << merges mappings, this is a number`}, false},

	{"unknown key", "version: 1\nservices:\n  api:\n    run: x\n    depend_on: [b]\n", []string{`5:5: unknown key "depend_on" in service "api" (did you mean "depends_on"?)`}, true},
	{"unknown top key", "version: 1\nservice: {}\n", []string{`2:1: unknown key "service" in the file (did you mean "services"?)`}, true},
	{"unknown nested key", "version: 1\nservices: {a: {run: x, ready: {htp: y}}}\n", []string{`2:32: unknown key "htp" in ready of service "a" (did you mean "http"?)`}, true},
	{"all at once", "version: 1\nservices:\n  a: {rnu: x, groups: [\"?\"], tty: maybe}\n  b: 7\n  c: []\n", []string{
		`3:7: unknown key "rnu" in service "a" (did you mean "run"?)`,
		`3:24: groups of service "a" must be a name of letters, digits, dot, - and _, not "?"`,
		`3:35: tty of service "a" must be true or false, not "maybe"`,
		`5:6: service "c" must be a mapping or a command line, not a list`,
	}, true},
	{"unknown format", "version: 1\ntasks: {a: {run: x, format: $tcs}}\n", []string{`2:29: format of task "a" must be one of ` + strings.Join(config.Formats(), ", ") + `, not "$tcs" (did you mean "$tsc"?)`}, true},
	{"formats of one's own", "version: 1\ntasks:\n  a: {run: x, format: {errorformat: \"%f:%y\"}}\n  b: {run: x, format: {pattern: {regexp: \"(a\"}}}\n  c: {run: x, format: {pattern: {regexp: \"(a)\", file: 2}}}\n", []string{
		`3:37: format.errorformat of task "a": %y is unknown (write it like "%f:%l:%c: %m"; it is one pattern, without Vim's commas and backslashes between several)`,
		"4:42: format.pattern.regexp of task \"b\": error parsing regexp: missing closing ): `(a` (the syntax is RE2: https://golang.org/s/re2syntax)",
		`5:33: format.pattern of task "c" names group 2, and its regexp has 1 (groups are counted by their opening bracket, from 1)`,
	}, false},
	{"a service's format", "version: 1\nservices: {a: {run: x, format: go}}\n", []string{`2:24: "format" is for tasks, and "a" is a service (move "a" to tasks: if it is meant to end)`}, true},
	{"nothing to run", "version: 1\nservices:\n  a: {dir: x}\n  b:\n", []string{
		`3:3: service "a" has no run or command or image or build or compose (say what it runs: run: go run .)`,
		`4:3: service "b" has no run or command (say what it runs: run: go run .)`,
	}, true},
	{"run and command", "version: 1\nservices: {a: {run: x, command: [x]}}\n", []string{`2:24: "command" cannot be given together with "run" in service "a" (keep one of them)`}, true},
	{"alias and key", "version: 1\nservices: {a: {run: x, dir: a, working_dir: b}}\n", []string{`2:32: "working_dir" cannot be given together with "dir" in service "a" (keep one of them)`}, true},
	{"two words of others", "version: 1\nservices: {a: {run: x, stop: {signal: INT}, stop_grace_period: 5s}}\n", []string{`2:45: "stop_grace_period" cannot be given together with "stop" in service "a" (keep one of them)`}, true},
	{"empty line", "version: 1\nservices: {a: ' '}\n", []string{`2:15: service "a" is empty (give it a value or remove the key)`}, true},
	{"empty argv", "version: 1\nservices: {a: {command: []}}\n", []string{`2:25: command of service "a" names no program (write it like ["go", "run", "."])`}, false},
	{"no value", "version: 1\nservices:\n  a:\n    run: x\n    env:\n", []string{`5:5: env of service "a" has no value (give it a value or remove the key)`}, true},
	{"name", "version: 1\ntasks: {-x: y, 'a b': z}\n", []string{
		`2:9: "-x" is not the name of a task (names begin with a letter or digit and have letters, digits, dot, - and _)`,
		`2:16: "a b" is not the name of a task (names begin with a letter or digit and have letters, digits, dot, - and _)`,
	}, true},
	{"wrong kind", "version: 1\nservices:\n  api: {run: x, schedule: 5m}\ntasks:\n  t: {run: x, restart: always}\n", []string{
		`3:17: "schedule" is for tasks, and "api" is a service (move "api" to tasks: if it is meant to end)`,
		`5:15: "restart" is for services, and "t" is a task (move "t" to services: if it is meant to stay up)`,
	}, true},
	{"use of nothing", "version: 1\ntasks:\n  d: {use: [x]}\n  e: {use: github, run: x}\n  f: {use: github, workflow: [a]}\n  g: {use: github, inputs: 7}\n", []string{
		`3:12: use of task "d" must be the name of a connection, not a list`,
		`4:20: "run" has no meaning in task "e", which github runs (remove it)`,
		`5:30: workflow of task "f" must be text, not a list`,
		`6:28: inputs of task "g" must be a mapping of names to values, not 7`,
	}, true},
	{"a service that others run", "version: 1\nservices: {a: {use: github}}\n", []string{`2:16: unknown key "use" in service "a" (did you mean "user"?)`}, true},
	{"name twice", "version: 1\ntasks: {a: x}\nservices: {a: y}\n", []string{`3:12: the name "a" is taken by a task (services and tasks share their names; rename one of them)`}, false},

	{"unknown dependency", "version: 1\nservices:\n  api: {run: x, depends_on: [databse]}\n  database: y\n", []string{`3:30: service "api" depends on "databse", which is neither a service nor a task (did you mean "database"?)`}, false},
	{"self-dependency", "version: 1\ntasks: {a: {run: x, depends_on: a}}\n", []string{`2:33: task "a" depends on itself (remove it from depends_on)`}, false},
	{"dependency twice", "version: 1\ntasks: {a: {run: x, depends_on: [b, b]}, b: x}\n", []string{`2:37: depends_on of task "a" names "b" twice (keep one of them)`}, false},
	{"cycle", "version: 1\nservices:\n  d: {run: x, depends_on: [a]}\n  a: {run: x, depends_on: {b: started}}\n  b: {run: x, depends_on: [c]}\n  c: {run: x, depends_on: [a]}\n", []string{`6:28: dependency cycle: a -> b -> c -> a (remove one of these dependencies)`}, false},
	{"condition", "version: 1\nservices: {a: {run: x, depends_on: {b: heathy}}, b: x}\n", []string{`2:40: depends_on.b of service "a" must be one of started, ready, succeeded, completed, not "heathy" (did you mean "healthy"?)`}, true},
	{"ready task", "version: 1\nservices: {a: {run: x, depends_on: {t: ready}}}\ntasks: {t: x}\n", []string{`2:37: service "a" waits for "t" to be ready, but "t" is a task, which ends instead of becoming ready (use succeeded, or started)`}, false},
	{"succeeded service", "version: 1\nservices: {a: {run: x, depends_on: {b: succeeded}}, b: {run: x, restart: always}}\n", []string{`2:37: service "a" waits for "b" to be succeeded, but "b" is restarted whenever it ends (use ready or started, or change its restart)`}, false},

	{"regex", "version: 1\nservices: {a: {run: x, ready: {log: 'a('}}}\n", []string{"2:37: ready.log of service \"a\": error parsing regexp: missing closing ): `a(` (the syntax is RE2: https://golang.org/s/re2syntax)"}, false},
	{"inputs of nothing", "version: 1\ntasks:\n  a: {run: x, inputs: {env: [X]}}\n  b: {run: x, inputs: {files: ['*.go'], env: ['A B', 7]}}\n", []string{
		`3:23: inputs of task "a" has no files (add files: a list of globs)`,
		`4:47: inputs.env of task "b" must be the name of a variable, not "A B" (names have no =, no space)`,
		`4:54: inputs.env of task "b" must be the name of a variable, not 7 (names have no =, no space)`,
	}, true},
	{"probe of nothing", "version: 1\nservices: {a: {run: x, ready: {every: 1s}}}\n", []string{`2:31: ready of service "a" has no http or tcp or exec or log`}, true},
	{"probe of two", "version: 1\nservices: {a: {run: x, ready: {tcp: 1, exec: x}}}\n", []string{`2:40: "exec" cannot be given together with "tcp" in ready of service "a" (keep one of them)`}, true},
	{"address", "version: 1\nservices: {a: {run: x, ready: {tcp: localhost}}, b: {run: x, ready: {http: 'ftp://h'}}}\n", []string{
		`2:37: ready.tcp of service "a": "localhost" has no port (write an address like "127.0.0.1:5432", or ":5432")`,
		`2:76: ready.http of service "b": "ftp://h" is not a URL of http or https (write a URL like "http://127.0.0.1:8080/health", or ":8080/health")`,
	}, false},
	{"glob", "version: 1\ntasks: {a: {run: x, watch: ['a[', ../x, /abs]}}\n", []string{
		`2:29: watch of task "a": "a[" is not a glob (close brackets and braces; ** stands for any directories)`,
		`2:35: watch of task "a": "../x" is outside of the workspace (write it relative to the directory of the file)`,
		`2:41: watch of task "a": "/abs" is outside of the workspace (write it relative to the directory of the file)`,
	}, false},
	{"cron", "version: 1\ntasks: {a: {run: x, schedule: '* *'}, b: {run: x, schedule: 'TZ=UTC'}, c: {run: x, schedule: '@every 0s'}}\n", []string{
		`2:31: schedule of task "a": expected exactly 5 fields, found 2: [* *] (write it like "0 3 * * *" (minute hour day month weekday), "@daily" or "5m")`,
		`2:61: schedule of task "b" has a time zone and no cron line (write it like "TZ=UTC 0 3 * * *")`,
		`2:94: schedule of task "c" must be a duration of at least 1s, not "0s"`,
	}, false},
	{"duration", "version: 1\ntasks: {a: {run: x, timeout: 5 minutes}}\n", []string{`2:30: timeout of task "a" must be a duration, not "5 minutes" (write it like "500ms", "2s", "1h30m", "14d"; a bare number is seconds)`}, true},
	{"signal", "version: 1\nservices: {a: {run: x, stop: {signal: SIGTREM}}, b: {run: x, stop_signal: 64}}\n", []string{
		`2:39: stop.signal of service "a" must be the name of a signal, not "SIGTREM" (did you mean "TERM"?)`,
		`2:75: stop_signal of service "b" must be the name of a signal, not 64`,
	}, true},
	{"port", "version: 1\nservices: {a: {run: x, ports: {http: 70000}}, b: {run: x, ports: ['80:80']}, c: {run: x, ports: {a.b: 1}}}\n", []string{
		`2:38: ports.http of service "a" must be a port number from 1 to 65535, or auto, not 70000`,
		`2:67: service "b" is a process: its port has one number (write the number alone, or give the service an image)`,
		`2:98: "a.b" is not the name of a port (names have letters, digits, - and _)`,
	}, true},
	{"port twice", "version: 1\nservices: {a: {run: x, ports: {http: 80}}, b: {run: x, ports: {http: 80}}}\n", []string{`2:70: port 80 of service "b" is also that of service "a" (change one of them, or use auto)`}, false},
	{"port twice in one", "version: 1\nservices: {a: {run: x, ports: [80, 80]}}\n", []string{`2:36: port 80 is given twice in service "a" (remove one of them, or use auto)`}, false},
	{"port variables", "version: 1\nservices: {a: {run: x, ports: {a-b: auto, a_b: auto}}}\n", []string{`2:48: ports "a-b" and "a_b" of service "a" would both be A_B_PORT (rename one of them)`}, false},
	{"replicas", "version: 1\nservices: {a: {run: x, replicas: 0}, b: {run: x, replicas: 2, ports: {http: 80}}}\n", []string{
		`2:34: replicas of service "a" must be a whole number from 1 to 100, not 0`,
		`2:77: 2 replicas of service "b" cannot share port 80 (use auto, and each has its own)`,
	}, true},
	{"backoff", "version: 1\nservices: {a: {run: x, restart: {when: always, min: 5s, max: 1s}}}\n", []string{`2:33: restart of service "a": min is 5s, more than max, which is 1s`}, false},
	{"params", "version: 1\ntasks:\n  a:\n    run: x\n    params:\n      n: {type: int, default: x}\n      c: {choices: [a, b], default: z}\n      r: {required: true, default: z}\n      t: {type: int, choices: [1, b]}\n      \"a b\": 1\n", []string{
		`6:7: params.n of task "a": the default "x" is not of type int`,
		`7:7: params.c of task "a": the default "z" is not one of the choices (choices: a, b)`,
		`8:7: params.r of task "a" is required and has a default (remove required: the default is used when no value is given)`,
		`9:7: params.t of task "a": the choice "b" is not of type int`,
		`10:7: "a b" is not the name of a parameter (names have letters, digits, - and _)`,
	}, true},
	{"param variables", "version: 1\ntasks: {a: {run: x, params: [a-b, {name: a_b}]}}\n", []string{`2:35: params "a-b" and "a_b" of task "a" would both be PARAM_A_B (rename one of them)`}, false},
	{"environment", "version: 1\nservices: {a: {run: x, env: {A: ~, 'B C': 1, D: [x]}}, b: {run: x, env: [A, B=1, B=2]}}\n", []string{
		`2:30: A of env of service "a" has no value (for an empty one write "")`,
		`2:36: "B C" is not the name of a variable (names have no =, no space)`,
		`2:49: env.D of service "a" must be text, not a list`,
		`2:74: env of service "b" must be a list of KEY=VALUE, not "A"`,
		`2:82: B is given twice in env of service "b" (keep one of them)`,
	}, true},
	{"NUL", "version: 1\nservices: {a: {run: \"a\\0b\"}}\n", []string{`2:21: run of service "a" has a NUL character, which no process can be given`}, false},
	{"size", "version: 1\nlogs: {size: 1 GiBi, total: -1, age: 0}\n", []string{
		`2:14: logs.size must be a size, not "1 GiBi" (write it like "64MiB" or "1GB"; a bare number is bytes)`,
		`2:29: logs.total must be a size, not -1 (write it like "64MiB" or "1GB"; a bare number is bytes)`,
		`2:38: logs.age must be a duration of at least 1s, not 0 (write it like "500ms", "2s", "1h30m", "14d"; a bare number is seconds)`,
	}, true},
	{"references", "version: 1\nenv: {U: '${{ params.x }}'}\nservices:\n  api:\n    run: |\n      echo ${{ ports.htp }}\n      echo ${{ ports.dv.pg }} ${{ prots.http }} ${{ ports.pg }}\n    ports: {http: auto}\n  db: {run: x, ports: {pg: 5432}}\ntasks:\n  t: {run: 'x ${{ params.naem }}', params: {name: x}}\n  u: x ${{ ports.x\n", []string{
		`2:11: ${{ params.x }}: the workspace has no params (only tasks have params)`,
		`6:12: ${{ ports.htp }}: service "api" has no port "htp" (did you mean "http"?)`,
		`7:12: ${{ ports.dv.pg }}: there is no service "dv" (did you mean "db"?)`,
		`7:31: ${{ prots.http }}: "prots.http" is not known (did you mean "ports"?)`,
		`7:49: ${{ ports.pg }}: service "api" has no port "pg" (known here: http)`,
		`11:15: ${{ params.naem }}: task "t" has no param "naem" (did you mean "name"?)`,
		`12:6: task "u": ${{ without }} (write ${{ ports.name }}; for the text itself, $${{)`,
	}, false},
}

func TestEveryProblemSaysWhatWhereAndWhatToDo(t *testing.T) {
	for _, tc := range bad {
		t.Run(tc.name, func(t *testing.T) {
			_, err := config.LoadBytes("sawhorse.yml", []byte(tc.text))
			var want []string
			for _, w := range tc.want {
				want = append(want, "sawhorse.yml:"+w)
			}
			if diff := cmp.Diff(want, summaries(t, err)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			checkProblems(t, tc.text, err)
		})
	}
}

// checkProblems fails when a problem points outside of the file.
func checkProblems(t *testing.T, text string, err error) {
	t.Helper()
	problems, ok := errors.AsType[config.Problems](err)
	if !ok || len(problems) == 0 {
		t.Fatalf("the error is %T %v, not problems", err, err)
	}
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff")), "\n")
	for _, p := range problems {
		places := []config.Position{p.Pos}
		for _, r := range p.Related {
			places = append(places, r.Pos)
		}
		for _, pos := range places {
			if pos.Line < 1 || pos.Line > len(lines) || pos.Column < 1 || pos.Column > len([]rune(lines[pos.Line-1]))+1 {
				t.Errorf("%s is outside of %q", pos, text)
			}
		}
		if p.Message == "" || strings.ContainsRune(p.String(), '\x1b') || strings.Contains(p.Message, "%!") {
			t.Errorf("bad message in %q", p.String())
		}
	}
}

func TestAProblemIsShownWithItsLineAndACaret(t *testing.T) {
	_, err := config.LoadBytes("sawhorse.yml", []byte("version: 1\nservices:\n  é界: x\n  api: {run: 界,   depend_on: [b]}\n  b: {run: x, depends_on: [c]}\n  c: {run: x, depends_on: [b]}\n"))
	var got strings.Builder
	problems, _ := errors.AsType[config.Problems](err)
	if err := problems.Format(&got, false); err != nil {
		t.Fatal(err)
	}
	want := `sawhorse.yml:3:3: "é界" is not the name of a service
  3 |   é界: x
    |   ^^^
  names begin with a letter or digit and have letters, digits, dot, - and _

sawhorse.yml:4:19: unknown key "depend_on" in service "api"
  4 |   api: {run: 界,   depend_on: [b]}
    |                    ^^^^^^^^^
  did you mean "depends_on"?

sawhorse.yml:6:28: dependency cycle: b -> c -> b
  6 |   c: {run: x, depends_on: [b]}
    |                            ^
  sawhorse.yml:5:28: b depends on c
  sawhorse.yml:6:28: c depends on b
  remove one of these dependencies
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	if got := err.Error(); !strings.Contains(got, "sawhorse.yml:4:19: unknown key") || strings.HasSuffix(got, "\n") {
		t.Errorf("as an error: %q", got)
	}
}

func TestAFileCannotSteerTheTerminal(t *testing.T) {
	_, err := config.LoadBytes("sawhorse.yml", []byte("version: 1\n\"\\e[2J\": x # \x1b[2J"+strings.Repeat("y", 500)+"\n"))
	shown := err.Error()
	if strings.ContainsRune(shown, '\x1b') {
		t.Errorf("an escape character is printed: %q", shown)
	}
	for line := range strings.SplitSeq(shown, "\n") {
		if len([]rune(line)) > 200 {
			t.Errorf("a line of %d characters is printed", len([]rune(line)))
		}
	}
}

func TestColourIsOnlyAddedWhenAskedFor(t *testing.T) {
	_, err := config.LoadBytes("sawhorse.yml", []byte("version: 2\n"))
	problems, _ := errors.AsType[config.Problems](err)
	var plain, coloured strings.Builder
	if err := errors.Join(problems.Format(&plain, false), problems.Format(&coloured, true)); err != nil {
		t.Fatal(err)
	}
	stripped := strings.NewReplacer("\x1b[1m", "", "\x1b[2m", "", "\x1b[31m", "", "\x1b[36m", "", "\x1b[0m", "").Replace(coloured.String())
	if stripped != plain.String() || coloured.String() == plain.String() {
		t.Errorf("plain %q, coloured %q", plain.String(), coloured.String())
	}
}

func TestProblemsAreData(t *testing.T) {
	_, err := config.LoadBytes("sawhorse.yml", []byte("version: 1\nservice: {}\n"))
	got, jsonErr := json.Marshal(err)
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	want := `[{"pos":{"file":"sawhorse.yml","line":2,"column":1},"length":7,"message":"unknown key \"service\" in the file","hint":"did you mean \"services\"?","source":"service: {}"}]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestHostileFilesCostLittle(t *testing.T) {
	laughs := "version: 1\nx-a: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := range 40 {
		laughs += fmt.Sprintf("x-%d: &a%d [%s*a%d]\n", i, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 8), i)
	}
	merges := "version: 1\nx-a: &a {"
	for i := range 2000 {
		merges += fmt.Sprintf("k%d: v, ", i)
	}
	merges += "z: v}\nx-b: [" + strings.Repeat("{<<: *a}, ", 2000) + "x]\n"
	for name, text := range map[string]string{
		"billion laughs": laughs,
		"merge bomb":     merges,
		"brackets":       "version: " + strings.Repeat("[", 100_000),
		"braces":         "version: " + strings.Repeat("{a: ", 20_000),
		"dashes":         strings.Repeat("- ", 90_000),
		"many keys":      "version: 1\n" + strings.Repeat("x-k: v\n", 40_000),
		"huge":           strings.Repeat("#", 2<<20),
		"many unknown":   "version: 1\nservices:\n" + many(1500, "  u%d: {run: v, depends_on: nothing%[1]d}\n"),
		"one long line":  "version: 1\nservices: {a: {command: [" + strings.Repeat("'é${{ ports.x }}', ", 3_000) + "]}}\n",
		"deep indents":   deep(400),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.LoadBytes("sawhorse.yml", []byte(text))
			if err == nil {
				t.Fatal("the file was accepted")
			}
			checkProblems(t, text, err)
		})
	}
}

func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func deep(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func FuzzLoadBytes(f *testing.F) {
	for _, tc := range bad {
		f.Add([]byte(tc.text))
	}
	for _, text := range good {
		f.Add([]byte(text))
	}
	if demo, err := os.ReadFile("../../examples/sawhorse.yml"); err == nil {
		f.Add(demo)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := config.LoadBytes("sawhorse.yml", text)
		if err != nil {
			checkProblems(t, string(text), err)
			return
		}
		changed, added, removed := config.Diff(file, file)
		if len(changed)+len(added)+len(removed) > 0 {
			t.Errorf("a file differs from itself: %v %v %v", changed, added, removed)
		}
	})
}
