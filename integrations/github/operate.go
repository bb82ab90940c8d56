package github

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// downloads is where artifacts go below the workspace.
const downloads = "artifacts"

// Operate does what only GitHub knows. Cancelling is a request: GitHub says
// whether it was taken, and the run shows what came of it.
func (p *provider) Operate(ctx context.Context, r tasks.Resource, operation string, args map[string]string) error {
	defer p.news.poke()
	defer p.news.stir()
	if r.Kind == kindPull {
		return p.rerunChecks(ctx, r)
	}
	id, ok := readExternal(r.ID.Native())
	if !ok {
		return &tasks.StartError{Reason: fmt.Sprintf("%q is no run of %s", r.ID.Native(), p.sys.name), Hint: "choose a run"}
	}
	switch operation {
	case "cancel", "force-cancel":
		return p.cancel(ctx, id, operation == "force-cancel")
	case "rerun":
		return p.rerun(ctx, id, "rerun")
	case "rerun-failed":
		return p.rerun(ctx, id, "rerun-failed-jobs")
	case "approve", "reject":
		return p.decide(ctx, id, operation == "approve", args["comment"])
	case "download":
		return p.download(ctx, id, args)
	}
	return fmt.Errorf("%s knows no operation %q", p.sys.name, operation)
}

func (p *provider) cancel(ctx context.Context, id external, force bool) error {
	verb, can := "cancel", cancels
	if force {
		verb, can = "force-cancel", forces
	}
	if err := p.need(can); err != nil {
		return err
	}
	_, err := p.post(ctx, fmt.Sprintf("cancel run %d", id.run), p.path("actions/runs", id.run, verb), nil)
	if e, ok := errors.AsType[*rest.Error](err); ok && e.Kind == rest.Conflict {
		e.Hint = "it has ended already, or is just ending"
	}
	return err
}

func (p *provider) rerun(ctx context.Context, id external, verb string) error {
	can := reruns
	if verb == "rerun-failed-jobs" {
		can = rerunsFailed
	}
	if err := p.need(can); err != nil {
		return err
	}
	_, err := p.post(ctx, fmt.Sprintf("rerun run %d", id.run), p.path("actions/runs", id.run, verb), map[string]any{})
	if e, ok := errors.AsType[*rest.Error](err); ok && e.Kind == rest.Forbidden && strings.Contains(e.Said, "running") {
		e.Hint = "wait for its end, or cancel it"
	}
	return err
}

// rerunChecks runs the failed jobs of the workflows behind a pull request again.
func (p *provider) rerunChecks(ctx context.Context, r tasks.Resource) error {
	number, err := strconv.Atoi(r.ID.Native())
	if err != nil {
		return fmt.Errorf("%q is no pull request", r.ID.Native())
	}
	var v apiPull
	if _, err := p.c.Get(ctx, fmt.Sprintf("look at pull request %d", number), p.path("pulls", number), nil, &v); err != nil {
		return err
	}
	runs, err := p.runs(ctx, nil, query("head_sha", v.Head.SHA, "per_page", "50"))
	if err != nil {
		return err
	}
	var errs []error
	again := 0
	for _, run := range runs {
		if runStatus(run) != tasks.Failed && runStatus(run) != tasks.Cancelled {
			continue
		}
		if err := p.rerun(ctx, run.external(), "rerun-failed-jobs"); err != nil {
			errs = append(errs, err)
			continue
		}
		again++
	}
	if again == 0 && len(errs) == 0 {
		return &tasks.StartError{Reason: "no workflow of its last commit failed", Hint: "checks of other systems are rerun there: " + v.URL}
	}
	return errors.Join(errs...)
}

// decide approves or rejects the deployments that wait and that we may decide on.
func (p *provider) decide(ctx context.Context, id external, approve bool, comment string) error {
	pending, err := p.pending(ctx, id.run)
	if err != nil {
		return err
	}
	var ids []int64
	for _, d := range pending {
		if d.MayApprove {
			ids = append(ids, d.Environment.ID)
		}
	}
	switch {
	case len(pending) == 0:
		return &tasks.StartError{Reason: fmt.Sprintf("run %d waits for no approval", id.run), Hint: "look at its state"}
	case len(ids) == 0:
		return &tasks.StartError{Reason: waitsFor(pending), Hint: "ask one of them"}
	}
	state := "approved"
	if !approve {
		state = "rejected"
	}
	if comment == "" {
		comment = state + " from Sawhorse"
	}
	_, err = p.post(ctx, fmt.Sprintf("decide on run %d", id.run), p.path("actions/runs", id.run, "pending_deployments"),
		map[string]any{"environment_ids": ids, "state": state, "comment": comment})
	return err
}

// download fetches artifacts into directories of their names.
func (p *provider) download(ctx context.Context, id external, args map[string]string) error {
	all, err := p.artifacts(ctx, id.run)
	if err != nil {
		return err
	}
	to := args["to"]
	if to == "" {
		to = downloads
	}
	if !filepath.IsLocal(to) {
		return &tasks.StartError{Reason: fmt.Sprintf("%s is outside of the workspace", to), Hint: "name a directory below it"}
	}
	wanted := args["artifact"]
	var names, expired []string
	fetched := 0
	for _, a := range all {
		names = append(names, a.Name)
		switch {
		case wanted != "" && wanted != a.Name:
		case a.Expired:
			expired = append(expired, a.Name)
		default:
			if err := p.fetch(ctx, a, filepath.Join(p.place.Dir, to, fmt.Sprint(id.run), safeName(a.Name))); err != nil {
				return err
			}
			fetched++
		}
	}
	switch {
	case fetched > 0:
		return nil
	case len(all) == 0:
		return &tasks.StartError{Reason: fmt.Sprintf("run %d has no artifacts", id.run), Hint: "its workflow uploads none"}
	case len(expired) > 0:
		return &tasks.StartError{Reason: p.sys.name + " has it no more: " + strings.Join(expired, ", ") + " expired", Hint: "run the workflow again"}
	}
	return &tasks.StartError{Reason: fmt.Sprintf("there is no artifact %q", wanted), Hint: "there are: " + strings.Join(names, ", ")}
}

func safeName(name string) string {
	name = notInName().ReplaceAllString(name, "-")
	if strings.Trim(name, ".") == "" {
		return "artifact"
	}
	return name
}

// largestFile bounds one file of an artifact.
const largestFile = 4 << 30

// fetch downloads one artifact and unpacks it; nothing of it leaves dir.
func (p *provider) fetch(ctx context.Context, a apiArtifact, dir string) error {
	z, done, err := p.unzip(ctx, rest.Request{Path: p.path("actions/artifacts", a.ID, "zip"), Doing: "download " + a.Name})
	if err != nil {
		return err
	}
	defer done()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range z.File {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := unpack(root, f); err != nil {
			return fmt.Errorf("unpack %s: %s: %w", a.Name, f.Name, err)
		}
	}
	return nil
}

func unpack(root *os.Root, f *zip.File) error {
	name := filepath.FromSlash(f.Name)
	if !filepath.IsLocal(name) {
		return errors.New("its name leads outside of the directory")
	}
	if f.FileInfo().IsDir() {
		return root.MkdirAll(name, 0o755)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := root.Create(name)
	if err != nil {
		return err
	}
	n, err := io.Copy(to, io.LimitReader(from, largestFile+1))
	if closing := to.Close(); err == nil {
		err = closing
	}
	if err == nil && n > largestFile {
		err = fmt.Errorf("more than %d GB", largestFile>>30)
	}
	return err
}
