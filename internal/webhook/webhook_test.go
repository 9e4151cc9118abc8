package webhook_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"luahost/internal/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "0123456789abcdef-s3cret"

// door is a server at work, and the hooks that came through it.
type door struct {
	testing.TB
	addr   string
	client http.Client
	log    *bytes.Buffer // read it when Run has ended
	end    func() error

	mu    sync.Mutex
	hooks []webhook.Request
}

// open runs a server; a hook named nobody has no handlers, one named busy none
// that can be started.
func open(t testing.TB, o webhook.Options) *door {
	t.Helper()
	d := &door{TB: t, log: &bytes.Buffer{}}
	d.client.Transport = &http.Transport{}
	ready := make(chan net.Addr, 1)
	o.Listen, o.Token = "127.0.0.1:0", token
	o.Log = slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.Ready = func(a net.Addr) { ready <- a }
	if o.Dispatch == nil {
		o.Dispatch = d.dispatch
	}
	s, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	d.end = sync.OnceValue(func() error {
		d.client.CloseIdleConnections()
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := d.end(); err != nil {
			t.Error(err)
		}
	})
	d.addr = (<-ready).String()
	return d
}

func (d *door) dispatch(_ context.Context, name string, r webhook.Request) int {
	switch name {
	case "nobody":
		return 0
	case "busy":
		return -1
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hooks = append(d.hooks, r)
	return 2
}

// ask sends a request, with the token unless change takes it away.
func (d *door) ask(method, path, body string, change func(*http.Request)) (int, string, http.Header) {
	d.Helper()
	r, err := http.NewRequest(method, "http://"+d.addr+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if change != nil {
		change(r)
	}
	answer, err := d.client.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		d.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

func TestHook(t *testing.T) {
	d := open(t, webhook.Options{})
	status, text, _ := d.ask("POST", "/hooks/alert?room=hall&room=x", `{"a":1}`, func(r *http.Request) { r.Header.Set("X-From", "grafana") })
	if status != 202 || text != "handlers started: 2\n" {
		t.Errorf("answered %d %q", status, text)
	}
	if status, _, _ := d.ask("GET", "/hooks/A-b.c_9", "", func(r *http.Request) { r.Host = "localhost:9000" }); status != 202 {
		t.Errorf("answered %d", status)
	}
	h := d.hooks[0]
	if h.Name != "alert" || h.Method != "POST" || h.Query.Get("room") != "hall" || h.Header.Get("X-From") != "grafana" || h.Body != `{"a":1}` {
		t.Errorf("dispatched %+v", h)
	}
	if h.Header.Get("Authorization") != "" {
		t.Error("the token is given on")
	}
	if h = d.hooks[1]; h.Name != "A-b.c_9" || h.Method != "GET" || h.Body != "" {
		t.Errorf("dispatched %+v", h)
	}
}

func TestRefused(t *testing.T) {
	d := open(t, webhook.Options{MaxBody: 10})
	auth := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	host := func(value string) func(*http.Request) { return func(r *http.Request) { r.Host = value } }
	for name, c := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		status             int
		text               string
	}{
		"no token":        {"POST", "/hooks/alert", "", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "Authorization: Bearer"},
		"another token":   {"POST", "/hooks/alert", "", auth("Bearer 0123456789abcdef-secret"), 401, "Authorization"},
		"part of it":      {"POST", "/hooks/alert", "", auth("Bearer 0123456789abcdef"), 401, "Authorization"},
		"empty":           {"POST", "/hooks/alert", "", auth("Bearer "), 401, "Authorization"},
		"not a bearer":    {"POST", "/hooks/alert", "", auth("Basic " + token), 401, "Authorization"},
		"in the query":    {"POST", "/hooks/alert?token=" + token, "", auth(""), 401, "Authorization"},
		"token before":    {"DELETE", "/nowhere", "", auth(""), 401, "Authorization"},
		"a page's name":   {"POST", "/hooks/alert", "", host("evil.example:8125"), 421, "Host header"},
		"a machine's":     {"POST", "/hooks/alert", "", host("10.0.0.1"), 421, "Host header"},
		"nobody":          {"POST", "/hooks/nobody", "", nil, 404, `no loaded script waits for it with on("http.nobody")`},
		"busy":            {"POST", "/hooks/busy", "", nil, 503, "the scripts have too much to do"},
		"no name":         {"POST", "/hooks/", "", nil, 404, "1 to 64 letters"},
		"no hook":         {"POST", "/", "", nil, 404, "ask for /hooks/NAME"},
		"below":           {"POST", "/hooks/a/b", "", nil, 404, "1 to 64 letters"},
		"other letters":   {"POST", "/hooks/%C3%A4", "", nil, 404, "1 to 64 letters"},
		"a line's end":    {"POST", "/hooks/a%0Ab", "", nil, 404, "1 to 64 letters"},
		"a long name":     {"POST", "/hooks/" + strings.Repeat("a", 65), "", nil, 404, "1 to 64 letters"},
		"another method":  {"PUT", "/hooks/alert", "", nil, 405, "GET or POST"},
		"announced size":  {"POST", "/hooks/alert", "0123456789x", nil, 413, "longer than 10 bytes"},
		"unannounced one": {"POST", "/hooks/alert", "0123456789x", func(r *http.Request) { r.ContentLength = -1 }, 413, "longer than 10 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			status, text, header := d.ask(c.method, c.path, c.body, c.change)
			if status != c.status || !strings.Contains(text, c.text) || strings.Count(text, "\n") != 1 {
				t.Errorf("answered %d %q", status, text)
			}
			if header.Get("Content-Type") != "text/plain; charset=utf-8" || status == 401 && header.Get("WWW-Authenticate") == "" || status == 405 && header.Get("Allow") == "" {
				t.Errorf("answered with the headers %v", header)
			}
		})
	}
	if err := d.end(); err != nil {
		t.Error(err)
	}
	if len(d.hooks) != 0 {
		t.Errorf("%d hooks came through", len(d.hooks))
	}
	if lines := d.log.String(); strings.Contains(lines, token) || strings.Contains(lines, "secret") || !strings.Contains(lines, "web hook refused") {
		t.Errorf("the log has\n%s", lines)
	}
}

// TestTooMany has one hook at work at a time, and no more than twice as many
// connections.
func TestTooMany(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	d := open(t, webhook.Options{InFlight: 1, Dispatch: func(context.Context, string, webhook.Request) int {
		begun <- struct{}{}
		<-goOn
		return 1
	}})
	first := make(chan int)
	go func() { status, _, _ := d.ask("POST", "/hooks/a", "", nil); first <- status }()
	<-begun
	const dialed = 5 // of which one has room
	answers := make(chan string, dialed)
	var conns []net.Conn
	for range dialed {
		conn, err := net.Dial("tcp", d.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
		go func() { text, _ := io.ReadAll(conn); answers <- string(text) }()
	}
	for range dialed - 1 {
		if text := <-answers; text != "" {
			t.Errorf("a connection beyond the bound was answered %q", text)
		}
	}
	for _, conn := range conns {
		_, _ = io.WriteString(conn, "GET /hooks/a HTTP/1.1\r\nHost: localhost\r\nAuthorization: bearer "+token+"\r\n\r\n")
	}
	if text := <-answers; !strings.HasPrefix(text, "HTTP/1.1 503 ") || !strings.Contains(text, "Retry-After: 1") || !strings.HasSuffix(text, "too many requests at a time\n") {
		t.Errorf("answered %q", text)
	}
	close(goOn)
	if status := <-first; status != 202 {
		t.Errorf("the first was answered %d", status)
	}
}

func TestRate(t *testing.T) {
	d := open(t, webhook.Options{PerSecond: 1})
	seen := map[int]int{}
	for range 20 {
		status, _, _ := d.ask("POST", "/hooks/a", "", nil)
		seen[status]++
	}
	if seen[202] < 2 || seen[429] < 1 || seen[202]+seen[429] != 20 || len(d.hooks) != seen[202] {
		t.Errorf("answered %v", seen)
	}
}

func TestPanic(t *testing.T) {
	d := open(t, webhook.Options{Dispatch: func(context.Context, string, webhook.Request) int { panic("boom") }})
	for range 2 {
		if status, text, _ := d.ask("POST", "/hooks/a", "", nil); status != 500 || text != "luahost failed; its log says how\n" {
			t.Errorf("answered %d %q", status, text)
		}
	}
	if err := d.end(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(d.log.String(), "error=boom") {
		t.Errorf("the log has\n%s", d.log)
	}
}

// TestEnd ends the server while a hook is being taken and another connection has
// said nothing: the first is answered.
func TestEnd(t *testing.T) {
	begun, goOn := make(chan context.Context), make(chan struct{})
	d := open(t, webhook.Options{Dispatch: func(ctx context.Context, _ string, _ webhook.Request) int {
		begun <- ctx
		<-goOn
		return 1
	}})
	silent, err := net.Dial("tcp", d.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	status := make(chan int)
	go func() { s, _, _ := d.ask("POST", "/hooks/a", "", nil); status <- s }()
	ctx := <-begun
	ended := make(chan error)
	go func() { ended <- d.end() }()
	<-ctx.Done()
	close(goOn)
	if s := <-status; s != 202 {
		t.Errorf("answered %d", s)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", d.addr); err == nil {
		t.Error("it still listens")
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ listen, token, want string }{
		{"0.0.0.0:8125", token, `web hooks listen on the loopback interface only, and "0.0.0.0:8125" is open to the network: give "127.0.0.1:8125"`},
		{":8125", token, `web hooks cannot listen on ":8125": give an address and a port`},
		{"192.168.0.2:1", token, "loopback interface only"},
		{"[::]:1", token, "loopback interface only"},
		{"example.com:80", token, "cannot listen on"},
		{"127.0.0.1", token, "cannot listen on"},
		{"127.0.0.1:99999", token, "cannot listen on"},
		{"localhost:8125", "short", "the token of web hooks has 5 bytes, it needs at least 16"},
		{"[::1]:8125", "", "the token of web hooks has 0 bytes"},
	} {
		if _, err := webhook.New(webhook.Options{Listen: c.listen, Token: c.token}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v\nwant %s", c.listen, err, c.want)
		}
	}
	d := open(t, webhook.Options{})
	s, err := webhook.New(webhook.Options{Listen: d.addr, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "listen for web hooks") {
		t.Errorf("a taken port: %v", err)
	}
}
