package githubtest

import (
	"fmt"
	"strings"
)

// Matrix is a workflow whose runs have so many jobs, which have ended as soon as they
// began; their logs together have so many bytes.
func Matrix(id int64, jobs, bytes int) Workflow {
	const line = "2026-11-27T03:00:00.0000000Z "
	plan := Plan{Jobs: make([]Job, jobs)}
	each := bytes / max(jobs, 1)
	for i := range plan.Jobs {
		step := Step{Name: "Run make test"}
		for n, size := 0, 0; size < each; n++ {
			text := fmt.Sprintf("job %03d line %06d %s ok (0.%02ds)", i, n, strings.Repeat("package/of/something/", 1+(n*7+i)%4), n%100)
			step.Log = append(step.Log, text)
			size += len(line) + len(text) + 1
		}
		plan.Jobs[i] = Job{Name: fmt.Sprintf("test (%03d)", i), Steps: []Step{step}}
	}
	return Workflow{
		ID: id, Path: ".github/workflows/matrix.yml", Name: "Matrix", Dispatch: true,
		Plan: func(map[string]string, int) Plan { return plan },
	}
}
