package http

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/json"
	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/internal/script"
)

// response is what a script has of an answer.
type response struct {
	*answer
	headers *lua.LTable // nil before it is asked for
}

func (m *Module) responseClass() *object.Class[*response] {
	return &object.Class[*response]{
		Name: "response", Fields: responseFields(), Methods: m.responseMethods(),
		String: func(r *response) string {
			return fmt.Sprintf("response %d of %s, %d bytes", r.status, r.url.Host, len(r.body))
		},
	}
}

func responseFields() []object.Field[*response] {
	return []object.Field[*response]{
		{Entry: manual.Entry{
			Name: "status", Gives: "a number",
			Doc: "The status, such as 200. One like 404 is an answer, not an error.",
			Example: `on("call", function(call)
  local answer, err = http.get("https://crm.example.com/people", {query = {phone = call.from.phone}})
  if not answer then return log.warn("not asked", {err = tostring(err)}) end
  if answer.status == 404 then log.info("nobody knows the caller") end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, r *response) lua.LValue { return lua.LNumber(r.status) }},
		{Entry: manual.Entry{
			Name: "ok", Gives: "true or false",
			Doc: "Whether the status is one from 200 to 299.",
			Example: `on("call", function(call)
  local answer, err = http.get("https://crm.example.com/health")
  if not answer or not answer.ok then log.warn("no CRM today", {err = tostring(err)}) end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, r *response) lua.LValue {
			return lua.LBool(r.status >= 200 && r.status <= 299)
		}},
		{Entry: manual.Entry{
			Name: "headers", Gives: "a table",
			Doc: "The headers, by their names in lower case; any case finds them. Of one that came several times the values stand in one text, commas between them.",
			Example: `on("call", function(call)
  local answer = http.get("https://crm.example.com/people")
  if answer then log.info("the CRM answers", {with = answer.headers["content-type"]}) end
end)`,
		}, Get: func(_ *script.Runtime, L *lua.LState, r *response) lua.LValue {
			if r.headers == nil {
				r.headers = headerTable(L, r.header)
			}
			return r.headers
		}},
		{Entry: manual.Entry{
			Name: "body", Gives: "a string",
			Doc: "The body, byte for byte as it came, but unpacked. Empty where there is none.",
			Example: `on("call", function(call)
  local answer = http.get("https://crm.example.com/greeting")
  if answer and answer.ok then call:reply(answer.body) end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, r *response) lua.LValue { return lua.LString(r.body) }},
		{Entry: manual.Entry{
			Name: "url", Gives: "a string",
			Doc: "The URL that answered: that of the request, or the last one that a redirect led to.",
			Example: `on("call", function(call)
  local answer = http.get("https://crm.example.com/people")
  if answer then log.info("found", {at = answer.url}) end
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, r *response) lua.LValue {
			return lua.LString(without(r.url).String())
		}},
	}
}

// without is a URL without user and password.
func without(u *url.URL) *url.URL {
	bare := *u
	bare.User = nil
	return &bare
}

func (m *Module) responseMethods() []object.Method[*response] {
	return []object.Method[*response]{
		{Entry: manual.Entry{
			Name: "json", Gives: "what the body says, or nil and an error",
			Doc: "Reads the body as `json.decode` does, whatever its content type.",
			Example: `on("call", function(call)
  local answer = http.get("https://crm.example.com/people", {query = {phone = call.from.phone}})
  local person = answer and answer:json()
  if person then log.info("customer", {number = person.number}) end
end)`,
		}, Do: func(_ *script.Runtime, L *lua.LState, r *response, _ manual.Values) int {
			return m.decode(L, "response:json", r.body)
		}},
	}
}

// decode gives a body as JSON.
func (m *Module) decode(L *lua.LState, function, body string) int {
	v, err := json.Decode(L, body)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(m.Error(L, function, err))
		return 2
	}
	L.Push(v)
	return 1
}

// headerTable gives headers by their names in lower case.
func headerTable(L *lua.LState, header http.Header) *lua.LTable {
	table := L.CreateTable(0, len(header))
	for name, values := range header {
		table.RawSetString(strings.ToLower(name), lua.LString(strings.Join(values, ", ")))
	}
	table.Metatable = moduleOf(L).headers
	return table
}

// headerMetatable finds headers in any case.
func headerMetatable(L *lua.LState) *lua.LTable {
	mt := L.CreateTable(0, 2)
	mt.RawSetString("__metatable", lua.LFalse)
	mt.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		table, ok := L.Get(1).(*lua.LTable)
		name, isText := L.Get(2).(lua.LString)
		if ok && isText {
			L.Push(table.RawGetString(strings.ToLower(string(name))))
			return 1
		}
		return 0
	}))
	return mt
}
