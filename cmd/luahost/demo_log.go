package main

import (
	"context"
	"fmt"
	"log/slog"

	"luahost/internal/call"
)

// timelineLog puts into the timeline what scripts write, and what the host says
// that is about no script or account: these the timeline shows in its own way, and
// what is written about a call as a part of its trace.
type timelineLog struct {
	line   *timeline
	script string // whose lines these are; "" for the host's own
}

// Enabled implements slog.Handler.
func (timelineLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle implements slog.Handler.
func (h timelineLog) Handle(ctx context.Context, r slog.Record) error {
	if _, ok := call.FromContext(ctx); ok {
		return nil
	}
	text, file, line, about := r.Message, h.script, int64(0), ""
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "line":
			line = a.Value.Int64()
		case "file":
			file = a.Value.String()
		case "script", "account":
			about = a.Value.String()
		case "source", "traceback": // for who looks longer
		default:
			text += fmt.Sprintf(" %s=%s", a.Key, a.Value)
		}
		return true
	})
	style := ""
	if r.Level >= slog.LevelWarn {
		style = yellow
	}
	switch {
	case h.script != "" && line > 0:
		h.line.row(style, fmt.Sprintf("%s:%d", file, line), text, 0)
	case h.script == "" && about == "":
		h.line.row(style, "luahost", text, 0)
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (h timelineLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		if a.Key == "script" {
			h.script = a.Value.String()
		}
	}
	return h
}

// WithGroup implements slog.Handler; nothing that logs here opens a group.
func (h timelineLog) WithGroup(string) slog.Handler { return h }
