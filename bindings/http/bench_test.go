package http_test

import (
	"context"
	"net"
	nethttp "net/http"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/http"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
	"luahost/internal/webhook"
)

// BenchmarkHook is the way of a web hook from another program's request to its
// handler in Lua, which reads the JSON in it.
func BenchmarkHook(b *testing.B) {
	const token = "0123456789abcdef"
	m := http.New(http.Options{Error: errorTable})
	s, err := scripttest.Source(b, "hook.lua", `on("http.alert", function(hook) assert(hook:json().state == "down") end)`, script.Options{Open: func(rt *script.Runtime) { open(rt, m) }})
	if err != nil {
		b.Fatal(err)
	}
	ready := make(chan net.Addr, 1)
	server, err := webhook.New(webhook.Options{
		Listen: "127.0.0.1:0", Token: token, PerSecond: 1 << 30, Ready: func(a net.Addr) { ready <- a },
		Dispatch: func(ctx context.Context, name string, r webhook.Request) int {
			return s.Dispatch(ctx, script.Event{Name: "http." + name, Args: func(rt *script.Runtime, L *lua.LState) []lua.LValue {
				return []lua.LValue{m.NewHook(rt, L, r)}
			}})
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- server.Run(ctx) }()
	url := "http://" + (<-ready).String() + "/hooks/alert"
	client := nethttp.Client{Transport: &nethttp.Transport{}}
	for b.Loop() {
		r, err := nethttp.NewRequest("POST", url, strings.NewReader(`{"host":"db1","state":"down"}`))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := client.Do(r)
		if err != nil || answer.StatusCode != nethttp.StatusAccepted {
			b.Fatal(answer, err)
		}
		answer.Body.Close()
		if err := s.Wait(1)[0]; err != nil {
			b.Fatal(err)
		}
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

// BenchmarkGet is a script's request to a server on this machine.
func BenchmarkGet(b *testing.B) {
	url := serve(b, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) { _, _ = w.Write([]byte("{}")) }))
	m := http.New(http.Options{Error: errorTable, Hosts: func(string) []string { return []string{address(url)} }})
	s, err := scripttest.Source(b, "get.lua", `on("get", function(url) assert(http.get(url)) end)`, script.Options{Open: func(rt *script.Runtime) { open(rt, m) }})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := s.Fire(b, eventOf("get", []string{url}))[0]; err != nil {
			b.Fatal(err)
		}
	}
}
