package mlflow

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
)

// server is an MLflow tracking server and its registry.
type server struct {
	rest *rest.Client
	base string // where people see it
}

func (s *server) now() time.Time         { return s.rest.Now() }
func (s *server) web(path string) string { return s.base + path }
func (s *server) close()                 { s.rest.Close() }

const api = "/api/2.0/mlflow/"

// Bounds of what is asked for at once.
const (
	pageRuns     = 1000
	pageHistory  = 25_000
	bulkRuns     = 100
	bulkPoints   = 2500
	manyPages    = 200
	pageVersions = 200
)

// get asks with a query, which works for all that only reads.
func (s *server) get(ctx context.Context, doing, path string, query url.Values, into any) error {
	_, err := s.rest.Get(ctx, doing, api+path, query, into)
	return err
}

// post sends a body; search is one that only reads and may be repeated.
func (s *server) post(ctx context.Context, doing, path string, body, into any, search bool) error {
	_, err := s.rest.Do(ctx, rest.Request{Method: http.MethodPost, Path: api + path, Body: body, Doing: doing, Into: into, Again: search})
	return err
}

// version is the server's, as it says it: in an answer that calls itself a web page,
// as that of a login does.
func (s *server) version(ctx context.Context) (string, error) {
	a, err := s.rest.Do(ctx, rest.Request{Path: "/version", Text: true})
	if err != nil {
		return "", err
	}
	v := strings.TrimSpace(string(a.Body))
	if v == "" || v[0] < '0' || v[0] > '9' || len(v) > 40 {
		return "", s.rest.Page("", a)
	}
	return v, nil
}

// experiments are all that are active, the last changed first.
func (s *server) experiments(ctx context.Context) (all []experiment, err error) {
	token := ""
	for range manyPages {
		var page struct {
			Experiments []experiment `json:"experiments"`
			Next        string       `json:"next_page_token"`
		}
		body := map[string]any{"max_results": pageRuns, "order_by": []string{"last_update_time DESC"}}
		if token != "" {
			body["page_token"] = token
		}
		if err := s.post(ctx, "list the experiments", "experiments/search", body, &page, true); err != nil {
			return nil, err
		}
		all = append(all, page.Experiments...)
		if token = page.Next; token == "" {
			break
		}
	}
	return all, nil
}

func (s *server) experimentByID(ctx context.Context, id string) (experiment, error) {
	var answer struct {
		Experiment experiment `json:"experiment"`
	}
	err := s.get(ctx, "read the experiment "+id, "experiments/get", url.Values{"experiment_id": {id}}, &answer)
	return answer.Experiment, err
}

// search says which runs are wanted. Filter is MLflow's own language.
type search struct {
	experiments []string
	filter      string
	order       []string
	most        int
}

func (s *server) runs(ctx context.Context, q search) (all []run, more bool, err error) {
	token := ""
	for len(all) < q.most {
		var page struct {
			Runs []run  `json:"runs"`
			Next string `json:"next_page_token"`
		}
		body := map[string]any{"experiment_ids": q.experiments, "max_results": min(pageRuns, q.most-len(all)), "run_view_type": "ACTIVE_ONLY"}
		if q.filter != "" {
			body["filter"] = q.filter
		}
		if len(q.order) > 0 {
			body["order_by"] = q.order
		}
		if token != "" {
			body["page_token"] = token
		}
		if err := s.post(ctx, "list runs", "runs/search", body, &page, true); err != nil {
			return nil, false, err
		}
		all = append(all, page.Runs...)
		if token = page.Next; token == "" {
			return all, false, nil
		}
	}
	return all, true, nil
}

func (s *server) run(ctx context.Context, id string) (run, error) {
	var answer struct {
		Run run `json:"run"`
	}
	err := s.get(ctx, "read the run "+short(id), "runs/get", url.Values{"run_id": {id}}, &answer)
	return answer.Run, err
}

