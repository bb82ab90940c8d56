package logs

import (
	"strings"

	"github.com/sawhorse-dev/sawhorse/tui/widget/logview"
)

// longestGroup is how long a group of lines may be that is folded: its head has to be
// known wherever a window of the log begins. What is longer stands open.
const longestGroup = contextLines - 8

// foldGroups folds the groups that a CI system's runner marks in its logs, what it
// was asked to run and with which environment, below their heads.
func foldGroups(rows []logview.Row) {
	heads := map[string]int{} // row of the open group's head, by source
	for i := range rows {
		r := &rows[i]
		switch mark(r.Text) {
		case groupBegins:
			heads[r.ID.Source] = i
		case groupEnds:
			if head, open := heads[r.ID.Source]; open && r.ID.N-rows[head].ID.N <= longestGroup {
				fold(rows[head:i+1], rows[head].ID)
			}
			delete(heads, r.ID.Source)
		}
	}
}

// fold puts what is of the head's log below it.
func fold(rows []logview.Row, head logview.ID) {
	for i := range rows[1:] {
		r := &rows[i+1]
		if r.ID.Source != head.Source {
			continue
		}
		r.Part, r.Group = logview.Folded, head
		if i == len(rows)-2 {
			r.Part = logview.Idle // its end says nothing
		}
	}
}

type groupMark int

const (
	noGroup groupMark = iota
	groupBegins
	groupEnds
)

func mark(text string) groupMark {
	if text == "" || text[0] != '#' && text[0] != ':' {
		return noGroup
	}
	switch {
	case strings.HasPrefix(text, "##[group]"), strings.HasPrefix(text, "::group::"):
		return groupBegins
	case strings.HasPrefix(text, "##[endgroup]"), strings.HasPrefix(text, "::endgroup::"):
		return groupEnds
	}
	return noGroup
}
