package prometheus

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/workspace/lazy"
)

// target is something that is scraped.
type target struct {
	Labels   map[string]string `json:"labels"`
	Pool     string            `json:"scrapePool"`
	URL      string            `json:"scrapeUrl"`
	Error    string            `json:"lastError"`
	Last     time.Time         `json:"lastScrape"`
	Took     float64           `json:"lastScrapeDuration"`
	Health   string            `json:"health"`
	Interval string            `json:"scrapeInterval"`
}

// id names the target for good.
func (t target) id() string { return t.Pool + "/" + rest.Plain(t.URL) }

// group is a group of rules, of a file.
type group struct {
	Name  string  `json:"name"`
	File  string  `json:"file"`
	Rules []rule  `json:"rules"`
	Took  float64 `json:"evaluationTime"`
}

func (g group) id() string { return g.File + "/" + g.Name }

// rule records an expression, or alerts of it.
type rule struct {
	Type   string    `json:"type"`
	Name   string    `json:"name"`
	Query  string    `json:"query"`
	State  string    `json:"state"`
	For    float64   `json:"duration"`
	Health string    `json:"health"`
	Error  string    `json:"lastError"`
	Last   time.Time `json:"lastEvaluation"`
	Took   float64   `json:"evaluationTime"`
	Alerts []alert   `json:"alerts"`
}

// alert is one that is pending or firing: a rule has one for each set of labels.
type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	Since       time.Time         `json:"activeAt"`
	Value       string            `json:"value"`
}

// samples are the answer to a query.
type samples struct {
	Type   string          `json:"resultType"`
	Result json.RawMessage `json:"result"`
}

// series is one of an answer: of an instant, or of a span of time.
type series struct {
	Labels     map[string]string `json:"metric"`
	Value      value             `json:"value"`
	Histogram  value             `json:"histogram"`
	Values     []value           `json:"values"`
	Histograms []value           `json:"histograms"`
}

// value is [time, "number"], or of a histogram [time, {count, sum}].
type value struct {
	At   time.Time
	Text string
}

func (v *value) UnmarshalJSON(b []byte) error {
	var at float64
	var text json.RawMessage
	if err := json.Unmarshal(b, &[]any{&at, &text}); err != nil {
		return err
	}
	v.At = time.UnixMilli(int64(at * 1000))
	if json.Unmarshal(text, &v.Text) == nil {
		return nil
	}
	var h struct{ Count, Sum string }
	err := json.Unmarshal(text, &h)
	v.Text = "count " + h.Count + " sum " + h.Sum
	return err
}

// number is the value; of a histogram it is none.
func (v value) number() (float64, bool) {
	n, err := strconv.ParseFloat(v.Text, 64)
	return n, err == nil
}

// all are the series of an answer of any kind.
func (s samples) all() ([]series, error) {
	var all []series
	if s.Type == "scalar" || s.Type == "string" {
		var one value
		err := json.Unmarshal(s.Result, &one)
		return []series{{Value: one}}, err
	}
	err := json.Unmarshal(s.Result, &all)
	for i := range all {
		one := &all[i]
		if one.Value.Text == "" {
			one.Value = one.Histogram
		}
		if last := slices.Concat(one.Values, one.Histograms); one.Value.Text == "" && len(last) > 0 {
			one.Value = last[len(last)-1]
		}
	}
	return all, err
}

// get asks for data, and returns what the server warns of.
func (p *Provider) get(ctx context.Context, doing, path string, query url.Values, data any) (warnings []string, err error) {
	return p.ask(ctx, rest.Request{Doing: doing, Path: path, Query: query}, data)
}

// post asks for what is too long for an address, and changes nothing either.
func (p *Provider) post(ctx context.Context, doing, path string, form url.Values, data any) (warnings []string, err error) {
	return p.ask(ctx, rest.Request{Doing: doing, Path: path, Method: http.MethodPost, Body: form, Again: true}, data)
}

func (p *Provider) ask(ctx context.Context, q rest.Request, data any) ([]string, error) {
	answer := struct {
		Data     any      `json:"data"`
		Warnings []string `json:"warnings"`
		Infos    []string `json:"infos"`
	}{Data: data}
	q.Into, q.Header = &answer, p.tenant
	_, err := p.rest.Do(ctx, q)
	return append(answer.Warnings, answer.Infos...), err
}

// instant is an expression's value now.
func (p *Provider) instant(ctx context.Context, expr string) ([]series, []string, error) {
	var s samples
	warnings, err := p.post(ctx, "ask "+short(expr), "/query", url.Values{"query": {expr}}, &s)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.all()
	return all, warnings, err
}

// leastStep is the finest that a curve is: most servers scrape no more often.
const leastStep = 15 * time.Second

// span is an expression's course over the last while, in at most so many points.
func (p *Provider) span(ctx context.Context, expr string, last time.Duration, points int) ([]series, []string, error) {
	now := p.rest.Now()
	step := max(leastStep, last/time.Duration(points)).Round(time.Second)
	var s samples
	warnings, err := p.post(ctx, "ask "+short(expr), "/query_range", url.Values{
		"query": {expr}, "start": {unix(now.Add(-last))}, "end": {unix(now)}, "step": {strconv.Itoa(int(step.Seconds()))},
	}, &s)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.all()
	return all, warnings, err
}

func unix(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// short is an expression as a sentence can hold it.
func short(expr string) string {
	expr = strings.Join(strings.Fields(expr), " ")
	if runes := []rune(expr); len(runes) > 40 {
		return string(runes[:39]) + "…"
	}
	return expr
}

// place is where the server's parser stopped: "1:7: parse error: unclosed left parenthesis".
var place = lazy.Regexp(`(?:^|[ :])(\d+):(\d+): parse error: (.*)$`)

// explain says what is wrong with an expression, and where in it.
func explain(e *rest.Error, _ *rest.Answer) {
	switch m := place().FindStringSubmatch(e.Said); {
	case m != nil:
		where := "at character " + m[2]
		if m[1] != "1" {
			where = "in line " + m[1] + " " + where
		}
		e.Reason, e.Hint = fmt.Sprintf("does not understand it %s: %s", where, m[3]), "correct the expression"
	case e.Kind == rest.Invalid && e.Said != "":
		e.Reason, e.Hint = "can't answer it: "+e.Said, "change the expression"
	case e.Kind == rest.NotFound:
		e.Hint = "the address is the one behind which /api/v1 is, as the browser has it before /graph"
	case e.Kind == rest.Unauthorized:
		e.Reason, e.Hint = "wants a password or a token, or other ones (401)", "give them in the connection's options, in PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD, or in PROMETHEUS_TOKEN"
	}
}
