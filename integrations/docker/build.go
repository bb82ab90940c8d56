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
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/tasks/logs"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
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
	step := tasks.Step{Name: "pull " + name, Status: tasks.Running, StartedAt: time.Now()}
	j.step(step)
	body, err := j.p.api.ImagePull(ctx, name, client.ImagePullOptions{})
	if err == nil {
		err = j.progress(body, nil)
		_ = body.Close()
	}
	step.EndedAt, step.Status = time.Now(), tasks.Succeeded
	if err != nil {
		step.Status = tasks.Failed
		j.step(step)
		return &tasks.StartError{Reason: fmt.Sprintf("fetch the image %s: %s", name, plain(err)), Hint: "check its name and the network; a private registry wants docker login"}
	}
	j.step(step)
	return nil
}

func (j *job) step(s tasks.Step) { j.s.Emit(tasks.StepChanged{ID: j.q.Run, Step: s}) }

// progress tells what the engine says of a build or a fetch; err is its own.
func (j *job) progress(body io.Reader, each func(text string)) error {
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
		case m.Stream != "":
			if each != nil {
				each(m.Stream)
			}
			j.s.Log(logs.Out, []byte(m.Stream))
		case m.Status != "" && told[m.ID] != m.Status:
			// A layer's bar moves a hundred times; its word changes a few.
			told[m.ID] = m.Status
			j.s.Log(logs.Out, []byte(strings.TrimSpace(m.ID+" "+m.Status)+"\n"))
		}
	}
}

var stepLine = regexp.MustCompile(`^Step (\d+)/(\d+) : (.*)`)

// build makes the image, its steps those of the Dockerfile.
func (j *job) build(ctx context.Context, name string) error {
	b := j.c.Build
	content, inContext, err := dockerfile(b)
	if err != nil {
		return err
	}
	args := map[string]*string{}
	for k, v := range b.Args {
		args[k] = &v
	}
	archive, w := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := pack(w, b, content, inContext)
		_ = w.CloseWithError(err)
		packed <- err
	}()
	r, err := j.p.api.ImageBuild(ctx, archive, client.ImageBuildOptions{
		Tags: append([]string{name}, b.Tags...), Dockerfile: inContext, BuildArgs: args, Target: b.Target, Labels: b.Labels, Remove: true, ForceRemove: true,
		NoCache: b.NoCache, PullParent: b.Fresh, NetworkMode: b.Network, ExtraHosts: b.Hosts, CacheFrom: b.CacheFrom,
	})
	if err != nil {
		_ = archive.CloseWithError(err)
		if perr := <-packed; perr != nil && !errors.Is(perr, err) && !errors.Is(perr, io.ErrClosedPipe) {
			err = perr
		}
		return fmt.Errorf("build %s: %w", name, err)
	}
	defer func() { _ = r.Body.Close() }()
	var now tasks.Step
	number, text := 0, ""
	finish := func(status tasks.Status) {
		if now.Name != "" {
			now.Status, now.EndedAt = status, time.Now()
			j.step(now)
		}
	}
	err = j.progress(r.Body, func(said string) {
		m := stepLine.FindStringSubmatch(said)
		if m == nil {
			return
		}
		finish(tasks.Succeeded)
		number, _ = strconv.Atoi(m[1])
		text = m[3]
		now = tasks.Step{Name: fmt.Sprintf("%s/%s %s", m[1], m[2], m[3]), Status: tasks.Running, StartedAt: time.Now()}
		j.step(now)
	})
	_ = archive.Close()
	<-packed //nolint:errcheck // the engine says what is wrong with the context
	if err == nil {
		finish(tasks.Succeeded)
		return nil
	}
	finish(tasks.Failed)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return j.buildFailed(b, content, number, text, err)
}

// buildFailed says at which line of the Dockerfile a build failed.
func (j *job) buildFailed(b *config.Build, content []byte, number int, text string, err error) error {
	why := strings.TrimSpace(plain(err))
	at := tasks.Location{File: j.file(dockerfilePath(b)), Line: lineOf(string(content), number, text)}
	if m := errorLine.FindStringSubmatch(why); m != nil && at.Line == 0 {
		at.Line, _ = strconv.Atoi(m[1]) // what can't be parsed names its line
	}
	if b.Inline != "" {
		at = tasks.Location{}
	}
	j.s.Emit(tasks.DiagnosticReported{ID: j.q.Run, Diagnostic: tasks.Diagnostic{Severity: tasks.Error, Location: at, Message: why, Line: -1}})
	reason := "build failed: " + why
	if text != "" {
		reason = fmt.Sprintf("build failed at step %d, %s: %s", number, text, why)
	}
	if at.File != "" {
		reason = at.String() + ": " + reason
	}
	return &tasks.ExitError{Exit: tasks.Exit{Code: 1}, Reason: reason}
}

var errorLine = regexp.MustCompile(`(?:parse error line|line) (\d+)`)

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
		return []byte(b.Inline), ".sawhorse.Dockerfile", nil
	}
	full := dockerfilePath(b)
	content, err = os.ReadFile(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", &tasks.StartError{Reason: "there is no " + full, Hint: "write it, or name another one by build.dockerfile"}
	}
	if err != nil {
		return nil, "", &tasks.StartError{Reason: "read the Dockerfile: " + err.Error()}
	}
	if rel, err := filepath.Rel(b.Context, full); err == nil && filepath.IsLocal(rel) {
		return content, filepath.ToSlash(rel), nil
	}
	return content, ".sawhorse.Dockerfile", nil
}

// lineOf finds the line of a step: the instructions are numbered in order, and
// each begins as its step does.
func lineOf(content string, number int, step string) int {
	keyword, _, _ := strings.Cut(step, " ")
	if keyword == "" {
		return 0
	}
	seen, within, best := 0, false, 0
	for i, line := range strings.Split(content, "\n") {
		text := strings.TrimSpace(line)
		if within {
			within = strings.HasSuffix(text, `\`)
			continue
		}
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		within = strings.HasSuffix(text, `\`)
		seen++
		if word, _, _ := strings.Cut(text, " "); strings.EqualFold(word, keyword) && (best == 0 || seen <= number) {
			best = i + 1
		}
	}
	return best
}

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
