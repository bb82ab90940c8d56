package prometheus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sawhorse-dev/sawhorse/integrations"
	"github.com/sawhorse-dev/sawhorse/integrations/integrationtest"
	"github.com/sawhorse-dev/sawhorse/tasks"
)

// patience is for a machine that does much else.
const patience = 3 * time.Minute

// rulesOf a server that alerts of what is down, and has one that it can't evaluate.
const rulesOf = `groups:
- name: shop
  rules:
  - alert: ShopDown
    expr: up == 0
    labels: {severity: critical}
    annotations: {summary: "{{ $labels.job }} does not answer"}
- name: broken
  rules:
  - {record: both, expr: 'label_replace(shop_orders_total, "code", "x", "", "")'}
`

// served is a real server that scrapes a shop.
func served(t *testing.T) (url string, shop *httptest.Server) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a server")
	}
	shop = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, "# TYPE shop_orders_total counter\nshop_orders_total{code=\"ok\"} 12\nshop_orders_total{code=\"lost\"} 1\n")
	}))
	t.Cleanup(shop.Close)
	dir := t.TempDir()
	config := fmt.Sprintf(`global: {scrape_interval: 250ms, evaluation_interval: 250ms}
rule_files: [%s]
scrape_configs:
- job_name: shop
  static_configs: [{targets: [%q]}]
`, filepath.Join(dir, "rules.yml"), shop.Listener.Addr())
	for name, text := range map[string]string{"prometheus.yml": config, "rules.yml": rulesOf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return integrationtest.Server{
		Program: "prometheus/bin/prometheus",
		Args: []string{
			"--config.file=" + filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path={dir}", "--web.listen-address=127.0.0.1:{port}",
		},
		Ready: "/-/ready",
	}.Start(t), shop
}

// watcher keeps what a provider tells, as a state has it.
type watcher struct {
	t     *testing.T
	p     *Provider
	news  chan []tasks.Resource
	ended chan error
}

func watch(t *testing.T, p *Provider) *watcher {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watcher{t: t, p: p, news: make(chan []tasks.Resource, 1), ended: make(chan error, 1)}
	go func() {
		w.ended <- p.Watch(ctx, func(c tasks.Changes) {
			select {
			case <-w.news: // nobody has read what was told before
			default:
			}
			w.news <- c.Changed
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-w.ended; !errors.Is(err, context.Canceled) {
			t.Errorf("watching ended with %v", err)
		}
	})
	return w
}

// until waits for these rows among all, and hurries the looks.
func (w *watcher) until(want ...string) {
	w.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	var last []string
	for {
		select {
		case all := <-w.news:
			last = rows(all)
			text := "\n" + strings.Join(last, "\n") + "\n"
			missing := false
			for _, row := range want {
				missing = missing || !strings.Contains(text, "\n"+row+"\n")
			}
			if !missing {
				return
			}
		case <-tick.C:
			select {
			case w.p.kept.changed <- struct{}{}:
			default:
			}
		case <-late:
			w.t.Fatalf("told:\n%s\nwanted:\n%s", strings.Join(last, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestARealServerTellsOfATargetThatGoesDownAndAnswersQueries(t *testing.T) {
	url, shop := served(t)
	dir := t.TempDir()
	p := connect(t, integrations.Place{
		Dir: dir, Home: dir, State: filepath.Join(dir, "state"), Getenv: func(string) string { return "" },
		Declared: []integrations.Declared{{Name: "prom", Options: map[string]string{"url": url + "/"}}},
	})
	if !strings.HasPrefix(p.About(), "Prometheus 2.") {
		t.Errorf("it is %q", p.About())
	}
	address := shop.Listener.Addr().String()
	w := watch(t, p)
	w.until(
		"own target "+address+" up [] shop",
		"own rules broken warning [1]  both: vector cannot contain metrics with the same labelset",
		"own query up up [1]",
	)

	table := ask(t, p, "query", map[string]string{"expr": "sort(shop_orders_total)"})
	want := tasks.Result{
		Facts:   []tasks.Fact{{Name: "metric", Value: "shop_orders_total"}, {Name: "instance", Value: address}, {Name: "job", Value: "shop"}},
		Columns: []tasks.Column{{Name: "code"}, {Name: "value", Number: true}},
		Rows:    [][]string{{"lost", "1"}, {"ok", "12"}},
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Error(diff)
	}
	// Its end is by the server's clock, which is known to a second: the first scrape may
	// be behind it.
	course := ask(t, p, "range", map[string]string{"expr": "sum(shop_orders_total)"})
	for late := time.Now().Add(patience); len(course.Curves) == 0 && time.Now().Before(late); {
		course = ask(t, p, "range", map[string]string{"expr": "sum(shop_orders_total)"})
	}
	if len(course.Curves) != 1 || course.Curves[0].Points[0].Value != 13 {
		t.Errorf("its course: %+v", course)
	}
	id := "shop/" + shop.URL + "/metrics"
	metrics := ask(t, p, "metrics", map[string]string{"kind": kindTarget, "id": id})
	row := []string{"shop_orders_total", "12", "code=ok", fmt.Sprintf(`shop_orders_total{code="ok",instance=%q,job="shop"}`, address)}
	found := false
	for _, r := range metrics.Rows {
		found = found || cmp.Equal(r, row)
	}
	if !found {
		t.Errorf("its metrics have no %q: %q", row, metrics.Rows)
	}
	if form := ask(t, p, "query form", nil); !strings.Contains(strings.Join(form.Suggest["expr"], " "), "rate(shop_orders_total[5m])") {
		t.Errorf("the form suggests %q", form.Suggest["expr"])
	}
	_, err := p.Query(t.Context(), tasks.Query{Name: "query", Args: map[string]string{"expr": "sum by (job) (up"}})
	if err == nil || !strings.Contains(err.Error(), "does not understand it at character ") || !strings.HasSuffix(err.Error(), "unclosed left parenthesis; correct the expression") {
		t.Errorf("an expression that is none: %v", err)
	}

	shop.Close()
	w.until(
		"own alert ShopDown failed [critical] instance="+address+" job=shop shop does not answer",
		"own target "+address+" failed [] shop dial tcp "+address+": connect: connection refused",
	)
}
