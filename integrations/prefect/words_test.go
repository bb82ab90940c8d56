package prefect

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestATaskRunNeedsWhatItsParametersComeFrom(t *testing.T) {
	var run taskRun
	err := json.Unmarshal([]byte(`{"id": "4", "task_inputs": {
		"rows": [{"input_type": "task_run", "id": "2"}, {"input_type": "parameter", "name": "rows"}],
		"fail": [], "wait_for": [{"input_type": "task_run", "id": "3"}, {"input_type": "task_run", "id": "2"}],
		"sub": [{"input_type": "flow_run", "id": "9"}],
		"__parents__": [{"input_type": "task_run", "id": "1"}, {"input_type": "flow_run", "id": "0"}]
	}}`), &run)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2", "3"}, run.needs()); diff != "" {
		t.Error(diff)
	}
}
