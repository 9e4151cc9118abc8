// Package script keeps the scripts of one folder loaded and runs their
// handlers.
//
// A script is one *.lua file directly in the folder and has a Lua VM to
// itself. Every event runs on a goroutine and a Lua thread of its own under
// that VM's lock, which Runtime.Block releases while a handler waits; so a
// script sees one handler running at a time, and thousands may wait. Events
// start in the order in which they were dispatched.
//
// A script has its modules with it: the files below the folder that it requires,
// which it reads while it loads. When one of all these files changes, the script
// is loaded into a fresh VM, a new generation. Only when all of its top level has
// run does that take over, in one step. The old generation goes on for the
// handlers, calls (Pin) and timers (Callback) that it has, and the last of them
// closes it. Scripts whose files are as they were feel nothing.
//
// The package knows nothing of Telegram. What a script can call is installed
// by Options.Open, from the packages under bindings, through a Runtime. Load,
// Reload, Dispatch and Status may be called from any goroutine, Run once.
package script

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"luahost/internal/clock"
)

// Options of a Host. Dir is required, everything else has a default.
type Options struct {
	// Dir is the folder of the scripts. Files in sub-folders, *_test.lua,
	// dotfiles and editors' backups are not scripts.
	Dir string
	// Open installs what a script can call into a fresh VM, before the top
	// level of the script runs and under the VM's lock. Default: nothing.
	Open func(rt *Runtime)
	// Log receives a line for each load, reload, unload and failure, and what
	// the bindings write. Default: discarded.
	Log *slog.Logger
	// Clock is the scripts' source of time. Default: clock.System.
	Clock clock.Clock
	// Quiet is how long the folder must have been left alone before it is read
	// again. Default: 150 ms.
	Quiet time.Duration
	// Poll is how often the folder is read although nothing was reported, for
	// file systems that report nothing (network and bind mounts). Default:
	// never.
	Poll time.Duration
	// Globals are names that scripts may read beside those that Open sets, such as
	// namespaces that are made when they are read, for hints. Default: none.
	Globals []string
	// Limits are what scripts may use.
	Limits Limits
	// CheckEvent says whether an event of that name exists; its error is raised
	// at the caller of `on`. Default: any name.
	CheckEvent func(name string) error
	// OnHandler is called after each handler, on the handler's goroutine and
	// without the VM's lock. Default: nothing.
	OnHandler func(Run)
	// OnReload is called after each load, failed load and unload. It must not
	// call Load or Reload. Default: nothing.
	OnReload func(Reload)
}

// Run is one handler that has ended.
type Run struct {
	Event      string
	Script     string
	File       string // where the handler was registered: the script, or a module of it
	Line       int
	Generation string
	Queued     time.Duration   // from Dispatch to its start
	Took       time.Duration   // from its start, waiting included
	Err        error           // an *Error when the script failed
	Context    context.Context // the handler's, which has ended, with the values that it was dispatched with
}

// Module is File where that is a module, and else "".
func (r Run) Module() string { return moduleOf(r.Script, r.File) }

// Reload is one script that was loaded, failed to, or was unloaded.
type Reload struct {
	Script     string
	Generation string // of the content that was loaded or refused; "" if unreadable
	Previous   string // the generation before, which goes on when Err is not nil
	Unloaded   bool   // the file is gone
	Unchanged  bool   // an edit that was refused was taken back: Previous goes on
	Required   bool   // it handles nothing, and others require it
	Handlers   int    // that were registered
	Timers     int    // and functions that were left for later
	Took       time.Duration
	Err        error
}

// Idle says that a script was loaded to no purpose.
func (r Reload) Idle() bool {
	return r.Err == nil && !r.Unloaded && !r.Unchanged && !r.Required && r.Handlers == 0 && r.Timers == 0
}

// Host keeps the scripts of a folder.
type Host struct {
	opts Options
	log  *slog.Logger

	alive context.Context // ends every handler; Run cancels it
	kill  context.CancelCauseFunc

	light     *cores // of handlers that have just begun, or come back from a wait
	heavy     *cores // of those that have computed for long, or whose script did so of late
	memory    *watchdog
	beginning atomic.Pointer[Runtime] // whose top level runs

	reloading sync.Mutex // held while scripts are loaded: one load at a time
	loaded    bool       // guarded by reloading, as are the next two
	results   []Reload
	emptied   map[string]bool // files that had become empty when they were last looked at

	mu      sync.Mutex // guards the rest; never held while Lua runs
	scripts map[string]*script
	live    *generations
	retired map[*Runtime]bool // replaced, and not closed yet
	usage   map[string]*usage // by script
	closing bool
	running sync.WaitGroup // of handlers; Add under mu, while not closing
}

// generations are the live ones of all scripts at one moment. It is made anew
// whenever a script is replaced and does not change.
type generations struct {
	runtimes []*Runtime            // in the order of file name
	handlers map[string][]*handler // by event, in the order of file name and registration
}

// script is what is known of one file.
type script struct {
	seen contents // of the files, its modules' too, that were last acted on
	live *Runtime // nil until a load succeeds
	err  error    // of the last load
	trouble
}

// New makes a host that has loaded nothing yet.
func New(opts Options) *Host {
	opts.Dir = filepath.Clean(opts.Dir)
	opts.setDefaults()
	h := &Host{opts: opts, log: opts.Log, scripts: map[string]*script{}, live: &generations{}, retired: map[*Runtime]bool{}, usage: map[string]*usage{}, light: newLight()}
	h.heavy = newHeavy(h.light)
	h.memory = newWatchdog(h)
	h.alive, h.kill = context.WithCancelCause(context.Background())
	return h
}

func (o *Options) setDefaults() {
	if o.Open == nil {
		o.Open = func(*Runtime) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Quiet <= 0 {
		o.Quiet = 150 * time.Millisecond
	}
	if o.CheckEvent == nil {
		o.CheckEvent = func(string) error { return nil }
	}
	if o.OnHandler == nil {
		o.OnHandler = func(Run) {}
	}
	if o.OnReload == nil {
		o.OnReload = func(Reload) {}
	}
	o.Limits = o.Limits.WithDefaults()
}
