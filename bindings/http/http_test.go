package http_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/http"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
	"luahost/internal/webhook"
)

func TestLua(t *testing.T) {
	url := serve(t, mux())
	w := load(t, http.Options{}, address(url))
	for _, name := range []string{"get", "post", "request", "answers", "mistakes"} {
		t.Run(name, func(*testing.T) { w.check(name, url) })
	}
}

func TestHosts(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, nethttp.HandlerFunc(func(nethttp.ResponseWriter, *nethttp.Request) { asked.Add(1) }))
	at := ":" + port(url)
	names := resolver(map[string][]string{
		"inner.test": {"127.0.0.1"}, "six.test": {"::1"}, "zero.test": {"0.0.0.0"}, "meta.test": {"169.254.169.254"}, "both.test": {"10.0.0.1", "::1"},
		"a.wild.test": {"127.0.0.1"},
	})
	w := load(t, http.Options{Resolver: names}, "inner.test"+at, "six.test"+at, "zero.test"+at, "meta.test"+at, "both.test"+at, "private:zero.test"+at, "*.wild.test"+at, "127.0.0.1:1", "none.test")
	for host, want := range map[string]string{
		"other.test":      `http.lua may not reach other.test` + at + `; to allow it, add "other.test` + at + `" to hosts under [http] in the configuration, or to hosts of the [[script]] "http.lua" if it has its own, and start luahost again`,
		"127.0.0.1":       `add "127.0.0.1` + at + `" to hosts`,
		"[::1]":           `add "[::1]` + at + `" to hosts`,
		"2130706433":      `add "2130706433` + at + `" to hosts`,
		"wild.test":       "may not reach wild.test" + at + "; to allow it",
		"x.inner.test":    "may not reach x.inner.test" + at + "; to allow it",
		"inner.test.evil": "may not reach inner.test.evil" + at + "; to allow it",
		"inner.test":      `http.lua may not reach inner.test` + at + ` at 127.0.0.1, which is no public address; to allow it, add "private:inner.test` + at + `" to hosts under [http]`,
		"INNER.TEST.":     "at 127.0.0.1, which is no public address",
		"six.test":        "at ::1, which is no public address",
		"zero.test":       "may not reach zero.test" + at + " at 0.0.0.0, which is the address of nobody",
		"meta.test":       "at 169.254.169.254, which is no public address",
		"both.test":       "which is no public address",
		"a.wild.test":     "at 127.0.0.1, which is no public address",
	} {
		t.Run(host, func(*testing.T) { w.check("ask", "http://"+host+at+"/x?key=s3cret", "HOST_NOT_ALLOWED", want) })
	}
	w.check("ask", "http://inner.test/", "HOST_NOT_ALLOWED", `add "inner.test" to hosts`)
	w.check("ask", "https://none.test:443/", "NOT_CONNECTED", "none.test:443: no address is known for that name")
	if asked.Load() != 0 {
		t.Errorf("%d requests went out", asked.Load())
	}
}

func TestPrivateHost(t *testing.T) {
	url := serve(t, mux())
	w := load(t, http.Options{Resolver: resolver(map[string][]string{"nas.test": {"127.0.0.1"}})}, "private:nas.test:"+port(url))
	w.check("get", "http://nas.test:"+port(url))
}

// TestProxy asks for a host that the environment has a proxy for: see TestMain.
func TestProxy(t *testing.T) {
	w := load(t, http.Options{Resolver: resolver(nil)}, "far.test")
	w.check("ask", "http://far.test/", "NOT_CONNECTED", "no address is known")
}

