package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/gotd/td/tgerr"
	lua "github.com/yuin/gopher-lua"

	"luahost/bindings/http"
	"luahost/internal/call"
	"luahost/internal/script"
	"luahost/internal/store"
	"luahost/internal/webhook"
)

// HTTP says which servers scripts may ask, and whether others may ask them.
type HTTP struct {
	Hosts   func(script string) []string // that a script may ask; nil: none
	Timeout time.Duration                // of a request; zero: the default of bindings/http
	MaxSize int                          // of a body, in bytes; zero: the default of bindings/http
	Listen  string                       // a loopback address for web hooks; "": none
	Token   string                       // that a web hook brings
}

// web is the scripts' way to other programs, and back.
type web struct {
	http  *http.Module
	hooks *webhook.Server // nil: none
}

func (h *Host) newWeb(opts Options) (*web, error) {
	o := opts.HTTP
	w := &web{http: http.New(http.Options{
		Error: h.telegram.ErrorTable, Hosts: o.Hosts, Timeout: o.Timeout, MaxSize: o.MaxSize, Done: h.asked,
	})}
	if o.Listen == "" {
		return w, nil
	}
	var err error
	w.hooks, err = webhook.New(webhook.Options{
		Listen: o.Listen, Token: o.Token, Dispatch: h.hook, MaxBody: int64(o.MaxSize), Log: opts.Log, Ready: opts.Observe.Hooks,
	})
	if err != nil {
		return nil, fmt.Errorf("web hooks: %w", err)
	}
	return w, nil
}

// run takes in web hooks until ctx ends; there must be a server for them.
func (w *web) run(ctx context.Context) error {
	if err := w.hooks.Run(ctx); err != nil {
		return fmt.Errorf("web hooks: %w", err)
	}
	return nil
}

// hook gives a web hook to the scripts that wait for it. Its handlers go on after
// the other program was answered, until the host ends.
func (h *Host) hook(_ context.Context, name string, r webhook.Request) int {
	event := "http." + name
	started := h.scripts.Dispatch(context.Background(), script.Event{
		Name: event,
		Args: func(rt *script.Runtime, l *lua.LState) []lua.LValue {
			return []lua.LValue{h.web.http.NewHook(rt, l, r)}
		},
	})
	if started == 0 && h.waitsFor(event) {
		return -1 // too many handlers are at work
	}
	return started
}

// waitsFor says whether a script that is loaded has a handler of an event.
func (h *Host) waitsFor(event string) bool {
	return slices.ContainsFunc(h.scripts.Status(), func(s script.Status) bool { return s.Handlers[event] > 0 })
}

// asked records a request that a script made of another server, without what it
// sent.
func (h *Host) asked(ctx context.Context, r http.Request) {
	handler, _ := script.FromContext(ctx)
	text := fmt.Sprintf("%s %s%s: ", r.Method, r.Host, r.Path)
	level := slog.LevelDebug
	if r.Err == nil {
		text += fmt.Sprintf("%d, %d bytes", r.Status, r.Size)
	} else {
		if !errors.Is(ctx.Err(), context.Canceled) {
			level = slog.LevelWarn
		}
		text += refusalOf(r.Err)
	}
	if h.mayLog(ctx, handler, level) {
		h.log.LogAttrs(ctx, level, "request", slog.String("method", r.Function), slog.String("request", text),
			slog.String("script", handler.Script), slog.Int("line", r.Line), slog.String("generation", handler.Generation), slog.Duration("took", r.Took))
	}
	if c, ok := call.FromContext(ctx); ok && h.tracing {
		c.Trace(store.Entry{
			Kind: "request", Name: r.Function, Text: text, Took: r.Took, Failed: r.Err != nil,
			Script: handler.Script, Generation: handler.Generation, Line: r.Line,
		})
	}
}

// mayLog says whether a line about a script's request is written: a script that
// fails without end writes no more lines than it may write itself.
func (h *Host) mayLog(ctx context.Context, of script.Handler, level slog.Level) bool {
	return h.log.Enabled(ctx, level) && (level < slog.LevelWarn || h.scripts.MayLog(of.Script))
}

// refusalOf is an error in the words of Telegram's documentation, without the way
// that it came through the layers. Errors of luahost itself have code 0, and a
// sentence that says more than their type.
func refusalOf(err error) string {
	e, ok := tgerr.As(err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return err.Error()
	case e.Code == 0:
		return e.Type + ": " + e.Message
	default:
		return fmt.Sprintf("%s (%d)", e.Message, e.Code)
	}
}
