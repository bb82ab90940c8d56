package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

// upload does what actions/upload-artifact does: what matches path becomes a zip that
// the server keeps.
func (x *task) upload(ctx context.Context, j *job, s step, dir string) error {
	name := j.fill(s.With["name"])
	if name == "" {
		name = "artifact"
	}
	files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(j.fill(s.With["path"]))))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no file is %s", s.With["path"])
	}
	packed, err := pack(files)
	if err != nil {
		return err
	}
	to := x.r.server + "/twirp/github.actions.results.api.v1.ArtifactService/"
	about := map[string]any{"workflow_run_backend_id": j.value("github.run_id"), "workflow_job_run_backend_id": j.value("github.job"), "name": name, "version": 4}
	var made struct {
		URL string `json:"signedUploadUrl"`
	}
	if err := call(ctx, j, "POST", to+"CreateArtifact", about, &made); err != nil {
		return err
	}
	if err := call(ctx, j, "PUT", made.URL+"&comp=appendBlock", packed, nil); err != nil {
		return err
	}
	delete(about, "version")
	about["size"] = len(packed)
	if err := call(ctx, j, "POST", to+"FinalizeArtifact", about, nil); err != nil {
		return err
	}
	x.log(fmt.Sprintf("%s: %d files, %d bytes", name, len(files), len(packed)))
	return nil
}

func pack(files []string) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		w, err := z.Create(filepath.Base(f))
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(text); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// call asks the storage of artifacts, as the job.
func call(ctx context.Context, j *job, method, address string, body, into any) error {
	text, raw := body.([]byte)
	if !raw {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	q, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(text))
	if err != nil {
		return err
	}
	if !raw {
		q.Header.Set("Authorization", "Bearer "+j.value("github.gitea_runtime_token"))
		q.Header.Set("Content-Type", "application/json")
	}
	return answer(q, into)
}