func TestRedirects(t *testing.T) {
	plain := serve(t, mux())
	other := serve(t, mux())
	secure, roots := serveTLS(t, mux())
	stranger := serve(t, nethttp.HandlerFunc(func(nethttp.ResponseWriter, *nethttp.Request) { t.Error("the stranger was asked") }))
	w := load(t, http.Options{Roots: roots}, address(plain), address(other), address(secure))
	for name, c := range map[string]struct{ url, want string }{
		"see other":        {plain + "/to/303?at=/there", "GET /there  Bearer s3cret k a/b"},
		"found":            {plain + "/to/302?at=../there", "GET /there  Bearer s3cret k a/b"},
		"temporarily":      {plain + "/to/307?at=/there%23part", "POST /there 1 Bearer s3cret k a/b"},
		"another host":     {plain + "/to/308?at=" + other + "/there", "POST /there 1 nil nil a/b"},
		"without password": {plain + "/to/303?at=" + strings.Replace(other, "//", "//ann:pw@", 1) + "/there", "GET /there  nil nil a/b"},
		"to https":         {plain + "/to/303?at=" + secure + "/there", "GET /there  nil nil a/b"},
		"and back again":   {plain + "/to/307?at=" + other + "/to/307?at=" + plain + "/there", "POST /there 1 nil nil a/b"},
	} {
		t.Run(name, func(*testing.T) { w.check("follow", c.url, c.want) })
	}
	for name, c := range map[string]struct{ url, want string }{
		"to a stranger":   {plain + "/to/302?at=" + stranger, address(plain) + " sends on to a host that is not allowed: HOST_NOT_ALLOWED: http.lua may not reach " + address(stranger)},
		"to the metadata": {plain + "/to/302?at=http://169.254.169.254/latest", "may not reach 169.254.169.254"},
		"back to http":    {secure + "/to/302?at=" + plain, "sends on from https to http"},
		"to a file":       {plain + "/to/302?at=file:///etc/passwd", "it has to begin with https:// or http://"},
	} {
		t.Run(name, func(*testing.T) { w.check("ask", c.url, "REDIRECT_REFUSED", c.want) })
	}
	loop := serve(t, nethttp.RedirectHandler("/again", nethttp.StatusFound))
	w = load(t, http.Options{}, address(loop))
	w.check("ask", loop, "REDIRECT_REFUSED", "sends on more than 5 times")
}

func TestTLS(t *testing.T) {
	url, roots := serveTLS(t, mux())
	plain := serve(t, mux())
	at := ":" + port(url)
	names := resolver(map[string][]string{"example.com": {"127.0.0.1"}, "wrong.test": {"127.0.0.1"}})
	w := load(t, http.Options{Roots: roots, Resolver: names}, address(url), "private:example.com"+at, "private:wrong.test"+at, address(plain))
	w.check("get", url)
	w.check("get", "https://example.com"+at)
	w.check("ask", "https://wrong.test"+at, "TLS_FAILED", "wrong.test"+at+" cannot be trusted: its certificate is for another name")
	w.check("ask", strings.Replace(plain, "http:", "https:", 1), "TLS_FAILED", "it speaks no TLS on that port")
	w = load(t, http.Options{}, address(url))
	w.check("ask", url, "TLS_FAILED", "certificate signed by unknown authority")
}

// bomb is 64 MiB of zeros, packed.
var bomb = func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	return b.Bytes()
}()

// TestTooLarge has servers that send without end.
func TestTooLarge(t *testing.T) {
	m := nethttp.NewServeMux()
	endless := func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}
	m.HandleFunc("/endless", endless)
	m.HandleFunc("/announced", func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.Header().Set("Content-Length", "1048577")
		endless(w, r)
	})
	m.HandleFunc("/bomb", func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
	})
	m.HandleFunc("/headers", func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("A", strings.Repeat("x", 1<<17))
	})
	url := serve(t, m)
	w := load(t, http.Options{}, address(url))
	for _, path := range []string{"/endless", "/announced", "/bomb"} {
		w.check("ask", url+path, "TOO_LARGE", "the answer of "+address(url)+" is longer than 1048576 bytes")
	}
	w.check("ask", url+"/headers", "TOO_LARGE", "the headers of the answer")
}

// TestInvalid has servers that do not speak HTTP, or stop in the middle of it.
func TestInvalid(t *testing.T) {
	for words, want := range map[string]string{
		"SSH-2.0-OpenSSH_9.9\r\n": "INVALID_ANSWER",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n":   "INVALID_ANSWER",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab":                "INVALID_ANSWER",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\nnot packed.": "INVALID_ANSWER",
		"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthis is not a hundred":                "NOT_CONNECTED",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n":                         "INVALID_ANSWER",
		"HTTP/1.1 302 Found\r\nLocation: http://[bad\r\n\r\n":                                "REDIRECT_REFUSED",
		"": "NOT_CONNECTED",
	} {
		url := "http://" + speak(t, words)
		w := load(t, http.Options{}, address(url))
		t.Run(want, func(*testing.T) { w.check("ask", url, want, address(url)) })
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	w := load(t, http.Options{}, listener.Addr().String())
	w.check("ask", "http://"+listener.Addr().String(), "NOT_CONNECTED", "nothing listens there")
}

// speak starts a server that says words to whoever has asked, and hangs up.
func speak(t *testing.T, words string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte(words))
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-ended })
	return listener.Addr().String()
}

