package mlflow

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// MLflow's language of filters, for stores that no server reads:
//
//	metrics.loss < 0.5 AND params."lr" = '0.1' AND status = 'RUNNING'
//
// Conditions are joined by AND alone; there are no brackets.

// condition is one of a filter: what is asked of one run.
type condition struct {
	of, key string // "metrics" "loss"; of attributes "attributes" "status"
	op      string
	words   []string // what it is compared with
	number  float64
	like    *regexp.Regexp
}

var (
	conditionForm = lazy.Regexp("^\\s*((?:[a-zA-Z_]+\\.)?(?:`[^`]+`|\"[^\"]+\"|[^\\s=!<>\"'`(]+))\\s*(!=|>=|<=|=|>|<|(?i:LIKE|ILIKE|IN|NOT\\s+IN)\\b)\\s*")
	andForm       = lazy.Regexp(`^\s*(?i:AND)\b`)
	listForm      = lazy.Regexp(`^\(([^)]*)\)`)
	wordForm      = lazy.Regexp(`^(?:'([^']*)'|"([^"]*)")`)
	numberForm    = lazy.Regexp(`^[-+0-9.eE]+`)
)

func parseFilter(text string) (all []condition, err error) {
	rest := text
	for strings.TrimSpace(rest) != "" {
		if len(all) > 0 {
			and := andForm().FindString(rest)
			if and == "" {
				return nil, fmt.Errorf("the filter %q: AND is wanted at %q", text, strings.TrimSpace(rest))
			}
			rest = rest[len(and):]
		}
		m := conditionForm().FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("the filter %q: a condition such as metrics.loss < 1 or params.lr = '0.1' is wanted at %q", text, strings.TrimSpace(rest))
		}
		rest = rest[len(m[0]):]
		c := condition{op: strings.Join(strings.Fields(strings.ToUpper(m[2])), " ")}
		if c.of, c.key, err = attribute(m[1]); err == nil {
			rest, err = c.value(rest)
		}
		if err != nil {
			return nil, fmt.Errorf("the filter %q: %w", text, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// attribute takes apart what is asked about.
func attribute(word string) (of, key string, err error) {
	of, key, dotted := strings.Cut(word, ".")
	if !dotted {
		of, key = "attributes", word
	}
	key = strings.Trim(key, "`\"")
	switch strings.ToLower(of) {
	case "metrics", "metric":
		of = "metrics"
	case "params", "param", "parameters", "parameter":
		of = "params"
	case "tags", "tag":
		of = "tags"
	case "attributes", "attribute", "attr", "run":
		of = "attributes"
		switch strings.ToLower(key) {
		case "run name", "run_name", "name":
			key = "run_name"
		case "created", "start_time":
			key = "start_time"
		case "run_id", "status", "user_id", "end_time", "artifact_uri":
		default:
			return "", "", fmt.Errorf("a run has no attribute %q: it has run_id, run_name, status, user_id, start_time, end_time, artifact_uri", key)
		}
	default:
		return "", "", fmt.Errorf("%q is none of metrics, params, tags and attributes", of)
	}
	return of, key, nil
}

func (c *condition) numeric() bool {
	return c.of == "metrics" || c.of == "attributes" && (c.key == "start_time" || c.key == "end_time")
}

// value reads what a condition compares with, and returns what follows.
func (c *condition) value(text string) (rest string, err error) {
	name := c.of + "." + c.key
	switch {
	case c.numeric():
		n := numberForm().FindString(text)
		if c.number, err = strconv.ParseFloat(n, 64); err != nil || strings.HasSuffix(c.op, "IN") || strings.HasSuffix(c.op, "LIKE") {
			return "", fmt.Errorf("%s is compared with a number by = != < <= > >=", name)
		}
		return text[len(n):], nil
	case strings.HasSuffix(c.op, "IN"):
		m := listForm().FindStringSubmatch(text)
		if m == nil {
			return "", fmt.Errorf("%s is compared with a list: ('a', 'b')", name)
		}
		for word := range strings.SplitSeq(m[1], ",") {
			c.words = append(c.words, strings.Trim(strings.TrimSpace(word), `'"`))
		}
		return text[len(m[0]):], nil
	}
	m := wordForm().FindStringSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("%s is compared with text in quotes", name)
	}
	if strings.ContainsAny(c.op, "<>") {
		return "", fmt.Errorf("%s is text, which is compared by = != LIKE ILIKE", name)
	}
	c.words = []string{m[1] + m[2]}
	if strings.HasSuffix(c.op, "LIKE") {
		pattern := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(c.words[0]))
		if c.op == "ILIKE" {
			pattern = "(?i)" + pattern
		}
		if c.like, err = regexp.Compile("(?s)^" + pattern + "$"); err != nil {
			return "", err
		}
	}
	return text[len(m[0]):], nil
}

// fits says whether a run is one of those that are asked for. One that has not what is
// asked about is none.
func (c condition) fits(r run) bool {
	if c.numeric() {
		n, ok := numberOf(r, c.of, c.key)
		return ok && compare(c.op, cmp.Compare(n, c.number))
	}
	word, ok := wordOf(r, c.of, c.key)
	switch c.op {
	case "=":
		return ok && word == c.words[0]
	case "!=":
		return ok && word != c.words[0]
	case "IN":
		return ok && slices.Contains(c.words, word)
	case "NOT IN":
		return ok && !slices.Contains(c.words, word)
	}
	return ok && c.like.MatchString(word)
}

func compare(op string, order int) bool {
	switch op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func numberOf(r run, of, key string) (float64, bool) {
	if of == "metrics" {
		n, ok := r.metric(key)
		return float64(n), ok
	}
	at := r.Info.Start
	if key == "end_time" {
		at = r.Info.End
	}
	return float64(at), at != 0
}

func wordOf(r run, of, key string) (string, bool) {
	all := r.Data.Params
	switch of {
	case "tags":
		all = r.Data.Tags
	case "attributes":
		switch key {
		case "run_id":
			return r.Info.ID, true
		case "run_name":
			return r.Info.Name, true
		case "status":
			return r.Info.Status, true
		case "user_id":
			return r.Info.User, true
		case "artifact_uri":
			return r.Info.Artifacts, true
		}
	}
	for _, t := range all {
		if t.Key == key {
			return t.Value, true
		}
	}
	return "", false
}

// sorting is one of the things that runs are sorted by.
type sorting struct {
	of, key string
	down    bool
}

func parseOrder(texts []string) (all []sorting, err error) {
	for _, text := range texts {
		var o sorting
		word := strings.TrimSpace(text)
		if i := strings.LastIndexByte(word, ' '); i > 0 {
			switch strings.ToUpper(word[i+1:]) {
			case "ASC":
				word = strings.TrimSpace(word[:i])
			case "DESC":
				word, o.down = strings.TrimSpace(word[:i]), true
			}
		}
		if word == "" {
			return nil, errors.New("the order is empty")
		}
		if o.of, o.key, err = attribute(word); err != nil {
			return nil, fmt.Errorf("the order %q: %w", text, err)
		}
		all = append(all, o)
	}
	return all, nil
}

// sortRuns sorts as the server does: what has not what is sorted by comes last, and
// of equals the newest first.
func sortRuns(all []run, order []sorting) {
	slices.SortStableFunc(all, func(a, b run) int {
		for _, o := range order {
			if n := o.compare(a, b); n != 0 {
				return n
			}
		}
		return cmp.Or(cmp.Compare(b.Info.Start, a.Info.Start), strings.Compare(a.Info.ID, b.Info.ID))
	})
}

func (o sorting) compare(a, b run) int {
	var n int
	var hasA, hasB bool
	if numeric := (&condition{of: o.of, key: o.key}).numeric(); numeric {
		var x, y float64
		x, hasA = numberOf(a, o.of, o.key)
		y, hasB = numberOf(b, o.of, o.key)
		hasA, hasB = hasA && !math.IsNaN(x), hasB && !math.IsNaN(y)
		n = cmp.Compare(x, y)
	} else {
		var x, y string
		x, hasA = wordOf(a, o.of, o.key)
		y, hasB = wordOf(b, o.of, o.key)
		n = strings.Compare(x, y)
	}
	switch {
	case hasA != hasB:
		return map[bool]int{true: -1, false: 1}[hasA]
	case !hasA:
		return 0
	case o.down:
		return -n
	}
	return n
}
