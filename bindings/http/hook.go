package http

import (
	"fmt"
	"net/url"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/internal/sandbox"
	"luahost/internal/script"
	"luahost/internal/webhook"
)

// hook is what on("http.NAME") gets.
type hook struct {
	webhook.Request
	query, headers *lua.LTable // nil before they are asked for
}

func (m *Module) hookClass() *object.Class[*hook] {
	return &object.Class[*hook]{
		Name: "hook", Fields: hookFields(), Methods: m.hookMethods(),
		String: func(h *hook) string {
			return fmt.Sprintf("web hook %s, %s, %d bytes", h.Name, h.Method, len(h.Body))
		},
	}
}

func hookFields() []object.Field[*hook] {
	return []object.Field[*hook]{
		{Entry: manual.Entry{
			Name: "name", Gives: "a string",
			Doc: "What follows `/hooks/`, and the event's name after `http.`.",
			Example: `on("http.alert", function(hook)
  log.warn("a hook", {name = hook.name})
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, h *hook) lua.LValue { return lua.LString(h.Name) }},
		{Entry: manual.Entry{
			Name: "method", Gives: "`\"GET\"` or `\"POST\"`",
			Doc: "How it was sent.",
			Example: `on("http.alert", function(hook)
  if hook.method ~= "POST" then return end
  messages.sendMessage{peer = "self", message = hook.body}
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, h *hook) lua.LValue { return lua.LString(h.Method) }},
		{Entry: manual.Entry{
			Name: "query", Gives: "a table",
			Doc: "The fields that follow the `?`, as texts. Of one that comes several times, the first.",
			Example: `on("http.alert", function(hook)
  messages.sendMessage{peer = "self", message = "Alarm in the " .. (hook.query.room or "house")}
end)`,
		}, Get: func(_ *script.Runtime, L *lua.LState, h *hook) lua.LValue {
			if h.query == nil {
				h.query = firsts(L, h.Query)
			}
			return h.query
		}},
		{Entry: manual.Entry{
			Name: "headers", Gives: "a table",
			Doc: "The headers, by their names in lower case; any case finds them. The one with the token is left out.",
			Example: `on("http.alert", function(hook)
  log.info("a hook", {by = hook.headers["user-agent"]})
end)`,
		}, Get: func(_ *script.Runtime, L *lua.LState, h *hook) lua.LValue {
			if h.headers == nil {
				h.headers = headerTable(L, h.Header)
			}
			return h.headers
		}},
		{Entry: manual.Entry{
			Name: "body", Gives: "a string",
			Doc: "The body, byte for byte; empty where there is none.",
			Example: `on("http.alert", function(hook)
  messages.sendMessage{peer = "self", message = hook.body}
end)`,
		}, Get: func(_ *script.Runtime, _ *lua.LState, h *hook) lua.LValue { return lua.LString(h.Body) }},
	}
}

func (m *Module) hookMethods() []object.Method[*hook] {
	return []object.Method[*hook]{
		{Entry: manual.Entry{
			Name: "json", Gives: "what the body says, or nil and an error",
			Doc: "Reads the body as `json.decode` does, whatever its content type.",
			Example: `on("http.alert", function(hook)
  local alert, err = hook:json()
  if not alert then return log.warn("no alert", {err = tostring(err)}) end
  messages.sendMessage{peer = "self", message = tostring(alert.host) .. " is " .. tostring(alert.state)}
end)`,
		}, Do: func(_ *script.Runtime, L *lua.LState, h *hook, _ manual.Values) int {
			return m.decode(L, "hook:json", h.Body)
		}},
		{Entry: manual.Entry{
			Name: "form", Gives: "a table",
			Doc: "Reads the body as a web form: fields as texts, as in `query`.",
			Example: `on("http.alert", function(hook)
  messages.sendMessage{peer = "self", message = hook:form().text or "An alert."}
end)`,
		}, Do: func(_ *script.Runtime, L *lua.LState, h *hook, _ manual.Values) int {
			sandbox.BudgetOf(L).Charge(len(h.Body) / bytesPaid)
			fields, _ := url.ParseQuery(h.Body) // with what can be read of it
			L.Push(firsts(L, fields))
			return 1
		}},
	}
}

// firsts gives the first value of each field.
func firsts(L *lua.LState, fields url.Values) *lua.LTable {
	table := L.CreateTable(0, len(fields))
	for name, values := range fields {
		table.RawSetString(name, lua.LString(values[0]))
	}
	return table
}
