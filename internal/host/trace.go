package host

import (
	"context"
	"errors"
	"log/slog"

	"luahost/bindings/tl"
	"luahost/internal/account"
	"luahost/internal/call"
	"luahost/internal/script"
	"luahost/internal/store"
)

// Event is an update of an account, and how many handlers were started for it.
type Event struct {
	Account string
	account.Update
	Handlers int
}

// Request is a request that a script made, and its answer.
type Request struct {
	tl.Request
	Account string         // the account that sent it
	Handler script.Handler // the handler that made it
}

// Refusal says why the request failed; "" if it did not.
func (r Request) Refusal() string { return refusalOf(r.Err) }

// requested records a script's request, also one whose failure it ignores.
func (h *Host) requested(ctx context.Context, r tl.Request) {
	handler, _ := script.FromContext(ctx)
	made := Request{Request: r, Account: h.router.of(ctx).account.Name(), Handler: handler}
	level, attrs := slog.LevelDebug, []slog.Attr{
		slog.String("method", r.Method), slog.String("account", made.Account),
		slog.String("script", handler.Script), slog.Int("line", r.Line), slog.String("generation", handler.Generation),
		slog.Duration("took", r.Took),
	}
	if r.Err != nil {
		level, attrs = slog.LevelWarn, append(attrs, slog.String("error", made.Refusal()))
	}
	if h.mayLog(ctx, handler, level) {
		h.log.LogAttrs(ctx, level, "request", attrs...)
	}
	if c, ok := call.FromContext(ctx); ok && h.tracing {
		c.Trace(h.requestEntry(made))
	}
	if h.observe.Request != nil {
		h.observe.Request(made)
	}
}

func (h *Host) requestEntry(r Request) store.Entry {
	text := h.telegram.Text(r.Args)
	switch {
	case r.Err != nil && text != "":
		text += ": " + r.Refusal()
	case r.Err != nil:
		text = r.Refusal()
	}
	return store.Entry{
		Kind: "request", Name: r.Method, Text: text, Took: r.Took, Failed: r.Err != nil,
		Script: r.Handler.Script, Generation: r.Handler.Generation, File: moduleOf(r), Line: r.Line,
	}
}

// moduleOf is the file that a request was made in, unless that is the script's.
func moduleOf(r Request) string {
	if r.Script == r.Handler.Script {
		return ""
	}
	return r.Script
}

// handled records a handler that has ended. What a rule did is traced by whoever
// asked it.
func (h *Host) handled(run script.Run) {
	if c, ok := call.FromContext(run.Context); ok && h.tracing && run.Event != "rule" {
		e := store.Entry{
			Kind: "handler", Name: run.Event, Took: run.Took,
			Script: run.Script, Generation: run.Generation, File: run.Module(), Line: run.Line,
		}
		switch {
		case errors.Is(run.Err, context.Canceled):
			e.Text = run.Err.Error()
		case run.Err != nil:
			e.Text, e.Failed = run.Err.Error(), true
		}
		c.Trace(e)
	}
	if h.observe.Handler != nil {
		h.observe.Handler(run)
	}
}
