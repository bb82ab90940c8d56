package mlflow

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// The words of the server's JSON: proto messages of MLflow 2 and 3. An empty
// list is not there at all; ids and versions are strings; times are
// milliseconds since 1970.

// number is a double that the server may write as "NaN" or "Infinity". Its SQL
// stores keep the infinities as the largest numbers.
type number float64

const sqlInfinity = 1.79e308

// UnmarshalJSON reads a number or its word.
func (n *number) UnmarshalJSON(b []byte) error {
	text := string(b)
	if s, err := strconv.Unquote(text); err == nil {
		text = s
	}
	if text == "null" {
		return nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return err
	}
	*n = stored(f, false)
	return nil
}

// stored is a number as stores have it: SQL has neither NaN nor the infinities.
func stored(v float64, isNaN bool) number {
	switch {
	case isNaN:
		return number(math.NaN())
	case v > sqlInfinity:
		return number(math.Inf(1))
	case v < -sqlInfinity:
		return number(math.Inf(-1))
	}
	return number(v)
}

// MarshalJSON writes what no JSON number can be as its word.
func (n number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return json.Marshal(map[bool]string{true: "NaN", false: infinity(f)}[math.IsNaN(f)])
	}
	return json.Marshal(f)
}

func infinity(f float64) string {
	if f < 0 {
		return "-Infinity"
	}
	return "Infinity"
}

// millis is a time; zero: not there. Some versions write it as a string.
type millis int64

// UnmarshalJSON reads a number, or a number in quotes.
func (m *millis) UnmarshalJSON(b []byte) error {
	text := string(b)
	if s, err := strconv.Unquote(text); err == nil {
		text = s
	}
	if text == "null" || text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	*m = millis(n)
	return err
}

func (m millis) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m))
}

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type tags []tag

func (t tags) get(key string) string {
	v, _ := t.find(key)
	return v
}

func (t tags) find(key string) (value string, found bool) {
	for _, x := range t {
		if x.Key == key {
			return x.Value, true
		}
	}
	return "", false
}

type experiment struct {
	ID      string `json:"experiment_id"`
	Name    string `json:"name"`
	Stage   string `json:"lifecycle_stage"`
	Updated millis `json:"last_update_time"`
	Tags    tags   `json:"tags"`
}

// The tags by which an experiment says what is best in it.
const (
	primaryMetric   = "mlflow.experiment.primaryMetric.name"
	greaterIsBetter = "mlflow.experiment.primaryMetric.greaterIsBetter"
)

type metric struct {
	Key       string `json:"key"`
	Value     number `json:"value"`
	Timestamp millis `json:"timestamp"`
	Step      millis `json:"step"` // a number, written as the times are
	RunID     string `json:"run_id,omitempty"`
}

type run struct {
	Info struct {
		ID         string `json:"run_id"`
		Name       string `json:"run_name"`
		Experiment string `json:"experiment_id"`
		User       string `json:"user_id"`
		Status     string `json:"status"`
		Start      millis `json:"start_time"`
		End        millis `json:"end_time"`
		Artifacts  string `json:"artifact_uri"`
		Stage      string `json:"lifecycle_stage"`
	} `json:"info"`
	Data struct {
		Metrics []metric `json:"metrics"`
		Params  tags     `json:"params"`
		Tags    tags     `json:"tags"`
	} `json:"data"`
	Outputs struct {
		Models []struct {
			ID   string `json:"model_id"`
			Step millis `json:"step"`
		} `json:"model_outputs"`
	} `json:"outputs"`
}

func (r run) metric(key string) (number, bool) {
	for _, m := range r.Data.Metrics {
		if m.Key == key {
			return m.Value, true
		}
	}
	return 0, false
}

// The statuses of a run.
const (
	statusRunning   = "RUNNING"
	statusScheduled = "SCHEDULED"
	statusFinished  = "FINISHED"
	statusFailed    = "FAILED"
	statusKilled    = "KILLED"
)

type alias struct {
	Name    string `json:"alias"`
	Version string `json:"version"`
}

type model struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Updated     millis    `json:"last_updated_timestamp"`
	Aliases     []alias   `json:"aliases"`
	Latest      []version `json:"latest_versions"`
	Tags        tags      `json:"tags"`
}

type version struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Status  string   `json:"status"`
	Message string   `json:"status_message"`
	Source  string   `json:"source"`
	RunID   string   `json:"run_id"`
	ModelID string   `json:"model_id"`
	Created millis   `json:"creation_timestamp"`
	Aliases []string `json:"aliases"`
	Tags    tags     `json:"tags"`
}

// statusReady is that of a version that can be used.
const statusReady = "READY"

type loggedModel struct {
	Info struct {
		ID         string `json:"model_id"`
		Name       string `json:"name"`
		Status     string `json:"status"`
		Run        string `json:"source_run_id"`
		Created    millis `json:"creation_timestamp_ms"`
		Experiment string `json:"experiment_id"`
	} `json:"info"`
	Data struct {
		Metrics []metric `json:"metrics"`
	} `json:"data"`
}
