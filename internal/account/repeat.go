package account

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tgerr"
)

// repeatable are the methods that may be sent again when it is not known whether
// Telegram has done what they ask for: what begins like these asks only, and
// the others change nothing the second time. So do requests with a random_id, by
// which Telegram knows a repetition. Anything else might happen twice.
var repeatable = struct{ asking, unchanging []string }{
	asking: []string{"get", "search", "resolve", "check"},
	unchanging: []string{
		"phone.receivedCall", "phone.discardCall", "phone.setCallRating",
		"contacts.block", "contacts.unblock", "contacts.importContacts",
		"account.updateStatus", "messages.readHistory", "messages.receivedMessages",
	},
}

func mayRepeat(in bin.Encoder) bool {
	switch in.(type) {
	case interface{ GetRandomID() int64 }, interface{ GetRandomID() int }, interface{ GetRandomID() []int64 }:
		return true
	}
	method := methodName(in)
	_, name, _ := strings.Cut(method, ".")
	for _, prefix := range repeatable.asking {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for _, m := range repeatable.unchanging {
		if m == method {
			return true
		}
	}
	return false
}

// pauses are before the second, the third and the last time that a request is
// sent. A call rings on for longer.
var pauses = []time.Duration{500 * time.Millisecond, time.Second, 3 * time.Second}

// persist sends a request, and sends it again where that is safe and may help.
func (s *session) persist(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	err := s.Invoke(ctx, in, out)
	for _, pause := range pauses {
		if err == nil || !hitch(err) || !mayRepeat(in) {
			break
		}
		s.log.Warn("request failed, sending it again", slog.String("method", methodName(in)), slog.Any("err", err), slog.Duration("wait", pause))
		if err := s.wait(ctx, pause); err != nil {
			return err
		}
		again := s.Invoke(ctx, in, out)
		if tgerr.Is(again, "RANDOM_ID_DUPLICATE") {
			break // it was done, and its answer is lost: err says so
		}
		err = again
	}
	return err
}

// hitches are the errors by which Telegram says that it has trouble with itself,
// beside those of a negative code. Others of code 500 are about the request.
// https://core.telegram.org/api/errors#500-internal
var hitches = []string{
	"INTERNAL", "INTERNAL_SERVER_ERROR", "RPC_CALL_FAIL", "RPC_MCGET_FAIL", "RPC_SEND_FAIL",
	"WORKER_BUSY_TOO_LONG_RETRY", "PERSISTENT_TIMESTAMP_OUTDATED", "HISTORY_GET_FAILED", "No workers running",
}

// hitch reports whether err may be over in a moment: Telegram's trouble with
// itself, or a connection that broke before the answer came.
func hitch(err error) bool {
	e, ok := tgerr.As(err)
	return err == errInterrupted || ok && (e.Code < 0 || tgerr.Is(err, hitches...))
}

// patient is a session as a tg.Invoker that persists.
type patient struct{ *session }

// Invoke implements tg.Invoker.
func (p patient) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	return p.persist(ctx, in, out)
}
