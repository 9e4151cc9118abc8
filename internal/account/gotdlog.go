package account

import (
	"context"
	"log/slog"

	"github.com/gotd/log"
	"github.com/gotd/log/logslog"
)

// gotdLog lets gotd's warnings and errors into our log at debug level. They are
// a developer's: what a person must know of them, this package says itself.
func gotdLog(to *slog.Logger) log.Logger {
	if !to.Enabled(context.Background(), slog.LevelDebug) {
		return log.Nop
	}
	return logslog.New(slog.New(gotdHandler{to.Handler()}))
}

// gotdHandler drops what gotd attaches in other forms than text, numbers and
// errors: on a gap it logs whole updates, with access hashes and messages.
type gotdHandler struct{ to slog.Handler }

// Enabled implements slog.Handler.
func (h gotdHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.to.Enabled(ctx, slog.LevelDebug)
}

// Handle implements slog.Handler.
func (h gotdHandler) Handle(ctx context.Context, from slog.Record) error {
	r := slog.NewRecord(from.Time, slog.LevelDebug, "gotd: "+from.Message, from.PC)
	from.Attrs(func(a slog.Attr) bool {
		r.AddAttrs(harmless([]slog.Attr{a})...)
		return true
	})
	return h.to.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h gotdHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return gotdHandler{h.to.WithAttrs(harmless(attrs))}
}

// WithGroup implements slog.Handler.
func (h gotdHandler) WithGroup(name string) slog.Handler {
	return gotdHandler{h.to.WithGroup(name)}
}

func harmless(attrs []slog.Attr) []slog.Attr {
	var kept []slog.Attr
	for _, a := range attrs {
		if a.Value.Kind() == slog.KindGroup {
			continue
		}
		if a.Value.Kind() == slog.KindAny {
			err, isError := a.Value.Any().(error)
			if !isError {
				continue
			}
			a.Value = slog.StringValue(err.Error())
		}
		kept = append(kept, a)
	}
	return kept
}
