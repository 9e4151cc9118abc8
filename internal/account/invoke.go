package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/rpc"
	"github.com/gotd/td/tgerr"

	"luahost/internal/clock"
)

// Invoke implements tg.Invoker. It returns Telegram's error, a *tgerr.Error;
// or ErrNotConnected or ErrTimeout; or ctx's own error as soon as
// ctx ends. FLOOD_WAIT is waited out as Options.FloodWait says. phone.* of a bot
// is answered with BOT_METHOD_INVALID before anything is sent. What may be done
// twice is sent again a few times when the connection broke before the answer, or
// Telegram has trouble with itself. After an error nothing is written to out any
// more, but in may still be read for a while.
func (a *Account) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	s := a.live.Load()
	if s == nil {
		return ErrNotConnected
	}
	return s.persist(ctx, in, out)
}

// Invoke implements tg.Invoker. It shadows the Account's, so that what a session
// asks for itself never goes to the session that follows it.
//
// A flood wait holds up its own request only: Telegram counts some methods per
// account and some per peer, and does not say which.
func (s *session) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	method := methodName(in)
	if s.Bot() && strings.HasPrefix(method, "phone.") {
		return errBotMayNot(method)
	}
	for waited := time.Duration(0); ; {
		err := s.send(ctx, in, out)
		wait, flood := tgerr.AsFloodWait(err)
		wait = max(wait, time.Second) // FLOOD_WAIT_0 happens
		waited += wait
		if !flood || waited > s.opts.FloodWait {
			return err
		}
		s.log.Warn("flood wait", slog.String("method", method), slog.Duration("wait", wait))
		if err := s.wait(ctx, wait); err != nil {
			return err
		}
	}
}

func methodName(in bin.Encoder) string {
	if named, ok := in.(interface{ TypeName() string }); ok {
		return named.TypeName()
	}
	return "unknown"
}

func (s *session) wait(ctx context.Context, d time.Duration) error {
	ctx, cancel := s.join(ctx)
	defer cancel(nil)
	if clock.Wait(ctx, s.clock, d) != nil {
		return context.Cause(ctx)
	}
	return nil
}

// join gives a context that ends with ctx, with ctx's error as its cause, or
// with the session, with ErrNotConnected.
func (s *session) join(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	joined, cancel := context.WithCancelCause(undated{ctx})
	stop := context.AfterFunc(s.ctx, func() { cancel(ErrNotConnected) })
	return joined, func(err error) {
		stop()
		cancel(err)
	}
}

// send sends one request and waits for its answer, not longer than Timeout. gotd
// runs on a goroutine of its own, because after ctx has ended it goes on to tell
// the server so, which takes a quarter of a minute on a dead connection.
func (s *session) send(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.begin() {
		return ErrNotConnected
	}
	sent, err := encode(in)
	if err != nil {
		s.requests.Done()
		return err
	}
	ctx, cancel := s.join(ctx)
	defer cancel(nil)
	timer := s.clock.AfterFunc(s.opts.Timeout, func() { cancel(s.overdue()) })
	defer timer.Stop()
	guarded := &answer{out: out}
	done := make(chan error, 1)
	go func() {
		defer s.requests.Done()
		growStack(0)
		done <- s.perform(ctx, sent, guarded)
	}()
	select {
	case err := <-done:
		return s.settle(ctx, in, out, err)
	case <-ctx.Done():
		if guarded.abandon() {
			return context.Cause(ctx)
		}
		return s.settle(ctx, in, out, <-done) // the answer is being read
	}
}

// encoded is a request as it goes out. gotd writes into a request when it encodes
// it, which may be after the request was given up and is its caller's again.
type encoded struct {
	method string
	raw    []byte
}

func encode(in bin.Encoder) (*encoded, error) {
	var b bin.Buffer
	if err := in.Encode(&b); err != nil {
		return nil, fmt.Errorf("encode %s: %w", methodName(in), err)
	}
	return &encoded{methodName(in), b.Buf}, nil
}

// Encode implements bin.Encoder.
func (e *encoded) Encode(b *bin.Buffer) error {
	b.Put(e.raw)
	return nil
}

// TypeName is the method's.
func (e *encoded) TypeName() string { return e.method }

// growStack makes room on a new goroutine's stack at once. gotd needs some 10 KB
// to send a request, which the runtime would reach by doubling, with a deeper
// stack to copy each time.
//
//go:noinline
func growStack(at int) byte {
	var room [10 << 10]byte
	return room[at]
}

func (s *session) perform(ctx context.Context, in bin.Encoder, out bin.Decoder) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("request panicked", slog.String("method", methodName(in)), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("%s: panic: %v", methodName(in), p)
		}
	}()
	for refusals := 0; ; {
		over := s.link.next()
		err := s.client.Invoke(ctx, in, out)
		switch {
		case misdated(err) && refusals < 3:
			refusals++
			s.wires.look(true) // the next refusal tells the server's time
		case unsent(err):
			// gotd sends again what it has sent, and gives up on what it has not.
			select {
			case <-over:
				continue
			default:
				s.wires.drop()
			}
			select {
			case <-over:
			case <-ctx.Done():
				return err
			}
		default:
			return err
		}
	}
}

// misdated reports whether the server refused a request for the time in its
// number, which says that one of the clocks was set: gotd has no name for that.
// https://core.telegram.org/mtproto/service_messages_about_messages#notice-of-ignored-error-message
func misdated(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	return strings.HasSuffix(text, "msg_id too low") || strings.HasSuffix(text, "msg_id too high")
}

// unsent reports whether a request did not get through to the network: "set" is
// what comes before "write". What the server has of it, if anything, is a part of
// a frame, which it cannot read.
func unsent(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) && (network.Op == "write" || network.Op == "set")
}

func (s *session) overdue() error {
	if s.link.connected() {
		return ErrTimeout
	}
	return ErrNotConnected
}

// settle takes in what an answer tells, or says in our words what went wrong.
func (s *session) settle(ctx context.Context, in bin.Encoder, out bin.Decoder, err error) error {
	var unanswered *rpc.RetryLimitReachedErr
	refusal, refused := tgerr.As(err)
	switch {
	case err == nil:
		s.learn(in, out)
		return nil
	case refused:
		s.unlessRevoked(refusal)
		return refusal
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &unanswered):
		s.deaf() // it was sent five times, and not even its arrival was confirmed
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	case errors.Is(err, context.Canceled), errors.Is(err, rpc.ErrEngineClosed):
		// gotd's word for a connection that went after the request had arrived.
		return errInterrupted
	default:
		return plain(err)
	}
}

// answer decodes an answer into out unless the request was given up before. It
// is what makes it safe to leave gotd behind with somebody else's out.
type answer struct {
	out   bin.Decoder
	taken atomic.Bool
}

// abandon reports whether out will not be touched any more.
func (a *answer) abandon() bool { return a.taken.CompareAndSwap(false, true) }

// Decode implements bin.Decoder.
func (a *answer) Decode(b *bin.Buffer) error {
	if !a.taken.CompareAndSwap(false, true) {
		return context.Canceled
	}
	return a.out.Decode(b)
}
