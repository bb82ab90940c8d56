package docker

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/build"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// traceID is what the engine calls BuildKit's own reports.
const traceID = "moby.buildkit.trace"

// onlyKit are instructions that the engine's first builder does not know.
var onlyKit = lazy.Regexp(`(?im)^\s*(?:(?:RUN|COPY|ADD)\s+(?:--\S+\s+)*(?:--mount=|--link\b|--chmod=|--network=|--security=)|(?:RUN|COPY|ADD)\b.*<<-?["']?\w|--mount=)`)

// byKit says whether BuildKit builds: where the engine prefers it, or the build
// needs it, or the person says so as to the docker CLI.
func (j *job) byKit(b *config.Build, content []byte) (bool, error) {
	needs := ""
	switch {
	case len(b.Secrets) > 0:
		needs = "build.secrets"
	case len(b.Agents) > 0:
		needs = "build.ssh"
	case onlyKit().Match(content):
		needs = "its Dockerfile"
	}
	said := j.r.o.Place.Getenv("DOCKER_BUILDKIT")
	switch {
	case j.p.podman && (len(b.Secrets) > 0 || len(b.Agents) > 0):
		return false, &tasks.StartError{Reason: needs + " needs BuildKit, which Podman has not", Hint: "write via: cli"}
	case j.p.podman:
		return false, nil // its own builder knows all of that
	case needs != "":
		return true, nil
	}
	return said != "0" && (said != "" || j.p.builder == build.BuilderBuildKit), nil
}

// openKit begins the session by which BuildKit asks for secrets.
func (j *job) openKit(ctx context.Context, b *config.Build) (id string, end func(), err error) {
	s := &session{secrets: b.Secrets, agents: b.Agents, getenv: j.r.o.Place.Getenv, login: j.kitLogin(ctx)}
	end, err = s.open(ctx, j.p.api)
	return s.id, end, err
}

// kitReader tells of BuildKit's steps as they begin and end.
type kitReader struct {
	j     *job
	begun map[string]tasks.Step // by digest
	over  map[string]bool
	from  map[string][]string // the inputs of each, by digest
	named map[string]string   // the steps of the Dockerfile, by digest
	// failed is the step that failed, with its reason.
	failed vertex
}

func newKitReader(j *job) *kitReader {
	return &kitReader{j: j, begun: map[string]tasks.Step{}, over: map[string]bool{}, from: map[string][]string{}, named: map[string]string{}}
}

// read takes one report.
func (k *kitReader) read(aux json.RawMessage) {
	var raw []byte
	if json.Unmarshal(aux, &raw) != nil {
		return
	}
	vertexes, said, err := readStatus(raw)
	if err != nil {
		return // the build itself says how it ended
	}
	for _, v := range vertexes {
		k.from[v.digest] = v.inputs
		if number, text := cutStep(v.name); number != "" {
			k.named[v.digest] = number + " " + text
		}
	}
	for _, v := range vertexes {
		k.vertex(v)
	}
	for _, l := range said {
		stream := logs.Out
		if l.stderr {
			stream = logs.Err
		}
		k.j.say(stream, l.text)
	}
}

func (k *kitReader) vertex(v vertex) {
	if _, known := k.begun[v.digest]; !known && v.began {
		step := tasks.Step{Status: tasks.Running, StartedAt: time.Now()}
		if step.Name = k.named[v.digest]; step.Name != "" {
			step.Needs = k.needs(v.digest)
			k.j.step(step)
		}
		k.begun[v.digest] = step
		k.say(v)
	}
	if v.problem != "" && !strings.Contains(v.problem, "context canceled") {
		k.failed = v
	}
	if step := k.begun[v.digest]; v.completed && step.Name != "" && !k.over[v.digest] {
		k.over[v.digest] = true
		step.Status, step.EndedAt = tasks.Succeeded, time.Now()
		if v.problem != "" {
			step.Status = tasks.Failed
		}
		k.j.step(step)
	}
}

// needs are the steps of the Dockerfile that one is made from; what BuildKit does
// between them is its own affair.
func (k *kitReader) needs(digest string) (names []string) {
	seen := map[string]bool{digest: true}
	var walk func(string)
	walk = func(digest string) {
		for _, in := range k.from[digest] {
			name := k.named[in]
			switch {
			case seen[in]:
			case name == "":
				seen[in] = true
				walk(in)
			case !slices.Contains(names, name):
				names = append(names, name)
			}
		}
	}
	walk(digest)
	return names
}

// say logs that a step began; how BuildKit gets to the Dockerfile is its own affair.
func (k *kitReader) say(v vertex) {
	if strings.HasPrefix(v.name, "[internal]") || strings.HasPrefix(v.name, "copy /context") {
		return
	}
	text := v.name
	if v.cached {
		text += "  (nothing changed)"
	}
	k.j.say(logs.Out, []byte(text+"\n"))
}

var stepName = lazy.Regexp(`^\[((?:\S+ )?\d+/\d+)\] (.*)`)

// cutStep takes "[build 2/3] RUN make" apart; what is no instruction of the
// Dockerfile has no number.
func cutStep(name string) (number, text string) {
	if m := stepName().FindStringSubmatch(name); m != nil {
		return m[1], m[2]
	}
	return "", name
}

var kitPrefix = lazy.Regexp(`^(?:failed to solve(?: with frontend [^:]+)?: |failed to build LLB: |failed to create LLB definition: |rpc error: code = \w+ desc = |failed to read dockerfile: )+`)

// kitProblem is why a build failed: the step's own word, else that of the whole.
func kitProblem(step, whole string) string {
	if step == "" {
		step = whole
	}
	return kitPrefix().ReplaceAllString(step, "")
}
