package config_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// good are files that both the reader and the schema accept.
var good = []string{
	"version: 1\n",
	"version: 1\nservices:\ntasks:\n",
	"version: 1\nx-any: [1]\nservices: {a: go run ., b: {run: x, x-any: {y: 1}}, c: true}\n",
	"version: 1\nprocesses: {a: {command: x}, b: {command: [x, 1, true]}}\n",
	"version: 1\nservices: {a: {run: x, env: {A: 1, B: x, C: true, D: 1.5, E: ''}}, b: {run: x, environment: [A=1, B=]}}\n",
	"version: 1\nservices: {a: {run: x, depends_on: [b, t]}, b: x, c: {run: x, depends_on: {b: healthy, t: {condition: service_completed_successfully}}}}\ntasks: {t: x}\n",
	"version: 1\nservices: {a: {run: x, ports: {http: 80, x: auto}}, b: {run: x, ports: [81, auto]}, c: {run: x, ports: auto}, d: {run: x, ports: 82}}\n",
	"version: 1\nservices: {a: {run: x, ready: {http: ':80/x'}}, b: {run: x, ready: {tcp: 5432, within: 0}}, c: {run: x, ready: {exec: true}}, d: {run: x, ready: {log: up, every: 0.5}}}\n",
	"version: 1\nservices: {a: {run: x, restart: on-failure}, b: {run: x, restart: {when: always, min: 1s}}, c: {run: x, restart: unless-stopped}}\n",
	"version: 1\nservices: {a: {run: x, stop: {signal: SIGINT, timeout: 5}}, b: {run: x, stop: {signal: 9}}, c: {run: x, stop_signal: USR1, stop_grace_period: 1m30s}}\n",
	"version: 1\ntasks: {a: {run: x, watch: src/**}, b: {run: x, watch: [a, b]}, c: {run: x, watch: {paths: a, ignore: [b]}}}\n",
	"version: 1\ntasks: {a: {run: 'x ${{ params.p }}', params: {p: 1}}, b: {run: x, params: [p, {name: q, type: bool, default: true}]}, c: {run: x, params: {p: {choices: [1, 2], required: true}}}}\n",
	"version: 1\ntasks: {a: {run: x, schedule: 0 3 * * *}, b: {run: x, schedule: '@daily'}, c: {run: x, schedule: 300, timeout: 1h30m, on_busy: ignore}, d: {run: x, schedule: '@every 5m'}, e: {run: x, schedule: TZ=UTC 0 3 * * *}}\n",
	"version: 1\nlogs: {size: 1GB, total: 64 MiB, age: 14d}\nname: x\nshell: [bash, -euc]\nenv_file: []\n",
	"version: 1\nservices: {a: {run: x, shell: pwsh, groups: back, hidden: true, tty: false, autostart: true, description: x, replicas: 3}}\n",
	"version: 1\nservices: {a: {run: x, readiness_probe: {exec: {command: x}}, shutdown: {signal: 15, timeout_seconds: 3}, availability: {restart: on_failure, backoff_seconds: 1, max_restarts: 0}, disabled: true, namespace: n, is_tty: true}}\n",
	"version: 1\nservices: {a: {run: x, readiness_probe: {http_get: {host: h, port: 80, path: /, scheme: HTTP}, failure_threshold: 3}}, b: {run: x, ready_log_line: 'a('}, c: {run: x, profiles: [p]}}\n",
	"version: 1\nservices: {a.b: {run: 'x ${{ ports.http }} ${{ ports.c-d.pg }} ${{ env.HOME }} $${{ x', ports: {http: auto}}, c-d: {run: x, ports: {pg: 1}}}\n",
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("sawhorse.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sawhorse.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func instance(t *testing.T, text string) any {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemaAndReaderAgree(t *testing.T) {
	s := compiled(t)
	for _, text := range good {
		if _, err := config.LoadBytes("sawhorse.yml", []byte(text)); err != nil {
			t.Errorf("the reader refuses a good file: %v\n%s", err, text)
		}
		if err := s.Validate(instance(t, text)); err != nil {
			t.Errorf("the schema refuses a good file: %v\n%s", err, text)
		}
	}
	for _, tc := range bad {
		if tc.structural && s.Validate(instance(t, tc.text)) == nil {
			t.Errorf("%s: the schema accepts what the reader refuses:\n%s", tc.name, tc.text)
		}
	}
}

func TestSchemaKnowsEveryKeyAndSaysWhatItIsFor(t *testing.T) {
	text := string(config.Schema())
	for _, want := range []string{
		`"$schema": "https://json-schema.org/draft/2020-12/schema"`, `"working_dir"`, `"on-failure"`, `"^x-"`,
		`"additionalProperties": false`, "Another word for dir.", "Default: 10s.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the schema lacks %s", want)
		}
	}
}

func TestReferenceListsEveryKey(t *testing.T) {
	text := config.Reference()
	for _, want := range []string{"| `services` |", "Also: `processes`.", "| `on_busy` |", "| `readiness_probe.http_get` |", "## `ready`", "| `signal` |", "## Tasks only", "`${{ ports.NAME }}`"} {
		if !strings.Contains(text, want) {
			t.Errorf("the reference lacks %s in:\n%s", want, text)
		}
	}
}
