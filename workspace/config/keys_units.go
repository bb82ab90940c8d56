package config

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"time"
)

func quoteMeta(s string) string { return regexp.QuoteMeta(s) }

func versionKind() kind[int] {
	return kind[int]{
		shape: &shape{words: "1", schema: schema{"const": Version}},
		read: func(r *reader, n *node) (int, bool) {
			if n.kind == intNode && n.text == strconv.Itoa(Version) {
				return Version, true
			}
			r.must(n, strconv.Itoa(Version), fmt.Sprintf("write version: %d; a file of Compose or process-compose has a version of its own", Version))
			return 0, false
		},
	}
}

// unitsKind is a mapping of names to services or tasks.
func unitsKind(k Kind) kind[[]*draft] {
	fields := unitFields()
	unit := object(shape{
		words: "a mapping or a command line", title: string(k), bare: "run",
		oneOf: []string{"run", "image", "build"}, on: onKind(k),
	}, fields)
	if k == Task {
		unit.shape.other = pinnedShape(pinnedFields())
	}
	sh := &shape{words: "a mapping of names to " + string(k) + "s", values: unit.shape, names: namePattern, removable: true}
	return kind[[]*draft]{shape: sh, read: func(r *reader, n *node) ([]*draft, bool) {
		if n.kind == nullNode {
			return nil, true
		}
		if n.kind != mapNode {
			r.must(n, sh.words, "")
			return nil, false
		}
		var drafts []*draft
		path := r.path
		for _, e := range n.entries {
			if !nameForm().MatchString(e.key) {
				r.at(e.pos, e.length, fmt.Sprintf("%q is not the name of a %s", e.key, k),
					"names begin with a letter or digit and have letters, digits, dot, - and _")
				continue
			}
			d := &draft{name: e.key, kind: k, pos: e.pos, length: e.length}
			drafts = append(drafts, d)
			r.unit, r.path = d, nil
			switch {
			case e.value.kind == nullNode:
				r.lacksAll(e.value, "run or command")
			case k == Task && e.value.kind == mapNode && e.value.get("use") != nil:
				r.readPinned(e.value, d)
			default:
				readObject(r, e.value, unit.shape, fields, d)
			}
		}
		r.unit, r.path = nil, path
		return drafts, true
	}}
}

// readinessKind is process-compose's probe.
func readinessKind() kind[probe] {
	type execProbe struct{ command string }
	exec := object(shape{words: "a mapping", title: "exec"}, []field[execProbe]{
		give("command", line(), func(e *execProbe, v string) { e.command = v }, "`ready.exec`.", required),
	})
	type pace struct {
		probe
		delay     time.Duration
		threshold int
	}
	whole := object(shape{words: "a mapping", title: "readiness_probe", oneOf: []string{"probe"}}, []field[pace]{
		give("exec", exec, func(p *pace, v execProbe) { p.Exec = v.command }, "A line for the shell.", slots("probe")),
		give("http_get", httpGetKind(), func(p *pace, v string) { p.HTTP = v }, "A request.", slots("probe")),
		give("period_seconds", duration(time.Millisecond), func(p *pace, v time.Duration) { p.Every = v }, "`ready.every`."),
		give("timeout_seconds", duration(time.Millisecond), func(p *pace, v time.Duration) { p.Timeout = v }, "`ready.timeout`."),
		give("failure_threshold", integer(1, 1_000_000), func(p *pace, v int) { p.threshold = v },
			"Tries until it is said to have failed: with the others it makes `ready.within`."),
		give("initial_delay_seconds", duration(0), func(p *pace, v time.Duration) { p.delay = v }, "Added to `ready.within`."),
	})
	return kind[probe]{shape: whole.shape, read: func(r *reader, n *node) (probe, bool) {
		v, ok := whole.read(r, n)
		if v.threshold > 0 {
			every := v.Every
			if every == 0 {
				every = probeEvery
			}
			v.within = placed[time.Duration]{v: v.delay + every*time.Duration(v.threshold), n: n}
		} else if v.delay > 0 {
			v.within = placed[time.Duration]{v: v.delay + probeWithin, n: n}
		}
		return v.probe, ok
	}}
}

// httpGetKind is process-compose's request, as a URL.
func httpGetKind() kind[string] {
	type request struct{ scheme, host, port, path string }
	port := addressKind("a port number", func(s string) error { return checkPort(s) })
	whole := object(shape{words: "a mapping", title: "http_get"}, []field[request]{
		give("host", template(), func(q *request, v string) { q.host = v }, "The host.", fallback("127.0.0.1")),
		give("port", portText(port), func(q *request, v string) { q.port = v }, "The port.", fallback("that of the scheme")),
		give("path", template(), func(q *request, v string) { q.path = v }, "The path.", fallback("/")),
		give("scheme", choice([]word[string]{{"http", "http"}, {"https", "https"}}, []word[string]{{"HTTP", "http"}, {"HTTPS", "https"}}),
			func(q *request, v string) { q.scheme = v }, "`http` or `https`.", fallback("http")),
	})
	return kind[string]{shape: whole.shape, read: func(r *reader, n *node) (string, bool) {
		q, ok := whole.read(r, n)
		if !ok {
			return "", false
		}
		if q.scheme == "" {
			q.scheme = "http"
		}
		if q.host == "" {
			q.host = "127.0.0.1"
		}
		if q.path == "" || q.path[0] != '/' {
			q.path = "/" + q.path
		}
		address := q.scheme + "://" + q.host + q.path
		if q.port != "" {
			address = q.scheme + "://" + net.JoinHostPort(q.host, q.port) + q.path
		}
		if err := checkURL(stand(address, "1")); err != nil {
			r.problem(n, fmt.Sprintf("%s: %v", r.place(), err), "")
			return "", false
		}
		return address, true
	}}
}

// portText is a port number, also as text with ${{ ... }} in it.
func portText(k kind[string]) kind[string] {
	return kind[string]{shape: k.shape, read: func(r *reader, n *node) (string, bool) {
		same := *n
		if n.kind == intNode {
			same.kind = textNode
		}
		return k.read(r, &same)
	}}
}
