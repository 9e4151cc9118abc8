// Package http lets scripts ask other servers, http.get, http.post and
// http.request, and makes the object that on("http.NAME") gets of a web hook.
//
// A script reaches the hosts that the configuration allows it and no others: not
// by a redirect, not by a name that resolves to an address of a private network,
// not through a proxy. The address is checked as it is dialed. Sizes and times are
// bounded, and whatever a script did is told to Options.Done.
//
// The host makes one Module and opens it in each VM. A request is made with the
// VM's lock released, on the handler's goroutine and those of net/http, and ends
// with its handler. Connections are not kept and nothing is remembered from one
// request to the next.
package http

import (
	"cmp"
	"context"
	"crypto/x509"
	"net"
	"time"

	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/manual"
	"luahost/bindings/object"
	"luahost/internal/script"
	"luahost/internal/webhook"
)

// functions are what scripts see in the table http.
var functions = []function{
	{manual.Entry{
		Name: "get", Gives: "a response, or nil and an error",
		Params: manual.Params{
			{Name: "url", Type: urlType(), Doc: "`https://…` or `http://…`"},
			{Name: "options", Type: manual.Table("a table such as {headers = {…}}", options), Optional: true, Doc: "what else is sent"},
		},
		Doc: getDoc,
		Example: `on("call.ended", function(call)
  local answer, err = http.get("https://crm.example.com/people", {query = {phone = call.from.phone}})
  if not answer then return log.warn("not asked", {err = tostring(err)}) end
  local person = answer.ok and answer:json()
  if person then log.info("a customer", {number = person.number}) end
end)`,
	}, (*module).get},
	{manual.Entry{
		Name: "post", Gives: "a response, or nil and an error",
		Params: manual.Params{
			{Name: "url", Type: urlType(), Doc: "`https://…` or `http://…`"},
			{Name: "body", Type: bodyType(), Doc: "a string, `{json = value}` or `{form = {name = value}}`"},
			{Name: "options", Type: manual.Table("a table such as {headers = {…}}", options), Optional: true, Doc: "what else is sent"},
		},
		Doc: "Sends something to a server. `{json = value}` is written as `json.encode` does, `{form = …}` as a web form is sent; a string goes as it is. Otherwise like `http.get`. It is sent once: after an error, the server may have done what was asked.",
		Example: `on("call.ended", function(call)
  if call.outcome ~= "missed" then return end
  local answer, err = http.post("https://crm.example.com/missed", {json = {phone = call.from.phone, at = call.date}}, {
    headers = {authorization = "Bearer 7d1c"},
    timeout = "5s",
  })
  if not answer then log.warn("not told", {err = tostring(err), type = err.type}) end
end)`,
	}, (*module).post},
	{manual.Entry{
		Name: "request", Gives: "a response, or nil and an error",
		Params: manual.Params{{Name: "request", Type: manual.Table(`a table such as {method = "PUT", url = "https://…"}`, wholeRequest()), Doc: "all of it"}},
		Doc:    "Makes a request with any method; `http.get` and `http.post` are short for it. Of `body`, `json` and `form` one may be given.",
		Example: `on("call.ended", function(call)
  local answer = http.request{method = "PUT", url = "https://crm.example.com/calls/" .. call.id, json = {outcome = call.outcome}}
  if answer and answer.ok then log.info("noted") end
end)`,
	}, (*module).request},
}

const getDoc = "Asks a server. Whatever it answers is a response, also a status like 404; nil and an error is what there is when nobody answered.\n\n" +
	"The host has to be among `hosts` in the configuration, for all scripts or for this one: a name (`api.example.com`, with `:port` unless it is the scheme's), `*.example.com` for what is below, an address as it stands in the URL. A name whose address is not public needs the form `private:nas.local:5000`. Redirects are followed, five of them, to allowed hosts only and never from https to http; to another host they take no headers along but the harmless ones.\n\n" +
	"An error's `type` is `HOST_NOT_ALLOWED`, `REDIRECT_REFUSED`, `NOT_CONNECTED`, `TLS_FAILED`, `TIMEOUT`, `TOO_LARGE` (beyond `max_size` of the configuration, usually 1 MiB), `INVALID_ANSWER` or `CANCELLED`. There are no cookies, no proxies and no connections that are kept. A script makes eight requests at a time, more wait."

type function struct {
	manual.Entry
	do func(m *module, L *lua.LState, args manual.Values) int
}

