package github

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/secret"
)

// checkout is how the workspace's git stands.
type checkout struct {
	branch   string // "" when no branch is checked out
	sha      string
	upstream string // "origin/main"; "" when the branch follows none
	ahead    int    // commits that are not pushed
	changed  int    // files with changes that are not committed
}

// look asks git; without one, or outside of a repository, nothing is known.
func lookAtCheckout(ctx context.Context, dir string) checkout {
	out, err := secret.Output(ctx, dir, []string{"GIT_OPTIONAL_LOCKS=0"}, "",
		"git", "-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch", "--untracked-files=normal")
	if err != nil {
		return checkout{}
	}
	return readStatus(out)
}

// readStatus reads git status --porcelain=v2 --branch.
func readStatus(out string) checkout {
	var c checkout
	for line := range strings.SplitSeq(out, "\n") {
		rest, isHeader := strings.CutPrefix(line, "# branch.")
		if !isHeader {
			if line != "" && line[0] != '#' && line[0] != '!' {
				c.changed++
			}
			continue
		}
		name, value, _ := strings.Cut(rest, " ")
		switch name {
		case "oid":
			if value != "(initial)" {
				c.sha = value
			}
		case "head":
			if value != "(detached)" {
				c.branch = value
			}
		case "upstream":
			c.upstream = value
		case "ab":
			ahead, _, _ := strings.Cut(value, " ")
			c.ahead, _ = strconv.Atoi(strings.TrimPrefix(ahead, "+"))
		}
	}
	return c
}

// warnings say what of here is not part of a run at a ref.
func (c checkout) warnings(ref, system string) []string {
	if c.sha == "" || ref != c.branch {
		return nil
	}
	var all []string
	switch {
	case c.upstream == "":
		all = append(all, fmt.Sprintf("the branch %s was never pushed: git push -u origin %s", c.branch, c.branch))
	case c.ahead > 0:
		all = append(all, fmt.Sprintf("%s not pushed to %s: %s runs what was pushed last (git push)", count(c.ahead, "commit is", "commits are"), c.branch, system))
	}
	if c.changed > 0 {
		all = append(all, fmt.Sprintf("%s not committed and will not be part of the run", count(c.changed, "changed file is", "changed files are")))
	}
	return all
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