// history is a metric's points, from the one that is number from on, in the
// order of their logging.
func (s *server) history(ctx context.Context, id, key string, from int) (all []metric, err error) {
	token := ""
	if from > 0 {
		// The server's own format of a page token, which saves the whole history
		// from being sent again for each new point.
		token = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"offset": %d}`, from))
	}
	for range manyPages {
		var page struct {
			Metrics []metric `json:"metrics"`
			Next    string   `json:"next_page_token"`
		}
		query := url.Values{"run_id": {id}, "metric_key": {key}, "max_results": {strconv.Itoa(pageHistory)}}
		if token != "" {
			query.Set("page_token", token)
		}
		if err := s.get(ctx, "read the metric "+key, "metrics/get-history", query, &page); err != nil {
			return all, err
		}
		all = append(all, page.Metrics...)
		if token = page.Next; token == "" {
			break
		}
	}
	return all, nil
}

// curves are a metric of several runs, thinned by the server to points each.
func (s *server) curves(ctx context.Context, ids []string, key string, points int) (all []metric, err error) {
	for len(ids) > 0 {
		some := ids[:min(len(ids), bulkRuns)]
		ids = ids[len(some):]
		var answer struct {
			Metrics []metric `json:"metrics"`
		}
		query := url.Values{"run_ids": some, "metric_key": {key}, "max_results": {strconv.Itoa(min(max(points, 1), bulkPoints))}}
		if err := s.get(ctx, "read the metric "+key, "metrics/get-history-bulk-interval", query, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Metrics...)
	}
	return all, nil
}

// create begins a run and returns it.
func (s *server) create(ctx context.Context, experiment, name string, t tags, at time.Time) (run, error) {
	var answer struct {
		Run run `json:"run"`
	}
	body := map[string]any{"experiment_id": experiment, "run_name": name, "start_time": at.UnixMilli(), "tags": t}
	err := s.post(ctx, "create a run", "runs/create", body, &answer, false)
	return answer.Run, err
}

// update says how a run is; one that goes on has no end.
func (s *server) update(ctx context.Context, id, status string, at time.Time) error {
	body := map[string]any{"run_id": id, "status": status}
	if status != statusRunning {
		body["end_time"] = at.UnixMilli()
	}
	return s.post(ctx, "say that the run is "+strings.ToLower(status), "runs/update", body, nil, true)
}

// experimentID finds an experiment by its name, and creates it when there is none.
func (s *server) experimentID(ctx context.Context, name string) (string, error) {
	var found struct {
		Experiment experiment `json:"experiment"`
	}
	err := s.get(ctx, "find the experiment "+name, "experiments/get-by-name", url.Values{"experiment_name": {name}}, &found)
	if err == nil {
		return found.Experiment.ID, nil
	}
	if !rest.Is(err, rest.NotFound) {
		return "", err
	}
	var created struct {
		ID string `json:"experiment_id"`
	}
	err = s.post(ctx, "create the experiment "+name, "experiments/create", map[string]any{"name": name}, &created, false)
	if err != nil && s.get(ctx, "find the experiment "+name, "experiments/get-by-name", url.Values{"experiment_name": {name}}, &found) == nil {
		return found.Experiment.ID, nil // somebody else made it meanwhile
	}
	return created.ID, err
}

func (s *server) models(ctx context.Context) (all []model, err error) {
	token := ""
	for range manyPages {
		var page struct {
			Models []model `json:"registered_models"`
			Next   string  `json:"next_page_token"`
		}
		query := url.Values{"max_results": {"1000"}}
		if token != "" {
			query.Set("page_token", token)
		}
		if err := s.get(ctx, "list the models", "registered-models/search", query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Models...)
		if token = page.Next; token == "" {
			break
		}
	}
	return all, nil
}

func (s *server) model(ctx context.Context, name string) (model, error) {
	var answer struct {
		Model model `json:"registered_model"`
	}
	err := s.get(ctx, "read the model "+name, "registered-models/get", url.Values{"name": {name}}, &answer)
	return answer.Model, err
}

// versions are those of a model, the newest first.
func (s *server) versions(ctx context.Context, name string) ([]version, error) {
	var answer struct {
		Versions []version `json:"model_versions"`
	}
	query := url.Values{"filter": {"name='" + strings.ReplaceAll(name, "'", `\'`) + "'"}, "max_results": {strconv.Itoa(pageVersions)}, "order_by": {"version_number DESC"}}
	err := s.get(ctx, "list the versions of "+name, "model-versions/search", query, &answer)
	return answer.Versions, err
}

