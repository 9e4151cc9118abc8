package account

import (
	"errors"
	"fmt"
	"net"

	"github.com/gotd/td/exchange"
	"github.com/gotd/td/tgerr"
)

var (
	// ErrUnauthorized says that nobody is logged in with the session.
	ErrUnauthorized = errors.New("not logged in")
	// ErrRevoked says that Telegram has ended the session for good: it was
	// terminated on another device, used twice, or the account is gone.
	ErrRevoked = errors.New("logged out by Telegram")
	// ErrInUse says that another process has the session file.
	ErrInUse = errors.New("in use by another process")
	// ErrWrongKey says that the server has another key than the configured one.
	ErrWrongKey = errors.New("the server has another key")
	// ErrUnreachable says that Login did not get through to the server.
	ErrUnreachable = errors.New("the server cannot be reached")
	// ErrNoInput says that the input ended where an answer was wanted.
	ErrNoInput = errors.New("the input ended before an answer came")

	// ErrNotConnected is the error of a request that found no connection, or
	// lost it; what it asked for may then be done or not, and its text says so.
	ErrNotConnected = errors.New("not connected to Telegram")
	// ErrTimeout is the error of a request that was sent and not answered in
	// time. Telegram may have carried it out.
	ErrTimeout = errors.New("no answer from Telegram in time")
)

// revoked reports whether err says that the session is of no use any more.
// https://core.telegram.org/api/errors
func revoked(err error) bool {
	return tgerr.IsCode(err, 401, 406) && tgerr.Is(err,
		"AUTH_KEY_UNREGISTERED", "AUTH_KEY_INVALID", "AUTH_KEY_DUPLICATED",
		"SESSION_REVOKED", "SESSION_EXPIRED", "USER_DEACTIVATED", "USER_DEACTIVATED_BAN")
}

func (a *Account) errRevoked(err error) error {
	kind := "the session was ended"
	if rpc, ok := tgerr.As(err); ok {
		kind = rpc.Type
	}
	return fmt.Errorf("account %s: %w (%s): log in again: luahost login %[1]s", a.opts.Name, ErrRevoked, kind)
}

func (a *Account) errUnauthorized() error {
	return fmt.Errorf("account %s: %w: run luahost login %[1]s first", a.opts.Name, ErrUnauthorized)
}

// explain turns what ends a connection for good into one line for a person.
func (a *Account) explain(err error) error {
	switch {
	case errors.Is(err, exchange.ErrKeyFingerprintNotFound) && a.opts.Server != "":
		return fmt.Errorf("account %s: %w than server_key says: get the public key of %s anew", a.opts.Name, ErrWrongKey, a.opts.Server)
	case errors.Is(err, exchange.ErrKeyFingerprintNotFound):
		return fmt.Errorf("account %s: %w than Telegram's: what answers is not Telegram, or this luahost is too old", a.opts.Name, ErrWrongKey)
	case revoked(err):
		return a.errRevoked(err)
	default:
		return err
	}
}

// cause is the innermost network error of err, which says all that a person
// wants to know, or err.
func cause(err error) error {
	var network *net.OpError
	if errors.As(err, &network) {
		return network
	}
	return err
}

// refusal is Telegram's own error, given without asking Telegram, with a text
// that says why.
type refusal struct {
	rpc *tgerr.Error
	why string
}

// Error is the error's type and the explanation.
func (r *refusal) Error() string { return r.rpc.Type + ": " + r.why }

// Unwrap gives Telegram's error, for tgerr.As.
func (r *refusal) Unwrap() error { return r.rpc }

// Explanation is the reason alone, without the error's type.
func (r *refusal) Explanation() string { return r.why }

func refuseBot(method string) error {
	return &refusal{
		rpc: tgerr.New(400, "BOT_METHOD_INVALID"),
		why: method + " is for users only, and this account is a bot: calls need an account with a phone",
	}
}
