package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// database is a small key-value store: "set KEY VALUE" and "get KEY", a line each.
func (p Part) database(ctx context.Context) error {
	port := p.Getenv("PORT")
	p.say("LOG:  starting the shop's database, version 17.2")
	p.say("LOG:  recovering from the last checkpoint")
	if !pause(ctx, p.pace(700*time.Millisecond)) {
		return nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:"+port)
	if err != nil {
		return fmt.Errorf("FATAL: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	p.say("LOG:  listening on %s", l.Addr())
	p.say("LOG:  database system is ready to accept connections")

	store := &keyValue{values: map[string]string{"book": "1200", "pen": "150", "lamp": "3900"}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for n := 1; pause(ctx, p.pace(11*time.Second)); n++ {
			p.say("LOG:  checkpoint complete: wrote %d buffers (%.1f%%)", 20+n%37, float64(n%9)/10+0.1)
		}
	})
	for {
		conn, err := l.Accept()
		if err != nil && ctx.Err() == nil {
			cancel()
			serving.Wait()
			return fmt.Errorf("FATAL: %w", err)
		}
		if err != nil {
			break
		}
		serving.Go(func() {
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			defer conn.Close()
			store.serve(conn)
		})
	}
	p.say("LOG:  received fast shutdown request")
	serving.Wait()
	p.say("LOG:  database system is shut down")
	return nil
}

type keyValue struct {
	mu     sync.Mutex
	values map[string]string
}

func (s *keyValue) serve(conn io.ReadWriter) {
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		s.mu.Lock()
		answer := "error"
		switch {
		case len(words) == 3 && words[0] == "set":
			s.values[words[1]] = words[2]
			answer = "ok"
		case len(words) == 2 && words[0] == "get":
			answer = s.values[words[1]]
		}
		s.mu.Unlock()
		if _, err := fmt.Fprintln(conn, answer); err != nil {
			return
		}
	}
}

// ask sends one line to the database and returns its answer.
func ask(ctx context.Context, addr, line string) (string, error) {
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := fmt.Fprintln(conn, line); err != nil {
		return "", err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(answer), err
}

// api serves prices over HTTP, and is its own first customer.
func (p Part) api(ctx context.Context) error {
	db := p.Getenv("DB_ADDR")
	if _, err := ask(ctx, db, "get book"); err != nil {
		return fmt.Errorf("connect to the database at %q: %w", db, err)
	}
	p.log("info", `msg="connected" db=%s`, db)
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:"+p.Getenv("PORT"))
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String()
	var warm atomic.Bool
	srv := &http.Server{Handler: p.prices(db, &warm), ReadHeaderTimeout: time.Second}
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	working.Go(func() {
		if pause(ctx, p.pace(400*time.Millisecond)) {
			warm.Store(true)
			p.log("info", `msg="ready" addr=%s`, url)
			p.shop(ctx, url)
		}
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = srv.Shutdown(soon)
	})
	err = srv.Serve(l)
	cancel()
	working.Wait()
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	p.log("info", `msg="stopped"`)
	return nil
}

// prices answers requests from the database; it is healthy once it is warm.
func (p Part) prices(db string, warm *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		if !warm.Load() {
			http.Error(w, "warming up", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /price/{item}", func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		item := r.PathValue("item")
		price, err := ask(r.Context(), db, "get "+item)
		status, level := http.StatusOK, "info"
		switch {
		case err != nil:
			status, level = http.StatusBadGateway, "error"
		case price == "":
			status, level = http.StatusNotFound, "warn"
		}
		w.WriteHeader(status)
		fmt.Fprintln(w, price)
		p.log(level, `msg="GET /price/%s" status=%d took=%s`, item, status, time.Since(begun).Round(10*time.Microsecond))
	})
	return mux
}

// shop asks for prices until ctx ends.
func (p Part) shop(ctx context.Context, url string) {
	items := []string{"book", "pen", "lamp", "book", "pen", "chair"}
	client := http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for n := 0; pause(ctx, p.pace(time.Duration(600+rand.IntN(900))*time.Millisecond)); n++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/price/"+items[n%len(items)], nil)
		if err != nil {
			return
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}
}

// log writes a logfmt line, its level in colour as many programs do.
func (p Part) log(level, format string, args ...any) {
	colour := map[string]int{"info": 32, "warn": 33, "error": 31}[level]
	p.say("time=%s level=\x1b[%dm%s\x1b[0m %s", time.Now().Format(time.RFC3339), colour, level, fmt.Sprintf(format, args...))
}

// worker takes jobs from a queue, logs JSON, and now and then fails.
func (p Part) worker(ctx context.Context) (int, error) {
	api := p.Getenv("API_URL")
	emit := func(level, msg string, fields map[string]any) {
		line := map[string]any{"time": time.Now().Format(time.RFC3339Nano), "level": level, "msg": msg}
		maps.Copy(line, fields)
		text, err := json.Marshal(line)
		if err == nil {
			p.say("%s", text)
		}
	}
	emit("info", "connected", map[string]any{"queue": "orders", "api": api})
	jobs := 18 + rand.IntN(14)
	for n := range jobs {
		if !pause(ctx, p.pace(time.Duration(500+rand.IntN(1200))*time.Millisecond)) {
			emit("info", "stopped", map[string]any{"jobs": n})
			return 0, nil
		}
		id := 8800 + n
		if n%7 == 6 {
			emit("warn", "job is slow", map[string]any{"job": id, "took_ms": 900 + rand.IntN(400)})
			continue
		}
		emit("info", "job done", map[string]any{"job": id, "took_ms": 5 + rand.IntN(60)})
	}
	emit("error", "job failed: the order has no lines", map[string]any{"job": 8800 + jobs})
	p.say("panic: runtime error: index out of range [0] with length 0")
	p.say("")
	p.say("goroutine 17 [running]:")
	p.say("example.com/shop/queue.(*Worker).take(0xc0000b4000, 0x%x)", 8800+jobs)
	p.say("\t/shop/queue/worker.go:88 +0x1d5")
	p.say("example.com/shop/queue.(*Worker).loop(0xc0000b4000)")
	p.say("\t/shop/queue/worker.go:41 +0x65")
	return 2, nil
}