func (s *server) getVersion(ctx context.Context, name, number string) (version, error) {
	var answer struct {
		Version version `json:"model_version"`
	}
	err := s.get(ctx, fmt.Sprintf("read version %s of %s", number, name), "model-versions/get", url.Values{"name": {name}, "version": {number}}, &answer)
	return answer.Version, err
}

// holder is the version that has an alias; false: none has.
func (s *server) holder(ctx context.Context, name, as string) (version, bool, error) {
	var answer struct {
		Version version `json:"model_version"`
	}
	err := s.get(ctx, fmt.Sprintf("find who is %s of %s", as, name), "registered-models/alias", url.Values{"name": {name}, "alias": {as}}, &answer)
	if err != nil {
		// A missing alias is an invalid parameter to some versions, not found to others.
		if rest.Is(err, rest.NotFound) || strings.Contains(err.Error(), "alias") && rest.Is(err, rest.Invalid) {
			return version{}, false, nil
		}
		return version{}, false, err
	}
	return answer.Version, true, nil
}

func (s *server) setAlias(ctx context.Context, name, as, number string) error {
	return s.post(ctx, fmt.Sprintf("make version %s of %s its %s", number, name, as), "registered-models/alias",
		map[string]string{"name": name, "alias": as, "version": number}, nil, true)
}

func (s *server) deleteAlias(ctx context.Context, name, as string) error {
	_, err := s.rest.Do(ctx, rest.Request{
		Method: http.MethodDelete, Path: api + "registered-models/alias", Body: map[string]string{"name": name, "alias": as},
		Doing: fmt.Sprintf("take %s off %s", as, name), Again: true,
	})
	return err
}

func (s *server) tagVersion(ctx context.Context, name, number, key, value string) error {
	return s.post(ctx, "note who promoted it", "model-versions/set-tag",
		map[string]string{"name": name, "version": number, "key": key, "value": value}, nil, true)
}

func (s *server) untagVersion(ctx context.Context, name, number, key string) error {
	_, err := s.rest.Do(ctx, rest.Request{
		Method: http.MethodDelete, Path: api + "model-versions/delete-tag", Body: map[string]string{"name": name, "version": number, "key": key},
		Doing: "note who took it back", Again: true,
	})
	return err
}

// register makes a version of a model of what a run or a logged model has.
func (s *server) register(ctx context.Context, name, source, runID, modelID string) (version, error) {
	err := s.post(ctx, "create the model "+name, "registered-models/create", map[string]string{"name": name}, nil, false)
	if err != nil && !rest.Is(err, rest.Invalid, rest.Conflict) { // it exists
		return version{}, err
	}
	var answer struct {
		Version version `json:"model_version"`
	}
	body := map[string]string{"name": name, "source": source, "run_id": runID}
	if modelID != "" {
		body["model_id"] = modelID
	}
	err = s.post(ctx, "register a version of "+name, "model-versions/create", body, &answer, false)
	return answer.Version, err
}

// loggedModels are those that a run has logged, its checkpoints among them.
func (s *server) loggedModels(ctx context.Context, experiment, runID string) ([]loggedModel, error) {
	var answer struct {
		Models []loggedModel `json:"models"`
	}
	body := map[string]any{
		"experiment_ids": []string{experiment}, "filter": "source_run_id = '" + runID + "'", "max_results": 50,
	}
	err := s.post(ctx, "list the models of the run "+short(runID), "logged-models/search", body, &answer, true)
	if rest.Is(err, rest.NotFound) { // MLflow 2 has none
		return nil, nil
	}
	return answer.Models, err
}

type artifact struct {
	Path string `json:"path"`
	Dir  bool   `json:"is_dir"`
	Size millis `json:"file_size"`
}

func (s *server) artifacts(ctx context.Context, id, path string) ([]artifact, error) {
	var answer struct {
		Files []artifact `json:"files"`
	}
	query := url.Values{"run_id": {id}}
	if path != "" {
		query.Set("path", path)
	}
	err := s.get(ctx, "list the files of the run "+short(id), "artifacts/list", query, &answer)
	return answer.Files, err
}

// short is the part of an id that a person reads.
func short(id string) string { return id[:min(len(id), 8)] }
