package http_test

import (
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/http"
	"luahost/bindings/manual"
	"luahost/internal/script"
	"luahost/internal/script/scripttest"
	"luahost/internal/webhook"
)

// TestExamples runs the example of each entry against a server that answers.
func TestExamples(t *testing.T) {
	url := serve(t, mux())
	for chapter, entries := range map[string][]manual.Entry{
		"functions": http.Functions(), "response": slices.Concat(http.ResponseFields(), http.ResponseMethods()), "hook": slices.Concat(http.HookFields(), http.HookMethods()),
	} {
		for _, e := range entries {
			t.Run(chapter+"/"+e.Name, func(t *testing.T) { example(t, url, e.Example) })
		}
	}
}

func example(t *testing.T, url, source string) {
	var asked, sent int
	m := http.New(http.Options{Error: errorTable, Hosts: func(string) []string { asked++; return []string{address(url)} }})
	s, err := scripttest.Source(t, "example.lua", strings.ReplaceAll(source, "https://crm.example.com", url), script.Options{Open: func(rt *script.Runtime) {
		open(rt, m)
		L := rt.State()
		messages := L.NewTable()
		messages.RawSetString("sendMessage", L.NewFunction(func(*lua.LState) int { sent++; return 0 }))
		L.SetGlobal("messages", messages)
	}})
	if err != nil {
		t.Fatal(err)
	}
	hook := webhook.Request{Name: "alert", Method: "POST", Body: `{"host":"db1","state":"down"}`}
	ran := 0
	for name, args := range map[string]func(*script.Runtime, *lua.LState) []lua.LValue{
		"call": call, "call.ended": call,
		"http.alert": func(rt *script.Runtime, L *lua.LState) []lua.LValue { return []lua.LValue{m.NewHook(rt, L, hook)} },
	} {
		n := s.Dispatch(t.Context(), script.Event{Name: name, Args: args})
		ran += n
		for _, err := range s.Wait(n) {
			if err != nil {
				t.Error(err)
			}
		}
	}
	if ran != 1 {
		t.Errorf("%d handlers ran", ran)
	}
	if strings.Contains(source, "http.get") && asked == 0 || strings.Contains(source, "sendMessage") && sent == 0 {
		t.Errorf("it asked %d times and sent %d messages", asked, sent)
	}
}

// call is one of Ann's.
func call(_ *script.Runtime, L *lua.LState) []lua.LValue {
	if err := L.DoString(`return {id = "588516572874907240", outcome = "missed", date = 1772834400, from = {phone = "15553333"}, reply = function() end}`); err != nil {
		panic(err)
	}
	return []lua.LValue{L.Get(-1)}
}
