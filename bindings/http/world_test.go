package http_test

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"

	"luahost/bindings/event"
	"luahost/bindings/http"
	luajson "luahost/bindings/json"
	"luahost/bindings/log"
	"luahost/internal/clock"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
)

// TestMain has a proxy in the environment, which nobody asks.
func TestMain(m *testing.M) {
	os.Setenv("HTTP_PROXY", "http://127.0.0.1:9")
	goleak.VerifyTestMain(m)
}

// world is a script at work on a network of its own.
type world struct {
	*scripttest.Script
	testing.TB
	clock *clock.Manual
	done  []http.Request
}

// load runs http.lua with the options, of which hosts are for every script.
func load(t testing.TB, o http.Options, hosts ...string) *world {
	t.Helper()
	w := &world{TB: t, clock: clock.NewManual(time.Date(2026, 3, 6, 22, 0, 0, 0, time.UTC))}
	o.Error = errorTable
	for _, h := range hosts {
		if err := http.CheckHost(h); err != nil {
			t.Fatal(err)
		}
	}
	o.Hosts = func(string) []string { return hosts }
	o.Done = func(_ context.Context, r http.Request) { w.done = append(w.done, r) }
	m := http.New(o)
	w.Script = scripttest.File(t, "testdata/http.lua", script.Options{
		Clock: w.clock,
		Open:  func(rt *script.Runtime) { open(rt, m) },
	})
	return w
}

func open(rt *script.Runtime, m *http.Module) {
	event.Open(rt)
	log.Open(rt)
	luajson.Open(rt, luajson.Options{Error: errorTable})
	m.Open(rt)
}

// errorTable has what scripts read of tl.Module.ErrorTable's.
func errorTable(L *lua.LState, function string, err error) *lua.LTable {
	e, _ := tgerr.As(err)
	table := L.NewTable()
	table.RawSetString("type", lua.LString(e.Type))
	table.RawSetString("message", lua.LString(e.Message))
	table.RawSetString("method", lua.LString(function))
	return table
}

// check runs the handlers of an event, which get texts.
func (w *world) check(name string, texts ...string) {
	w.Helper()
	for _, err := range w.Fire(w, eventOf(name, texts)) {
		if err != nil {
			w.Error(err)
		}
	}
}

func eventOf(name string, texts []string) script.Event {
	return script.Event{Name: name, Args: func(*script.Runtime, *lua.LState) (args []lua.LValue) {
		for _, text := range texts {
			args = append(args, lua.LString(text))
		}
		return args
	}}
}

// serve starts a server that ends with the test.
func serve(t testing.TB, h nethttp.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// serveTLS is serve with a certificate for example.com and 127.0.0.1, which roots
// trust.
func serveTLS(t testing.TB, h nethttp.Handler) (url string, roots *x509.CertPool) {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.URL, roots
}

// address is what follows the scheme.
func address(url string) string {
	_, host, _ := strings.Cut(url, "://")
	return host
}

// port is that of a server.
func port(url string) string { return url[strings.LastIndexByte(url, ':')+1:] }

// mux answers with what it was asked, and in other ways that servers have.
func mux() *nethttp.ServeMux {
	m := nethttp.NewServeMux()
	m.HandleFunc("/", echo)
	m.HandleFunc("/status/{status}", func(w nethttp.ResponseWriter, r *nethttp.Request) {
		status := 0
		_, _ = fmt.Sscan(r.PathValue("status"), &status)
		if status == 204 || status == 302 {
			w.WriteHeader(status)
			return
		}
		nethttp.Error(w, "gone", status)
	})
	m.HandleFunc("/packed", func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, "unpacked")
		_ = z.Close()
	})
	m.HandleFunc("/to/{status}", func(w nethttp.ResponseWriter, r *nethttp.Request) {
		status := 0
		_, _ = fmt.Sscan(r.PathValue("status"), &status)
		w.Header().Set("Location", r.URL.Query().Get("at"))
		w.WriteHeader(status)
	})
	return m
}

func echo(w nethttp.ResponseWriter, r *nethttp.Request) {
	headers := map[string]string{"Content-Length": fmt.Sprint(r.ContentLength)}
	for name := range r.Header {
		headers[name] = r.Header.Get(name)
	}
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.Header()["X-Twice"] = []string{"1", "2"}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "path": r.URL.Path, "query": r.URL.RawQuery, "host": r.Host, "headers": headers, "body": string(body),
	})
}

// resolver answers for names with their addresses, as a name server does, over a
// pipe.
func resolver(names map[string][]string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for answerName(server, names) == nil {
			}
		}()
		return client, nil
	}}
}

// answerName answers one question: https://www.rfc-editor.org/rfc/rfc1035#section-4.
func answerName(conn net.Conn, names map[string][]string) error {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return err
	}
	query := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, query); err != nil {
		return err
	}
	at, labels := 12, []string{}
	for query[at] != 0 {
		labels = append(labels, string(query[at+1:at+1+int(query[at])]))
		at += 1 + int(query[at])
	}
	kind := binary.BigEndian.Uint16(query[at+1:])
	addresses, known := names[strings.ToLower(strings.Join(labels, "."))]
	flags, records, count := uint16(0x8180), []byte{}, uint16(0)
	if !known {
		flags |= 3 // no such name
	}
	for _, text := range addresses {
		addr := netip.MustParseAddr(text)
		if addr.Is4() != (kind == 1) || !addr.Is4() && kind != 28 {
			continue
		}
		count++
		records = append(records, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(addr.BitLen()/8))
		records = append(records, addr.AsSlice()...)
	}
	answer := append([]byte{}, query[:2]...)
	for _, n := range []uint16{flags, 1, count, 0, 0} {
		answer = binary.BigEndian.AppendUint16(answer, n)
	}
	answer = append(append(answer, query[12:at+5]...), records...)
	_, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	return err
}
