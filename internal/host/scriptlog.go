package host

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"luahost/internal/call"
	"luahost/internal/script"
	"luahost/internal/store"
)

// scriptLog is the log that scripts write to: what a handler of a call writes
// goes into the trace of that call as well, whatever level the log shows. That a
// handler failed is an entry of its own kind there; in the log it names the call.
type scriptLog struct {
	slog.Handler
	attrs []slog.Attr // of With, but for those that the entry has in fields of its own
}

func (h scriptLog) Enabled(ctx context.Context, level slog.Level) bool {
	_, ofCall := call.FromContext(ctx)
	return ofCall || h.Handler.Enabled(ctx, level)
}

func (h scriptLog) Handle(ctx context.Context, r slog.Record) error {
	if c, ok := call.FromContext(ctx); ok {
		if script.OfFailure(ctx) {
			r = r.Clone()
			r.AddAttrs(slog.Int64("call", c.ID()))
		} else {
			c.Trace(h.entry(ctx, r))
		}
		if !h.Handler.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}

func (h scriptLog) entry(ctx context.Context, r slog.Record) store.Entry {
	who, _ := script.FromContext(ctx)
	e := store.Entry{
		Kind: "log", Name: strings.ToLower(r.Level.String()), Script: who.Script, Generation: who.Generation,
		Failed: r.Level >= slog.LevelError,
	}
	text := []string{r.Message}
	add := func(a slog.Attr) bool {
		switch a.Key { // a script's own attributes have other names
		case "line":
			e.Line = int(a.Value.Int64())
			return true
		case "file":
			e.File = a.Value.String()
			return true
		}
		text = append(text, fmt.Sprintf("%s=%v", a.Key, a.Value))
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	e.Text = strings.Join(text, " ")
	return e
}

func (h scriptLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	kept := h.attrs
	for _, a := range attrs {
		if a.Key != "script" && a.Key != "generation" {
			kept = append(kept[:len(kept):len(kept)], a)
		}
	}
	return scriptLog{h.Handler.WithAttrs(attrs), kept}
}

func (h scriptLog) WithGroup(name string) slog.Handler {
	return scriptLog{h.Handler.WithGroup(name), h.attrs}
}
