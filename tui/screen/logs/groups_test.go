package logs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

func TestGroupsOfARunnerAreFoldedBelowTheirHeads(t *testing.T) {
	long := strings.Repeat("x\n", longestGroup+1)
	text := "before\n##[group]Run go test\ngo test ./...\nshell: bash\n##[endgroup]\nok\n::group::mine\na\n::endgroup::\n##[group]long\n" + long + "##[endgroup]\n##[group]open\nb"
	var lines []line
	for i, l := range strings.Split(text, "\n") {
		lines = append(lines, line{source: "job", n: int64(i), pos: int64(i), text: l, size: int64(len(l))})
	}
	var got []string
	for _, r := range (&rowMaker{}).rows(lines, 0) {
		if r.Part > 0 {
			got = append(got, fmt.Sprint(r.Text, " below ", r.Group.N, " idle=", r.Part == logview.Idle))
		}
	}
	want := []string{
		"go test ./... below 1 idle=false", "shell: bash below 1 idle=false", "##[endgroup] below 1 idle=true",
		"a below 6 idle=false", "::endgroup:: below 6 idle=true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
