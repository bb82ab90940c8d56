package docker

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// imageName is the name of the unit's image; one that is built has its own.
func (j *job) imageName() string {
	if j.c.Image != "" {
		return j.c.Image
	}
	return j.project + "-" + j.service
}

// image sees to it that the image is there: it is built whenever the service
// starts, which costs nothing where nothing changed, or fetched.
func (j *job) image(ctx context.Context) error {
	name := j.imageName()
	j.c.Image = name
	if j.asIs && j.there(ctx, name) {
		return nil
	}
	if j.c.Build != nil {
		if err := j.build(ctx, name); err != nil {
			return err
		}
	} else if err := j.pull(ctx, name); err != nil {
		return err
	}
	if !j.there(ctx, name) {
		return fmt.Errorf("the image %s is not there any more", name)
	}
	return nil
}

// there says whether the image is there, and keeps what it is.
func (j *job) there(ctx context.Context, name string) bool {
	i, err := j.p.api.ImageInspect(ctx, name)
	j.imageID = i.ID
	return err == nil
}

func (j *job) pull(ctx context.Context, name string) error {
	if j.c.Pull != config.PullAlways {
		_, err := j.p.api.ImageInspect(ctx, name)
		switch {
		case err == nil:
			return nil
		case !gone(err):
			return err
		case j.c.Pull == config.PullNever:
			return &tasks.StartError{Reason: "the image " + name + " is not there, and pull is never", Hint: "docker pull " + name}
		}
	}
	on, err := platform(j.c.Platform)
	if err != nil {
		return err
	}
	step := tasks.Step{Name: "pull " + name, Status: tasks.Running, StartedAt: time.Now()}
	j.step(step)
	o := client.ImagePullOptions{RegistryAuth: j.login(ctx, name)}
	if on != nil {
		o.Platforms = append(o.Platforms, *on)
	}
	body, err := j.p.api.ImagePull(ctx, name, o)
	if err == nil {
		err = j.progress(body, nil, nil)
		_ = body.Close()
	}
	step.EndedAt, step.Status = time.Now(), tasks.Succeeded
	if err != nil {
		step.Status = tasks.Failed
		j.step(step)
		return &tasks.StartError{Reason: fmt.Sprintf("fetch the image %s: %s", name, plain(err)), Hint: "check its name and the network; a private registry wants docker login " + registryOf(name)}
	}
	j.step(step)
	return nil
}

// say logs what a build or a fetch says: a note while the container runs, whose
// own output alone is then the log's, so that it can be told where that was left.
func (j *job) say(stream logs.Stream, p []byte) {
	if j.running() {
		stream = logs.Note
	}
	j.s.Log(stream, p)
}

// step tells of a step; the one that goes on is why the service is not ready yet.
func (j *job) step(s tasks.Step) {
	j.s.Emit(tasks.StepChanged{ID: j.q.Run, Step: s})
	if s.Status == tasks.Running && !j.running() {
		j.s.Emit(tasks.ProbeFailed{ID: j.q.Run, Error: s.Name})
	}
}

// progress tells what the engine says of a build or a fetch, BuildKit's own
// reports by trace; err is its own.
func (j *job) progress(body io.Reader, each func(text string), trace func(json.RawMessage)) error {
	d := json.NewDecoder(body)
	told := map[string]string{}
	for {
		var m jsonstream.Message
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read what the engine says: %w", err)
		}
		switch {
		case m.Error != nil:
			return m.Error
		case m.ID == traceID && m.Aux != nil && trace != nil:
			trace(*m.Aux)
		case m.Stream != "":
			if each != nil {
				each(m.Stream)
			}
			j.say(logs.Out, []byte(m.Stream))
		case m.Status != "" && told[m.ID] != m.Status:
			// A layer's bar moves a hundred times; its word changes a few.
			told[m.ID] = m.Status
			j.say(logs.Out, []byte(strings.TrimSpace(m.ID+" "+m.Status)+"\n"))
		}
	}
}

var stepLine = lazy.Regexp(`^Step (\d+)/(\d+) : (.*)`)

