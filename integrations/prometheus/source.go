package prometheus

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sawhorse-dev/sawhorse/integrations/internal/rest"
	"github.com/sawhorse-dev/sawhorse/tasks"
	"github.com/sawhorse-dev/sawhorse/workspace/config"
)

// The kinds of resource.
const (
	kindAlert  = "alert"
	kindTarget = "target"
	kindRules  = "rules"
	kindQuery  = "query"
)

// The server tells nobody of anything: it is asked anew after a while, and while
// nothing changes twice as long after, up to a bound. Every is for what is looked at.
const (
	lookFirst = 5 * time.Second
	lookLast  = 20 * time.Second
	every     = 10
)

// Kinds are alerts, targets, groups of rules, and what a person has asked.
func (p *Provider) Kinds() []tasks.Kind {
	ask := tasks.Operation{
		Name: "query", Title: "Ask Prometheus", Key: "Q", Form: "query form", Tells: true, Whole: true,
		Params: []config.Param{exprParam("")},
	}
	course := tasks.View{Title: "Course", Query: "range", Every: every}
	return []tasks.Kind{
		{
			Name: kindAlert, Title: "ALERTS", Unused: "no alert is pending or firing",
			Views: []tasks.View{{Title: "Alert", Query: "alert", Every: every}, course}, Operations: []tasks.Operation{ask},
		},
		{
			Name: kindTarget, Title: "TARGETS", Unused: "the server scrapes nothing",
			Views:      []tasks.View{{Title: "Target", Query: "target", Every: every}, course, {Title: "Metrics", Query: "metrics", Key: "expr", As: "expr"}},
			Operations: []tasks.Operation{ask},
		},
		{
			Name: kindRules, Title: "RULES", Unused: "the server has no rules",
			Views: []tasks.View{{Title: "Rules", Query: "rules", Every: every}}, Operations: []tasks.Operation{ask},
		},
		{
			Name: kindQuery, Title: "QUERIES",
			Views:      []tasks.View{{Title: "Values", Query: "query", Every: every}, course},
			Operations: []tasks.Operation{ask, {Name: "forget", Title: "Forget", Key: "X"}},
		},
	}
}

// Watch tells of all of it while somebody looks.
func (p *Provider) Watch(ctx context.Context, tell func(tasks.Changes)) error {
	var last []tasks.Resource
	pause := lookFirst
	for {
		if err := p.look.Wait(ctx); err != nil {
			return err
		}
		all, err := p.resources(ctx)
		if err != nil {
			return err
		}
		pause = min(2*pause, lookLast)
		if !reflect.DeepEqual(all, last) {
			tell(tasks.Changes{Changed: all, All: true})
			last, pause = all, lookFirst
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		case <-p.kept.changed:
			timer.Stop()
		}
	}
}

func (p *Provider) resources(ctx context.Context) ([]tasks.Resource, error) {
	targets, err := p.targets(ctx)
	if err != nil {
		return nil, err
	}
	groups, err := p.groups(ctx)
	if err != nil {
		return nil, err
	}
	var down, firing, rules []tasks.Resource
	for _, t := range targets {
		down = append(down, p.target(t))
	}
	for _, g := range groups {
		rules = append(rules, p.rules(g))
		for _, r := range g.Rules {
			for _, a := range r.Alerts {
				firing = append(firing, p.alert(r, a))
			}
		}
	}
	queries, err := p.queries(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(p.most(firing, "/alerts"), p.most(down, "/targets"), p.most(rules, "/rules"), queries)
	return all, nil
}

// mostShown bounds what is told of a kind that is not the workspace's own.
const mostShown = 200

// most leaves out what a person will not read through: the first are the workspace's
// own and what is not as it should be.
func (p *Provider) most(all []tasks.Resource, page string) []tasks.Resource {
	rank := func(r tasks.Resource) int {
		switch {
		case r.Own:
			return 0
		case r.Phase == tasks.PhaseFailed, r.Phase == tasks.PhaseWarning:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b tasks.Resource) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(a.ID, b.ID))
	})
	all = slices.CompactFunc(all, func(a, b tasks.Resource) bool { return a.ID == b.ID })
	if len(all) <= mostShown {
		return all
	}
	more := tasks.Resource{
		ID: tasks.NewResourceID(p.name, all[0].Kind, "more"), Kind: all[0].Kind, Phase: tasks.PhaseOff, URL: p.base + page,
		Name: fmt.Sprintf("and %d more", len(all)-mostShown), Own: all[mostShown-1].Own,
	}
	return append(all[:mostShown], more)
}