// TestSlow has a server that sends a byte and then waits, past the time that a
// request may take, and one that never answers. Meanwhile a second request waits
// for its turn.
func TestSlow(t *testing.T) {
	waits := make(chan struct{})
	m := nethttp.NewServeMux()
	m.HandleFunc("/drips", func(w nethttp.ResponseWriter, r *nethttp.Request) {
		_, _ = w.Write([]byte("."))
		_ = nethttp.NewResponseController(w).Flush()
		waits <- struct{}{}
		<-r.Context().Done()
	})
	m.HandleFunc("/silent", func(_ nethttp.ResponseWriter, r *nethttp.Request) {
		waits <- struct{}{}
		<-r.Context().Done()
	})
	url := serve(t, m)
	w := load(t, http.Options{Timeout: time.Minute, InFlight: 1}, address(url))
	for _, path := range []string{"/drips", "/silent"} {
		w.Dispatch(t.Context(), eventOf("ask", []string{url + path, "TIMEOUT", address(url) + " did not answer in full within 1m0s"}))
		<-waits
		w.Dispatch(t.Context(), eventOf("brief", []string{url}))
		w.clock.AwaitTimers(2)
		for _, step := range []time.Duration{time.Second, 59 * time.Second} { // first the brief one is over
			w.clock.Advance(step)
			if err := w.Wait(1)[0]; err != nil {
				t.Error(err)
			}
		}
	}
}

// TestNoHandshake has a server that takes connections and says nothing.
func TestNoHandshake(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	at := listener.Addr().String()
	w := load(t, http.Options{}, at)
	w.Dispatch(t.Context(), eventOf("ask", []string{"https://" + at, "TIMEOUT", at + " did not answer in full within 30s"}))
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	w.clock.Advance(30 * time.Second)
	if err := w.Wait(1)[0]; err != nil {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	asked, gone := make(chan struct{}), make(chan struct{})
	url := serve(t, nethttp.HandlerFunc(func(_ nethttp.ResponseWriter, r *nethttp.Request) {
		close(asked)
		<-r.Context().Done()
		close(gone)
	}))
	w := load(t, http.Options{}, address(url))
	ctx, cancel := context.WithCancel(t.Context())
	w.Dispatch(ctx, eventOf("stay", []string{url}))
	<-asked
	cancel()
	if err := w.Wait(1)[0]; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler ended with %v", err)
	}
	<-gone
	if r := w.done[0]; !tgerr.Is(r.Err, "CANCELLED") {
		t.Errorf("told %v", r.Err)
	}
}

func TestRequestsAreForHandlers(t *testing.T) {
	m := http.New(http.Options{Error: errorTable})
	_, err := scripttest.Source(t, "a.lua", "\nhttp.get('http://a.test')", script.Options{Open: func(rt *script.Runtime) { open(rt, m) }})
	if want := "a.lua:2: http.get: " + script.ErrLoading.Error(); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("while loading: %v, want %s", err, want)
	}
}

// TestTold looks at what is told of requests, and that nothing secret is.
func TestTold(t *testing.T) {
	url := serve(t, mux())
	w := load(t, http.Options{}, address(url))
	w.check("get", url)
	w.check("ask", "http://ann:s3cret@other.test/path/0123456789abcdefs3cret/x?key=s3cret", "HOST_NOT_ALLOWED", "other.test")
	if len(w.done) != 2 {
		t.Fatalf("told of %d requests", len(w.done))
	}
	r := w.done[0]
	if r.Function != "http.get" || r.Line == 0 || r.Method != "GET" || r.Host != address(url) || r.Path != "/people" || r.Status != 200 || r.Size == 0 || r.Err != nil {
		t.Errorf("told %+v", r)
	}
	if r = w.done[1]; r.Host != "other.test" || r.Path != "/path/0123…/x" || r.Status != 0 || r.Err == nil {
		t.Errorf("told %+v", r)
	}
	for _, r := range w.done {
		told := fmt.Sprintf("%+v %v", r, r.Err)
		if e, ok := tgerr.As(r.Err); ok {
			told += e.Message
		}
		for _, secret := range []string{"s3cret", "phone=", "ann:", "X-Key"} {
			if strings.Contains(told, secret) {
				t.Errorf("told %q in %s", secret, told)
			}
		}
	}
}

// TestHooks gives hooks to a script.
func TestHooks(t *testing.T) {
	m := http.New(http.Options{Error: errorTable})
	s := scripttest.File(t, "testdata/http.lua", script.Options{Open: func(rt *script.Runtime) { open(rt, m) }})
	for _, r := range []webhook.Request{
		{Name: "alert", Method: "POST", Query: map[string][]string{"room": {"hall", "kitchen"}}, Header: nethttp.Header{"X-From": {"grafana"}}, Body: `{"state":"down"}`},
		{Name: "form", Method: "POST", Body: "text=it+rings&a=1&a=2"},
	} {
		for _, err := range s.Fire(t, script.Event{Name: "http." + r.Name, Args: func(rt *script.Runtime, L *lua.LState) []lua.LValue {
			return []lua.LValue{m.NewHook(rt, L, r)}
		}}) {
			if err != nil {
				t.Error(err)
			}
		}
	}
}