// build makes the image, its steps those of the Dockerfile.
func (j *job) build(ctx context.Context, name string) error {
	b := j.c.Build
	content, inContext, err := dockerfile(b)
	if err != nil {
		return err
	}
	o, err := buildOptions(b, name, inContext)
	if err != nil {
		return err
	}
	kit, err := j.byKit(b, content)
	if err != nil {
		return err
	}
	if kit {
		id, end, err := j.openKit(ctx, b)
		if err != nil {
			return err
		}
		defer end()
		o.Version, o.SessionID = build.BuilderBuildKit, id
	} else {
		o.AuthConfigs = j.buildLogins(ctx, content)
	}
	archive, w := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := pack(w, b, content, inContext)
		_ = w.CloseWithError(err)
		packed <- err
	}()
	r, err := j.p.api.ImageBuild(ctx, archive, o)
	if err != nil {
		_ = archive.CloseWithError(err)
		if perr := <-packed; perr != nil && !errors.Is(perr, err) && !errors.Is(perr, io.ErrClosedPipe) {
			err = perr
		}
		return fmt.Errorf("build %s: %w", name, err)
	}
	defer func() { _ = r.Body.Close() }()
	first, newer := &stepReader{j: j}, newKitReader(j)
	err = j.progress(r.Body, first.read, newer.read)
	_ = archive.Close()
	<-packed //nolint:errcheck // the engine says what is wrong with the context
	if err == nil {
		first.finish(tasks.Succeeded)
		return nil
	}
	first.finish(tasks.Failed)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	at := failedStep{label: strconv.Itoa(first.number), number: first.number, text: first.text, why: strings.TrimSpace(plain(err))}
	if kit {
		at.label, at.text = cutStep(newer.failed.name)
		if at.label == "" {
			at.text = ""
		}
		at.why = kitProblem(newer.failed.problem, at.why)
	}
	return j.buildFailed(b, content, at)
}

// buildOptions are what the engine is asked to build.
func buildOptions(b *config.Build, name, inContext string) (client.ImageBuildOptions, error) {
	args := map[string]*string{}
	for k, v := range b.Args {
		args[k] = &v
	}
	o := client.ImageBuildOptions{
		Tags: append([]string{name}, b.Tags...), Dockerfile: inContext, BuildArgs: args, Target: b.Target, Labels: b.Labels, Remove: true, ForceRemove: true,
		NoCache: b.NoCache, PullParent: b.Fresh, NetworkMode: b.Network, ExtraHosts: b.Hosts, CacheFrom: b.CacheFrom,
	}
	on, err := platform(b.Platform)
	if on != nil {
		o.Platforms = append(o.Platforms, *on)
	}
	return o, err
}

// platform reads "linux/arm64/v8"; nil: the engine's own.
func platform(text string) (*ocispec.Platform, error) {
	if text == "" {
		return nil, nil
	}
	system, machine, ok := strings.Cut(text, "/")
	if !ok {
		return nil, &tasks.StartError{Reason: "the platform " + text + " is none", Hint: "write it as linux/arm64"}
	}
	machine, variant, _ := strings.Cut(machine, "/")
	return &ocispec.Platform{OS: system, Architecture: machine, Variant: variant}, nil
}

// stepReader tells of the steps of the engine's first builder, which it prints.
type stepReader struct {
	j      *job
	now    tasks.Step
	number int
	text   string
}

func (r *stepReader) read(said string) {
	m := stepLine().FindStringSubmatch(said)
	if m == nil {
		return
	}
	r.finish(tasks.Succeeded)
	r.number, _ = strconv.Atoi(m[1])
	r.text = m[3]
	r.now = tasks.Step{Name: fmt.Sprintf("%s/%s %s", m[1], m[2], m[3]), Status: tasks.Running, StartedAt: time.Now()}
	r.j.step(r.now)
}

func (r *stepReader) finish(status tasks.Status) {
	if r.now.Name != "" {
		r.now.Status, r.now.EndedAt = status, time.Now()
		r.j.step(r.now)
	}
}

// failedStep is where a build failed: label is how its builder numbers it.
type failedStep struct {
	label, text, why string
	number           int // of the Dockerfile's instructions; 0: not known
}

// buildFailed says at which line of the Dockerfile a build failed.
func (j *job) buildFailed(b *config.Build, content []byte, step failedStep) error {
	why := step.why
	at := tasks.Location{File: j.file(dockerfilePath(b)), Line: lineOf(string(content), step.number, step.text)}
	if m := errorLine().FindStringSubmatch(why); m != nil && at.Line == 0 {
		at.Line, _ = strconv.Atoi(m[1]) // what can't be parsed names its line
	}
	if b.Inline != "" {
		at = tasks.Location{}
	}
	if !j.running() { // else the run goes on, and Refresh says what failed
		j.s.Emit(tasks.DiagnosticReported{ID: j.q.Run, Diagnostic: tasks.Diagnostic{Severity: tasks.Error, Location: at, Message: why, Line: -1}})
	}
	reason := "build failed: " + why
	if step.text != "" {
		reason = fmt.Sprintf("build failed at step %s, %s: %s", step.label, step.text, why)
	}
	if at.File != "" {
		reason = at.String() + ": " + reason
	}
	return &tasks.ExitError{Exit: tasks.Exit{Code: 1}, Reason: reason, At: at}
}