func (p *Provider) targets(ctx context.Context) ([]target, error) {
	var data struct {
		Active []target `json:"activeTargets"`
	}
	_, err := p.get(ctx, "list the targets", "/targets", url.Values{"state": {"active"}}, &data)
	return data.Active, unknown(err)
}

func (p *Provider) groups(ctx context.Context) ([]group, error) {
	var data struct {
		Groups []group `json:"groups"`
	}
	_, err := p.get(ctx, "list the rules", "/rules", nil, &data)
	return data.Groups, unknown(err)
}

// unknown leaves out what a server that only speaks like Prometheus has not.
func unknown(err error) error {
	if rest.Is(err, rest.NotFound) {
		return nil
	}
	return err
}

func (p *Provider) target(t target) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(p.name, kindTarget, t.id()), Kind: kindTarget, Name: cmp.Or(t.Labels["instance"], t.URL),
		Group: t.Pool, Detail: t.Labels["job"], Phase: tasks.PhaseBusy, Native: t.Health, Own: p.own(t.Labels), URL: p.base + "/targets",
	}
	switch t.Health {
	case "up":
		r.Phase = tasks.PhaseUp
	case "down":
		r.Phase, r.Reason = tasks.PhaseFailed, reason(t)
	}
	return r
}

// reason is why a target is down, without the address, which stands beside it.
func reason(t target) string {
	text := strings.TrimPrefix(t.Error, fmt.Sprintf("Get %q: ", t.URL))
	return cmp.Or(rest.Plain(text), "it is down")
}

func (p *Provider) alert(r rule, a alert) tasks.Resource {
	labels := maps.Clone(a.Labels)
	delete(labels, "alertname")
	res := tasks.Resource{
		ID: tasks.NewResourceID(p.name, kindAlert, identity(a.Labels)), Kind: kindAlert, Name: r.Name, Native: a.State,
		Number: a.Labels["severity"], Own: p.own(a.Labels), Since: a.Since, URL: p.page(r.Query),
	}
	delete(labels, "severity")
	res.Detail = list(labels)
	summary := cmp.Or(a.Annotations["summary"], a.Annotations["description"], a.Annotations["message"], short(r.Query))
	res.Reason = strings.Join(strings.Fields(summary), " ")
	switch severity := strings.ToLower(a.Labels["severity"]); {
	case a.State != "firing":
		res.Phase = tasks.PhaseBusy
		res.Reason = fmt.Sprintf("fires when it has been so for %s: %s", span(r.For), res.Reason)
	case severity == "none", strings.HasPrefix(severity, "info"):
		res.Phase = tasks.PhaseUp // one that always fires, to show that it would be heard
	case slices.Contains([]string{"critical", "page", "error", "fatal", "emergency", "disaster"}, severity):
		res.Phase = tasks.PhaseFailed
	default:
		res.Phase = tasks.PhaseWarning
	}
	return res
}

func (p *Provider) rules(g group) tasks.Resource {
	r := tasks.Resource{
		ID: tasks.NewResourceID(p.name, kindRules, g.id()), Kind: kindRules, Name: g.Name, Phase: tasks.PhaseUp,
		Number: fmt.Sprint(len(g.Rules)), Own: p.own(nil), URL: p.base + "/rules",
	}
	for _, x := range g.Rules {
		if x.Health == "err" {
			r.Phase, r.Native, r.Reason = tasks.PhaseWarning, "error", x.Name+": "+x.Error
			break
		}
	}
	return r
}

// identity names an alert for good: by its labels.
func identity(labels map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, fmt.Sprintf("%s=%q", name, labels[name]))
	}
	return "{" + strings.Join(all, ",") + "}"
}

// list is labels as people read them.
func list(labels map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, name+"="+labels[name])
	}
	return strings.Join(all, " ")
}

// span is seconds as a duration: "5m".
func span(seconds float64) string {
	text := (time.Duration(seconds) * time.Second).String()
	return strings.TrimSuffix(strings.TrimSuffix(text, "0s"), "0m")
}