// Options of New. Error is required.
type Options struct {
	// Error makes the error table of a *tgerr.Error, as tl.Module.ErrorTable does.
	Error func(L *lua.LState, function string, err error) *lua.LTable
	// Hosts are the entries that the configuration has for a script; CheckHost
	// accepts each of them. It is asked for each request, on any goroutine. Nil:
	// none.
	Hosts func(script string) []string
	// Timeout is the most that a request may take in all. Default: 30 s.
	Timeout time.Duration
	// MaxSize is the most bytes of a body, sent or received, when it is unpacked.
	// Default: 1 MiB.
	MaxSize int
	// InFlight is how many requests of one VM are made at a time; further ones
	// wait. Default: 8.
	InFlight int
	// UserAgent is what the host calls itself. Default: luahost.
	UserAgent string
	// Done is called after each request, to log and trace it, on the goroutine of
	// its handler and without the VM's lock; ctx is the handler's, which
	// script.FromContext knows. Nil: nothing.
	Done func(ctx context.Context, r Request)
	// Resolver finds addresses. Nil: net.DefaultResolver.
	Resolver *net.Resolver
	// Roots are whom TLS trusts. Nil: the system's.
	Roots *x509.CertPool
}

// Request is one that a script made. It has nothing in it that a script could
// have for a secret.
type Request struct {
	Function string // http.get
	Line     int    // of the script
	Method   string
	Host     string // with the port, if it is not the scheme's; that of the last redirect
	Path     string // without the query, and long parts cut, which are often tokens
	Status   int    // 0 when there was no answer
	Size     int    // bytes of the answer's body
	Took     time.Duration
	Err      error // a *tgerr.Error, or nil
}

// Module is what all VMs share.
type Module struct {
	Options
	response *object.Class[*response]
	hook     *object.Class[*hook]
}

// New makes a module.
func New(o Options) *Module {
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.MaxSize = cmp.Or(o.MaxSize, 1<<20)
	o.InFlight = cmp.Or(o.InFlight, 8)
	o.UserAgent = cmp.Or(o.UserAgent, "luahost")
	m := &Module{Options: o}
	m.response, m.hook = m.responseClass(), m.hookClass()
	return m
}

// module is what Open gave to one VM.
type module struct {
	*Module
	rt      *script.Runtime
	slots   chan struct{} // one for each request that is being made
	headers *lua.LTable   // the metatable of header tables
}

const registryKey = "luahost/bindings/http"

// Open installs the module, in a VM that bindings/json was opened in.
func (m *Module) Open(rt *script.Runtime) {
	L := rt.State()
	vm := &module{Module: m, rt: rt, slots: make(chan struct{}, m.InFlight), headers: headerMetatable(L)}
	held := L.NewUserData()
	held.Value = vm
	L.G.Registry.RawSetString(registryKey, held)

	table := L.CreateTable(0, len(functions))
	for _, f := range functions {
		table.RawSetString(f.Name, L.NewFunction(func(L *lua.LState) int {
			return f.do(vm, L, object.Args(L, "http.", f.Name, f.Params))
		}))
	}
	L.SetGlobal("http", table)
}

func moduleOf(L *lua.LState) *module {
	return L.G.Registry.RawGetString(registryKey).(*lua.LUserData).Value.(*module)
}

// NewHook gives a web hook to the scripts of L's VM, for which Open was called.
func (m *Module) NewHook(rt *script.Runtime, L *lua.LState, r webhook.Request) lua.LValue {
	return m.hook.Make(rt, L, &hook{Request: r})
}

// Functions describes the functions for the manual.
func Functions() (entries []manual.Entry) {
	for _, f := range functions {
		entries = append(entries, f.Entry)
	}
	return entries
}

// ResponseFields and ResponseMethods describe what a request gives.
func ResponseFields() []manual.Entry {
	return object.FieldEntries((&Module{}).responseClass().Fields)
}

// ResponseMethods are the methods of a response.
func ResponseMethods() []manual.Entry {
	return object.MethodEntries((&Module{}).responseClass().Methods)
}

// HookFields and HookMethods describe what on("http.NAME") gets.
func HookFields() []manual.Entry { return object.FieldEntries((&Module{}).hookClass().Fields) }

// HookMethods are the methods of a hook.
func HookMethods() []manual.Entry { return object.MethodEntries((&Module{}).hookClass().Methods) }