var errorLine = lazy.Regexp(`(?:parse error line|line) (\d+)`)

func (j *job) file(path string) string {
	if rel, err := filepath.Rel(j.r.o.Dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}

func dockerfilePath(b *config.Build) string {
	name := b.Dockerfile
	if name == "" {
		name = "Dockerfile"
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(b.Context, name)
}

// dockerfile is the Dockerfile's text, and what it is called in the archive.
func dockerfile(b *config.Build) (content []byte, inContext string, err error) {
	if b.Inline != "" {
		return []byte(b.Inline), packedName(b), nil
	}
	full := dockerfilePath(b)
	content, err = os.ReadFile(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", &tasks.StartError{Reason: "there is no " + full, Hint: "write it, or name another one by build.dockerfile"}
	}
	if err != nil {
		return nil, "", &tasks.StartError{Reason: "read the Dockerfile: " + err.Error()}
	}
	return content, packedName(b), nil
}

// packedName is what the Dockerfile is called in the archive: as in the context,
// if it is there.
func packedName(b *config.Build) string {
	if rel, err := filepath.Rel(b.Context, dockerfilePath(b)); b.Inline == "" && err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return ".sawhorse.Dockerfile"
}

// lineOf finds the line of a step: the instruction that reads as the step does,
// else the last of its kind among the first ones; 0: there is none.
func lineOf(content string, number int, step string) int {
	keyword, _, _ := strings.Cut(step, " ")
	if keyword == "" {
		return 0
	}
	seen, best := 0, 0
	lines := strings.Split(content, "\n")
	for i := 0; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		first := i + 1
		for strings.HasSuffix(text, `\`) && i+1 < len(lines) {
			i++
			text = strings.TrimSuffix(text, `\`) + " " + strings.TrimSpace(lines[i])
		}
		seen++
		if number == 0 && strings.EqualFold(words(text), words(step)) {
			return first
		}
		if word, _, _ := strings.Cut(text, " "); strings.EqualFold(word, keyword) && (best == 0 || seen <= number) {
			best = first
		}
	}
	return best
}

// words is a text with one space between its words.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// pack writes the context as an archive, without what .dockerignore leaves out.
func pack(w io.Writer, b *config.Build, content []byte, inContext string) error {
	ignored, err := ignores(b, inContext)
	if err != nil {
		return err
	}
	t := tar.NewWriter(w)
	if inContext == ".sawhorse.Dockerfile" {
		if err := t.WriteHeader(&tar.Header{Name: inContext, Mode: 0o644, Size: int64(len(content))}); err != nil {
			return err
		}
		if _, err := t.Write(content); err != nil {
			return err
		}
	}
	err = filepath.WalkDir(b.Context, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(b.Context, at)
		if err != nil || rel == "." {
			return err
		}
		name := filepath.ToSlash(rel)
		if name != inContext {
			skip, err := ignored.MatchesOrParentMatches(name)
			if err != nil {
				return fmt.Errorf("read .dockerignore: %w", err)
			}
			if skip {
				if d.IsDir() && !ignored.Exclusions() {
					return filepath.SkipDir
				}
				if !d.IsDir() || !ignored.Exclusions() {
					return nil
				}
				return nil
			}
		}
		return add(t, at, name, d)
	})
	if err != nil {
		return fmt.Errorf("pack the build context %s: %w", b.Context, err)
	}
	return t.Close()
}

func ignores(b *config.Build, inContext string) (*patternmatcher.PatternMatcher, error) {
	var patterns []string
	for _, name := range []string{inContext + ".dockerignore", ".dockerignore"} {
		f, err := os.Open(filepath.Join(b.Context, filepath.FromSlash(name)))
		if err != nil {
			continue
		}
		patterns, err = ignorefile.ReadAll(f)
		_ = f.Close()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		break
	}
	return patternmatcher.New(patterns)
}

// add writes one file. Times and owners are left out, so that a checkout builds
// what another one has in its cache.
func add(t *tar.Writer, at, name string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	link := ""
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		if link, err = os.Readlink(at); err != nil {
			return err
		}
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil // a socket or a pipe is not for an image
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h.Name = name
	if info.IsDir() {
		h.Name += "/"
	}
	h.Uid, h.Gid, h.Uname, h.Gname = 0, 0, "", ""
	h.AccessTime, h.ChangeTime = time.Time{}, time.Time{}
	if err := t.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	f, err := os.Open(at)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyN(t, f, h.Size)
	return err
}
