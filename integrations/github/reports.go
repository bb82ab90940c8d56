package github

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// GitHub has no tests of its own: a workflow uploads its reports as artifacts. Those
// whose name says so are read, within these bounds, when the run has ended.
var reportName = lazy.Regexp(`(?i)junit|test|report|result|surefire|sarif`)

const (
	mostReports   = 10       // artifacts
	largestReport = 32 << 20 // of an artifact, packed
	mostFiles     = 500      // in one
	largestText   = 16 << 20 // of a file
)

// reports reads the tests in what the run has left behind.
func (f *follower) reports(ctx context.Context, all []apiArtifact) {
	s, ok := f.s.(tasks.ResultSink)
	if !ok {
		return
	}
	for _, a := range all {
		if a.Expired || a.Size > largestReport || !reportName().MatchString(a.Name) || f.reported[a.ID] || len(f.reported) >= mostReports {
			continue
		}
		f.reported[a.ID] = true
		err := f.report(ctx, a, s)
		if ctx.Err() != nil {
			delete(f.reported, a.ID)
			return
		}
		if err != nil {
			f.out.say("the tests in " + a.Name + " are not known: " + err.Error())
		}
	}
}

// report reads one artifact.
func (f *follower) report(ctx context.Context, a apiArtifact, s tasks.ResultSink) error {
	z, done, err := f.p.unzip(ctx, rest.Request{Path: f.p.path("actions/artifacts", a.ID, "zip"), Doing: "read the report " + a.Name})
	if err != nil {
		return err
	}
	defer done()
	for _, file := range z.File[:min(len(z.File), mostFiles)] {
		if !report(file.Name) || file.UncompressedSize64 > largestText {
			continue
		}
		text, err := content(file)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", file.Name, err)
		}
		s.Results(text) // what is of another format is nobody's report
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// report says whether a file may be one of results.
func report(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".sarif", ".json":
		return true
	}
	return false
}

func content(file *zip.File) ([]byte, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, largestText))
}
