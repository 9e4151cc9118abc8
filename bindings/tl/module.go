package tl

import (
	"context"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	lua "github.com/yuin/gopher-lua"
)

// Options of a Module. The zero value makes a module that converts objects
// and cannot send requests.
type Options struct {
	// Invoker sends the requests of the methods. Without one every method
	// answers nil and an error of type NOT_CONNECTED.
	Invoker tg.Invoker

	// Block runs fn, which may take long, with the lock of the script's VM
	// released. It returns after fn has returned, with the lock held again; or
	// it returns an error without running fn at all (the script is still
	// loading, say), which is raised at the line that called the method.
	// By default fn runs in place with the context of the Lua state.
	Block func(L *lua.LState, fn func(ctx context.Context)) error

	// Peers finds what a script leaves out: access hashes, and users by name.
	// By default only complete tables are accepted.
	Peers Peers

	// OnRequest is called after every request, on the goroutine that sent it,
	// while the VM's lock is released. By default nobody is told.
	OnRequest func(ctx context.Context, r Request)
}

// Peers is what a host knows about peers and calls. The context is the one that
// Options.Block gave, so that it can say which account is meant.
type Peers interface {
	// Call gives the access hash of a call that the host has seen.
	Call(ctx context.Context, id int64) (accessHash int64, ok bool)
	// Peer gives a user, chat or channel that the host has seen.
	Peer(ctx context.Context, id int64) (tg.InputPeerClass, bool)
	// Username finds a peer by its name, without the @. It may ask Telegram.
	Username(ctx context.Context, name string) (tg.InputPeerClass, error)
}

// Request is one call of a method, as it went.
type Request struct {
	Method string     // phone.discardCall
	Args   bin.Object // the typed request, *tg.PhoneDiscardCallRequest
	Result bin.Object // the typed answer; nil when there is none
	Err    error      // what Invoker or Peers answered
	Script string     // name of the chunk that called, empty if no Lua function did
	Line   int        // its line
	Began  time.Time
	Took   time.Duration
}

// Module is the layer of Telegram's API for Lua. It does not change after New
// and may be shared by any number of VMs at once.
type Module struct {
	opts Options
}

// New makes a Module.
func New(opts Options) *Module {
	return &Module{opts: opts}
}

// Open gives a VM its namespaces.
func (m *Module) Open(L *lua.LState) {}

// ToLua gives the table of a TL object.
func (m *Module) ToLua(L *lua.LState, obj bin.Object) lua.LValue { return lua.LNil }

// ToTL makes the TL object of type typeName that v describes.
func (m *Module) ToTL(L *lua.LState, v lua.LValue, typeName string) (bin.Object, error) {
	return nil, fmt.Errorf("not yet")
}

// Event says whether name is a constructor of Update.
func (m *Module) Event(name string) error { return nil }

// ErrorTable is what a script gets as the second result.
func (m *Module) ErrorTable(L *lua.LState, method string, err error) *lua.LTable {
	return L.NewTable()
}

// Nearest gives the known name that is spelled most like name, or "".
func Nearest(name string, known []string) string { return "" }
