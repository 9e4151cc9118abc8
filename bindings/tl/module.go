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

	// Allow says whether the script on L may call a method with these arguments;
	// what it has to look up is not in them yet. It is asked before anything is
	// looked up or sent, with the VM's lock held. Its error is the request's, so
	// that the script gets it as nil, err and OnRequest is told. By default a
	// script may call every method.
	Allow func(L *lua.LState, method string, args bin.Object) error

	// OnRequest is called after every request, on the goroutine that sent it,
	// while the VM's lock is released. By default nobody is told.
	OnRequest func(ctx context.Context, r Request)
}

// Peers is what a host knows about peers and calls. The context is the one that
// Options.Block gave, so that it can say which account is meant.
type Peers interface {
	// Call gives the access hash of a call that the host has seen.
	Call(ctx context.Context, id int64) (accessHash int64, ok bool)
	// Peer gives a user, chat or channel that the host has seen. Telegram numbers
	// the three apart: a negative id is one that bots use, -id of a chat or
	// -1000000000000-id of a channel, which is how a channel is asked for where
	// the script said that it is one; a positive one is the user's with that id
	// if there is one, else the channel's or the chat's.
	Peer(ctx context.Context, id int64) (tg.InputPeerClass, bool)
	// Username finds a peer by its name, without the @. It may ask Telegram.
	Username(ctx context.Context, name string) (tg.InputPeerClass, error)
}

// Object is what the Value of a userdata may be that stands for a TL object: a
// script can give it wherever that object is wanted.
type Object interface {
	// TL makes the object, a pointer to one of gotd's structs.
	TL() bin.Object
}

// Request is one call of a method, as it went.
type Request struct {
	Method string     // phone.discardCall
	Args   bin.Object // the typed request, *tg.PhoneDiscardCallRequest
	Result bin.Object // the typed answer; nil when there is none
	Err    error      // what Allow, Invoker or Peers answered
	Script string     // name of the chunk that called, empty if no Lua function did
	Line   int        // its line
	Began  time.Time
	Took   time.Duration
}

// Module is the layer of Telegram's API for Lua. It does not change after New
// and may be shared by any number of VMs at once.
type Module struct {
	opts   Options
	schema *schema
	large  chan struct{} // one for each large request that is under way
}

// New makes a Module. It panics when this package and the gotd module are of
// different layers, which its tests exclude.
func New(opts Options) *Module {
	s, err := loadSchema()
	if err != nil {
		panic(fmt.Sprintf("tl: %v; run go generate", err))
	}
	m := &Module{opts: opts, schema: s, large: make(chan struct{}, largeAtOnce)}
	for _, methods := range s.namespaces {
		for _, e := range methods {
			e.call = func(L *lua.LState) int { return m.call(L, e, nil) }
		}
	}
	return m
}

// Event says whether a script can wait for name: nil if it is a constructor of
// Update, such as updatePhoneCall, else an error with the nearest one. Those of
// Updates, such as updateShort, are containers that a script never sees.
func (m *Module) Event(name string) error {
	c := m.schema.classes["Update"]
	if e := m.schema.names[name]; e != nil && c.has(e) {
		return nil
	}
	return fmt.Errorf("%s is not an update%s", quoted(name), suggestion(name, c.memberNames()))
}

// Updates lists the names that Event accepts.
func (m *Module) Updates() []string { return m.schema.classes["Update"].memberNames() }
